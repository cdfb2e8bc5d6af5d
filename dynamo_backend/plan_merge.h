// PlanMerge: the rows of several plans as one sequence, each row once: in the order in which all of
// them give their rows, or where none is wanted those of one plan after those of the other.
// Thread safety: one thread at a time.
#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/row_order.h"

namespace dynamo_backend {

class PlanMerge {
 public:
  // Takes plan.branches. `terms`: the order of the branches, in the direction in which they are
  // read; empty: none is wanted.
  PlanMerge(const Connection& connection, const ModelInfo& model, Plan& plan,
            const ReadOptions& options, std::vector<OrderTerm> terms);
  // The next row, packed; valid until the next call.
  std::optional<std::string_view> next();
  // Of an order: PlanReader::place() of that row.
  const std::string& place() const { return current_.packed; }
  // Of an order: the place before which all rows were given when a branch's budget was used up;
  // nullopt: none was.
  const std::optional<Position>& stopped_at() const { return stopped_at_; }

 private:
  struct Branch {
    std::unique_ptr<PlanReader> reader;
    // The place of its next row, or where it stopped; nullopt: at its end.
    std::optional<SortRow> head{};
    bool stopped = false;
    std::string row{};
  };
  void advance(Branch& branch);
  bool start_at(const std::optional<Position>& after, Plan& branch, ReadOptions& options) const;
  void start_near(const Position& after, Plan& branch) const;
  bool goes_first(const Branch& a, const Branch& b) const;
  bool is_new(std::string_view row);  // the first of its key
  std::optional<std::string_view> next_in_turn();
  std::optional<std::string_view> next_in_order();

  const ModelInfo& model_;
  RowOrder order_;
  std::vector<Branch> branches_;
  SortRow current_;
  std::string row_;
  std::optional<Position> stopped_at_{};
  std::size_t turn_ = 0;          // in branches_
  std::set<std::string> seen_{};  // keys that were given
};

}  // namespace dynamo_backend
