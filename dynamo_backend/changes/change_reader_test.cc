// Reading streams: on the embedded engine, whose clock is set, and on a stream of several shards.
#include "dynamo_backend/changes/change_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/changes/test_stream.h"
#include "dynamo_backend/exceptions.h"
#include "dynamodb/forwarding_client.h"
#include "dynamodb/local/engine.h"

namespace dynamo_backend::changes {
namespace {

using dynamodb::StreamViewType;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using test_changes::StreamClient;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// "a1": key and number.
std::vector<std::string> texts(const Batch& batch) {
  std::vector<std::string> all;
  for (const auto& record : batch.records) {
    const auto key = record.keys.view().find("pk")->text();
    const auto n = record.new_image ? record.new_image->view().find("n") : std::nullopt;
    all.push_back(std::string(key) + (n ? std::string(n->text()) : "-"));
  }
  return all;
}

class ReaderTest : public testing::Test {
 protected:
  void make_table(std::optional<StreamViewType> view = StreamViewType::new_and_old_images) {
    engine_
        ->create_table({.name = "posts",
                        .key = {.partition = {"pk", dynamodb::Type::S}},
                        .settings = {.stream = view}})
        .value();
  }
  void put(const std::string& key, int n) {
    engine_->put_item({.table = "posts", .item = {{"pk", key}, {"n", n}}}).value();
  }
  void tend() { ASSERT_TRUE(engine_->tend_streams_now().has_value()); }
  Positions start() { return ChangeReader::starting_now(connection_, "posts"); }
  ChangeReader reader(Positions from, ReaderOptions options = {}) {
    return {connection_, "posts", std::move(from), options};
  }

  base::Timestamp now_ = base::parse_iso("2026-03-01T12:00:00Z").value();
  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open(
      {.now = [this] { return now_; }, .housekeeping_interval = seconds(0)});
  Connection connection_{*engine_, {.now = [this] { return now_; }}};
};

// AWS: a table has the ARN of an account and a region, and so has its stream.
class InAnAccount : public dynamodb::ForwardingClient {
 public:
  using ForwardingClient::ForwardingClient;
  static constexpr const char* kTable = "arn:aws:dynamodb:eu-west-1:123456789012:table/posts";
  std::set<std::string> asked;

