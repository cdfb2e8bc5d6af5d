#include "dynamo_backend/query_planner.h"

#include <algorithm>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

using Conjuncts = std::vector<const Predicate*>;

const Predicate* find_equality(const Conjuncts& parts, const FieldInfo* field) {
  for (const Predicate* p : parts) {
    if (p->field == field && p->is(Op::eq)) return p;
  }
  for (const Predicate* p : parts) {
    if (p->field == field && p->is(Op::in)) return p;
  }
  return nullptr;
}

bool demands_value(const Conjuncts& parts, const FieldInfo* field) {
  return std::any_of(parts.begin(), parts.end(), [&](const Predicate* p) {
    return p->type == Predicate::Type::leaf && p->field == field &&
           p->negated == (p->op == Op::isnull);
  });
}

// Whether a key attribute may have this value at all: DynamoDB refuses others in a row, and in a
// key condition.
bool may_be_key(const FieldInfo& field, const Value& value, std::size_t limit) {
  if (value.type() != field.shape().stored()) return false;
  if (const auto* s = value.get_if<std::string>()) return !s->empty() && s->size() <= limit;
  if (const auto* b = value.get_if<Binary>()) return !b->bytes.empty() && b->bytes.size() <= limit;
  return true;
}

std::vector<Value> key_values(const Predicate& equality, std::size_t limit) {
  std::vector<Value> values;
  for (const Value& v : equality.values) {
    if (may_be_key(*equality.field, v, limit)) values.push_back(v);
  }
  return values;
}

constexpr std::size_t kManyKeys = 200;  // two batches

// How well a Query on one index, or on the table, would do.
struct Candidate {
  const IndexInfo* index = nullptr;  // nullptr: the table
  const FieldInfo* hash = nullptr;
  const FieldInfo* sort = nullptr;
  const Predicate* hash_equality = nullptr;
  int score = 0;
};

class Planner {
 public:
  Planner(const Query& query, const Predicate& where)
      : query_(query), where_(where), parts_(conjuncts(where)) {
    order_ = complete_order(query, where);
  }

  Plan plan() {
    Plan plan = choose_access();
    finish(plan);
    return plan;
  }

 private:
  Plan choose_access() {
    if (where_.type == Predicate::Type::never) return {.access = Plan::Access::nothing};
    std::optional<Plan> by_key;
    if (query_.index.empty()) by_key = plan_keys();
    const Candidate best = choose();
    // Long lists of keys, which relations give, are worse than one partition of an index.
    const bool many_keys =
        by_key && by_key->keys.size() > kManyKeys && best.hash && best.hash_equality->op == Op::eq;
    if (by_key && !many_keys) return *std::move(by_key);
    if (best.hash) return plan_index(best);
    if (query_.index.empty()) {
      if (auto merge = plan_alternatives()) return *std::move(merge);
    } else {
      throw FieldError("using_index(\"" + query_.index + "\") of " + query_.model->name +
                       ": the query needs `==` on the index's hash key '" +
                       std::string(query_.model->find_index(query_.index)->hash->attribute) + "'" +
                       index_hole() + ".");
    }
    Plan plan{.access = Plan::Access::scan};
    split_conditions(plan, parts_, {});
    plan.sort_terms = order_;
    return plan;
  }

  // What holds of any access.
  void finish(Plan& plan) const {
    plan.consistent = query_.consistent;
    for (Plan& branch : plan.branches) finish(branch);
    if (query_.fields.empty()) return;
    std::vector<const FieldInfo*> fields = query_.fields;
    add_fields(plan.residual, fields);
    for (const FieldInfo* f : {query_.model->partition, query_.model->sort, plan.hash, plan.sort})
      if (f) fields.push_back(f);
    for (const OrderTerm& term : plan.sort_terms) fields.push_back(term.field);
    for (const FieldInfo* f : fields) {
      if (std::find(plan.attributes.begin(), plan.attributes.end(), f->attribute) ==
          plan.attributes.end())
        plan.attributes.push_back(f->attribute);
    }
  }

  // One plan for each alternative of an `or`, where none of them scans.
  std::optional<Plan> plan_alternatives() const {
    constexpr std::size_t kMostBranches = 50;
    for (const Predicate* either : parts_) {
      if (either->type != Predicate::Type::any || either->children.size() > kMostBranches) continue;
      Query each = query_;
      if (each.order.empty()) each.order = key_order();
      Plan merge{.access = Plan::Access::merge};
      for (const Predicate& alternative : either->children) {
        std::vector<Predicate> parts{alternative};
        for (const Predicate* p : parts_)
          if (p != either) parts.push_back(*p);
        const Predicate where = all_of(flattened(std::move(parts)));
        Planner planner(each, where);
        // All branches are read in the one order of the whole, with nothing left out that one of
        // them makes constant.
        planner.order_ = merge.sort_terms = whole_order(each);
        Plan branch = planner.choose_access();
        if (branch.access == Plan::Access::scan) break;
        if (branch.access == Plan::Access::get_item) branch.sort_terms = planner.order_;
        merge.branches.push_back(std::move(branch));
      }
      if (merge.branches.size() == either->children.size()) return merge;
    }
    return std::nullopt;
  }

