// From a condition's tree to a Predicate: names to fields, relations to lists of keys, negations
// inwards.
#include <algorithm>
#include <map>
#include <set>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/request_scope.h"

namespace dynamo_backend {
namespace {

using Type = Predicate::Type;

Predicate constant(bool holds) { return {.type = holds ? Type::always : Type::never}; }

// Sorted, without repeats and NULLs (which equal nothing); both forms in step.
void normalise_list(Predicate& p) {
  std::map<std::string, Value> sorted;
  for (Value& v : p.values) {
    if (!v.is<dynamodb::Null>()) sorted.emplace(dynamodb::pack_value(v), std::move(v));
  }
  p.values.clear();
  p.packed.clear();
  for (auto& [packed, value] : sorted) {
    p.packed.push_back(packed);
    p.values.push_back(std::move(value));
  }
}

Predicate finish_leaf(Predicate p) {
  if (!p.subquery.empty()) return p;
  // A place inside a member equals null where it is absent, too, as a member does.
  if (p.op == Op::eq && !p.steps.empty() && p.values.at(0).is<dynamodb::Null>()) {
    p.op = Op::isnull;
    p.values = {Value(true)};
  }
  if (p.op == Op::isnull) {
    const auto* wants_null = p.values.at(0).get_if<bool>();
    if (!wants_null)
      throw FieldError("isnull on '" + std::string(p.field->attribute) + "' takes true or false.");
    if (!*wants_null) p.negated = !p.negated;
    p.values.clear();
    if (p.field->key && p.steps.empty()) return constant(p.negated);
    return p;
  }
  if (p.op == Op::in) {
    normalise_list(p);
    if (p.values.empty()) return constant(p.negated);
    if (p.values.size() == 1) p.op = Op::eq;
    return p;
  }
  for (const Value& v : p.values) {
    if (takes_order(p.op) && v.is<dynamodb::Null>())
      throw FieldError("A range of '" + std::string(p.field->attribute) +
                       "' has no value to compare with; use isnull.");
    p.packed.push_back(dynamodb::pack_value(v));
  }
  if (p.op == Op::between) {
    const dynamodb::ValueView low(p.packed.at(0)), high(p.packed.at(1));
    if (low.type() != high.type() || compare_stored(low, high) > 0) return constant(p.negated);
  }
  return p;
}

// `slug = a or slug = b` is `slug in (a, b)`: one look-up in an index instead of a scan.
void merge_equalities(std::vector<Predicate>& parts) {
  std::map<const FieldInfo*, std::size_t> first;
  std::vector<Predicate> out;
  for (Predicate& p : parts) {
    const bool mergeable = (p.is(Op::eq) || p.is(Op::in)) && p.subquery.empty() && p.steps.empty();
    const auto [at, inserted] =
        mergeable ? first.emplace(p.field, out.size()) : std::pair(first.end(), true);
    if (inserted) {
      out.push_back(std::move(p));
      continue;
    }
    Predicate& target = out[at->second];
    target.op = Op::in;
    std::move(p.values.begin(), p.values.end(), std::back_inserter(target.values));
    normalise_list(target);
    if (target.values.size() == 1) target.op = Op::eq;
  }
  parts = std::move(out);
}

Predicate join(Type type, Predicate a, Predicate b) {
  const Type neutral = type == Type::all ? Type::always : Type::never;
  const Type absorbing = type == Type::all ? Type::never : Type::always;
  if (a.type == absorbing || b.type == absorbing) return constant(absorbing == Type::always);
  if (a.type == neutral) return b;
  if (b.type == neutral) return a;
  Predicate p{.type = type};
  for (Predicate* side : {&a, &b}) {
    if (side->type == type)
      std::move(side->children.begin(), side->children.end(), std::back_inserter(p.children));
    else
      p.children.push_back(std::move(*side));
  }
  if (type == Type::any) merge_equalities(p.children);
  return p.children.size() == 1 ? std::move(p.children.front()) : std::move(p);
}

// The links whose `key` names a row of `target` that meets `where`. A condition on that row's key
// alone needs no look at the row.
NodePtr links_to(const FieldInfo& key, const ModelInfo& target, const NodePtr& where) {
  if (!where) return {};
  const bool by_key = where->path.size() == 1 && where->path[0] == target.partition->member &&
                      (where->op == Op::eq || where->op == Op::in) && !where->subquery;
  if (by_key) return make_leaf(Op::in, {key.member}, where->values);
  return make_in({key.member}, make_subquery(target, where, *target.partition));
}

class Resolver {
 public:
  Resolver(const Query& query, Subqueries subqueries)
      : query_(query), model_(*query.model), subqueries_(subqueries) {}