  dynamodb::Result<dynamodb::TableDescription> describe_table(const std::string& table) override {
    auto description = inner_.describe_table(table);
    description->arn = kTable;
    return description;
  }
  dynamodb::Result<dynamodb::StreamDescription> describe_stream(
      const dynamodb::DescribeStreamRequest& r) override {
    asked.insert(r.stream_arn);
    return inner_.describe_stream(r);
  }
  dynamodb::Result<dynamodb::GetShardIteratorResult> get_shard_iterator(
      const dynamodb::GetShardIteratorRequest& r) override {
    asked.insert(r.stream_arn);
    return inner_.get_shard_iterator(r);
  }
};

TEST_F(ReaderTest, TheStreamIsOfTheTablesAccount) {
  make_table();
  const Positions from = start();
  InAnAccount client(*engine_);
  const Connection connection(client, {.now = [this] { return now_; }});
  ChangeReader followed(connection, "posts", from, {});
  put("a", 1);
  EXPECT_THAT(texts(followed.read()), ElementsAre("a1"));
  EXPECT_THAT(client.asked, ElementsAre(InAnAccount::kTable + ("/stream/" + from.stream)));
}

TEST_F(ReaderTest, ReadsOnFromItsPositions) {
  make_table();
  ChangeReader first = reader(start());
  put("a", 1);
  put("b", 1);
  const Batch one = first.read(1);
  EXPECT_THAT(texts(one), ElementsAre("a1"));
  EXPECT_FALSE(one.caught_up);
  put("a", 2);
  EXPECT_THAT(texts(first.read()), ElementsAre("b1", "a2"));
  const Batch nothing = first.read();
  EXPECT_THAT(nothing.records, IsEmpty());
  EXPECT_TRUE(nothing.caught_up);

  ChangeReader second = reader(one.positions);
  EXPECT_THAT(texts(second.read()), ElementsAre("b1", "a2"));
  EXPECT_EQ(second.read().positions, nothing.positions);
  EXPECT_EQ(count_changes(connection_, "posts", one.positions, 100), 2u);
  EXPECT_EQ(count_changes(connection_, "posts", one.positions, 1), 1u);
  EXPECT_EQ(count_changes(connection_, "posts", nothing.positions, 100), 0u);
  now_ += minutes(1);
  put("c", 1);
  const Backlog behind = backlog(connection_, "posts", one.positions, 100);
  EXPECT_EQ(behind.changes, 3u);
  EXPECT_EQ(behind.oldest, now_ - minutes(1));
}

TEST_F(ReaderTest, StartingNow_LeavesOutWhatIsOld) {
  make_table();
  put("old", 1);
  now_ += minutes(10);
  const Positions positions = start();
  put("new", 1);
  ChangeReader changes = reader(positions);
  EXPECT_THAT(texts(changes.read()), ElementsAre("new1"));
}

TEST_F(ReaderTest, FollowsShardsThatRoll_ToTheirChildrenAtOnce) {
  make_table();
  ChangeReader changes = reader(start());
  put("a", 1);
  EXPECT_THAT(texts(changes.read()), ElementsAre("a1"));
  put("a", 2);
  now_ += hours(5);
  tend();
  put("a", 3);
  const Batch batch = changes.read();
  EXPECT_THAT(texts(batch), ElementsAre("a2", "a3"));
  EXPECT_THAT(batch.positions.shards, SizeIs(2));
  EXPECT_THAT(texts(reader(batch.positions).read()), IsEmpty());
}

TEST_F(ReaderTest, ADayOfRollingAndTrimming_LosesNothing) {
  make_table();
  Positions kept = start();
  int n = 0;
  for (int i = 0; i < 40; ++i) {
    put("a", ++n);
    put("a", ++n);
    const Batch batch = reader(kept).read();
    ASSERT_THAT(texts(batch), ElementsAre("a" + std::to_string(n - 1), "a" + std::to_string(n)));
    kept = batch.positions;
    now_ += hours(2);
    tend();
    EXPECT_LE(kept.shards.size(), 9u) << "what is gone is forgotten";
  }
}

TEST_F(ReaderTest, AfterTwoDays_WhatWasNotReadIsLost) {
  make_table();
  ChangeReader changes = reader(start());
  put("a", 1);
  const Positions kept = changes.read().positions;
  put("a", 2);
  for (int i = 0; i < 12; ++i) {
    now_ += hours(5);
    tend();
  }
  put("a", 3);
  EXPECT_THROW(reader(kept).read(), ChangesLost);
  // One that never read anything does not know that it missed something but by its age.
  EXPECT_THROW(reader({.stream = kept.stream, .since = kept.since}).read(), ChangesLost);
}

TEST_F(ReaderTest, TrimmedWithinAnOpenShard_IsLost) {
  make_table();
  ChangeReader changes = reader(start());
  put("a", 1);
  const Positions kept = changes.read().positions;
  put("a", 2);
  now_ += hours(3);
  put("a", 3);
  now_ += hours(22);
  tend();
  EXPECT_THROW(reader(kept).read(), ChangesLost);
}

TEST_F(ReaderTest, TrimmedInAShardOfWhichNothingWasRead_IsLost) {
  make_table();
  const Positions kept = reader(start()).read().positions;
  ASSERT_THAT(kept.shards, SizeIs(1));
  now_ += hours(1);
  put("a", 1);
  now_ += hours(2);
  put("a", 2);
  now_ += hours(22) + minutes(30);
  tend();
  EXPECT_THROW(reader(kept).read(), ChangesLost);
}

TEST_F(ReaderTest, AShardOfWhichThereWasNothingToRead_GoesOnAfterDays) {
  make_table();
  Positions kept = start();
  for (int i = 0; i < 60; ++i) {
    kept = reader(kept).read().positions;
    now_ += hours(1);
    tend();
  }
  put("a", 1);
  EXPECT_THAT(texts(reader(kept).read()), ElementsAre("a1"));
}

TEST_F(ReaderTest, AnotherStreamOfTheTable_IsLost) {
  make_table();
  const Positions kept = start();
  engine_->update_table({.table = "posts", .stream = std::optional<StreamViewType>()}).value();
  EXPECT_THROW(reader(kept).read(), NoStream);
  EXPECT_THROW(start(), NoStream);
  engine_->update_table({.table = "posts", .stream = StreamViewType::new_and_old_images}).value();
  EXPECT_THROW(reader(kept).read(), ChangesLost);
  put("a", 1);
  EXPECT_THAT(texts(reader(start()).read()), ElementsAre("a1"));
}

TEST_F(ReaderTest, IteratorsThatExpire_AreMadeAnew) {
  make_table();
  ChangeReader changes = reader(start());
  put("a", 1);
  EXPECT_THAT(texts(changes.read()), ElementsAre("a1"));
  now_ += minutes(16);
  put("a", 2);
  EXPECT_THAT(texts(changes.read()), ElementsAre("a2"));
}

class ShardsTest : public ReaderTest {
 protected:
  ShardsTest() { make_table(); }
  void add(int shard, const std::string& key, int n) { client_.add(shard, key, n, now_); }
  static std::string id(int n) { return StreamClient::id(n); }
  ChangeReader reader(Positions from, ReaderOptions options = {}) {
    return {through_, "posts", std::move(from), options};
  }
  Positions start() { return ChangeReader::starting_now(through_, "posts"); }

