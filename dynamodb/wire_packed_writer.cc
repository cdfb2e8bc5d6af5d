#include "dynamodb/wire_packed_writer.h"

#include <array>

namespace dynamodb::wire {
namespace {

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

bool PackedWriter::long_string(Scanner& in) {
  constexpr std::size_t kUsualHead = 2;  // what says a size of 128 bytes to 16 KiB
  constexpr auto kBlock = static_cast<std::ptrdiff_t>(base::kJsonBlock);
  const char* at = in.at();
  const char* const end = in.end();
  char* const begin = to_ + kUsualHead;
  char* to = begin;
  while (true) {
    if (end - at >= kBlock) {
      std::memcpy(to, at, base::kJsonBlock);
      const std::size_t plain = base::special_in<base::JsonText::utf8>(at);
      if (plain >= base::kJsonBlock) {  // by itself: the next block need not wait for this one
        at += kBlock;
        to += kBlock;
        continue;
      }
      at += plain;
      to += plain;
    } else {
      while (at != end && base::is_plain_json(*at)) *to++ = *at++;
      if (at == end) return false;
    }
    const char c = *at++;
    if (c == '"') break;
    if (c != '\\' || !escape(at, end, to)) return false;
  }
  in.go_to(at);
  const auto size = static_cast<std::size_t>(to - begin);
  std::size_t head = 1;
  for (std::size_t left = size; left >= 0x80; left >>= 7) ++head;
  if (head != kUsualHead) std::memmove(to_ + head, begin, size);
  varint(size);
  to_ += size;
  return true;
}

}  // namespace dynamodb::wire
