// What the commands of migrations have in common: the project's apps, and where their files are.
#pragma once
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/loader.h"
#include "dynamo_backend/registry.h"
#include "management/command.h"

namespace management {

// The process's registry, with the project's models on it.
const dynamo_backend::Registry& project_models(const Project& project);

dynamo_backend::migrations::MigrationFolders migration_folders(const Project& project);

// Apps with compiled models.
std::set<std::string> apps_with_models(const Project& project);
// The same, and those that the project gives a folder of migrations.
std::set<std::string> project_apps(const Project& project);

// The migrations of the project's apps and of these. Throws CommandError, also for an app of
// `named` that is none.
dynamo_backend::migrations::MigrationGraph load_migrations(const Project& project,
                                                           const std::vector<std::string>& named);

}  // namespace management
