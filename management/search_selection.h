// What the search commands share: which indexes they are for.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "base/settings.h"
#include "dynamo_backend/search/index_definition.h"
#include "dynamo_backend/search/sync/sync_threads.h"

namespace management {

class Context;

// The indexes of the models that `labels` name (app, app.Model; none: all). Throws CommandError
// where they have none.
std::vector<dynamo_backend::search::IndexDefinition> select_indexes(
    Context& context, const std::vector<std::string>& labels);

// As SyncThreads fits the database that the settings name.
dynamo_backend::search::sync::SyncOptions sync_options(const base::DynamoBackendSettings& settings);

}  // namespace management
