#include "dynamo_backend/migrations/prune.h"

#include <algorithm>

#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/migrations/history.h"

namespace dynamo_backend::migrations {

std::vector<MigrationId> prune(const Connection& connection, const MigrationGraph& graph,
                               const std::string& app, const MigrateOptions& options) {
  // Called in another folder than the project's, all would be gone.
  if (graph.of_app(app).empty())
    throw MigrationError(app + " has no migration files here: nothing was forgotten.");
  CapacityBudget budget;
  RunControl control(connection, budget, options.stop);
  make_history_table(control);
  const Lease lease(control, options.lease);
  std::vector<MigrationRecord> gone = read_history(control);
  std::erase_if(gone, [&](const MigrationRecord& record) {
    return record.id.app != app || graph.find(record.id) != nullptr;
  });
  std::vector<MigrationId> forgotten;
  for (const MigrationRecord& record : gone) {
    if (record.phase != MigrationPhase::applied)
      throw MigrationError(record.id.str() +
                           " is half done and its file is gone: put the file back and let dmigrate "
                           "end or undo it. Nothing was forgotten.");
  }
  for (const MigrationRecord& found : gone) {
    Record record(control, lease, found);
    record.claim(MigrationPhase::applied);
    record.remove();
    forgotten.push_back(found.id);
  }
  return forgotten;
}

}  // namespace dynamo_backend::migrations
