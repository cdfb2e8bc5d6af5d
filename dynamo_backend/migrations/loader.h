// Migration files: where they are, and reading and writing them.
//
// An app's files are in `<app>/migrations/` under the project's folder (the working folder, or the
// setting [migrations] folder): a program that is deployed without its sources takes those folders
// with it, beside its settings. Files whose names do not end in .json are none.
// Thread safety: functions of their arguments.
#pragma once
#include <map>
#include <set>
#include <string>

#include "dynamo_backend/migrations/graph.h"

namespace dynamo_backend::migrations {

struct MigrationFolders {
  std::string base = ".";
  std::map<std::string, std::string> of_apps{};  // where an app's are elsewhere, from `base`

  std::string of(const std::string& app) const;  // "demo_app/migrations"
  std::string file_of(const MigrationId& id) const;
};

// The migrations of these apps, and of those that they depend on. An app without files has none.
// Throws MigrationError that names the file.
MigrationGraph load(const MigrationFolders& folders, const std::set<std::string>& apps);

// Writes the file, in whole or not at all; never over another. Throws MigrationError.
void write(const MigrationFolders& folders, const Migration& migration);

// Apps that have migration files under the base folder: what stands there without being compiled.
std::set<std::string> apps_with_files(const MigrationFolders& folders);

}  // namespace dynamo_backend::migrations
