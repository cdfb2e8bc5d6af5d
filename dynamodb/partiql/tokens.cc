#include "dynamodb/partiql/tokens.h"

#include <charconv>
#include <limits>

namespace dynamodb::partiql {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}
bool is_word_part(char c) { return is_word_start(c) || is_digit(c); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
// A byte of UTF-8 that continues a character does not count in columns.
bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::optional<std::vector<Token>> run() {
    while (skip_blanks() && at_ < text_.size()) {
      if (!next()) return std::nullopt;
    }
    if (failed_) return std::nullopt;
    tokens_.push_back({TokenKind::end, "", {line_, column_, 0}});
    return std::move(tokens_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void advance(std::size_t bytes) {
    for (; bytes > 0; --bytes, ++at_) {
      if (text_[at_] == '\n') {
        ++line_;
        column_ = 1;
      } else if (starts_character(text_[at_])) {
        ++column_;
      }
    }
  }

  // False where a comment stays open.
  bool skip_blanks() {
    for (;;) {
      if (at_ < text_.size() && is_space(peek())) {
        advance(1);
      } else if (peek() == '-' && peek(1) == '-') {
        advance(std::min(text_.find('\n', at_), text_.size()) - at_);
      } else if (peek() == '/' && peek(1) == '*') {
        const std::size_t close = text_.find("*/", at_ + 2);
        failed_ = close == std::string_view::npos;
        if (failed_) return false;
        advance(close + 2 - at_);
      } else {
        return true;
      }
    }
  }

  // Adds a token of the next `bytes` bytes.
  void add(TokenKind kind, std::size_t bytes, std::string text) {
    Place place{line_, column_, 0};
    for (const char c : text_.substr(at_, bytes)) place.length += starts_character(c) ? 1 : 0;
    tokens_.push_back({kind, std::move(text), place});
    advance(bytes);
  }

  bool next() {
    const char c = peek();
    if (is_word_start(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '\'') return quoted(TokenKind::string);
    if (c == '"') return quoted(TokenKind::quoted_word);
    if (c == '`') return ion();
    return symbol();
  }

  bool word() {
    std::size_t size = 1;
    while (is_word_part(peek(size))) ++size;
    const std::string_view text = text_.substr(at_, size);
    std::string keyword = lower(text);
    if (is_keyword(keyword)) {
      add(TokenKind::keyword, size, std::move(keyword));
    } else {
      add(TokenKind::word, size, std::string(text));
    }
    return true;
  }

  // DynamoDB: the exponent, and the fraction's digits less the exponent, fit 32 bits.
  bool number() {
    std::size_t size = 0, fraction = 0;
    while (is_digit(peek(size))) ++size;
    if (peek(size) == '.') {
      ++size;
      for (; is_digit(peek(size)); ++fraction) ++size;
    }
    if (peek(size) == 'e' || peek(size) == 'E') {
      std::size_t begin = size + 1;
      if (peek(begin) == '+') ++begin;
      size = begin + (peek(begin) == '-' ? 1 : 0);
      const std::size_t digits = size;
      while (is_digit(peek(size))) ++size;
      if (size == digits) return false;
      std::int32_t exponent = 0;
      const char* const end = text_.data() + at_ + size;
      if (std::from_chars(text_.data() + at_ + begin, end, exponent).ec != std::errc())
        return false;
      const std::int64_t scale = static_cast<std::int64_t>(fraction) - exponent;
      if (scale > std::numeric_limits<std::int32_t>::max()) return false;
    }
    if (is_word_start(peek(size))) return false;
    add(TokenKind::number, size, std::string(text_.substr(at_, size)));
    return true;
  }

  bool quoted(TokenKind kind) {
    const char quote = peek();
    std::string text;
    for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
      if (text_[i] == quote) {
        if (i + 1 == text_.size() || text_[i + 1] != quote) {
          add(kind, i + 1 - at_, std::move(text));
          return true;
        }
        ++i;
      }
      text += text_[i];
    }
    return false;
  }

  bool ion() {
    const std::size_t close = text_.find('`', at_ + 1);
    if (close == std::string_view::npos) return false;
    add(TokenKind::ion, close + 1 - at_, std::string(text_.substr(at_ + 1, close - at_ - 1)));
    return true;
  }

  bool symbol() {
    for (const std::string_view symbol : {"<<", ">>", "<>", "!=", "<=", ">=", "||"}) {
      if (!text_.substr(at_).starts_with(symbol)) continue;
      add(TokenKind::symbol, symbol.size(), std::string(symbol));
      return true;
    }
    constexpr std::string_view kSingle = ",.;()[]{}:*/%+-=<>?";
    if (kSingle.find(peek()) == std::string_view::npos) return false;
    add(TokenKind::symbol, 1, std::string(1, peek()));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1, column_ = 1;
  bool failed_ = false;
  std::vector<Token> tokens_{};
};

}  // namespace

std::optional<std::vector<Token>> tokenize(std::string_view text) { return Tokenizer(text).run(); }

}  // namespace dynamodb::partiql
