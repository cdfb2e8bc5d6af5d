// WHERE clauses as conditions, and select lists.
#include "dynamodb/partiql/translate.h"

#include <set>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/item_view.h"

namespace dynamodb::partiql {
namespace {

Condition node(ConditionOp op, std::vector<Operand> operands,
               std::vector<Condition> children = {}) {
  return Condition(ConditionNode{op, std::move(operands), std::move(children)});
}

Path path_of(const Expression& e) { return Path(e.steps); }

std::string operator_text(Operator op) {
  switch (op) {
    case Operator::less:
      return "<";
    case Operator::less_equal:
      return "<=";
    case Operator::greater:
      return ">";
    case Operator::greater_equal:
      return ">=";
    case Operator::like:
      return "like";
    case Operator::plus:
    case Operator::positive:
      return "+";
    case Operator::minus:
    case Operator::negate:
      return "-";
    case Operator::multiply:
      return "*";
    case Operator::divide:
      return "/";
    case Operator::modulo:
      return "%";
    case Operator::concatenate:
      return "||";
    default:
      return "=";
  }
}

std::optional<ConditionOp> function_of(std::string_view name) {
  constexpr std::pair<std::string_view, ConditionOp> kFunctions[] = {
      {"attribute_exists", ConditionOp::attribute_exists},
      {"attribute_not_exists", ConditionOp::attribute_not_exists},
      {"attribute_type", ConditionOp::attribute_type},
      {"begins_with", ConditionOp::begins_with},
      {"contains", ConditionOp::contains}};
  for (const auto& [function, op] : kFunctions) {
    if (function == name) return op;
  }
  return std::nullopt;
}

// The type that IS asks for; nullopt for one that DynamoDB's values do not have.
std::optional<Type> tested_type(std::string_view name) {
  constexpr std::pair<std::string_view, Type> kTypes[] = {
      {"NULL", Type::NUL}, {"BOOLEAN", Type::BOOL}, {"BOOL", Type::BOOL},
      {"BLOB", Type::B},   {"STRING", Type::S},     {"NUMERIC", Type::N},
      {"STRUCT", Type::M}, {"TUPLE", Type::M},      {"LIST", Type::L}};
  for (const auto& [type_name, type] : kTypes) {
    if (type_name == name) return type;
  }
  return std::nullopt;
}

bool is_condition(const Expression& e) {
  if (e.kind == ExpressionKind::call) return e.text != "size";
  return e.kind == ExpressionKind::operation;
}

// Whether `e` comes out true or false, where other expressions have a value.
bool has_truth(const Expression& e) {
  if (e.kind == ExpressionKind::call) return function_of(e.text).has_value();
  return e.kind == ExpressionKind::operation && e.op <= Operator::is;
}

std::string column_name(const Path& path) {
  std::string name;
  for (const Path::Step& step : path.steps()) {
    if (const auto* part = std::get_if<std::string>(&step)) {
      name = *part;
    } else {
      name += '[' + std::to_string(std::get<std::uint32_t>(step)) + ']';
    }
  }
  return name;
}

}  // namespace

void Translator::fail_check(const std::optional<std::string>& problem) {
  if (!problem) return;
  constexpr std::string_view kOpening = "Invalid ", kBreak = ": ";
  std::string_view message = *problem;
  const std::size_t end = message.find(kBreak);
  if (message.starts_with(kOpening) && end != std::string_view::npos) {
    message.remove_prefix(end + kBreak.size());
  }
  fail(std::string(message));
}

Condition Translator::where(const std::optional<Expression>& where) {
  if (!where) return {};
  if (!is_condition(*where)) {
    fail("WHERE clause must contain an expression that resolves to a boolean");
    return {};
  }
  Condition result = condition(*where);
  if (!error_) fail_check(check_condition(result, "ConditionExpression"));
  return result;
}

std::vector<Column> Translator::columns(const std::vector<Expression>& columns) {
  std::vector<Column> result;
  std::set<std::string> names;
  Projection paths;
  for (const Expression& column : columns) {
    Path path = path_of(column);
    std::string name = column_name(path);
    if (!names.insert(name).second) fail("Duplicate identifiers in select clause: " + name);
    paths.push_back(path);
    result.push_back({std::move(path), std::move(name)});
  }
  if (!error_) fail_check(check_projection(paths));
  return result;
}

Condition Translator::condition(const Expression& e) {
  if (error_) return {};
  if (e.kind == ExpressionKind::call) return call(e);
  switch (e.op) {
    case Operator::and_:
    case Operator::or_:
      return node(e.op == Operator::and_ ? ConditionOp::and_ : ConditionOp::or_, {},
                  conditions(e.args, "The arguments to AND/OR must be Expressions"));
    case Operator::not_:
      return node(ConditionOp::not_, {},
                  conditions(e.args, "The argument to NOT must be a Type or Expression"));
    case Operator::equal:
      return comparison(e, ConditionOp::equal);
    case Operator::not_equal:
      return comparison(e, ConditionOp::not_equal);
    case Operator::less:
      return comparison(e, ConditionOp::less);
    case Operator::less_equal:
      return comparison(e, ConditionOp::less_equal);
    case Operator::greater:
      return comparison(e, ConditionOp::greater);
    case Operator::greater_equal:
      return comparison(e, ConditionOp::greater_equal);
    case Operator::between:
      return node(ConditionOp::between, operands(e.args));
    case Operator::in:
      return in(e);
    case Operator::is:
      return is(e);
    default:
      fail("Unsupported operator in Condition Expression. Operator: " + operator_text(e.op));
      return {};
  }
}

std::vector<Condition> Translator::conditions(const std::vector<Expression>& args,
                                              std::string_view problem) {
  std::vector<Condition> result;
  for (const Expression& arg : args) {
    if (!is_condition(arg)) {
      fail(std::string(problem));
      return result;
    }
    result.push_back(condition(arg));
  }
  return result;
}

Condition Translator::comparison(const Expression& e, ConditionOp op) {
  const Expression& left = e.args[0];
  const Expression& right = e.args[1];
  if (has_truth(left) || has_truth(right)) {
    Condition same = has_truth(left) ? same_truth(left, right) : same_truth(right, left);
    if (op == ConditionOp::equal) return same;
    if (op == ConditionOp::not_equal) return !same;
    fail("Incorrect operand type for operator or function; operator or function: " +
         operator_text(e.op) + ", operand type: BOOL");
    return {};
  }
  auto both = operands(e.args);
  if (both.size() == 2 && std::holds_alternative<AttributeValue>(both[0]) &&
      !std::holds_alternative<AttributeValue>(both[1])) {
    std::swap(both[0], both[1]);
    op = mirrored(op);
  }
  return node(op, std::move(both));
}

// attribute_exists(a) = false, (a < 1) = b: whether a condition comes out as another one, or as an
// operand has it. What it doubles, check_condition() counts.
Condition Translator::same_truth(const Expression& condition, const Expression& other) {
  const Condition holds = this->condition(condition);
  if (error_) return {};
  if (has_truth(other)) {
    const Condition also = this->condition(other);
    return error_ ? Condition() : (holds && also) || (!holds && !also);
  }
  const Operand value = operand(other);
  if (error_) return {};
  if (const auto* path = std::get_if<Path>(&value))
    return (holds && equal(*path, true)) || (!holds && equal(*path, false));
  const auto* constant = std::get_if<AttributeValue>(&value);
  const bool* truth = constant == nullptr ? nullptr : constant->get_if<bool>();
  if (truth == nullptr) return holds && !holds;  // no number or text is true or false
  return *truth ? holds : !holds;
}

Condition Translator::is(const Expression& e) {
  const Expression& tested = e.args.front();
  Condition result;
  if (tested.kind == ExpressionKind::call || tested.kind == ExpressionKind::operation) {
    fail("The left hand side argument to IS must be a Variable Reference, Literal, or Path");
  } else if (e.text == "MISSING") {
    result = node(ConditionOp::attribute_not_exists, {operand(tested)});
  } else if (const auto type = tested_type(e.text)) {
    result = node(ConditionOp::attribute_type, {operand(tested), AttributeValue(type_name(*type))});
  } else {
    fail(
        "Unsupported data type for IS operator: " + e.text +
        ". Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, "
        "LIST]");
  }
  return result;
}

Condition Translator::in(const Expression& e) {
  const Expression& candidates = e.args[1];
  const bool sequence =
      candidates.kind == ExpressionKind::list || candidates.kind == ExpressionKind::bag;
  if (!sequence || candidates.args.empty()) {
    fail(
        "IN operator must have a left hand argument of type Variable Reference and right hand "
        "argument of type Seq with at least one member");
    return {};
  }
  std::vector<Operand> all{operand(e.args[0])};
  for (Operand& candidate : operands(candidates.args)) all.push_back(std::move(candidate));
  return node(ConditionOp::in, std::move(all));
}

Condition Translator::call(const Expression& e) {
  const auto op = function_of(e.text);
  if (!op) {
    fail_at("Unrecognized function: " + e.text, e);
    return {};
  }
  auto all = operands(e.args);
  if (*op == ConditionOp::attribute_type && all.size() == 2) {
    const auto* type = std::get_if<AttributeValue>(&all[1]);
    const auto* name = type == nullptr ? nullptr : type->get_if<std::string>();
    if (name != nullptr && !parse_type(*name)) {
      // The same in other words, and the types in another order, than in an expression's message.
      fail("Invalid attribute type name found; type: " + *name +
           ", valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}");
    }
  }
  return node(*op, std::move(all));
}

std::vector<Operand> Translator::operands(const std::vector<Expression>& args) {
  std::vector<Operand> result;
  for (const Expression& arg : args) result.push_back(operand(arg));
  return result;
}

Operand Translator::operand(const Expression& e) {
  if (error_) return AttributeValue();
  switch (e.kind) {
    case ExpressionKind::path:
      return path_of(e);
    case ExpressionKind::call:
      return call_operand(e);
    case ExpressionKind::operation:
      if (e.op == Operator::negate || e.op == Operator::positive) {
        fail("Incorrect number of operands for operator or function; operator or function: " +
             operator_text(e.op) + ", number of operands: 1");
      } else {
        fail("Unsupported operator in Condition Expression. Operator: " + operator_text(e.op));
      }
      return AttributeValue();
    default:
      return value(e);
  }
}

Operand Translator::call_operand(const Expression& e) {
  if (e.text != "size") {
    if (function_of(e.text)) {
      fail("The function is not allowed to be used this way in an expression; function: " + e.text);
    } else {
      fail_at("Unrecognized function: " + e.text, e);
    }
    return AttributeValue();
  }
  if (e.args.size() != 1) {
    fail(
        "Incorrect number of operands for operator or function; operator or function: size, "
        "number of operands: " +
        std::to_string(e.args.size()));
    return AttributeValue();
  }
  const Operand measured = operand(e.args.front());
  if (const auto* path = std::get_if<Path>(&measured)) return SizeOf{*path};
  if (const auto* constant = std::get_if<AttributeValue>(&measured);
      constant != nullptr && !error_) {
    const std::string packed = pack_value(*constant);
    if (const auto size = size_of(ValueView(packed))) return AttributeValue(*size);
    fail(
        "Incorrect operand type for operator or function; operator or function: size, operand "
        "type: " +
        std::string(type_name(constant->type())));
  }
  return AttributeValue();
}

}  // namespace dynamodb::partiql
