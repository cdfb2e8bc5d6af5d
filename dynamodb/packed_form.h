// Pieces of the packed form that its readers and writers share; the grammar is at the top of
// item_view.cc. Internal to the module; here so that item_view.h can be read inline.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "dynamodb/value.h"

namespace dynamodb::packed_form {

inline constexpr char kVersion = 0x01;
inline constexpr char kFalse = static_cast<char>(Type::BOOL);
inline constexpr char kTrue = 0x0B;
inline constexpr char kNull = static_cast<char>(Type::NUL);

// ---- reading; the bytes are well-formed

inline std::size_t read_varint(const char*& at) {
  std::size_t value = static_cast<unsigned char>(*at++);
  if (value < 0x80) return value;
  value &= 0x7F;
  for (unsigned shift = 7;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
}

inline std::string_view read_text(const char*& at) {
  const std::size_t size = read_varint(at);
  const char* const begin = at;
  at += size;
  return {begin, size};
}

inline std::string_view read_value(const char*& at) {
  const char* const begin = at;
  const char tag = *at++;
  if (tag != kFalse && tag != kTrue && tag != kNull) {
    const std::size_t size = read_varint(at);
    at += size;
  }
  return {begin, static_cast<std::size_t>(at - begin)};
}

// ---- writing

inline void append_varint(std::string& out, std::size_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

inline void append_text(std::string& out, std::string_view text) {
  append_varint(out, text.size());
  out += text;
}

// Puts the byte length of what has been written since `begin` before it.
inline void close_container(std::string& out, std::size_t begin) {
  std::string size;
  append_varint(size, out.size() - begin);
  out.insert(begin, size);
}

}  // namespace dynamodb::packed_form
