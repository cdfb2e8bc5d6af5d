// What stands for a text between the quotes of a JSON string: where that is the text itself, and
// written to memory that has room for it. For readers and writers of much JSON; others use
// JsonWriter. Thread safety: any thread.
#pragma once
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace base {

// Of a text that is known to be UTF-8, what is not ASCII goes into a JSON string as it is.
enum class JsonText : std::uint8_t { any, utf8 };

// The high bit of a byte is set where it does not go into a JSON string as it is (below 0x20, `"`,
// `\`, not ASCII unless the text is UTF-8); of bytes above such a one it may be, too.
template <JsonText kText, class Word>
Word special_bits(Word word) {
  constexpr Word kOnes = static_cast<Word>(0x0101010101010101);
  const Word quote = word ^ (kOnes * '"'), backslash = word ^ (kOnes * '\\');
  const Word ascii = (word - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes);
  return (kText == JsonText::utf8 ? ascii & ~word : ascii | word) & (kOnes * 0x80);
}

// Whether a character of a text that is UTF-8 goes into a JSON string as it is.
inline bool is_plain_json(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
}

// How many characters are looked at together.
#ifdef __SSE2__
inline constexpr std::size_t kJsonBlock = 16;
#else
inline constexpr std::size_t kJsonBlock = 8;
#endif
inline constexpr std::size_t kJsonWindow = 64;

#ifdef __SSE2__
// A bit of each character of a block, set where it does not go into a JSON string as it is.
template <JsonText kText>
unsigned special_mask(const char* block) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  // As signed bytes, what is not ASCII is below 0x20, too.
  const __m128i low = kText == JsonText::utf8
                          ? _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1F)), text)
                          : _mm_cmplt_epi8(text, _mm_set1_epi8(0x20));
  const __m128i special =
      _mm_or_si128(low, _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')),
                                     _mm_cmpeq_epi8(text, _mm_set1_epi8('\\'))));
  return static_cast<unsigned>(_mm_movemask_epi8(special));
}
#endif

// Where in a block the first character is that does not go into a JSON string as it is; kJsonBlock
// or more: there is none.
template <JsonText kText>
std::size_t special_in(const char* block) {
#ifdef __SSE2__
  return static_cast<std::size_t>(std::countr_zero(special_mask<kText>(block)));
#else
  std::uint64_t word = 0;
  std::memcpy(&word, block, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return static_cast<std::size_t>(std::countr_zero(special_bits<kText>(word))) / 8;
#endif
}
// The same of a window, all of which is looked at, without branches where that can be.
template <JsonText kText>
[[gnu::always_inline]] inline std::size_t special_in_window(const char* window) {
#ifdef __SSE2__
  std::uint64_t mask = 0;
  for (std::size_t i = 0; i < kJsonWindow; i += kJsonBlock)
    mask |= std::uint64_t{special_mask<kText>(window + i)} << i;
  return static_cast<std::size_t>(std::countr_zero(mask));
#else
  for (std::size_t i = 0; i < kJsonWindow; i += kJsonBlock) {
    if (const std::size_t at = special_in<kText>(window + i); at < kJsonBlock) return i + at;
  }
  return kJsonWindow;
#endif
}

inline constexpr std::size_t kLongestJsonEscape = 6;  // \u00XX
// Writes the escape of `c` and returns where it ends.
char* put_json_escape(char* to, unsigned char c);

// Writes to `to` what stands for `text` between a JSON string's quotes, as long as kJsonTextRoom
// bytes are left before `to_end`, takes it off `text`, and returns where it ends.
inline constexpr std::size_t kJsonTextRoom = 32;
char* put_json_text(char* to, const char* to_end, std::string_view& text);
// The same, faster where `text` is not all ASCII. REQUIRES: it is UTF-8.
char* put_json_utf8(char* to, const char* to_end, std::string_view& text);

// The same for all of a text, without looking for ends. REQUIRES: it is UTF-8; kJsonBlock bytes
// behind it can be read; there is room for kLongestJsonEscape times its size, and a block.
inline char* put_readable_utf8(char* to, std::string_view text) {
  const char* from = text.data();
  const char* const end = from + text.size();
  while (from < end) {
    std::memcpy(to, from, kJsonBlock);
    const std::size_t step = std::min(static_cast<std::size_t>(end - from), kJsonBlock);
    const std::size_t plain = special_in<JsonText::utf8>(from);
    to += std::min(plain, step);
    from += std::min(plain, step);
    if (plain < step) to = put_json_escape(to, static_cast<unsigned char>(*from++));
  }
  return to;
}

}  // namespace base
