// Environment: where variables are looked up. The process's own, or a test's.
#pragma once
#include <functional>
#include <optional>
#include <string>

namespace net::aws {

// nullopt: not set. A variable that is set to nothing counts as not set, as in AWS's SDKs.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's variables, read at each call.
std::optional<std::string> process_environment(const std::string& name);

}  // namespace net::aws
