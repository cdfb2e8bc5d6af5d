// prune(): forgets applied migrations of an app whose files are gone. For `dmigrate --prune`.
// Thread safety: any thread; one runner at a time, as migrate().
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/migrations/executor.h"

namespace dynamo_backend::migrations {

// Those whose records were deleted. Tables and rows stay as they are. Throws MigrationError, and
// forgets nothing, where the app has no files at all, or where one that is gone is half done;
// LeaseHeld, LeaseLost, DatabaseError.
std::vector<MigrationId> prune(const Connection& connection, const MigrationGraph& graph,
                               const std::string& app, const MigrateOptions& options = {});

}  // namespace dynamo_backend::migrations
