// The migration files of the admin are those of its models.
#include <gtest/gtest.h>

#include "admin/audit.h"
#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/loader.h"
#include "dynamo_backend/migrations/questioner.h"

namespace admin {
namespace {

namespace migrations = dynamo_backend::migrations;

// Fails when a model was changed and ./manage dmakemigrations was not run.
TEST(AdminMigrations, AreThoseOfTheModels) {
  dynamo_backend::Registry registry;
  models(registry);
  const auto graph = migrations::load({}, {"admin"});  // the working folder is the project's
  migrations::GivenAnswers nobody;
  const auto changes =
      migrations::detect(graph.state(), migrations::project_state(registry), {"admin"}, nobody,
                         [&](const std::string& model, const std::string& field) {
                           return migrations::declared_default(registry, model, field);
                         });
  const auto missing = changes.operations.find("admin");
  if (missing == changes.operations.end()) return;
  for (const auto& operation : missing->second)
    ADD_FAILURE() << "no migration: " << migrations::describe(operation);
}

}  // namespace
}  // namespace admin
