// Which indexes of the models queries may use: those that are built, with all their entries; and
// which rows are not yet as the models have them.
//
// An index is ready when DescribeTable says that it is ACTIVE with the key and the attributes that
// the model declares, and the history says that nothing of the migrations that make or fill it is
// still to be done. Until then the planner takes another way, or a Scan as scan_policy says, and
// the results are the same. Rows that such a migration will change are shown as they will be
// (row_upgrades.h), and no index over what changes is used.
//
//   IndexReadiness readiness(connection, registry, &graph);
//   if (readiness.refresh() > 0) ReadinessWatch watch(readiness);   // never on a request's path
//
// Thread safety: refresh() from one thread at a time; the Connection it tells may be in use.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/migrations/run_control.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_upgrades.h"

namespace dynamo_backend::migrations {

class IndexReadiness {
 public:
  // REQUIRES: the arguments outlive it. No `graph`: of the migrations only those that are running
  // count. One whose app has no migration in the history does not count: its tables are made
  // without migrations.
  IndexReadiness(const Connection& connection, const Registry& registry,
                 const MigrationGraph* graph = nullptr)
      : connection_(connection), registry_(registry), graph_(graph) {}

  // One DescribeTable a model, and a Scan of the history. How many indexes are not ready, and
  // tables whose rows are not.
  // Throws DatabaseError, or Interrupted once `stop` says so, and leaves everything as it was.
  std::size_t refresh(const std::function<bool()>& stop = {});
  std::set<std::string> pending() const { return pending_; }      // "<table>/<index>"
  std::set<std::string> upgrading() const { return upgrading_; }  // tables

 private:
  // What the migrations that are still to be done make, fill and change.
  struct Unfinished {
    std::set<std::string> indexes{};
    std::map<std::string, RowUpgrade> rows{};  // by table
    bool changes(const ModelInfo& model, const IndexInfo& index) const;
  };
  Unfinished of_migrations(const RunControl& control) const;
  std::vector<const ModelInfo*> models() const;
  bool is_built(const ModelInfo& model, const IndexInfo& index,
                const std::optional<dynamodb::TableDescription>& table) const;

  const Connection& connection_;
  const Registry& registry_;
  const MigrationGraph* graph_;
  std::set<std::string> pending_{}, upgrading_{};
};

// Indexes, "<table>/<index>", that `operation` makes, fills or takes away.
std::set<std::string> indexes_of(const Operation& operation, const std::string& app,
                                 const ProjectState& before);

// Refreshes in the background while anything is pending, then ends. A failing refresh is logged
// once and tried again.
class ReadinessWatch {
 public:
  explicit ReadinessWatch(IndexReadiness readiness,
                          std::chrono::milliseconds interval = std::chrono::seconds(2));
  ~ReadinessWatch();  // waits for the call in flight, not for tries after it
  ReadinessWatch(const ReadinessWatch&) = delete;
  ReadinessWatch& operator=(const ReadinessWatch&) = delete;

 private:
  void run();
  IndexReadiness readiness_;
  const std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<bool> ending_{false};
  std::thread thread_;
};

}  // namespace dynamo_backend::migrations
