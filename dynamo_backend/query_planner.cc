#include "dynamo_backend/query_planner.h"

#include <algorithm>
#include <utility>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamo_backend/plan_cost.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

Predicate copy_of(const Conjuncts& parts) {
  if (parts.size() == 1) return *parts.front();
  std::vector<Predicate> copies;
  copies.reserve(parts.size());
  for (const Predicate* p : parts) copies.push_back(*p);
  return all_of(std::move(copies));
}

// Lists of up to so many keys are read by key whatever else would serve.
constexpr std::size_t kFewKeys = dynamodb::kMaxBatchGetKeys;
// Between plans that read about the same the one wins whose rows come in order: they can be handed
// on as they are read.
double with_sort(double cost) { return cost * 1.1 + 1; }

class Planner {
 public:
  Planner(const Query& query, const Predicate& where, Reading reading)
      : query_(query),
        model_(*query.model),
        where_(where),
        reading_(reading),
        parts_(conjuncts(where)),
        expandable_(parts_.size()) {
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
    if (!query_.index.empty()) return plan_named_index();
    std::vector<Plan> ways;
    const KeyEqualities key = key_equalities();
    if (key.name_one_row()) return plan_keys(key);
    if (key.complete() && !key.are_too_many()) {
      ways.push_back(plan_keys(key));
      if (ways[0].keys.size() <= kFewKeys) return std::move(ways[0]);
    }
    const bool keys_known = !ways.empty();
    for (const KeyMatch& match : matches()) ways.push_back(plan_match(match));
    if (!keys_known) {
      if (auto merge = plan_alternatives()) ways.push_back(*std::move(merge));
    }
    if (ways.empty()) return plan_scan();
    return cheapest(std::move(ways));
  }

  Plan cheapest(std::vector<Plan> ways) const {
    if (ways.size() == 1) return std::move(ways.front());
    CostOptions options;
    // Of pages each may have another length; their rows are read in one way.
    if (reading_ == Reading::by_pages)
      options.wanted = kDefaultPageSize;
    else if (query_.limit)
      options.wanted = query_.offset + *query_.limit;
    std::size_t best = 0;
    double least = 0;
    for (std::size_t i = 0; i < ways.size(); ++i) {
      const double read = estimate(ways[i], model_, assumptions(model_), options).cost();
      const double cost = ways[i].sorts() ? with_sort(read) : read;
      if (i > 0 && cost >= least) continue;
      best = i;
      least = cost;
    }
    return std::move(ways[best]);
  }

  // ---- which ways there are

  // Indexes follow the table with a delay, but for local ones.
  bool usable(const IndexInfo& index) const {
    return (!query_.consistent || index.local) && is_built(model_, index);
  }

  std::vector<KeyMatch> matches() const {
    std::vector<KeyMatch> found;
    const auto consider = [&](const IndexInfo* index) {
      if (auto match = match_key(model_, index, parts_)) found.push_back(*std::move(match));
    };
    if (model_.sort) consider(nullptr);
    for (const IndexInfo& i : model_.indexes)
      if (usable(i)) consider(&i);
    // Of two that cost the same, the one that has a row without further members, too.
    std::stable_partition(found.begin(), found.end(), [&](const KeyMatch& match) {
      return std::all_of(match.free.begin(), match.free.end(),
                         [&](const FieldInfo* f) { return f->key || demands_value(parts_, f); });
    });
    return found;
  }

  Plan plan_named_index() {
    const std::string said = "using_index(\"" + query_.index + "\") of " + model_.name;
    const IndexInfo* named = model_.find_index(query_.index);
    if (!named) {
      std::string names;
      for (const IndexInfo& i : model_.indexes) names += (names.empty() ? "" : ", ") + i.name;
      throw FieldError(model_.name + " has no index '" + query_.index + "'. Choices are: " + names +
                       ".");
    }
    if (query_.consistent && !named->local)
      throw FieldError(said + ": DynamoDB cannot read a global index consistently.");
    if (!is_built(model_, *named))
      throw FieldError(said +
                       ": the index is still being built; it can be used when it is ACTIVE. "
                       "Without using_index() the planner takes another way until then.");
    if (const auto match = match_key(model_, named, parts_)) return plan_match(*match);
    std::string needed;
    for (const FieldInfo* f : named->hash_keys())
      needed += (needed.empty() ? "'" : " and '") + std::string(f->attribute) + "'";
    for (const FieldInfo* f : named->sort_keys()) {
      if (f->may_be_absent() && !demands_value(parts_, f))
        needed += " and a condition that demands a value of '" + std::string(f->attribute) +
                  "', without which rows are not in the index";
    }
    throw FieldError(said + ": the query needs `==` on the index's hash key " + needed + ".");
  }

