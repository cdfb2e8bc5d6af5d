// What time does to tables, on an engine whose clock is set: items expire, streams roll and are
// trimmed, iterators end.
#include <atomic>
#include <thread>

#include "dynamodb/local/engine.h"
#include "tests/conformance/client_factory.h"
#include "tests/read_stream.h"

namespace conformance {

using namespace dynamodb;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using tests::read_shard;
using tests::read_stream;
using tests::shards_of;
using tests::stream_of;

class TimeTest : public testing::Test {
 protected:
  TimeTest() { open(); }

  void open(seconds interval = seconds(0)) {
    db_ = local::Engine::open({.directory = folder_.path(),
                               .now = [this] { return clock_.load(); },
                               .housekeeping_interval = interval});
  }
  void reopen() {
    db_.reset();
    open();
  }
  void advance(std::chrono::microseconds by) { clock_ = clock_.load() + by; }
  std::int64_t epoch() const {
    return std::chrono::floor<seconds>(clock_.load()).time_since_epoch().count();
  }

  void make_table(std::optional<StreamViewType> stream = std::nullopt) {
    db_->create_table({.name = "table", .key = hash_key(), .settings = {.stream = stream}}).value();
  }
  void set_ttl(bool enabled, const std::string& attribute = "expires") {
    db_->update_time_to_live({"table", {attribute, enabled}}).value();
  }
  void put(const std::string& key, AttributeValue expires) {
    db_->put_item(
           PutItemRequest{.table = "table", .item = {{"pk", key}, {"expires", std::move(expires)}}})
        .value();
  }
  std::uint64_t expire() { return db_->expire_now().value(); }
  void tend() { ASSERT_TRUE(succeeds(db_->tend_streams_now())); }
  std::set<std::string> keys() {
    std::set<std::string> keys;
    const auto page = db_->scan({.table = "table"}).value();
    for (const auto& item : unpack_all(page.items)) keys.insert(item.at("pk").as<std::string>());
    return keys;
  }
  std::string stream() { return stream_of(*db_, "table"); }
  static std::string key_of(const StreamRecord& record) {
    return unpack(record.keys.view()).at("pk").as<std::string>();
  }
  std::vector<std::string> stream_keys() {
    std::vector<std::string> keys;
    for (const auto& record : read_stream(*db_, stream())) keys.push_back(key_of(record));
    return keys;
  }
  Result<GetShardIteratorResult> iterator(const std::string& shard, ShardIteratorType type,
                                          const std::string& sequence = "") {
    return db_->get_shard_iterator({stream(), shard, type, sequence});
  }
  using Keys = std::set<std::string>;
  using Order = std::vector<std::string>;

