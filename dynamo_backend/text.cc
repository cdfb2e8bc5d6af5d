#include "dynamo_backend/text.h"

#include <algorithm>
#include <cstdint>

namespace dynamo_backend {
namespace {

struct Decoded {
  std::uint32_t code = 0;
  std::size_t size = 0;  // 0: not UTF-8
};

// Unicode 15, table 3-7: no overlong forms, no surrogates.
Decoded decode(std::string_view s) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < s.size() ? static_cast<unsigned char>(s[i]) : 0u;
  };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || size > s.size()) return {};
  std::uint32_t code = lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3F);
  }
  const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {code, size};
}

void append(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xE0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

bool between(std::uint32_t c, std::uint32_t low, std::uint32_t high) {
  return c >= low && c <= high;
}

// Unicode's property White_Space.
bool is_white_space(std::uint32_t c) {
  return between(c, 0x09, 0x0D) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         between(c, 0x2000, 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

// Unicode's CaseFolding.txt, status C and S, for the scripts that the header names.
std::uint32_t fold(std::uint32_t c) {
  if (between(c, 'A', 'Z')) return c + 32;
  if (c < 0xB5) return c;
  if (c == 0xB5) return 0x3BC;
  if (between(c, 0xC0, 0xDE) && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if (c == 0x17F) return 's';
  const bool even_pairs =
      between(c, 0x100, 0x12F) || between(c, 0x132, 0x137) || between(c, 0x14A, 0x177) ||
      between(c, 0x1DE, 0x1EF) || between(c, 0x1F8, 0x21F) || between(c, 0x222, 0x233) ||
      between(c, 0x460, 0x481) || between(c, 0x48A, 0x4BF) || between(c, 0x4D0, 0x52F) ||
      between(c, 0x1E00, 0x1E95) || between(c, 0x1EA0, 0x1EFF);
  if (even_pairs) return c | 1;
  const bool odd_pairs = between(c, 0x139, 0x148) || between(c, 0x179, 0x17E) ||
                         between(c, 0x1CD, 0x1DC) || between(c, 0x4C1, 0x4CE);
  if (odd_pairs) return c % 2 == 1 ? c + 1 : c;
  if (c == 0x386) return 0x3AC;
  if (between(c, 0x388, 0x38A)) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (between(c, 0x391, 0x3AB) && c != 0x3A2) return c + 32;
  if (c == 0x3C2) return 0x3C3;  // final sigma
  if (between(c, 0x400, 0x40F)) return c + 80;
  if (between(c, 0x410, 0x42F)) return c + 32;
  return c;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    text.remove_prefix(std::max<std::size_t>(decode(text).size, 1));
    ++count;
  }
  return count;
}

bool is_blank(std::string_view text) {
  while (!text.empty()) {
    const auto [code, size] = decode(text);
    if (size == 0 || !is_white_space(code)) return false;
    text.remove_prefix(size);
  }
  return true;
}

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = decode(text).size;
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string without_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Decoded d = decode(text);
    const std::uint32_t folded = d.size == 0 ? 0 : fold(d.code);
    if (d.size == 0 || folded == d.code)
      out += text.substr(0, std::max<std::size_t>(d.size, 1));
    else
      append(out, folded);
    text.remove_prefix(std::max<std::size_t>(d.size, 1));
  }
  return out;
}

}  // namespace dynamo_backend
