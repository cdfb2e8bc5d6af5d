// update() as actions of a transaction.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/row_actions.h"

namespace dynamo_backend {

// The change of one row, on condition that it exists and meets the query.
struct RowUpdate {
  dynamodb::Item key{};
  Predicate where{};
  RowActions actions{};
  // Where the change was made from the row as it was read: makes it anew for the row as it is;
  // nullopt: that does not meet the query. Empty: DynamoDB makes the change.
  std::function<std::optional<RowActions>(dynamodb::ItemView stored)> rebase{};
};
// A query whose condition gives the key, and which DynamoDB can check, is not read. Throws
// TransactionFailed where the row of a key that it gives is not there, or does not meet it.
std::vector<RowUpdate> plan_updates(const Query& query,
                                    const std::vector<AssignmentNode>& assignments);

}  // namespace dynamo_backend
