// Streams: what their records hold, how they are read, and what becomes of them when they are
// switched off. What time does to them is in time_test.cc.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>

#include "tests/conformance/client_factory.h"
#include "tests/read_stream.h"

namespace conformance {

using namespace dynamodb;
using tests::read_shard;
using tests::read_stream;
using tests::shards_of;
using tests::stream_of;

class StreamsTest : public ConformanceTest {
 protected:
  std::string make_stream_table(StreamViewType view = StreamViewType::new_and_old_images,
                                KeySchema key = hash_key()) {
    return make_table(TableDefinition{.key = std::move(key), .settings = {.stream = view}});
  }
  Result<TableDescription> switch_stream(const std::string& table,
                                         std::optional<StreamViewType> view) {
    return db().update_table({.table = table, .stream = view});
  }
  std::vector<StreamRecord> records_of(const std::string& table) {
    return read_stream(db(), stream_of(db(), table));
  }
  std::string iterator(const std::string& arn, ShardIteratorType type,
                       const std::string& sequence_number = "") {
    return db()
        .get_shard_iterator({arn, shards_of(db(), arn).back().id, type, sequence_number})
        .value()
        .shard_iterator;
  }
  Result<GetShardIteratorResult> try_iterator(const std::string& arn, const std::string& shard,
                                              ShardIteratorType type,
                                              const std::string& sequence_number = "") {
    return db().get_shard_iterator({arn, shard, type, sequence_number});
  }

  static std::optional<Item> image(const std::optional<PackedItem>& item) {
    return item ? std::optional(unpack(item->view())) : std::nullopt;
  }
  // "INSERT a", …: events and partition keys.
  static std::vector<std::string> events(const std::vector<StreamRecord>& records) {
    constexpr const char* kNames[] = {"INSERT ", "MODIFY ", "REMOVE "};
    std::vector<std::string> events;
    for (const auto& record : records) {
      events.push_back(kNames[static_cast<int>(record.event)] +
                       unpack(record.keys.view()).at("pk").as<std::string>());
    }
    return events;
  }
  using Events = std::vector<std::string>;
};
RUN_ON_EVERY_BACKEND(StreamsTest);

TEST_P(StreamsTest, Create_WithAStream_DescribesIt) {
  const auto table = make_stream_table(StreamViewType::new_image, hash_and_range_key());
  const auto description = describe(table);
  EXPECT_EQ(description.definition.settings.stream, StreamViewType::new_image);
  const std::string& label = description.latest_stream_label;
  EXPECT_THAT(label, testing::MatchesRegex(
                         "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}"))
      << label;
  const std::string arn = stream_of(db(), table);
  EXPECT_EQ(db().list_streams({.table = table}).value().streams,
            (std::vector<StreamSummary>{{arn, table, label}}));

  const auto stream = db().describe_stream({.stream_arn = arn}).value();
  EXPECT_EQ(stream.arn, arn);
  EXPECT_EQ(stream.label, label);
  EXPECT_EQ(stream.table, table);
  EXPECT_EQ(stream.status, StreamStatus::enabled);
  EXPECT_EQ(stream.view_type, StreamViewType::new_image);
  EXPECT_EQ(stream.key, (std::vector<std::string>{"pk", "sk"}));
  ASSERT_FALSE(stream.shards.empty());
  const Shard& shard = stream.shards.front();
  EXPECT_THAT(shard.id, testing::MatchesRegex("shardId-[0-9]{20}-[0-9a-f]{8}"));
  EXPECT_EQ(shard.parent_id, "");
  EXPECT_THAT(shard.starting_sequence_number, testing::MatchesRegex("[0-9]{21,40}"));
  EXPECT_EQ(shard.ending_sequence_number, "");
  EXPECT_TRUE(read_stream(db(), arn).empty());
}

TEST_P(StreamsTest, TableWithoutAStream_HasNone) {
  const auto table = make_table(hash_key());
  EXPECT_EQ(describe(table).latest_stream_label, "");
  EXPECT_EQ(describe(table).definition.settings.stream, std::nullopt);
  EXPECT_TRUE(db().list_streams({.table = table}).value().streams.empty());
}

// The sizes are those of the developer guide's example.
TEST_P(StreamsTest, Records_ShowWhatTheViewTypeSays) {
  const Item first{{"Id", 101}, {"Message", "New item!"}};
  const Item second{{"Id", 101}, {"Message", "This item has changed"}};
  struct Expectation {
    StreamViewType view;
    bool shows_old, shows_new;
    std::uint64_t sizes[3];
  };
  for (const Expectation& expected :
       {Expectation{StreamViewType::keys_only, false, false, {5, 5, 5}},
        Expectation{StreamViewType::new_image, false, true, {26, 38, 5}},
        Expectation{StreamViewType::old_image, true, false, {5, 26, 38}},
        Expectation{StreamViewType::new_and_old_images, true, true, {26, 59, 38}}}) {
    const auto table = make_stream_table(expected.view, {.partition = {"Id", Type::N}});
    put(table, first);
    put(table, second);
    remove(table, {{"Id", 101}});
    const auto records = records_of(table);
    ASSERT_EQ(records.size(), 3u);
    const std::optional<Item> old_images[] = {std::nullopt, first, second};
    const std::optional<Item> new_images[] = {first, second, std::nullopt};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(static_cast<std::size_t>(records[i].event), i);
      EXPECT_EQ(unpack(records[i].keys.view()), (Item{{"Id", 101}}));
      EXPECT_EQ(image(records[i].old_image), expected.shows_old ? old_images[i] : std::nullopt);
      EXPECT_EQ(image(records[i].new_image), expected.shows_new ? new_images[i] : std::nullopt);
      EXPECT_EQ(records[i].size_bytes, expected.sizes[i]);
      EXPECT_EQ(records[i].view_type, expected.view);
      EXPECT_FALSE(records[i].by_time_to_live);
    }
  }
}

