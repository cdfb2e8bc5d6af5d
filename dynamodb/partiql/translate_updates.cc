// SET and REMOVE clauses as update expressions.
#include "dynamodb/partiql/parsing.h"
#include "dynamodb/partiql/translate.h"

namespace dynamodb::partiql {
namespace {

bool is_set(const AttributeValue& value) {
  return value.is<StringSet>() || value.is<NumberSet>() || value.is<BinarySet>();
}

}  // namespace

UpdateExpression Translator::update(const std::vector<Update::Action>& actions) {
  UpdateExpression update{.long_sums = true};
  for (const Update::Action& action : actions) {
    if (error_) break;
    if (action.value) {
      set(action, update);
    } else {
      update.remove.emplace_back(action.target.steps);
    }
  }
  if (!error_) fail_check(check_update(update));
  return update;
}

void Translator::set(const Update::Action& action, UpdateExpression& update) {
  const Expression& value = *action.value;
  Path target(action.target.steps);
  if (value.kind == ExpressionKind::call &&
      (value.text == "set_add" || value.text == "set_delete")) {
    change_set(target, value, update);
  } else {
    update.set.push_back({std::move(target), set_operand(value)});
  }
}

// SET a = set_add(a, <<…>>) is ADD, set_delete DELETE.
void Translator::change_set(const Path& target, const Expression& call, UpdateExpression& update) {
  const bool adds = call.text == "set_add";
  const std::string name = adds ? "SET_ADD" : "SET_DELETE";
  if (call.args.size() != 2) {
    fail_at(name + " must have exactly two arguments", call);
    return;
  }
  const Expression& first = call.args[0];
  const Expression& second = call.args[1];
  if (first.kind != ExpressionKind::path || Path(first.steps) != target) {
    fail_at("The first argument to " + name + " must equal the assignment value", call);
    return;
  }
  const bool constant =
      second.kind != ExpressionKind::path && second.kind != ExpressionKind::operation;
  const AttributeValue members = constant ? value(second) : AttributeValue();
  if (!error_ && !is_set(members)) {
    fail_at("The second argument to " + name + " must be a value with type SET", first);
  }
  (adds ? update.add : update.del).push_back({target, members});
}

SetOperand Translator::set_operand(const Expression& e) {
  if (error_) return {AttributeValue()};
  if (e.kind == ExpressionKind::path) return {Path(e.steps)};
  if (e.kind == ExpressionKind::call) return set_call(e);
  if (e.kind == ExpressionKind::operation) return arithmetic(e);
  return {value(e)};
}

SetOperand Translator::set_call(const Expression& e) {
  const bool append = e.text == "list_append", if_absent = e.text == "if_not_exists";
  if (!append && !if_absent) {
    constexpr std::string_view kOfConditions[] = {"size",           "begins_with",
                                                  "contains",       "attribute_exists",
                                                  "attribute_type", "attribute_not_exists"};
    for (const std::string_view name : kOfConditions) {
      if (name == e.text)
        fail("The function is not allowed in an update expression; function: " + e.text);
    }
    fail_at("Unrecognized function: " + e.text, e);
    return {AttributeValue()};
  }
  if (e.args.size() != 2) {
    fail("Incorrect number of operands for operator or function; operator or function: " + e.text +
         ", number of operands: " + std::to_string(e.args.size()));
    return {AttributeValue()};
  }
  if (append) return list_append(set_operand(e.args[0]), set_operand(e.args[1]));
  if (e.args[0].kind != ExpressionKind::path) {
    fail("Operator or function requires a document path; operator or function: if_not_exists");
    return {AttributeValue()};
  }
  return if_not_exists(Path(e.args[0].steps), set_operand(e.args[1]));
}

SetOperand Translator::arithmetic(const Expression& e) {
  if (e.op == Operator::negate || e.op == Operator::positive) {
    fail("Incorrect number of operands for operator or function; operator or function: " +
         std::string(e.op == Operator::negate ? "-" : "+") + ", number of operands: 1");
    return {AttributeValue()};
  }
  if (e.op != Operator::plus && e.op != Operator::minus) {
    constexpr std::pair<Operator, std::string_view> kNames[] = {
        {Operator::multiply, "*"}, {Operator::divide, "/"},       {Operator::modulo, "%"},
        {Operator::like, "like"},  {Operator::concatenate, "||"}, {Operator::not_, "not"},
        {Operator::and_, "and"},   {Operator::or_, "or"},         {Operator::in, "in"}};
    std::string name = "=";
    for (const auto& [op, text] : kNames) {
      if (op == e.op) name = text;
    }
    fail(e.op == Operator::is ? "IS operator is not supported in update expressions"
                              : "Unsupported operator in Update Expression. Operator: " + name);
    return {AttributeValue()};
  }
  SetOperand left = set_operand(e.args[0]);
  SetOperand right = set_operand(e.args[1]);
  return e.op == Operator::plus ? plus(std::move(left), std::move(right))
                                : minus(std::move(left), std::move(right));
}

}  // namespace dynamodb::partiql
