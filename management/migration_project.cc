#include "management/migration_project.h"

#include "management/project.h"

namespace management {

namespace migrations = dynamo_backend::migrations;
using dynamo_backend::Registry;

const Registry& project_models(const Project& project) {
  Registry& registry = Registry::instance();
  if (project.models) project.models(registry);
  return registry;
}

migrations::MigrationFolders migration_folders(const Project& project) {
  return {.base = project.migrations_base, .of_apps = project.migrations};
}

std::set<std::string> apps_with_models(const Project& project) {
  std::set<std::string> apps;
  for (const auto* model : project_models(project).models()) {
    if (!model->app_label.empty()) apps.insert(model->app_label);
  }
  return apps;
}

std::set<std::string> project_apps(const Project& project) {
  std::set<std::string> apps = apps_with_models(project);
  for (const auto& [app, folder] : project.migrations) apps.insert(app);
  return apps;
}

migrations::MigrationGraph load_migrations(const Project& project,
                                           const std::vector<std::string>& named) {
  std::set<std::string> apps = project_apps(project);
  const auto folders = migration_folders(project);
  const auto with_files = migrations::apps_with_files(folders);
  for (const std::string& app : named) {
    if (apps.count(app) == 0 && with_files.count(app) == 0) {
      std::string names;
      for (const std::string& known : apps) names += (names.empty() ? "" : ", ") + known;
      throw CommandError("there is no app \"" + app + "\"; the apps are " +
                         (names.empty() ? "none" : names));
    }
    apps.insert(app);
  }
  try {
    return migrations::load(folders, apps);
  } catch (const migrations::MigrationError& error) {
    throw CommandError(error.what());
  }
}

}  // namespace management
