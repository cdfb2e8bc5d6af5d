#include "dynamo_backend/migrations/executor.h"

#include <algorithm>
#include <optional>

#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/migrations/operation_runner.h"
#include "dynamo_backend/migrations/step_check.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {
namespace {

const Step* find_step(const std::vector<Step>& plan, const MigrationId& id) {
  const auto at =
      std::find_if(plan.begin(), plan.end(), [&](const Step& s) { return s.migration->id == id; });
  return at == plan.end() ? nullptr : &*at;
}

// What is half done counts as not done when the plan leads on from it, and as done when the plan
// leads back.
std::vector<Step> plan_with(const MigrationGraph& graph,
                            const std::vector<MigrationRecord>& records, const Goal& goal) {
  std::set<MigrationId> applied;
  for (const MigrationRecord& r : records)
    if (r.phase != MigrationPhase::applying) applied.insert(r.id);
  std::vector<Step> plan = make_plan(graph, applied, goal);
  for (const MigrationRecord& r : records) {
    if (r.phase == MigrationPhase::applied || find_step(plan, r.id)) continue;
    std::set<MigrationId> otherwise = applied;
    if (r.phase == MigrationPhase::applying)
      otherwise.insert(r.id);
    else
      otherwise.erase(r.id);
    auto other = make_plan(graph, otherwise, goal);
    if (!find_step(other, r.id)) continue;
    plan = std::move(other);
    applied = std::move(otherwise);
  }
  for (Step& step : plan) {
    for (const MigrationRecord& r : records) {
      if (r.id != step.migration->id || r.phase == MigrationPhase::applied) continue;
      step.in_work = r.operation;
      step.done_hash = r.done_hash;
    }
  }
  return plan;
}

MigrateOptions checked(MigrateOptions options) {
  check_budget(options.budget);
  return options;
}

class Run {
 public:
  Run(const Connection& connection, const MigrationGraph& graph, const MigrateOptions& options,
      const Registry& registry)
      : options_(checked(options)),
        registry_(registry),
        graph_(graph),
        // What a run before this one used in the last second is not known.
        budget_({.per_second = options.budget,
                 .used_up_at_start = options.budget.write > 0 || options.budget.read > 0,
                 .now = options.clock,
                 .sleep = options.sleep}),
        control_(connection, budget_, options.stop) {}

  MigrateResult run(const Goal& goal) {
    make_history_table(control_);
    const Lease lease(control_, options_.lease);
    lease_ = &lease;
    control_.set_guard([&] { lease.check(); });
    records_ = read_history(control_);
    for (MigrationRecord& r : records_) {
      // Nobody else writes to it from here on.
      if (r.phase != MigrationPhase::applied) Record(control_, lease, r).claim(r.phase);
    }
    const auto plan = plan_with(graph_, records_, goal);
    if (!options_.fake) {
      for (const Step& step : plan) check(step);
      check_declared(plan);
      // Last, for it reads rows.
      if (!options_.allow_data_loss) check_loss(plan);
      hide_indexes(plan);
    }
    for (const Step& step : plan) {
      if (options_.fake)
        fake(step);
      else if (step.backwards)
        undo(step);
      else
        apply_step(step);
      result_.done.push_back(step.migration->id);
    }
    control_.set_guard({});
    result_.consumed = budget_.consumed();
    return result_;
  }

 private:
  std::optional<MigrationRecord> found(const Step& step) const {
    for (const MigrationRecord& r : records_)
      if (r.id == step.migration->id) return r;
    return std::nullopt;
  }

  // This process's planner uses no index that the plan makes or fills before it has.
  void hide_indexes(const std::vector<Step>& plan) const {
    for (const Step& step : plan) {
      const StepCheck left(step, registry_);
      for (std::size_t i = left.first(); !step.backwards && i < left.last(); ++i) {
        for (const std::string& name :
             indexes_of(step.migration->operations[i], step.migration->id.app, left.states()[i])) {
          const auto slash = name.find('/');
          control_.connection().set_index_ready(name.substr(0, slash), name.substr(slash + 1),
                                                false);
        }
      }
    }
  }

