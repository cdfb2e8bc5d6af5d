// What a starting program does with its tables, migrations and indexes.
#include "management/start_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamodb/local/engine.h"
#include "management/command.h"

// An app of its own: making a table puts its model into the process's Registry, which the tests of
// the commands read.
namespace depot {

using namespace dynamo_backend;

struct Unmigrated : DynamoModel<Unmigrated> {
  std::string name{};
  static constexpr auto schema =
      define<Unmigrated>({.table_name = "depot_unmigrated"}, CharField<&Unmigrated::name>{});
};

}  // namespace depot

namespace management {
namespace {

using dynamo_backend::Registry;
using dynamo_backend::ScopedConnection;
namespace migrations = dynamo_backend::migrations;

class StartUpTest : public testing::Test {
 protected:
  StartUpTest() {
    registry_.add<shop::Product>();
    registry_.add<depot::Unmigrated>();
  }
  StartUp start(bool create_tables) {
    return {{.endpoint_url = "local::memory:", .create_tables_on_startup = create_tables},
            *connection_,
            registry_,
            shop::graph()};
  }
  bool ready(const char* index) { return connection_->index_ready("shop_product", index); }

  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open({});
  ScopedConnection connection_{*engine_, {}};
  Registry registry_{};
};

TEST_F(StartUpTest, CreateTablesOnStartup_AppliesMigrations_AndMakesTheOtherTables) {
  start(true);
  EXPECT_EQ(migrations::read_history(*connection_).size(), 5u);
  EXPECT_TRUE(engine_->describe_table("shop_product"));
  EXPECT_TRUE(engine_->describe_table("depot_unmigrated"));
  EXPECT_TRUE(ready("shelf"));
  start(true);  // again: nothing to do
}

TEST_F(StartUpTest, Without_NothingIsChanged_AndIndexesAreUsedOnceTheyAreBuilt) {
  const StartUp running = start(false);
  EXPECT_FALSE(engine_->describe_table("shop_product"));
  EXPECT_FALSE(ready("shelf"));
  // As another process does it.
  dynamo_backend::Connection other(*engine_);
  migrations::migrate(other, shop::graph(), {}, {}, registry_);
  while (!ready("shelf")) std::this_thread::yield();
}

TEST_F(StartUpTest, TwoNewestMigrations_AreNotApplied) {
  migrations::MigrationGraph graph = shop::graph();
  graph.add({.id = {"shop", "0005_of_another"}, .dependencies = {{"shop", "0004_shelf"}}});
  graph.link();
  try {
    const StartUp running({.endpoint_url = "local::memory:", .create_tables_on_startup = true},
                          *connection_, registry_, graph);
    FAIL();
  } catch (const CommandError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("dmakemigrations --merge shop"));
  }
  EXPECT_FALSE(engine_->describe_table("shop_product"));
}

TEST_F(StartUpTest, AMigrationThatFails_IsOneLine) {
  engine_->create_table({.name = "shop_product", .key = {.partition = {"id", dynamodb::Type::S}}})
      .value();
  try {
    start(true);
    FAIL();
  } catch (const CommandError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("shop.0001_initial"));
  }
}

}  // namespace
}  // namespace management
