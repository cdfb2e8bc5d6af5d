#include "management/start_up.h"

#include "base/log.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/tables.h"
#include "management/command.h"
#include "management/database.h"

namespace management {

using dynamo_backend::Connection;
using dynamo_backend::ModelInfo;
using dynamo_backend::Registry;
namespace migrations = dynamo_backend::migrations;

StartUp::StartUp(const base::DynamoBackendSettings& settings, const Connection& connection,
                 const Registry& registry, migrations::MigrationGraph graph)
    : graph_(std::move(graph)) {
  try {
    if (settings.create_tables_on_startup) prepare(connection, registry);
  } catch (const dynamo_backend::ModelError& error) {
    throw CommandError(database_name(settings) + ": " + error.what());
  } catch (const std::runtime_error& error) {  // of migrations
    throw CommandError(std::string("Migrations at start-up (create_tables_on_startup): ") +
                       error.what());
  }
  watch(connection, registry);
}

void StartUp::prepare(const Connection& connection, const Registry& registry) {
  graph_.check_heads();
  if (!migrations::plan_from_history(connection, graph_, {}).empty()) {
    migrations::migrate(connection, graph_, {},
                        {.lease = {.wait = std::chrono::minutes(10)},
                         .event =
                             [](const migrations::MigrationEvent& event) {
                               if (event.kind == migrations::MigrationEvent::Kind::finished)
                                 base::log_info("applied migration " + event.migration->id.str());
                             }},
                        registry);
  }
  std::set<std::string> made;
  for (const auto& [label, model] : graph_.state().models) made.insert(model.table);
  for (const ModelInfo* model : registry.models())
    if (made.count(model->table) == 0) dynamo_backend::ensure_table(*model);
}

void StartUp::watch(const Connection& connection, const Registry& registry) {
  migrations::IndexReadiness readiness(connection, registry, &graph_);
  try {
    if (readiness.refresh() == 0) return;
  } catch (const dynamo_backend::ModelError& error) {
    // A process that may not describe tables works all the same, and counts on its indexes.
    base::log_warning(std::string("whether migrations are done is not known: ") + error.what());
    return;
  }
  const auto joined = [](const std::set<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
  };
  if (!readiness.pending().empty())
    base::log_warning("queries do without indexes that are not built: " +
                      joined(readiness.pending()) + " (dmakemigrations and dmigrate make them)");
  if (!readiness.upgrading().empty())
    base::log_warning("rows are changed as they are read, until dmigrate has done so: " +
                      joined(readiness.upgrading()));
  watch_.emplace(std::move(readiness));
}

}  // namespace management
