#include "dynamodb/value.h"

#include <algorithm>
#include <array>

#include <simdjson.h>

#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

constexpr std::array<std::string_view, 10> kTypeNames = {"S", "N", "B",  "BOOL", "NULL",
                                                         "M", "L", "SS", "NS",   "BS"};
constexpr char kInvalid[] = "One or more parameter values were invalid: ";
constexpr char kEmptyName[] = "Empty attribute name";
constexpr char kTooDeep[] =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
    "beyond supported limit";

template <class T>
std::vector<T> sorted_unique(std::vector<T> members) {
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::optional<std::string> check(const AttributeValue& value, std::size_t level);

std::optional<std::string> check_entry(std::string_view name, const AttributeValue& value,
                                       std::size_t level) {
  if (name.empty()) return kEmptyName;
  if (name.size() > kMaxAttributeNameSize) {
    return std::string(kInvalid) + "Attribute name is too large, must be less than 65536 bytes";
  }
  if (!is_utf8(name)) return std::string(kInvalid) + "An attribute name is not valid UTF-8";
  return check(value, level);
}

// Whether there is anything more than `levels` below the value.
bool is_deeper(const AttributeValue& value, std::size_t levels) {
  if (const auto* map = value.get_if<Map>()) {
    if (levels == 0) return !map->empty();
    return std::any_of(map->begin(), map->end(), [levels](const auto& member) {
      return is_deeper(member.second, levels - 1);
    });
  }
  const auto* list = value.get_if<List>();
  if (list == nullptr) return false;
  if (levels == 0) return !list->empty();
  return std::any_of(list->begin(), list->end(),
                     [levels](const auto& element) { return is_deeper(element, levels - 1); });
}

std::optional<std::string> check_strings(const std::vector<std::string>& members) {
  if (members.empty()) return std::string(kInvalid) + "An string set  may not be empty";
  if (!std::all_of(members.begin(), members.end(), is_utf8)) {
    return std::string(kInvalid) + "A string of a set is not valid UTF-8";
  }
  return std::nullopt;
}

// DynamoDB: the attribute itself is level 1; a leaf at level 32 is stored, one at level 33 is
// refused.
std::optional<std::string> check(const AttributeValue& value, std::size_t level) {
  if (level > kMaxNesting) return kTooDeep;
  switch (value.type()) {
    case Type::S:
      if (!is_utf8(value.as<std::string>()))
        return std::string(kInvalid) + "A string is not valid UTF-8";
      return std::nullopt;
    case Type::M:
      for (const auto& [name, member] : value.as<Map>()) {
        if (auto problem = check_entry(name, member, level + 1)) return problem;
      }
      return std::nullopt;
    case Type::L:
      for (const auto& element : value.as<List>()) {
        if (auto problem = check(element, level + 1)) return problem;
      }
      return std::nullopt;
    case Type::SS:
      return check_strings(value.as<StringSet>().members);
    case Type::NS:
      if (!value.as<NumberSet>().members.empty()) return std::nullopt;
      return std::string(kInvalid) + "An number set  may not be empty";
    case Type::BS:
      if (!value.as<BinarySet>().members.empty()) return std::nullopt;
      return std::string(kInvalid) + "Binary sets should not be empty";
    case Type::N:
    case Type::B:
    case Type::BOOL:
    case Type::NUL:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string_view type_name(Type type) { return kTypeNames.at(static_cast<std::size_t>(type) - 1); }

std::optional<Type> parse_type(std::string_view name) {
  const auto found = std::find(kTypeNames.begin(), kTypeNames.end(), name);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<Type>(found - kTypeNames.begin() + 1);
}

StringSet StringSet::make(std::vector<std::string> members) {
  return {sorted_unique(std::move(members))};
}
NumberSet NumberSet::make(std::vector<Number> members) {
  return {sorted_unique(std::move(members))};
}
BinarySet BinarySet::make(std::vector<std::string> members) {
  return {sorted_unique(std::move(members))};
}

std::optional<std::string> check_value(const AttributeValue& value) { return check(value, 1); }

std::optional<std::string> check_nesting(const Item& item) {
  if (item.contains("")) return kEmptyName;
  const bool too_deep = std::any_of(item.begin(), item.end(), [](const auto& attribute) {
    return is_deeper(attribute.second, kMaxNesting - 1);
  });
  return too_deep ? std::optional<std::string>(kTooDeep) : std::nullopt;
}

std::optional<std::string> check_item(const Item& item) {
  for (const auto& [name, value] : item) {
    if (auto problem = check_entry(name, value, 1)) return problem;
  }
  return std::nullopt;
}

}  // namespace dynamodb
