#include "dynamo_backend/predicate.h"

#include <algorithm>

#include "base/base64.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/text.h"
#include "dynamodb/expression_evaluator.h"

namespace dynamo_backend {
namespace {

using dynamodb::ItemView;
using dynamodb::ValueView;

bool list_contains(ValueView list, std::string_view packed) {
  for (ValueView element : list.list()) {
    if (element.packed() == packed) return true;
  }
  return false;
}

bool contains(ValueView stored, const Value& wanted, std::string_view packed) {
  switch (stored.type()) {
    case dynamodb::Type::S: {
      const auto* text = wanted.get_if<std::string>();
      return text && stored.text().find(*text) != std::string_view::npos;
    }
    case dynamodb::Type::L:
      return list_contains(stored, packed);
    case dynamodb::Type::SS:
      return wanted.is<std::string>() && stored.set().contains(wanted.as<std::string>());
    case dynamodb::Type::NS:
      return wanted.is<dynamodb::Number>() &&
             stored.set().contains(wanted.as<dynamodb::Number>().text());
    case dynamodb::Type::BS:
      return wanted.is<Binary>() && stored.set().contains(wanted.as<Binary>().bytes);
    default:
      return false;
  }
}

bool begins_with(ValueView stored, const Value& prefix) {
  return stored.type() == dynamodb::Type::S && prefix.is<std::string>() &&
         stored.text().starts_with(prefix.as<std::string>());
}

bool folded(Op op, ValueView stored, const Value& wanted) {
  if (stored.type() != dynamodb::Type::S || !wanted.is<std::string>()) return false;
  const std::string text = fold_case(stored.text()), w = fold_case(wanted.as<std::string>());
  if (op == Op::iexact) return text == w;
  return op == Op::istartswith ? text.starts_with(w) : text.find(w) != std::string::npos;
}

bool ordered(Op op, ValueView stored, std::string_view packed) {
  const ValueView wanted(packed);
  if (stored.type() != wanted.type()) return false;
  const auto order = compare_stored(stored, wanted);
  switch (op) {
    case Op::lt:
      return order < 0;
    case Op::le:
      return order <= 0;
    case Op::gt:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool leaf_holds(const Predicate& p, const std::optional<ValueView>& stored) {
  if (p.op == Op::isnull) return !stored;
  if (!stored) return false;
  switch (p.op) {
    case Op::eq:
      return stored->packed() == p.packed[0];
    case Op::in:
      return std::binary_search(p.packed.begin(), p.packed.end(), stored->packed(), std::less<>());
    case Op::between:
      return ordered(Op::ge, *stored, p.packed[0]) && ordered(Op::le, *stored, p.packed[1]);
    case Op::startswith:
      return begins_with(*stored, p.values[0]);
    case Op::contains:
      return contains(*stored, p.values[0], p.packed[0]);
    case Op::iexact:
    case Op::icontains:
    case Op::istartswith:
      return folded(p.op, *stored, p.values[0]);
    default:
      return ordered(p.op, *stored, p.packed[0]);
  }
}

std::string_view symbol(Op op, bool negated) {
  switch (op) {
    case Op::eq:
      return negated ? "!=" : "=";
    case Op::lt:
      return "<";
    case Op::le:
      return "<=";
    case Op::gt:
      return ">";
    case Op::ge:
      return ">=";
    case Op::in:
      return "in";
    case Op::between:
      return "between";
    case Op::startswith:
      return "startswith";
    case Op::contains:
      return "contains";
    case Op::iexact:
      return "iexact";
    case Op::icontains:
      return "icontains";
    case Op::istartswith:
      return "istartswith";
    default:
      return "is";
  }
}

std::string describe_leaf(const Predicate& p, ShowValues show) {
  std::string text = p.path_text();
  if (p.op == Op::isnull) return text + (p.negated ? " is not null" : " is null");
  if (p.negated && p.op != Op::eq) text = "not " + text;
  text += " " + std::string(symbol(p.op, p.negated));
  if (!p.subquery.empty()) return text + " (" + p.subquery + ")";
  if (show == ShowValues::no) return text + " …";
  if (p.op == Op::in && p.values.size() > 3)
    return text + " (" + std::to_string(p.values.size()) + " values)";
  const char* separator = " ";
  for (const Value& v : p.values) {
    text += separator + describe(v);
    separator = p.op == Op::between ? " and " : ", ";
  }
  return text;
}

}  // namespace

bool takes_order(Op op) {
  return op == Op::gt || op == Op::ge || op == Op::lt || op == Op::le || op == Op::between;
}

std::string Predicate::path_text() const { return nested_path(*field, steps).str(); }

dynamodb::Path nested_path(const FieldInfo& field, const PathSteps& steps) {
  std::vector<dynamodb::Path::Step> all{std::string(field.attribute)};
  all.insert(all.end(), steps.begin(), steps.end());
  return dynamodb::Path(std::move(all));
}

namespace {

std::optional<ValueView> stored_value(const Predicate& p, ItemView item) {
  if (p.steps.empty()) return dynamo_backend::stored_value(*p.field, item);
  const auto value = dynamodb::resolve(nested_path(*p.field, p.steps), item);
  return value && value->type() != dynamodb::Type::NUL ? value : std::nullopt;
}

}  // namespace

std::optional<ValueView> stored_value(const FieldInfo& field, ItemView item) {
  auto value = item.find(field.attribute);
  if (value && value->type() == dynamodb::Type::NUL) return std::nullopt;
  return value;
}

std::strong_ordering compare_stored(const std::optional<ValueView>& a,
                                    const std::optional<ValueView>& b) {
  if (!a || !b) return a.has_value() <=> b.has_value();
  if (a->type() != b->type()) return a->type() <=> b->type();
  switch (a->type()) {
    case dynamodb::Type::N:
      return dynamodb::compare_numbers(a->text(), b->text());
    case dynamodb::Type::BOOL:
      return a->boolean() <=> b->boolean();
    case dynamodb::Type::S:
    case dynamodb::Type::B:
      return a->text() <=> b->text();
    default:
      return a->packed() <=> b->packed();
  }
}

bool matches(const Predicate& p, ItemView item) {
  switch (p.type) {
    case Predicate::Type::always:
      return true;
    case Predicate::Type::never:
      return false;
    case Predicate::Type::leaf:
      return leaf_holds(p, stored_value(p, item)) != p.negated;
    case Predicate::Type::all:
      return std::all_of(p.children.begin(), p.children.end(),
                         [&](const Predicate& c) { return matches(c, item); });
    case Predicate::Type::any:
      return std::any_of(p.children.begin(), p.children.end(),
                         [&](const Predicate& c) { return matches(c, item); });
  }
  return false;
}

void add_fields(const Predicate& p, std::vector<const FieldInfo*>& out) {
  if (p.field && !p.field->key) out.push_back(p.field);
  for (const Predicate& child : p.children) add_fields(child, out);
}

std::vector<const Predicate*> conjuncts(const Predicate& p) {
  std::vector<const Predicate*> out;
  if (p.type == Predicate::Type::all) {
    for (const Predicate& c : p.children) out.push_back(&c);
  } else if (p.type != Predicate::Type::always) {
    out.push_back(&p);
  }
  return out;
}

Predicate all_of(std::vector<Predicate> parts) {
  if (parts.empty()) return {};
  if (parts.size() == 1) return std::move(parts.front());
  Predicate p{.type = Predicate::Type::all};
  p.children = std::move(parts);
  return p;
}

std::string describe(const Value& value) {
  if (const auto* s = value.get_if<std::string>()) return "'" + *s + "'";
  if (const auto* n = value.get_if<dynamodb::Number>()) return n->text();
  if (const auto* b = value.get_if<bool>()) return *b ? "true" : "false";
  if (const auto* b = value.get_if<Binary>())
    return "base64 '" + base::base64_encode(b->bytes) + "'";
  return "a value of type " + std::string(dynamodb::type_name(value.type()));
}

std::string describe(const Predicate& p, ShowValues show) {
  switch (p.type) {
    case Predicate::Type::always:
      return "everything";
    case Predicate::Type::never:
      return "nothing";
    case Predicate::Type::leaf:
      return describe_leaf(p, show);
    default:
      break;
  }
  std::string text;
  for (const Predicate& c : p.children) {
    if (!text.empty()) text += p.type == Predicate::Type::all ? " and " : " or ";
    const bool parentheses = c.type == Predicate::Type::any || c.type == Predicate::Type::all;
    text += parentheses ? "(" + describe(c, show) + ")" : describe(c, show);
  }
  return text;
}

}  // namespace dynamo_backend
