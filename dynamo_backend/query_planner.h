// Which of DynamoDB's reads serves a query: GetItem, BatchGetItem, Query on the table or an index,
// or Scan.
//
// Key schema and indexes come from the model, never from DescribeTable. Rules, best first:
//   1. The key is given: GetItem, or BatchGetItem for `in`.
//   2. An index's hash key is given: Query; for `in` one Query per value. Preferred is an index
//      whose sort key is restricted, too, or gives the order. An index lacks rows without its sort
//      key: one on a member that may be absent is used only where the condition demands a value.
//   3. Several alternatives that 1 and 2 serve, each in the wanted order, merged: an `or`, or `in`
//      on a hash key where an order is wanted.
//   4. Else Scan, where scan_policy and the query let it.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

struct Plan {
  enum class Access : std::uint8_t { nothing, get_item, batch_get, query, scan, merge };
  Access access = Access::scan;
  std::vector<dynamodb::Item> keys{};  // get_item, batch_get: in order, without repeats
  const IndexInfo* index = nullptr;    // query: nullptr is the table itself
  const FieldInfo* hash = nullptr;     // query: the partition key that is given
  std::vector<Value> partitions{};     // query: its values, in order
  const FieldInfo* sort = nullptr;     // query: the sort key, where there is one
  dynamodb::Condition sort_condition{};
  dynamodb::Condition filter{};         // what DynamoDB drops
  Predicate residual{};                 // what is left to check on each row
  std::vector<OrderTerm> sort_terms{};  // to be sorted by in memory; empty: rows come in the wanted
                                        // order, or none is wanted; merge: the order of branches
  bool forward = true;                  // query: along the sort key
  bool consistent = false;              // query, scan: what was written before is seen
  std::vector<std::string_view> attributes{};  // what is read of rows; empty: all
  std::vector<Plan> branches{};                // merge: each row that any of them gives, once
};

Plan plan_query(const Query& query, const Predicate& where);

// The terms that order the query's rows completely: its own without those that the condition makes
// constant, then the key. Empty: no order is wanted.
std::vector<OrderTerm> complete_order(const Query& query, const Predicate& where);

// The declaration of the index that would spare a Scan, and what the Scan is for.
std::string scan_advice(const Query& query, const Predicate& where);

std::string describe(const Plan& plan, const Query& query);

}  // namespace dynamo_backend
