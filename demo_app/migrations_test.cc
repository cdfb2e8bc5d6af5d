// The blog's migration files are those of its models, and make the tables that they need.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "demo_app/models.h"
#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/migrations/loader.h"
#include "dynamo_backend/migrations/questioner.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"

namespace demo_app {
namespace {

using namespace dynamo_backend::migrations;  // NOLINT: a test
using dynamo_backend::f;

struct BlogMigrations : testing::Test {
  BlogMigrations() { models(registry); }
  dynamo_backend::Registry registry;
  const MigrationGraph graph = load({}, {"demo_app"});  // the working folder is the project's
};

// Fails when a model was changed and ./manage dmakemigrations was not run.
TEST_F(BlogMigrations, AreThoseOfTheModels) {
  GivenAnswers nobody;
  const Changes changes = detect(graph.state(), project_state(registry), {"demo_app"}, nobody,
                                 [&](const std::string& model, const std::string& field) {
                                   return declared_default(registry, model, field);
                                 });
  const auto missing = changes.operations.find("demo_app");
  if (missing == changes.operations.end()) return;
  for (const Operation& operation : missing->second)
    ADD_FAILURE() << "no migration: " << describe(operation);
}

TEST_F(BlogMigrations, MakeTheTablesThatTheModelsNeed) {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  migrate(dynamo_backend::Connection::current(), graph, {}, {}, registry);
  for (const auto* model : registry.models()) {
    const auto expected = dynamo_backend::table_definition(*model);
    const auto found = engine->describe_table(expected.name);
    ASSERT_TRUE(found) << expected.name;
    EXPECT_EQ(found->definition.key, expected.key);
    EXPECT_THAT(found->definition.global_indexes,
                testing::UnorderedElementsAreArray(expected.global_indexes))
        << expected.name;
  }
}

// Rows that were written before the sets were kept, or by the original.
TEST_F(BlogMigrations, FillThePostsSetsFromTheirLinks) {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  models(dynamo_backend::Registry::instance());
  const auto& current = dynamo_backend::Connection::current();
  migrate(current, graph, {.app = "demo_app", .target = "0002_search"}, {}, registry);
  Post post{.title = "linked", .slug = "linked", .category_pks = {"stale"}};
  post.save();
  Post bare{.title = "bare", .slug = "bare"};
  bare.save();
  const Uuid tag = Uuid::random(), category = Uuid::random();
  const auto put = [&](const std::string& table, dynamodb::Item item) {
    item.emplace("pk", Uuid::random().str());
    item.emplace("post_pk", post.pk.str());
    ASSERT_TRUE(engine->put_item({.table = table, .item = std::move(item)}));
  };
  put("demo_app_post_labels", {{"tag_pk", tag.str()}});
  put("demo_app_postcategory", {{"category_pk", category.str()}, {"order", dynamodb::Number(0)}});
  migrate(current, graph, {}, {}, registry);
  post.refresh();
  EXPECT_THAT(post.label_pks, testing::ElementsAre(tag.str()));
  EXPECT_THAT(post.category_pks, testing::ElementsAre(category.str()));
  bare.refresh();
  EXPECT_THAT(bare.label_pks, testing::IsEmpty());
}

TEST_F(BlogMigrations, AreUndoneToTheFirst_AndDoneAgain) {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  models(dynamo_backend::Registry::instance());
  const auto& current = dynamo_backend::Connection::current();
  const auto add_a_post = [] {
    const Author author = Author::objects.create({.username = "alice", .email = "a@example.com"});
    const Tag tag = Tag::objects.create({.name = "c++", .slug = "cpp"});
    Post post = Post::objects.create({.title = "One", .slug = "one", .author_pk = author});
    post.labels.add(tag);
    return post.pk;
  };
  migrate(current, graph, {}, {}, registry);
  add_a_post();
  const Goal zero{.app = "demo_app", .target = "zero"};
  try {
    migrate(current, graph, zero, {}, registry);
    ADD_FAILURE() << "rows were dropped unasked";
  } catch (const MigrationError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("--allow-data-loss"));
  }
  EXPECT_EQ(Post::objects.filter(f<&Post::slug> == "one").count(), 1u);
  migrate(current, graph, zero, {.allow_data_loss = true}, registry);
  EXPECT_THAT(engine->list_tables({})->table_names,
              testing::UnorderedElementsAre("ddbdjango_migrations", "dynamo_backend_unique"));
  EXPECT_EQ(engine->scan({.table = "dynamo_backend_unique"})->count, 0u);
  migrate(current, graph, {}, {}, registry);
  const Uuid post = add_a_post();
  EXPECT_THAT(Post::objects.get(post).label_pks, testing::SizeIs(1));
}

}  // namespace
}  // namespace demo_app
