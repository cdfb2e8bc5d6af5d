// walk_table(): every row of a table is visited, by parallel segments within the budget, and the
// walk goes on where it was cut off.
//
// Each segment is one thread that reads pages, strongly consistent, visits their rows one after the
// other and then records how far it has come. Rows behind the last record are visited again after a
// crash, so visits must be idempotent. A row that is there from the walk's beginning to its end is
// visited; one that is made meanwhile may be.
// Thread safety: one call at a time for one record of progress.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/run_control.h"

namespace dynamo_backend::migrations {

// Of a walk or of another long wait, for people.
struct ProgressReport {
  std::string what{};  // "Add field subtitle to Post"
  std::uint64_t rows = 0, written = 0;
  std::uint64_t total = 0;             // an estimate: AWS counts every six hours; 0: not known
  std::chrono::milliseconds taken{0};  // in this run
  std::optional<std::chrono::seconds> left{};
  CapacityUnits consumed{};  // in this run
};
using ProgressFunction = std::function<void(const ProgressReport&)>;

enum class Visit : std::uint8_t { unchanged, written, refused };

struct Walk {
  std::string what{};
  std::string table{};           // without the prefix
  dynamodb::Condition filter{};  // rows that are visited; empty: all
  // Called from the segments' threads, each with its own row. What it throws ends the walk.
  std::function<Visit(dynamodb::ItemView row)> visit{};
  // Records a segment's progress; from their threads.
  std::function<void(std::size_t segment, const SegmentProgress&)> save{};
  ProgressFunction progress{};  // not too often, one call at a time
};

// `from`: one element a segment. Returns how far it came: to the end. Throws what `visit` and
// `save` throw, Interrupted, LeaseLost, DatabaseError.
std::vector<SegmentProgress> walk_table(const RunControl& control, const Walk& walk,
                                        std::vector<SegmentProgress> from);

}  // namespace dynamo_backend::migrations
