// What UpdateTable makes of a table: AWS's rules, without storage.
#pragma once
#include <optional>

#include "dynamodb/local/catalog.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

// What is refused whatever the table is like. DynamoDB: a call changes one thing.
std::optional<Error> check_update(const UpdateTableRequest& request);

// The table's next state; new indexes are `creating`.
Result<TableState> updated_table(const TableState& table, const UpdateTableRequest& request,
                                 base::Timestamp now);

}  // namespace dynamodb::local