  Predicate resolve(const NodePtr& node, bool negated) const {
    if (!node) return constant(!negated);
    switch (node->op) {
      case Op::not_:
        return resolve(node->left, !negated);
      case Op::or_:
        if (!node->left) return constant(negated);  // make_nothing()
        [[fallthrough]];
      case Op::and_: {
        // De Morgan: not (a and b) is (not a) or (not b).
        const bool all = (node->op == Op::and_) != negated;
        return join(all ? Type::all : Type::any, resolve(node->left, negated),
                    resolve(node->right, negated));
      }
      default:
        return leaf(*node, negated);
    }
  }

 private:
  Predicate leaf(const Node& node, bool negated) const {
    const FieldInfo& field = model_.by_member(node.path.at(0));
    if (field.kind == Kind::many_to_many) return through_join(node, field, negated);
    if (node.path.size() > 1) return through_key(node, field, negated);
    if (node.subquery) return in_subquery(field, *node.subquery, negated);
    Predicate p{.type = Type::leaf,
                .op = node.op,
                .negated = negated,
                .field = &field,
                .steps = node.steps,
                .values = node.values};
    if (field.kind == Kind::ttl) store_seconds(p);
    return finish_leaf(std::move(p));
  }

  // The bounds of a TTLField are whole seconds, as what is stored: of 10.5, what is < is <= 10, and
  // what is >= is > 10.
  static void store_seconds(Predicate& p) {
    const std::vector<Value> asked = p.values;
    for (Value& v : p.values) v = stored_form(p.field->shape(), std::move(v));
    const auto* text = asked.empty() ? nullptr : asked[0].get_if<std::string>();
    const auto time = text ? base::parse_iso(*text) : std::nullopt;
    if (!time || *time == std::chrono::floor<std::chrono::seconds>(*time)) return;
    if (p.op == Op::lt) p.op = Op::le;
    if (p.op == Op::ge) p.op = Op::gt;
    if (p.op == Op::between)
      p.values[0] = *dynamodb::add(p.values[0].as<dynamodb::Number>(), dynamodb::Number(1));
  }

  static NodePtr rest_of(const Node& node) {
    return std::make_shared<const Node>(Node{.op = node.op,
                                             .path = {node.path.begin() + 1, node.path.end()},
                                             .values = node.values,
                                             .subquery = node.subquery,
                                             .steps = node.steps});
  }

  Predicate in_subquery(const FieldInfo& field, Query query, bool negated) const {
    Predicate p{.type = Type::leaf, .op = Op::in, .negated = negated, .field = &field};
    const FieldInfo& selected = *query.fields.at(0);
    if (!query.scan_reason) query.scan_reason = query_.scan_reason;
    query.strict = query.strict || query_.strict;
    if (query.index.empty()) query.consistent = query.consistent || query_.consistent;
    if (subqueries_ == Subqueries::describe) {
      p.subquery = std::string(selected.attribute) + " of " + query.model->name + " where " +
                   describe(dynamo_backend::resolve(query, subqueries_));
      p.source = std::make_shared<const Query>(std::move(query));
      return p;
    }
    const RequestScope::Quiet quiet;
    const std::size_t most = Connection::current().options().relation_limit;
    RowStream rows(query);
    std::set<std::string> seen;  // a million posts may be of ten authors
    while (const auto packed = rows.next()) {
      const auto value = stored_value(selected, dynamodb::ItemView(*packed));
      if (!value || !seen.emplace(value->packed()).second) continue;
      if (seen.size() > most) too_many(field, query, most);
      p.values.push_back(dynamodb::unpack(*value));
    }
    return finish_leaf(std::move(p));
  }

