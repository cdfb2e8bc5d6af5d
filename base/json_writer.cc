#include "base/json_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/json.h"

namespace base {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::size_t kLongestEscape = 6;  // \u00XX

constexpr std::array<char, 256> kShortEscapes = [] {
  std::array<char, 256> letters{};
  letters['"'] = '"', letters['\\'] = '\\', letters['\n'] = 'n', letters['\r'] = 'r';
  letters['\t'] = 't', letters['\b'] = 'b', letters['\f'] = 'f';
  return letters;
}();

// Writes the escape of `c` and returns where it ends.
char* put_escape(char* to, unsigned char c) {
  *to++ = '\\';
  if (const char letter = kShortEscapes[c]; letter != 0) {
    *to++ = letter;
    return to;
  }
  for (const char digit : {'u', '0', '0', kHex[c >> 4], kHex[c & 15]}) *to++ = digit;
  return to;
}

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

// Of a text that is known to be UTF-8, what is not ASCII goes into a JSON string as it is.
enum class Text : std::uint8_t { any, utf8 };

// The high bit of a byte is set where it does not go into a JSON string as it is (below 0x20, `"`,
// `\`, not ASCII unless the text is UTF-8); of bytes above such a one it may be, too.
template <Text kText, class Word>
Word special_bits(Word word) {
  constexpr Word kOnes = static_cast<Word>(0x0101010101010101);
  const Word quote = word ^ (kOnes * '"'), backslash = word ^ (kOnes * '\\');
  const Word ascii = (word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes);
  return (kText == Text::utf8 ? ascii & ~word : ascii | word) & (kOnes * 0x80);
}

// How many characters are looked at together.
#ifdef __SSE2__
constexpr std::size_t kBlock = 16;
#else
constexpr std::size_t kBlock = 8;
#endif

// Where in a block the first character is that does not go into a JSON string as it is; kBlock or
// more: there is none.
#ifdef __SSE2__
template <Text kText>
std::size_t special_in(const char* block) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  // As signed bytes, what is not ASCII is below 0x20, too.
  const __m128i low = kText == Text::utf8
                          ? _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1F)), text)
                          : _mm_cmplt_epi8(text, _mm_set1_epi8(0x20));
  const __m128i special =
      _mm_or_si128(low, _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'))));
  const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
  return static_cast<std::size_t>(std::countr_zero(mask));
}
#else
template <Text kText>
std::size_t special_in(const char* block) {
  std::uint64_t word = 0;
  std::memcpy(&word, block, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return static_cast<std::size_t>(std::countr_zero(special_bits<kText>(word))) / 8;
}
#endif

template <Text kText>
bool is_plain(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x20 && (kText == Text::utf8 || u < 0x80) && c != '"' && c != '\\';
}

// Copies one to two words of text that go into a JSON string as they are; false: they do not.
template <Text kText, class Word>
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
  to = c < 0x80 ? put_escape(to, c) : std::copy_n("\xEF\xBF\xBD", 3, to);
  ++from;
}

template <Text kText>
char* put_text(char* to, const char* to_end, std::string_view& text) {
  static_assert(kJsonTextRoom >= kBlock + kLongestEscape);
  constexpr auto kRoom = static_cast<std::ptrdiff_t>(kJsonTextRoom);
  const char* from = text.data();
  const char* const end = from + text.size();
  while (end - from >= static_cast<std::ptrdiff_t>(kBlock) && to_end - to >= kRoom) {
    std::memcpy(to, from, kBlock);
    const std::size_t plain = std::min(special_in<kText>(from), kBlock);
    to += plain;
    from += plain;
    if (plain < kBlock) put_special(to, from, end);
  }
  while (from < end && to_end - to >= kRoom) {
    const auto left = static_cast<std::size_t>(end - from);
    if (left >= kBlock) break;  // it was for want of room that the loop above ended
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

char* put_json_text(char* to, const char* to_end, std::string_view& text) {
  return put_text<Text::any>(to, to_end, text);
}
char* put_json_utf8(char* to, const char* to_end, std::string_view& text) {
  return put_text<Text::utf8>(to, to_end, text);
}

// By way of a buffer: what has many escapes would otherwise be appended in many small pieces.
void append_json_text(std::string& out, std::string_view text) {
  char buffer[512];
  do {
    char* const end = put_json_text(buffer, std::end(buffer), text);
    out.append(buffer, end);
  } while (!text.empty());
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_text(out, text);
  out += '"';
}

void JsonWriter::separate() {
  if (need_comma_) text_ += ',';
  need_comma_ = true;
}

void JsonWriter::begin_object() {
  separate();
  text_ += '{';
  need_comma_ = false;
}
void JsonWriter::end_object() {
  text_ += '}';
  need_comma_ = true;
}
void JsonWriter::begin_array() {
  separate();
  text_ += '[';
  need_comma_ = false;
}
void JsonWriter::end_array() {
  text_ += ']';
  need_comma_ = true;
}
void JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(text_, name);
  text_ += ':';
  need_comma_ = false;
}
void JsonWriter::value(std::string_view text) {
  separate();
  append_json_string(text_, text);
}
void JsonWriter::value(bool boolean) { raw(boolean ? "true" : "false"); }
void JsonWriter::value(std::nullptr_t) { raw("null"); }
void JsonWriter::value(const Json& json) {
  raw(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void JsonWriter::value(std::int64_t number) {
  char digits[24];
  raw({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
}
void JsonWriter::value(std::uint64_t number) {
  char digits[24];
  raw({digits, std::to_chars(digits, digits + sizeof digits, number).ptr});
}
void JsonWriter::value(double number) {
  if (!std::isfinite(number)) return value(nullptr);
  char digits[32];
  const std::string_view text(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
  raw(text);
  if (text.find_first_of(".e") == std::string_view::npos)
    text_ += ".0";  // stays a real number when read back
}

std::string& JsonWriter::begin_raw() {
  separate();
  return text_;
}

void JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
}

}  // namespace base
