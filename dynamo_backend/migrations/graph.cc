#include "dynamo_backend/migrations/graph.h"

#include <algorithm>

namespace dynamo_backend::migrations {
namespace {

std::string names_of(const std::vector<const Migration*>& migrations) {
  std::string text;
  for (const Migration* m : migrations) text += (text.empty() ? "" : ", ") + m->id.name;
  return text.empty() ? "none" : text;
}

}  // namespace

void MigrationGraph::add(Migration migration) {
  const MigrationId id = migration.id;
  if (!all_.emplace(id, std::move(migration)).second)
    throw MigrationError("There are two migrations " + id.str());
}

void MigrationGraph::link() {
  needs_.clear();
  needed_by_.clear();
  order_.clear();
  for (const auto& [id, migration] : all_) {
    needs_[id];
    for (const MigrationId& needed : migration.dependencies) {
      if (!all_.count(needed))
        throw MigrationError(id.str() + " depends on " + needed.str() + ", which there is not: " +
                             needed.app + " has " + names_of(of_app(needed.app)));
      needs_[id].insert(needed);
      needed_by_[needed].insert(id);
    }
  }
  // Those whose dependencies are all done, smallest id first.
  std::map<MigrationId, std::size_t> missing;
  std::set<MigrationId> ready;
  for (const auto& [id, needed] : needs_) {
    missing[id] = needed.size();
    if (needed.empty()) ready.insert(id);
  }
  while (!ready.empty()) {
    const MigrationId id = *ready.begin();
    ready.erase(ready.begin());
    order_.push_back(&all_.at(id));
    for (const MigrationId& next : needed_by_[id]) {
      if (--missing[next] == 0) ready.insert(next);
    }
  }
  if (order_.size() == all_.size()) return;
  // Every migration that is left has a dependency that is left: following those comes round.
  std::vector<MigrationId> path;
  MigrationId at = std::find_if(missing.begin(), missing.end(), [](const auto& m) {
                     return m.second > 0;
                   })->first;
  while (std::find(path.begin(), path.end(), at) == path.end()) {
    path.push_back(at);
    const auto& needed = needs_[at];
    at = *std::find_if(needed.begin(), needed.end(),
                       [&](const MigrationId& id) { return missing[id] > 0; });
  }
  std::string circle;
  for (auto id = std::find(path.begin(), path.end(), at); id != path.end(); ++id)
    circle += id->str() + " -> ";
  throw MigrationError("Migrations depend on each other in a circle: " + circle + at.str());
}

const Migration* MigrationGraph::find(const MigrationId& id) const {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : &found->second;
}

std::set<std::string> MigrationGraph::apps() const {
  std::set<std::string> apps;
  for (const auto& [id, migration] : all_) apps.insert(id.app);
  return apps;
}

std::vector<const Migration*> MigrationGraph::of_app(std::string_view app) const {
  std::vector<const Migration*> found;
  if (order_.empty()) {  // not linked yet: by name
    for (const auto& [id, migration] : all_) {
      if (id.app == app) found.push_back(&migration);
    }
  }
  for (const Migration* m : order_) {
    if (m->id.app == app) found.push_back(m);
  }
  return found;
}

std::vector<const Migration*> MigrationGraph::heads(std::string_view app) const {
  std::vector<const Migration*> heads = of_app(app);
  std::erase_if(heads, [&](const Migration* m) {
    const auto users = needed_by_.find(m->id);
    return users != needed_by_.end() &&
           std::any_of(users->second.begin(), users->second.end(),
                       [&](const MigrationId& user) { return user.app == app; });
  });
  return heads;
}

void MigrationGraph::check_heads() const {
  for (const std::string& app : apps()) {
    const auto found = heads(app);
    if (found.size() < 2) continue;
    throw MigrationError(app + " has several newest migrations: " + names_of(found) +
                         ". Join them: ./manage dmakemigrations --merge " + app);
  }
}

std::set<MigrationId> MigrationGraph::reach(const MigrationId& from, const Edges& edges) {
  std::set<MigrationId> seen{from};
  std::vector<MigrationId> open{from};
  while (!open.empty()) {
    const auto next = edges.find(open.back());
    open.pop_back();
    if (next == edges.end()) continue;
    for (const MigrationId& id : next->second) {
      if (seen.insert(id).second) open.push_back(id);
    }
  }
  return seen;
}

std::set<MigrationId> MigrationGraph::ancestors(const MigrationId& id) const {
  return reach(id, needs_);
}

std::set<MigrationId> MigrationGraph::descendants(const MigrationId& id) const {
  return reach(id, needed_by_);
}

ProjectState MigrationGraph::state(const std::set<MigrationId>& applied) const {
  ProjectState state;
  for (const Migration* m : order_) {
    if (applied.count(m->id)) apply(*m, state);
  }
  return state;
}

ProjectState MigrationGraph::state() const {
  ProjectState state;
  for (const Migration* m : order_) apply(*m, state);
  return state;
}

}  // namespace dynamo_backend::migrations
