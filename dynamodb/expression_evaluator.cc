#include "dynamodb/expression_evaluator.h"

#include <algorithm>
#include <map>
#include <variant>

#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

bool equals(ValueView view, const AttributeValue& tree);

template <class Set>
bool set_equals(SetView view, const Set& set) {
  return std::equal(view.begin(), view.end(), set.members.begin(), set.members.end(),
                    [](std::string_view a, const auto& b) {
                      if constexpr (std::is_same_v<Set, NumberSet>) {
                        return a == b.text();
                      } else {
                        return a == b;
                      }
                    });
}

bool equals(ItemView view, const Map& map) {
  return view.size() == map.size() &&
         std::equal(view.begin(), view.end(), map.begin(), [](const auto& a, const auto& b) {
           return a.first == b.first && equals(a.second, b.second);
         });
}

bool equals(ListView view, const List& list) {
  return view.size() == list.size() &&
         std::equal(view.begin(), view.end(), list.begin(),
                    [](ValueView a, const AttributeValue& b) { return equals(a, b); });
}

bool equals(ValueView view, const AttributeValue& tree) {
  if (view.type() != tree.type()) return false;
  switch (view.type()) {
    case Type::S:
      return view.text() == tree.as<std::string>();
    case Type::N:
      return view.text() == tree.as<Number>().text();
    case Type::B:
      return view.text() == tree.as<Binary>().bytes;
    case Type::BOOL:
      return view.boolean() == tree.as<bool>();
    case Type::NUL:
      return true;
    case Type::M:
      return equals(view.map(), tree.as<Map>());
    case Type::L:
      return equals(view.list(), tree.as<List>());
    case Type::SS:
      return set_equals(view.set(), tree.as<StringSet>());
    case Type::NS:
      return set_equals(view.set(), tree.as<NumberSet>());
    case Type::BS:
      return set_equals(view.set(), tree.as<BinarySet>());
  }
  return false;
}

// What an operand stands for: nothing, a value in the item, a constant of the condition, or a size.
class Value {
 public:
  Value() = default;
  explicit Value(ValueView view) : value_(view) {}
  explicit Value(const AttributeValue& tree) : value_(&tree) {}
  explicit Value(std::size_t size) : value_(std::to_string(size)) {}

  bool missing() const { return std::holds_alternative<std::monostate>(value_); }
  // The others REQUIRE: !missing()
  Type type() const {
    if (const auto* view = std::get_if<ValueView>(&value_)) return view->type();
    if (const auto* tree = std::get_if<const AttributeValue*>(&value_)) return (*tree)->type();
    return Type::N;
  }
  // REQUIRES: S, N or B
  std::string_view text() const {
    if (const auto* view = std::get_if<ValueView>(&value_)) return view->text();
    if (const auto* size = std::get_if<std::string>(&value_)) return *size;
    const AttributeValue& tree = *std::get<const AttributeValue*>(value_);
    if (const auto* s = tree.get_if<std::string>()) return *s;
    if (const auto* n = tree.get_if<Number>()) return n->text();
    return tree.as<Binary>().bytes;
  }
  bool is_ordered() const { return type() == Type::S || type() == Type::N || type() == Type::B; }

  bool equals(const Value& other) const {
    if (type() != other.type()) return false;
    if (is_ordered()) return text() == other.text();
    const auto *a = std::get_if<ValueView>(&value_), *b = std::get_if<ValueView>(&other.value_);
    if (a != nullptr && b != nullptr) return *a == *b;
    if (a != nullptr) return dynamodb::equals(*a, *std::get<const AttributeValue*>(other.value_));
    if (b != nullptr) return dynamodb::equals(*b, *std::get<const AttributeValue*>(value_));
    return *std::get<const AttributeValue*>(value_) ==
           *std::get<const AttributeValue*>(other.value_);
  }
  const ValueView* view() const { return std::get_if<ValueView>(&value_); }
  const AttributeValue* tree() const {
    const auto* tree = std::get_if<const AttributeValue*>(&value_);
    return tree == nullptr ? nullptr : *tree;
  }

 private:
  std::variant<std::monostate, ValueView, const AttributeValue*, std::string> value_{};
};

// DynamoDB: size() of a string counts UTF-16 code units (measured on DynamoDB Local; see the
// semantics table).
std::size_t utf16_size(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0) != 0x80) units += byte >= 0xF0 ? 2 : 1;
  }
  return units;
}

bool is_size(const Operand& operand) { return std::holds_alternative<SizeOf>(operand); }

// One condition on one item.
class Evaluator {
 public:
  // `of_many`: the condition asks for so many attributes that looking at all for each would not do.
  Evaluator(ItemView item, bool of_many) : item_(item) {
    if (of_many) by_name_.assign(item.begin(), item.end());
  }

