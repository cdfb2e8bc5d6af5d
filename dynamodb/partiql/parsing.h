// What the parser's parts share: a statement's tokens read front to back, and its expressions.
// Internal to parser*.cc.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/partiql/tokens.h"

namespace dynamodb::partiql {

// After an error it stands at the end, so that every loop stops.
class TokenReader {
 public:
  explicit TokenReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  Token next();
  bool at_end() const { return peek().kind == TokenKind::end; }
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const;
  bool is_keyword(std::string_view keyword, std::size_t ahead = 0) const;
  bool is_identifier() const;
  bool accept(std::string_view symbol);
  bool accept_keyword(std::string_view keyword);
  // Otherwise a syntax error with `problem`.
  void expect(std::string_view symbol, std::string_view problem);
  void expect_keyword(std::string_view keyword, std::string_view problem);

  // Counts a level of nesting; an error and false where there are too many.
  bool enter();
  void leave() { --depth_; }

  std::size_t next_parameter() { return parameters_++; }
  std::size_t parameters() const { return parameters_; }

  // The first error is kept. A syntax error opens with "Statement wasn't well formed".
  void fail(std::string message);
  void syntax_error(std::string_view detail);
  void fail_at(std::string_view message, const Place& place);
  const std::optional<std::string>& error() const { return error_; }

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0, depth_ = 0, parameters_ = 0;
  std::optional<std::string> error_{};
};

inline constexpr std::string_view kNotWellFormed =
    "Statement wasn't well formed, can't be processed: ";

std::string place_text(const Place& place);  // " at 1:35:6"

Expression parse_expression(TokenReader& tokens);
// A name with its steps: a.b[0]."c"['d'].
Expression parse_path(TokenReader& tokens);

}  // namespace dynamodb::partiql
