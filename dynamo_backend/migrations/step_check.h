// StepCheck: what of a step cannot be done: what migrate() refuses before it does anything, and
// what `dmigrate --plan` says of it.
// Thread safety: immutable; any thread.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/migrations/plan.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {

class RunControl;

// The project where a plan begins, as the database has it.
ProjectState start_of(const std::vector<Step>& plan);

class StepCheck {
 public:
  // REQUIRES: step and registry outlive it.
  StepCheck(const Step& step, const Registry& registry);

  // Before each operation of the migration, and after the last.
  const std::vector<ProjectState>& states() const { return states_; }
  // The operations that are left, [first(), last()): to be done, or undone from the last on.
  std::size_t first() const { return first_; }
  std::size_t last() const { return last_; }

  // Each gives the reason without a full stop, or "".
  std::string refusal() const;  // of the step as a whole: "is half done, and …"
  std::string refusal(std::size_t operation) const;
  // What undoing it would take from rows as they are by now. Reads rows. What a later migration
  // renamed or altered is looked at once that is undone. REQUIRES: refusal() finds none
  std::string loss(const RunControl& control, std::size_t operation,
                   const ProjectState& start) const;
  // The same, whatever the plan began with.
  std::string loss(const RunControl& control, std::size_t operation) const;

 private:
  const Operation& operation(std::size_t i) const { return step_.migration->operations.at(i); }
  const std::string& app() const { return step_.migration->id.app; }
  bool loses_data(std::size_t i) const;
  bool is_stored_so(std::size_t i, const ProjectState& start) const;

  const Step& step_;
  const Registry& registry_;
  std::vector<ProjectState> states_;
  std::size_t first_ = 0, last_ = 0;
};

}  // namespace dynamo_backend::migrations
