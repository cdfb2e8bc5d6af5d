// Applies update expressions to items, in two steps: every action becomes what it does to its path
// (all of them read the item as it was), then the actions are carried out along one tree of paths,
// so that positions in lists are those of the old list.
#include <algorithm>
#include <iterator>
#include <map>
#include <variant>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

constexpr char kInvalidPath[] =
    "The document path provided in the update expression is invalid for update";
constexpr char kNoAttribute[] =
    "The provided expression refers to an attribute that does not exist in the item";
constexpr char kOperandType[] = "An operand in the update expression has an incorrect data type";
constexpr char kLegacyType[] = "Type mismatch for attribute to update";
constexpr char kNesting[] =
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
    "beyond supported limit";

const AttributeValue* find_member(const Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : &found->second;
}

const AttributeValue* find(const Item& item, const Path& path) {
  const AttributeValue* value = find_member(item, path.top());
  for (std::size_t i = 1; value != nullptr && i < path.steps().size(); ++i) {
    if (const auto* name = std::get_if<std::string>(&path.steps()[i])) {
      const Map* map = value->get_if<Map>();
      value = map != nullptr ? find_member(*map, *name) : nullptr;
    } else {
      const auto position = std::get<std::uint32_t>(path.steps()[i]);
      const List* list = value->get_if<List>();
      value = list != nullptr && position < list->size() ? &(*list)[position] : nullptr;
    }
  }
  return value;
}

// ---- values of SET

Result<AttributeValue> value_of(const SetOperand& operand, const Item& item);

Result<AttributeValue> value_of(const Path& path, const Item& item) {
  const AttributeValue* value = find(item, path);
  if (value == nullptr) return validation_error(kNoAttribute);
  return *value;
}

Result<AttributeValue> value_of(const AttributeValue& constant, const Item&) { return constant; }

Result<AttributeValue> value_of(const IfNotExists& f, const Item& item) {
  if (const AttributeValue* value = find(item, f.path)) return *value;
  return value_of(*f.otherwise, item);
}

Result<AttributeValue> value_of(const ListAppend& f, const Item& item) {
  auto first = value_of(*f.first, item);
  if (!first) return first;
  auto second = value_of(*f.second, item);
  if (!second) return second;
  List *list = first->get_if<List>(), *tail = second->get_if<List>();
  if (list == nullptr || tail == nullptr) return validation_error(kOperandType);
  std::move(tail->begin(), tail->end(), std::back_inserter(*list));
  return first;
}

Result<AttributeValue> value_of(const Arithmetic& f, const Item& item) {
  const auto left = value_of(*f.left, item);
  if (!left) return left;
  const auto right = value_of(*f.right, item);
  if (!right) return right;
  const Number *a = left->get_if<Number>(), *b = right->get_if<Number>();
  if (a == nullptr || b == nullptr) return validation_error(kOperandType);
  std::string error;
  const auto result = f.subtract ? subtract(*a, *b, &error) : add(*a, *b, &error);
  if (!result) return validation_error(std::move(error));
  return AttributeValue(*result);
}

Result<AttributeValue> value_of(const SetOperand& operand, const Item& item) {
  return std::visit([&](const auto& v) { return value_of(v, item); }, operand.value);
}

// ---- what each action does to its path

struct Keep {};  // nothing, but its parents must exist
struct Remove {};
using Effect = std::variant<Keep, Remove, AttributeValue>;

// Members of both sets are sorted.
template <class Set>
Set united(const Set& a, const Set& b) {
  Set result;
  std::set_union(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                 std::back_inserter(result.members));
  return result;
}
template <class Set>
Set without(const Set& a, const Set& b) {
  Set result;
  std::set_difference(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                      std::back_inserter(result.members));
  return result;
}

Result<Effect> add_effect(const AttributeValue* old, const AttributeValue& value) {
  if (old == nullptr) return Effect(value);
  if (old->type() != value.type()) return validation_error(kOperandType);
  if (const auto* n = value.get_if<Number>()) {
    std::string error;
    auto sum = add(old->as<Number>(), *n, &error);
    if (!sum) return validation_error(std::move(error));
    return Effect(AttributeValue(std::move(*sum)));
  }
  if (const auto* s = value.get_if<StringSet>())
    return Effect(AttributeValue(united(old->as<StringSet>(), *s)));
  if (const auto* s = value.get_if<NumberSet>())
    return Effect(AttributeValue(united(old->as<NumberSet>(), *s)));
  if (const auto* s = value.get_if<BinarySet>())
    return Effect(AttributeValue(united(old->as<BinarySet>(), *s)));
  if (const auto* l = value.get_if<List>()) {
    List longer = old->as<List>();
    longer.insert(longer.end(), l->begin(), l->end());
    return Effect(AttributeValue(std::move(longer)));
  }
  return validation_error(kOperandType);
}

// DynamoDB: a set is never empty; removing the last member removes the attribute.
template <class Set>
Effect difference_effect(const Set& old, const Set& members) {
  Set rest = without(old, members);
  if (rest.members.empty()) return Remove{};
  return AttributeValue(std::move(rest));
}