  std::vector<OrderTerm> key_order() const {
    std::vector<OrderTerm> terms{{query_.model->partition, false}};
    if (query_.model->sort) terms.push_back({query_.model->sort, false});
    return terms;
  }
  // The query's order as written, then the key.
  static std::vector<OrderTerm> whole_order(const Query& query) {
    return complete_order(query, {});
  }

  static std::vector<Predicate> flattened(std::vector<Predicate> parts) {
    std::vector<Predicate> flat;
    for (Predicate& p : parts) {
      if (p.type == Predicate::Type::all)
        for (Predicate& c : p.children) flat.push_back(std::move(c));
      else
        flat.push_back(std::move(p));
    }
    return flat;
  }

  std::optional<Plan> plan_keys() {
    const ModelInfo& model = *query_.model;
    const Predicate* hash = find_equality(parts_, model.partition);
    const Predicate* sort = model.sort ? find_equality(parts_, model.sort) : nullptr;
    if (!hash || (model.sort && !sort)) return std::nullopt;
    if (!hash->subquery.empty()) return described_batch(*hash);
    Plan plan{.access = hash->op == Op::eq && (!sort || sort->op == Op::eq)
                            ? Plan::Access::get_item
                            : Plan::Access::batch_get};
    for (const Value& h : key_values(*hash, dynamodb::kMaxPartitionKeySize)) {
      if (!sort) {
        plan.keys.push_back({{std::string(model.partition->attribute), h}});
        continue;
      }
      for (const Value& s : key_values(*sort, dynamodb::kMaxSortKeySize)) {
        plan.keys.push_back({{std::string(model.partition->attribute), h},
                             {std::string(model.sort->attribute), s}});
      }
    }
    if (plan.keys.empty()) plan.access = Plan::Access::nothing;
    Conjuncts rest;
    std::copy_if(parts_.begin(), parts_.end(), std::back_inserter(rest),
                 [&](const Predicate* p) { return p != hash && p != sort; });
    keep(plan, rest);
    if (plan.access == Plan::Access::batch_get) plan.sort_terms = order_;
    return plan;
  }

  Plan described_batch(const Predicate& hash) {
    Plan plan{.access = Plan::Access::batch_get, .residual = where_, .sort_terms = order_};
    plan.hash = hash.field;
    return plan;
  }

  Candidate choose() const {
    Candidate best;
    const auto consider = [&](const IndexInfo* index, const FieldInfo* hash,
                              const FieldInfo* sort) {
      const Candidate c = rate(index, hash, sort);
      if (c.hash && (!best.hash || c.score > best.score)) best = c;
    };
    if (!query_.index.empty()) {
      const IndexInfo* named = query_.model->find_index(query_.index);
      if (!named) {
        std::string names;
        for (const IndexInfo& i : query_.model->indexes)
          names += (names.empty() ? "" : ", ") + i.name;
        throw FieldError(query_.model->name + " has no index '" + query_.index +
                         "'. Choices are: " + names + ".");
      }
      if (query_.consistent)
        throw FieldError("using_index(\"" + query_.index + "\") of " + query_.model->name +
                         ": DynamoDB cannot read a global index consistently.");
      consider(named, named->hash, named->sort);
      return best;
    }
    if (query_.model->sort) consider(nullptr, query_.model->partition, query_.model->sort);
    if (query_.consistent) return best;  // indexes follow the table with a delay
    for (const IndexInfo& i : query_.model->indexes) consider(&i, i.hash, i.sort);
    return best;
  }

  // Why the named index does not do although its hash key may be given.
  std::string index_hole() const {
    const IndexInfo* i = query_.model->find_index(query_.index);
    if (!i->sort || !i->sort->may_be_absent()) return "";
    return " and a condition that demands a value of '" + std::string(i->sort->attribute) +
           "', without which rows are not in the index";
  }

  Candidate rate(const IndexInfo* index, const FieldInfo* hash, const FieldInfo* sort) const {
    const Predicate* equality = find_equality(parts_, hash);
    if (!equality) return {};
    if (sort && sort->may_be_absent() && !demands_value(parts_, sort)) return {};
    Candidate c{index, hash, sort, equality};
    c.score = equality->op == Op::eq ? 1000 : 500;
    if (sort) {
      const Predicate* on_sort = find_equality(parts_, sort);
      if (on_sort && on_sort->op == Op::eq)
        c.score += 300;
      else if (!sort_bounds(sort).empty())
        c.score += 200;
      if (serves_order(sort)) c.score += 100;
    }
    return c;
  }

