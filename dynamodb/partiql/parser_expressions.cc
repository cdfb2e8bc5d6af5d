// Expressions, by precedence: OR, AND, NOT, equality with IS and IN, comparison with BETWEEN and
// LIKE, sums, products, signs, terms.
#include <charconv>
#include <limits>

#include "dynamodb/partiql/parser.h"
#include "dynamodb/partiql/parsing.h"

namespace dynamodb::partiql {

Token TokenReader::next() {
  Token token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool TokenReader::is_symbol(std::string_view symbol, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::symbol && peek(ahead).text == symbol;
}
bool TokenReader::is_keyword(std::string_view keyword, std::size_t ahead) const {
  return peek(ahead).kind == TokenKind::keyword && peek(ahead).text == keyword;
}
bool TokenReader::is_identifier() const {
  return peek().kind == TokenKind::word || peek().kind == TokenKind::quoted_word;
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
void TokenReader::expect(std::string_view symbol, std::string_view problem) {
  if (!accept(symbol)) syntax_error(problem);
}
void TokenReader::expect_keyword(std::string_view keyword, std::string_view problem) {
  if (!accept_keyword(keyword)) syntax_error(problem);
}

bool TokenReader::enter() {
  if (++depth_ <= kMaxDepth) return true;
  fail("Nesting Levels have exceeded supported limits");
  return false;
}

void TokenReader::fail(std::string message) {
  if (!error_) error_ = std::move(message);
  at_ = tokens_.size() - 1;
}
void TokenReader::syntax_error(std::string_view detail) {
  fail(std::string(kNotWellFormed) + std::string(detail));
}
void TokenReader::fail_at(std::string_view message, const Place& place) {
  fail(std::string(message) + place_text(place));
}

std::string place_text(const Place& place) {
  return " at " + std::to_string(place.line) + ":" + std::to_string(place.column) + ":" +
         std::to_string(place.length);
}

namespace {

constexpr std::string_view kUnexpectedTerm = "Unexpected term";

// Keywords that may be a function's name.
bool is_function_keyword(std::string_view word) {
  for (const std::string_view function :
       {"avg",       "cast",    "char_length",  "character_length",
        "coalesce",  "count",   "date_add",     "date_diff",
        "exists",    "extract", "lower",        "max",
        "min",       "nullif",  "octet_length", "size",
        "substring", "sum",     "trim",         "upper"}) {
    if (word == function) return true;
  }
  return false;
}

bool is_operator_keyword(std::string_view word) {
  for (const std::string_view name :
       {"and", "between", "except", "in", "intersect", "is", "like", "or", "union"}) {
    if (word == name) return true;
  }
  return false;
}

// The names of types that IS takes, with PartiQL's synonyms.
bool is_type_name(std::string_view name) {
  for (const std::string_view type :
       {"ANY",     "BAG",    "BLOB",    "BOOL",      "BOOLEAN",  "CHAR",     "CHARACTER",
        "CLOB",    "DATE",   "DECIMAL", "DOUBLE",    "FLOAT",    "INT",      "INT2",
        "INT4",    "INT8",   "INTEGER", "INTEGER2",  "INTEGER4", "INTEGER8", "LIST",
        "MISSING", "NULL",   "NUMERIC", "REAL",      "SEXP",     "SMALLINT", "STRING",
        "STRUCT",  "SYMBOL", "TIME",    "TIMESTAMP", "TUPLE",    "VARCHAR"}) {
    if (name == type) return true;
  }
  return false;
}

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenReader& tokens) : tokens_(tokens) {}

  Expression expression() {
    Expression result;
    if (tokens_.enter()) result = any_of();
    tokens_.leave();
    return result;
  }

  Expression path() {
    Expression result{.kind = ExpressionKind::path, .place = tokens_.peek().place};
    if (!tokens_.is_identifier()) {
      tokens_.syntax_error("Expected identifier for simple path");
      return result;
    }
    result.steps.emplace_back(tokens_.next().text);
    while (tokens_.is_symbol(".") || tokens_.is_symbol("[")) {
      if (tokens_.accept(".")) {
        name_step(result);
      } else {
        bracket_step(result);
      }
    }
    return result;
  }

 private:
  static Expression operation(Operator op, const Place& place, std::vector<Expression> args) {
    return {.kind = ExpressionKind::operation, .place = place, .op = op, .args = std::move(args)};
  }
  static Expression binary(Operator op, const Place& place, Expression left, Expression right) {
    std::vector<Expression> args;
    args.push_back(std::move(left));
    args.push_back(std::move(right));
    return operation(op, place, std::move(args));
  }

  // What follows an infix operator.
  template <class Parse>
  Expression right_side(Parse parse) {
    if (tokens_.at_end()) {
      tokens_.syntax_error("Missing right-hand side expression of infix operator");
    }
    return parse();
  }

  // a OR b OR c is one node of three.
  Expression any_of() {
    return joined("or", Operator::or_,
                  [this] { return joined("and", Operator::and_, [this] { return negated(); }); });
  }

  template <class Parse>
  Expression joined(std::string_view keyword, Operator op, Parse parse) {
    Expression first = parse();
    if (!tokens_.is_keyword(keyword)) return first;
    const Place place = tokens_.peek().place;
    std::vector<Expression> args;
    args.push_back(std::move(first));
    while (tokens_.accept_keyword(keyword)) args.push_back(right_side(parse));
    return operation(op, place, std::move(args));
  }

  Expression negated() {
    const Place place = tokens_.peek().place;
    if (!tokens_.accept_keyword("not")) return equality();
    Expression inside;
    if (tokens_.enter()) inside = negated();
    tokens_.leave();
    return operation(Operator::not_, place, one(std::move(inside)));
  }

  static std::vector<Expression> one(Expression e) {
    std::vector<Expression> args;
    args.push_back(std::move(e));
    return args;
  }

  // A left-associative chain: `step` extends `left` and tells whether it could. Each link nests, so
  // it counts as a level.
  template <class Parse, class Step>
  Expression chain(Parse parse, Step step) {
    Expression left = parse();
    std::size_t links = 0;
    while (step(left)) {
      ++links;
      if (!tokens_.enter()) break;
    }
    for (; links > 0; --links) tokens_.leave();
    return left;
  }

  Expression equality() {
    return chain([this] { return comparison(); },
                 [this](Expression& left) { return equality_step(left); });
  }

  bool equality_step(Expression& left) {
    const Place place = tokens_.peek().place;
    const auto compare = [&](Operator op) {
      left = binary(op, place, std::move(left), right_side([this] { return comparison(); }));
      return true;
    };
    if (tokens_.accept("=")) return compare(Operator::equal);
    if (tokens_.accept("<>") || tokens_.accept("!=")) return compare(Operator::not_equal);
    if (tokens_.accept_keyword("is")) {
      const bool negative = tokens_.accept_keyword("not");
      left = operation(Operator::is, place, one(std::move(left)));
      left.text = type_name();
      if (negative) left = operation(Operator::not_, place, one(std::move(left)));
      return true;
    }
    const bool negative = tokens_.is_keyword("not") && tokens_.is_keyword("in", 1);
    if (negative) tokens_.next();
    if (!tokens_.accept_keyword("in")) return false;
    left =
        binary(Operator::in, place, std::move(left), right_side([this] { return candidates(); }));
    if (negative) left = operation(Operator::not_, place, one(std::move(left)));
    return true;
  }

  std::string type_name() {
    std::string name = tokens_.next().text;
    for (char& c : name) {
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    if (!is_type_name(name)) tokens_.syntax_error("Expected type name");
    if (name == "DOUBLE") tokens_.expect_keyword("precision", "Expected type name");
    if (name == "CHARACTER") tokens_.accept_keyword("varying");
    return name;
  }

  // (1, 2) after IN is what [1, 2] is.
  Expression candidates() {
    if (!tokens_.is_symbol("(")) return comparison();
    return sequence(ExpressionKind::list, ")");
  }

  Expression comparison() {
    return chain([this] { return sum(); },
                 [this](Expression& left) { return comparison_step(left); });
  }

  bool comparison_step(Expression& left) {
    constexpr std::pair<std::string_view, Operator> kOperators[] = {
        {"<", Operator::less},
        {"<=", Operator::less_equal},
        {">", Operator::greater},
        {">=", Operator::greater_equal}};
    const Place place = tokens_.peek().place;
    for (const auto& [symbol, op] : kOperators) {
      if (!tokens_.accept(symbol)) continue;
      left = binary(op, place, std::move(left), right_side([this] { return sum(); }));
      return true;
    }
    const bool negative = tokens_.is_keyword("not") &&
                          (tokens_.is_keyword("between", 1) || tokens_.is_keyword("like", 1));
    if (negative) tokens_.next();
    if (tokens_.accept_keyword("like")) {
      left = binary(Operator::like, place, std::move(left), right_side([this] { return sum(); }));
    } else if (tokens_.accept_keyword("between")) {
      left =
          binary(Operator::between, place, std::move(left), right_side([this] { return sum(); }));
      tokens_.expect_keyword("and", "Expected AND after BETWEEN");
      left.args.push_back(right_side([this] { return sum(); }));
    } else {
      return false;
    }
    if (negative) left = operation(Operator::not_, place, one(std::move(left)));
    return true;
  }

  Expression sum() {
    return chain([this] { return product(); },
                 [this](Expression& left) {
                   return infix(left, {{"+", Operator::plus}, {"-", Operator::minus}},
                                [this] { return product(); });
                 });
  }

  Expression product() {
    return chain([this] { return signed_term(); },
                 [this](Expression& left) {
                   return infix(left,
                                {{"*", Operator::multiply},
                                 {"/", Operator::divide},
                                 {"%", Operator::modulo},
                                 {"||", Operator::concatenate}},
                                [this] { return signed_term(); });
                 });
  }

  template <class Parse>
  bool infix(Expression& left, std::initializer_list<std::pair<std::string_view, Operator>> table,
             Parse parse) {
    const Place place = tokens_.peek().place;
    for (const auto& [symbol, op] : table) {
      if (!tokens_.accept(symbol)) continue;
      left = binary(op, place, std::move(left), right_side(parse));
      return true;
    }
    return false;
  }

  // Signs before a number literal are part of it.
  Expression signed_term() {
    const Place place = tokens_.peek().place;
    const bool minus = tokens_.is_symbol("-");
    if (!minus && !tokens_.is_symbol("+")) return term();
    tokens_.next();
    Expression inside;
    if (tokens_.enter()) inside = signed_term();
    tokens_.leave();
    if (inside.kind != ExpressionKind::number) {
      return operation(minus ? Operator::negate : Operator::positive, place,
                       one(std::move(inside)));
    }
    if (minus && inside.text.front() == '-') {
      inside.text.erase(0, 1);
    } else if (minus) {
      inside.text.insert(0, 1, '-');
    }
    return inside;
  }

  Expression term() {
    const Token& token = tokens_.peek();
    const Place place = token.place;
    switch (token.kind) {
      case TokenKind::word:
      case TokenKind::quoted_word:
        if (tokens_.is_symbol("(", 1)) return call();
        return path();
      case TokenKind::string:
        return {.kind = ExpressionKind::string, .place = place, .text = tokens_.next().text};
      case TokenKind::number:
        return {.kind = ExpressionKind::number, .place = place, .text = tokens_.next().text};
      case TokenKind::ion:
        return {.kind = ExpressionKind::ion, .place = place, .text = tokens_.next().text};
      case TokenKind::keyword:
        return keyword_term();
      case TokenKind::symbol:
        return symbol_term();
      case TokenKind::end:
        tokens_.syntax_error(kUnexpectedTerm);
    }
    return {};
  }

  Expression keyword_term() {
    const Token token = tokens_.peek();
    if (tokens_.accept_keyword("null")) return {.place = token.place};
    if (tokens_.accept_keyword("missing")) {
      return {.kind = ExpressionKind::missing, .place = token.place};
    }
    if (tokens_.accept_keyword("true") || tokens_.accept_keyword("false")) {
      return {.kind = ExpressionKind::boolean, .place = token.place, .text = token.text};
    }
    if (is_function_keyword(token.text) && tokens_.is_symbol("(", 1)) return call();
    if (token.text == "case" || token.text == "select") {
      std::string name = token.text == "case" ? "CASE" : "SELECT";
      tokens_.fail_at("Unsupported token in expression: " + name, token.place);
    }
    tokens_.syntax_error(is_operator_keyword(token.text) ? "Unexpected operator"
                                                         : "Unexpected keyword");
    return {};
  }

  Expression symbol_term() {
    const Place place = tokens_.peek().place;
    if (tokens_.accept("?")) {
      return {
          .kind = ExpressionKind::parameter, .place = place, .parameter = tokens_.next_parameter()};
    }
    if (tokens_.is_symbol("[")) return sequence(ExpressionKind::list, "]");
    if (tokens_.is_symbol("<<")) return sequence(ExpressionKind::bag, ">>");
    if (tokens_.is_symbol("{")) return structure();
    if (tokens_.accept("(")) {
      Expression inside = expression();
      tokens_.expect(")", "Expected ) after expression");
      return inside;
    }
    constexpr std::string_view kOperators[] = {"=",  "<>", "!=", "<", "<=", ">",
                                               ">=", "*",  "/",  "%", "||"};
    for (const std::string_view symbol : kOperators) {
      if (tokens_.is_symbol(symbol)) tokens_.syntax_error("Unexpected operator");
    }
    tokens_.syntax_error(kUnexpectedTerm);
    return {};
  }

  // From its opening symbol, which is next, to `close`.
  Expression sequence(ExpressionKind kind, std::string_view close) {
    Expression result{.kind = kind, .place = tokens_.peek().place};
    tokens_.next();
    if (tokens_.accept(close)) return result;
    do {
      result.args.push_back(expression());
    } while (tokens_.accept(","));
    tokens_.expect(close, "Expected " + std::string(close) + " after expressions");
    return result;
  }

  Expression structure() {
    Expression result{.kind = ExpressionKind::structure, .place = tokens_.peek().place};
    tokens_.next();
    if (tokens_.accept("}")) return result;
    do {
      result.args.push_back(expression());
      tokens_.expect(":", "Expected : after key in struct");
      result.args.push_back(expression());
    } while (tokens_.accept(","));
    tokens_.expect("}", "Expected } after struct");
    return result;
  }

  Expression call() {
    const Token name = tokens_.next();
    Expression result{.kind = ExpressionKind::call, .place = name.place, .text = name.text};
    for (char& c : result.text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    tokens_.next();  // (
    if (result.text == "count" && tokens_.is_symbol("*") && tokens_.is_symbol(")", 1)) {
      tokens_.next();
    }
    if (tokens_.accept(")")) return result;
    do {
      result.args.push_back(expression());
    } while (tokens_.accept(","));
    tokens_.expect(")", "Expected ) after function arguments");
    return result;
  }

  void name_step(Expression& path) {
    if (tokens_.is_symbol("*")) {
      tokens_.fail("Unpivot path components like a.*.b are not supported");
      return;
    }
    if (!tokens_.is_identifier()) {
      tokens_.syntax_error("Invalid path dot component");
      return;
    }
    path.steps.emplace_back(tokens_.next().text);
  }

  void bracket_step(Expression& path) {
    tokens_.next();  // [
    const Place sign = tokens_.peek().place;
    if (tokens_.at_end() || tokens_.peek().kind == TokenKind::keyword) {
      tokens_.syntax_error(tokens_.at_end() ? kUnexpectedTerm : "Unexpected keyword");
      return;
    }
    if (tokens_.is_symbol("*") && tokens_.is_symbol("]", 1)) {
      tokens_.fail("Wildcard path components like a[*].b are not supported");
      return;
    }
    const bool minus = tokens_.accept("-");
    const Token token = tokens_.next();
    if (token.kind == TokenKind::string && !minus) {
      path.steps.emplace_back(token.text);
    } else if (token.kind == TokenKind::number) {
      index_step(path, minus, token);
    } else {
      tokens_.fail_at("Unexpected path component", sign);
    }
    tokens_.expect("]", "Expected ] after path component");
  }

  void index_step(Expression& path, bool minus, const Token& token) {
    std::uint32_t index = 0;
    const char* const end = token.text.data() + token.text.size();
    const auto [stop, problem] = std::from_chars(token.text.data(), end, index);
    if (stop != end || problem != std::errc() || (minus && index != 0) ||
        index > static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
      tokens_.fail_at("List index is not within the allowable range; index: [" +
                          std::string(minus ? "-" : "") + token.text + "]",
                      token.place);
    }
    path.steps.emplace_back(index);
  }

  TokenReader& tokens_;
};

}  // namespace

Expression parse_expression(TokenReader& tokens) { return ExpressionParser(tokens).expression(); }
Expression parse_path(TokenReader& tokens) { return ExpressionParser(tokens).path(); }

}  // namespace dynamodb::partiql
