// PlanMerge: the rows of several plans, which give them in one order, as one sequence; each row
// once.
// Thread safety: one thread at a time.
#pragma once
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/row_order.h"

namespace dynamo_backend {

class PlanMerge {
 public:
  // Takes plan.branches. `terms`: the order of the branches, in the direction in which they are
  // read.
  PlanMerge(const Connection& connection, const ModelInfo& model, Plan& plan,
            const ReadOptions& options, std::vector<OrderTerm> terms);
  // The next row, packed; valid until the next call.
  std::optional<std::string_view> next();

 private:
  struct Branch {
    std::unique_ptr<PlanReader> reader;
    std::optional<SortRow> head;  // nullopt: at its end
  };
  void advance(Branch& branch);
  bool start_at(const std::optional<Position>& after, const Plan& branch,
                ReadOptions& options) const;

  const ModelInfo& model_;
  RowOrder order_;
  std::vector<Branch> branches_;
  SortRow current_;
};

}  // namespace dynamo_backend