  // What can be known to fail before anything is done.
  void check(const Step& step) const {
    const StepCheck left(step, registry_);
    const std::string id = step.migration->id.str();
    if (const std::string reason = left.refusal(); !reason.empty())
      throw MigrationError(id + " " + reason + ".");
    for (std::size_t i = left.first(); i < left.last(); ++i) {
      const std::string reason = left.refusal(i);
      if (reason.empty()) continue;
      const std::string what = "\"" + describe(step.migration->operations[i]) + "\": ";
      throw MigrationError(id + (step.backwards ? " cannot be undone: " + what : ": ") + reason +
                           ".");
    }
  }

  // What is computed of rows, and what claims their values, is in the program, not in the files:
  // one that lacks it would record as done what it has not done. Forwards it may lack what a later
  // migration takes away.
  void check_declared(const std::vector<Step>& plan) const {
    if (plan.empty()) return;
    const ProjectState start = start_of(plan), last = graph_.state();
    ProjectState end = plan.back().before;
    if (!plan.back().backwards) migrations::apply(*plan.back().migration, end);
    // By table: a model's name may change on the way.
    const auto model_of_table = [](const ProjectState& in, const std::string& table) {
      const auto at = std::find_if(in.models.begin(), in.models.end(),
                                   [&](const auto& m) { return m.second.table == table; });
      return at == in.models.end() ? nullptr : &at->second;
    };
    for (const ModelInfo* const compiled : registry_.models()) {
      const ModelState* const model = model_of_table(end, compiled->table);
      // (A table of this plan has no rows.)
      const ModelState* const was = model_of_table(start, compiled->table);
      const ModelState* const stays = model_of_table(last, compiled->table);
      if (!model || !was) continue;
      const auto is_to_do = [&](auto&& has) {
        return !has(*was) && (plan.back().backwards || (stays && has(*stays)));
      };
      const auto refuse = [&](const std::string& what) {
        throw MigrationError("this program's " + compiled->label() + " does not have " + what +
                             ", and cannot make it for the rows that are there: run dmigrate with "
                             "the program that has it, or with --fake, and that program's "
                             "./manage check --data --repair after it.");
      };
      const ModelState own = model_state(*compiled);
      for (const FieldState& f : model->fields) {
        const auto has = [&](const ModelState& m) {
          const FieldState* const field = m.find_field(f.name);
          return field && field->computed && field->type == f.type;
        };
        if (f.computed && !has(own) && is_to_do(has))
          refuse("the computed field " + f.name + " (" + f.type + ")");
      }
      for (const UniqueState& u : model->unique) {
        const auto has = [&](const ModelState& m) {
          return std::find(m.unique.begin(), m.unique.end(), u) != m.unique.end();
        };
        if (!has(own) && is_to_do(has))
          refuse("the unique set of " + u.fields.front() +
                 (u.fields.size() > 1 ? " and others" : "") +
                 (!own.find_unique(u.fields) ? ""
                  : u.fold_case              ? " with fold_case"
                                             : " without fold_case"));
      }
    }
  }

  // REQUIRES: check() passed
  void check_loss(const std::vector<Step>& plan) const {
    const ProjectState start = start_of(plan);
    for (const Step& step : plan) {
      const StepCheck left(step, registry_);
      for (std::size_t i = left.first(); i < left.last(); ++i)
        refuse_loss(step, i, left.loss(control_, i, start));
    }
  }

  static void refuse_loss(const Step& step, std::size_t i, const std::string& reason) {
    if (reason.empty()) return;
    throw MigrationError(step.migration->id.str() + " cannot be undone safely: \"" +
                         describe(step.migration->operations[i]) + "\": " + reason +
                         ". --allow-data-loss undoes it all the same.");
  }

  void tell(MigrationEvent::Kind kind, const Step& step, std::string operation = {}) const {
    if (options_.event)
      options_.event({.kind = kind,
                      .migration = step.migration,
                      .backwards = step.backwards,
                      .operation = std::move(operation)});
  }

