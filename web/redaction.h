// Which names stand for secrets: what logs and error pages show of such values is "***".
//
// Thread safety: pure functions.
#pragma once
#include <string>
#include <string_view>

namespace web {

inline constexpr std::string_view kRedacted = "***";

// A query parameter or form field: its name ends in password, token, code, secret, …
bool is_secret_name(std::string_view name);
// A header: Authorization, Cookie, Set-Cookie, and those whose name ends as above.
bool is_secret_header(std::string_view name);
// A request's target with the values of such parameters left out.
std::string redacted_target(std::string_view target);

}  // namespace web
