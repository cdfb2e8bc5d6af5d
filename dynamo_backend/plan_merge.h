// PlanMerge: the rows of several plans as one sequence, each row once: in the order in which all of
// them give their rows, or where none is wanted those of one plan after those of the other.
//
// DynamoDB gives entries of an index that are alike in its sort keys in an order of its own. Here
// they come in order of their keys: runs of such entries are read to their end, and a page that
// goes on behind one of them reads its run once more.
// Thread safety: one thread at a time.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/row_order.h"

namespace dynamo_backend {

// How many of the order's terms an index sorts a merge's branch by; 0: by all of them, or none.
// Rows that are equal in these, a run, come in any order, so that a run is read to its end before
// its first row is handed on.
std::size_t run_terms(const Plan& branch, const std::vector<OrderTerm>& terms);

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
  // A row and its place, or the place where a branch stopped.
  struct Step {
    SortRow place{};
    std::string row{};
    bool stopped = false;
  };
  struct Branch {
    std::unique_ptr<PlanReader> reader;
    std::size_t run_terms = 0;     // of the order: what a run is alike in; 0: of sorted rows
    dynamodb::Condition within{};  // of rows in runs
    std::optional<Step> head{};    // nullopt: at its end
    std::deque<Step> run{};        // behind the head
    std::optional<Step> ahead{};   // the first of the next run
  };
  void advance(Branch& branch);
  std::optional<Step> read(Branch& branch);
  void read_run(Branch& branch);
  bool start_at(const std::optional<Position>& after, Plan& branch, ReadOptions& options) const;
  void start_near(const Position& after, Plan& branch) const;
  bool goes_first(const Branch& a, const Branch& b) const;
  bool is_new(std::string_view row);  // the first of its key
  std::optional<std::string_view> next_in_turn();
  std::optional<std::string_view> next_in_order();

  const ModelInfo& model_;
  RowOrder order_;
  const bool alone_;  // one branch, merged with none: its rows come as they are
  std::vector<Branch> branches_;
  SortRow current_;
  std::string row_;
  std::optional<Position> stopped_at_{};
  std::size_t turn_ = 0;          // in branches_
  std::set<std::string> seen_{};  // keys that were given
};

}  // namespace dynamo_backend