  bool serves_order(const FieldInfo* sort) const {
    if (order_.empty() || order_[0].field != sort) return false;
    // What follows may only be the key, in the direction in which the index has it.
    return std::all_of(order_.begin() + 1, order_.end(), [&](const OrderTerm& t) {
      return t.field->key && t.descending == order_[0].descending;
    });
  }

  // The conjuncts that a key condition on `sort` may come from.
  Conjuncts sort_bounds(const FieldInfo* sort) const {
    Conjuncts bounds;
    for (const Predicate* p : parts_) {
      if (p->type != Predicate::Type::leaf || p->field != sort || p->negated) continue;
      const bool usable = p->op == Op::eq || p->op == Op::lt || p->op == Op::le ||
                          p->op == Op::gt || p->op == Op::ge || p->op == Op::between ||
                          p->op == Op::startswith;
      if (usable && std::all_of(p->values.begin(), p->values.end(), [&](const Value& v) {
            return may_be_key(*sort, v, dynamodb::kMaxSortKeySize);
          })) {
        bounds.push_back(p);
      }
    }
    return bounds;
  }

  Plan plan_index(const Candidate& c) {
    Plan plan{.access = Plan::Access::query, .index = c.index, .hash = c.hash, .sort = c.sort};
    plan.partitions = key_values(*c.hash_equality, dynamodb::kMaxPartitionKeySize);
    if (plan.partitions.empty() && c.hash_equality->subquery.empty())
      return {.access = Plan::Access::nothing};
    Conjuncts rest;
    const Predicate* served = c.sort ? restrict_sort(plan, c.sort) : nullptr;
    std::copy_if(parts_.begin(), parts_.end(), std::back_inserter(rest),
                 [&](const Predicate* p) { return p != c.hash_equality && p != served; });
    // DynamoDB: a filter may not name the key attributes of what is queried.
    split_conditions(plan, rest,
                     c.sort ? std::vector<const FieldInfo*>{c.hash, c.sort}
                            : std::vector<const FieldInfo*>{c.hash});
    if (!c.sort || !serves_order(c.sort)) {
      plan.sort_terms = order_;
      return plan;
    }
    plan.forward = !order_[0].descending;
    if (c.hash_equality->op == Op::eq) return plan;
    Plan merge{.access = Plan::Access::merge, .index = c.index, .hash = c.hash};
    merge.sort_terms = order_;
    for (const Value& partition : plan.partitions) {
      merge.branches.push_back(plan);
      merge.branches.back().partitions = {partition};
    }
    if (merge.branches.empty())
      merge.branches.push_back(plan);  // explain(): to be found by a subquery
    return merge;
  }

  // Chooses the key condition on the sort key. Returns the conjunct that it says in full, if any.
  static bool lower(const Predicate* p) { return p->op == Op::gt || p->op == Op::ge; }
  static bool upper(const Predicate* p) { return p->op == Op::lt || p->op == Op::le; }
  const Predicate* restrict_sort(Plan& plan, const FieldInfo* sort) {
    const Conjuncts bounds = sort_bounds(sort);
    const auto find = [&](auto&& wanted) {
      const auto at = std::find_if(bounds.begin(), bounds.end(), wanted);
      return at == bounds.end() ? nullptr : *at;
    };
    const dynamodb::Path path(sort->attribute);
    for (Op op : {Op::eq, Op::between, Op::startswith}) {
      if (const Predicate* p = find([&](const Predicate* b) { return b->op == op; })) {
        ExpressionBudget budget;
        plan.sort_condition = *to_condition(*p, {}, budget);
        return p;
      }
    }
    const Predicate* low = find(lower);
    const Predicate* high = find(upper);
    if (low && high) {
      // BETWEEN takes both ends in; the strict ones are checked on the rows. Ends in the wrong
      // order meet nothing, and DynamoDB refuses them: then one end will do.
      const dynamodb::ValueView l(low->packed[0]), h(high->packed[0]);
      if (compare_stored(l, h) <= 0) {
        plan.sort_condition = dynamodb::between(path, low->values[0], high->values[0]);
        return nullptr;
      }
    }
    if (const Predicate* p = low ? low : high) {
      ExpressionBudget budget;
      plan.sort_condition = *to_condition(*p, {}, budget);
      return p;
    }
    return nullptr;
  }

  void split_conditions(Plan& plan, const Conjuncts& parts,
                        const std::vector<const FieldInfo*>& keys) const {
    ExpressionBudget budget;
    Conjuncts rest;
    for (const Predicate* p : parts) {
      ExpressionBudget after = budget;
      if (const auto condition = to_condition(*p, keys, after)) {
        plan.filter = plan.filter && *condition;
        budget = after;
      } else {
        rest.push_back(p);
      }
    }
    keep(plan, rest);
  }

