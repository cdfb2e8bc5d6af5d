#include "dynamo_backend/property/query.h"

namespace property {
namespace {

std::string_view name_of(Op op) {
  switch (op) {
    case Op::eq:
      return " == ";
    case Op::lt:
      return " < ";
    case Op::le:
      return " <= ";
    case Op::gt:
      return " > ";
    case Op::ge:
      return " >= ";
    case Op::in:
      return ".in";
    case Op::between:
      return ".between";
    case Op::startswith:
      return ".startswith";
    case Op::contains:
      return ".contains";
    case Op::iexact:
      return ".iexact";
    case Op::icontains:
      return ".icontains";
    case Op::istartswith:
      return ".istartswith";
    default:
      return ".isnull";
  }
}

std::string leaf_text(const Condition& c, std::string_view model) {
  std::string text = "f<&";
  if (c.relation.empty())
    text += std::string(model) + "::" + std::string(c.member) + ">";
  else
    text += "Row::" + std::string(c.relation) + ", &Group::" + std::string(c.member) + ">";
  if (c.in_group) return text + ".in(Group::objects.filter(" + to_text(c.in_group, "Group") + "))";
  text += name_of(c.op);
  if (c.op == Op::isnull) return text + (c.wants_null ? "()" : "(false)");
  std::string list;
  for (const Cell& v : c.values) list += (list.empty() ? "" : ", ") + to_text(v);
  if (c.op == Op::in) return text + "({" + list + "})";
  return text.ends_with(' ') ? text + list : text + "(" + list + ")";
}

NodePtr leaf_node(const Condition& c) {
  if (c.in_group) {
    const auto& groups = model_info<Group>();
    return make_in({c.member}, make_subquery(groups, node_of(c.in_group), *groups.partition));
  }
  std::vector<Value> values;
  for (const Cell& v : c.values) values.push_back(to_value(v));
  if (c.op == Op::isnull) values = {Value(c.wants_null)};
  if (c.relation.empty()) return make_leaf(c.op, {c.member}, std::move(values));
  return make_leaf(c.op, {c.relation, c.member}, std::move(values));
}

}  // namespace

NodePtr node_of(const ConditionPtr& c) {
  switch (c->logic) {
    case Condition::Logic::both:
      return make_and(node_of(c->a), node_of(c->b));
    case Condition::Logic::either:
      return make_or(node_of(c->a), node_of(c->b));
    case Condition::Logic::negation:
      return make_not(node_of(c->a));
    default:
      return leaf_node(*c);
  }
}

std::string to_text(const ConditionPtr& c, std::string_view model) {
  switch (c->logic) {
    case Condition::Logic::both:
      return "(" + to_text(c->a, model) + " && " + to_text(c->b, model) + ")";
    case Condition::Logic::either:
      return "(" + to_text(c->a, model) + " || " + to_text(c->b, model) + ")";
    case Condition::Logic::negation:
      return "!(" + to_text(c->a, model) + ")";
    default:
      return leaf_text(*c, model);
  }
}

Query query_of(const QuerySpec& spec, const ModelInfo& model) {
  Query q = all_rows(model);
  for (const ConditionPtr& c : spec.filters) q = q.filtered(node_of(c));
  for (const ConditionPtr& c : spec.excludes) q = q.filtered(make_not(node_of(c)));
  std::vector<OrderTerm> order;
  for (const Term& t : spec.order) order.push_back({&model.by_member(t.member), t.descending});
  q = q.ordered(std::move(order));
  if (spec.reversed) q = q.reversed();
  q.consistent = spec.consistent;
  q.index = spec.index;
  q.page_budget = spec.page_budget;
  for (std::string_view name : spec.only) q.fields.push_back(&model.by_member(name));
  return q;
}

std::string to_text(const QuerySpec& s) {
  std::string text = "Row::objects";
  for (const ConditionPtr& c : s.filters) text += ".filter(" + to_text(c) + ")";
  for (const ConditionPtr& c : s.excludes) text += ".exclude(" + to_text(c) + ")";
  if (!s.order.empty()) {
    std::string terms;
    for (const Term& t : s.order) {
      terms += terms.empty() ? "" : ", ";
      terms += "f<&Row::" + std::string(t.member) + ">" + (t.descending ? ".desc()" : ".asc()");
    }
    text += ".order_by(" + terms + ")";
  }
  if (s.reversed) text += ".reverse()";
  if (s.consistent) text += ".consistent()";
  if (!s.index.empty()) text += ".using_index(\"" + s.index + "\")";
  std::string names;
  for (std::string_view m : s.only)
    names += (names.empty() ? "&Row::" : ", &Row::") + std::string(m);
  if (!names.empty()) text += ".only<" + names + ">()";
  if (s.page_budget) text += ".page_budget(" + std::to_string(*s.page_budget) + ")";
  if (s.offset != 0 || s.limit)
    text += ".slice(" + std::to_string(s.offset) + ", " +
            (s.limit ? std::to_string(s.offset + *s.limit) : "") + ")";
  return text + "; pages of " + std::to_string(s.page_size);
}

}  // namespace property
