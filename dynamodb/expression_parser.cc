// Conditions: recursive descent over
//   condition  := and (OR and)*
//   and        := not (AND not)*
//   not        := NOT not | comparison
//   comparison := term [comparator operand | BETWEEN operand AND operand
//                      | IN "(" operand ("," operand)* ")"]
//   term       := "(" condition-or-operand ")" | function | operand
//   operand    := "(" operand ")" | path | :value | size "(" operand ")"
// A parenthesis may hold a condition or an operand: which one is known when it closes. Hence Term.
#include "dynamodb/expression_parser.h"

#include <algorithm>
#include <variant>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_tokens.h"

namespace dynamodb {

using expression_parsing::ProblemKind;
using expression_parsing::Token;
using expression_parsing::TokenKind;
using expression_parsing::TokenReader;

namespace {

constexpr char kMisused[] = "The function is not allowed to be used this way in an expression";

struct Term {
  std::variant<Condition, Operand> value;
  std::string_view function{};  // the name, where it is a function's call

  bool is_condition() const { return std::holds_alternative<Condition>(value); }
};

// Stands for what could not be read; a problem has been noted.
Condition placeholder_condition() { return attribute_exists("?"); }

std::optional<ConditionOp> function_op(std::string_view name) {
  constexpr std::pair<std::string_view, ConditionOp> kFunctions[] = {
      {"attribute_exists", ConditionOp::attribute_exists},
      {"attribute_not_exists", ConditionOp::attribute_not_exists},
      {"attribute_type", ConditionOp::attribute_type},
      {"begins_with", ConditionOp::begins_with},
      {"contains", ConditionOp::contains}};
  for (const auto& [known, op] : kFunctions) {
    if (known == name) return op;
  }
  return std::nullopt;
}

std::optional<ConditionOp> comparator(const Token& token) {
  if (token.kind != TokenKind::symbol) return std::nullopt;
  if (token.text == "=") return ConditionOp::equal;
  if (token.text == "<>") return ConditionOp::not_equal;
  if (token.text == "<") return ConditionOp::less;
  if (token.text == "<=") return ConditionOp::less_equal;
  if (token.text == ">") return ConditionOp::greater;
  if (token.text == ">=") return ConditionOp::greater_equal;
  return std::nullopt;
}

class ConditionParser {
 public:
  ConditionParser(std::string_view text, std::string_view kind, Placeholders& placeholders)
      : in_(text, kind, placeholders) {}

  Result<Condition> parse() {
    const Condition condition = need_condition(or_term());
    if (!in_.at_end()) in_.syntax_error();
    if (auto problem = in_.problem()) return validation_error(std::move(*problem));
    if (auto problem = check_condition(condition, in_.kind()))
      return validation_error(std::move(*problem));
    return condition;
  }

 private:
  bool at_keyword() const {
    return in_.is_keyword("AND") || in_.is_keyword("OR") || in_.is_keyword("NOT") ||
           in_.is_keyword("IN") || in_.is_keyword("BETWEEN");
  }
  bool at_function() const {
    return in_.peek().kind == TokenKind::word && !at_keyword() && in_.is_symbol("(", 1);
  }

  // Calls come left to right, so that the tokens do.
  Condition need_condition(Term term) {
    if (auto* condition = std::get_if<Condition>(&term.value)) return std::move(*condition);
    if (!term.function.empty()) {
      in_.note_function(ProblemKind::function_use, kMisused, term.function);
    } else {
      in_.syntax_error();
    }
    return placeholder_condition();
  }

  Operand need_operand(Term term) {
    if (auto* operand = std::get_if<Operand>(&term.value)) return std::move(*operand);
    if (!term.function.empty()) {
      in_.note_function(ProblemKind::function_use, kMisused, term.function);
    } else {
      in_.syntax_error();
    }
    return AttributeValue();
  }

  Term or_term() {
    Term left = and_term();
    if (!in_.is_keyword("OR")) return left;
    Condition all = need_condition(std::move(left));
    while (in_.accept_keyword("OR")) all = all || need_condition(and_term());
    return {all};
  }

  Term and_term() {
    Term left = not_term();
    if (!in_.is_keyword("AND")) return left;
    Condition all = need_condition(std::move(left));
    while (in_.accept_keyword("AND")) all = all && need_condition(not_term());
    return {all};
  }

  Term not_term() {
    if (!in_.accept_keyword("NOT")) return comparison();
    in_.enter();
    const Condition negated = need_condition(not_term());
    in_.leave();
    return {!negated};
  }

  Term comparison() {
    Term left = term();
    if (const auto op = comparator(in_.peek())) {
      Operand first = need_operand(std::move(left));
      in_.next();
      return {checked(compare(*op, std::move(first), operand()))};
    }
    if (in_.is_keyword("BETWEEN")) return {between_bounds(need_operand(std::move(left)))};
    if (in_.is_keyword("IN")) return {in_candidates(need_operand(std::move(left)))};
    return left;
  }

  Condition between_bounds(Operand value) {
    in_.next();
    Operand low = operand();
    if (!in_.accept_keyword("AND")) in_.syntax_error();
    return checked(between(std::move(value), std::move(low), operand()));
  }

  Condition in_candidates(Operand value) {
    in_.next();
    in_.expect("(");
    std::vector<Operand> candidates{operand()};
    while (in_.accept(",")) candidates.push_back(operand());
    in_.expect(")");
    return checked(in(std::move(value), std::move(candidates)));
  }

  Term term() {
    if (in_.is_symbol("(")) return in_.group([this] { return or_term(); });
    if (at_function()) return function();
    return {operand()};
  }

  // Problems of one comparison or function are noted where it stands, so that the first counts.
  Condition checked(Condition condition) {
    if (auto problem = check_condition_node(condition.node(), in_.kind()))
      in_.note_complete(ProblemKind::operand, std::move(*problem));
    return condition;
  }

