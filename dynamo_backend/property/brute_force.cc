#include "dynamo_backend/property/brute_force.h"

#include <algorithm>

namespace property {
namespace {

// The letters that generated texts have in both cases.
std::string lower(std::string text) {
  for (const auto& [upper, low] : {std::pair("Ä", "ä"), std::pair("Ö", "ö"), std::pair("Ж", "ж")})
    for (std::size_t at = 0; (at = text.find(upper, at)) != std::string::npos;)
      text.replace(at, std::string_view(upper).size(), low);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return text;
}

bool text_holds(Op op, const std::string& text, const std::string& wanted) {
  switch (op) {
    case Op::startswith:
      return text.starts_with(wanted);
    case Op::contains:
      return text.find(wanted) != std::string::npos;
    case Op::iexact:
      return lower(text) == lower(wanted);
    case Op::icontains:
      return lower(text).find(lower(wanted)) != std::string::npos;
    default:
      return lower(text).starts_with(lower(wanted));
  }
}

bool value_holds(const Condition& c, const std::optional<Cell>& value) {
  if (c.op == Op::isnull) return value.has_value() != c.wants_null;
  if (!value) return false;
  switch (c.op) {
    case Op::eq:
      return *value == c.values[0];
    case Op::lt:
      return *value < c.values[0];
    case Op::le:
      return *value <= c.values[0];
    case Op::gt:
      return *value > c.values[0];
    case Op::ge:
      return *value >= c.values[0];
    case Op::in:
      return std::find(c.values.begin(), c.values.end(), *value) != c.values.end();
    case Op::between:
      return *value >= c.values[0] && *value <= c.values[1];
    default:
      return text_holds(c.op, std::get<std::string>(*value), std::get<std::string>(c.values[0]));
  }
}

bool logic_holds(const Condition& c, const auto& leaf) {
  switch (c.logic) {
    case Condition::Logic::both:
      return logic_holds(*c.a, leaf) && logic_holds(*c.b, leaf);
    case Condition::Logic::either:
      return logic_holds(*c.a, leaf) || logic_holds(*c.b, leaf);
    case Condition::Logic::negation:
      return !logic_holds(*c.a, leaf);
    default:
      return leaf(c);
  }
}

bool holds_of_group(const Condition& condition, const Group& g) {
  return logic_holds(condition, [&](const Condition& c) {
    if (c.member == "name") return value_holds(c, g.name);
    if (c.member == "size") return value_holds(c, g.size);
    return value_holds(c, g.nick ? std::optional<Cell>(*g.nick) : std::nullopt);
  });
}

bool leaf_holds(const Condition& c, const Row& row, const std::vector<Group>& groups) {
  if (c.relation.empty() && !c.in_group) {
    const Member& m = member(c.member);
    if (!m.many) return value_holds(c, m.get(row));
    const auto elements = m.elements(row);
    return std::find(elements.begin(), elements.end(), c.values[0]) != elements.end();
  }
  const auto key = member(c.in_group ? c.member : c.relation).get(row);
  // As an outer join: where there is no group, its members are null.
  if (!key) return !c.in_group && c.op == Op::isnull && c.wants_null;
  const auto group = std::find_if(groups.begin(), groups.end(),
                                  [&](const Group& g) { return g.pk == std::get<Uuid>(*key); });
  if (group == groups.end()) return false;
  if (c.in_group) return holds_of_group(*c.in_group, *group);
  Condition of_group = c;
  of_group.relation = {};
  return holds_of_group(of_group, *group);
}

}  // namespace

bool holds(const Condition& condition, const Row& row, const std::vector<Group>& groups) {
  return logic_holds(condition, [&](const Condition& c) { return leaf_holds(c, row, groups); });
}

std::vector<std::size_t> expected_rows(const QuerySpec& spec, const std::vector<Row>& rows,
                                       const std::vector<Group>& groups,
                                       const std::vector<std::string_view>& key) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool all = true;
    for (const auto& c : spec.filters) all = all && holds(*c, rows[i], groups);
    for (const auto& c : spec.excludes) all = all && !holds(*c, rows[i], groups);
    if (all) out.push_back(i);
  }
  std::vector<Term> terms = spec.order;
  if (terms.empty() && spec.reversed)
    for (std::string_view k : key) terms.push_back({k, false});
  if (terms.empty()) return out;
  for (Term& t : terms) t.descending = t.descending != spec.reversed;
  const bool descending = terms.back().descending;
  for (std::string_view k : key) terms.push_back({k, descending});
  std::sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) {
    for (const Term& t : terms) {
      const auto& get = member(t.member).get;
      const auto left = get(rows[a]), right = get(rows[b]);
      if (left == right) continue;
      // No value comes before all values.
      const bool less = !left || !right ? !left : *left < *right;
      return less != t.descending;
    }
    return false;
  });
  return out;
}

}  // namespace property
