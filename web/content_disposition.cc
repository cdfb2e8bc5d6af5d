#include "web/content_disposition.h"

#include "net/text.h"

namespace web {
namespace {

constexpr std::size_t kLongestName = 200;

// What some system takes for more than a letter of a name.
bool is_special(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F ||
         std::string_view("\"*:<>?|%;").find(c) != std::string_view::npos;
}

// Cut where a character begins.
std::string_view shortened(std::string_view text) {
  if (text.size() <= kLongestName) return text;
  std::size_t size = kLongestName;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

std::string attachment(std::string_view file_name) {
  const std::size_t slash = file_name.find_last_of("/\\");
  if (slash != std::string_view::npos) file_name.remove_prefix(slash + 1);
  while (file_name.starts_with('.')) file_name.remove_prefix(1);
  std::string name(shortened(file_name));
  for (char& c : name) c = is_special(c) ? '_' : c;
  if (name.empty() || !net::is_valid_utf8(name)) name = "download";
  std::string plain;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      plain += c;
    else if ((byte & 0xC0) != 0x80)
      plain += '_';
  }
  std::string value = "attachment; filename=\"" + plain + "\"";
  if (plain != name) value += "; filename*=UTF-8''" + net::percent_encode(name);
  return value;
}

}  // namespace web
