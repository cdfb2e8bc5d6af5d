// From changes to migrations: their numbers, names and dependencies; merging two heads.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/graph.h"

namespace dynamo_backend::migrations {

// "add_subtitle", "initial": what a migration of these operations is called without its number.
std::string suggested_name(const std::vector<Operation>& operations, bool first);

// One migration for each app, each behind those that it depends on. `name` replaces the suggestion;
// empty: none. A relation to another app's model is a dependency on that app, where that makes no
// circle (DynamoDB itself checks no relations).
std::vector<Migration> make_migrations(const MigrationGraph& graph, const Changes& changes,
                                       const std::string& name);

// A migration without operations, to be filled by hand.
Migration empty_migration(const MigrationGraph& graph, const std::string& app,
                          const std::string& name);

// What stands against joining the app's heads: a line for each model or field that several of them
// change. Empty: nothing.
std::vector<std::string> merge_conflicts(const MigrationGraph& graph, const std::string& app);
// The operations of each head that the others lack, for people.
std::string describe_heads(const MigrationGraph& graph, const std::string& app);
// REQUIRES: the app has several heads
Migration merge_migration(const MigrationGraph& graph, const std::string& app,
                          const std::string& name);

}  // namespace dynamo_backend::migrations
