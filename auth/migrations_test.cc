// The migration files of auth are those of its models.
#include <gtest/gtest.h>

#include "auth/models.h"
#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/loader.h"
#include "dynamo_backend/migrations/questioner.h"

namespace auth {
namespace {

namespace migrations = dynamo_backend::migrations;

// Fails when a model was changed and ./manage dmakemigrations was not run.
TEST(AuthMigrations, AreThoseOfTheModels) {
  dynamo_backend::Registry registry;
  models(registry);
  const auto graph = migrations::load({}, {"auth"});  // the working folder is the project's
  migrations::GivenAnswers nobody;
  const auto changes =
      migrations::detect(graph.state(), migrations::project_state(registry), {"auth"}, nobody,
                         [&](const std::string& model, const std::string& field) {
                           return migrations::declared_default(registry, model, field);
                         });
  const auto missing = changes.operations.find("auth");
  if (missing == changes.operations.end()) return;
  for (const auto& operation : missing->second)
    ADD_FAILURE() << "no migration: " << migrations::describe(operation);
}

TEST(AuthModels, S1_AreNotInAnIndexOfSearch) {
  dynamo_backend::Registry registry;
  models(registry);
  ASSERT_GE(registry.models().size(), 5u);
  for (const auto* model : registry.models()) {
    EXPECT_FALSE(model->meta.opensearch_sync) << model->name;
    for (const auto& field : model->fields)
      EXPECT_FALSE(field.searchable || field.filterable) << model->name << "." << field.attribute;
  }
}

}  // namespace
}  // namespace auth
