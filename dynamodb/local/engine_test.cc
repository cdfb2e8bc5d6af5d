// What is the engine's own; what every Client does is in tests/conformance.
#include "dynamodb/local/engine.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/capacity_scope.h"
#include "tests/temporary_folder.h"

namespace dynamodb::local {
namespace {

const TableDefinition kTable{.name = "table", .key = {.partition = {"pk", Type::S}}};

TEST(Engine, Reopened_HasTablesItemsAndCounts) {
  const tests::TemporaryFolder folder;
  {
    const auto engine = Engine::open({.directory = folder.path()});
    engine->create_table(kTable).value();
    for (int i = 0; i < 10; ++i)
      engine->put_item({.table = "table", .item = {{"pk", std::to_string(i)}}}).value();
  }
  const auto engine = Engine::open({.directory = folder.path()});
  EXPECT_EQ(engine->describe_table("table")->item_count, 10u);
  EXPECT_TRUE(engine->get_item({.table = "table", .key = {{"pk", "7"}}})->item);
}

TEST(Engine, UpdateOfNothing_ReturnsNothingThatItTouched) {
  const auto engine = Engine::open({});
  engine->create_table(kTable).value();
  engine->put_item({.table = "table", .item = {{"pk", "a"}, {"n", 1}}}).value();
  for (const auto wanted : {ReturnValues::updated_old, ReturnValues::updated_new})
    EXPECT_FALSE(
        engine->update_item({.table = "table", .key = {{"pk", "a"}}, .return_values = wanted})
            ->attributes);
}

// Long pages keep where values are in the blocks of files, which no cache holds here.
TEST(Engine, LongPageBackwards_OfFilesAndNewerRows_HasEveryRowAsItIs) {
  constexpr int kRows = 900;
  const tests::TemporaryFolder folder;
  const EngineOptions options{.directory = folder.path(), .cache_bytes = 0};
  const TableDefinition table{.name = "table",
                              .key = {{"pk", Type::S}, KeyAttribute{"n", Type::N}}};
  const auto row = [](int n, char mark) {
    return Item{{"pk", "a"}, {"n", n}, {"text", std::to_string(n) + std::string(800, mark)}};
  };
  {
    const auto engine = Engine::open(options);
    engine->create_table(table).value();
    std::vector<WriteRequest> batch;
    for (int n = 0; n < kRows; ++n) {
      batch.push_back(PutRequest{row(n, 'x')});
      if (batch.size() < 25) continue;
      engine->batch_write_item({.tables = {{"table", std::exchange(batch, {})}}}).value();
    }
  }
  const auto engine = Engine::open(options);
  engine->put_item({.table = "table", .item = row(7, 'y')}).value();
  engine->delete_item({.table = "table", .key = {{"pk", "a"}, {"n", 5}}}).value();
  const auto page = engine->query({.table = "table",
                                   .key_condition = equal(Path("pk"), AttributeValue("a")),
                                   .forward = false});
  ASSERT_EQ(page->items.size(), kRows - 1U);
  std::size_t at = 0;
  for (int n = kRows; n-- > 0;) {
    if (n == 5) continue;
    ASSERT_EQ(unpack(page->items[at++]), row(n, n == 7 ? 'y' : 'x')) << n;
  }
}

TEST(Engine, HeldFolder_IsInUse) {
  const tests::TemporaryFolder folder;
  const auto engine = Engine::open({.directory = folder.path()});
  try {
    Engine::open({.directory = folder.path()});
    FAIL();
  } catch (const OpenException& error) {
    EXPECT_EQ(error.kind(), OpenFailure::in_use);
  }
}

TEST(Engine, FolderOfSomethingElse_IsRefusedAndLeftAlone) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder.path() + "/CURRENT") << "nonsense";
  try {
    Engine::open({.directory = folder.path()});
    FAIL();
  } catch (const OpenException& error) {
    EXPECT_EQ(error.kind(), OpenFailure::unusable);
    EXPECT_THAT(error.what(), testing::HasSubstr(folder.path()));
  }
}

