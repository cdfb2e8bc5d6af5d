#include "dynamodb/wire_packed_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace dynamodb::wire {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kChunk = 16;

// Copies a chunk and returns how much of it is before the first backslash; kChunk or more: all.
std::size_t copy_chunk(char* to, const char* from) {
#ifdef __SSE2__
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
  return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(found)));
#else
  std::memcpy(to, from, kChunk);
  return std::min(std::string_view(from, kChunk).find('\\'), kChunk);
#endif
}

constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  constexpr std::string_view from = "\"\\/bfnrt", to = "\"\\/\b\f\n\r\t";
  for (std::size_t i = 0; i < from.size(); ++i) table[static_cast<unsigned char>(from[i])] = to[i];
  return table;
}();

int hex(const char* from, const char* end) {
  constexpr int kDigits = 4;
  if (end - from < kDigits) return -1;
  int value = 0;
  for (int i = 0; i < kDigits; ++i) {
    const char c = from[i];
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return -1;
    value = value << 4 | digit;
  }
  return value;
}

void put_utf8(unsigned code, char*& to) {
  const auto bits = [&to](unsigned byte) { *to++ = static_cast<char>(byte); };
  if (code < 0x80) return bits(code);
  if (code < 0x800) {
    bits(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      bits(0xE0 | code >> 12);
    } else {
      bits(0xF0 | code >> 18);
      bits(0x80 | (code >> 12 & 0x3F));
    }
    bits(0x80 | (code >> 6 & 0x3F));
  }
  bits(0x80 | (code & 0x3F));
}

// Resolves the escape whose backslash is before `from`. False: it is none.
bool escape(const char*& from, const char* end, char*& to) {
  if (from == end) return false;
  const char c = *from++;
  if (const char simple = kEscapes[static_cast<unsigned char>(c)]) {
    *to++ = simple;
    return true;
  }
  int code = c == 'u' ? hex(from, end) : -1;
  if (code < 0 || (code >= 0xDC00 && code < 0xE000)) return false;
  from += 4;
  if (code >= 0xD800 && code < 0xDC00) {  // a pair of surrogates, or nothing
    if (end - from < 2 || from[0] != '\\' || from[1] != 'u') return false;
    const int low = hex(from + 2, end);
    if (low < 0xDC00 || low >= 0xE000) return false;
    from += 6;
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  put_utf8(static_cast<unsigned>(code), to);
  return true;
}

}  // namespace

bool PackedWriter::unescaped(std::string_view json, const char* end) {
  const char* from = json.data();
  const char* const stop = from + json.size();
  if (end - stop < static_cast<std::ptrdiff_t>(kChunk)) {
    std::string padded(json);
    padded.resize(json.size() + kChunk);
    return unescaped({padded.data(), json.size()}, padded.data() + padded.size());
  }
  char* const head = to_;
  varint(json.size());
  char* const begin = to_;
  char* to = begin;
  while (from < stop) {
    const std::size_t step = std::min(kChunk, static_cast<std::size_t>(stop - from));
    const std::size_t clean = copy_chunk(to, from);
    if (clean >= step) {  // a step of its own: the next chunk does not wait for what is found here
      from += step;
      to += step;
      continue;
    }
    from += clean + 1;
    to += clean;
    if (from < stop && kEscapes[static_cast<unsigned char>(*from)] != 0) {
      *to++ = kEscapes[static_cast<unsigned char>(*from++)];
    } else if (!escape(from, stop, to)) {
      return false;
    }
  }
  to_ = to;
  const auto size = static_cast<std::size_t>(to - begin);
  if (size == json.size()) return true;
  to_ = head;  // an escape is longer than what it says, and so may be its length
  varint(size);
  if (to_ != begin) std::memmove(to_, begin, size);
  to_ += size;
  return true;
}

}  // namespace dynamodb::wire
