// A small file that only its owner may read, replaced as a whole.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace auth::cognito_mock {

// nullopt: there is none. Throws std::runtime_error.
std::optional<std::string> read_file(const std::string& path);
void write_private_file(const std::string& path, std::string_view text);

}  // namespace auth::cognito_mock
