// The rules for expression trees that need no item and no table, in the words of DynamoDB's
// validation errors.
#include "dynamodb/expression_check.h"

#include <algorithm>

#include "dynamodb/limits.h"

namespace dynamodb::expression_check {
namespace {

std::string_view op_name(ConditionOp op) {
  switch (op) {
    case ConditionOp::equal:
      return "=";
    case ConditionOp::not_equal:
      return "<>";
    case ConditionOp::less:
      return "<";
    case ConditionOp::less_equal:
      return "<=";
    case ConditionOp::greater:
      return ">";
    case ConditionOp::greater_equal:
      return ">=";
    case ConditionOp::between:
      return "BETWEEN";
    case ConditionOp::in:
      return "IN";
    case ConditionOp::attribute_exists:
      return "attribute_exists";
    case ConditionOp::attribute_not_exists:
      return "attribute_not_exists";
    case ConditionOp::attribute_type:
      return "attribute_type";
    case ConditionOp::begins_with:
      return "begins_with";
    case ConditionOp::contains:
      return "contains";
    case ConditionOp::and_:
      return "AND";
    case ConditionOp::or_:
      return "OR";
    case ConditionOp::not_:
      return "NOT";
  }
  return "";
}

bool is_ordered(Type type) { return is_one_of(type, {Type::S, Type::N, Type::B}); }

// The type that an operand has on every item; nullopt for a path.
std::optional<Type> fixed_type(const Operand& operand) {
  if (const auto* constant = std::get_if<AttributeValue>(&operand)) return constant->type();
  if (std::holds_alternative<SizeOf>(operand)) return Type::N;
  return std::nullopt;
}

// [a, b, [0]]: how DynamoDB's messages write a path.
std::string path_text(const Path& path) {
  std::string text = "[";
  for (const Path::Step& step : path.steps()) {
    if (text.size() > 1) text += ", ";
    if (const auto* name = std::get_if<std::string>(&step)) {
      text += *name;
    } else {
      text += '[' + std::to_string(std::get<std::uint32_t>(step)) + ']';
    }
  }
  return text + ']';
}

std::string bound_text(const AttributeValue& value) {
  std::string text = "AttributeValue: {" + std::string(type_name(value.type())) + ':';
  if (const auto* s = value.get_if<std::string>()) text += *s;
  if (const auto* n = value.get_if<Number>()) text += n->text();
  if (const auto* b = value.get_if<Binary>()) text += std::to_string(b->bytes.size()) + " bytes";
  return text + '}';
}

// REQUIRES: both are S, N or B, and of one type.
bool is_greater(const AttributeValue& a, const AttributeValue& b) {
  switch (a.type()) {
    case Type::S:
      return a.as<std::string>() > b.as<std::string>();
    case Type::N:
      return a.as<Number>() > b.as<Number>();
    default:
      return a.as<Binary>().bytes > b.as<Binary>().bytes;
  }
}

class ConditionChecker {
 public:
  explicit ConditionChecker(std::string_view kind) : kind_(kind) {}

  Problem check(const Condition& condition) {
    if (condition.empty()) return invalid(kind_, "The expression can not be empty;");
    const ConditionNode& node = condition.node();
    // Counted before going deeper, so that the count bounds the recursion too; legacy conditions
    // are flat.
    operators_ += std::max<std::size_t>(node.children.size(), 2) - 1;
    is_legacy_ = is_legacy_ || node.legacy;
    if (!is_legacy_ && operators_ > kMaxExpressionOperators) {
      return invalid(kind_, "The expression contains too many operators; operator count: " +
                                std::to_string(operators_));
    }
    if (node.children.empty()) return check_node(node);
    if (auto problem = check_counts(node)) return problem;
    for (const Condition& child : node.children) {
      if (auto problem = check(child)) return problem;
    }
    return std::nullopt;
  }

  // One comparison or function.
  Problem check_node(const ConditionNode& node) const {
    if (auto problem = check_counts(node)) return problem;
    for (const Operand& operand : node.operands) {
      if (auto problem = check_operand(operand)) return problem;
    }
    if (auto problem = check_types(node)) return problem;
    return check_distinct(node);
  }

