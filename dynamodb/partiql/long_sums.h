// SET a = b + c + d where a Client takes sums of two terms only: DynamoDB's expressions have no
// longer ones, PartiQL's statements do.
// Thread safety: functions of their arguments.
#pragma once
#include "dynamodb/client.h"

namespace dynamodb::partiql {

// Whether `error` is how such a Client answers such an update.
bool refuses_long_sums(const UpdateItemRequest& update, const Error& error);
bool refuses_long_sums(const TransactWriteItemsRequest& request, const Error& error);

// Reads the item, adds up here, and writes on condition that the terms are as they were; tries
// again where they are not. Blocks.
Result<WriteResult> write_long_sums(Client& client, const UpdateItemRequest& update);
// The same in a transaction. A token that is sent again after the terms have changed is answered
// by IdempotentParameterMismatch; nothing is written twice.
Result<TransactWriteItemsResult> write_long_sums(Client& client,
                                                 const TransactWriteItemsRequest& request);

}  // namespace dynamodb::partiql
