// What the search commands share: which indexes they are for, and how they are stopped.
// Thread safety: functions of their arguments; one StopSignals at a time.
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

// While it lives, Ctrl-C and SIGTERM end what waits; a second one ends the process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // Whether one came.
  static bool stopped();
  // Waits in short parts. False: it is time to stop.
  static bool wait(std::chrono::milliseconds time);

 private:
  void (*before_int_)(int);
  void (*before_term_)(int);
};

}  // namespace management
