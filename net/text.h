// Small text helpers of HTTP: ASCII comparison without case, tokens, UTF-8, percent-encoding.
//
// Percent-decoding is strict: a `%` that two hexadecimal digits do not follow is an error, never
// kept as it is.
//
// Thread safety: pure functions.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace net {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && to_lower(a[i]) != to_lower(b[i])) return false;
  }
  return true;
}

// RFC 9110 token: the form of methods and header names. The empty text is none.
bool is_token(std::string_view text);

// The form of a Host header (RFC 9112, 3.2): a name, an IPv4 address or an IPv6 address in
// brackets, then perhaps a port. The empty text is one.
bool is_host(std::string_view text);

// Whether a numeric address, without brackets, is this machine's own: 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view address);

bool is_valid_utf8(std::string_view text);

// Decodes %XX, and `+` as a space where `plus_is_space` (form and query encoding). nullopt:
// malformed, a NUL, or not UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

// Appends `text`, with everything outside RFC 3986's unreserved characters and `keep` as %XX.
void append_percent_encoded(std::string& out, std::string_view text, std::string_view keep = {});
inline std::string percent_encode(std::string_view text, std::string_view keep = {}) {
  std::string out;
  append_percent_encoded(out, text, keep);
  return out;
}

}  // namespace net
