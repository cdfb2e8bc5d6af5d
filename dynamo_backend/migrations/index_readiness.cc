#include "dynamo_backend/migrations/index_readiness.h"

#include <algorithm>

#include "base/log.h"
#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/pending_upgrades.h"
#include "dynamo_backend/migrations/table_change.h"
#include "dynamo_backend/tables.h"

namespace dynamo_backend::migrations {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

std::string join(const std::string& table, const std::string& index) { return table + "/" + index; }

// Global ones whose entries are not whole rows.
std::set<std::string, std::less<>> partial_indexes(const dynamodb::TableDescription& table) {
  std::set<std::string, std::less<>> names;
  for (const auto& i : table.global_indexes)
    if (i.definition.projection != dynamodb::ProjectionType::all) names.insert(i.definition.name);
  return names;
}

void describe_models(const ModelInfo& model, std::vector<const ModelInfo*>& all) {
  all.push_back(&model);
  for (const auto& join : model.joins) all.push_back(join.get());
}

}  // namespace

std::set<std::string> indexes_of(const Operation& operation, const std::string& app,
                                 const ProjectState& before) {
  std::set<std::string> names;
  const std::string& name = model_of(operation);
  const ModelState* model = name.empty() ? nullptr : before.find(app, name);
  const auto add_those_of = [&](const std::string& field) {
    if (!model) return;
    for (const IndexState& i : model->indexes)
      if (i.uses(field)) names.insert(join(model->table, i.name));
  };
  std::visit(
      Overloaded{[&](const CreateTable& o) {
                   for (const IndexState& i : o.model.indexes)
                     names.insert(join(o.model.table, i.name));
                 },
                 [&](const AddIndex& o) {
                   if (model) names.insert(join(model->table, o.index.name));
                 },
                 [&](const RemoveIndex& o) {
                   if (model) names.insert(join(model->table, o.index));
                 },
                 [&](const RecomputeField& o) { add_those_of(o.field); }, [](const auto&) {}},
      operation);
  return names;
}

IndexReadiness::Unfinished IndexReadiness::of_migrations(const RunControl& control) const {
  Unfinished unfinished;
  std::set<MigrationId> applied, pending;
  std::set<std::string> apps;
  for (const MigrationRecord& r : read_history(control)) {
    unfinished.indexes.insert(r.building.begin(), r.building.end());
    apps.insert(r.id.app);
    if (r.phase == MigrationPhase::applied) applied.insert(r.id);
  }
  if (!graph_) return unfinished;
  ProjectState state;
  for (const Migration* m : graph_->in_order()) {
    const bool waits = apps.count(m->id.app) > 0 && applied.count(m->id) == 0;
    if (waits) pending.insert(m->id);
    for (const Operation& o : m->operations) {
      if (waits && !std::holds_alternative<RemoveIndex>(o))
        unfinished.indexes.merge(indexes_of(o, m->id.app, state));
      apply(o, m->id.app, state);
    }
  }
  unfinished.rows = pending_upgrades(connection_, *graph_, pending, registry_);
  return unfinished;
}

// Whether rows change in what the index is made of.
bool IndexReadiness::Unfinished::changes(const ModelInfo& model, const IndexInfo& index) const {
  const auto rows_of = rows.find(model.table);
  if (rows_of == rows.end()) return false;
  const auto any_of = [&](const std::vector<const FieldInfo*>& fields) {
    return std::any_of(fields.begin(), fields.end(), [&](const FieldInfo* f) {
      return rows_of->second.attributes.count(f->attribute) > 0;
    });
  };
  return any_of(index.hash_keys()) || any_of(index.sort_keys()) || any_of(index.includes);
}

bool IndexReadiness::is_built(const ModelInfo& model, const IndexInfo& index,
                              const std::optional<dynamodb::TableDescription>& table) const {
  if (!table) return false;
  const auto wanted = index_definition(index);
  const auto& found = index.local ? table->local_indexes : table->global_indexes;
  const auto at = std::find_if(found.begin(), found.end(),
                               [&](const auto& i) { return i.definition.name == index.name; });
  if (at == found.end() || at->status != dynamodb::IndexStatus::active) return false;
  if (at->definition.key == wanted.key && projects_enough(at->definition, wanted)) return true;
  connection_.warn_once("index " + index.name + " of table " + connection_.table(model.table) +
                        " has another key, or fewer attributes, than " + model.name +
                        " declares: queries do not use it");
  return false;
}

std::vector<const ModelInfo*> IndexReadiness::models() const {
  std::vector<const ModelInfo*> all;
  for (const ModelInfo* m : registry_.models())
    if (std::find(all.begin(), all.end(), m) == all.end()) describe_models(*m, all);
  return all;
}

std::size_t IndexReadiness::refresh(const std::function<bool()>& stop) {
  CapacityBudget budget;
  const RunControl control(connection_, budget, stop);
  Unfinished unfinished = of_migrations(control);
  const auto all = models();
  std::set<std::string> pending, upgrading;
  std::map<std::string, std::optional<dynamodb::TableDescription>> tables;
  for (const ModelInfo* m : all) {
    if (m->indexes.empty() || tables.count(m->table) > 0) continue;
    tables.emplace(m->table, describe_table(control, m->table));
  }
  for (const ModelInfo* m : all) {
    for (const IndexInfo& i : m->indexes) {
      if (unfinished.indexes.count(join(m->table, i.name)) > 0 || unfinished.changes(*m, i) ||
          !is_built(*m, i, tables.at(m->table)))
        pending.insert(join(m->table, i.name));
    }
  }
  // Rows are shown anew before an index over them is used, and indexes are put aside before rows
  // are shown anew.
  const auto set_ready = [&](bool ready) {
    for (const ModelInfo* m : all)
      for (const IndexInfo& i : m->indexes)
        if ((pending.count(join(m->table, i.name)) == 0) == ready)
          connection_.set_index_ready(m->table, i.name, ready);
  };
  set_ready(false);
  for (auto& [table, upgrade] : unfinished.rows) {
    if (const auto at = tables.find(table); at != tables.end() && at->second)
      upgrade.partial_indexes = partial_indexes(*at->second);
    upgrading.insert(table);
  }
  for (const ModelInfo* m : all) {
    const auto rows = unfinished.rows.find(m->table);
    connection_.row_upgrades().set(
        connection_.table(m->table),
        rows == unfinished.rows.end() ? nullptr : std::make_shared<const RowUpgrade>(rows->second));
  }
  set_ready(true);
  pending_ = std::move(pending);
  upgrading_ = std::move(upgrading);
  return pending_.size() + upgrading_.size();
}

ReadinessWatch::ReadinessWatch(IndexReadiness readiness, std::chrono::milliseconds interval)
    : readiness_(std::move(readiness)), interval_(interval), thread_([this] { run(); }) {}

ReadinessWatch::~ReadinessWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void ReadinessWatch::run() {
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval_, [this] { return ending_.load(); })) {
    lock.unlock();
    bool done = false;
    try {
      done = readiness_.refresh([this] { return ending_.load(); }) == 0;
    } catch (const Interrupted&) {
      return;
    } catch (const std::exception& error) {
      if (!std::exchange(told, true))
        base::log_warning(std::string("whether migrations are done cannot be looked at: ") +
                          error.what());
    }
    lock.lock();
    if (done) return;
  }
}

}  // namespace dynamo_backend::migrations
