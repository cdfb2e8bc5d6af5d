// Cookies: read from requests, and encoded into responses in one place.
//
//   if (auto theme = request.cookie("theme")) …
//   response.add_cookie({.name = "__Host-session", .value = id, .secure = true});
//   response.add_cookie({.name = "theme", .max_age = std::chrono::seconds(0)});  // deletes it
//
// A value is kept as it is, never encoded or decoded: what a cookie cannot hold is an error, and
// the caller encodes it (base64url). Defaults are the strict ones.
//
// Thread safety: values and pure functions.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace web {

enum class SameSite : std::uint8_t { strict, lax, none };

struct Cookie {
  std::string name{};
  std::string value{};
  std::string path = "/";
  std::optional<std::chrono::seconds> max_age{};  // absent: until the browser is closed
  bool http_only = true;
  bool secure = false;  // over HTTPS only
  SameSite same_site = SameSite::lax;
};

// The value of Set-Cookie. Throws std::invalid_argument that names the cookie, never its value,
// when the name is no token, the value or path holds a character that cookies cannot, name and
// value exceed 4096 bytes together, or a prefix ("__Host-", "__Secure-") or SameSite=None lacks
// what browsers ask of it.
std::string encode_cookie(const Cookie& cookie);

// The first cookie of that name in the value of a Cookie header, without surrounding quotes.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name);

}  // namespace web
