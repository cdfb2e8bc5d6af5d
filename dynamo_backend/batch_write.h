// Writes in batches and side by side.
// Thread safety: functions of their arguments.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

// dynamodb::write_all() on one table; DatabaseError where something did not land.
// REQUIRES: each key once.
void batch_write(const Connection& connection, const std::string& table,
                 std::vector<dynamodb::WriteRequest> writes);

// Starts `count` writes, at most 64 at once, and gives their results in order. `start(i, done)`
// calls `done` once and does not throw.
using StartWrite =
    std::function<void(std::size_t i, dynamodb::Completion<dynamodb::WriteResult> done)>;
std::vector<dynamodb::Result<dynamodb::WriteResult>> write_side_by_side(std::size_t count,
                                                                        const StartWrite& start);

}  // namespace dynamo_backend
