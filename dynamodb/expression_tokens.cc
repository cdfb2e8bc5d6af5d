#include "dynamodb/expression_tokens.h"

#include <algorithm>
#include <charconv>

#include "dynamodb/limits.h"

namespace dynamodb::expression_parsing {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// How many characters from `begin` on satisfy `belongs`.
template <class Belongs>
std::size_t run(std::string_view text, std::size_t begin, Belongs belongs) {
  std::size_t end = begin;
  while (end < text.size() && belongs(text[end])) ++end;
  return end - begin;
}

std::pair<TokenKind, std::size_t> token_at(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (is_letter(c)) return {TokenKind::word, run(text, at, is_word)};
  if (is_digit(c)) return {TokenKind::digits, run(text, at, is_digit)};
  if (c == '#' || c == ':') {
    const std::size_t size = run(text, at + 1, is_word);
    if (size > 0)
      return {c == '#' ? TokenKind::name_placeholder : TokenKind::value_placeholder, size + 1};
    return {TokenKind::unknown, 1};
  }
  for (const std::string_view two : {"<>", "<=", ">="}) {
    if (text.substr(at, 2) == two) return {TokenKind::symbol, 2};
  }
  if (std::string_view("=<>()[],.+-").find(c) != std::string_view::npos)
    return {TokenKind::symbol, 1};
  // A whole UTF-8 character, so that the message is text.
  return {TokenKind::unknown, 1 + run(text, at + 1, [](char d) {
                                return (static_cast<unsigned char>(d) & 0xC0) == 0x80;
                              })};
}

}  // namespace

std::vector<Token> tokenize(std::string_view text) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < text.size();) {
    if (is_space(text[at])) {
      ++at;
      continue;
    }
    const auto [kind, size] = token_at(text, at);
    tokens.push_back({kind, text.substr(at, size), at, at + size});
    at += size;
  }
  tokens.push_back({TokenKind::end, "<EOF>", text.size(), text.size()});
  return tokens;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string> check_text(std::string_view text, std::string_view kind) {
  if (std::all_of(text.begin(), text.end(), is_space)) {
    return "Invalid " + std::string(kind) + ": The expression can not be empty;";
  }
  if (text.size() > kMaxExpressionSize) {
    // DynamoDB: an update's size is not told.
    return "Invalid " + std::string(kind) +
           ": Expression size has exceeded the maximum allowed size;" +
           (kind == "UpdateExpression" ? "" : " expression size: " + std::to_string(text.size()));
  }
  return std::nullopt;
}

TokenReader::TokenReader(std::string_view text, std::string_view kind, Placeholders& placeholders)
    : text_(text), kind_(kind), placeholders_(placeholders), tokens_(tokenize(text)) {}

const Token& TokenReader::next() {
  const Token& token = tokens_[at_];
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool TokenReader::is_symbol(std::string_view symbol, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::symbol && peek(ahead).text == symbol;
}
bool TokenReader::is_keyword(std::string_view keyword) const {
  return peek().kind == TokenKind::word && same_word(peek().text, keyword);
}
bool TokenReader::accept(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  next();
  return true;
}
bool TokenReader::accept_keyword(std::string_view keyword) {
  if (!is_keyword(keyword)) return false;
  next();
  return true;
}
void TokenReader::expect(std::string_view symbol) {
  if (!accept(symbol)) syntax_error();
}

std::string TokenReader::step_name() {
  const Token& token = peek();
  if (token.kind == TokenKind::word) {
    next();
    if (is_reserved_word(token.text)) {
      note(ProblemKind::reserved_word,
           "Attribute name is a reserved keyword; reserved keyword: " + std::string(token.text));
    }
    return std::string(token.text);
  }
  if (token.kind != TokenKind::name_placeholder) {
    syntax_error();
    return "?";
  }
  next();
  const auto found = placeholders_.names.find(token.text);
  if (found == placeholders_.names.end()) {
    note(ProblemKind::operand,
         "An expression attribute name used in the document path is not defined; attribute name: " +
             std::string(token.text));
    return std::string(token.text);
  }
  placeholders_.used.emplace(token.text);
  return found->second;
}

std::uint32_t TokenReader::list_index() {
  const Token& token = peek();
  const bool is_index =
      token.kind == TokenKind::digits && (token.text.size() == 1 || token.text.front() != '0');
  if (!is_index) {
    syntax_error();
    return 0;
  }
  next();
  std::uint32_t index = 0;
  if (std::from_chars(token.text.data(), token.text.data() + token.text.size(), index).ec !=
      std::errc()) {
    note(ProblemKind::list_index,
         "List index is not within the allowable range; index: [" + std::string(token.text) + "]");
  }
  return index;
}

Path TokenReader::path() {
  std::vector<Path::Step> steps{step_name()};
  while (true) {
    if (accept(".")) {
      steps.emplace_back(step_name());
    } else if (accept("[")) {
      steps.emplace_back(list_index());
      expect("]");
    } else {
      return Path(std::move(steps));
    }
  }
}

AttributeValue TokenReader::value() {
  const Token& token = peek();
  if (token.kind != TokenKind::value_placeholder) {
    syntax_error();
    return {};
  }
  next();
  const auto found = placeholders_.values.find(token.text);
  if (found == placeholders_.values.end()) {
    note(ProblemKind::operand,
         "An expression attribute value used in expression is not defined; attribute value: " +
             std::string(token.text));
    return {};
  }
  placeholders_.used.emplace(token.text);
  return found->second;
}

void TokenReader::enter() {
  // As many levels as a whole expression may have operators: more cannot be valid, and the stack
  // stays bounded.
  if (++depth_ > kMaxExpressionOperators) syntax_error();
}

void TokenReader::close_group(std::size_t begin) {
  const std::size_t end = at_;
  expect(")");
  if (syntax_problem_) return;
  if (last_group_begin_ == begin + 1 && last_group_end_ + 1 == end) {
    note(ProblemKind::parentheses, "The expression has redundant parentheses;");
  }
  last_group_begin_ = begin;
  last_group_end_ = end;
}

void TokenReader::note(ProblemKind kind, std::string_view message) {
  note_complete(kind, "Invalid " + std::string(kind_) + ": " + std::string(message));
}
void TokenReader::note_complete(ProblemKind kind, std::string message) {
  auto& slot = problems_[static_cast<std::size_t>(kind)];
  if (slot.empty()) slot = std::move(message);
}
void TokenReader::note_function(ProblemKind kind, std::string_view message,
                                std::string_view function) {
  note(kind, std::string(message) + "; function: " + std::string(function));
}

void TokenReader::syntax_error() {
  if (!syntax_problem_) {
    // The neighbours: one on each side, or the last one where the text ends too early.
    const Token& before = tokens_[at_ - std::min<std::size_t>(at_, 1)];
    const std::size_t begin = before.begin, end = at_end() ? before.end : peek(1).end;
    syntax_problem_ = "Syntax error; token: \"" + std::string(peek().text) + "\", near: \"" +
                      std::string(text_.substr(begin, end - begin)) + '"';
  }
  at_ = tokens_.size() - 1;
}

std::optional<std::string> TokenReader::problem(ProblemKind last) const {
  const std::string& parentheses = problems_[static_cast<std::size_t>(ProblemKind::parentheses)];
  if (syntax_problem_ && parentheses.empty())
    return "Invalid " + std::string(kind_) + ": " + *syntax_problem_;
  for (std::size_t kind = 0; kind <= static_cast<std::size_t>(last); ++kind) {
    if (!problems_[kind].empty()) return problems_[kind];
  }
  return std::nullopt;
}

}  // namespace dynamodb::expression_parsing
