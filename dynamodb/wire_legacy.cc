#include "dynamodb/wire_legacy.h"

#include <algorithm>
#include <limits>
#include <set>

#include "dynamodb/limits.h"

namespace dynamodb::wire {
namespace {

constexpr char kInvalid[] = "One or more parameter values were invalid: ";

Error invalid(std::string_view what) {
  return validation_error(std::string(kInvalid) + std::string(what));
}

// ---- one comparison

constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();

// How many arguments an operator takes, and of which types.
struct OperatorRules {
  std::string_view name;
  std::size_t min_count, max_count;
  std::string_view types;  // by name, with spaces around; empty: all
};
constexpr std::string_view kOrdered = " S N B ";
constexpr OperatorRules kOperators[] = {
    {"EQ", 1, 1, ""},
    {"NE", 1, 1, ""},
    {"LE", 1, 1, kOrdered},
    {"LT", 1, 1, kOrdered},
    {"GE", 1, 1, kOrdered},
    {"GT", 1, 1, kOrdered},
    {"NULL", 0, 0, ""},
    {"NOT_NULL", 0, 0, ""},
    {"CONTAINS", 1, 1, " S N B BOOL NULL "},
    {"NOT_CONTAINS", 1, 1, " S N B BOOL NULL "},
    {"BEGINS_WITH", 1, 1, " S B "},
    {"IN", 1, kAny, kOrdered},
    {"BETWEEN", 2, 2, kOrdered},
};

// REQUIRES: it is one of them.
const OperatorRules& rules_of(std::string_view name) {
  return *std::find_if(std::begin(kOperators), std::end(kOperators),
                       [name](const OperatorRules& rules) { return rules.name == name; });
}

// REQUIRES: both are S, N or B, and of one type.
bool is_greater(const AttributeValue& a, const AttributeValue& b) {
  if (const auto* s = a.get_if<std::string>()) return *s > b.as<std::string>();
  if (const auto* n = a.get_if<Number>()) return *n > b.as<Number>();
  return a.as<Binary>().bytes > b.as<Binary>().bytes;
}

std::optional<Error> check_arguments(const OperatorRules& rules,
                                     const std::vector<AttributeValue>& values) {
  if (values.size() < rules.min_count || values.size() > rules.max_count) {
    return invalid("Invalid number of argument(s) for the " + std::string(rules.name) +
                   " ComparisonOperator");
  }
  for (const AttributeValue& value : values) {
    if (value.type() != values.front().type())
      return invalid("AttributeValues inside AttributeValueList must be of same type");
  }
  for (const AttributeValue& value : values) {
    const std::string type(type_name(value.type()));
    if (!rules.types.empty() && rules.types.find(" " + type + " ") == std::string_view::npos) {
      return invalid("ComparisonOperator " + std::string(rules.name) + " is not valid for " + type +
                     " AttributeValue type");
    }
  }
  if (rules.name == "BETWEEN" && is_greater(values[0], values[1])) {
    return validation_error(
        "The BETWEEN condition was provided a range where the lower bound is greater than the "
        "upper bound");
  }
  return std::nullopt;
}

// DynamoDB: unlike an expression's IN, the legacy one has any number of candidates.
Condition is_one_of(const Path& path, const std::vector<AttributeValue>& values) {
  std::vector<Condition> parts;
  for (auto at = values.begin(); at != values.end();) {
    const auto end = values.end() - at > std::ptrdiff_t{kMaxInCandidates}
                         ? at + std::ptrdiff_t{kMaxInCandidates}
                         : values.end();
    parts.push_back(in(path, std::vector<Operand>(at, end)));
    at = end;
  }
  return any_of(parts);
}

// REQUIRES: check_arguments() has nothing against it.
Condition comparison(const Path& path, std::string_view name, std::vector<AttributeValue> values) {
  constexpr std::pair<std::string_view, ConditionOp> kBinary[] = {
      {"EQ", ConditionOp::equal},         {"NE", ConditionOp::not_equal},
      {"LE", ConditionOp::less_equal},    {"LT", ConditionOp::less},
      {"GE", ConditionOp::greater_equal}, {"GT", ConditionOp::greater}};
  for (const auto& [known, op] : kBinary) {
    if (known == name) return compare(op, path, std::move(values.front()));
  }
  if (name == "NULL") return attribute_not_exists(path);
  if (name == "NOT_NULL") return attribute_exists(path);
  if (name == "CONTAINS") return contains(path, std::move(values.front()));
  // DynamoDB: what is missing neither contains nor does not contain.
  if (name == "NOT_CONTAINS")
    return attribute_exists(path) && !contains(path, std::move(values.front()));
  if (name == "BEGINS_WITH") return begins_with(path, std::move(values.front()));
  if (name == "BETWEEN") return between(path, std::move(values[0]), std::move(values[1]));
  return is_one_of(path, values);
}

// ---- maps of conditions

Condition legacy(const Condition& condition) {
  if (condition.empty()) return condition;
  ConditionNode node = condition.node();
  node.legacy = true;
  return Condition(std::move(node));
}

std::vector<AttributeValue> read_values(const Reader& condition) {
  std::vector<AttributeValue> values;
  for (const JsonElement& json : condition.elements("AttributeValueList"))
    values.push_back(read_value(json, condition.errors()));
  return values;
}

// Whether conditions are joined by OR. DynamoDB wants something to join.
bool joined_by_or(const Reader& request, std::size_t conditions) {
  if (!request.has("ConditionalOperator")) return false;
  if (conditions == 0) {
    request.errors().add(
        validation_error("ConditionalOperator cannot be used without Filter or Expected"));
  } else if (conditions == 1) {
    request.errors().add(validation_error(
        "ConditionalOperator can only be used when Filter or Expected has two or more elements"));
  }
  return request.text("ConditionalOperator") == "OR";
}

// Joins what `read` makes of the conditions of `member`, by attribute.
template <class Read>
Condition read_conditions(const Reader& request, std::string_view member, Read read) {
  const auto conditions = request.members(member);
  std::vector<Condition> parts;
  for (const auto& [attribute, json] : conditions) {
    if (attribute.empty()) request.errors().add(validation_error("Empty attribute name"));
    parts.push_back(read(attribute, Reader(json, request.errors())));
  }
  return legacy(joined_by_or(request, parts.size()) ? any_of(parts) : all_of(parts));
}

// A filter's or key's condition: {"ComparisonOperator":…,"AttributeValueList":[…]}.
Condition read_condition(std::string_view attribute, const Reader& condition) {
  const std::string name = condition.text("ComparisonOperator");
  auto values = read_values(condition);
  if (auto error = check_arguments(rules_of(name), values)) condition.errors().add(*error);
  if (condition.errors().first) return {};
  return comparison(Path(attribute), name, std::move(values));
}

// ---- Expected

std::optional<Error> check_expected(std::string_view attribute, const Reader& expected) {
  const std::string of = " for Attribute: " + std::string(attribute);
  const bool has_value = expected.has("Value"), has_list = expected.has("AttributeValueList");
  if (has_value && has_list)
    return invalid("Value and AttributeValueList cannot be used together" + of);
  if (expected.has("ComparisonOperator")) {
    const std::string name = expected.text("ComparisonOperator");
    if (expected.has("Exists"))
      return invalid("Exists and ComparisonOperator cannot be used together" + of);
    if (!has_value && !has_list && rules_of(name).min_count > 0) {
      return invalid("Value or AttributeValueList must be used with ComparisonOperator: " + name +
                     of);
    }
    return std::nullopt;
  }
  if (has_list)
    return invalid("AttributeValueList can only be used with a ComparisonOperator" + of);
  const bool exists = !expected.has("Exists") || expected.boolean("Exists");
  if (exists && !has_value) {
    return invalid(std::string("Value must be provided when Exists is ") +
                   (expected.has("Exists") ? "true" : "null") + of);
  }
  if (!exists && has_value) return invalid("Value cannot be used when Exists is false" + of);
  return std::nullopt;
}

Condition read_expectation(std::string_view attribute, const Reader& expected) {
  if (auto error = check_expected(attribute, expected)) expected.errors().add(std::move(*error));
  if (expected.errors().first) return {};
  std::vector<AttributeValue> values = read_values(expected);
  if (const auto value = expected.member("Value"))
    values.push_back(read_value(*value, expected.errors()));
  const auto otherwise = expected.has("Exists") && !expected.boolean("Exists") ? "NULL" : "EQ";
  const std::string name = expected.optional_text("ComparisonOperator").value_or(otherwise);
  if (auto error = check_arguments(rules_of(name), values))
    expected.errors().add(std::move(*error));
  if (expected.errors().first) return {};
  return comparison(Path(attribute), name, std::move(values));
}

// ---- AttributeUpdates

void read_update(const std::string& attribute, const Reader& json, UpdateExpression& update) {
  const std::string action = json.optional_text("Action").value_or("PUT");
  const auto given = json.member("Value");
  if (!given) {
    if (action == "DELETE") {
      update.remove.emplace_back(attribute);
    } else {
      json.errors().add(
          invalid("Only DELETE action is allowed when no attribute value is specified"));
    }
    return;
  }
  AttributeValue value = read_value(*given, json.errors());
  if (json.errors().first) return;
  const Type type = value.type();
  const bool set = type == Type::SS || type == Type::NS || type == Type::BS;
  if (action == "DELETE") {
    if (!set) {
      json.errors().add(invalid("DELETE action with value is not supported for the type " +
                                std::string(type_name(type))));
    }
    update.del.push_back({attribute, std::move(value)});
  } else if (action == "ADD") {
    if (!set && type != Type::N && type != Type::L) {
      json.errors().add(
          invalid("ADD action is not supported for the type " + std::string(type_name(type))));
    }
    update.add.push_back({attribute, std::move(value)});
  } else {
    update.set.push_back({attribute, {std::move(value)}});
  }
}

}  // namespace

Projection read_attributes_to_get(const Reader& request) {
  Projection paths;
  std::set<std::string> seen;
  for (const std::string& name : request.texts("AttributesToGet")) {
    if (name.empty()) request.errors().add(validation_error("Empty attribute name"));
    if (!seen.insert(name).second)
      request.errors().add(invalid("Duplicate value in attribute name: " + name));
    paths.emplace_back(name);
  }
  return paths;
}

Condition read_expected(const Reader& request) {
  return read_conditions(request, "Expected", read_expectation);
}

Condition read_filter(const Reader& request, std::string_view member) {
  return read_conditions(request, member, read_condition);
}

Condition read_key_conditions(const Reader& request) {
  std::vector<Condition> parts;
  const auto conditions = request.members("KeyConditions");
  for (const auto& [attribute, json] : conditions) {
    const Reader condition(json, request.errors());
    // Any that is no key condition will do: all have the same error.
    const Condition part = read_condition(attribute, condition);
    const bool negated = condition.text("ComparisonOperator") == "NOT_CONTAINS";
    parts.push_back(negated && !part.empty() ? attribute_exists(Path(attribute)) : part);
  }
  // More than two are for the keys of several attributes that only a database knows.
  if (conditions.empty())
    request.errors().add(validation_error("Conditions can be of length 1 or 2 only"));
  return legacy(all_of(parts));
}

UpdateExpression read_attribute_updates(const Reader& request) {
  UpdateExpression update{.legacy = true};
  for (const auto& [attribute, json] : request.members("AttributeUpdates")) {
    if (attribute.empty()) request.errors().add(validation_error("Empty attribute name"));
    read_update(std::string(attribute), Reader(json, request.errors()), update);
  }
  return update;
}

}  // namespace dynamodb::wire
