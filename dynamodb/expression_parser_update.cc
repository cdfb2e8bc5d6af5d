// Updates and projections:
//   update     := (SET set ("," set)* | REMOVE path ("," path)*
//                 | ADD path :value ("," path :value)* | DELETE path :value ("," path :value)*)+
//   set        := path "=" sum
//   sum        := operand [("+" | "-") operand]
//   operand    := "(" sum ")" | path | :value | function "(" operand ("," operand)* ")"
//   projection := path ("," path)*
#include <algorithm>

#include "dynamodb/expression_parser.h"
#include "dynamodb/expression_tokens.h"

namespace dynamodb {

using expression_parsing::ProblemKind;
using expression_parsing::TokenKind;
using expression_parsing::TokenReader;

namespace {

class UpdateParser {
 public:
  UpdateParser(std::string_view text, Placeholders& placeholders)
      : in_(text, "UpdateExpression", placeholders) {}

  Result<UpdateExpression> parse() {
    do {
      clause();
    } while (!in_.at_end());
    if (auto problem = in_.problem(ProblemKind::operand))
      return validation_error(std::move(*problem));
    if (auto problem = check_update(update_)) return validation_error(std::move(*problem));
    if (auto problem = in_.problem()) return validation_error(std::move(*problem));
    return std::move(update_);
  }

 private:
  void clause() {
    if (begin_clause("SET")) {
      list([this] { set(); });
    } else if (begin_clause("REMOVE")) {
      list([this] { update_.remove.push_back(path()); });
    } else if (begin_clause("ADD")) {
      list([this] { path_value(update_.add); });
    } else if (begin_clause("DELETE")) {
      list([this] { path_value(update_.del); });
    } else {
      in_.syntax_error();
    }
  }

  bool begin_clause(std::string_view keyword) {
    if (!in_.accept_keyword(keyword)) return false;
    if (std::find(clauses_.begin(), clauses_.end(), keyword) != clauses_.end()) {
      in_.note(ProblemKind::section,
               "The \"" + std::string(keyword) +
                   "\" section can only be used once in an update expression;");
    }
    clauses_.push_back(keyword);
    return true;
  }

  template <class Read>
  void list(Read read) {
    read();
    while (in_.accept(",")) read();
  }

  bool at_keyword() const {
    return in_.is_keyword("SET") || in_.is_keyword("REMOVE") || in_.is_keyword("ADD") ||
           in_.is_keyword("DELETE");
  }

  Path path() {
    if (at_keyword()) in_.syntax_error();
    return in_.path();
  }

  void set() {
    Path target = path();
    in_.expect("=");
    update_.set.push_back({std::move(target), sum()});
  }

  void path_value(std::vector<UpdateExpression::PathValue>& actions) {
    Path target = path();
    actions.push_back({std::move(target), in_.value()});
  }

  SetOperand sum() {
    SetOperand left = operand();
    if (in_.accept("+")) return plus(std::move(left), operand());
    if (in_.accept("-")) return minus(std::move(left), operand());
    return left;
  }

  SetOperand operand() {
    if (in_.is_symbol("(")) return in_.group([this] { return sum(); });
    if (in_.peek().kind == TokenKind::value_placeholder) return {in_.value()};
    if (in_.peek().kind == TokenKind::word && !at_keyword() && in_.is_symbol("(", 1))
      return function();
    return {path()};
  }

  SetOperand function() {
    const std::string_view name = in_.next().text;
    in_.next();
    in_.enter();
    std::vector<SetOperand> operands;
    if (!in_.is_symbol(")")) list([&] { operands.push_back(operand()); });
    in_.leave();
    in_.expect(")");
    if (name != "if_not_exists" && name != "list_append") {
      in_.note_function(ProblemKind::function_name,
                        is_condition_function(name)
                            ? "The function is not allowed in an update expression"
                            : "Invalid function name",
                        name);
      return {AttributeValue()};
    }
    if (operands.size() != 2) {
      in_.note(ProblemKind::function_operand,
               "Incorrect number of operands for operator or function; operator or function: " +
                   std::string(name) + ", number of operands: " + std::to_string(operands.size()));
      return {AttributeValue()};
    }
    if (name == "list_append") return list_append(std::move(operands[0]), std::move(operands[1]));
    auto* tested = std::get_if<Path>(&operands[0].value);
    if (tested == nullptr) {
      in_.note(
          ProblemKind::function_operand,
          "Operator or function requires a document path; operator or function: if_not_exists");
      return {AttributeValue()};
    }
    return if_not_exists(std::move(*tested), std::move(operands[1]));
  }