  const TemporaryFolder folder_;
  std::atomic<base::Timestamp> clock_{base::parse_iso("2026-03-01T12:00:00Z").value()};
  std::unique_ptr<local::Engine> db_;
};

class ExpiryTest : public TimeTest {};
class StreamTimeTest : public TimeTest {};

// ---- time to live

TEST_F(ExpiryTest, ItemsOfThePast_Go) {
  make_table();
  set_ttl(true);
  put("past", epoch() - 1);
  put("now", epoch());
  put("future", epoch() + 60);
  EXPECT_EQ(keys().size(), 3u);  // readable until they are deleted
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(keys(), (Keys{"now", "future"}));
  advance(seconds(1));
  EXPECT_EQ(expire(), 1u);
  advance(seconds(60));
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(expire(), 0u);
  EXPECT_EQ(db_->describe_table("table").value().item_count, 0u);
}

TEST_F(ExpiryTest, OtherTypesAndVeryOldTimes_AreIgnored) {
  make_table();
  set_ttl(true);
  put("string", std::to_string(epoch() - 10));
  put("list", List{AttributeValue(epoch() - 10)});
  put("fraction", number("1.5"));
  put("negative", -5);
  put("zero", 0);
  put("huge", number("9E100"));
  put("milliseconds", epoch() * 1000);
  put("six years ago", epoch() - 6 * 365 * 86'400);
  db_->put_item(PutItemRequest{.table = "table", .item = {{"pk", "none"}}}).value();
  EXPECT_EQ(expire(), 0u);
  put("four years ago", epoch() - 4 * 365 * 86'400);
  EXPECT_EQ(expire(), 1u);
}

TEST_F(ExpiryTest, ChangedBeforeTheSweep_FollowsTheChange) {
  make_table();
  set_ttl(true);
  for (const char* key : {"prolonged", "freed", "shortened", "deleted"}) put(key, epoch() + 10);
  put("prolonged", epoch() + 100);
  const auto change = [&](const char* key, const char* text, Values values = {}) {
    db_->update_item(UpdateItemRequest{
                         .table = "table", .key = {{"pk", key}}, .update = update(text, values)})
        .value();
  };
  change("freed", "REMOVE expires");
  change("shortened", "SET expires = :at", {{":at", epoch() - 1}});
  db_->delete_item(DeleteItemRequest{.table = "table", .key = {{"pk", "deleted"}}}).value();
  EXPECT_EQ(expire(), 1u);  // shortened
  advance(seconds(11));
  EXPECT_EQ(expire(), 0u);
  EXPECT_EQ(keys(), (Keys{"prolonged", "freed"}));
}

TEST_F(ExpiryTest, ItemsOfBefore_ExpireToo) {
  constexpr int kItems = 1'200;  // several chunks
  make_table();
  for (int i = 0; i < kItems; ++i) put(std::to_string(i), epoch() + (i % 2 == 0 ? -1 : 1'000));
  set_ttl(true);
  EXPECT_EQ(expire(), std::uint64_t{kItems / 2});
  EXPECT_EQ(db_->describe_time_to_live("table").value().status, TimeToLiveStatus::enabled);
  EXPECT_EQ(keys().size(), std::size_t{kItems / 2});
}

TEST_F(ExpiryTest, SwitchedOff_KeepsEverything) {
  make_table();
  set_ttl(true);
  put("a", epoch() - 1);
  set_ttl(false);
  put("b", epoch() - 1);
  EXPECT_EQ(expire(), 0u);
  // On again, and on another attribute: what is expired by that one goes.
  set_ttl(true);
  put("c", epoch() + 5);
  EXPECT_EQ(expire(), 2u);
  set_ttl(false);
  set_ttl(true, "other");
  db_->put_item(PutItemRequest{.table = "table", .item = {{"pk", "d"}, {"other", epoch() - 1}}})
      .value();
  advance(seconds(10));
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(keys(), Keys{"c"});
}

TEST_F(ExpiryTest, Reopened_GoesOn) {
  make_table();
  put("before", epoch() + 5);
  set_ttl(true);
  put("after", epoch() + 5);
  reopen();
  EXPECT_EQ(db_->describe_time_to_live("table").value().attribute, "expires");
  advance(seconds(10));
  EXPECT_EQ(expire(), 2u);
}

TEST_F(ExpiryTest, Indexes_LoseTheEntry) {
  db_->create_table(
         {.name = "table",
          .key = hash_key(),
          .global_indexes = {{.name = "by-expires", .key = {.partition = {"expires", Type::N}}}}})
      .value();
  set_ttl(true);
  put("a", epoch() - 1);
  put("b", epoch() + 60);
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(db_->scan({.table = "table", .index = "by-expires"}).value().count, 1u);
  EXPECT_EQ(db_->describe_table("table").value().global_indexes.at(0).item_count, 1u);
}

TEST_F(ExpiryTest, KeyAttribute_Expires) {
  db_->create_table({.name = "table", .key = hash_and_range_key(Type::S, Type::N)}).value();
  set_ttl(true, "sk");
  for (const int delta : {-5, 5}) {
    db_->put_item(PutItemRequest{.table = "table", .item = {{"pk", "a"}, {"sk", epoch() + delta}}})
        .value();
  }
  EXPECT_EQ(expire(), 1u);
  EXPECT_EQ(db_->scan({.table = "table"}).value().count, 1u);
}

TEST_F(ExpiryTest, Stream_TellsWhoDeleted) {
  make_table(StreamViewType::new_and_old_images);
  set_ttl(true);
  put("expired", epoch() - 1);
  put("removed", epoch() + 60);
  db_->delete_item(DeleteItemRequest{.table = "table", .key = {{"pk", "removed"}}}).value();
  EXPECT_EQ(expire(), 1u);
  const auto records = read_stream(*db_, stream());
  ASSERT_EQ(records.size(), 4u);
  EXPECT_FALSE(records[2].by_time_to_live);
  EXPECT_EQ(records[3].event, StreamEvent::remove);
  EXPECT_TRUE(records[3].by_time_to_live);
  EXPECT_EQ(key_of(records[3]), "expired");
  EXPECT_EQ(unpack(records[3].old_image.value().view()),
            (Item{{"pk", "expired"}, {"expires", epoch() - 1}}));
}

TEST_F(ExpiryTest, LargeItems_GoInSmallBatches) {
  make_table(StreamViewType::old_image);
  set_ttl(true);
  for (int i = 0; i < 12; ++i) {
    db_->put_item(PutItemRequest{.table = "table",
                                 .item = {{"pk", std::to_string(i)},
                                          {"expires", epoch() - 1},
                                          {"v", std::string(390'000, 'x')}}})
        .value();
  }
  EXPECT_EQ(expire(), 12u);
  EXPECT_TRUE(keys().empty());
}

TEST_F(ExpiryTest, TableMadeAnew_HasNoTimeToLive) {
  make_table();
  set_ttl(true);
  put("a", epoch() - 1);
  db_->delete_table("table").value();
  make_table();
  put("a", epoch() - 1);
  EXPECT_EQ(db_->describe_time_to_live("table").value().status, TimeToLiveStatus::disabled);
  EXPECT_EQ(expire(), 0u);
}

TEST_F(ExpiryTest, Background_Sweeps) {
  db_.reset();
  open(seconds(1));
  make_table();
  set_ttl(true);
  put("a", epoch() - 1);
  EXPECT_TRUE(wait_until([&] { return keys().empty(); }));
}

// Writers prolong items while they are about to expire: an item whose last acknowledged write
// prolonged it is there.
TEST_F(ExpiryTest, Sweeps_AmongWriters_DeleteNothingThatWasProlonged) {
  constexpr int kItems = 60;
  make_table(StreamViewType::keys_only);
  set_ttl(true);
  for (int i = 0; i < kItems; ++i) put(std::to_string(i), epoch() - 1);
  std::thread writer([&] {
    for (int i = 0; i < kItems; ++i) put(std::to_string(i), epoch() + 1'000);
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(succeeds(db_->expire_now()));
  writer.join();
  expire();
  EXPECT_EQ(keys().size(), std::size_t{kItems});
}

// ---- streams

TEST_F(StreamTimeTest, Reopened_HasItsRecordsAndGoesOn) {
  make_table(StreamViewType::keys_only);
  const std::string arn = stream();
  put("a", 1);
  const auto shard = shards_of(*db_, arn).front();
  const auto old = iterator(shard.id, ShardIteratorType::trim_horizon).value();
  reopen();
  put("b", 1);
  EXPECT_EQ(stream(), arn);
  EXPECT_EQ(stream_keys(), (Order{"a", "b"}));
  const auto records = read_shard(*db_, old.shard_iterator);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_LT(records[0].sequence_number, records[1].sequence_number);
  db_->update_table({.table = "table", .stream = std::optional<StreamViewType>()}).value();
  reopen();
  EXPECT_EQ(stream(), arn);
  EXPECT_EQ(db_->describe_table("table").value().definition.settings.stream, std::nullopt);
  EXPECT_EQ(stream_keys(), (Order{"a", "b"}));
}

TEST_F(StreamTimeTest, Records_HaveTheSecondOfTheirChange) {
  make_table(StreamViewType::keys_only);
  const auto start = clock_.load();
  advance(std::chrono::milliseconds(1'900));
  put("a", 1);
  EXPECT_EQ(read_stream(*db_, stream()).at(0).created_at, start + seconds(1));
}

TEST_F(StreamTimeTest, SwitchedWithinAMillisecond_HasAnotherLabel) {
  make_table(StreamViewType::keys_only);
  Order labels{db_->describe_table("table").value().latest_stream_label};
  for (int i = 0; i < 3; ++i) {
    db_->update_table({.table = "table", .stream = std::optional<StreamViewType>()}).value();
    db_->update_table({.table = "table", .stream = std::optional(StreamViewType::keys_only)})
        .value();
    labels.push_back(db_->describe_table("table").value().latest_stream_label);
    EXPECT_LT(labels[labels.size() - 2], labels.back());
    advance(-hours(1));  // a clock that is set back makes no older label
  }
  EXPECT_EQ(labels.front(), "2026-03-01T12:00:00.000");
}

TEST_F(StreamTimeTest, Iterator_ExpiresAfterFifteenMinutes) {
  make_table(StreamViewType::keys_only);
  const auto start =
      iterator(shards_of(*db_, stream()).front().id, ShardIteratorType::trim_horizon).value();
  advance(minutes(15));
  EXPECT_TRUE(succeeds(db_->get_records({start.shard_iterator})));
  advance(seconds(1));
  EXPECT_TRUE(fails(db_->get_records({start.shard_iterator}), ErrorCode::expired_iterator));
}

TEST_F(StreamTimeTest, Shard_IsSucceededByAChildAfterFourHours) {
  make_table(StreamViewType::keys_only);
  Order expected;
  std::string first_iterator =
      iterator(shards_of(*db_, stream()).front().id, ShardIteratorType::trim_horizon)
          .value()
          .shard_iterator;
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 3; ++j) {
      expected.push_back(std::to_string(i) + "." + std::to_string(j));
      put(expected.back(), 1);
    }
    if (i == 0) {
      tend();  // too early
      EXPECT_EQ(shards_of(*db_, stream()).size(), 1u);
    }
    advance(hours(4));
    tend();
  }
  const auto shards = shards_of(*db_, stream());
  ASSERT_EQ(shards.size(), 5u);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    EXPECT_EQ(shards[i].parent_id, i == 0 ? "" : shards[i - 1].id);
    EXPECT_EQ(shards[i].ending_sequence_number.empty(), i + 1 == shards.size());
    if (i > 0) {
      EXPECT_LT(shards[i - 1].id, shards[i].id);
      EXPECT_LT(shards[i - 1].ending_sequence_number, shards[i].starting_sequence_number);
    }
  }
  EXPECT_EQ(stream_keys(), expected);
  EXPECT_EQ(
      db_->describe_stream({.stream_arn = stream(), .children_of = shards[1].id}).value().shards,
      std::vector<Shard>{shards[2]});
  // By pages of two.
  const auto page = db_->describe_stream({.stream_arn = stream(), .limit = 2}).value();
  EXPECT_EQ(page.shards.size(), 2u);
  EXPECT_EQ(page.last_evaluated_shard_id, shards[1].id);
  reopen();
  EXPECT_EQ(shards_of(*db_, stream()), shards);
  EXPECT_EQ(stream_keys(), expected);
}

TEST_F(StreamTimeTest, Records_GoAfterADay) {
  make_table(StreamViewType::keys_only);
  put("old", 1);
  const auto shard = shards_of(*db_, stream()).front().id;
  const auto old = read_stream(*db_, stream()).at(0).sequence_number;
  advance(hours(3));
  put("young", 1);
  const auto young = read_stream(*db_, stream()).at(1).sequence_number;
  advance(hours(21) + minutes(9));  // not trimmed yet: what is a little too old is kept a while
  const auto horizon = iterator(shard, ShardIteratorType::trim_horizon).value().shard_iterator;
  tend();
  EXPECT_EQ(stream_keys(), (Order{"old", "young"}));
  advance(minutes(2));
  tend();
  EXPECT_EQ(stream_keys(), Order{"young"});
  const auto trimmed = ErrorCode::trimmed_data_access;
  EXPECT_TRUE(fails(db_->get_records({horizon}), trimmed));
  EXPECT_TRUE(fails(iterator(shard, ShardIteratorType::at_sequence_number, old), trimmed));
  EXPECT_TRUE(succeeds(iterator(shard, ShardIteratorType::after_sequence_number, old)));
  EXPECT_TRUE(succeeds(iterator(shard, ShardIteratorType::at_sequence_number, young)));
  reopen();
  EXPECT_EQ(stream_keys(), Order{"young"});
  EXPECT_TRUE(fails(iterator(shard, ShardIteratorType::at_sequence_number, old), trimmed));
}

TEST_F(StreamTimeTest, ClosedShards_GoAfterADay) {
  make_table(StreamViewType::keys_only);
  put("a", 1);
  advance(hours(4));
  tend();
  const auto shards = shards_of(*db_, stream());
  const auto first = iterator(shards.at(0).id, ShardIteratorType::latest).value().shard_iterator;
  EXPECT_FALSE(db_->get_records({first}).value().next_shard_iterator);
  for (int i = 0; i < 6; ++i) {
    advance(hours(4));
    tend();
  }
  const auto left = shards_of(*db_, stream());
  EXPECT_EQ(left.front().id, shards.at(1).id);
  EXPECT_EQ(left.front().parent_id, "");
  EXPECT_TRUE(
      fails(iterator(shards[0].id, ShardIteratorType::latest), ErrorCode::resource_not_found));
}

TEST_F(StreamTimeTest, ClosedStream_GoesAfterADay) {
  make_table(StreamViewType::keys_only);
  put("a", 1);
  const std::string arn = stream();
  db_->update_table({.table = "table", .stream = std::optional<StreamViewType>()}).value();
  advance(hours(23));
  tend();
  EXPECT_EQ(stream_keys(), Order{"a"});
  advance(hours(1));
  tend();
  EXPECT_TRUE(fails(db_->describe_stream({.stream_arn = arn}), ErrorCode::resource_not_found));
  EXPECT_TRUE(db_->list_streams({}).value().streams.empty());
  EXPECT_EQ(db_->describe_table("table").value().latest_stream_label, "");
  put("b", 1);
  reopen();
  EXPECT_TRUE(db_->list_streams({}).value().streams.empty());
}

TEST_F(StreamTimeTest, StreamOfADeletedTable_GoesAfterADay) {
  make_table(StreamViewType::keys_only);
  const std::string arn = stream();
  db_->delete_table("table").value();
  reopen();
  EXPECT_TRUE(succeeds(db_->describe_stream({.stream_arn = arn})));
  advance(hours(24));
  tend();
  EXPECT_TRUE(fails(db_->describe_stream({.stream_arn = arn}), ErrorCode::resource_not_found));
}

}  // namespace conformance