TEST_P(StreamsTest, Records_AreNumberedAndNamed) {
  const auto table = make_stream_table();
  for (int i = 0; i < 20; ++i) put(table, {{"pk", std::to_string(i % 3)}, {"n", i}});
  const auto records = records_of(table);
  ASSERT_EQ(records.size(), 20u);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(unpack(records[i].new_image.value().view()).at("n"),
              AttributeValue(static_cast<int>(i)));
    EXPECT_GE(records[i].sequence_number.size(), 21u);
    if (i > 0) {
      EXPECT_LT(records[i - 1].sequence_number, records[i].sequence_number);
    }
    ids.insert(records[i].id);
  }
  EXPECT_EQ(ids.size(), records.size());
  const auto again = records_of(table);
  EXPECT_EQ(again[7].id, records[7].id);  // the same when it is read again
}

TEST_P(StreamsTest, WritesThatChangeNothing_HaveNoRecord) {
  const auto table = make_stream_table();
  put(table, {{"pk", "a"}, {"n", 1}});
  put(table, {{"pk", "a"}, {"n", 1}});
  remove(table, {{"pk", "missing"}});
  update_item(table, {{"pk", "a"}}, update("SET n = :one", {{":one", 1}}));
  EXPECT_TRUE(
      fails(db().put_item(PutItemRequest{.table = table,
                                         .item = {{"pk", "a"}, {"n", 2}},
                                         .condition = condition("attribute_not_exists(pk)")}),
            ErrorCode::conditional_check_failed));
  db()
      .transact_write_items(TransactWriteItemsRequest{
          .actions = {ConditionCheck{.table = table,
                                     .key = {{"pk", "a"}},
                                     .condition = condition("attribute_exists(pk)")}}})
      .value();
  db().batch_write_item(
          {.tables = {{table,
                       {PutRequest{{{"pk", "a"}, {"n", 1}}}, DeleteRequest{{{"pk", "missing"}}}}}}})
      .value();
  EXPECT_EQ(events(records_of(table)), Events{"INSERT a"});
}

