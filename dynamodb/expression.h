// Expressions as one syntax tree: conditions (condition, filter and key-condition expressions),
// updates and projections.
//
// Three ways lead in: build one with the functions here, parse DynamoDB's text
// (expression_parser.h), or take it from a request; two lead out: print it as text with
// placeholders (expression_printer.h), or evaluate it (expression_evaluator.h). In the tree names
// and values are resolved: placeholders exist only in text. Thread safety: immutable shared trees.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dynamodb/value.h"

namespace dynamodb {

// A document path: a top-level attribute name, then names (of maps) and positions (in lists):
// a.b[0].c
class Path {
 public:
  using Step = std::variant<std::string, std::uint32_t>;

  Path(std::string name) {
    steps_.emplace_back(std::move(name));
  }                                                         // NOLINT: one whole name, dots included
  Path(std::string_view name) : Path(std::string(name)) {}  // NOLINT
  Path(const char* name) : Path(std::string(name)) {}       // NOLINT
  // REQUIRES: the first step is a name.
  explicit Path(std::vector<Step> steps) : steps_(std::move(steps)) {}

  Path child(std::string name) const;
  Path at(std::uint32_t index) const;

  const std::string& top() const {
    return std::get<std::string>(steps_.front());
  }  // the attribute's name
  const std::vector<Step>& steps() const { return steps_; }
  bool is_top_level() const { return steps_.size() == 1; }
  std::string str() const;  // a.b[0]: for messages
  friend bool operator==(const Path&, const Path&) = default;

 private:
  std::vector<Step> steps_;
};

// size(path)
struct SizeOf {
  Path path;
  friend bool operator==(const SizeOf&, const SizeOf&) = default;
};
using Operand = std::variant<Path, AttributeValue, SizeOf>;

enum class ConditionOp : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  between,  // operands: value, low, high
  in,       // operands: value, then 1 to 100 candidates
  attribute_exists,
  attribute_not_exists,
  attribute_type,  // operands: path, the type's name as an S
  begins_with,
  contains,
  and_,
  or_,   // children: two or more
  not_,  // children: one
};

struct ConditionNode;

// A boolean expression; empty means "no condition".
class Condition {
 public:
  Condition() = default;
  explicit Condition(ConditionNode node);
  bool empty() const { return node_ == nullptr; }
  // REQUIRES: !empty()
  const ConditionNode& node() const { return *node_; }
  const ConditionNode* operator->() const { return node_.get(); }

  // An empty side leaves the other as it is.
  friend Condition operator&&(const Condition& a, const Condition& b);
  friend Condition operator||(const Condition& a, const Condition& b);
  friend Condition operator!(const Condition& a);

 private:
  std::shared_ptr<const ConditionNode> node_;
};

struct ConditionNode {
  ConditionOp op;
  std::vector<Operand> operands{};
  std::vector<Condition> children{};
  // Of a whole condition from Expected, a filter or KeyConditions: it has any number of operators.
  bool legacy = false;
};

// The comparison that says the same with its sides changed: 5 < a is a > 5.
ConditionOp mirrored(ConditionOp op);

// One node of all `parts`, which are not copied time and again as in a chain of && or ||.
Condition all_of(const std::vector<Condition>& parts);
Condition any_of(const std::vector<Condition>& parts);

// The builder. compare() takes one of the six comparison operators.
Condition compare(ConditionOp op, Operand left, Operand right);
Condition equal(Operand left, Operand right);
Condition between(Operand value, Operand low, Operand high);
Condition in(Operand value, std::vector<Operand> candidates);
Condition attribute_exists(Path path);
Condition attribute_not_exists(Path path);
Condition attribute_type(Path path, Type type);
Condition begins_with(Path path, Operand prefix);
Condition contains(Path path, Operand member);

// The right-hand side of SET: a path, a value, if_not_exists(path, value), list_append(a, b), a +
// b, a - b.
struct SetOperand;
struct IfNotExists {
  Path path;
  std::shared_ptr<const SetOperand> otherwise;
};
struct ListAppend {
  std::shared_ptr<const SetOperand> first, second;
};
struct Arithmetic {
  bool subtract = false;
  std::shared_ptr<const SetOperand> left, right;
};
struct SetOperand {
  std::variant<Path, AttributeValue, IfNotExists, ListAppend, Arithmetic> value;
};
SetOperand if_not_exists(Path path, SetOperand otherwise);
SetOperand list_append(SetOperand first, SetOperand second);
SetOperand plus(SetOperand left, SetOperand right);
SetOperand minus(SetOperand left, SetOperand right);

struct UpdateExpression {
  struct Set {
    Path path;
    SetOperand value;
  };
  struct PathValue {
    Path path;
    AttributeValue value;
  };
  std::vector<Set> set{};
  std::vector<Path> remove{};
  std::vector<PathValue> add{};  // number: sum; set: union
  std::vector<PathValue> del{};  // DELETE: set difference
  // From AttributeUpdates: ADD takes lists too, and appends; another type has its own message.
  bool legacy = false;
  bool long_sums = false;  // PartiQL's: a + b - c, where an expression takes two operands only
  bool empty() const { return set.empty() && remove.empty() && add.empty() && del.empty(); }
};

// Empty means "everything".
using Projection = std::vector<Path>;

// The rules that hold for a tree however it came to be, in AWS's words: types of constants (`<`
// needs S, N or B; begins_with S or B), BETWEEN bounds in order, IN <= 100, distinct operands of
// contains, operator count <= 300, overlapping paths in updates and projections, values as
// check_value(). nullopt when fine. `kind` opens the message: "ConditionExpression",
// "FilterExpression", …
std::optional<std::string> check_condition(const Condition& condition, std::string_view kind);
// The same for one comparison or function. REQUIRES: no children.
std::optional<std::string> check_condition_node(const ConditionNode& node, std::string_view kind);
std::optional<std::string> check_update(const UpdateExpression& update);
std::optional<std::string> check_projection(const Projection& projection);

}  // namespace dynamodb
