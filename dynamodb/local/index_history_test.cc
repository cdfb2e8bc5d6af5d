// Indexes that lag on purpose, by a clock that stands still.
#include "dynamodb/local/index_history.h"

#include <atomic>

#include <gtest/gtest.h>

#include "dynamodb/index_lag.h"
#include "dynamodb/local/engine.h"
#include "tests/temporary_folder.h"

namespace dynamodb::local {
namespace {

using std::chrono::milliseconds;

class IndexHistoryTest : public testing::Test {
 protected:
  explicit IndexHistoryTest(milliseconds kept = std::chrono::seconds(10)) : kept_(kept) { open(); }

  void open() {
    engine_.reset();
    engine_ = Engine::open({.directory = folder_.path() + "/data",
                            .now = [this] { return base::Timestamp(milliseconds(now_)); },
                            .housekeeping_interval = std::chrono::seconds(0),
                            .index_history = kept_});
  }
  void make_table() {
    engine_
        ->create_table({.name = "rows",
                        .key = {.partition = {"pk", Type::S}},
                        .global_indexes = {{.name = "by-g", .key = {.partition = {"g", Type::S}}}}})
        .value();
  }
  void put(const std::string& pk) {
    engine_->put_item({.table = "rows", .item = {{"pk", pk}, {"g", "g"}}}).value();
  }
  std::uint64_t count(milliseconds lag) {
    const IndexLagScope scope(lag);
    return engine_->scan({.table = "rows", .index = "by-g"}).value().count;
  }

  const tests::TemporaryFolder folder_;
  const milliseconds kept_;
  std::atomic<std::int64_t> now_{1'000'000};  // ms
  std::unique_ptr<Engine> engine_;
};

TEST_F(IndexHistoryTest, Lag_HidesTheWritesOfThatTime) {
  make_table();
  for (const char* const pk : {"a", "b", "c"}) {
    now_ += 100;
    put(pk);
  }
  EXPECT_EQ(count(milliseconds(0)), 3u);
  EXPECT_EQ(count(milliseconds(1)), 2u);
  EXPECT_EQ(count(milliseconds(100)), 2u);  // what is as old as that is seen
  EXPECT_EQ(count(milliseconds(101)), 1u);
  EXPECT_EQ(count(milliseconds(5000)), 0u);
}

TEST_F(IndexHistoryTest, WritesCloseTogether_AppearTogether) {
  make_table();
  now_ += 1000;
  put("a");
  now_ += 10;
  put("b");
  now_ += 500;
  EXPECT_EQ(count(milliseconds(501)), 0u);  // "a" alone would be due
  EXPECT_EQ(count(milliseconds(500)), 2u);
}

TEST_F(IndexHistoryTest, Restore_IsSeenAtOnce) {
  make_table();
  put("a");
  engine_->snapshot(folder_.path() + "/copy").value();
  put("b");
  engine_->restore(folder_.path() + "/copy").value();
  EXPECT_EQ(count(std::chrono::seconds(5)), 1u);
}

TEST_F(IndexHistoryTest, ReopenedEngine_HasNoPast) {
  make_table();
  put("a");
  open();
  EXPECT_EQ(count(std::chrono::seconds(5)), 1u);
}

TEST_F(IndexHistoryTest, ClockSetBack_LosesNothing) {
  make_table();
  put("a");
  now_ -= 60'000;
  put("b");
  EXPECT_EQ(count(milliseconds(0)), 2u);
  EXPECT_LE(count(std::chrono::seconds(1)), 2u);
}

class NoIndexHistory : public IndexHistoryTest {
 protected:
  NoIndexHistory() : IndexHistoryTest(milliseconds(0)) {}
};

TEST_F(NoIndexHistory, Lag_IsNotPlayed) {
  make_table();
  put("a");
  EXPECT_EQ(count(std::chrono::seconds(5)), 1u);
}

}  // namespace
}  // namespace dynamodb::local
