// The tokens of DynamoDB's expression texts, and what the three parsers share: reading tokens and
// paths, resolving placeholders, and keeping the first error of each kind, because DynamoDB reports
// errors by kind rather than by place. Internal to expression_parser.cc and
// expression_parser_update.cc.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/expression_parser.h"

namespace dynamodb::expression_parsing {

enum class TokenKind : std::uint8_t {
  word,
  name_placeholder,
  value_placeholder,
  digits,
  symbol,
  unknown,
  end
};

struct Token {
  TokenKind kind;
  std::string_view text;  // inside the expression; "<EOF>" for end
  std::size_t begin = 0, end = 0;
};

// `text` as tokens; the last one is `end`. A character that starts no token is an `unknown` one.
std::vector<Token> tokenize(std::string_view text);

// In the order in which DynamoDB reports them; a syntax error comes before all but parentheses. Within `operand`
// the first in the text counts: undefined placeholders, and operands in wrong number or of wrong
// kind.
enum class ProblemKind : std::uint8_t {
  parentheses,
  function_name,
  function_use,
  reserved_word,
  section,
  list_index,
  operand,
  // Of updates, after paths that get into each other's way.
  function_operand,
};

// Reads one expression's tokens front to back. After a syntax error it stands at the end, so that
// every loop stops.
class TokenReader {
 public:
  TokenReader(std::string_view text, std::string_view kind, Placeholders& placeholders);

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  std::size_t position() const { return at_; }
  const Token& next();
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool is_keyword(std::string_view keyword) const;  // any case
  bool accept(std::string_view symbol);
  bool accept_keyword(std::string_view keyword);
  void expect(std::string_view symbol);
  bool at_end() const { return peek().kind == TokenKind::end; }

  Path path();
  AttributeValue value();  // of a value placeholder

  // A parenthesised group from its "(" to its ")": `read` reads what is inside. Bounds the nesting.
  template <class Read>
  auto group(Read read) {
    const std::size_t begin = position();
    expect("(");
    enter();
    auto inside = read();
    leave();
    close_group(begin);
    return inside;
  }
  void enter();
  void leave() { --depth_; }

  // `message` lacks the opening "Invalid <kind>: ", or is complete.
  void note(ProblemKind kind, std::string_view message);
  void note_complete(ProblemKind kind, std::string message);
  void note_function(ProblemKind kind, std::string_view message, std::string_view function);
  void syntax_error();  // at the token that is next
  // The message of the worst problem up to `last`, complete; nullopt where there is none.
  std::optional<std::string> problem(ProblemKind last = ProblemKind::function_operand) const;
  std::string_view kind() const { return kind_; }

 private:
  void close_group(std::size_t begin);
  std::string step_name();
  std::uint32_t list_index();

  std::string_view text_, kind_;
  Placeholders& placeholders_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0, depth_ = 0;
  std::size_t last_group_begin_ = 0, last_group_end_ = 0;  // of the group closed last
  std::optional<std::string> syntax_problem_{};
  std::array<std::string, static_cast<std::size_t>(ProblemKind::function_operand) + 1> problems_{};
};

// "Invalid <kind>: " for an empty or too long text; nullopt where it can be parsed.
std::optional<std::string> check_text(std::string_view text, std::string_view kind);
bool same_word(std::string_view a, std::string_view b);  // ASCII, any case

}  // namespace dynamodb::expression_parsing
