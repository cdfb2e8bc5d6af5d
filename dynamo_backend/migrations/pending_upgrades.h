// What the migrations that are still to be done will make of rows, for a program that has the
// models of after them: its queries are right while rows change (row_upgrades.h).
//
// AddField with a backfill, RenameField, AlterField and RecomputeField count. Others do not: a
// RemoveField is of a field that the program does not know; what a RunFunction does to rows is no
// part of a model; a random value cannot be shown before it is stored; and of a row without an
// attribute that may be absent nobody can say whether it lacks it or was given none.
// Thread safety: a function of its arguments.
#pragma once
#include <map>
#include <set>
#include <string>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_upgrades.h"

namespace dynamo_backend::migrations {

// By table, without the prefix: of the tables that the registry has models of. An operation whose
// function is not registered is left out, with a line in the log. partial_indexes is the caller's.
// REQUIRES: `registry` outlives the result.
std::map<std::string, RowUpgrade> pending_upgrades(const Connection& connection,
                                                   const MigrationGraph& graph,
                                                   const std::set<MigrationId>& pending,
                                                   const Registry& registry);

}  // namespace dynamo_backend::migrations
