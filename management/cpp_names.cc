#include "management/cpp_names.h"

#include <cctype>
#include <cstdio>
#include <set>

namespace management {
namespace {

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool is_cpp_keyword(std::string_view name) {
  static const std::set<std::string_view> kKeywords = {
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break",
      "case", "catch", "char", "char16_t", "char32_t", "char8_t", "class", "co_await", "co_return",
      "co_yield", "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
      "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
      "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline",
      "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
      "operator", "or", "or_eq", "private", "protected", "public", "register", "reinterpret_cast",
      "requires", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast",
      "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef",
      "typeid", "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t",
      "while", "xor", "xor_eq",
      // Macros that headers define, or that compilers may.
      "assert", "errno", "linux", "unix", "NULL", "EOF", "stdin", "stdout", "stderr", "major",
      "minor", "makedev", "INFINITY", "NAN", "TRUE", "FALSE"};
  return kKeywords.count(name) > 0;
}

std::string camel_case(std::string_view text) {
  std::string out;
  bool up = true;
  for (const char c : text) {
    if (!is_alnum(c)) {
      up = true;
      continue;
    }
    out += up ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    up = false;
  }
  return out;
}

std::string cpp_identifier(std::string_view text, std::string_view prefix) {
  std::string out;
  for (const char c : text) {
    if (is_alnum(c))
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  if (out.size() > 1 && out.back() == '_' && !text.ends_with('_')) out.pop_back();
  if (out.empty()) return std::string(prefix);
  if (out[0] >= '0' && out[0] <= '9') out = std::string(prefix) + "_" + out;
  if (is_cpp_keyword(out)) out += '_';
  return out;
}

std::string cpp_literal(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\' || c == '?') {  // "??/" would be a trigraph
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      char octal[5];
      std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
      out += octal;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace management
