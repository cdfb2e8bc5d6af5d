#include "dynamo_backend/migrations/executor.h"

#include <algorithm>
#include <optional>

#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/migrations/operation_runner.h"
#include "dynamo_backend/migrations/row_change.h"

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
  return plan;
}

// The states before each operation, and after the last.
std::vector<ProjectState> states_of(const Step& step) {
  std::vector<ProjectState> states{step.before};
  for (const Operation& operation : step.migration->operations) {
    ProjectState next = states.back();
    apply(operation, step.migration->id.app, next);
    states.push_back(std::move(next));
  }
  return states;
}

MigrateOptions checked(MigrateOptions options) {
  if (options.budget.write > 0 && options.budget.write < kLeastBudget)
    throw MigrationError(
        "A budget of less than 5 write units a second is not enough to record progress in.");
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
    if (!plan.empty()) {
      at_start_ = plan.front().before;
      if (plan.front().backwards) apply(*plan.front().migration, at_start_);
    }
    if (!options_.fake) {
      for (const Step& step : plan) check(step);
      // Last, for it reads rows.
      for (const Step& step : plan)
        if (step.backwards) check_loss(step);
    }
    if (!options_.fake) hide_indexes(plan);
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
      const auto states = states_of(step);
      for (std::size_t i = 0; !step.backwards && i < step.migration->operations.size(); ++i) {
        for (const std::string& name :
             indexes_of(step.migration->operations[i], step.migration->id.app, states[i])) {
          const auto slash = name.find('/');
          control_.connection().set_index_ready(name.substr(0, slash), name.substr(slash + 1),
                                                false);
        }
      }
    }
  }

  // What can be known to fail before anything is done.
  void check(const Step& step) {
    const Migration& migration = *step.migration;
    const auto states = states_of(step);
    const auto record = found(step);
    const bool half = record && record->phase != MigrationPhase::applied;
    if (half && record->done_hash != hash_of(migration, record->operation)) {
      throw MigrationError(migration.id.str() +
                           " is half done, and those of its operations that are "
                           "done were changed in its file since: put them back as they were.");
    }
    for (std::size_t i = 0; i < migration.operations.size(); ++i) {
      const Operation& operation = migration.operations[i];
      if (!step.backwards) {
        if (!half || i >= record->operation) check_functions(operation, migration, states[i]);
        continue;
      }
      if (half && i > record->operation) continue;
      const Reversal back = reverse(operation, migration.id.app, states[i]);
      if (!back.operation)
        throw MigrationError(migration.id.str() + " cannot be undone: \"" + describe(operation) +
                             "\": " + back.reason + ".");
      check_functions(*back.operation, migration, states[i + 1]);
    }
  }

  // REQUIRES: check() passed
  void check_loss(const Step& step) const {
    const Migration& migration = *step.migration;
    const auto states = states_of(step);
    const auto record = found(step);
    const bool half = record && record->phase != MigrationPhase::applied;
    for (std::size_t i = 0; i < migration.operations.size(); ++i) {
      if (half && i > record->operation) break;
      const Operation& operation = migration.operations[i];
      // What a later migration renamed or altered is looked at once that is undone.
      if (reverse(operation, migration.id.app, states[i]).loses_data &&
          is_stored_so(operation, migration, states[i + 1]))
        check_loss(operation, migration, states[i + 1]);
    }
  }

  void check_loss(const Operation& operation, const Migration& migration,
                  const ProjectState& after) const {
    if (!options_.allow_data_loss) check_nothing_is_lost(control_, migration, operation, after);
  }

  // Whether a field that the operation added has the same name and type at the plan's beginning.
  bool is_stored_so(const Operation& operation, const Migration& migration,
                    const ProjectState& after) const {
    const auto* add = std::get_if<AddField>(&operation);
    if (!add) return true;
    const std::string& table = after.model(migration.id.app, add->model).table;
    return std::any_of(at_start_.models.begin(), at_start_.models.end(), [&](const auto& labelled) {
      const FieldState* field = labelled.second.find_field(add->field.name);
      return labelled.second.table == table && field && field->type == add->field.type;
    });
  }

  void check_functions(const Operation& operation, const Migration& migration,
                       const ProjectState& before) const {
    try {
      migrations::check_functions(operation, migration.id.app, before, functions(), registry_);
    } catch (const MigrationError& error) {
      throw MigrationError(migration.id.str() + ": " + error.what());
    }
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
    const auto states = states_of(step);
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
    const auto states = states_of(step);
    const std::size_t last = migration.operations.empty() ? 0 : migration.operations.size() - 1;
    const auto record = open(step, MigrationPhase::reverting, last);
    for (std::size_t i = std::min(record->current().operation, last) + 1; i-- > 0;) {
      if (migration.operations.empty()) break;
      if (record->current().operation != i) record->enter(i, hash_of(migration, i));
      const Reversal back = reverse(migration.operations[i], migration.id.app, states[i]);
      if (back.loses_data) check_loss(migration.operations[i], migration, states[i + 1]);
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
  ProjectState at_start_{};  // of the plan
  MigrateResult result_{};
};

}  // namespace

MigrateResult migrate(const Connection& connection, const MigrationGraph& graph, const Goal& goal,
                      const MigrateOptions& options, const Registry& registry) {
  return Run(connection, graph, options, registry).run(goal);
}

std::vector<Step> plan_from_history(const Connection& connection, const MigrationGraph& graph,
                                    const Goal& goal) {
  return plan_with(graph, read_history(connection), goal);
}

}  // namespace dynamo_backend::migrations
