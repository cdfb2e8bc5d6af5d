#include "admin/list_plan.h"

#include <algorithm>
#include <chrono>
#include <functional>
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
      const auto sort_keys = index.sort_keys();  // rows without one of them are not in the index
      if (std::any_of(sort_keys.begin(), sort_keys.end(),
                      [](const FieldInfo* f) { return f->may_be_absent(); }))
        continue;
      if (!connection.index_ready(model.table, index.name)) continue;
      found.push_back({&index, dynamo_backend::make_equal({computed.field->member}, value)});
    }
  }
  return found;
}

std::string quoted_type(const ModelInfo& model, const FieldInfo& field) {
  return "&" + model.name + "::" + std::string(field.member);
}

std::string joined_fields(const std::vector<OrderTerm>& order, std::string_view between,
                          const std::function<std::string(const FieldInfo&)>& text) {
  std::string out;
  for (const OrderTerm& term : order)
    out += (out.empty() ? "" : std::string(between)) + text(*term.field);
  return out;
}
std::string attributes_of(const std::vector<OrderTerm>& order, std::string_view between) {
  return joined_fields(order, between, [](const FieldInfo& f) { return std::string(f.attribute); });
}

// Why no index can list all rows in that order; empty: one can.
std::string never_listed(const std::vector<OrderTerm>& order) {
  for (const OrderTerm& term : order) {
    const std::string name(term.field->attribute);
    const auto type = term.field->shape().stored();
    if (type != dynamodb::Type::S && type != dynamodb::Type::N && type != dynamodb::Type::B)
      return "DynamoDB's indexes have no keys of the type of " + name;
    if (term.field->may_be_absent()) return "an index over " + name + " lacks the rows without it";
    if (term.descending != order.front().descending)
      return "an index gives all of its sort keys in one direction";
  }
  return order.size() > 4 ? "an index has four sort keys at most" : "";
}

// The declaration of an index that gives all rows in that order.
std::string listing_advice(const ModelInfo& model, const std::vector<OrderTerm>& order) {
  return "static std::string listing(const " + model.name +
         "&) { return \"all\"; }  …  ComputedIndex<&" + model.name + "::listing, " +
         joined_fields(order, ", ", [&](const FieldInfo& f) { return quoted_type(model, f); }) +
         ">{.name = \"by-" + attributes_of(order, "-") + "\"}, then ./manage dmakemigrations " +
         model.app_label + " and ./manage dmigrate";
}

// As dmakemigrations writes them once the index is declared.
// `more`: behind the wanted sort key.
std::string migration_of(const ModelInfo& model, const WantedIndex& wanted,
                         const std::vector<OrderTerm>& more = {}) {
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
  for (const OrderTerm& term : more) index.sort.emplace_back(term.field->attribute);
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
    if (out.units <= limit_units) {
      out.kind = ListPlan::Kind::sorted;
      return out;
    }
    ListPlan unordered = plan_list(model, where, {}, limit_units);
    const std::string label = attributes_of(order, ", "), never = never_listed(order);
    if (!never.empty()) {
      unordered.order_refused = "No index can give the rows of " + model.name + " in order of " +
                                label + ": " + never + ".";
    } else if (where && !scans(plan)) {
      unordered.order_refused = "No index gives these rows in order of " + label + ": " +
                                index_advice(out.query, meaning);
      unordered.migration = migration_of(model, wanted_index(out.query, meaning));
    } else {
      unordered.order_refused = "No index gives the rows of " + model.name + " in order of " +
                                label + ". This one would: " + listing_advice(model, order);
      unordered.migration = migration_of(model,
                                         {.name = "by-" + attributes_of(order, "-"),
                                          .function = "listing",
                                          .sort = order.front().field},
                                         {order.begin() + 1, order.end()});
    }
    return unordered;
  }
  out.kind = ListPlan::Kind::scanned;
  out.advice = scan_advice(out.query, meaning);
  out.migration = migration_of(model, wanted_index(out.query, meaning));
  return out;
}

}  // namespace admin