TEST_P(StreamsTest, BatchesAndTransactions_HaveARecordPerChange) {
  const auto table = make_stream_table();
  put(table, {{"pk", "b"}});
  db().batch_write_item(
          {.tables = {{table, {PutRequest{{{"pk", "a"}}}, DeleteRequest{{{"pk", "b"}}}}}}})
      .value();
  db()
      .transact_write_items(TransactWriteItemsRequest{
          .actions = {UpdateItemRequest{.table = table,
                                        .key = {{"pk", "a"}},
                                        .update = update("SET n = :one", {{":one", 1}})},
                      PutItemRequest{.table = table, .item = {{"pk", "c"}}}}})
      .value();
  // One that is canceled leaves nothing.
  EXPECT_TRUE(
      db()
          .transact_write_items(TransactWriteItemsRequest{
              .actions = {PutItemRequest{.table = table, .item = {{"pk", "d"}}},
                          DeleteItemRequest{.table = table,
                                            .key = {{"pk", "a"}},
                                            .condition = condition("attribute_not_exists(pk)")}}})
          .has_error());
  auto found = events(records_of(table));
  ASSERT_EQ(found.size(), 5u);
  EXPECT_EQ(found[0], "INSERT b");
  std::sort(found.begin() + 1, found.begin() + 3);  // a batch has no order
  EXPECT_EQ(Events(found.begin() + 1, found.begin() + 3), (Events{"INSERT a", "REMOVE b"}));
  std::sort(found.begin() + 3, found.end());
  EXPECT_EQ(Events(found.begin() + 3, found.end()), (Events{"INSERT c", "MODIFY a"}));
}

TEST_P(StreamsTest, Iterators_StartWhereTheySay) {
  const auto table = make_stream_table();
  const std::string arn = stream_of(db(), table);
  put(table, {{"pk", "a"}});
  put(table, {{"pk", "b"}});
  const std::string latest = iterator(arn, ShardIteratorType::latest);
  put(table, {{"pk", "c"}});
  const auto all = read_shard(db(), iterator(arn, ShardIteratorType::trim_horizon));
  ASSERT_EQ(events(all), (Events{"INSERT a", "INSERT b", "INSERT c"}));
  const std::string& second = all[1].sequence_number;
  EXPECT_EQ(events(read_shard(db(), latest)), Events{"INSERT c"});
  EXPECT_EQ(events(read_shard(db(), iterator(arn, ShardIteratorType::at_sequence_number, second))),
            (Events{"INSERT b", "INSERT c"}));
  EXPECT_EQ(
      events(read_shard(db(), iterator(arn, ShardIteratorType::after_sequence_number, second))),
      Events{"INSERT c"});
  const std::string start = shards_of(db(), arn).front().starting_sequence_number;
  EXPECT_EQ(
      events(read_shard(db(), iterator(arn, ShardIteratorType::at_sequence_number, start))).size(),
      3u);
  EXPECT_EQ(events(read_shard(db(), iterator(arn, ShardIteratorType::after_sequence_number, start)))
                .size(),
            3u);
}

TEST_P(StreamsTest, GetRecords_GoesOnWhereItStopped) {
  const auto table = make_stream_table();
  const std::string arn = stream_of(db(), table);
  const auto empty = db().get_records({iterator(arn, ShardIteratorType::trim_horizon)}).value();
  EXPECT_TRUE(empty.records.empty());
  ASSERT_TRUE(empty.next_shard_iterator);
  for (const char* key : {"a", "b", "c"}) put(table, {{"pk", key}});
  const auto first = db().get_records({*empty.next_shard_iterator, 2}).value();
  EXPECT_EQ(events(first.records), (Events{"INSERT a", "INSERT b"}));
  const auto rest = db().get_records({first.next_shard_iterator.value(), 2}).value();
  EXPECT_EQ(events(rest.records), Events{"INSERT c"});
  EXPECT_TRUE(rest.next_shard_iterator);
  // An iterator can be used again.
  EXPECT_EQ(events(db().get_records({*empty.next_shard_iterator, 1}).value().records),
            Events{"INSERT a"});
}

