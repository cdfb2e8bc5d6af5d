// Scanner: a JSON text read from its beginning on, a token at a time, without a look ahead.
//
// Nothing here knows JSON's grammar: that is for the reader. The text must be UTF-8, which a string
// is not asked for again. Internal to wire_*.cc. Thread safety: a value; the text must outlive it.
#pragma once
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/json_text.h"

namespace dynamodb::wire {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  const char* at() const { return at_; }
  const char* end() const { return end_; }
  void go_to(const char* at) { at_ = at; }
  std::string_view from(const char* begin) const {
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  bool at_end() {
    skip_spaces();
    return at_ == end_;
  }

  // One of []{}:," and spaces before it.
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return at_ != end_ && is_space(*at_) && take_after_spaces(c);
    ++at_;
    return true;
  }

  // Exactly these characters.
  template <std::size_t kSize>
  bool take(const char (&text)[kSize]) {
    constexpr std::size_t kCharacters = kSize - 1;
    if (static_cast<std::size_t>(end_ - at_) < kCharacters) return false;
    if (std::memcmp(at_, text, kCharacters) != 0) return false;
    at_ += kCharacters;
    return true;
  }

  // A string that is what stands between its quotes. nullopt: none is here, or one with escapes.
  std::optional<std::string_view> plain_string() { return take('"') ? plain_text() : std::nullopt; }
  // The same behind its opening quote.
  std::optional<std::string_view> plain_text() {
    const char* const begin = at_;
    skip_plain();
    if (at_ == end_ || *at_ != '"') return std::nullopt;
    return std::string_view(begin, static_cast<std::size_t>(at_++ - begin));
  }

  // Steps over a value, of which nothing but its strings' ends and the number of its brackets is
  // looked at.
  bool skip() {
    std::size_t depth = 0;
    do {
      if (at_end()) return false;
      const char c = *at_;
      if (c == '"') {
        if (!skip_string()) return false;
      } else if (c == '{' || c == '[') {
        ++depth, ++at_;
      } else if (c == '}' || c == ']') {
        if (depth == 0) return false;
        --depth, ++at_;
      } else if (c == ',' || c == ':') {
        if (depth == 0) return false;
        ++at_;
      } else {
        while (at_ != end_ && !is_space(*at_) && !is_punctuation(*at_)) ++at_;
      }
    } while (depth > 0);
    return true;
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
  static bool is_punctuation(char c) {
    return std::string_view("\"{}[]:,").find(c) != std::string_view::npos;
  }

  void skip_spaces() {
    while (at_ != end_ && is_space(*at_)) ++at_;
  }

  [[gnu::noinline]] bool take_after_spaces(char c) {
    skip_spaces();
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  // Over what stands for itself in a string.
  void skip_plain() {
    while (static_cast<std::size_t>(end_ - at_) >= base::kJsonBlock) {
      const std::size_t plain = base::special_in<base::JsonText::utf8>(at_);
      if (plain < base::kJsonBlock) {
        at_ += plain;
        return;
      }
      at_ += base::kJsonBlock;
    }
    while (at_ != end_ && base::is_plain_json(*at_)) ++at_;
  }

  bool skip_string() {
    for (++at_;; at_ += 2) {  // an escape
      skip_plain();
      if (at_ == end_ || *at_ != '\\' || end_ - at_ < 2) break;
    }
    return take("\"");
  }

  const char* at_;
  const char* end_;
};

}  // namespace dynamodb::wire