  bool holds(const ConditionNode& node) const {
    switch (node.op) {
      case ConditionOp::and_:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](const Condition& c) { return holds(c.node()); });
      case ConditionOp::or_:
        return std::any_of(node.children.begin(), node.children.end(),
                           [&](const Condition& c) { return holds(c.node()); });
      case ConditionOp::not_:
        return !holds(node.children.front().node());
      case ConditionOp::attribute_exists:
        return !value(node.operands[0]).missing();
      case ConditionOp::attribute_not_exists:
        return value(node.operands[0]).missing();
      case ConditionOp::attribute_type:
        return has_type(node);
      case ConditionOp::begins_with:
        return begins(node);
      case ConditionOp::contains:
        return holds_member(node);
      case ConditionOp::between:
        return is_between(node);
      case ConditionOp::in:
        return is_in(node);
      default:
        return compares(node);
    }
  }

 private:
  Value value(const Operand& operand) const {
    if (const auto* constant = std::get_if<AttributeValue>(&operand)) return Value(*constant);
    const auto* size = std::get_if<SizeOf>(&operand);
    const auto found = find(size != nullptr ? size->path : std::get<Path>(operand));
    if (!found) return {};
    if (size == nullptr) return Value(*found);
    const auto known = size_of(*found);
    return known ? Value(*known) : Value();
  }

  std::optional<ValueView> find(const Path& path) const {
    if (by_name_.empty() || !path.is_top_level()) return resolve(path, item_);
    const auto at =
        std::lower_bound(by_name_.begin(), by_name_.end(), path.top(),
                         [](const auto& entry, const auto& name) { return entry.first < name; });
    if (at == by_name_.end() || at->first != path.top()) return std::nullopt;
    return at->second;
  }

  // nullopt where the two have no order: one is missing, of another type, or of a type without
  // order.
  static std::optional<std::strong_ordering> order(const Value& a, const Value& b) {
    if (a.missing() || b.missing() || a.type() != b.type() || !a.is_ordered()) return std::nullopt;
    if (a.type() == Type::N) return compare_numbers(a.text(), b.text());
    return a.text().compare(b.text()) <=> 0;  // S and B: unsigned bytes
  }

  static bool same(const Value& a, const Value& b) {
    return !a.missing() && !b.missing() && a.equals(b);
  }

  bool compares(const ConditionNode& node) const {
    const Value left = value(node.operands[0]), right = value(node.operands[1]);
    if (node.op == ConditionOp::equal) return same(left, right);
    if (node.op == ConditionOp::not_equal) {
      // DynamoDB: what has no size, and a size beside anything but a number, fails every
      // comparison.
      const bool sized = is_size(node.operands[0]) || is_size(node.operands[1]);
      if (sized && (left.missing() || right.missing() || left.type() != right.type())) return false;
      return !same(left, right);
    }
    const auto ordering = order(left, right);
    if (!ordering) return false;
    switch (node.op) {
      case ConditionOp::less:
        return *ordering < 0;
      case ConditionOp::less_equal:
        return *ordering <= 0;
      case ConditionOp::greater:
        return *ordering > 0;
      default:
        return *ordering >= 0;
    }
  }

  bool is_between(const ConditionNode& node) const {
    const Value v = value(node.operands[0]);
    const auto low = order(v, value(node.operands[1])), high = order(v, value(node.operands[2]));
    return low && high && *low >= 0 && *high <= 0;
  }

  bool is_in(const ConditionNode& node) const {
    const Value v = value(node.operands[0]);
    return std::any_of(node.operands.begin() + 1, node.operands.end(),
                       [&](const Operand& candidate) { return same(v, value(candidate)); });
  }

  bool has_type(const ConditionNode& node) const {
    const Value v = value(node.operands[0]), name = value(node.operands[1]);
    return !v.missing() && !name.missing() && name.type() == Type::S &&
           type_name(v.type()) == name.text();
  }

  bool begins(const ConditionNode& node) const {
    const Value v = value(node.operands[0]), prefix = value(node.operands[1]);
    if (v.missing() || prefix.missing() || v.type() != prefix.type()) return false;
    return (v.type() == Type::S || v.type() == Type::B) && v.text().starts_with(prefix.text());
  }

  bool holds_member(const ConditionNode& node) const {
    const Value whole = value(node.operands[0]), member = value(node.operands[1]);
    if (whole.missing() || member.missing()) return false;
    switch (whole.type()) {
      case Type::S:
      case Type::B:
        return member.type() == whole.type() &&
               whole.text().find(member.text()) != std::string_view::npos;
      case Type::SS:
        return member.type() == Type::S && set_contains(whole, member.text());
      case Type::NS:
        return member.type() == Type::N && set_contains(whole, member.text());
      case Type::BS:
        return member.type() == Type::B && set_contains(whole, member.text());
      case Type::L:
        return list_contains(whole, member);
      default:
        return false;
    }
  }

  static bool set_contains(const Value& set, std::string_view member) {
    if (const auto* view = set.view()) return view->set().contains(member);
    const std::string packed = pack_value(*set.tree());
    return ValueView(packed).set().contains(member);
  }

  static bool list_contains(const Value& list, const Value& member) {
    if (const auto* view = list.view()) {
      const ListView elements = view->list();
      return std::any_of(elements.begin(), elements.end(),
                         [&](ValueView element) { return Value(element).equals(member); });
    }
    const List& elements = list.tree()->as<List>();
    return std::any_of(elements.begin(), elements.end(), [&](const AttributeValue& element) {
      return Value(element).equals(member);
    });
  }

  ItemView item_;
  std::vector<std::pair<std::string_view, ValueView>> by_name_{};
};

