// Literals and parameters as values.
#include <set>

#include "dynamodb/limits.h"
#include "dynamodb/partiql/parsing.h"
#include "dynamodb/partiql/translate.h"

namespace dynamodb::partiql {
namespace {

// What DynamoDB's messages call an expression that is no literal.
std::string kind_name(const Expression& e) {
  switch (e.kind) {
    case ExpressionKind::path:
      return e.steps.size() == 1 ? "VariableReference" : "Path";
    case ExpressionKind::parameter:
      return "Parameter";
    case ExpressionKind::missing:
      return "MISSING";
    case ExpressionKind::call:
      return e.text;
    case ExpressionKind::operation:
      return "NAry";
    default:
      return "Literal";
  }
}

std::string duplicates(const Expression& bag) {
  std::string members;
  for (const Expression& member : bag.args) {
    if (!members.empty()) members += ", ";
    members += member.text;
  }
  return "One or more parameter values were invalid: Input collection [" + members +
         "] contains duplicates";
}

}  // namespace

void Translator::fail(std::string message) {
  if (!error_) error_ = validation_error(std::move(message));
}
void Translator::fail_at(const std::string& message, const Expression& at) {
  fail(message + place_text(at.place));
}

AttributeValue Translator::value(const Expression& e) {
  if (e.kind == ExpressionKind::parameter) return parameters_[e.parameter];
  if (e.kind == ExpressionKind::missing) {
    fail("MISSING must be compared using IS operator");
    return {};
  }
  return literal(e, "root", 0);
}

AttributeValue Translator::literal(const Expression& e, const std::string& where,
                                   std::size_t level) {
  if (level >= kMaxNesting) {
    fail("Nesting Levels have exceeded supported limits under " + where);
    return {};
  }
  switch (e.kind) {
    case ExpressionKind::string:
      return e.text;
    case ExpressionKind::number:
      return number(e, where);
    case ExpressionKind::boolean:
      return e.text == "true";
    case ExpressionKind::null:
      return Null{};
    case ExpressionKind::structure:
      return structure(e, where, level);
    case ExpressionKind::list:
      return list(e, where, level);
    case ExpressionKind::bag:
      return bag(e, where);
    case ExpressionKind::ion:
      fail_at("Ion Literals are not supported: " + e.text + " under key " + where, e);
      return {};
    default:
      fail_at("Unsupported data type: " + kind_name(e) + " under key " + where, e);
      return {};
  }
}

Number Translator::number(const Expression& e, const std::string& where) {
  std::string problem;
  auto number = Number::parse(e.text, &problem);
  if (!number) fail(problem + " under " + where);
  return number.value_or(Number());
}

Map Translator::structure(const Expression& e, const std::string& where, std::size_t level) {
  Map map;
  for (std::size_t i = 0; i + 1 < e.args.size() && !error_; i += 2) {
    const Expression& key = e.args[i];
    if (key.kind != ExpressionKind::string) {
      fail_at(
          "Tuple keys must be of type String. Actual type: " + kind_name(key) + " under " + where,
          key);
    }
    if (map.contains(key.text)) {
      fail_at("Duplicate keys in tuple. Key: " + key.text + " under " + where, key);
    }
    map.emplace(key.text, literal(e.args[i + 1], where + '.' + key.text, level + 1));
  }
  return map;
}

List Translator::list(const Expression& e, const std::string& where, std::size_t level) {
  List list;
  for (const Expression& element : e.args) {
    if (error_) break;
    list.push_back(literal(element, where + '[' + std::to_string(list.size()) + ']', level + 1));
  }
  return list;
}

// DynamoDB: no literal is a set of binaries; a parameter can be one.
AttributeValue Translator::bag(const Expression& e, const std::string& where) {
  if (e.args.empty()) {
    fail("Empty bags are not supported");
    return {};
  }
  const ExpressionKind kind = e.args.front().kind;
  for (const Expression& member : e.args) {
    if (member.kind == kind && (kind == ExpressionKind::string || kind == ExpressionKind::number))
      continue;
    fail("Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
    return {};
  }
  if (kind == ExpressionKind::string) {
    std::vector<std::string> members;
    for (const Expression& member : e.args) members.push_back(member.text);
    auto set = StringSet::make(std::move(members));
    if (set.members.size() < e.args.size()) fail(duplicates(e) + '.');
    return set;
  }
  std::vector<Number> members;
  for (const Expression& member : e.args) members.push_back(number(member, where));
  auto set = NumberSet::make(std::move(members));
  if (set.members.size() < e.args.size()) fail(duplicates(e) + "! under " + where);
  return set;
}

Item Translator::item(const Expression& e) {
  if (e.kind != ExpressionKind::structure) {
    fail_at(
        "Unsupported format in item expression. Please use struct format {...} to express item "
        "values for insert statement.",
        e);
    return {};
  }
  Item item;
  for (std::size_t i = 0; i + 1 < e.args.size() && !error_; i += 2) {
    const Expression& key = e.args[i];
    const Expression& attribute = e.args[i + 1];
    if (key.kind != ExpressionKind::string) {
      fail_at("Tuple keys must be of type String. Actual type: " + kind_name(key) + " under root",
              key);
    }
    if (item.contains(key.text)) {
      fail_at("Duplicate keys in tuple. Key: " + key.text + " under root", key);
    }
    item.emplace(key.text, attribute.kind == ExpressionKind::parameter
                               ? parameters_[attribute.parameter]
                               : literal(attribute, "root", 0));
  }
  if (auto problem = check_item(item); problem && !error_) fail(std::move(*problem));
  return item;
}

}  // namespace dynamodb::partiql
