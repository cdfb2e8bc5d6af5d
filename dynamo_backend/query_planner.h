// Which of DynamoDB's reads serves a query: GetItem, BatchGetItem, Query on the table or an index,
// or Scan.
//
// Key schema and indexes come from the model, never from DescribeTable. What it may choose from:
//   1. The key is given: GetItem, or BatchGetItem for `in`. One batch of keys is always read by
//   key:
//      it sees what was written before.
//   2. The hash key of the table or of an index is given: Query; for `in` one Query per value. An
//      index lacks rows without one of its key attributes: one on a member that may be absent is
//      used only where the condition demands a value. One that is being built is not used at all.
//   3. Several alternatives that 1 and 2 serve, each in the wanted order, merged: an `or`, or `in`
//      on a hash key where an order is wanted. Where none is, one alternative after the other.
//   4. Where none of these is possible, a Scan, if scan_policy and the query let it: of the table,
//   or
//      of an index that holds all that is needed and is smaller.
// Of several the cheapest by plan_cost.h is taken, on assumptions that are the same everywhere: no
// call is made to plan.
// An index that lacks attributes that are needed is read for keys; its rows are fetched from the
// table by BatchGetItem, in the index's order, after what its entries can be checked for. Of a
// local index DynamoDB fetches them along, at the same price in fewer calls, unless entries can be
// dropped before. Thread safety: functions of their arguments.
#pragma once
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dynamo_backend/key_match.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

class Connection;

struct Plan {
  enum class Access : std::uint8_t { nothing, get_item, batch_get, query, scan, merge };
  Access access = Access::scan;
  std::vector<dynamodb::Item> keys{};  // get_item, batch_get: in order, without repeats
  const IndexInfo* index = nullptr;    // query, scan: nullptr is the table itself
  const FieldInfo* hash = nullptr;     // query: the partition key that is given
  std::vector<Value> partitions{};     // query: its values, in order
  // query: further attributes of the key that equal a value
  std::vector<std::pair<const FieldInfo*, Value>> fixed{};
  const FieldInfo* sort = nullptr;  // query: the first sort key behind those, where there is one
  dynamodb::Condition sort_condition{};
  Predicate key_condition{};            // all that the key says, for people and for estimates
  dynamodb::Condition filter{};         // what DynamoDB drops
  Predicate sent{};                     // the same, for people and for estimates
  Predicate residual{};                 // what is left to check on each row
  std::vector<OrderTerm> sort_terms{};  // to be sorted by in memory; empty: rows come in the wanted
                                        // order, or none is wanted; merge: the order of branches,
                                        // empty: they are read one after the other
  bool forward = true;                  // query: along the sort key
  bool consistent = false;              // query, scan: what was written before is seen
  std::vector<std::string_view> attributes{};  // what is read of rows; empty: all
  std::vector<Plan> branches{};                // merge: each row that any of them gives, once

  // Where attributes come from that the index lacks.
  enum class Rows : std::uint8_t { whole, by_database, by_batch };
  Rows rows = Rows::whole;
  Predicate entry_residual{};  // by_batch: checked on entries, before their rows are fetched
  // by_batch: the whole condition, checked on fetched rows: an index may be behind its table.
  std::shared_ptr<const Predicate> whole{};
  std::vector<std::string_view> entry_attributes{};  // by_batch: what is read of entries

  // Whether rows are dropped on the way.
  bool drops() const {
    return !filter.empty() || residual.type != Predicate::Type::always ||
           entry_residual.type != Predicate::Type::always || any_branch(&Plan::drops);
  }
  // Whether all that fits is read before the first row is handed on. A row that is given by its key
  // is all.
  bool sorts() const {
    if (access == Access::merge) return any_branch(&Plan::sorts);
    return !sort_terms.empty() && access != Access::get_item;
  }

 private:
  bool any_branch(bool (Plan::*is)() const) const {
    return std::any_of(branches.begin(), branches.end(), std::mem_fn(is));
  }
};

// What a place to go on from is made of: the table's key, and that of the index that is read.
std::vector<const FieldInfo*> key_fields(const ModelInfo& model, const Plan& plan);

// Whether the current connection's database has the index, with all of its rows; true without one.
bool is_built(const ModelInfo& model, const IndexInfo& index);

// How the rows are to be read: in one go, or by pages, each of which finds its place in an order.
enum class Reading : std::uint8_t { at_once, by_pages };

// Throws FieldError: using_index() names none, one that does not serve, or one that is being built.
Plan plan_query(const Query& query, const Predicate& where, Reading reading = Reading::at_once);

// The terms that order the query's rows completely: its own without those that the condition makes
// constant, then the key. Empty: no order is wanted.
std::vector<OrderTerm> complete_order(const Query& query, const Predicate& where);

}  // namespace dynamo_backend
