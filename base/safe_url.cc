#include "base/safe_url.h"

#include <string>

namespace base {

bool is_safe_url(std::string_view url) {
  std::string read;
  read.reserve(url.size());
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) continue;
    read += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c == '\\' ? '/' : c;
  }
  if (read.starts_with("//")) return false;
  for (const std::string_view scheme : {"http://", "https://", "mailto:"})
    if (read.starts_with(scheme)) return true;
  const std::size_t colon = read.find(':');
  return colon == std::string::npos || read.find_first_of("/?#") < colon;
}

}  // namespace base
