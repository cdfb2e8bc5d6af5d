#include "dynamo_backend/filter_expression.h"

#include <algorithm>

#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

using dynamodb::Condition;
using dynamodb::ConditionOp;
using dynamodb::Operand;
using dynamodb::Path;

std::optional<Condition> leaf_condition(const Predicate& p) {
  const Path path = nested_path(*p.field, p.steps);
  const auto compare = [&](ConditionOp op) {
    return dynamodb::compare(op, path, Operand(p.values[0]));
  };
  switch (p.op) {
    case Op::eq:
      return compare(ConditionOp::equal);
    case Op::lt:
      return compare(ConditionOp::less);
    case Op::le:
      return compare(ConditionOp::less_equal);
    case Op::gt:
      return compare(ConditionOp::greater);
    case Op::ge:
      return compare(ConditionOp::greater_equal);
    case Op::between:
      return dynamodb::between(path, p.values[0], p.values[1]);
    case Op::startswith:
      return dynamodb::begins_with(path, Operand(p.values[0]));
    case Op::isnull:
      return dynamodb::attribute_not_exists(path) ||
             dynamodb::attribute_type(path, dynamodb::Type::NUL);
    case Op::contains: {
      const auto type = p.values[0].type();
      if (type != dynamodb::Type::S && type != dynamodb::Type::N && type != dynamodb::Type::B)
        return std::nullopt;
      return dynamodb::contains(path, Operand(p.values[0]));
    }
    case Op::in: {
      Condition any;
      for (std::size_t begin = 0; begin < p.values.size(); begin += dynamodb::kMaxInCandidates) {
        const auto first = p.values.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto count = std::min(p.values.size() - begin, dynamodb::kMaxInCandidates);
        any = any || dynamodb::in(path, std::vector<Operand>(
                                            first, first + static_cast<std::ptrdiff_t>(count)));
      }
      return any;
    }
    default:
      return std::nullopt;  // case-insensitive lookups
  }
}

}  // namespace

std::optional<Condition> to_condition(const Predicate& p,
                                      const std::vector<const FieldInfo*>& forbidden,
                                      ExpressionBudget& budget) {
  if (p.type == Predicate::Type::always) return Condition();
  if (p.type == Predicate::Type::never || !p.subquery.empty()) return std::nullopt;
  if (p.type == Predicate::Type::leaf) {
    if (std::find(forbidden.begin(), forbidden.end(), p.field) != forbidden.end())
      return std::nullopt;
    std::size_t bytes = 0;
    for (const std::string& packed : p.packed) bytes += packed.size();
    if (budget.operators < 3 || budget.values < p.values.size() || budget.bytes < bytes)
      return std::nullopt;
    auto condition = leaf_condition(p);
    if (!condition) return std::nullopt;
    budget.operators -= 3;
    budget.values -= p.values.size();
    budget.bytes -= bytes;
    return p.negated ? !*condition : *condition;
  }
  Condition joined;
  for (const Predicate& child : p.children) {
    const auto condition = to_condition(child, forbidden, budget);
    if (!condition) return std::nullopt;
    joined = p.type == Predicate::Type::all ? joined && *condition : joined || *condition;
  }
  return joined;
}

}  // namespace dynamo_backend
