#include "admin/list_plan.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/migrations/migration.h"
#include "dynamo_backend/plan_cost.h"
#include "dynamo_backend/plan_text.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/rows.h"

namespace admin {
namespace {

using dynamo_backend::Connection;
using dynamo_backend::FieldInfo;
using dynamo_backend::IndexInfo;
using dynamo_backend::Plan;
using dynamo_backend::Predicate;
using dynamo_backend::WantedIndex;

Plan plan_of(const Query& query) {
  return plan_query(query, resolve(query, dynamo_backend::Subqueries::describe),
                    dynamo_backend::Reading::by_pages);
}

bool scans(const Plan& plan) {
  if (plan.access == Plan::Access::merge) {
    for (const Plan& branch : plan.branches)
      if (scans(branch)) return true;
    return false;
  }
  return plan.access == Plan::Access::scan;
}

// A batch of keys is sorted here too, but no more is read than was named.
bool in_order(const Plan& plan) { return !plan.sorts() || plan.access == Plan::Access::batch_get; }

// The conditions that put a query on a listing, one for each index that is one.
struct Listing {
  const IndexInfo* index;
  NodePtr where;
};
std::vector<Listing> listings(const ModelInfo& model) {
  std::vector<Listing> found;
  if (!model.row.make) return found;
  const auto& connection = Connection::current();
  for (const auto& computed : model.computed) {
    if (!computed.reads.empty()) continue;
    const auto value = computed.field->compute(model.row.make().get());
    if (value.is<dynamodb::Null>()) continue;
    for (const IndexInfo& index : model.indexes) {
      if (index.hash != computed.field || !index.more_hash.empty() || !index.sort) continue;
      if (index.sort->may_be_absent()) continue;  // rows without it are not in the index
      if (!connection.index_ready(model.table, index.name)) continue;
      found.push_back({&index, dynamo_backend::make_equal({computed.field->member}, value)});
    }
  }
  return found;
}

std::string quoted_type(const ModelInfo& model, const FieldInfo& field) {
  return "&" + model.name + "::" + std::string(field.member);
}

// The declaration of an index that gives all rows in the order of `field`.
std::string listing_advice(const ModelInfo& model, const FieldInfo& field) {
  return "static std::string listing(const " + model.name +
         "&) { return \"all\"; }  …  ComputedIndex<&" + model.name + "::listing, " +
         quoted_type(model, field) + ">{.name = \"by-" + std::string(field.attribute) +
         "\"}, then ./manage dmakemigrations " + model.app_label + " and ./manage dmigrate";
}

// As dmakemigrations writes them once the index is declared.
std::string migration_of(const ModelInfo& model, const WantedIndex& wanted) {
  namespace migrations = dynamo_backend::migrations;
  migrations::IndexState index{.name = wanted.name};
  std::vector<migrations::Operation> operations;
  if (wanted.hash) {
    index.partition = {std::string(wanted.hash->attribute)};
  } else {
    index.partition = {wanted.function};
    operations.emplace_back(migrations::AddField{
        .model = model.name, .field = {.name = wanted.function, .type = "text", .computed = true}});
  }
  if (wanted.sort) index.sort = {std::string(wanted.sort->attribute)};
  operations.emplace_back(migrations::AddIndex{model.name, std::move(index)});
  return migrations::to_text(operations);
}

}  // namespace

TableFacts table_facts(const ModelInfo& model) {
  struct Kept {
    TableFacts facts;
    base::Timestamp at;
  };
  static std::mutex mutex;
  static std::map<std::string, Kept> tables;
  const auto& connection = Connection::current();
  const std::string table = connection.table(model.table);
  const auto& id = connection.cursor_key();  // tells connections apart
  const std::string key = std::string(id.begin(), id.end()) + table;
  const auto now = connection.now();
  {
    const std::lock_guard lock(mutex);
    const auto at = tables.find(key);
    if (at != tables.end() && now - at->second.at < std::chrono::minutes(5) && at->second.at <= now)
      return at->second.facts;
  }
  const auto described = connection.client().describe_table(table);
  TableFacts facts;
  if (described)
    facts = {static_cast<double>(described->item_count),
             static_cast<double>(described->size_bytes)};
  const std::lock_guard lock(mutex);
  if (tables.size() > 1000) tables.clear();
  tables[key] = {facts, now};
  return facts;
}

ListPlan plan_list(const ModelInfo& model, const NodePtr& where,
                   const std::vector<OrderTerm>& order, double limit_units) {
  ListPlan out;
  out.query = dynamo_backend::all_rows(model).filtered(where).ordered(order);
  Plan plan = plan_of(out.query);
  bool good = !scans(plan) && in_order(plan);
  if (!good && !(order.empty() && !where)) {
    for (const Listing& listing : listings(model)) {
      const Query listed = out.query.filtered(listing.where);
      Plan other = plan_of(listed);
      const bool narrowed = !other.sort_condition.empty();
      if (scans(other) || !in_order(other) || (order.empty() && !narrowed)) continue;
      out.query = listed;
      plan = std::move(other);
      good = true;
      break;
    }
  }
  if (good) {
    const bool piecewise = plan.drops() && !plan.sorts();
    out.kind = piecewise ? ListPlan::Kind::filtered : ListPlan::Kind::served;
    return out;
  }
  if (order.empty() && !where) {  // in the table's own order, a page at a time
    out.query.scan_reason = "the changelist shows the table page by page";
    return out;
  }
  out.query.scan_reason = "the changelist's reader was told what it costs";
  const Predicate meaning = resolve(out.query, dynamo_backend::Subqueries::describe);
  out.units = table_facts(model).units();
  if (order.empty() && !in_order(plan)) {
    out.kind = ListPlan::Kind::sorted;
    if (out.units > limit_units) {
      // A part of the table may be cheap: a sample of its rows tells.
      const auto& connection = Connection::current();
      const auto known = connection.statistics().get(connection, model);
      out.units = std::min(out.units, dynamo_backend::estimate(plan, model, *known, {}).units);
    }
    out.advice = "Each page of " + model.name + " where " +
                 describe(meaning, dynamo_backend::ShowValues::no) +
                 " reads all rows of each alternative. " + index_advice(out.query, meaning);
    out.migration = migration_of(model, wanted_index(out.query, meaning));
    return out;
  }
  if (!in_order(plan)) {
    const FieldInfo& field = *order.front().field;
    if (out.units <= limit_units) {
      out.kind = ListPlan::Kind::sorted;
      return out;
    }
    ListPlan unordered = plan_list(model, where, {}, limit_units);
    const std::string label(field.attribute);
    if (where && !scans(plan)) {
      unordered.order_refused = "No index gives these rows in order of " + label + ": " +
                                index_advice(out.query, meaning);
      unordered.migration = migration_of(model, wanted_index(out.query, meaning));
    } else {
      unordered.order_refused = "No index gives the rows of " + model.name + " in order of " +
                                label + ". This one would: " + listing_advice(model, field);
      unordered.migration =
          migration_of(model, {.name = "by-" + label, .function = "listing", .sort = &field});
    }
    return unordered;
  }
  out.kind = ListPlan::Kind::scanned;
  out.advice = scan_advice(out.query, meaning);
  out.migration = migration_of(model, wanted_index(out.query, meaning));
  return out;
}

}  // namespace admin