// ---- projection

// The parts of one value that are wanted: all of it, or parts of its parts.
struct Wanted {
  bool whole = false;
  std::map<std::string_view, Wanted> names{};
  std::map<std::uint32_t, Wanted> positions{};

  void add(const Path& path) {
    Wanted* at = this;
    for (const Path::Step& step : path.steps()) {
      const auto* name = std::get_if<std::string>(&step);
      at = name != nullptr ? &at->names[*name] : &at->positions[std::get<std::uint32_t>(step)];
    }
    at->whole = true;
  }
};

std::optional<AttributeValue> wanted_part(ValueView value, const Wanted& wanted) {
  if (wanted.whole) return unpack(value);
  if (value.type() == Type::M) {
    Map part;
    for (const auto& [name, member] : value.map()) {
      const auto child = wanted.names.find(name);
      if (child == wanted.names.end()) continue;
      if (auto taken = wanted_part(member, child->second)) part.emplace(name, std::move(*taken));
    }
    return part.empty() ? std::nullopt : std::optional<AttributeValue>(std::move(part));
  }
  if (value.type() == Type::L) {
    List part;
    auto child = wanted.positions.begin();
    std::uint32_t position = 0;
    for (const ValueView element : value.list()) {
      if (child == wanted.positions.end()) break;
      if (position++ != child->first) continue;
      if (auto taken = wanted_part(element, child->second)) part.push_back(std::move(*taken));
      ++child;
    }
    return part.empty() ? std::nullopt : std::optional<AttributeValue>(std::move(part));
  }
  return std::nullopt;
}

PackedItem project_by_tree(ItemView item, const Projection& paths) {
  Wanted wanted;
  for (const Path& path : paths) wanted.add(path);
  ItemPacker packer;
  for (const auto& [name, value] : item) {
    const auto child = wanted.names.find(name);
    if (child == wanted.names.end()) continue;
    if (child->second.whole) {
      packer.add(name, value);
    } else if (const auto part = wanted_part(value, child->second)) {
      packer.add(name, *part);
    }
  }
  return std::move(packer).finish();
}

}  // namespace

bool evaluate(const Condition& condition, ItemView item) {
  if (condition.empty()) return true;
  const bool of_many = condition->children.size() > kMaxExpressionOperators;
  return Evaluator(item, of_many).holds(condition.node());
}

std::optional<ValueView> resolve(const Path& path, ItemView item) {
  auto value = item.find(path.top());
  for (std::size_t i = 1; value && i < path.steps().size(); ++i) {
    if (const auto* name = std::get_if<std::string>(&path.steps()[i])) {
      value = value->type() == Type::M ? value->map().find(*name) : std::nullopt;
    } else {
      const auto position = std::get<std::uint32_t>(path.steps()[i]);
      value = value->type() == Type::L ? value->list().at(position) : std::nullopt;
    }
  }
  return value;
}

std::optional<std::size_t> size_of(ValueView value) {
  switch (value.type()) {
    case Type::S:
      return utf16_size(value.text());
    case Type::B:
      return value.text().size();
    case Type::M:
      return value.map().size();
    case Type::L:
      return value.list().size();
    case Type::SS:
    case Type::NS:
    case Type::BS:
      return value.set().size();
    case Type::N:
    case Type::BOOL:
    case Type::NUL:
      return std::nullopt;
  }
  return std::nullopt;
}

PackedItem project(ItemView item, const Projection& paths) {
  constexpr std::size_t kFew = 16;  // as most projections are: compared with every attribute
  const auto top_level = [](const Path& path) { return path.is_top_level(); };
  if (paths.size() > kFew || !std::all_of(paths.begin(), paths.end(), top_level))
    return project_by_tree(item, paths);
  ItemPacker packer;
  for (const auto& entry : item) {
    const auto named = [&](const Path& path) { return path.top() == entry.first; };
    if (paths.empty() || std::any_of(paths.begin(), paths.end(), named)) {
      packer.add(entry.first, entry.second);
    }
  }
  return std::move(packer).finish();
}

}  // namespace dynamodb
