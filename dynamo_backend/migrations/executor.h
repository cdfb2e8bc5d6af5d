// migrate(): brings a database to a goal: runs the migrations of a plan, forwards and backwards.
//
//   MigrationGraph graph = …;                                     // loader.h
//   migrate(Connection::current(), graph, {.app = "demo_app"}, {.budget = {.write = 200}});
//
// One runner at a time (lease.h). Everything is checked before anything is done: functions that are
// not registered, operations that DynamoDB cannot do, steps back that are not safe. Progress is
// recorded as it is made (history.h), so a run that was killed, stopped or failed is gone on with
// by the next one, at the page of rows where it was; each operation can be run again on what an
// earlier run has done of it. An application may read and write all the while.
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/budget.h"
#include "dynamo_backend/migrations/functions.h"
#include "dynamo_backend/migrations/lease.h"
#include "dynamo_backend/migrations/plan.h"
#include "dynamo_backend/migrations/table_walk.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {

// What a run tells as it goes.
struct MigrationEvent {
  enum class Kind : std::uint8_t { started, resumed, operation, finished, faked };
  Kind kind = Kind::started;
  const Migration* migration = nullptr;
  bool backwards = false;
  std::string operation{};  // Kind::operation: "Add field subtitle to Post"
};

struct MigrateOptions {
  // Units a second for all that the run reads and writes; a zero: no limit. DynamoDB's own work on
  // an index is not in it. write: at least kLeastBudget.
  CapacityUnits budget{};
  std::uint32_t segments = 8;    // of a walk: threads
  bool fake = false;             // records without doing
  bool allow_data_loss = false;  // steps back may drop what rows hold by now
  LeaseOptions lease{};
  std::function<bool()> stop{};  // true: stop soon; from any thread
  ProgressFunction progress{};   // from the run's threads, one call at a time
  std::function<void(const MigrationEvent&)> event{};
  // For tests: the budget's clock and waits.
  std::function<std::chrono::microseconds()> clock{};
  std::function<void(std::chrono::milliseconds)> sleep{};
};
inline constexpr double kLeastBudget = 5;  // what recording progress takes at once
// Throws MigrationError for one that is too small.
void check_budget(const CapacityUnits& budget);

struct MigrateResult {
  std::vector<MigrationId> done{};
  CapacityUnits consumed{};
};

// Throws MigrationError (what is wrong and what to do; nothing more is done), LeaseHeld, LeaseLost,
// Interrupted, DatabaseError. After any of them another run goes on.
MigrateResult migrate(const Connection& connection, const MigrationGraph& graph,
                      const Goal& goal = {}, const MigrateOptions& options = {},
                      const Registry& registry = Registry::instance());

// The plan of migrate(), with what an earlier run left half done; for --plan. Calls no writes.
std::vector<Step> plan_from_history(const Connection& connection, const MigrationGraph& graph,
                                    const Goal& goal);

}  // namespace dynamo_backend::migrations
