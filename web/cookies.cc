#include "web/cookies.h"

#include <algorithm>
#include <stdexcept>

#include "net/text.h"

namespace web {
namespace {

constexpr std::size_t kMaxNameAndValue = 4096;

// RFC 6265 cookie-octet: visible ASCII without '"', ',', ';' and '\'.
bool is_cookie_character(char c) {
  return c > 0x20 && c < 0x7F && c != '"' && c != ',' && c != ';' && c != '\\';
}

bool is_path_character(char c) { return c >= 0x20 && c < 0x7F && c != ';'; }

void require(bool holds, const Cookie& cookie, const char* rule) {
  if (!holds) throw std::invalid_argument("the cookie \"" + cookie.name + "\" " + rule);
}

void check(const Cookie& cookie) {
  if (!net::is_token(cookie.name)) throw std::invalid_argument("a cookie's name must be a token");
  require(std::all_of(cookie.value.begin(), cookie.value.end(), is_cookie_character), cookie,
          "has a value with characters that cookies cannot hold; encode it");
  require(cookie.name.size() + cookie.value.size() <= kMaxNameAndValue, cookie,
          "is longer than 4096 bytes, which browsers drop");
  require(cookie.path.starts_with('/') &&
              std::all_of(cookie.path.begin(), cookie.path.end(), is_path_character),
          cookie, "must have a path that begins with '/'");
  require(cookie.secure || !cookie.name.starts_with("__Secure-"), cookie, "must be secure");
  require(!cookie.name.starts_with("__Host-") || (cookie.secure && cookie.path == "/"), cookie,
          "must be secure and have the path \"/\"");
  require(cookie.secure || cookie.same_site != SameSite::none, cookie,
          "must be secure, because it is SameSite=None");
}

std::string_view same_site_text(SameSite same_site) {
  switch (same_site) {
    case SameSite::strict:
      return "Strict";
    case SameSite::lax:
      return "Lax";
    case SameSite::none:
      break;
  }
  return "None";
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string encode_cookie(const Cookie& cookie) {
  check(cookie);
  std::string text = cookie.name + "=" + cookie.value + "; Path=" + cookie.path;
  if (cookie.max_age) text += "; Max-Age=" + std::to_string(cookie.max_age->count());
  if (cookie.http_only) text += "; HttpOnly";
  if (cookie.secure) text += "; Secure";
  return text.append("; SameSite=").append(same_site_text(cookie.same_site));
}

std::optional<std::string_view> find_cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t end = header.find(';');
    const std::string_view pair = header.substr(0, end);
    header = end == std::string_view::npos ? std::string_view() : header.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || trimmed(pair.substr(0, equals)) != name) continue;
    std::string_view value = trimmed(pair.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return std::nullopt;
}

}  // namespace web
