// How large the groups become that writes are committed in.
#include "dynamodb/local/pipeline.h"

#include <functional>
#include <future>
#include <set>

#include <gtest/gtest.h>

#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/writes.h"

namespace dynamodb::local {
namespace {

using std::chrono::minutes;

class Call : public Write {
 public:
  explicit Call(std::function<void(Group&)> call) : call_(std::move(call)) {}
  void evaluate(Group& group) override { call_(group); }
  void finish(const Error*) override {}

 private:
  const std::function<void(Group&)> call_;
};

// Over a database in memory. What is submitted waits for release(), and then is there at once.
class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    call([opened = opened_.get_future().share()](Group&) { opened.wait(); });
  }
  void release() { opened_.set_value(); }
  void call(std::function<void(Group&)> call) {
    pipeline_.submit(std::make_unique<Call>(std::move(call)));
  }
  void store(const std::string& key, const std::string& value) {
    rocksdb::WriteBatch batch;
    batch.Put(key, value);
    storage_.commit(batch).value();
  }
  std::size_t stored(char prefix) const {
    std::size_t count = 0;
    const auto it = storage_.iterate({});
    for (it->Seek(std::string(1, prefix)); it->Valid() && it->key()[0] == prefix; it->Next())
      ++count;
    return count;
  }

  const EngineOptions options_{};
  Storage storage_{options_};
  Catalog catalog_{storage_};
  std::promise<void> opened_;
  std::int64_t groups_ = 0;
  // Each group asks for its time once.
  Pipeline pipeline_{storage_, catalog_,
                     [this] { return base::Timestamp(std::chrono::microseconds(++groups_)); }};
};

TEST_F(PipelineTest, Group_EndsAfterSomeMegabytesOfReading) {
  constexpr int kReads = 20;
  const std::string key = std::string(1, kRowPrefix) + "row";
  for (int i = 0; i < kReads; ++i) store(key + std::to_string(i), std::string(1 << 20, 'x'));
  std::set<base::Timestamp> groups;
  const auto read = [&](const std::string& row) {
    call([&groups, row](Group& group) {
      EXPECT_TRUE(group.read(row).value());
      groups.insert(group.now());
    });
  };
  for (int i = 0; i < kReads; ++i) read(key + std::to_string(i));
  for (int i = 0; i < kReads; ++i) read(key + "0");  // an answer may hold it each time
  release();
  pipeline_.stop();
  EXPECT_EQ(groups.size(), 10u);
}

TEST_F(PipelineTest, Groups_OfLittle_AreLarge) {
  std::set<base::Timestamp> groups;
  for (int i = 0; i < 1000; ++i) call([&groups](Group& group) { groups.insert(group.now()); });
  release();
  pipeline_.stop();
  EXPECT_LE(groups.size(), 2u);  // the first may be of the write that was waited for
}

TEST_F(PipelineTest, TokenCleanup_TakesSeveralGroups_AndLeavesWhatLives) {
  constexpr std::size_t kOld = 3000, kYoung = 10;
  const base::Timestamp now{std::chrono::hours(1)};
  const auto store_token = [&](std::size_t i, minutes age) {
    std::string record;
    append_u64(record, static_cast<std::uint64_t>((now - age).time_since_epoch().count()));
    store(std::string(1, kTokenPrefix) + std::to_string(i), record + "fingerprint");
  };
  for (std::size_t i = 0; i < kOld; ++i) store_token(i, minutes(10));
  for (std::size_t i = 0; i < kYoung; ++i) store_token(kOld + i * 100, minutes(9));
  std::size_t after_first = 0, left = 0;
  pipeline_.submit(make_token_cleanup(storage_, pipeline_, now));
  call([&](Group&) { after_first = stored(kTokenPrefix); });
  release();
  // Each is submitted behind a part of the cleanup, as long as there is one.
  for (int parts = 0; parts < 10; ++parts) {
    std::promise<void> seen;
    call([&](Group&) {
      left = stored(kTokenPrefix);
      seen.set_value();
    });
    seen.get_future().wait();
  }
  pipeline_.stop();
  EXPECT_GT(after_first, kYoung);
  EXPECT_LT(after_first, kOld + kYoung);
  EXPECT_EQ(left, kYoung);
}

}  // namespace
}  // namespace dynamodb::local
