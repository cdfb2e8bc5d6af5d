#include "dynamo_backend/migrations/estimate.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "dynamo_backend/migrations/run_control.h"
#include "dynamo_backend/migrations/step_check.h"
#include "dynamo_backend/migrations/table_change.h"

namespace dynamo_backend::migrations {
namespace {

struct TableSize {
  double rows = 0, bytes = 0;  // bytes of a row
  std::size_t indexes = 0;
};

class Estimator {
 public:
  Estimator(const Connection& connection, const EstimateOptions& options, const Registry& registry)
      : options_(options), registry_(registry), control_(connection, no_budget_) {}

  // `start`: of the plan.
  StepEstimate step(const Step& step, const ProjectState& start) {
    const StepCheck left(step, registry_);
    StepEstimate result{.id = step.migration->id,
                        .backwards = step.backwards,
                        .resumed = step.in_work.has_value(),
                        .refusal = left.refusal()};
    for (std::size_t i = left.first(); i < left.last(); ++i) {
      const Operation& o = step.migration->operations[i];
      OperationEstimate e;
      if (options_.budget.write > 0 || options_.budget.read > 0) e.time = std::chrono::seconds(0);
      e.refusal = left.refusal(i);
      if (!step.backwards) {
        add_costs(o, result.id.app, left.states()[i], e);
      } else if (const auto back = reverse(o, result.id.app, left.states()[i]); back.operation) {
        add_costs(*back.operation, result.id.app, left.states()[i + 1], e);
        if (e.refusal.empty() && !options_.allow_data_loss) e.refusal = loss(left, i, start);
      }
      e.what = (step.backwards ? "Undo: " : "") + describe(o);
      result.operations.insert(step.backwards ? result.operations.begin() : result.operations.end(),
                               std::move(e));
    }
    return result;
  }

 private:
  std::string loss(const StepCheck& left, std::size_t i, const ProjectState& start) const {
    const std::string reason = left.loss(control_, i, start);
    return reason.empty() ? "" : reason + "; --allow-data-loss undoes it all the same";
  }

  void add_costs(const Operation& o, const std::string& app, const ProjectState& before,
                 OperationEstimate& e) const {
    const Work work = work_of(o);
    const std::string& name = model_of(o);
    const ModelState* model = name.empty() ? nullptr : before.find(app, name);
    if (const auto* create = std::get_if<CreateTable>(&o)) model = &create->model;
    if (!model) return;
    const TableSize size = size_of(model->table);
    e.rows = static_cast<std::uint64_t>(size.rows);
    const double row_writes = std::max(1.0, std::ceil(size.bytes / 1024));
    // Of a transaction of the row's check and the claim's put; a TTL sets when claims expire.
    double claims = work.claims_values ? 1 : 0;
    if (std::holds_alternative<SetTtl>(o)) claims = static_cast<double>(model->unique.size());
    if (work.walks_rows || claims > 0)
      e.units.read += std::max(1.0, claims) * std::ceil(size.rows * size.bytes / 4096);
    if (work.writes_rows)
      e.units.write += size.rows * row_writes * static_cast<double>(1 + size.indexes);
    e.units.write += claims * size.rows * 2 * (row_writes + 1);
    if (work.builds_index) {
      e.of_database.read = std::ceil(size.rows * size.bytes / 4096);
      e.of_database.write = size.rows * row_writes;
    }
    e.dollars = ((e.units.write + e.of_database.write) * options_.dollars_per_million_writes +
                 (e.units.read + e.of_database.read) * options_.dollars_per_million_reads) /
                1e6;
    double seconds = 0;
    if (options_.budget.write > 0) seconds = e.units.write / options_.budget.write;
    if (options_.budget.read > 0) seconds = std::max(seconds, e.units.read / options_.budget.read);
    if (options_.budget.write > 0 || options_.budget.read > 0)
      e.time = std::chrono::seconds(static_cast<std::int64_t>(std::ceil(seconds)));
  }

