// Text as it is cut. Thread safety: pure functions.
#pragma once
#include <string_view>

namespace demo_app {

// The first `characters` of UTF-8; invalid bytes count as one each.
inline std::string_view first_characters(std::string_view text, std::size_t characters) {
  std::size_t at = 0;
  for (; at < text.size() && characters > 0; --characters) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return text.substr(0, at);
}

}  // namespace demo_app
