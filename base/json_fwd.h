// Json, declared: for headers that only pass it on. Sources that build or read one include
// "base/json.h".
#pragma once
#include <nlohmann/json_fwd.hpp>

namespace base {
using Json = nlohmann::ordered_json;  // members keep the order in which they were added
}  // namespace base