  static void keep(Plan& plan, const Conjuncts& parts) {
    std::vector<Predicate> copies;
    for (const Predicate* p : parts) copies.push_back(*p);
    plan.residual = all_of(std::move(copies));
  }

  const Query& query_;
  const Predicate& where_;
  Conjuncts parts_;
  std::vector<OrderTerm> order_;
};

}  // namespace

std::vector<OrderTerm> complete_order(const Query& query, const Predicate& where) {
  if (query.order.empty()) return {};
  const Conjuncts parts = conjuncts(where);
  std::vector<OrderTerm> order;
  const auto known = [&](const FieldInfo* f) {
    return std::any_of(order.begin(), order.end(),
                       [&](const OrderTerm& t) { return t.field == f; }) ||
           std::any_of(parts.begin(), parts.end(),
                       [&](const Predicate* p) { return p->field == f && p->is(Op::eq); });
  };
  for (const OrderTerm& term : query.order) {
    if (!known(term.field)) order.push_back(term);
  }
  const bool descending = query.order.back().descending;
  for (const FieldInfo* key : {query.model->partition, query.model->sort}) {
    if (key && !known(key)) order.push_back({key, descending});
  }
  // The key alone is given: one row at most, in any order.
  if (order.empty()) order.push_back({query.model->partition, descending});
  return order;
}

Plan plan_query(const Query& query, const Predicate& where) { return Planner(query, where).plan(); }

std::string scan_advice(const Query& query, const Predicate& where) {
  const ModelInfo& model = *query.model;
  const auto member = [&](const FieldInfo& f) {
    return "&" + model.name + "::" + std::string(f.member);
  };
  const std::string order = query.order.empty() ? "" : ", " + member(*query.order[0].field);
  std::string text = model.name + " where " + describe(where, ShowValues::no) +
                     (query.order.empty() ? "" : ", in order,") +
                     " needs a Scan of its whole table. ";
  const auto parts = conjuncts(where);
  const auto equality = std::find_if(parts.begin(), parts.end(), [](const Predicate* p) {
    return p->is(Op::eq) || p->is(Op::in);
  });
  if (equality != parts.end() && (*equality)->field->shape().is_key_type()) {
    const FieldInfo& f = *(*equality)->field;
    if (order.empty())
      return text + "This index would serve: Index<" + member(f) + ">{.name = \"" +
             std::string(f.attribute) + "-index\"}";
    return text + "This index would serve: Index<" + member(f) + order + ">{.name = \"" +
           std::string(f.attribute) + "-" + std::string(query.order[0].field->attribute) + "\"}";
  }
  text += "This index would serve: ComputedIndex<&" + model.name + "::listed" + order +
          ">{.name = \"listed\"}, with ";
  text += "static std::optional<std::string> listed(const " + model.name +
          "&), a value for the rows that the query is after; ";
  return text + "or allow_scan(reason).";
}

std::string describe(const Plan& plan, const Query& query) {
  const ModelInfo& model = *query.model;
  std::string text;
  switch (plan.access) {
    case Plan::Access::nothing:
      return "Nothing to read: no row can meet the condition";
    case Plan::Access::get_item:
      text = "GetItem on " + model.table;
      break;
    case Plan::Access::batch_get:
      text = "BatchGetItem on " + model.table +
             (plan.keys.empty() ? "" : " (" + std::to_string(plan.keys.size()) + " keys)");
      break;
    case Plan::Access::query:
      if (plan.partitions.size() > 1) text = std::to_string(plan.partitions.size()) + " times ";
      text += "Query on " + (plan.index ? "index " + plan.index->name + " of " : std::string()) +
              model.table + " by " + std::string(plan.hash->attribute);
      if (!plan.sort_condition.empty()) text += " and " + std::string(plan.sort->attribute);
      if (!plan.forward) text += ", backwards";
      break;
    case Plan::Access::scan:
      text = "Scan of " + model.table;
      break;
    case Plan::Access::merge:
      if (plan.hash) {  // one Query for each value of a list
        if (plan.branches.size() > 1) text = std::to_string(plan.branches.size()) + " times ";
        return text + describe(plan.branches[0], query) + ", merged";
      }
      for (const Plan& branch : plan.branches)
        text += (text.empty() ? "Merge of [" : "], [") + describe(branch, query);
      return text + "]";
  }
  if (plan.consistent) text += ", consistently";
  if (!plan.filter.empty()) text += "; filtered by DynamoDB";
  if (plan.residual.type != Predicate::Type::always)
    text += "; rows checked here: " + describe(plan.residual);
  if (!plan.sort_terms.empty())
    text += query.limit
                ? "; best " + std::to_string(query.offset + *query.limit) + " kept in memory"
                : "; sorted in memory";
  return text;
}

}  // namespace dynamo_backend
