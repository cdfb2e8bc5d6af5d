#include "dynamo_backend/key_match.h"

#include <algorithm>

#include "dynamo_backend/filter_expression.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

bool may_be_key(const FieldInfo& field, const Value& value, std::size_t limit) {
  if (value.type() != field.shape().stored()) return false;
  if (const auto* s = value.get_if<std::string>()) return !s->empty() && s->size() <= limit;
  if (const auto* b = value.get_if<Binary>()) return !b->bytes.empty() && b->bytes.size() <= limit;
  return true;
}

const Predicate* find_fixed(const Conjuncts& parts, const FieldInfo* field, std::size_t limit) {
  const Predicate* p = find_equality(parts, field);
  return p && p->op == Op::eq && may_be_key(*field, p->values.at(0), limit) ? p : nullptr;
}

// The conjuncts that a key condition on `sort` may come from.
Conjuncts bounds_of(const Conjuncts& parts, const FieldInfo* sort) {
  Conjuncts bounds;
  for (const Predicate* p : parts) {
    if (p->type != Predicate::Type::leaf || p->field != sort || p->negated) continue;
    const bool usable = p->op == Op::lt || p->op == Op::le || p->op == Op::gt || p->op == Op::ge ||
                        p->op == Op::between || p->op == Op::startswith;
    if (usable && std::all_of(p->values.begin(), p->values.end(), [&](const Value& v) {
          return may_be_key(*sort, v, dynamodb::kMaxSortKeySize);
        }))
      bounds.push_back(p);
  }
  return bounds;
}

const Predicate* find_op(const Conjuncts& bounds, std::initializer_list<Op> ops) {
  for (const Op op : ops)
    for (const Predicate* p : bounds)
      if (p->op == op) return p;
  return nullptr;
}

// Chooses the key condition on the first free sort key.
void restrict_sort(KeyMatch& match, const Conjuncts& parts) {
  const FieldInfo* sort = match.free.front();
  const Conjuncts bounds = bounds_of(parts, sort);
  const Predicate* low = find_op(bounds, {Op::gt, Op::ge});
  const Predicate* high = find_op(bounds, {Op::lt, Op::le});
  const Predicate* one = find_op(bounds, {Op::between, Op::startswith});
  if (!one && low && high) {
    // BETWEEN takes both ends in; the strict ones are checked on the rows. Ends in the wrong
    // order meet nothing, and DynamoDB refuses them: then one end will do.
    const dynamodb::ValueView l(low->packed[0]), h(high->packed[0]);
    if (compare_stored(l, h) <= 0) {
      match.condition =
          dynamodb::between(dynamodb::Path(sort->attribute), low->values[0], high->values[0]);
      match.range = {low, high};
      return;
    }
  }
  if (!one) one = low ? low : high;
  if (!one) return;
  ExpressionBudget budget;
  match.condition = *to_condition(*one, {}, budget);
  match.range = {one};
  match.said.push_back(one);
}

}  // namespace

const Predicate* find_equality(const Conjuncts& parts, const FieldInfo* field) {
  for (const Predicate* p : parts)
    if (p->field == field && p->is(Op::eq)) return p;
  for (const Predicate* p : parts)
    if (p->field == field && p->is(Op::in)) return p;
  return nullptr;
}

bool demands_value(const Conjuncts& parts, const FieldInfo* field) {
  return std::any_of(parts.begin(), parts.end(), [&](const Predicate* p) {
    return p->type == Predicate::Type::leaf && p->field == field &&
           p->negated == (p->op == Op::isnull);
  });
}

std::vector<Value> key_values(const Predicate& equality, std::size_t limit) {
  std::vector<Value> values;
  for (const Value& v : equality.values)
    if (may_be_key(*equality.field, v, limit)) values.push_back(v);
  return values;
}

bool KeyMatch::says(const Predicate* part) const {
  return std::find(said.begin(), said.end(), part) != said.end();
}

std::optional<KeyMatch> match_key(const ModelInfo& model, const IndexInfo* index,
                                  const Conjuncts& parts) {
  KeyMatch match{.index = index};
  const FieldInfo* hash = index ? index->hash : model.partition;
  match.hash = find_equality(parts, hash);
  if (!match.hash) return std::nullopt;
  match.said.push_back(match.hash);
  match.forbidden.push_back(hash);
  if (index) {
    for (const FieldInfo* f : index->more_hash) {
      const Predicate* p = find_equality(parts, f);
      if (!p || p->op != Op::eq) return std::nullopt;
      if (!may_be_key(*f, p->values.at(0), dynamodb::kMaxPartitionKeySize)) match.impossible = true;
      match.fixed.push_back(p);
      match.forbidden.push_back(f);
    }
    match.free = index->sort_keys();
  } else if (model.sort) {
    match.free = {model.sort};
  }
  for (const FieldInfo* f : match.free) {
    if (f->may_be_absent() && !demands_value(parts, f)) return std::nullopt;
    match.forbidden.push_back(f);
  }
  while (!match.free.empty()) {
    const Predicate* p = find_fixed(parts, match.free.front(), dynamodb::kMaxSortKeySize);
    if (!p) break;
    match.fixed.push_back(p);
    match.free.erase(match.free.begin());
  }
  match.said.insert(match.said.end(), match.fixed.begin(), match.fixed.end());
  if (!match.free.empty()) restrict_sort(match, parts);
  return match;
}

std::optional<bool> serves_order(const ModelInfo& model, const KeyMatch& match,
                                 const std::vector<OrderTerm>& order) {
  // Without a sort key DynamoDB promises no order of a global index's entries.
  if (order.empty() || match.free.empty()) return std::nullopt;
  const auto constant = [&](const FieldInfo* f) {
    return f == match.hash->field || std::any_of(match.fixed.begin(), match.fixed.end(),
                                                 [&](const Predicate* p) { return p->field == f; });
  };
  // Entries come in order of the free sort keys, then of the table's key.
  std::vector<const FieldInfo*> sequence = match.free;
  for (const FieldInfo* key : {model.partition, model.sort}) {
    if (key && !constant(key) && std::find(sequence.begin(), sequence.end(), key) == sequence.end())
      sequence.push_back(key);
  }
  std::optional<bool> descending;
  std::size_t at = 0;
  for (const OrderTerm& term : order) {
    if (constant(term.field)) continue;
    if (at == sequence.size() || sequence[at++] != term.field) return std::nullopt;
    if (descending.value_or(term.descending) != term.descending) return std::nullopt;
    descending = term.descending;
  }
  // The order's terms end with the key: what is left of the sequence decides nothing.
  return !descending.value_or(false);
}

}  // namespace dynamo_backend
