// The two walks over a request by its shape: types first, rules then.
#include <algorithm>
#include <bit>
#include <charconv>

#include <simdjson.h>

#include "dynamodb/arn.h"
#include "dynamodb/wire_echo.h"
#include "dynamodb/wire_shapes.h"

namespace dynamodb::wire {
namespace {

using Element = simdjson::dom::element;
using JsonType = simdjson::dom::element_type;
using Kind = Shape::Kind;

Element unwrap(const JsonElement& json) { return std::bit_cast<Element>(json.bytes); }

constexpr std::string_view kPackage = "com.amazonaws.dynamodb.v20120810.";

const Field* find_field(const Shape& shape, std::string_view name) {
  const auto found = std::find_if(shape.fields.begin(), shape.fields.end(),
                                  [name](const Field& field) { return field.name == name; });
  return found == shape.fields.end() ? nullptr : &*found;
}

// ---- types

// Where a value stands: DynamoDB's words for a wrong one depend on it.
enum class Place { member, element };

constexpr char kStructure[] = "Start of structure or map found where not expected";
// Of a list or map within a list or map.
constexpr char kCast[] =
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
    "java.lang.Class are in module java.base of loader 'bootstrap')";

std::string java_class(std::string_view name) {
  return name.find('.') == std::string_view::npos ? std::string(kPackage) + std::string(name)
                                                  : std::string(name);
}

// What DynamoDB's parser calls a scalar; empty for a list or object.
std::string_view token_name(JsonType type, Element json) {
  switch (type) {
    case JsonType::STRING:
      return "STRING_VALUE";
    case JsonType::INT64:
    case JsonType::UINT64:
      return "NUMBER_VALUE";
    case JsonType::DOUBLE:
      return "DECIMAL_VALUE";
    case JsonType::BOOL:
      return bool(json) ? "TRUE_VALUE" : "FALSE_VALUE";
    default:
      return "";
  }
}

// The integer that a text spells out.
std::optional<std::int64_t> integer_text(Element json) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(value)
                                                                  : std::nullopt;
}

class TypeChecker {
 public:
  // The message for the first wrong type.
  using Problem = std::optional<std::string>;

  Problem check(Element json, const Shape& shape, Place place) const {
    if (json.is_null()) return std::nullopt;
    switch (shape.kind) {
      case Kind::boolean:
        return boolean(json);
      case Kind::integer:
        return scalar(json, "Integer", "class java.lang.Integer", json.is_number());
      case Kind::long_integer:
        return scalar(json, "Long", "class java.lang.Long",
                      json.is_number() || (shape.may_be_text && integer_text(json)));
      case Kind::string:
        return scalar(json, "String", "class java.lang.String", json.is_string());
      case Kind::blob:
        return blob(json);
      case Kind::list:
        return list(json, shape, place);
      case Kind::map:
        return map(json, shape, place);
      case Kind::structure:
        return structure(json, shape, place);
    }
    return std::nullopt;
  }

 private:
  static Problem scalar(Element json, std::string_view name, std::string_view java, bool fits) {
    if (fits) return std::nullopt;
    if (json.is_object()) return kStructure;
    if (json.is_array()) return "Unrecognized collection type " + std::string(java);
    return std::string(token_name(json.type(), json)) + " cannot be converted to " +
           std::string(name);
  }

  static Problem boolean(Element json) {
    std::string_view text;
    if (json.get(text) == simdjson::SUCCESS) {
      if (boolean_text(text)) return std::nullopt;
      return "Unexpected token received from parser";
    }
    return scalar(json, "Boolean", "class java.lang.Boolean", json.is_bool());
  }

  static Problem blob(Element json) {
    std::string_view text;
    if (json.get(text) == simdjson::SUCCESS) return base64_problem(text);
    if (json.is_object()) return kStructure;
    if (json.is_array()) return "Unrecognized collection type class java.nio.ByteBuffer";
    return "only base-64-encoded strings are convertible to bytes";
  }

  Problem list(Element json, const Shape& shape, Place place) const {
    if (json.is_object()) return kStructure;
    if (!json.is_array()) return place == Place::element ? kCast : "Unexpected field type";
    for (const Element element : simdjson::dom::array(json)) {
      if (auto problem = check(element, *shape.element, Place::element)) return problem;
    }
    return std::nullopt;
  }

  Problem map(Element json, const Shape& shape, Place place) const {
    if (json.is_array()) {
      return "Unrecognized collection type java.util.Map<java.lang.String, " +
             java_class(shape.java) + ">";
    }
    if (!json.is_object()) return place == Place::element ? kCast : "Unexpected field type";
    for (const auto& [name, value] : simdjson::dom::object(json)) {
      if (auto problem = check(value, *shape.element, Place::element)) return problem;
    }
    return std::nullopt;
  }