 private:
  Problem check_counts(const ConditionNode& node) const {
    const std::size_t operands = node.operands.size(), children = node.children.size();
    bool fine = false;
    switch (node.op) {
      case ConditionOp::and_:
      case ConditionOp::or_:
        fine = operands == 0 && children >= 2;
        break;
      case ConditionOp::not_:
        fine = operands == 0 && children == 1;
        break;
      case ConditionOp::in:
        if (operands > kMaxInCandidates + 1) {
          return invalid(
              kind_, "The IN operator is provided with too many operands; number of operands: " +
                         std::to_string(operands - 1));
        }
        fine = children == 0 && operands >= 2;
        break;
      case ConditionOp::between:
        fine = children == 0 && operands == 3;
        break;
      case ConditionOp::attribute_exists:
      case ConditionOp::attribute_not_exists:
        fine = children == 0 && operands == 1;
        break;
      default:
        fine = children == 0 && operands == 2;
    }
    if (fine) return std::nullopt;
    return invalid(kind_,
                   "Incorrect number of operands for operator or function; operator or function: " +
                       std::string(op_name(node.op)) +
                       ", number of operands: " + std::to_string(operands + children));
  }

  Problem check_operand(const Operand& operand) const {
    if (const auto* path = std::get_if<Path>(&operand)) return check_path(*path, kind_);
    if (const auto* size = std::get_if<SizeOf>(&operand)) return check_path(size->path, kind_);
    return check_constant(std::get<AttributeValue>(operand));
  }

  Problem check_types(const ConditionNode& node) const {
    switch (node.op) {
      case ConditionOp::less:
      case ConditionOp::less_equal:
      case ConditionOp::greater:
      case ConditionOp::greater_equal:
        return check_each(node, is_ordered);
      case ConditionOp::between:
        if (auto problem = check_each(node, is_ordered)) return problem;
        return check_bounds(node);
      case ConditionOp::begins_with:
        return check_each(node, [](Type type) { return is_one_of(type, {Type::S, Type::B}); });
      case ConditionOp::contains:
        return check_first(node, [](Type type) {
          return !is_one_of(type, {Type::N, Type::BOOL, Type::NUL, Type::M});
        });
      case ConditionOp::attribute_type:
        return check_type_name(node);
      case ConditionOp::attribute_exists:
      case ConditionOp::attribute_not_exists:
        if (std::holds_alternative<Path>(node.operands.front())) return std::nullopt;
        return invalid(kind_,
                       "Operator or function requires a document path; operator or function: " +
                           std::string(op_name(node.op)));
      default:
        return std::nullopt;
    }
  }

  std::string wrong_type(ConditionOp op, Type type) const {
    return invalid(
        kind_, "Incorrect operand type for operator or function; operator or function: " +
                   std::string(op_name(op)) + ", operand type: " + std::string(type_name(type)));
  }

  template <class Allowed>
  Problem check_each(const ConditionNode& node, Allowed allowed) const {
    for (const Operand& operand : node.operands) {
      const auto type = fixed_type(operand);
      if (type && !allowed(*type)) return wrong_type(node.op, *type);
    }
    return std::nullopt;
  }

  template <class Allowed>
  Problem check_first(const ConditionNode& node, Allowed allowed) const {
    const auto type = fixed_type(node.operands.front());
    if (type && !allowed(*type)) return wrong_type(node.op, *type);
    return std::nullopt;
  }

  Problem check_bounds(const ConditionNode& node) const {
    const auto* low = std::get_if<AttributeValue>(&node.operands[1]);
    const auto* high = std::get_if<AttributeValue>(&node.operands[2]);
    if (low == nullptr || high == nullptr) return std::nullopt;
    const std::string bounds =
        "lower bound operand: " + bound_text(*low) + ", upper bound operand: " + bound_text(*high);
    if (low->type() != high->type()) {
      return invalid(
          kind_,
          "The BETWEEN operator requires same data type for lower and upper bounds; " + bounds);
    }
    if (!is_greater(*low, *high)) return std::nullopt;
    return invalid(kind_,
                   "The BETWEEN operator requires upper bound to be greater than or equal to "
                   "lower bound; " +
                       bounds);
  }