  // The record of a step, begun or gone on with.
  std::unique_ptr<Record> open(const Step& step, MigrationPhase phase, std::size_t first) {
    const auto there = found(step);
    if (there && there->phase != MigrationPhase::applied) {
      auto record = std::make_unique<Record>(control_, *lease_, *there);
      record->claim(phase);
      tell(MigrationEvent::Kind::resumed, step);
      return record;
    }
    MigrationRecord fresh{.id = step.migration->id,
                          .phase = phase,
                          .applied_at = there ? there->applied_at : control_.connection().now(),
                          .operation = first,
                          .done_hash = hash_of(*step.migration, first)};
    auto record = std::make_unique<Record>(control_, *lease_, fresh);
    if (there)
      record->claim(phase);
    else
      record->begin();
    tell(MigrationEvent::Kind::started, step);
    return record;
  }

  void apply_step(const Step& step) {
    const Migration& migration = *step.migration;
    const auto states = StepCheck(step, registry_).states();
    const auto record = open(step, MigrationPhase::applying, 0);
    for (std::size_t i = record->current().operation; i < migration.operations.size(); ++i) {
      do_operation({.migration = &migration,
                    .index = i,
                    .operation = migration.operations[i],
                    .before = states[i]},
                   step, *record);
      record->enter(i + 1, hash_of(migration, i + 1));
    }
    record->finish();
    tell(MigrationEvent::Kind::finished, step);
  }

  void undo(const Step& step) {
    const Migration& migration = *step.migration;
    const StepCheck left(step, registry_);
    const auto& states = left.states();
    const std::size_t last = migration.operations.empty() ? 0 : migration.operations.size() - 1;
    const auto record = open(step, MigrationPhase::reverting, last);
    for (std::size_t i = std::min(record->current().operation, last) + 1; i-- > 0;) {
      if (migration.operations.empty()) break;
      if (record->current().operation != i) record->enter(i, hash_of(migration, i));
      const Reversal back = reverse(migration.operations[i], migration.id.app, states[i]);
      if (!options_.allow_data_loss) refuse_loss(step, i, left.loss(control_, i));
      do_operation({.migration = &migration,
                    .index = i,
                    .operation = *back.operation,
                    .before = states[i + 1],
                    .backwards = true},
                   step, *record);
    }
    record->remove();
    tell(MigrationEvent::Kind::finished, step);
  }

  void do_operation(OperationContext context, const Step& step, Record& record) {
    const std::string what = title(context);
    tell(MigrationEvent::Kind::operation, step, what);
    try {
      OperationRunner(control_, options_, registry_, std::move(context), record).run();
    } catch (const MigrationError& error) {
      throw MigrationError(step.migration->id.str() + ": " + what + ": " + error.what());
    }
  }

  void fake(const Step& step) {
    const auto there = found(step);
    Record record(control_, *lease_,
                  there.value_or(MigrationRecord{.id = step.migration->id,
                                                 .applied_at = control_.connection().now()}));
    if (there)
      record.claim(MigrationPhase::applied);
    else
      record.begin();
    if (step.backwards)
      record.remove();
    else if (there)
      record.finish();
    tell(MigrationEvent::Kind::faked, step);
  }

  const MigrateOptions options_;
  const Registry& registry_;
  const MigrationGraph& graph_;
  CapacityBudget budget_;
  RunControl control_;
  const Lease* lease_ = nullptr;
  std::vector<MigrationRecord> records_{};
  MigrateResult result_{};
};

}  // namespace

void check_budget(const CapacityUnits& budget) {
  if (budget.write > 0 && budget.write < kLeastBudget)
    throw MigrationError(
        "A budget of less than 5 write units a second is not enough to record progress in.");
}

MigrateResult migrate(const Connection& connection, const MigrationGraph& graph, const Goal& goal,
                      const MigrateOptions& options, const Registry& registry) {
  return Run(connection, graph, options, registry).run(goal);
}

std::vector<Step> plan_from_history(const Connection& connection, const MigrationGraph& graph,
                                    const Goal& goal) {
  return plan_with(graph, read_history(connection), goal);
}

}  // namespace dynamo_backend::migrations
