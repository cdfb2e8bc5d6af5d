#include "dynamodb/wire_messages.h"

#include <algorithm>
#include <atomic>

namespace dynamodb::wire {
namespace {

std::atomic<Cohort> g_cohort{Cohort::us_east_1_may_2026};

bool is_absent(const ConstraintProblem& problem) { return problem.value == "null"; }

std::string path_text(const ConstraintProblem& problem, bool lower_camel) {
  std::string text;
  for (const auto& step : problem.path) {
    if (!text.empty()) text += '.';
    const std::size_t begin = text.size();
    text += step.name;
    if (!lower_camel || !step.is_member || step.name.empty()) continue;
    char& first = text[begin];
    if (first >= 'A' && first <= 'Z') first = static_cast<char>(first - 'A' + 'a');
  }
  return text;
}

std::string problem_text(const ConstraintProblem& problem, bool echoed) {
  std::string text = "Value ";
  if (echoed) text += problem.value + ' ';
  return text + "at '" + path_text(problem, echoed) +
         "' failed to satisfy constraint: " + problem.rule;
}

std::string reworded_text(const ConstraintProblem& problem) {
  return "Failed to satisfy constraint: " + problem.new_rule;
}

std::string lone_message(Wording wording, const ConstraintProblem& problem) {
  if (!problem.new_rule.empty()) return value_message(wording, reworded_text(problem));
  return "1 validation error detected: " + problem_text(problem, /*echoed=*/false);
}

}  // namespace

Cohort cohort() { return g_cohort.load(std::memory_order_relaxed); }
void set_cohort(Cohort cohort) { g_cohort.store(cohort, std::memory_order_relaxed); }

// The one table: which layer speaks, by operation.
Wording wording_of(Operation operation, Cohort cohort) {
  if (cohort == Cohort::us_east_1_may_2026) return Wording::old;
  switch (operation) {
    case Operation::put_item:
    case Operation::update_item:
    case Operation::delete_item:
      return Wording::enveloped;
    case Operation::get_item:
    case Operation::batch_get_item:
    case Operation::query:
      return Wording::bare;
    case Operation::batch_write_item:
    case Operation::scan:
    case Operation::transact_get_items:
    case Operation::transact_write_items:
      return Wording::old;
    default:  // PartiQL, tables and tags
      return Wording::old;
  }
}

std::string constraint_message(Wording wording, const std::vector<ConstraintProblem>& problems) {
  // DynamoDB: a request without a member that it needs is left to the old layer.
  const bool is_new =
      wording != Wording::old && std::none_of(problems.begin(), problems.end(), is_absent);
  if (is_new) {
    const auto first = std::find_if(problems.begin(), problems.end(),
                                    [](const ConstraintProblem& each) { return each.first; });
    if (first != problems.end()) return lone_message(wording, *first);
  }
  std::string text = std::to_string(problems.size()) + " validation error" +
                     (problems.size() > 1 ? "s" : "") + " detected: ";
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i > 0) text += "; ";
    const bool reworded = is_new && !problems[i].new_rule.empty();
    text += reworded ? reworded_text(problems[i]) : problem_text(problems[i], /*echoed=*/true);
  }
  return text;
}

std::string value_message(Wording wording, std::string message) {
  return wording == Wording::enveloped ? "1 validation error detected: " + message : message;
}

}  // namespace dynamodb::wire