  StreamClient client_{*engine_};
  Connection through_{client_, {.now = [this] { return now_; }}};
};

TEST_F(ShardsTest, ParentsAreReadToTheirEndBeforeTheirChildren) {
  for (int i = 0; i < 3; ++i) add(1, "a", i);
  client_.shards[id(1)].closed = true;
  client_.shards[id(2)] = {.parent = id(1)};
  client_.shards[id(3)] = {.parent = id(1)};
  add(2, "a", 3);
  add(3, "b", 1);
  client_.page_size = 1;
  ChangeReader changes = reader(start());
  // The parent is not at its end yet: nothing of its children.
  EXPECT_THAT(texts(changes.read()), ElementsAre("a0"));
  EXPECT_THAT(texts(changes.read()), ElementsAre("a1"));
  EXPECT_THAT(texts(changes.read()), ElementsAre("a2", "a3", "b1"));
  EXPECT_TRUE(changes.read().caught_up);
}

TEST_F(ShardsTest, ShardsSideBySide_TakeTurns) {
  for (int i = 0; i < 4; ++i) {
    add(1, "a", i);
    add(2, "b", i);
  }
  client_.page_size = 2;
  ChangeReader changes = reader(start());
  EXPECT_THAT(texts(changes.read(2)), ElementsAre("a0", "a1"));
  EXPECT_THAT(texts(changes.read(2)), ElementsAre("b0", "b1"));
  EXPECT_THAT(texts(changes.read(4)), ElementsAre("a2", "a3", "b2", "b3"));
}

TEST_F(ShardsTest, ASplitWhoseChildrenAreListedLate_IsFollowed) {
  client_.shards[id(1)] = {};
  ChangeReader changes = reader(start());
  EXPECT_TRUE(changes.read().caught_up);
  add(1, "a", 1);
  client_.shards[id(1)].closed = true;
  EXPECT_THAT(texts(changes.read()), ElementsAre("a1"));
  client_.shards[id(2)] = {.parent = id(1)};
  add(2, "a", 2);
  const int before = client_.descriptions;
  EXPECT_THAT(texts(changes.read()), IsEmpty()) << "not asked again before a second has gone by";
  EXPECT_EQ(client_.descriptions, before);
  now_ += seconds(1);
  EXPECT_THAT(texts(changes.read()), ElementsAre("a2"));
  // With nothing missing the stream is described once a minute.
  const int found = client_.descriptions;
  now_ += seconds(59);
  changes.read();
  EXPECT_EQ(client_.descriptions, found);
  now_ += seconds(1);
  changes.read();
  EXPECT_GT(client_.descriptions, found);
}

TEST_F(ShardsTest, AShardThatContinuesNone_IsReadWhileNothingCanHaveBeenTrimmed) {
  client_.shards[id(1)] = {};
  const Positions kept = start();
  add(2, "a", 1);
  client_.shards[id(2)].parent = id(99);
  EXPECT_THAT(texts(reader(kept).read()), ElementsAre("a1"));
  now_ += hours(23);
  EXPECT_THROW(reader(kept).read(), ChangesLost);
}

TEST_F(ShardsTest, AShardThatIsGone_WasReadOrIsLost) {
  add(1, "a", 1);
  client_.shards[id(1)].closed = true;
  client_.shards[id(2)] = {.parent = id(1)};
  ChangeReader changes = reader(start());
  const Positions unread = changes.read(1).positions;
  const Positions read = changes.read().positions;
  EXPECT_TRUE(read.shards.at(id(1)).finished);
  client_.shards[id(1)].listed = false;
  now_ += hours(30);
  const Positions after = reader(read).read().positions;
  EXPECT_EQ(after.shards.size(), 1u);
  EXPECT_THAT(changed_texts(read, after), ElementsAre(NamedText(id(1), "")));
  Positions half = unread;
  half.shards[id(1)].finished = false;
  EXPECT_THROW(reader(half).read(), ChangesLost);
}

TEST_F(ShardsTest, TrimmedRecords_AreLostIfTheyWereNotRead) {
  for (int i = 0; i < 3; ++i) add(1, "a", i);
  const Positions kept = reader(start()).read(1).positions;
  client_.shards[id(1)].trimmed = 1;
  EXPECT_THROW(reader(kept).read(), ChangesLost);
}

TEST_F(ShardsTest, AnExpiredIterator_IsReplacedOnce) {
  add(1, "a", 1);
  ChangeReader changes = reader(start());
  EXPECT_THAT(texts(changes.read()), ElementsAre("a1"));
  add(1, "a", 2);
  client_.expire_next = 1;
  EXPECT_THAT(texts(changes.read()), ElementsAre("a2"));
  client_.expire_next = 2;
  EXPECT_THROW(changes.read(), DatabaseError);
}

TEST_F(ShardsTest, AShardIsReadNoMoreOftenThanItsInterval) {
  add(1, "a", 1);
  ChangeReader changes = reader(start(), {.shard_interval = std::chrono::milliseconds(200)});
  EXPECT_THAT(texts(changes.read()), ElementsAre("a1"));
  add(1, "a", 2);
  const Batch paced = changes.read();
  EXPECT_THAT(paced.records, IsEmpty());
  EXPECT_FALSE(paced.caught_up);
  EXPECT_EQ(client_.reads, 1);
  now_ += std::chrono::milliseconds(200);
  EXPECT_THAT(texts(changes.read()), ElementsAre("a2"));
}

}  // namespace
}  // namespace dynamo_backend::changes