TEST_P(StreamsTest, GetRecords_EndsAPageAtOneMegabyte) {
  const auto table = make_stream_table(StreamViewType::new_image);
  for (const char* key : {"a", "b", "c", "d", "e"})
    put(table, {{"pk", key}, {"v", std::string(300'000, 'x')}});
  const std::string arn = stream_of(db(), table);
  const auto page = db().get_records({iterator(arn, ShardIteratorType::trim_horizon)}).value();
  EXPECT_GE(page.records.size(), 3u);
  EXPECT_LE(page.records.size(), 4u);
  EXPECT_EQ(records_of(table).size(), 5u);
}

TEST_P(StreamsTest, Limits_AreChecked) {
  const auto table = make_stream_table();
  const std::string arn = stream_of(db(), table);
  const std::string start = iterator(arn, ShardIteratorType::trim_horizon);
  EXPECT_TRUE(fails(db().get_records({start, 0}), ErrorCode::validation, "'limit'"));
  EXPECT_TRUE(succeeds(db().get_records({start, 1000})));
  EXPECT_TRUE(fails(db().get_records({start, 1001}), ErrorCode::validation, "1000"));
  EXPECT_TRUE(fails(db().list_streams({.limit = 0}), ErrorCode::validation, "'limit'"));
  EXPECT_TRUE(fails(db().list_streams({.limit = 101}), ErrorCode::validation, "100"));
  EXPECT_TRUE(fails(db().describe_stream({.stream_arn = arn, .limit = 0}), ErrorCode::validation));
  EXPECT_TRUE(
      fails(db().describe_stream({.stream_arn = arn, .limit = 101}), ErrorCode::validation, "100"));
}

TEST_P(StreamsTest, UnknownStreamsAndShards_FailByCase) {
  const auto table = make_stream_table();
  const std::string arn = stream_of(db(), table),
                    other = stream_arn({table, "2001-01-01T00:00:00"});
  const std::string shard = shards_of(db(), arn).front().id;
  const std::string nonsense(50, 'x');
  EXPECT_TRUE(fails(db().describe_stream({.stream_arn = other}), ErrorCode::resource_not_found,
                    "Requested resource not found: Stream: " + other + " not found"));
  EXPECT_TRUE(fails(db().describe_stream({.stream_arn = nonsense}), ErrorCode::validation,
                    "Invalid StreamArn"));
  EXPECT_TRUE(fails(db().describe_stream({.stream_arn = "short"}), ErrorCode::validation,
                    "'streamArn' failed to satisfy constraint: Member must have length greater "
                    "than or equal to 37"));
  // L! DynamoDB Local refuses a start that is no shard of the stream.
  EXPECT_TRUE(
      db().describe_stream({.stream_arn = arn, .exclusive_start_shard_id = std::string(30, 'z')})
          .value()
          .shards.empty());
  const auto latest = ShardIteratorType::latest;
  EXPECT_TRUE(fails(try_iterator(other, shard, latest), ErrorCode::resource_not_found));
  EXPECT_TRUE(fails(try_iterator(nonsense, shard, latest), ErrorCode::validation));
  EXPECT_TRUE(
      fails(try_iterator(arn, std::string(30, 'x'), latest), ErrorCode::resource_not_found));
  EXPECT_TRUE(fails(try_iterator(arn, "short", latest), ErrorCode::validation, "'shardId'"));
  EXPECT_TRUE(fails(db().get_records({nonsense}), ErrorCode::validation, "Invalid ShardIterator"));
  const std::string cut = iterator(arn, latest);
  EXPECT_TRUE(fails(db().get_records({cut.substr(0, cut.size() - 2)}), ErrorCode::validation,
                    "Invalid ShardIterator"));
  EXPECT_TRUE(fails(db().list_streams({.exclusive_start_stream_arn = nonsense}),
                    ErrorCode::validation, "Invalid StreamArn"));
}

TEST_P(StreamsTest, SequenceNumbers_AreChecked) {
  const auto table = make_stream_table();
  put(table, {{"pk", "a"}});
  const std::string arn = stream_of(db(), table);
  const std::string shard = shards_of(db(), arn).front().id;
  const std::string sequence = records_of(table).front().sequence_number;
  for (const auto type :
       {ShardIteratorType::at_sequence_number, ShardIteratorType::after_sequence_number}) {
    EXPECT_TRUE(fails(try_iterator(arn, shard, type), ErrorCode::validation, "SequenceNumber"));
    EXPECT_TRUE(
        fails(try_iterator(arn, shard, type, "12345"), ErrorCode::validation, "'sequenceNumber'"));
    EXPECT_TRUE(fails(try_iterator(arn, shard, type, std::string(21, 'x')), ErrorCode::validation));
    EXPECT_TRUE(fails(try_iterator(arn, shard, type, std::string(21, '9')), ErrorCode::validation));
    EXPECT_TRUE(succeeds(try_iterator(arn, shard, type, sequence)));
  }
  for (const auto type : {ShardIteratorType::trim_horizon, ShardIteratorType::latest}) {
    EXPECT_TRUE(fails(try_iterator(arn, shard, type, sequence), ErrorCode::validation,
                      "should not be passed"));
  }
}

TEST_P(StreamsTest, SwitchedOn_RecordsWhatComesAfter) {
  const auto table = make_table(hash_key());
  put(table, {{"pk", "before"}});
  const auto changed = switch_stream(table, StreamViewType::keys_only).value();
  EXPECT_NE(changed.latest_stream_label, "");
  wait_until_active(db(), table);
  put(table, {{"pk", "after"}});
  EXPECT_EQ(events(records_of(table)), Events{"INSERT after"});
  EXPECT_EQ(describe(table).definition.settings.stream, StreamViewType::keys_only);
}

TEST_P(StreamsTest, SwitchedOff_StaysReadableAndEnds) {
  const auto table = make_stream_table();
  const std::string arn = stream_of(db(), table);
  put(table, {{"pk", "a"}});
  switch_stream(table, std::nullopt).value();
  wait_until_active(db(), table);
  put(table, {{"pk", "b"}});

  EXPECT_EQ(describe(table).definition.settings.stream, std::nullopt);
  EXPECT_EQ(stream_of(db(), table), arn);  // LatestStreamLabel stays
  const auto stream = db().describe_stream({.stream_arn = arn}).value();
  EXPECT_EQ(stream.status, StreamStatus::disabled);
  EXPECT_NE(stream.shards.back().ending_sequence_number, "");
  const auto page = db().get_records({iterator(arn, ShardIteratorType::trim_horizon), 1}).value();
  EXPECT_EQ(events(page.records), Events{"INSERT a"});
  EXPECT_FALSE(page.next_shard_iterator);
  const auto latest = db().get_records({iterator(arn, ShardIteratorType::latest)}).value();
  EXPECT_TRUE(latest.records.empty());
  EXPECT_FALSE(latest.next_shard_iterator);
  EXPECT_TRUE(
      succeeds(try_iterator(arn, stream.shards.back().id, ShardIteratorType::after_sequence_number,
                            stream.shards.back().ending_sequence_number)));
}

TEST_P(StreamsTest, SwitchedOnAgain_IsAnotherStream) {
  const auto table = make_stream_table();
  const std::string first = stream_of(db(), table);
  put(table, {{"pk", "a"}});
  switch_stream(table, std::nullopt).value();
  switch_stream(table, StreamViewType::keys_only).value();
  wait_until_active(db(), table);
  const std::string second = stream_of(db(), table);
  put(table, {{"pk", "b"}});
  EXPECT_LT(first, second);
  EXPECT_EQ(events(read_stream(db(), first)), Events{"INSERT a"});
  EXPECT_EQ(events(read_stream(db(), second)), Events{"INSERT b"});
  const auto listed = db().list_streams({.table = table}).value().streams;
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(std::min(listed[0].arn, listed[1].arn), first);
  EXPECT_EQ(std::max(listed[0].arn, listed[1].arn), second);
}

TEST_P(StreamsTest, Switching_ToWhatItIs_IsRefused) {
  const auto with = make_stream_table(StreamViewType::keys_only), without = make_table(hash_key());
  for (const auto view : {StreamViewType::keys_only, StreamViewType::new_image}) {
    EXPECT_TRUE(fails(switch_stream(with, view), ErrorCode::validation,
                      "Table already has an enabled stream"));
  }
  EXPECT_TRUE(fails(switch_stream(without, std::nullopt), ErrorCode::validation,
                    "Table has no stream to disable"));
  EXPECT_TRUE(fails(switch_stream(random_name(), StreamViewType::keys_only),
                    ErrorCode::resource_not_found));
  EXPECT_EQ(db().list_streams({.table = with}).value().streams.size(), 1u);
}

TEST_P(StreamsTest, DeletedTable_LeavesItsStreamReadable) {
  const auto table = make_stream_table();
  const std::string arn = stream_of(db(), table);
  put(table, {{"pk", "a"}});
  db().delete_table(table).value();
  ASSERT_TRUE(wait_until([&] { return db().describe_table(table).has_error(); }));
  EXPECT_EQ(db().describe_stream({.stream_arn = arn}).value().status, StreamStatus::disabled);
  EXPECT_EQ(events(read_stream(db(), arn)), Events{"INSERT a"});

  make_table(TableDefinition{
      .name = table, .key = hash_key(), .settings = {.stream = StreamViewType::keys_only}});
  put(table, {{"pk", "b"}});
  EXPECT_LT(arn, stream_of(db(), table));
  EXPECT_EQ(events(records_of(table)), Events{"INSERT b"});
  EXPECT_EQ(events(read_stream(db(), arn)), Events{"INSERT a"});
}

TEST_P(StreamsTest, ListStreams_Pages) {
  std::set<std::string> made;
  for (int i = 0; i < 3; ++i) made.insert(stream_of(db(), make_stream_table()));
  std::set<std::string> found;
  ListStreamsRequest request{.limit = 1};
  for (;;) {
    const auto page = db().list_streams(request).value();
    EXPECT_LE(page.streams.size(), 1u);
    for (const auto& stream : page.streams) {
      if (made.contains(stream.arn)) {
        EXPECT_TRUE(found.insert(stream.arn).second);
      }
    }
    if (!page.last_evaluated_stream_arn) break;
    request.exclusive_start_stream_arn = *page.last_evaluated_stream_arn;
  }
  EXPECT_EQ(found, made);
}

// Writers on common keys: of each key, the stream tells every change in the order in which they
// were made.
TEST_P(StreamsTest, ConcurrentWriters_AreRecordedInOrder) {
  constexpr int kWriters = 4, kWrites = 60, kKeys = 3;
  const auto table = make_stream_table();
  std::vector<std::thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < kWrites; ++i) {
        update_item(table, {{"pk", std::to_string((w + i) % kKeys)}},
                    update("ADD n :one", {{":one", 1}}));
      }
    });
  }
  for (auto& writer : writers) writer.join();
  const auto records = records_of(table);
  EXPECT_EQ(records.size(), std::size_t{kWriters * kWrites});
  std::map<std::string, AttributeValue> counters;
  for (const auto& record : records) {
    const Item image = unpack(record.new_image.value().view());
    auto& counter = counters[image.at("pk").as<std::string>()];
    const auto expected =
        record.old_image ? unpack(record.old_image->view()).at("n") : AttributeValue(Null{});
    EXPECT_EQ(expected, counter);
    counter = image.at("n");
  }
}

// A consumer that starts at LATEST before a write, and follows, misses nothing and sees nothing
// twice.
TEST_P(StreamsTest, FollowingWhileOthersWrite_MissesNothing) {
  constexpr int kWrites = 200;
  const auto table = make_stream_table(StreamViewType::keys_only);
  std::string position = iterator(stream_of(db(), table), ShardIteratorType::latest);
  std::thread writer([&] {
    for (int i = 0; i < kWrites; ++i) put(table, {{"pk", std::to_string(i)}});
  });
  Events seen;
  const bool all = wait_until([&] {
    const auto page = db().get_records({position, 7}).value();
    const auto found = events(page.records);
    seen.insert(seen.end(), found.begin(), found.end());
    position = page.next_shard_iterator.value();
    return seen.size() >= kWrites;
  });
  writer.join();
  ASSERT_TRUE(all);
  ASSERT_EQ(seen.size(), std::size_t{kWrites});
  for (int i = 0; i < kWrites; ++i)
    EXPECT_EQ(seen[static_cast<std::size_t>(i)], "INSERT " + std::to_string(i));
}

}  // namespace conformance
