#include "dynamodb/local/snapshot.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/temporary_folder.h"

namespace dynamodb::local {
namespace {

constexpr char kTable[] = "rows";

TableDefinition definition(const std::string& name = kTable) {
  return {.name = name,
          .key = {.partition = {"pk", Type::S}},
          .global_indexes = {{.name = "by-g", .key = {.partition = {"g", Type::S}}}}};
}
void put(Engine& engine, const std::string& pk, const std::string& g) {
  engine.put_item({.table = kTable, .item = {{"pk", pk}, {"g", g}}}).value();
}
std::uint64_t count(Engine& engine, const std::string& index = {}) {
  return engine.scan({.table = kTable, .index = index}).value().count;
}

// On disk and in memory.
class SnapshotTest : public testing::TestWithParam<bool> {
 protected:
  std::unique_ptr<Engine> open() {
    return Engine::open({.directory = GetParam() ? folder_.path() + "/data" : std::string()});
  }
  std::string snapshot_path(const std::string& name = "snapshot") const {
    return folder_.path() + "/" + name;
  }
  const tests::TemporaryFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Engines, SnapshotTest, testing::Values(true, false),
                         [](const auto& p) { return p.param ? "Disk" : "Memory"; });

TEST_P(SnapshotTest, Snapshot_OpensAsADatabase) {
  const auto engine = open();
  engine->create_table(definition()).value();
  put(*engine, "a", "x");
  engine->snapshot(snapshot_path()).value();
  put(*engine, "b", "x");
  EXPECT_TRUE(engine->snapshot(snapshot_path()).has_error());  // there already
  const auto copy = Engine::open({.directory = snapshot_path()});
  EXPECT_EQ(count(*copy), 1u);
  EXPECT_EQ(count(*copy, "by-g"), 1u);
  EXPECT_EQ(copy->describe_table(kTable).value().item_count, 1u);
  EXPECT_EQ(count(*engine), 2u);
}

TEST_P(SnapshotTest, Snapshot_IsReadableByItsOwnerAlone) {
  namespace fs = std::filesystem;
  const auto engine = open();
  engine->create_table(definition()).value();
  put(*engine, "a", "x");
  const std::string names[] = {"snapshot", "another/"};
  for (const auto& name : names) {
    engine->snapshot(snapshot_path(name)).value();
    EXPECT_EQ(fs::status(snapshot_path(name)).permissions(), fs::perms::owner_all);
    EXPECT_EQ(count(*Engine::open({.directory = snapshot_path(name)})), 1u);
  }
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    EXPECT_NE(entry.path().extension(), ".tmp");
}

TEST_P(SnapshotTest, Restore_ReplacesAllTables) {
  const auto engine = open();
  engine->create_table(definition()).value();
  put(*engine, "a", "x");
  put(*engine, "b", "y");
  const auto id = engine->describe_table(kTable).value().id;
  engine->snapshot(snapshot_path()).value();
  put(*engine, "c", "z");
  engine->delete_item({.table = kTable, .key = {{"pk", "a"}}}).value();
  engine->create_table(definition("later")).value();
  engine->restore(snapshot_path()).value();
  EXPECT_EQ(count(*engine), 2u);
  EXPECT_EQ(count(*engine, "by-g"), 2u);
  EXPECT_TRUE(engine->describe_table("later").has_error());
  EXPECT_EQ(engine->describe_table(kTable).value().item_count, 2u);
  EXPECT_EQ(engine->describe_table(kTable).value().id, id);
  put(*engine, "d", "z");
  EXPECT_EQ(count(*engine), 3u);
  engine->create_table(definition("later")).value();
  EXPECT_EQ(engine->scan({.table = "later"}).value().count, 0u);
  engine->restore(snapshot_path()).value();  // it stays as it was
  EXPECT_EQ(count(*engine), 2u);
}

TEST_P(SnapshotTest, Restore_DeletedAndRemadeTable_ComesBack) {
  const auto engine = open();
  engine->create_table(definition()).value();
  put(*engine, "a", "x");
  engine->snapshot(snapshot_path()).value();
  engine->delete_table(kTable).value();
  auto other = definition();
  other.key.partition.type = Type::N;
  engine->create_table(other).value();
  engine->restore(snapshot_path()).value();
  EXPECT_EQ(count(*engine), 1u);
  EXPECT_EQ(engine->describe_table(kTable).value().definition.key, definition().key);
}

TEST_P(SnapshotTest, Restore_WhatIsNoSnapshot_ChangesNothing) {
  const auto engine = open();
  engine->create_table(definition()).value();
  put(*engine, "a", "x");
  EXPECT_TRUE(engine->restore(snapshot_path("missing")).has_error());
  std::filesystem::create_directory(snapshot_path("empty"));
  EXPECT_TRUE(engine->restore(snapshot_path("empty")).has_error());
  EXPECT_EQ(count(*engine), 1u);
  put(*engine, "b", "x");
  EXPECT_EQ(count(*engine), 2u);
}

TEST_P(SnapshotTest, Restore_BeginsStreamsAnew) {
  const auto engine = open();
  auto streaming = definition();
  streaming.settings.stream = StreamViewType::keys_only;
  engine->create_table(streaming).value();
  put(*engine, "a", "x");
  engine->snapshot(snapshot_path()).value();
  put(*engine, "b", "x");
  const auto before = engine->list_streams({.table = kTable}).value().streams.at(0);
  engine->restore(snapshot_path()).value();
  const auto streams = engine->list_streams({.table = kTable}).value().streams;
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_NE(streams[0].label, before.label);
  EXPECT_EQ(engine->describe_table(kTable)->latest_stream_label, streams[0].label);
  EXPECT_TRUE(engine->describe_stream({.stream_arn = before.arn}).has_error());
  put(*engine, "c", "x");
  EXPECT_EQ(count(*engine), 2u);
  const auto shard = engine->describe_stream({.stream_arn = streams[0].arn})->shards.at(0);
  const auto from =
      engine->get_shard_iterator({streams[0].arn, shard.id, ShardIteratorType::trim_horizon, {}});
  const auto records = engine->get_records({from->shard_iterator})->records;
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(unpack(records[0].keys.view()).at("pk"), AttributeValue("c"));
}

TEST_P(SnapshotTest, Restore_EmptyDatabase) {
  const auto engine = open();
  engine->snapshot(snapshot_path()).value();
  engine->create_table(definition()).value();
  put(*engine, "a", "x");
  engine->restore(snapshot_path()).value();
  EXPECT_TRUE(engine->list_tables({}).value().table_names.empty());
  engine->create_table(definition()).value();
  EXPECT_EQ(count(*engine), 0u);
}

TEST_P(SnapshotTest, Restore_IsTakenWholeByReadersAndSurvivesReopening) {
  {
    const auto engine = open();
    engine->create_table(definition()).value();
    for (int i = 0; i < 20; ++i) put(*engine, std::to_string(i), "x");
    engine->snapshot(snapshot_path("twenty")).value();
    for (int i = 20; i < 30; ++i) put(*engine, std::to_string(i), "x");
    engine->snapshot(snapshot_path("thirty")).value();
    std::atomic<bool> stop = false;
    std::atomic<int> mixed = 0, reads = 0;
    std::thread reader([&] {
      while (!stop) {
        const auto page = engine->scan({.table = kTable, .index = "by-g"});
        if (page.has_error() || (page->count != 20 && page->count != 30)) ++mixed;
        ++reads;
      }
    });
    for (int i = 0; i < 10 || reads < 10; ++i)
      engine->restore(snapshot_path(i % 2 == 0 ? "twenty" : "thirty")).value();
    stop = true;
    reader.join();
    EXPECT_EQ(mixed, 0);
    engine->restore(snapshot_path("twenty")).value();
    EXPECT_EQ(count(*engine), 20u);
  }
  if (!GetParam()) return;
  const auto again = open();
  EXPECT_EQ(count(*again), 20u);
  EXPECT_EQ(count(*again, "by-g"), 20u);
}

TEST(TransientStatuses, AreShownForAWhile) {
  std::atomic<base::Timestamp> clock{base::parse_iso("2026-03-01T12:00:00Z").value()};
  const auto engine = Engine::open(
      {.delay_transient_statuses = std::chrono::seconds(1), .now = [&] { return clock.load(); }});
  const auto advance = [&] { clock = clock.load() + std::chrono::seconds(1); };
  const auto status = [&] { return engine->describe_table(kTable).value().status; };
  EXPECT_EQ(engine->create_table(definition()).value().status, TableStatus::creating);
  EXPECT_EQ(status(), TableStatus::creating);
  const auto refused = engine->delete_table(kTable);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, ErrorCode::resource_in_use);
  advance();
  EXPECT_EQ(status(), TableStatus::active);
  engine->update_table({.table = kTable, .table_class = TableClass::standard}).value();
  EXPECT_EQ(status(), TableStatus::updating);
  advance();
  EXPECT_EQ(engine->delete_table(kTable).value().status, TableStatus::deleting);
  EXPECT_EQ(status(), TableStatus::deleting);
  EXPECT_TRUE(engine->create_table(definition()).has_error());
  const std::string first = "a-first", last = "z-last";
  for (const std::string& name : {last, first})
    engine->create_table({.name = name, .key = {.partition = {.name = "pk"}}}).value();
  const auto names = [&](const std::string& start, std::uint32_t limit) {
    return engine->list_tables({start, limit}).value();
  };
  EXPECT_THAT(names("", 100).table_names, ::testing::ElementsAre(first, kTable, last));
  EXPECT_THAT(names("", 2).table_names, ::testing::ElementsAre(first, kTable));
  EXPECT_EQ(names("", 2).last_evaluated_table_name, kTable);
  EXPECT_THAT(names(kTable, 2).table_names, ::testing::ElementsAre(last));
  EXPECT_EQ(names(first, 2).last_evaluated_table_name, std::nullopt);
  advance();
  EXPECT_THAT(names("", 100).table_names, ::testing::ElementsAre(first, last));
  EXPECT_TRUE(engine->describe_table(kTable).has_error());
  EXPECT_EQ(engine->create_table(definition()).value().status, TableStatus::creating);
}

}  // namespace
}  // namespace dynamodb::local