  [[noreturn]] void too_many(const FieldInfo& field, const Query& subquery,
                             std::size_t most) const {
    throw FieldError("The condition on " + model_.name + "." + std::string(field.attribute) +
                     " gives more than " + std::to_string(most) + " keys of " +
                     subquery.model->name + ": narrow it, keep what it asks for in " + model_.name +
                     " itself, or raise ConnectionOptions::relation_limit.");
  }

  // author_pk -> Author: the keys of the authors that meet the rest of the path.
  Predicate through_key(const Node& node, const FieldInfo& field, bool negated) const {
    if (!is_relation(field.kind)) {
      throw FieldError("Cannot follow '" + std::string(field.attribute) + "' of " + model_.name +
                       ": it is no foreign key.");
    }
    const ModelInfo& target = field.target();
    const NodePtr rest = rest_of(node);
    if (const auto keys = key_condition(target, rest)) return leaf(with(field, *keys), negated);
    Predicate found = in_subquery(field, *make_subquery(target, rest, *target.partition), negated);
    // As Django's outer join: where there is no author, the author's bio is null.
    const bool wants_null = node.op == Op::isnull && node.values.at(0) == Value(true);
    if (!wants_null || !field.may_be_absent()) return found;
    Predicate none{.type = Type::leaf, .op = Op::isnull, .negated = negated, .field = &field};
    return join(negated ? Type::all : Type::any, std::move(found), std::move(none));
  }

  // A condition on the other row's key alone, which the foreign key holds: as one on it.
  static const Node* key_condition(const ModelInfo& target, const NodePtr& node) {
    const bool by_key = node && node->path.size() == 1 &&
                        node->path[0] == target.partition->member && node->steps.empty() &&
                        (node->op == Op::eq || node->op == Op::in);
    return by_key ? node.get() : nullptr;
  }
  static Node with(const FieldInfo& field, const Node& keys) {
    return {
        .op = keys.op, .path = {field.member}, .values = keys.values, .subquery = keys.subquery};
  }

  // Links are rows of the join model: the owners of the links whose other side meets the condition.
  Predicate through_join(const Node& node, const FieldInfo& many, bool negated) const {
    const ModelInfo& join_model = *model_.join_of(many);
    const ModelInfo& target = many.target();
    const auto [owner_key, target_key] = join_keys(model_, many);
    NodePtr where;
    if (node.path.size() > 1) {
      where = links_to(*target_key, target, rest_of(node));
    } else if (node.op == Op::contains || node.op == Op::eq || node.op == Op::in) {
      where = make_leaf(Op::in, {target_key->member}, node.values);
    } else {
      throw FieldError("'" + std::string(many.attribute) + "' of " + model_.name +
                       " is a many-to-many: only contains, exact and in.");
    }
    return in_subquery(*model_.partition, *make_subquery(join_model, where, *owner_key), negated);
  }

  const Query& query_;
  const ModelInfo& model_;
  Subqueries subqueries_;
};

}  // namespace

Predicate resolve(const Query& query, Subqueries subqueries) {
  Predicate where = Resolver(query, subqueries).resolve(query.where, false);
  if (!query.model->ttl || query.include_expired) return where;
  return join(Type::all, std::move(where), not_expired(*query.model, Connection::current().now()));
}

NodePtr make_reverse(const ModelInfo& other, const FieldInfo& field, const NodePtr& where) {
  const ModelInfo& target = field.target();
  if (field.kind == Kind::many_to_many) {
    const JoinKeys keys = join_keys(other, field);
    return make_in(
        {target.partition->member},
        make_subquery(*other.join_of(field), links_to(*keys.owner, other, where), *keys.target));
  }
  const NodePtr pointing = where ? where : make_not(make_equal({field.member}, Value()));
  return make_in({target.partition->member}, make_subquery(other, pointing, field));
}

NodePtr make_forward(const ModelInfo& model, const FieldInfo& field, const NodePtr& where) {
  const ModelInfo& target = field.target();
  if (field.kind != Kind::many_to_many)
    return make_in({field.member}, make_subquery(target, where, *target.partition));
  const JoinKeys keys = join_keys(model, field);
  return make_in(
      {model.partition->member},
      make_subquery(*model.join_of(field), links_to(*keys.target, target, where), *keys.owner));
}

}  // namespace dynamo_backend
