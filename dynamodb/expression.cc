#include "dynamodb/expression.h"

#include <array>

namespace dynamodb {

Path Path::child(std::string name) const {
  auto steps = steps_;
  steps.emplace_back(std::move(name));
  return Path(std::move(steps));
}
Path Path::at(std::uint32_t index) const {
  auto steps = steps_;
  steps.emplace_back(index);
  return Path(std::move(steps));
}

std::string Path::str() const {
  std::string text;
  for (const Step& step : steps_) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      if (!text.empty()) text += '.';
      text += *name;
    } else {
      text += '[' + std::to_string(std::get<std::uint32_t>(step)) + ']';
    }
  }
  return text;
}

Condition::Condition(ConditionNode node)
    : node_(std::make_shared<const ConditionNode>(std::move(node))) {}

namespace {

// a AND (b AND c) is one node of three children: trees built in a loop stay flat.
template <class Parts>
Condition join(ConditionOp op, const Parts& parts) {
  ConditionNode node{.op = op};
  std::size_t count = 0;
  Condition last;
  for (const Condition& part : parts) {
    if (part.empty()) continue;
    ++count;
    last = part;
    if (part->op == op) {
      const auto& children = part->children;
      node.children.insert(node.children.end(), children.begin(), children.end());
    } else {
      node.children.push_back(part);
    }
  }
  return count < 2 ? last : Condition(std::move(node));
}

Condition leaf(ConditionOp op, std::vector<Operand> operands) {
  return Condition(ConditionNode{.op = op, .operands = std::move(operands)});
}

std::shared_ptr<const SetOperand> share(SetOperand operand) {
  return std::make_shared<const SetOperand>(std::move(operand));
}

}  // namespace

Condition operator&&(const Condition& a, const Condition& b) {
  return join(ConditionOp::and_, std::array{a, b});
}
Condition operator||(const Condition& a, const Condition& b) {
  return join(ConditionOp::or_, std::array{a, b});
}
Condition all_of(const std::vector<Condition>& parts) { return join(ConditionOp::and_, parts); }
Condition any_of(const std::vector<Condition>& parts) { return join(ConditionOp::or_, parts); }
Condition operator!(const Condition& a) {
  if (a.empty()) return a;
  return Condition(ConditionNode{.op = ConditionOp::not_, .children = {a}});
}

ConditionOp mirrored(ConditionOp op) {
  switch (op) {
    case ConditionOp::less:
      return ConditionOp::greater;
    case ConditionOp::less_equal:
      return ConditionOp::greater_equal;
    case ConditionOp::greater:
      return ConditionOp::less;
    case ConditionOp::greater_equal:
      return ConditionOp::less_equal;
    default:
      return op;
  }
}

Condition compare(ConditionOp op, Operand left, Operand right) {
  return leaf(op, {std::move(left), std::move(right)});
}
Condition equal(Operand left, Operand right) {
  return compare(ConditionOp::equal, std::move(left), std::move(right));
}
Condition between(Operand value, Operand low, Operand high) {
  return leaf(ConditionOp::between, {std::move(value), std::move(low), std::move(high)});
}
Condition in(Operand value, std::vector<Operand> candidates) {
  candidates.insert(candidates.begin(), std::move(value));
  return leaf(ConditionOp::in, std::move(candidates));
}
Condition attribute_exists(Path path) {
  return leaf(ConditionOp::attribute_exists, {std::move(path)});
}
Condition attribute_not_exists(Path path) {
  return leaf(ConditionOp::attribute_not_exists, {std::move(path)});
}
Condition attribute_type(Path path, Type type) {
  return leaf(ConditionOp::attribute_type, {std::move(path), AttributeValue(type_name(type))});
}
Condition begins_with(Path path, Operand prefix) {
  return leaf(ConditionOp::begins_with, {std::move(path), std::move(prefix)});
}
Condition contains(Path path, Operand member) {
  return leaf(ConditionOp::contains, {std::move(path), std::move(member)});
}

SetOperand if_not_exists(Path path, SetOperand otherwise) {
  return {IfNotExists{std::move(path), share(std::move(otherwise))}};
}
SetOperand list_append(SetOperand first, SetOperand second) {
  return {ListAppend{share(std::move(first)), share(std::move(second))}};
}
SetOperand plus(SetOperand left, SetOperand right) {
  return {Arithmetic{false, share(std::move(left)), share(std::move(right))}};
}
SetOperand minus(SetOperand left, SetOperand right) {
  return {Arithmetic{true, share(std::move(left)), share(std::move(right))}};
}

}  // namespace dynamodb