  Operand operand() {
    if (in_.is_symbol("(")) return in_.group([this] { return operand(); });
    if (at_function()) return need_operand(function());
    if (in_.peek().kind == TokenKind::value_placeholder) return in_.value();
    if (at_keyword()) {
      in_.syntax_error();
      return AttributeValue();
    }
    return in_.path();
  }

  Term function() {
    const std::string_view name = in_.next().text;
    in_.next();
    in_.enter();
    std::vector<Operand> operands;
    if (!in_.is_symbol(")")) {
      operands.push_back(operand());
      while (in_.accept(",")) operands.push_back(operand());
    }
    in_.leave();
    in_.expect(")");
    if (name == "size") return {size(std::move(operands)), name};
    const auto op = function_op(name);
    if (!op) {
      const bool of_updates = name == "if_not_exists" || name == "list_append";
      in_.note_function(ProblemKind::function_name,
                        of_updates ? "The function is not allowed in a condition expression"
                                   : "Invalid function name",
                        name);
      return {placeholder_condition(), name};
    }
    return {checked(Condition(ConditionNode{.op = *op, .operands = std::move(operands)})), name};
  }

  // size() of a constant is a constant.
  Operand size(std::vector<Operand> operands) {
    if (operands.size() != 1) {
      in_.note(ProblemKind::operand,
               "Incorrect number of operands for operator or function; operator or function: "
               "size, number of operands: " +
                   std::to_string(operands.size()));
      return AttributeValue();
    }
    if (auto* path = std::get_if<Path>(&operands.front())) return SizeOf{std::move(*path)};
    const auto* constant = std::get_if<AttributeValue>(&operands.front());
    const AttributeValue value =
        constant != nullptr ? *constant : AttributeValue(0);  // a size is a number
    const std::string packed = pack_value(value);
    const auto size = size_of(ValueView(packed));
    if (size) return AttributeValue(*size);
    in_.note(ProblemKind::operand,
             "Incorrect operand type for operator or function; operator or function: size, operand "
             "type: " +
                 std::string(type_name(value.type())));
    return AttributeValue();
  }

  TokenReader in_;
};

// ---- key conditions

std::string_view key_operator_name(ConditionOp op) {
  switch (op) {
    case ConditionOp::not_equal:
      return "<>";
    case ConditionOp::in:
      return "IN";
    case ConditionOp::or_:
      return "OR";
    case ConditionOp::not_:
      return "NOT";
    case ConditionOp::attribute_exists:
      return "attribute_exists";
    case ConditionOp::attribute_not_exists:
      return "attribute_not_exists";
    case ConditionOp::attribute_type:
      return "attribute_type";
    case ConditionOp::contains:
      return "contains";
    default:
      return "";  // allowed
  }
}

// One condition on one key attribute, the attribute first.
Result<Condition> key_comparison(const ConditionNode& node) {
  if (const auto name = key_operator_name(node.op); !name.empty()) {
    return validation_error("Invalid operator used in KeyConditionExpression: " +
                            std::string(name));
  }
  const auto& operands = node.operands;
  const auto is_path = [](const Operand& o) { return std::holds_alternative<Path>(o); };
  const bool one_way = node.op == ConditionOp::between || node.op == ConditionOp::begins_with;
  if (one_way && !is_path(operands.front())) {
    return validation_error(
        "Invalid condition in KeyConditionExpression: " +
        std::string(node.op == ConditionOp::between ? "BETWEEN" : "begins_with") +
        " operator must have the key attribute as its first operand");
  }
  const Path* attribute = nullptr;
  for (const Operand& operand : operands) {
    if (std::holds_alternative<SizeOf>(operand))
      return validation_error("KeyConditionExpressions cannot contain nested operations");
    const auto* path = std::get_if<Path>(&operand);
    if (path == nullptr) continue;
    if (attribute != nullptr) {
      return validation_error(
          "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
          "condition");
    }
    if (!path->is_top_level()) {
      return validation_error(
          "KeyConditionExpressions cannot have conditions on nested attributes");
    }
    attribute = path;
  }
  if (attribute == nullptr) {
    return validation_error(
        "Invalid condition in KeyConditionExpression: No key attribute specified");
  }
  if (is_path(operands.front())) return Condition(node);
  return compare(mirrored(node.op), operands[1], operands[0]);
}

const std::string& attribute_of(const Condition& key_condition) {
  return std::get<Path>(key_condition->operands.front()).top();
}

}  // namespace

Result<Condition> parse_condition(std::string_view text, Placeholders& placeholders,
                                  std::string_view kind) {
  if (auto problem = expression_parsing::check_text(text, kind))
    return validation_error(std::move(*problem));
  return ConditionParser(text, kind, placeholders).parse();
}

Result<Condition> parse_key_condition(std::string_view text, Placeholders& placeholders) {
  const auto parsed = parse_condition(text, placeholders, "KeyConditionExpression");
  return parsed ? as_key_condition(*parsed) : parsed;
}

Result<Condition> as_key_condition(const Condition& parsed) {
  const ConditionNode& node = parsed.node();
  if (node.op != ConditionOp::and_) return key_comparison(node);
  Condition all;
  std::vector<std::string> attributes;
  for (const Condition& child : node.children) {
    const auto comparison = key_comparison(child.node());
    if (!comparison) return comparison;
    const std::string& attribute = attribute_of(*comparison);
    if (std::find(attributes.begin(), attributes.end(), attribute) != attributes.end()) {
      return validation_error(
          "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition "
          "per key");
    }
    attributes.push_back(attribute);
    all = all && *comparison;
  }
  return all;
}

}  // namespace dynamodb
