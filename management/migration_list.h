// What is applied, for people: showmigrations and dmigrate --list.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/migrations/graph.h"

namespace management {

// Each app with its migrations in order:
//   demo_app
//    [X] 0001_initial
//    [ ] 0002_add_subtitle (running: operation 1 of 2, 43 %)
//    [X] 0002_by_another (its file is gone)
// No app in `apps`: all. `in_order`: of all apps in the order in which they run, without headings.
// Throws DatabaseError.
std::string list_migrations(const dynamo_backend::Connection& connection,
                            const dynamo_backend::migrations::MigrationGraph& graph,
                            const std::vector<std::string>& apps, bool in_order = false);

}  // namespace management
