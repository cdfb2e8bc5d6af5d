#include "base/json_writer.h"

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

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
  }
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

// How many characters are looked at together.
#ifdef __SSE2__
constexpr std::size_t kBlock = 16;
#else
constexpr std::size_t kBlock = 8;
#endif

// Where in a block the first character is that does not go into a JSON string as it is; kBlock or
// more: there is none.
#ifdef __SSE2__
std::size_t special_in(const char* block) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  // As signed bytes, what is not ASCII is below 0x20, too.
  const __m128i special = _mm_or_si128(_mm_cmplt_epi8(text, _mm_set1_epi8(0x20)),
                                       _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                                    _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'))));
  const auto mask = static_cast<unsigned>(_mm_movemask_epi8(special));
  return static_cast<std::size_t>(std::countr_zero(mask));
}
#else
std::size_t special_in(const char* block) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = 0x8080808080808080;
  std::uint64_t word = 0;
  std::memcpy(&word, block, 8);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  // The high bit of a byte is set where it is below 0x20, `"`, `\` or not ASCII; of bytes above
  // such a one it may be, too.
  const std::uint64_t quote = word ^ (kOnes * '"'), backslash = word ^ (kOnes * '\\');
  const std::uint64_t special =
      ((word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes) | word) & kHigh;
  return static_cast<std::size_t>(std::countr_zero(special)) / 8;
}
#endif

bool is_plain(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x20 && u < 0x80 && c != '"' && c != '\\';
}

// Where the first character from `at` on is that does not go into a JSON string as it is; the size
// of the text where there is none.
std::size_t find_special(std::string_view text, std::size_t at) {
  for (; at + kBlock <= text.size(); at += kBlock) {
    if (const std::size_t i = special_in(text.data() + at); i < kBlock) return at + i;
  }
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  std::size_t plain = 0;  // where the run of characters that need nothing starts
  for (std::size_t i = 0; (i = find_special(text, i)) < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (const std::size_t length = c < 0x80 ? 0 : utf8_sequence(text.substr(i)); length > 0) {
      i += length;
      continue;
    }
    out.append(text, plain, i - plain);
    if (c < 0x80) {
      append_escape(out, c);
    } else {
      out += "\xEF\xBF\xBD";
    }
    plain = ++i;
  }
  out.append(text, plain);
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