  // One plan for each alternative of an `or`, where none of them scans. In the plan of an
  // alternative only its own `or`s are taken apart in turn: the others would be again in each of
  // their plans, which for ten of them makes millions.
  std::optional<Plan> plan_alternatives() const {
    constexpr std::size_t kMostBranches = 50;
    for (std::size_t i = 0; i < expandable_; ++i) {
      const Predicate* const either = parts_[i];
      if (either->type != Predicate::Type::any || either->children.size() > kMostBranches) continue;
      Query each = query_;
      if (each.order.empty() && reading_ == Reading::by_pages) each.order = key_order();
      Plan merge{.access = Plan::Access::merge};
      for (const Predicate& alternative : either->children) {
        std::vector<Predicate> parts = flattened({alternative});
        const std::size_t own = parts.size();
        for (const Predicate* p : parts_)
          if (p != either) parts.push_back(*p);
        const Predicate where = all_of(std::move(parts));
        Planner planner(each, where, reading_);
        planner.expandable_ = std::min(own, planner.parts_.size());
        // All branches are read in the one order of the whole, with nothing left out that one of
        // them makes constant.
        planner.order_ = merge.sort_terms = complete_order(each, {});
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
    std::vector<OrderTerm> terms{{model_.partition, false}};
    if (model_.sort) terms.push_back({model_.sort, false});
    return terms;
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

  // What the condition says of the table's key by `==` or `in`.
  struct KeyEqualities {
    const Predicate* hash;
    const Predicate* sort;
    bool has_sort;  // the table's key
    bool complete() const { return hash && (sort || !has_sort); }
    // Of two lists each pair is a key. Reading the partitions of the first is another way then.
    bool are_too_many() const {
      constexpr std::size_t kMost = 1000 * kFewKeys;
      return sort && hash->values.size() > 1 && sort->values.size() > 1 &&
             hash->values.size() * sort->values.size() > kMost;
    }
    bool name_one_row() const {
      return complete() && hash->op == Op::eq && (!sort || sort->op == Op::eq);
    }
  };
  KeyEqualities key_equalities() const {
    return {find_equality(parts_, model_.partition),
            model_.sort ? find_equality(parts_, model_.sort) : nullptr, model_.sort != nullptr};
  }

  // REQUIRES: equalities.complete()
  Plan plan_keys(const KeyEqualities& equalities) const {
    const Predicate* const hash = equalities.hash;
    const Predicate* const sort = equalities.sort;
    if (!hash->subquery.empty() || (sort && !sort->subquery.empty()))
      return described_batch(*hash, sort);
    Plan plan{.access =
                  equalities.name_one_row() ? Plan::Access::get_item : Plan::Access::batch_get};
    for (const Value& h : key_values(*hash, dynamodb::kMaxPartitionKeySize)) {
      if (!sort) {
        plan.keys.push_back({{std::string(model_.partition->attribute), h}});
        continue;
      }
      for (const Value& s : key_values(*sort, dynamodb::kMaxSortKeySize)) {
        plan.keys.push_back({{std::string(model_.partition->attribute), h},
                             {std::string(model_.sort->attribute), s}});
      }
    }
    if (plan.keys.empty()) plan.access = Plan::Access::nothing;
    Conjuncts rest, key{hash};
    if (sort) key.push_back(sort);
    std::copy_if(parts_.begin(), parts_.end(), std::back_inserter(rest),
                 [&](const Predicate* p) { return p != hash && p != sort; });
    plan.key_condition = copy_of(key);
    plan.residual = copy_of(rest);
    if (plan.access == Plan::Access::batch_get) plan.sort_terms = order_;
    return plan;
  }

  // explain(): keys that a subquery would give.
  Plan described_batch(const Predicate& hash, const Predicate* sort) const {
    Conjuncts rest, key{&hash};
    if (sort) key.push_back(sort);
    std::copy_if(parts_.begin(), parts_.end(), std::back_inserter(rest),
                 [&](const Predicate* p) { return p != &hash && p != sort; });
    Plan plan{.access = Plan::Access::batch_get, .sort_terms = order_};
    plan.key_condition = copy_of(key);
    plan.residual = copy_of(rest);
    plan.hash = hash.field;
    return plan;
  }

  Plan plan_match(const KeyMatch& match) const {
    Plan plan{.access = Plan::Access::query, .index = match.index, .hash = match.hash->field};
    plan.partitions = key_values(*match.hash, dynamodb::kMaxPartitionKeySize);
    if (match.impossible || (plan.partitions.empty() && match.hash->subquery.empty()))
      return {.access = Plan::Access::nothing};
    for (const Predicate* p : match.fixed) plan.fixed.emplace_back(p->field, p->values.at(0));
    if (!match.free.empty()) plan.sort = match.free.front();
    plan.sort_condition = match.condition;
    Conjuncts key{match.hash}, rest;
    key.insert(key.end(), match.fixed.begin(), match.fixed.end());
    key.insert(key.end(), match.range.begin(), match.range.end());
    plan.key_condition = copy_of(key);
    std::copy_if(parts_.begin(), parts_.end(), std::back_inserter(rest),
                 [&](const Predicate* p) { return !match.says(p); });
    const auto forward = serves_order(model_, match, order_);
    if (!forward) plan.sort_terms = order_;
    split_conditions(plan, rest, match.forbidden);
    plan.forward = forward.value_or(true);
    if (!forward || match.hash->op == Op::eq) return plan;
    return merge_partitions(std::move(plan), *match.hash);
  }

  // The partitions of an `in`, each in the wanted order, merged.
  Plan merge_partitions(Plan each, const Predicate& hash) const {
    Plan merge{.access = Plan::Access::merge, .index = each.index, .hash = each.hash};
    merge.sort_terms = order_;
    merge.key_condition = hash;
    if (each.partitions.empty()) {  // explain(): to be found by a subquery
      merge.branches.push_back(std::move(each));
      return merge;
    }
    const auto partitions = std::exchange(each.partitions, {});
    Predicate& key = each.key_condition.type == Predicate::Type::all
                         ? each.key_condition.children.front()
                         : each.key_condition;
    key.op = Op::eq;
    for (const Value& partition : partitions) {
      key.values = {partition};
      key.packed = {dynamodb::pack_value(partition)};
      merge.branches.push_back(each);
      merge.branches.back().partitions = {partition};
    }
    return merge;
  }

  Plan plan_scan() const {
    Plan plan{.access = Plan::Access::scan, .sort_terms = order_};
    split_conditions(plan, parts_, {});
    double least = 0;
    for (const IndexInfo& i : model_.indexes) {
      if (!usable(i) || !in_all_rows(i)) continue;
      Plan other{.access = Plan::Access::scan, .index = &i, .sort_terms = order_};
      split_conditions(other, parts_, {});
      if (other.rows != Plan::Rows::whole) continue;
      if (least == 0) least = cost_of_scan(plan);
      const double cost = cost_of_scan(other);
      if (cost >= least) continue;
      least = cost;
      plan = std::move(other);
    }
    return plan;
  }

  // Whether every row that meets the condition is in the index. A row may lack a member that has no
  // nullopt, too: of before the member was there, or of another program.
  bool in_all_rows(const IndexInfo& index) const {
    const auto there = [&](const FieldInfo* f) { return f->key || demands_value(parts_, f); };
    const auto hash = index.hash_keys(), sort = index.sort_keys();
    return std::all_of(hash.begin(), hash.end(), there) &&
           std::all_of(sort.begin(), sort.end(), there);
  }

  double cost_of_scan(const Plan& plan) const {
    return assumptions(model_).entries(plan.index) * assumptions(model_).bytes(plan.index);
  }

  // ---- who checks what, and where rows come from

  // Which of `rest` DynamoDB checks, what is checked here, and where the attributes come from that
  // the index lacks.
  void split_conditions(Plan& plan, const Conjuncts& rest,
                        const std::vector<const FieldInfo*>& forbidden) const {
    Conjuncts held, lacked, kept;
    for (const Predicate* p : rest) (holds(plan.index, *p) ? held : lacked).push_back(p);
    const bool order_held =
        std::all_of(plan.sort_terms.begin(), plan.sort_terms.end(),
                    [&](const OrderTerm& t) { return !plan.index || plan.index->holds(*t.field); });
    if (!lacked.empty() || !order_held || !covers(plan.index)) {
      // Of a local index DynamoDB reads whole rows; by the batch it is cheaper where entries can be
      // dropped before.
      // A filter may not name what the index lacks, all the same.
      if (plan.index->local && held.empty()) {
        plan.rows = Plan::Rows::by_database;
        kept = std::exchange(lacked, {});
      } else {
        plan.rows = Plan::Rows::by_batch;
      }
    }
    ExpressionBudget budget;
    Conjuncts sent;
    for (const Predicate* p : held) {
      ExpressionBudget after = budget;
      if (const auto condition = to_condition(*p, forbidden, after)) {
        plan.filter = plan.filter && *condition;
        budget = after;
        sent.push_back(p);
      } else {
        kept.push_back(p);
      }
    }
    plan.sent = copy_of(sent);
    if (plan.rows != Plan::Rows::by_batch) {
      plan.residual = copy_of(kept);
      return;
    }
    plan.entry_residual = copy_of(kept);
    plan.residual = copy_of(lacked);
    plan.whole = std::make_shared<const Predicate>(where_);
  }

  static bool holds(const IndexInfo* index, const Predicate& part) {
    if (!index || index->projection == dynamodb::ProjectionType::all) return true;
    std::vector<const FieldInfo*> fields;
    add_fields(part, fields);
    return std::all_of(fields.begin(), fields.end(),
                       [&](const FieldInfo* f) { return index->holds(*f); });
  }

  // Whether the index has all that is to be read of a row.
  bool covers(const IndexInfo* index) const {
    if (!index || index->projection == dynamodb::ProjectionType::all) return true;
    const auto& fields = query_.fields.empty() ? model_.by_attribute : query_.fields;
    return std::all_of(fields.begin(), fields.end(),
                       [&](const FieldInfo* f) { return index->holds(*f); });
  }

  // What holds of any access.
  void finish(Plan& plan) const {
    plan.consistent = query_.consistent;
    for (Plan& branch : plan.branches) finish(branch);
    const auto add = [](std::vector<std::string_view>& to,
                        const std::vector<const FieldInfo*>& fields) {
      for (const FieldInfo* f : fields)
        if (std::find(to.begin(), to.end(), f->attribute) == to.end()) to.push_back(f->attribute);
    };
    const auto keys = key_fields(model_, plan);
    if (plan.rows == Plan::Rows::by_batch) {
      std::vector<const FieldInfo*> fields = keys;
      add_fields(plan.entry_residual, fields);
      add(plan.entry_attributes, fields);
    }
    if (query_.fields.empty()) return;
    std::vector<const FieldInfo*> fields = query_.fields;
    add_fields(plan.residual, fields);
    if (plan.whole) add_fields(*plan.whole, fields);
    fields.insert(fields.end(), keys.begin(), keys.end());
    for (const OrderTerm& term : plan.sort_terms) fields.push_back(term.field);
    add(plan.attributes, fields);
  }

  const Query& query_;
  const ModelInfo& model_;
  const Predicate& where_;
  Reading reading_;
  Conjuncts parts_;
  std::size_t expandable_;  // so many of the first parts
  std::vector<OrderTerm> order_;
};

}  // namespace

bool is_built(const ModelInfo& model, const IndexInfo& index) {
  const Connection* connection = Connection::find_current();
  return !connection || connection->index_ready(model.table, index.name);
}

std::vector<const FieldInfo*> key_fields(const ModelInfo& model, const Plan& plan) {
  std::vector<const FieldInfo*> fields{model.partition};
  const auto add = [&](const FieldInfo* f) {
    if (f && std::find(fields.begin(), fields.end(), f) == fields.end()) fields.push_back(f);
  };
  add(model.sort);
  if (!plan.index || plan.access == Plan::Access::merge) return fields;
  for (const FieldInfo* f : plan.index->hash_keys()) add(f);
  for (const FieldInfo* f : plan.index->sort_keys()) add(f);
  return fields;
}

std::vector<OrderTerm> complete_order(const Query& query, const Predicate& where) {
  if (query.order.empty()) return {};
  const Conjuncts parts = conjuncts(where);
  std::vector<OrderTerm> order;
  const auto known = [&](const FieldInfo* f) {
    return std::any_of(order.begin(), order.end(),
                       [&](const OrderTerm& t) { return t.field == f; }) ||
           std::any_of(parts.begin(), parts.end(), [&](const Predicate* p) {
             return p->field == f && p->is(Op::eq) && p->steps.empty();
           });
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

Plan plan_query(const Query& query, const Predicate& where, Reading reading) {
  return Planner(query, where, reading).plan();
}

}  // namespace dynamo_backend
