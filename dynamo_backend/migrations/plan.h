// Plan: which migrations run, in what order and direction, from what is applied and where to go.
// Thread safety: functions of their arguments; a Step points into its MigrationGraph.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/migration.h"

namespace dynamo_backend::migrations {

class MigrationGraph;

// One migration to apply, or to undo: then its operations' reversals run from the last to the
// first.
struct Step {
  const Migration* migration = nullptr;
  bool backwards = false;
  // The project before the migration, in both directions: undoing leads there.
  ProjectState before{};
  // Half done by an earlier run: the operation in work, and the hash of those before it.
  std::optional<std::size_t> in_work{};
  std::string done_hash{};
};

// What a plan leads to. No app: the newest of every app. No target: the app's newest; "zero": none
// of the app's; else a migration's name or the beginning of one ("0002").
struct Goal {
  std::string app{}, target{};
};

// Throws MigrationError for an unknown app or target, a beginning that several names have, or
// applied migrations whose dependencies are not.
std::vector<Step> make_plan(const MigrationGraph& graph, const std::set<MigrationId>& applied,
                            const Goal& goal = {});

}  // namespace dynamo_backend::migrations
