// Writes alone, in batches and side by side. What a transaction of others holds at the moment is
// tried again: nothing was written (DynamoDB: TransactionConflictException).
// Thread safety: functions of their arguments.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

inline bool met_transaction(const dynamodb::Result<dynamodb::WriteResult>& result) {
  return !result && result.error().code == dynamodb::ErrorCode::transaction_conflict;
}

// dynamodb::write_all() on one table; DatabaseError where something did not land.
// REQUIRES: each key once.
void batch_write(const Connection& connection, const std::string& table,
                 std::vector<dynamodb::WriteRequest> writes);

// The later of two results of one write: where it failed, an answer may have been lost before, too.
dynamodb::Result<dynamodb::WriteResult> after_earlier(
    const dynamodb::Result<dynamodb::WriteResult>& earlier,
    dynamodb::Result<dynamodb::WriteResult> later);

// The result of `send()`, a write whose caller waits.
template <class Send>
dynamodb::Result<dynamodb::WriteResult> write_one(const Connection& connection, const Send& send) {
  dynamodb::Result<dynamodb::WriteResult> result = send();
  for (int attempt = 1; met_transaction(result) && attempt < kMaxAttempts; ++attempt) {
    connection.back_off(attempt);
    result = after_earlier(result, send());
  }
  return result;
}

// Starts `count` writes, at most 64 at once, and gives their results in order. `start(i, done)`
// calls `done` once and does not throw; it is called again for a write that met a transaction.
using StartWrite =
    std::function<void(std::size_t i, dynamodb::Completion<dynamodb::WriteResult> done)>;
std::vector<dynamodb::Result<dynamodb::WriteResult>> write_side_by_side(
    const Connection& connection, std::size_t count, const StartWrite& start);

}  // namespace dynamo_backend
