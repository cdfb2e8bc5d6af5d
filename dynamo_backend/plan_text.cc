#include "dynamo_backend/plan_text.h"

#include <algorithm>

namespace dynamo_backend {

WantedIndex wanted_index(const Query& query, const Predicate& where) {
  const FieldInfo* sort = query.order.empty() ? nullptr : query.order[0].field;
  // An index holds no rows without its sort key, and would not serve.
  if (sort && (!sort->shape().is_key_type() || sort->may_be_absent())) sort = nullptr;
  const auto parts = conjuncts(where);
  const auto equality = std::find_if(parts.begin(), parts.end(), [](const Predicate* p) {
    return p->is(Op::eq) || p->is(Op::in);
  });
  if (equality == parts.end() || !(*equality)->field->shape().is_key_type())
    return {.name = "listed", .function = "listed", .sort = sort};
  const FieldInfo& hash = *(*equality)->field;
  if (sort == &hash) sort = nullptr;
  return {.name = std::string(hash.attribute) + "-" +
                  std::string(sort ? sort->attribute : std::string_view("index")),
          .hash = &hash,
          .sort = sort};
}

std::string index_advice(const Query& query, const Predicate& where) {
  const ModelInfo& model = *query.model;
  const auto member = [&](const FieldInfo& f) {
    return "&" + model.name + "::" + std::string(f.member);
  };
  const WantedIndex index = wanted_index(query, where);
  for (const IndexInfo& made : model.indexes) {
    const auto sorts = made.sort_keys();
    const bool same = made.hash_keys().size() == 1 && made.hash_keys()[0] == index.hash &&
                      (!index.sort || (!sorts.empty() && sorts[0] == index.sort));
    if (same && query.consistent && !made.local)
      return "consistent() reads no global index: give the table's key, or read without it.";
    if (same && !is_built(model, made))
      return "The index " + made.name + " would serve, and is not built yet.";
  }
  const std::string rest =
      (index.sort ? ", " + member(*index.sort) : "") + ">{.name = \"" + index.name + "\"}";
  const std::string text = "This index would serve: ";
  if (index.hash)
    return text + "Index<" + member(*index.hash) + rest +
           (query.consistent ? ", and reading without consistent()" : "");
  return text + "ComputedIndex<&" + model.name + "::" + index.function + rest +
         ", with static std::optional<std::string> " + index.function + "(const " + model.name +
         "&), a value for the rows that the query is after; or allow_scan(reason).";
}

std::string scan_advice(const Query& query, const Predicate& where) {
  return query.model->name + " where " + describe(where, ShowValues::no) +
         (query.order.empty() ? "" : ", in order,") + " needs a Scan of its whole table. " +
         index_advice(query, where);
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
      for (const auto& fixed : plan.fixed) text += " and " + std::string(fixed.first->attribute);
      if (!plan.sort_condition.empty()) text += " and " + std::string(plan.sort->attribute);
      if (!plan.forward) text += ", backwards";
      break;
    case Plan::Access::scan:
      text = "Scan of " + (plan.index ? "index " + plan.index->name + " of " : std::string()) +
             model.table;
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
  if (plan.entry_residual.type != Predicate::Type::always)
    text += "; entries checked here: " + describe(plan.entry_residual);
  if (plan.rows == Plan::Rows::by_batch) text += "; rows fetched by BatchGetItem";
  if (plan.rows == Plan::Rows::by_database) text += "; rows fetched by DynamoDB";
  if (plan.residual.type != Predicate::Type::always)
    text += "; rows checked here: " + describe(plan.residual);
  if (!plan.sort_terms.empty())
    text += query.limit
                ? "; best " + std::to_string(query.offset + *query.limit) + " kept in memory"
                : "; sorted in memory";
  return text;
}

}  // namespace dynamo_backend