  Problem check_type_name(const ConditionNode& node) const {
    const auto* name = std::get_if<AttributeValue>(&node.operands[1]);
    if (name == nullptr) {
      const auto type = fixed_type(node.operands[1]);
      // DynamoDB names all types where a path stands for the type's name.
      return invalid(
          kind_,
          "Incorrect operand type for operator or function; operator or function: attribute_type, "
          "operand type: " +
              (type ? std::string(type_name(*type)) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
    }
    const auto* text = name->get_if<std::string>();
    if (text == nullptr) return wrong_type(node.op, name->type());
    if (parse_type(*text)) return std::nullopt;
    return invalid(kind_, "Invalid attribute type name found; type: " + *text +
                              ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}");
  }

  Problem check_distinct(const ConditionNode& node) const {
    const auto* first = node.operands.empty() ? nullptr : std::get_if<Path>(&node.operands.front());
    if (first == nullptr) return std::nullopt;
    const auto same = [&](const Operand& other) {
      const auto* path = std::get_if<Path>(&other);
      return path != nullptr && *path == *first;
    };
    if (std::none_of(node.operands.begin() + 1, node.operands.end(), same)) return std::nullopt;
    return invalid(
        kind_,
        "The first operand must be distinct from the remaining operands for this operator or "
        "function; operator: " +
            std::string(op_name(node.op)) + ", first operand: " + path_text(*first));
  }

  std::string_view kind_;
  std::size_t operators_ = 0;
  bool is_legacy_ = false;
};

}  // namespace

// ---- what conditions and updates share

namespace {

// Two paths of one expression: how they get into each other's way.
enum class Clash { none, overlap, conflict };

Clash clash_of(const Path& a, const Path& b) {
  const std::size_t common = std::min(a.steps().size(), b.steps().size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a.steps()[i].index() != b.steps()[i].index()) return Clash::conflict;
    if (a.steps()[i] != b.steps()[i]) return Clash::none;
  }
  return Clash::overlap;
}

// Sorted by their steps, names before positions, two paths that clash have two neighbours that do.
bool are_disjoint(const std::vector<Path>& paths) {
  std::vector<const Path*> sorted;
  for (const Path& path : paths) sorted.push_back(&path);
  std::sort(sorted.begin(), sorted.end(),
            [](const Path* a, const Path* b) { return a->steps() < b->steps(); });
  return std::adjacent_find(sorted.begin(), sorted.end(), [](const Path* a, const Path* b) {
           return clash_of(*a, *b) != Clash::none;
         }) == sorted.end();
}

}  // namespace

std::string invalid(std::string_view kind, std::string_view what) {
  return "Invalid " + std::string(kind) + ": " + std::string(what);
}

Problem check_path(const Path& path, std::string_view kind) {
  if (path.steps().empty() || !std::holds_alternative<std::string>(path.steps().front())) {
    return invalid(kind, "The document path does not start with a map element");
  }
  if (path.steps().size() > kMaxNesting) {
    return invalid(kind, "The document path has too many nesting levels; nesting levels: " +
                             std::to_string(path.steps().size()));
  }
  for (const Path::Step& step : path.steps()) {
    const auto* name = std::get_if<std::string>(&step);
    if (name == nullptr) continue;
    if (name->empty()) return invalid(kind, "The document path has an empty attribute name");
    if (name->size() > kMaxAttributeNameSize) {
      return invalid(kind, "Attribute name is too large, must be less than 65536 bytes");
    }
  }
  return std::nullopt;
}

Problem check_constant(const AttributeValue& value) {
  if (const auto problem = check_value(value)) {
    return "ExpressionAttributeValues contains invalid value: " + *problem;
  }
  return std::nullopt;
}

// DynamoDB: an overlap anywhere is reported before a conflict anywhere.
Problem check_disjoint(const std::vector<Path>& paths, std::string_view kind) {
  if (are_disjoint(paths)) return std::nullopt;
  for (const auto& [clash, verb] :
       {std::pair(Clash::overlap, "overlap"), std::pair(Clash::conflict, "conflict")}) {
    for (std::size_t i = 1; i < paths.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (clash_of(paths[j], paths[i]) != clash) continue;
        return invalid(
            kind, std::string("Two document paths ") + verb +
                      " with each other; must remove or rewrite one of these paths; path one: " +
                      path_text(paths[j]) + ", path two: " + path_text(paths[i]));
      }
    }
  }
  return std::nullopt;
}

}  // namespace dynamodb::expression_check

namespace dynamodb {

std::optional<std::string> check_condition(const Condition& condition, std::string_view kind) {
  if (condition.empty()) return std::nullopt;
  return expression_check::ConditionChecker(kind).check(condition);
}

std::optional<std::string> check_condition_node(const ConditionNode& node, std::string_view kind) {
  return expression_check::ConditionChecker(kind).check_node(node);
}

std::optional<std::string> check_projection(const Projection& projection) {
  for (const Path& path : projection) {
    if (auto problem = expression_check::check_path(path, "ProjectionExpression")) return problem;
  }
  return expression_check::check_disjoint(projection, "ProjectionExpression");
}

}  // namespace dynamodb
