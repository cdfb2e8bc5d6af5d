#include "base/json_text.h"

#include <array>

namespace base {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr std::array<char, 256> kShortEscapes = [] {
  std::array<char, 256> letters{};
  letters['"'] = '"', letters['\\'] = '\\', letters['\n'] = 'n', letters['\r'] = 'r';
  letters['\t'] = 't', letters['\b'] = 'b', letters['\f'] = 'f';
  return letters;
}();

// The length of the well-formed UTF-8 sequence at the start of `s` (Unicode 15, table 3-7), 0 where
// it is ill-formed.
std::size_t utf8_sequence(std::string_view s) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(s[i]); };
  const auto continues = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < s.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

template <JsonText kText>
bool is_plain(char c) {
  return is_plain_json(c) && (kText == JsonText::utf8 || static_cast<unsigned char>(c) < 0x80);
}

// Copies one to two words of text that go into a JSON string as they are; false: they do not.
template <JsonText kText, class Word>
bool put_plain(char* to, const char* from, std::size_t size) {
  Word first, last;
  std::memcpy(&first, from, sizeof first);
  std::memcpy(&last, from + size - sizeof last, sizeof last);
  if ((special_bits<kText>(first) | special_bits<kText>(last)) != 0) return false;
  std::memcpy(to, &first, sizeof first);
  std::memcpy(to + size - sizeof last, &last, sizeof last);
  return true;
}

// Writes the character at `from` where it does not go into a JSON string as it is, or is not ASCII.
void put_special(char*& to, const char*& from, const char* end) {
  const auto c = static_cast<unsigned char>(*from);
  const std::string_view rest(from, static_cast<std::size_t>(end - from));
  const std::size_t length = c < 0x80 ? 0 : utf8_sequence(rest);
  if (length > 0) {
    for (const char* const behind = from + length; from < behind;) *to++ = *from++;
    return;
  }
  to = c < 0x80 ? put_json_escape(to, c) : std::copy_n("\xEF\xBF\xBD", 3, to);
  ++from;
}

template <JsonText kText>
char* put_text(char* to, const char* to_end, std::string_view& text) {
  static_assert(kJsonTextRoom >= kJsonBlock + kLongestJsonEscape);
  constexpr auto kRoom = static_cast<std::ptrdiff_t>(kJsonTextRoom);
  const char* from = text.data();
  const char* const end = from + text.size();
  while (end - from >= static_cast<std::ptrdiff_t>(kJsonBlock) && to_end - to >= kRoom) {
    std::memcpy(to, from, kJsonBlock);
    const std::size_t plain = std::min(special_in<kText>(from), kJsonBlock);
    to += plain;
    from += plain;
    if (plain < kJsonBlock) put_special(to, from, end);
  }
  while (from < end && to_end - to >= kRoom) {
    const auto left = static_cast<std::size_t>(end - from);
    if (left >= kJsonBlock) break;  // it was for want of room that the loop above ended
    if ((left >= 8 && put_plain<kText, std::uint64_t>(to, from, left)) ||
        (left >= 4 && left < 8 && put_plain<kText, std::uint32_t>(to, from, left))) {
      to += left;
      from = end;
    } else if (is_plain<kText>(*from)) {
      *to++ = *from++;
    } else {
      put_special(to, from, end);
    }
  }
  text = {from, static_cast<std::size_t>(end - from)};
  return to;
}

}  // namespace

char* put_json_escape(char* to, unsigned char c) {
  *to++ = '\\';
  if (const char letter = kShortEscapes[c]; letter != 0) {
    *to++ = letter;
    return to;
  }
  for (const char digit : {'u', '0', '0', kHex[c >> 4], kHex[c & 15]}) *to++ = digit;
  return to;
}

char* put_json_text(char* to, const char* to_end, std::string_view& text) {
  return put_text<JsonText::any>(to, to_end, text);
}
char* put_json_utf8(char* to, const char* to_end, std::string_view& text) {
  return put_text<JsonText::utf8>(to, to_end, text);
}

}  // namespace base