  Problem structure(Element json, const Shape& shape, Place place) const {
    if (!json.is_object()) {
      if (json.is_array()) return "Unrecognized collection type class " + java_class(shape.java);
      return place == Place::element ? "Unexpected value type in payload" : "Unexpected field type";
    }
    for (const auto& [name, value] : simdjson::dom::object(json)) {
      const Field* const field = find_field(shape, name);
      if (field == nullptr) continue;
      if (auto problem = check(value, *field->shape, Place::member)) return problem;
    }
    return std::nullopt;
  }
};

// ---- rules

constexpr char kNamePattern[] = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";
constexpr std::size_t kMinName = 3, kMaxName = 255;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

bool has_name_pattern(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_deeper(Element json, int depth) {
  const auto of_member = [depth](const auto& member) {
    if constexpr (requires { member.value; }) {
      return is_deeper(member.value, depth - 1);
    } else {
      return is_deeper(member, depth - 1);
    }
  };
  if (json.is_object()) {
    const simdjson::dom::object object(json);
    return depth == 0 || std::any_of(object.begin(), object.end(), of_member);
  }
  if (!json.is_array()) return false;
  const simdjson::dom::array array(json);
  return depth == 0 || std::any_of(array.begin(), array.end(), of_member);
}

std::string at_least(std::size_t length) {
  return "Member must have length greater than or equal to " + std::to_string(length);
}
std::string at_most(std::size_t length) {
  return "Member must have length less than or equal to " + std::to_string(length);
}

class RuleChecker {
 public:
  std::vector<ConstraintProblem> check(Element request, const Shape& shape) {
    check_fields(request, shape);
    return std::move(problems_);
  }

 private:
  void check_fields(Element json, const Shape& shape) {
    const simdjson::dom::object object(json);
    for (const Field& field : shape.fields) {
      Element value;
      const bool absent =
          object.at_key(field.name).get(value) != simdjson::SUCCESS || value.is_null();
      if (absent && !field.required) continue;
      path_.push_back({field.name});
      if (absent) {
        add("null", "Member must not be null");
      } else {
        check_value(value, *field.shape);
      }
      path_.pop_back();
    }
  }

  void check_value(Element json, const Shape& shape) {
    switch (shape.kind) {
      case Kind::string:
        check_string(json, shape);
        break;
      case Kind::integer:
      case Kind::long_integer:
        check_integer(json, shape);
        break;
      case Kind::list:
        check_list(json, shape);
        break;
      case Kind::map:
        check_map(json, shape);
        break;
      case Kind::structure:
        // Attribute values have no rules of this kind.
        if (shape.java != "AttributeValue") check_fields(json, shape);
        break;
      case Kind::boolean:
      case Kind::blob:
        break;
    }
  }

  void check_string(Element json, const Shape& shape) {
    const std::string_view text = json.get_string().value_unsafe();
    if (shape.is_name) return check_name(text, shape);
    if (!shape.values.empty()) {
      if (std::find(shape.values.begin(), shape.values.end(), text) != shape.values.end()) return;
      std::string names;
      for (const auto name : shape.values) names += (names.empty() ? "" : ", ") + std::string(name);
      return add(quoted(text), "Member must satisfy enum value set: [" + names + "]",
                 shape.checked_first, shape.new_values);
    }
    check_length(quoted(text), text.size(), shape);
  }

  // DynamoDB: since a table's ARN may stand for its name, an empty name breaks the model's rule of
  // one character; other names meet those of names.
  void check_name(std::string_view text, const Shape& shape) {
    if (shape.may_be_arn && !shape.length_first && text.empty())
      return add(quoted(text), at_least(1), /*first=*/true);
    if (shape.may_be_arn) text = table_name_of(text);
    if (shape.length_first && text.size() < kMinName) add(quoted(text), at_least(kMinName));
    if (!has_name_pattern(text)) add(quoted(text), kNamePattern);
    if (!shape.length_first && text.size() < kMinName) add(quoted(text), at_least(kMinName));
    if (text.size() > kMaxName) add(quoted(text), at_most(kMaxName));
  }

  void check_integer(Element json, const Shape& shape) {
    double real = 0;
    std::int64_t value = 0;
    if (json.get(real) == simdjson::SUCCESS) {
      value = static_cast<std::int64_t>(std::clamp(real, -9e15, 9e15));
    } else if (const auto spelled = integer_text(json)) {
      value = *spelled;
    }
    if (value < shape.min_value) {
      add(quoted(std::to_string(value)),
          "Member must have value greater than or equal to " + std::to_string(shape.min_value),
          /*first=*/true);
    }
    if (value > shape.max_value) {
      add(quoted(std::to_string(value)),
          "Member must have value less than or equal to " + std::to_string(shape.max_value),
          /*first=*/true);
    }
  }

  void check_list(Element json, const Shape& shape) {
    const simdjson::dom::array array(json);
    if (array.size() < shape.min_length || array.size() > shape.max_length) {
      check_length(quoted(echoed(json, shape)), array.size(), shape);
    }
    if (!has_rules(*shape.element)) return;
    std::size_t position = 0;
    for (const Element element : array) {
      path_.push_back({.position = ++position});
      check_element(element, *shape.element);
      path_.pop_back();
    }
  }

  void check_map(Element json, const Shape& shape) {
    if (!has_rules(*shape.element) && !shape.keyed_by_table) return;
    const simdjson::dom::object object(json);
    if (shape.keyed_by_table) check_tables(json, shape);
    for (const auto& [name, value] : object) {
      path_.push_back({.name = name, .is_member = false});
      check_element(value, *shape.element);
      path_.pop_back();
    }
  }

  void check_element(Element json, const Shape& shape) {
    if (json.is_null()) return;
    path_.push_back({.name = "member", .is_member = false});
    check_value(json, shape);
    path_.pop_back();
  }

  void check_tables(Element json, const Shape& shape) {
    bool bad_name = false, bad_length = false;
    for (const auto& [name, value] : simdjson::dom::object(json)) {
      const std::string_view table = table_name_of(name);
      bad_name = bad_name || !has_name_pattern(table) || table.size() < kMinName ||
                 table.size() > kMaxName;
      if (shape.element->kind != Kind::list) continue;
      const std::size_t size = value.is_null() ? 0 : simdjson::dom::array(value).size();
      bad_length = bad_length || size < shape.min_list || size > shape.max_list;
    }
    if (!bad_name && !bad_length) return;
    const std::string echo =
        quoted(shape.echoed_as_json ? simdjson::minify(json) : echoed(json, shape));
    // DynamoDB: a batch of writes says this only where nothing else is wrong.
    if (bad_name && (shape.echoed_as_json || problems_.empty())) {
      add(echo, "Map keys must satisfy constraint: [" + at_most(kMaxName) + ", " +
                    at_least(kMinName) + ", " + kNamePattern + "]");
    }
    if (bad_length) {
      add(echo, "Map value must satisfy constraint: [" + at_most(shape.max_list) + ", " +
                    at_least(shape.min_list) + "]");
    }
  }

  void check_length(const std::string& echo, std::size_t length, const Shape& shape) {
    if (length < shape.min_length) add(echo, at_least(shape.min_length), /*first=*/true);
    if (length > shape.max_length) add(echo, at_most(shape.max_length), /*first=*/true);
  }

  // Whether anything below can break a rule: what holds values only is not walked.
  static bool has_rules(const Shape& shape) {
    if (shape.kind == Kind::map || shape.kind == Kind::list) return has_rules(*shape.element);
    return shape.kind == Kind::structure && shape.java != "AttributeValue";
  }

  static std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

  void add(std::string value, std::string rule, bool first = false,
           std::string_view new_rule = {}) {
    if (problems_.size() == kMaxConstraintProblems) return;
    ConstraintProblem problem{.value = std::move(value),
                              .rule = std::move(rule),
                              .first = first,
                              .new_rule = std::string(new_rule)};
    for (const Step& step : path_) {
      const bool listed = step.position > 0;
      problem.path.push_back({listed ? std::to_string(step.position) : std::string(step.name),
                              step.is_member && !listed});
    }
    problems_.push_back(std::move(problem));
  }

  // Where the walk is: few requests have a problem that needs it as text.
  struct Step {
    std::string_view name{};
    bool is_member = true;
    std::size_t position = 0;  // of a list's element, from 1
  };
  std::vector<Step> path_{};
  std::vector<ConstraintProblem> problems_{};
};

}  // namespace

std::optional<std::string> check_types(JsonElement request, const Shape& shape) {
  // DynamoDB has no words for another root.
  if (!request.is_object()) return std::string();
  return TypeChecker().check(unwrap(request), shape, Place::member);
}

std::optional<std::string> check_absent(JsonElement request, const Shape& shape) {
  const simdjson::dom::object object(unwrap(request));
  for (const Field& field : shape.fields) {
    Element value;
    if (field.absent.empty() ||
        (object.at_key(field.name).get(value) == simdjson::SUCCESS && !value.is_null()))
      continue;
    return std::string(field.absent);
  }
  return std::nullopt;
}

std::vector<ConstraintProblem> check_rules(JsonElement request, const Shape& shape) {
  return RuleChecker().check(unwrap(request), shape);
}

bool is_too_deep_for_the_new_layer(JsonElement request) {
  // Each level of a value is two of JSON.
  constexpr int kMaxDepth = 128;
  return is_deeper(unwrap(request), kMaxDepth);
}

}  // namespace dynamodb::wire
