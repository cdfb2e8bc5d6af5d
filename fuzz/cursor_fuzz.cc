// Cursors: a text that was not sealed here is damaged, and what was sealed comes back as it was,
// for its own list alone.
#include <memory>

#include "dynamo_backend/cursor.h"
#include "dynamo_backend/exceptions.h"
#include "dynamodb/local/engine.h"
#include "fuzz/fuzz.h"
#include "net/text.h"

using namespace dynamo_backend;

namespace {

template <class Error>
void expect_refused(const Connection& connection, const CursorBinding& of, std::string_view text) {
  try {
    static_cast<void>(open_cursor(connection, of, text));
  } catch (const Error&) {
    return;
  }
  fuzz::fail("a cursor that is refused", __FILE__, __LINE__);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<dynamodb::Client> engine =
      dynamodb::local::Engine::open({.housekeeping_interval = std::chrono::seconds(0)});
  static const Connection connection(*engine, {.secret = "a secret"});
  static const CursorBinding list = cursor_binding(connection, "a list", "1"),
                             other = cursor_binding(connection, "another", "1");
  const std::string text(fuzz::text_of(data, size));
  expect_refused<DamagedCursor>(connection, list, text);
  const std::string key = text.substr(0, 100);
  if (!net::is_valid_utf8(key)) return 0;  // no key's value
  const Cursor cursor{.backwards = size % 2 == 1, .position = {{"pk", key}}};
  const std::string sealed = seal_cursor(connection, list, cursor);
  const Cursor opened = open_cursor(connection, list, sealed);
  FUZZ_CHECK(opened.backwards == cursor.backwards && opened.position == cursor.position);
  expect_refused<ForeignCursor>(connection, other, sealed);
  std::string changed = sealed;
  changed[size % changed.size()] = changed[size % changed.size()] == 'A' ? 'B' : 'A';
  expect_refused<DamagedCursor>(connection, list, changed);
  return 0;
}
