// Cookie headers: a value that is found is part of the header, and what it says is no other
// cookie's. What encode_cookie() writes is one header, from which the value comes back.
#include <stdexcept>
#include <string>

#include "fuzz/fuzz.h"
#include "web/cookies.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto value = web::find_cookie(text, "a")) {
    FUZZ_CHECK(value->empty() || (value->data() >= text.data() &&
                                  value->data() + value->size() <= text.data() + text.size()));
    FUZZ_CHECK(value->find(';') == std::string_view::npos);
  }
  try {
    const std::string header = web::encode_cookie({.name = "a", .value = std::string(text)});
    FUZZ_CHECK(header.find_first_of("\r\n") == std::string::npos);
    FUZZ_CHECK(web::find_cookie(header, "a") == text);
  } catch (const std::invalid_argument&) {
    return 0;  // characters that cookies cannot hold
  }
  return 0;
}
