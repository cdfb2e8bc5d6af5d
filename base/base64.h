// Base64: RFC 4648's standard alphabet with padding, and the URL-safe one without.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(
    std::string_view text);  // nullopt for anything that base64_encode() does not make
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace base
