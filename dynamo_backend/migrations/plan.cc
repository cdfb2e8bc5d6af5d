#include "dynamo_backend/migrations/plan.h"

#include <algorithm>

#include "dynamo_backend/migrations/graph.h"

namespace dynamo_backend::migrations {
namespace {

using Ids = std::set<MigrationId>;

// The app's migration of this name, or the one whose name begins so.
const Migration& target_of(const MigrationGraph& graph, const Goal& goal) {
  std::vector<const Migration*> found;
  std::string names;
  for (const Migration* m : graph.of_app(goal.app)) {
    if (m->id.name == goal.target) return *m;
    if (m->id.name.starts_with(goal.target)) found.push_back(m);
    names += (names.empty() ? "" : ", ") + m->id.name;
  }
  if (found.size() == 1) return *found.front();
  if (found.empty())
    throw MigrationError(goal.app + " has no migration " + goal.target + "; it has " + names +
                         ", and zero undoes all of them");
  std::string choices;
  for (const Migration* m : found) choices += (choices.empty() ? "" : ", ") + m->id.name;
  throw MigrationError("\"" + goal.target + "\" begins several migrations of " + goal.app + ": " +
                       choices + "; write more of the name");
}

// `wanted`: what the plan is about to apply, which may be what is missing.
void check_history(const MigrationGraph& graph, const Ids& applied, const Ids& wanted) {
  for (const Migration* m : graph.in_order()) {
    if (!applied.count(m->id)) continue;
    for (const MigrationId& needed : m->dependencies) {
      if (!applied.count(needed) && !wanted.count(needed))
        throw MigrationError("The database has " + m->id.str() + " but not " + needed.str() +
                             ", which it depends on; apply that, or record it: ./manage dmigrate " +
                             needed.app + " " + needed.name + " --fake");
    }
  }
}

// First what is missing of the history, each at its own place among what is applied; the others
// come after all that the database has.
std::vector<Step> forwards(const MigrationGraph& graph, const Ids& applied, const Ids& wanted) {
  Ids history;
  for (const MigrationId& id : applied) {
    if (graph.find(id)) history.merge(graph.ancestors(id));
  }
  std::vector<Step> steps;
  ProjectState state;
  const auto add = [&](const Migration& m) {
    if (wanted.count(m.id) && !applied.count(m.id))
      steps.push_back({.migration = &m, .before = state});
    apply(m, state);
  };
  for (const Migration* m : graph.in_order())
    if (history.count(m->id)) add(*m);
  for (const Migration* m : graph.in_order())
    if (!history.count(m->id) && wanted.count(m->id)) add(*m);
  return steps;
}

std::vector<Step> backwards(const MigrationGraph& graph, Ids applied, const Ids& unwanted) {
  std::vector<Step> steps;
  const auto& order = graph.in_order();
  for (auto m = order.rbegin(); m != order.rend(); ++m) {
    if (!unwanted.count((*m)->id) || !applied.erase((*m)->id)) continue;
    steps.push_back({.migration = *m, .backwards = true, .before = graph.state(applied)});
  }
  return steps;
}

}  // namespace

std::vector<Step> make_plan(const MigrationGraph& graph, const Ids& applied, const Goal& goal) {
  Ids named;
  if (!goal.target.empty() && goal.target != "zero" && !graph.of_app(goal.app).empty()) {
    const Migration& target = target_of(graph, goal);
    if (!applied.count(target.id)) named = graph.ancestors(target.id);
  }
  check_history(graph, applied, named);
  Ids wanted;
  if (goal.app.empty()) {
    for (const Migration* m : graph.in_order()) wanted.insert(m->id);
    return forwards(graph, applied, wanted);
  }
  const auto of_app = graph.of_app(goal.app);
  if (of_app.empty())
    throw MigrationError("There are no migrations of an app \"" + goal.app + "\"");
  Ids unwanted;
  if (goal.target == "zero") {
    for (const Migration* m : of_app) unwanted.merge(graph.descendants(m->id));
    return backwards(graph, applied, unwanted);
  }
  if (goal.target.empty()) {
    for (const Migration* head : graph.heads(goal.app)) wanted.merge(graph.ancestors(head->id));
    return forwards(graph, applied, wanted);
  }
  const Migration& target = target_of(graph, goal);
  if (!applied.count(target.id)) return forwards(graph, applied, graph.ancestors(target.id));
  // Whatever of the app comes after the target goes, and what needs that; other branches of the
  // app that the target does not need stay, as in Django.
  for (const MigrationId& id : graph.descendants(target.id)) {
    if (id.app == goal.app && id != target.id) unwanted.merge(graph.descendants(id));
  }
  return backwards(graph, applied, unwanted);
}

}  // namespace dynamo_backend::migrations
