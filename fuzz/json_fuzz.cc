// JSON from outside: what is accepted is within its limits, and the same when it is written and
// read again.
#include "base/json.h"
#include "fuzz/fuzz.h"

namespace {

std::size_t depth_of(const base::Json& json) {
  std::size_t deepest = 0;
  if (!json.is_structured()) return 0;
  for (const base::Json& inner : json) deepest = std::max(deepest, depth_of(inner));
  return deepest + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::JsonLimits limits{.max_depth = 16, .max_keys = 100};
  base::Json json;
  try {
    json = base::parse_json(fuzz::text_of(data, size), limits);
  } catch (const base::JsonError&) {
    return 0;
  }
  FUZZ_CHECK(depth_of(json) <= limits.max_depth);
  FUZZ_CHECK(base::parse_json(json.dump(), limits) == json);
  return 0;
}
