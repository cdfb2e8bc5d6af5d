// estimate(): what a plan will cost and how long it takes at a budget, from what DescribeTable says
// of the tables, and what a run would refuse (step_check.h). For `dmigrate --plan`.
//
// Going backwards it reads rows: until one holds values that would be lost.
// DynamoDB: an item of n bytes takes ceil(n / 1 KB) write units and ceil(n / 4 KB) read units, a
// change of an index's entry as much again. Counts and sizes of tables are up to six hours old on
// AWS. What fails and is tried again is not in it.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/migrations/budget.h"
#include "dynamo_backend/migrations/plan.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {

struct EstimateOptions {
  CapacityUnits budget{};
  double dollars_per_million_writes = 0.625, dollars_per_million_reads = 0.125;
  bool allow_data_loss = false;  // as the run will have it
};

struct OperationEstimate {
  std::string what{};      // "Add field subtitle to Post"
  std::uint64_t rows = 0;  // of the table
  // As if every row were written, and every index's entry changed once: a row that has the change
  // already costs nothing, an entry whose key changes twice as much.
  CapacityUnits units{};
  CapacityUnits of_database{};  // what DynamoDB itself takes for an index: not in the budget
  double dollars = 0;
  std::optional<std::chrono::seconds> time{};  // absent: as fast as the database is
  std::string refusal{};                       // why dmigrate would refuse it; empty: it would not
};
struct StepEstimate {
  MigrationId id{};
  bool backwards = false;
  bool resumed = false;                         // an earlier run left it half done
  std::string refusal{};                        // of the step as a whole: "is half done, and …"
  std::vector<OperationEstimate> operations{};  // that are left
};

std::vector<StepEstimate> estimate(const Connection& connection, const std::vector<Step>& plan,
                                   const EstimateOptions& options = {},
                                   const Registry& registry = Registry::instance());

// For people: the order, then a line an operation, then the sum.
std::string to_text(const std::vector<StepEstimate>& steps);

}  // namespace dynamo_backend::migrations