TEST(Engine, InMemory_LeavesNoFilesAndStartsEmpty) {
  Engine::open({})->create_table(kTable).value();
  EXPECT_TRUE(Engine::open({})->list_tables({})->table_names.empty());
}

TEST(Engine, Capacity_IsCountedInTheCallersScope) {
  const auto engine = Engine::open({});
  engine->create_table(kTable).value();
  CapacityScope scope;
  engine->put_item({.table = "table", .item = {{"pk", "a"}}}).value();
  engine->batch_write_item({.tables = {{"table", {PutRequest{{{"pk", "b"}}}}}}}).value();
  engine->get_item({.table = "table", .key = {{"pk", "a"}}, .consistent_read = true}).value();
  EXPECT_EQ(scope.total(), 3);
}

TEST(Engine, TableMadeAnew_HasNothingOfTheOldOne) {
  const auto engine = Engine::open({});
  const auto first = engine->create_table(kTable).value();
  engine->put_item({.table = "table", .item = {{"pk", "a"}}}).value();
  engine->delete_table("table").value();
  const auto second = engine->create_table(kTable).value();
  EXPECT_NE(first.id, second.id);
  EXPECT_EQ(engine->scan({.table = "table"})->count, 0u);
}

TEST(Engine, Destroyed_FinishesWhatWasAccepted) {
  const tests::TemporaryFolder folder;
  std::atomic<int> answered = 0, failed = 0;
  {
    const auto engine = Engine::open({.directory = folder.path()});
    engine->create_table(kTable).value();
    for (int i = 0; i < 500; ++i) {
      engine->put_item(
          {.table = "table", .item = {{"pk", std::to_string(i)}}},
          [&](Result<PutItemResult> result) { ++(result.has_value() ? answered : failed); });
    }
  }
  EXPECT_EQ(answered, 500);
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Engine::open({.directory = folder.path()})->scan({.table = "table"})->count, 500u);
}

constexpr unsigned kRows = 20'000;  // many commits: an index of them is filled for a while

// Makes a table of kRows rows and begins to fill an index of it.
void begin_to_fill_index(Engine& engine) {
  engine.create_table(kTable).value();
  for (unsigned i = 0; i < kRows; ++i) {
    engine.put_item(
        {.table = "table", .item = {{"pk", std::to_string(i)}, {"group", std::to_string(i % 3)}}},
        [](auto) {});
  }
  engine
      .update_table({.table = "table",
                     .create_index = IndexDefinition{.name = "by-group",
                                                     .key = {.partition = {"group", Type::S}}}})
      .value();
}

void await_index(Engine& engine) {
  while (engine.describe_table("table")->global_indexes.at(0).status != IndexStatus::active)
    std::this_thread::yield();
}

// A backfill that the process did not finish goes on at the next open.
TEST(Engine, UnfinishedBackfill_ContinuesAfterReopening) {
  const tests::TemporaryFolder folder;
  begin_to_fill_index(*Engine::open({.directory = folder.path()}));
  const auto engine = Engine::open({.directory = folder.path()});
  ASSERT_EQ(engine->describe_table("table")->global_indexes.at(0).status, IndexStatus::creating);
  await_index(*engine);
  EXPECT_EQ(engine->scan({.table = "table", .index = "by-group"})->count, kRows);
  EXPECT_EQ(engine->describe_table("table")->global_indexes.at(0).item_count, kRows);
}

TEST(Engine, DeleteTable_WhileAnIndexIsFilled_IsRefused) {
  const auto engine = Engine::open({});
  begin_to_fill_index(*engine);
  const auto refused = engine->delete_table("table");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::resource_in_use);
  EXPECT_THAT(refused.error().message,
              testing::HasSubstr("Cannot delete table while indexes are being created"));
  await_index(*engine);
  EXPECT_TRUE(engine->delete_table("table").has_value());
}

}  // namespace
}  // namespace dynamodb::local
