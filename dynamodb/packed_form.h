// Pieces of the packed form that its writers share; the grammar is at the top of item_view.cc.
// Internal to the module.
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
