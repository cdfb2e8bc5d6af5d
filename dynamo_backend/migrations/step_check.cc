#include "dynamo_backend/migrations/step_check.h"

#include <algorithm>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/row_change.h"
#include "dynamo_backend/migrations/run_control.h"

namespace dynamo_backend::migrations {
namespace {

std::string missing_function(const Operation& operation, std::string_view app,
                             const ProjectState& before, const Registry& registry) {
  try {
    check_functions(operation, app, before, functions(), registry);
  } catch (const MigrationError& error) {
    std::string reason = error.what();
    if (reason.ends_with('.')) reason.pop_back();
    return reason;
  }
  return "";
}

// Rows that hold more than an added field's backfill; of a table: any row.
dynamodb::Condition holds_more(const Operation& operation) {
  const auto* add = std::get_if<AddField>(&operation);
  if (!add) return {};
  const dynamodb::Path path(add->field.name);
  const auto exists = dynamodb::attribute_exists(path);
  if (add->backfill.value.is<dynamodb::Null>()) return exists;
  return exists && dynamodb::compare(dynamodb::ConditionOp::not_equal, path, add->backfill.value);
}

bool any_row(const RunControl& control, dynamodb::ScanRequest request) {
  for (;;) {
    const auto page =
        control.call({.read = 257}, true, [&] { return control.client().scan(request); });
    if (!page && page.error().code == dynamodb::ErrorCode::resource_not_found) return false;
    if (!page) throw DatabaseError(page.error(), "Scan " + request.table);
    if (!page->items.empty()) return true;
    if (!page->last_evaluated_key) return false;
    request.exclusive_start_key = *page->last_evaluated_key;
  }
}

}  // namespace

ProjectState start_of(const std::vector<Step>& plan) {
  if (plan.empty()) return {};
  ProjectState state = plan.front().before;
  if (plan.front().backwards) apply(*plan.front().migration, state);
  return state;
}

StepCheck::StepCheck(const Step& step, const Registry& registry)
    : step_(step), registry_(registry), states_{step.before} {
  const auto& operations = step.migration->operations;
  for (const Operation& o : operations) {
    states_.push_back(states_.back());
    apply(o, app(), states_.back());
  }
  last_ = operations.size();
  if (!step.in_work) return;
  if (step.backwards)
    last_ = std::min(last_, *step.in_work + 1);
  else
    first_ = std::min(last_, *step.in_work);
}

std::string StepCheck::refusal() const {
  if (!step_.in_work || step_.done_hash == hash_of(*step_.migration, *step_.in_work)) return "";
  return "is half done, and those of its operations that are done were changed in its file "
         "since: put them back as they were";
}

std::string StepCheck::refusal(std::size_t i) const {
  if (!step_.backwards) return missing_function(operation(i), app(), states_[i], registry_);
  const Reversal back = reverse(operation(i), app(), states_[i]);
  if (!back.operation) return back.reason;
  return missing_function(*back.operation, app(), states_[i + 1], registry_);
}

std::string StepCheck::loss(const RunControl& control, std::size_t i,
                            const ProjectState& start) const {
  return loses_data(i) && is_stored_so(i, start) ? loss(control, i) : "";
}

std::string StepCheck::loss(const RunControl& control, std::size_t i) const {
  if (!loses_data(i)) return "";
  const ModelState& model = states_[i + 1].model(app(), model_of(operation(i)));
  const dynamodb::Condition filter = holds_more(operation(i));
  dynamodb::ScanRequest request{
      .table = control.connection().table(model.table), .filter = filter, .consistent_read = true};
  if (filter.empty()) request.limit = 1;
  if (!any_row(control, request)) return "";
  return "table " + request.table +
         (filter.empty() ? " has rows, which would go with it"
                         : " has rows with values that would be lost");
}

bool StepCheck::loses_data(std::size_t i) const {
  return step_.backwards && reverse(operation(i), app(), states_[i]).loses_data;
}

// Whether a field that the operation added has the same name and type where the plan begins.
bool StepCheck::is_stored_so(std::size_t i, const ProjectState& start) const {
  const auto* add = std::get_if<AddField>(&operation(i));
  if (!add) return true;
  const std::string& table = states_[i + 1].model(app(), add->model).table;
  return std::any_of(start.models.begin(), start.models.end(), [&](const auto& labelled) {
    const FieldState* field = labelled.second.find_field(add->field.name);
    return labelled.second.table == table && field && field->type == add->field.type;
  });
}

}  // namespace dynamo_backend::migrations
