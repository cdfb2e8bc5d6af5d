// The rules for updates: right-hand sides, and the paths that are changed.
#include <array>

#include "dynamodb/expression_check.h"
#include "dynamodb/limits.h"

namespace dynamodb::expression_check {
namespace {

constexpr char kUpdate[] = "UpdateExpression";

// DynamoDB writes types out in the messages of ADD and DELETE only.
std::string_view long_type_name(Type type) {
  constexpr std::array<std::string_view, 10> kNames = {
      "STRING", "NUMBER", "BINARY",     "BOOLEAN",    "NULL",
      "MAP",    "LIST",   "STRING SET", "NUMBER SET", "BINARY SET"};
  return kNames.at(static_cast<std::size_t>(type) - 1);
}

class SetChecker {
 public:
  explicit SetChecker(bool long_sums) : long_sums_(long_sums) {}

  Problem check(const SetOperand& operand) {
    return std::visit([this](const auto& v) { return check(v, Place::whole); }, operand.value);
  }

 private:
  // Where an operand stands: DynamoDB takes sums only as the whole of a right-hand side, and
  // list_append not within itself.
  enum class Place { whole, in_sum, inside, in_list_append };

  Problem visit(const SetOperand& operand, Place place) {
    return std::visit([&](const auto& v) { return check(v, place); }, operand.value);
  }

  Problem check(const Path& path, Place) { return check_path(path, kUpdate); }
  Problem check(const AttributeValue& value, Place) { return check_constant(value); }

  Problem check(const IfNotExists& f, Place place) {
    if (auto problem = count()) return problem;
    if (auto problem = check_path(f.path, kUpdate)) return problem;
    return visit(*f.otherwise, place == Place::in_list_append ? place : Place::inside);
  }

  Problem check(const ListAppend& f, Place place) {
    if (place == Place::in_list_append) return misused("list_append");
    if (auto problem = count()) return problem;
    for (const auto* side : {&f.first, &f.second}) {
      if (auto problem = visit(**side, Place::in_list_append)) return problem;
      if (auto problem = check_type(**side, Type::L, "list_append")) return problem;
    }
    return std::nullopt;
  }

  Problem check(const Arithmetic& f, Place place) {
    const char* const name = f.subtract ? "-" : "+";
    if (place != Place::whole && !(long_sums_ && place == Place::in_sum)) return misused(name);
    if (auto problem = count()) return problem;
    for (const auto* side : {&f.left, &f.right}) {
      if (auto problem = visit(**side, Place::in_sum)) return problem;
      if (auto problem = check_type(**side, Type::N, name)) return problem;
    }
    return std::nullopt;
  }

  static Problem check_type(const SetOperand& operand, Type type, std::string_view name) {
    const auto* constant = std::get_if<AttributeValue>(&operand.value);
    std::optional<Type> fixed;
    if (constant != nullptr) fixed = constant->type();
    if (std::holds_alternative<ListAppend>(operand.value)) fixed = Type::L;
    if (!fixed || *fixed == type) return std::nullopt;
    return invalid(kUpdate,
                   "Incorrect operand type for operator or function; operator or function: " +
                       std::string(name) + ", operand type: " + std::string(type_name(*fixed)));
  }

  static std::string misused(std::string_view name) {
    return invalid(kUpdate,
                   "The function is not allowed to be used this way in an expression; function: " +
                       std::string(name));
  }

  // Counted before going deeper, so that the count bounds the recursion too.
  Problem count() {
    if (++operators_ <= kMaxExpressionOperators) return std::nullopt;
    return invalid(kUpdate, "The expression contains too many operators; operator count: " +
                                std::to_string(operators_));
  }

  const bool long_sums_;
  std::size_t operators_ = 0;
};

// What ADD and DELETE take besides sets.
struct OtherTypes {
  bool numbers = false, lists = false;
};

Problem check_members(const UpdateExpression::PathValue& action, std::string_view name,
                      OtherTypes also) {
  if (auto problem = check_path(action.path, kUpdate)) return problem;
  if (auto problem = check_constant(action.value)) return problem;
  const Type type = action.value.type();
  if (is_one_of(type, {Type::SS, Type::NS, Type::BS}) || (also.numbers && type == Type::N) ||
      (also.lists && type == Type::L)) {
    return std::nullopt;
  }
  return invalid(kUpdate,
                 "Incorrect operand type for operator or function; operator: " + std::string(name) +
                     ", operand type: " + std::string(long_type_name(type)));
}

Problem check(const UpdateExpression& update) {
  std::vector<Path> paths;
  SetChecker set_checker(update.long_sums);
  for (const auto& [path, value] : update.set) {
    if (auto problem = check_path(path, kUpdate)) return problem;
    paths.push_back(path);
  }
  for (const Path& path : update.remove) {
    if (auto problem = check_path(path, kUpdate)) return problem;
    paths.push_back(path);
  }
  for (const auto& action : update.add) paths.push_back(action.path);
  for (const auto& action : update.del) paths.push_back(action.path);
  if (auto problem = check_disjoint(paths, kUpdate)) return problem;
  const bool lists = update.legacy;
  for (const auto& action : update.add) {
    if (auto problem = check_members(action, "ADD", {.numbers = true, .lists = lists}))
      return problem;
  }
  for (const auto& action : update.del) {
    if (auto problem = check_members(action, "DELETE", {})) return problem;
  }
  for (const auto& [path, value] : update.set) {
    if (auto problem = set_checker.check(value)) return problem;
  }
  return std::nullopt;
}

}  // namespace
}  // namespace dynamodb::expression_check

namespace dynamodb {

std::optional<std::string> check_update(const UpdateExpression& update) {
  return expression_check::check(update);
}

}  // namespace dynamodb
