// What a plan is expected to take: calls, rows read, rows handed on, read units.
//
// The planner ranks its choices by this on assumptions, explain() on the table's statistics.
// DynamoDB: a page's bytes together are rounded up to 4 KB blocks, a key's item and each row that
// is fetched behind a local index's entry alone; half a unit a block when eventually consistent.
// Thread safety: functions of their arguments.
#pragma once
#include <cstddef>
#include <optional>

#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/statistics.h"

namespace dynamo_backend {

struct Estimate {
  double calls = 0;
  double read = 0;  // rows or entries that DynamoDB looks at, and rows fetched behind entries
  double rows = 0;  // that meet the condition, up to the number that is wanted
  double units = 0;

  // For ranking: a call is worth a quarter of a unit.
  double cost() const { return units + calls / 4; }
};

struct CostOptions {
  std::optional<std::size_t> wanted{};  // rows after which reading stops: offset and limit
  unsigned segments = 1;                // of a parallel scan
  std::size_t past = 0;                 // rows read behind those, to know where the last run ends
};

Estimate estimate(const Plan& plan, const ModelInfo& model, const Statistics& statistics,
                  const CostOptions& options);

}  // namespace dynamo_backend