  static bool is_condition_function(std::string_view name) {
    return name == "attribute_exists" || name == "attribute_not_exists" ||
           name == "attribute_type" || name == "begins_with" || name == "contains" ||
           name == "size";
  }

  TokenReader in_;
  UpdateExpression update_{};
  std::vector<std::string_view> clauses_{};
};

// "{:a, :b}": the keys of `map` that no expression used; empty where all were.
template <class Map>
std::string unused_keys(const Map& map, const Placeholders& placeholders) {
  std::string keys;
  for (const auto& [key, value] : map) {
    if (placeholders.used.contains(key)) continue;
    keys += (keys.empty() ? "" : ", ") + key;
  }
  return keys;
}

bool is_placeholder(std::string_view key, char sigil) {
  return key.size() > 1 && key.front() == sigil &&
         std::all_of(key.begin() + 1, key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

}  // namespace

Result<UpdateExpression> parse_update(std::string_view text, Placeholders& placeholders) {
  if (auto problem = expression_parsing::check_text(text, "UpdateExpression")) {
    return validation_error(std::move(*problem));
  }
  return UpdateParser(text, placeholders).parse();
}

Result<Projection> parse_projection(std::string_view text, Placeholders& placeholders) {
  constexpr std::string_view kKind = "ProjectionExpression";
  if (auto problem = expression_parsing::check_text(text, kKind))
    return validation_error(std::move(*problem));
  TokenReader in(text, kKind, placeholders);
  Projection paths{in.path()};
  while (in.accept(",")) paths.push_back(in.path());
  if (!in.at_end()) in.syntax_error();
  if (auto problem = in.problem()) return validation_error(std::move(*problem));
  if (auto problem = check_projection(paths)) return validation_error(std::move(*problem));
  return paths;
}

constexpr std::size_t kMaxPlaceholderSize = 255;  // bytes

// DynamoDB says the size of a name's key alone.
std::optional<std::string> check_keys(const Placeholders& placeholders) {
  constexpr std::string_view kTooLong =
      " contains invalid key: The expression attribute map contains a key that is too long;";
  for (const auto& [key, name] : placeholders.names) {
    if (key.size() > kMaxPlaceholderSize) {
      return "ExpressionAttributeNames" + std::string(kTooLong) +
             " size of key: " + std::to_string(key.size());
    }
    if (!is_placeholder(key, '#')) {
      return "ExpressionAttributeNames contains invalid key: Syntax error; key: \"" + key + '"';
    }
  }
  for (const auto& [key, value] : placeholders.values) {
    if (key.size() > kMaxPlaceholderSize)
      return "ExpressionAttributeValues" + std::string(kTooLong);
    if (!is_placeholder(key, ':')) {
      return "ExpressionAttributeValues contains invalid key: Syntax error; key: \"" + key + '"';
    }
  }
  return std::nullopt;
}

std::optional<std::string> check_all_used(const Placeholders& placeholders) {
  if (auto problem = check_keys(placeholders)) return problem;
  if (const auto keys = unused_keys(placeholders.names, placeholders); !keys.empty()) {
    return "Value provided in ExpressionAttributeNames unused in expressions: keys: {" + keys + '}';
  }
  if (const auto keys = unused_keys(placeholders.values, placeholders); !keys.empty()) {
    return "Value provided in ExpressionAttributeValues unused in expressions: keys: {" + keys +
           '}';
  }
  return std::nullopt;
}

}  // namespace dynamodb
