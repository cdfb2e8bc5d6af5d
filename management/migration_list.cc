#include "management/migration_list.h"

#include <algorithm>
#include <map>

#include "dynamo_backend/migrations/history.h"

namespace management {
namespace {

using namespace dynamo_backend::migrations;  // NOLINT: a command's source
using dynamo_backend::Connection;

// How much of the operation in work is done, in percent: rows that were visited of those that
// DescribeTable counts, which is an estimate on AWS. nullopt: not known.
std::optional<int> percent(const Connection& connection, const MigrationGraph& graph,
                           const MigrationRecord& record, const Operation& operation) {
  if (record.segments.empty() || model_of(operation).empty()) return std::nullopt;
  if (std::all_of(record.segments.begin(), record.segments.end(),
                  [](const SegmentProgress& s) { return s.done; }))
    return 100;
  ProjectState state;
  for (const Migration* migration : graph.in_order()) {
    for (const Operation& step : migration->operations) {
      if (migration->id == record.id && &step == &operation) break;
      apply(step, migration->id.app, state);
    }
    if (migration->id == record.id) break;
  }
  const ModelState* model = state.find(record.id.app, model_of(operation));
  if (!model) return std::nullopt;
  const auto table = connection.client().describe_table(connection.table(model->table));
  if (!table || table->item_count == 0) return std::nullopt;
  std::uint64_t rows = 0;
  for (const SegmentProgress& segment : record.segments) rows += segment.rows;
  return static_cast<int>(std::min<std::uint64_t>(99, rows * 100 / table->item_count));
}

const char* verb_of(const MigrationRecord& record) {
  return record.phase == MigrationPhase::reverting ? "undoing" : "running";
}

std::string in_work(const Connection& connection, const MigrationGraph& graph,
                    const MigrationRecord& record, const Migration& migration) {
  const std::size_t count = migration.operations.size();
  const std::string verb = verb_of(record);
  if (record.operation >= count) return " (" + verb + ")";
  std::string text = " (" + verb + ": operation " + std::to_string(record.operation + 1) + " of " +
                     std::to_string(count);
  if (const auto share = percent(connection, graph, record, migration.operations[record.operation]))
    text += ", " + std::to_string(*share) + " %";
  return text + ")";
}

class List {
 public:
  List(const Connection& connection, const MigrationGraph& graph)
      : connection_(connection), graph_(graph) {
    for (MigrationRecord& record : read_history(connection)) records_.emplace(record.id, record);
  }

  std::string line(const Migration& migration, const std::string& name) const {
    const auto record = records_.find(migration.id);
    const bool applied =
        record != records_.end() && record->second.phase == MigrationPhase::applied;
    std::string text = (applied ? " [X] " : " [ ] ") + name;
    if (record != records_.end() && !applied)
      text += in_work(connection_, graph_, record->second, migration);
    return text + "\n";
  }

  std::string of_app(const std::string& app) const {
    std::string text = app + "\n";
    const auto migrations = graph_.of_app(app);
    if (migrations.empty()) text += " (no migrations)\n";
    for (const Migration* migration : migrations) text += line(*migration, migration->id.name);
    for (const auto& [id, record] : records_) {
      if (id.app != app || graph_.find(id)) continue;
      const bool applied = record.phase == MigrationPhase::applied;
      text += (applied ? " [X] " : " [ ] ") + id.name + " (" +
              (applied ? "" : std::string(verb_of(record)) + "; ") + "its file is gone)\n";
    }
    return text;
  }

 private:
  const Connection& connection_;
  const MigrationGraph& graph_;
  std::map<MigrationId, MigrationRecord> records_{};
};

}  // namespace

std::string list_migrations(const Connection& connection, const MigrationGraph& graph,
                            const std::vector<std::string>& apps, bool in_order) {
  const List list(connection, graph);
  const auto all = graph.apps();
  const std::vector<std::string> chosen = apps.empty() ? std::vector(all.begin(), all.end()) : apps;
  std::string text;
  if (in_order) {
    for (const Migration* migration : graph.in_order()) {
      if (std::find(chosen.begin(), chosen.end(), migration->id.app) != chosen.end())
        text += list.line(*migration, migration->id.str());
    }
    return text;
  }
  for (const std::string& app : chosen) text += list.of_app(app);
  return text;
}

}  // namespace management