  TableSize size_of(const std::string& table) const {
    const auto d = describe_table(control_, table);
    if (!d || d->item_count == 0) return {};
    const auto rows = static_cast<double>(d->item_count);
    return {rows, static_cast<double>(d->size_bytes) / rows,
            d->global_indexes.size() + d->local_indexes.size()};
  }

  const EstimateOptions options_;
  const Registry& registry_;
  CapacityBudget no_budget_{};
  RunControl control_;
};

std::string show_time(std::chrono::seconds time) {
  const auto s = time.count();
  char text[40];
  if (s >= 3600)
    std::snprintf(text, sizeof text, "%lld h %02lld min", static_cast<long long>(s / 3600),
                  static_cast<long long>(s / 60 % 60));
  else if (s >= 60)
    std::snprintf(text, sizeof text, "%lld min %02lld s", static_cast<long long>(s / 60),
                  static_cast<long long>(s % 60));
  else
    std::snprintf(text, sizeof text, "%lld s", static_cast<long long>(s));
  return text;
}

std::string show(double units) {
  char text[40];
  std::snprintf(text, sizeof text, "%.0f", units);
  return text;
}
std::string show_dollars(double dollars) {
  char text[40];
  std::snprintf(text, sizeof text, dollars < 0.01 ? "$%.6f" : "$%.2f", dollars);
  return text;
}

std::string show(const OperationEstimate& e) {
  std::string text = "    " + e.what;
  if (!e.refusal.empty()) return text + "\n        refused: " + e.refusal + "\n";
  std::string cost;
  const auto add = [&cost](const std::string& part) { cost += (cost.empty() ? "" : ", ") + part; };
  if (e.units.write + e.units.read + e.of_database.write > 0) add(std::to_string(e.rows) + " rows");
  if (e.units.write > 0) add("about " + show(e.units.write) + " WCU");
  if (e.units.read > 0) add(show(e.units.read) + " RCU");
  if (e.of_database.write > 0)
    add(show(e.of_database.write) + " WCU of DynamoDB's own work on the index");
  if (cost.empty()) return text + "\n";
  add(show_dollars(e.dollars));
  if (e.time) add(show_time(*e.time));
  return text + "\n        " + cost + "\n";
}

}  // namespace

std::vector<StepEstimate> estimate(const Connection& connection, const std::vector<Step>& plan,
                                   const EstimateOptions& options, const Registry& registry) {
  Estimator estimator(connection, options, registry);
  std::vector<StepEstimate> steps;
  const ProjectState start = start_of(plan);
  for (const Step& step : plan) steps.push_back(estimator.step(step, start));
  return steps;
}

std::string to_text(const std::vector<StepEstimate>& steps) {
  if (steps.empty()) return "No migrations to apply.\n";
  std::string text;
  OperationEstimate sum{.time = std::chrono::seconds(0)};
  for (const StepEstimate& step : steps) {
    text += (step.backwards ? "Undo " : "Apply ") + step.id.str() +
            (step.resumed ? " (going on)\n" : "\n");
    if (!step.refusal.empty()) text += "    refused: it " + step.refusal + "\n";
    for (const OperationEstimate& e : step.operations) {
      text += show(e);
      sum.units.write += e.units.write + e.of_database.write;
      sum.units.read += e.units.read + e.of_database.read;
      sum.dollars += e.dollars;
      sum.time = e.time && sum.time ? std::optional(*sum.time + *e.time) : std::nullopt;
    }
  }
  text += "In all about " + show(sum.units.write) + " WCU and " + show(sum.units.read) + " RCU, " +
          show_dollars(sum.dollars);
  text += sum.time ? ", " + show_time(*sum.time) +
                         " at the budget, and what DynamoDB takes for indexes\n"
                   : "; as fast as the database is: --budget WCU sets a limit, and gives a time\n";
  return text;
}

}  // namespace dynamo_backend::migrations
