#include "dynamo_backend/migrations/index_readiness.h"

#include <algorithm>

#include "base/log.h"
#include "dynamo_backend/migrations/history.h"
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

// What the migrations that are still to be done make or fill.
std::set<std::string> IndexReadiness::of_migrations(const RunControl& control) const {
  std::set<std::string> names;
  std::set<MigrationId> applied;
  std::set<std::string> apps;
  for (const MigrationRecord& r : read_history(control)) {
    names.insert(r.building.begin(), r.building.end());
    apps.insert(r.id.app);
    if (r.phase == MigrationPhase::applied) applied.insert(r.id);
  }
  if (!graph_) return names;
  ProjectState state;
  for (const Migration* m : graph_->in_order()) {
    const bool pending = apps.count(m->id.app) > 0 && applied.count(m->id) == 0;
    for (const Operation& o : m->operations) {
      if (pending && !std::holds_alternative<RemoveIndex>(o))
        names.merge(indexes_of(o, m->id.app, state));
      apply(o, m->id.app, state);
    }
  }
  return names;
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

std::size_t IndexReadiness::refresh(const std::function<bool()>& stop) {
  CapacityBudget budget;
  const RunControl control(connection_, budget, stop);
  const auto unfinished = of_migrations(control);
  std::vector<const ModelInfo*> models;
  for (const ModelInfo* m : registry_.models())
    if (std::find(models.begin(), models.end(), m) == models.end()) describe_models(*m, models);
  std::set<std::string> pending;
  std::map<std::string, std::optional<dynamodb::TableDescription>> tables;
  for (const ModelInfo* m : models) {
    if (m->indexes.empty() || tables.count(m->table) > 0) continue;
    tables.emplace(m->table, describe_table(control, m->table));
  }
  for (const ModelInfo* m : models) {
    for (const IndexInfo& i : m->indexes) {
      if (unfinished.count(join(m->table, i.name)) > 0 || !is_built(*m, i, tables.at(m->table)))
        pending.insert(join(m->table, i.name));
    }
  }
  for (const ModelInfo* m : models) {
    for (const IndexInfo& i : m->indexes)
      connection_.set_index_ready(m->table, i.name, pending.count(join(m->table, i.name)) == 0);
  }
  pending_ = std::move(pending);
  return pending_.size();
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
        base::log_warning(std::string("indexes that are being built cannot be looked at: ") +
                          error.what());
    }
    lock.lock();
    if (done) return;
  }
}

}  // namespace dynamo_backend::migrations