Result<Effect> delete_effect(const AttributeValue* old, const AttributeValue& value) {
  if (old == nullptr) return Effect(Keep{});
  if (old->type() != value.type()) return validation_error(kOperandType);
  if (const auto* s = value.get_if<StringSet>()) return difference_effect(old->as<StringSet>(), *s);
  if (const auto* s = value.get_if<NumberSet>()) return difference_effect(old->as<NumberSet>(), *s);
  if (const auto* s = value.get_if<BinarySet>()) return difference_effect(old->as<BinarySet>(), *s);
  return validation_error(kOperandType);
}

// ---- carrying them out

struct EffectTree {
  std::optional<Effect> effect{};
  std::map<std::string_view, EffectTree> names{};
  std::map<std::uint32_t, EffectTree>
      positions{};  // in order: elements past the end are appended in this order

  void add(const Path& path, Effect what) {
    EffectTree* at = this;
    for (const Path::Step& step : path.steps()) {
      const auto* name = std::get_if<std::string>(&step);
      at = name != nullptr ? &at->names[*name] : &at->positions[std::get<std::uint32_t>(step)];
    }
    at->effect = std::move(what);
  }
};

bool apply(EffectTree& tree, AttributeValue& value);

bool apply_names(EffectTree& tree, Map& map) {
  for (auto& [name, child] : tree.names) {
    if (child.effect) {
      if (std::holds_alternative<Remove>(*child.effect)) {
        if (const auto found = map.find(name); found != map.end()) map.erase(found);
      } else if (auto* value = std::get_if<AttributeValue>(&*child.effect)) {
        map.insert_or_assign(std::string(name), std::move(*value));
      }
      continue;
    }
    const auto found = map.find(name);
    if (found == map.end() || !apply(child, found->second)) return false;
  }
  return true;
}

bool apply_positions(EffectTree& tree, List& list) {
  const std::size_t old_size = list.size();
  std::vector<std::size_t> removed;
  for (auto& [position, child] : tree.positions) {
    const bool exists = position < old_size;
    if (!child.effect) {
      if (!exists || !apply(child, list[position])) return false;
    } else if (std::holds_alternative<Remove>(*child.effect)) {
      if (exists) removed.push_back(position);
    } else if (auto* value = std::get_if<AttributeValue>(&*child.effect)) {
      exists ? void(list[position] = std::move(*value)) : list.push_back(std::move(*value));
    }
  }
  for (auto position = removed.rbegin(); position != removed.rend(); ++position) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(*position));
  }
  return true;
}

// Whether every parent in `tree` exists in `value` and is of the right kind.
bool apply(EffectTree& tree, AttributeValue& value) {
  if (!tree.names.empty()) {
    Map* map = value.get_if<Map>();
    if (map == nullptr || !apply_names(tree, *map)) return false;
  }
  if (!tree.positions.empty()) {
    List* list = value.get_if<List>();
    if (list == nullptr || !apply_positions(tree, *list)) return false;
  }
  return true;
}

// How many levels `value` takes, itself included.
std::size_t levels(const AttributeValue& value) {
  std::size_t deepest = 0;
  if (const Map* map = value.get_if<Map>()) {
    for (const auto& [name, member] : *map) deepest = std::max(deepest, levels(member));
  } else if (const List* list = value.get_if<List>()) {
    for (const auto& element : *list) deepest = std::max(deepest, levels(element));
  }
  return deepest + 1;
}

Error effect_error(const UpdateExpression& update, Error error) {
  if (update.legacy && error.message == kOperandType) error.message = kLegacyType;
  return error;
}

Result<EffectTree> effects_of(const UpdateExpression& update, const Item& item) {
  EffectTree tree;
  for (const auto& [path, operand] : update.set) {
    auto value = value_of(operand, item);
    if (!value) return value.error();
    if (path.steps().size() - 1 + levels(*value) > kMaxNesting) return validation_error(kNesting);
    tree.add(path, std::move(*value));
  }
  for (const Path& path : update.remove) tree.add(path, Remove{});
  for (const auto& [path, value] : update.add) {
    auto effect = add_effect(find(item, path), value);
    if (!effect) return effect_error(update, effect.error());
    tree.add(path, std::move(*effect));
  }
  for (const auto& [path, value] : update.del) {
    auto effect = delete_effect(find(item, path), value);
    if (!effect) return effect_error(update, effect.error());
    tree.add(path, std::move(*effect));
  }
  return tree;
}

}  // namespace

Result<void> apply_update(const UpdateExpression& update, Item& item) {
  auto tree = effects_of(update, item);
  if (!tree) return tree.error();
  if (!apply_names(*tree, item)) return validation_error(kInvalidPath);
  return {};
}

Projection touched_paths(const UpdateExpression& update) {
  Projection paths;
  for (const auto& action : update.set) paths.push_back(action.path);
  for (const Path& path : update.remove) paths.push_back(path);
  for (const auto& action : update.add) paths.push_back(action.path);
  for (const auto& action : update.del) paths.push_back(action.path);
  return paths;
}

bool creates_item(const UpdateExpression& update) {
  return update.empty() || !update.set.empty() || !update.add.empty();
}

}  // namespace dynamodb
