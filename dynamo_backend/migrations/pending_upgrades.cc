#include "dynamo_backend/migrations/pending_upgrades.h"

#include <algorithm>

#include "dynamo_backend/migrations/row_change.h"

namespace dynamo_backend::migrations {
namespace {

// What of an operation rows can be shown by.
struct Shown {
  std::optional<Operation> operation{};  // without what cannot be shown
  std::set<std::string> attributes{};
  bool any_attribute = false;  // a function of the project's sets what it likes
};

Backfill shown_backfill(const FieldState& field, const Backfill& backfill) {
  // A Ref to nothing is no attribute either.
  const bool may_lack_it = field.may_be_absent() || !field.references.empty();
  return may_lack_it || backfill.function == kUuidFunction ? Backfill{} : backfill;
}

struct Showing {
  Shown operator()(const AddField& o) const {
    if (o.field.computed) return {o, {o.field.name}};
    AddField add = o;
    add.backfill = shown_backfill(o.field, o.backfill);
    if (add.backfill.empty()) return {};
    return {add, {o.field.name}, !add.backfill.function.empty()};
  }
  Shown operator()(const RenameField& o) const { return {o, {o.field, o.new_name}}; }
  Shown operator()(const AlterField& o) const {
    AlterField alter = o;
    alter.backfill = shown_backfill(o.field, o.backfill);
    if (alter.backfill.empty() && alter.conversion.empty()) return {};
    return {alter,
            {o.field.name},
            alter.conversion.starts_with('@') || !alter.backfill.function.empty()};
  }
  Shown operator()(const RecomputeField& o) const { return {o, {o.field}}; }
  template <class Other>
  Shown operator()(const Other&) const {
    return {};
  }
};

struct Steps {
  std::vector<RowChanger> changers{};
  RowUpgrade upgrade{};
};

void add(const Connection& connection, const Operation& operation, const std::string& app,
         const ProjectState& before, const Registry& registry,
         std::map<std::string, Steps>& tables) {
  Shown shown = std::visit(Showing{}, operation);
  if (!shown.operation) return;
  const ModelState& model = before.model(app, model_of(operation));
  const auto& models = registry.models();
  const auto compiled = std::find_if(models.begin(), models.end(),
                                     [&](const ModelInfo* m) { return m->table == model.table; });
  if (compiled == models.end()) return;
  RowChanger changer;
  try {
    changer = row_changer(*shown.operation, app, before, functions(), registry);
  } catch (const MigrationError& error) {
    return connection.warn_once("until \"" + describe(operation) + "\" is done, rows of " +
                                connection.table(model.table) +
                                " are seen as they are stored: " + error.what());
  }
  Steps& steps = tables[model.table];
  steps.changers.push_back(std::move(changer));
  steps.upgrade.attributes.insert(shown.attributes.begin(), shown.attributes.end());
  steps.upgrade.any_attribute |= shown.any_attribute;
  // What is computed of them changes with them.
  for (const ComputedInfo& computed : (*compiled)->computed) {
    const bool reads = std::any_of(
        computed.reads.begin(), computed.reads.end(),
        [&](const FieldInfo* f) { return shown.attributes.count(std::string(f->attribute)) > 0; });
    if (reads) steps.upgrade.attributes.insert(std::string(computed.field->attribute));
  }
  steps.upgrade.key = {model.partition};
  if (!model.sort.empty()) steps.upgrade.key.push_back(model.sort);
}

}  // namespace

std::map<std::string, RowUpgrade> pending_upgrades(const Connection& connection,
                                                   const MigrationGraph& graph,
                                                   const std::set<MigrationId>& pending,
                                                   const Registry& registry) {
  std::map<std::string, Steps> tables;
  ProjectState state;
  for (const Migration* m : graph.in_order()) {
    for (const Operation& operation : m->operations) {
      if (pending.count(m->id) > 0) add(connection, operation, m->id.app, state, registry, tables);
      apply(operation, m->id.app, state);
    }
  }
  std::map<std::string, RowUpgrade> upgrades;
  for (auto& [table, steps] : tables) {
    steps.upgrade.changes = [changers = std::move(steps.changers)](dynamodb::ItemView stored) {
      MigrationRow row(stored);
      for (const RowChanger& change : changers) change(row);
      return row.changes();
    };
    upgrades.emplace(table, std::move(steps.upgrade));
  }
  return upgrades;
}

}  // namespace dynamo_backend::migrations
