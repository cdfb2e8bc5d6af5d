// Tokens: a JSON text as the row of its tokens, whose beginnings simdjson's first stage has found.
//
// Nothing here knows JSON's grammar: that is for the reader. Internal to wire_*.cc.
// Thread safety: a value; the text and the beginnings must outlive it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dynamodb::wire {

inline bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The tokens of a text, one after the other: brackets, ':', ',', strings and other scalars.
class Tokens {
 public:
  using Position = const std::uint32_t*;

  // `starts`: where each begins, and the text's size behind the last.
  Tokens(std::string_view text, Position starts, std::size_t count)
      : text_(text.data()), next_(starts), end_(starts + count) {}

  Position position() const { return next_; }
  void go_to(Position position) { next_ = position; }
  bool at_end() const { return next_ == end_; }
  // The next one's first character.
  char peek() const { return at_end() ? '\0' : text_[*next_]; }

  bool take(char c) {
    if (peek() != c) return false;
    ++next_;
    return true;
  }

  // The next one as written. REQUIRES: !at_end()
  std::string_view scalar() {
    std::string_view token = from(next_++);
    while (is_space(token.back())) token.remove_suffix(1);
    return token;
  }

  // A string as written between its quotes: escapes are not resolved.
  std::optional<std::string_view> string() {
    if (peek() != '"') return std::nullopt;
    const std::string_view token = scalar();
    if (token.size() < 2 || token.back() != '"') return std::nullopt;
    return token.substr(1, token.size() - 2);
  }

  // "name": without spaces: the name as written. Otherwise nothing is taken.
  std::optional<std::string_view> name() {
    if (end_ - next_ < 2) return std::nullopt;
    const char* const at = text_ + next_[0];
    const char* const end = text_ + next_[1];
    if (at[0] != '"' || end[0] != ':' || end[-1] != '"' || end - at < 2) return std::nullopt;
    next_ += 2;
    return std::string_view(at + 1, static_cast<std::size_t>(end - at - 2));
  }

  struct TypedText {
    char type;
    std::string_view text;  // as written
  };
  // {"T":"text"}, of a type of one letter and without spaces. Otherwise nothing is taken.
  std::optional<TypedText> typed_text() {
    if (end_ - next_ < 5 || next_[3] - next_[0] != 5) return std::nullopt;
    const char* const at = text_ + next_[0];
    const char* const end = text_ + next_[4];
    if (at[0] != '{' || at[1] != '"' || at[3] != '"' || at[4] != ':' || at[5] != '"' ||
        end[0] != '}' || end[-1] != '"' || end - at < 7)
      return std::nullopt;
    next_ += 5;
    return TypedText{at[2], {at + 6, static_cast<std::size_t>(end - at - 7)}};
  }

  // Steps over a value, of which nothing but the number of its brackets is looked at.
  bool skip() {
    if (is_flat_value()) {
      next_ += 5;
      return true;
    }
    std::size_t depth = 0;
    do {
      if (at_end()) return false;
      const char c = peek();
      if (c == '}' || c == ']') {
        if (depth-- == 0) return false;
      } else if (c == '{' || c == '[') {
        ++depth;
      }
      ++next_;
    } while (depth > 0);
    return true;
  }

  // The text from there to the next token.
  std::string_view from(Position begin) const { return {text_ + *begin, *next_ - *begin}; }

 private:
  // {"S":"text"} and the like.
  bool is_flat_value() const {
    if (end_ - next_ < 5 || text_[next_[0]] != '{' || text_[next_[1]] != '"' ||
        text_[next_[2]] != ':' || text_[next_[4]] != '}')
      return false;
    const char payload = text_[next_[3]];
    return payload != '{' && payload != '[' && payload != '}' && payload != ']';
  }

  const char* text_;
  Position next_;
  Position end_;
};

}  // namespace dynamodb::wire
