// write_all(), get_all() and parallel_scan() over a Client that misbehaves as told.
#include "dynamodb/batch.h"

#include <atomic>
#include <barrier>
#include <mutex>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/capacity_scope.h"
#include "tests/no_threads.h"

namespace dynamodb {
namespace {

using ::testing::Each;
using ::testing::Le;

// Answers as its functions say; what a test does not set is not expected.
class ScriptedClient : public Client {
 public:
  using Client::batch_write_item;
  std::function<Result<BatchWriteItemResult>(BatchWriteItemRequest)> write;
  std::function<Result<BatchGetItemResult>(const BatchGetItemRequest&)> get;
  std::function<Result<ScanResult>(const ScanRequest&)> on_scan;
  bool on_threads = false;  // completions come from other threads

  ~ScriptedClient() override {
    for (auto& thread : threads_) thread.join();
  }

  void batch_write_item(BatchWriteItemRequest request,
                        Completion<BatchWriteItemResult> done) override {
    if (!on_threads) return done(write(std::move(request)));
    threads_.emplace_back([this, request = std::move(request), done = std::move(done)]() mutable {
      done(write(std::move(request)));
    });
  }
  Result<BatchGetItemResult> batch_get_item(const BatchGetItemRequest& request) override {
    return metered(get(request));
  }
  Result<ScanResult> scan(const ScanRequest& request) override { return metered(on_scan(request)); }

  Result<GetItemResult> get_item(const GetItemRequest&) override { return unexpected(); }
  Result<QueryResult> query(const QueryRequest&) override { return unexpected(); }
  Result<TransactGetItemsResult> transact_get_items(const TransactGetItemsRequest&) override {
    return unexpected();
  }
  void put_item(PutItemRequest, Completion<PutItemResult> done) override { done(unexpected()); }
  void update_item(UpdateItemRequest, Completion<UpdateItemResult> done) override {
    done(unexpected());
  }
  void delete_item(DeleteItemRequest, Completion<DeleteItemResult> done) override {
    done(unexpected());
  }
  void transact_write_items(TransactWriteItemsRequest,
                            Completion<TransactWriteItemsResult> done) override {
    done(unexpected());
  }
  Result<TableDescription> create_table(const TableDefinition&) override { return unexpected(); }
  Result<TableDescription> update_table(const UpdateTableRequest&) override { return unexpected(); }
  Result<TableDescription> delete_table(const std::string&) override { return unexpected(); }
  Result<TableDescription> describe_table(const std::string&) override { return unexpected(); }
  Result<ListTablesResult> list_tables(const ListTablesRequest&) override { return unexpected(); }

 private:
  static Error unexpected() { return validation_error("not part of this test"); }
  std::vector<std::thread> threads_{};
};

Error throttled() { return {ErrorCode::provisioned_throughput_exceeded, "slow down"}; }

std::string name_of(const Item& item) { return item.at("pk").as<std::string>(); }
std::string name_of(const WriteRequest& write) {
  return std::visit(
      [](const auto& w) {
        if constexpr (requires { w.item; })
          return name_of(w.item);
        else
          return name_of(w.key);
      },
      write);
}

std::vector<WriteRequest> puts(std::size_t count) {
  std::vector<WriteRequest> writes;
  for (std::size_t i = 0; i < count; ++i)
    writes.emplace_back(PutRequest{{{"pk", std::to_string(i)}}});
  return writes;
}

class Batches : public ::testing::Test {
 protected:
  // Time passes only by sleeping.
  BatchOptions options() {
    return {.time_limit = std::chrono::seconds(60),
            .sleep =
                [this](auto time) {
                  pauses.push_back(time.count());
                  now += time;
                },
            .now = [this] { return now; }};
  }
  // Takes writes in, but for those that `refuses` names: they are left unprocessed.
  BatchWriteItemResult store(BatchWriteItemRequest request,
                             const std::function<bool(const std::string&)>& refuses = {}) {
    const std::lock_guard lock(mutex);
    BatchWriteItemResult result;
    for (auto& [table, writes] : request.tables) {
      requests.push_back(writes.size());
      for (WriteRequest& write : writes) {
        const std::string name = name_of(write);
        if (refuses && refuses(name)) {
          result.unprocessed[table].push_back(std::move(write));
        } else {
          EXPECT_TRUE(stored.insert(table + "/" + name).second) << name << " was sent again";
        }
      }
      result.consumed.push_back({.table = table, .table_units = 1});
    }
    return result;
  }

  ScriptedClient client;
  std::mutex mutex;
  std::set<std::string> stored;
  std::vector<std::size_t> requests;
  std::vector<long> pauses;
  BatchOptions::Clock::time_point now{};
};

TEST_F(Batches, WriteAll_ManyWrites_GoInRequestsOf25) {
  client.write = [&](auto request) { return store(std::move(request)); };
  const auto result = write_all(client, {{"t", puts(60)}}, options());
  EXPECT_TRUE(result.not_written.empty());
  EXPECT_EQ(stored.size(), 60u);
  EXPECT_EQ(requests, (std::vector<std::size_t>{25, 25, 10}));
  ASSERT_EQ(result.consumed.size(), 1u);
  EXPECT_EQ(result.consumed[0].table_units, 3);
  EXPECT_TRUE(pauses.empty());
}

TEST_F(Batches, WriteAll_Nothing_AsksNothing) {
  EXPECT_TRUE(write_all(client, {}, options()).not_written.empty());
  EXPECT_TRUE(write_all(client, {{"t", {}}}, options()).not_written.empty());
}

TEST_F(Batches, WriteAll_LargeItems_AreCutBy16Megabytes) {
  std::vector<WriteRequest> writes;
  for (int i = 0; i < 25; ++i) {
    // 400 KB that JSON writes as 2.4 MB.
    writes.emplace_back(
        PutRequest{{{"pk", std::to_string(i)}, {"text", std::string(400'000, '\x01')}}});
  }
  client.write = [&](auto request) { return store(std::move(request)); };
  EXPECT_TRUE(write_all(client, {{"t", std::move(writes)}}, options()).not_written.empty());
  EXPECT_EQ(stored.size(), 25u);
  EXPECT_THAT(requests, Each(Le(6u)));
}

TEST_F(Batches, WriteAll_Unprocessed_IsSentAgainAfterAPause) {
  int refusals = 5;
  client.write = [&](auto request) {
    return store(std::move(request),
                 [&](const std::string& name) { return name == "3" && refusals-- > 0; });
  };
  EXPECT_TRUE(write_all(client, {{"a", puts(10)}, {"b", puts(2)}}, options()).not_written.empty());
  EXPECT_EQ(stored.size(), 12u);
  EXPECT_EQ(pauses.size(), 5u);
}

TEST_F(Batches, WriteAll_StuckWrite_IsReportedWhenTimeIsUp) {
  client.write = [&](auto request) {
    return store(std::move(request), [](const std::string& name) { return name == "3"; });
  };
  const auto result = write_all(client, {{"t", puts(30)}}, options());
  ASSERT_EQ(result.not_written.size(), 1u);
  EXPECT_EQ(result.not_written[0].table, "t");
  EXPECT_EQ(name_of(result.not_written[0].write), "3");
  EXPECT_EQ(result.not_written[0].why.code, ErrorCode::provisioned_throughput_exceeded);
  EXPECT_EQ(stored.size(), 29u);
  EXPECT_LE(now.time_since_epoch(), std::chrono::seconds(61));  // 60 after the last that landed
  EXPECT_THAT(pauses, Each(Le(5'000)));
}

TEST_F(Batches, WriteAll_StuckWriteWithoutAClock_EndsByTimeSlept) {
  client.write = [&](auto request) {
    return store(std::move(request), [](const std::string&) { return true; });
  };
  BatchOptions no_clock = options();
  no_clock.now = {};
  EXPECT_EQ(write_all(client, {{"t", puts(3)}}, no_clock).not_written.size(), 3u);
}

TEST_F(Batches, WriteAll_SlowTable_IsWrittenAsLongAsWritesLand) {
  bool stuck = false;
  client.write = [&](auto request) -> Result<BatchWriteItemResult> {
    now += std::chrono::seconds(25);
    if (!std::exchange(stuck, true)) return throttled();
    bool first = true;
    return store(std::move(request), [&](const std::string& name) {
      return name == "3" || !std::exchange(first, false);
    });
  };
  const auto result = write_all(client, {{"t", puts(10)}}, options());
  ASSERT_EQ(result.not_written.size(), 1u);
  EXPECT_EQ(stored.size(), 9u);
  EXPECT_GE(now.time_since_epoch(), std::chrono::seconds(250));
  // Not the throttling of minutes ago.
  EXPECT_THAT(result.not_written[0].why.message, ::testing::HasSubstr("Left unprocessed"));
}

constexpr char kArn[] = "arn:aws:dynamodb:eu-central-1:1:table/t";

TEST_F(Batches, WriteAll_TableByItsArn_IsFoundInAnswersByItsName) {
  int refusals = 2;
  client.write = [&](auto request) {
    auto result = store(std::move(request),
                        [&](const std::string& name) { return name == "3" && refusals-- > 0; });
    if (!result.unprocessed.empty()) {
      auto writes = result.unprocessed.extract(kArn);
      writes.key() = "t";
      result.unprocessed.insert(std::move(writes));
    }
    return result;
  };
  EXPECT_TRUE(write_all(client, {{kArn, puts(10)}}, options()).not_written.empty());
  EXPECT_EQ(stored.size(), 10u);
  EXPECT_EQ(requests.size(), 3u);
}

TEST_F(Batches, WriteAll_AnswerOnAnotherTable_IsAServersError) {
  client.write = [&](auto) -> Result<BatchWriteItemResult> {
    return BatchWriteItemResult{.unprocessed = {{"other", puts(1)}}};
  };
  const auto result = write_all(client, {{"t", puts(2)}}, options());
  ASSERT_EQ(result.not_written.size(), 2u);
  EXPECT_EQ(result.not_written[0].table, "t");
  EXPECT_EQ(result.not_written[0].why.code, ErrorCode::internal_server_error);
}

TEST_F(Batches, WriteAll_ThrottledRequest_IsTriedAgain) {
  int throttles = 4;
  client.write = [&](auto request) -> Result<BatchWriteItemResult> {
    if (throttles-- > 0) return throttled();
    return store(std::move(request));
  };
  EXPECT_TRUE(write_all(client, {{"t", puts(5)}}, options()).not_written.empty());
  EXPECT_EQ(stored.size(), 5u);
}

TEST_F(Batches, WriteAll_FailingServer_IsTriedThreeTimesMore) {
  int calls = 0;
  client.write = [&](auto) -> Result<BatchWriteItemResult> {
    ++calls;
    return internal_error("broken");
  };
  const auto result = write_all(client, {{"t", puts(5)}}, options());
  EXPECT_EQ(calls, 4);
  ASSERT_EQ(result.not_written.size(), 5u);
  EXPECT_EQ(result.not_written[0].why.message, "broken");
}

TEST_F(Batches, WriteAll_RefusedRequest_IsReportedAndTheRestGoesOn) {
  client.write = [&](BatchWriteItemRequest request) -> Result<BatchWriteItemResult> {
    for (const auto& write : request.tables.at("t")) {
      if (name_of(write) == "30") return validation_error("no good");
    }
    return store(std::move(request));
  };
  const auto result = write_all(client, {{"t", puts(60)}}, options());
  ASSERT_EQ(result.not_written.size(), 25u);
  for (const NotWritten& failed : result.not_written) {
    EXPECT_EQ(failed.why.message, "no good");
    EXPECT_GE(std::stoi(name_of(failed.write)), 25);
    EXPECT_LT(std::stoi(name_of(failed.write)), 50);
  }
  EXPECT_EQ(stored.size(), 35u);
}

TEST_F(Batches, WriteAll_AnswersFromOtherThreads_AllLand) {
  client.on_threads = true;
  std::atomic<int> running{0}, most{0};
  std::set<std::string> seen;
  client.write = [&](auto request) -> Result<BatchWriteItemResult> {
    const int now_running = ++running;
    for (int known = most;
         known < now_running && !most.compare_exchange_weak(known, now_running);) {
    }
    auto result = store(std::move(request), [&seen](const std::string& name) {
      return name.ends_with('7') && seen.insert(name).second;
    });
    --running;
    return result;
  };
  BatchOptions few = options();
  few.in_flight = 3;
  EXPECT_TRUE(write_all(client, {{"t", puts(500)}}, few).not_written.empty());
  EXPECT_EQ(stored.size(), 500u);
  EXPECT_LE(most, 3);
}

// ---- reading

ItemList list_of(const std::vector<Item>& items) {
  ItemList list;
  for (const Item& item : items) list.add(PackedItem(item).bytes());
  return list;
}

KeysAndAttributes keys(std::size_t count) {
  KeysAndAttributes asked{.consistent_read = true};
  for (std::size_t i = 0; i < count; ++i) asked.keys.push_back({{"pk", std::to_string(i)}});
  return asked;
}

TEST_F(Batches, GetAll_ManyKeys_GoInRequestsOf100SideBySide) {
  std::barrier both(2);  // two requests are in flight at once, or this never ends
  client.get = [&](const BatchGetItemRequest& request) -> Result<BatchGetItemResult> {
    const auto& asked = request.tables.at("t");
    EXPECT_TRUE(asked.consistent_read);
    both.arrive_and_wait();
    BatchGetItemResult result;
    result.items["t"] = list_of(asked.keys);
    result.consumed.push_back({.table = "t", .table_units = 2});
    return result;
  };
  CapacityScope scope;
  const auto result = get_all(client, {{"t", keys(200)}}, options());
  EXPECT_TRUE(result.not_read.empty());
  std::set<std::string> found;
  for (const ItemList& items : result.items.at("t")) {
    for (std::size_t i = 0; i < items.size(); ++i) found.insert(name_of(unpack(items[i])));
  }
  EXPECT_EQ(found.size(), 200u);
  EXPECT_EQ(result.consumed.at(0).table_units, 4);
  EXPECT_EQ(scope.total(), 4);
}

TEST_F(Batches, GetAll_WhereNoThreadCanBeStarted_AsksOneAfterTheOther) {
  int calls = 0;
  client.get = [&](const BatchGetItemRequest& request) -> Result<BatchGetItemResult> {
    ++calls;
    BatchGetItemResult result;
    result.items["t"] = list_of(request.tables.at("t").keys);
    return result;
  };
  const tests::NoThreads no_threads;
  const auto result = get_all(client, {{"t", keys(250)}}, options());
  EXPECT_EQ(calls, 3);
  EXPECT_TRUE(result.not_read.empty());
}

TEST_F(Batches, GetAll_UnprocessedKeys_AreAskedForAgain) {
  client.get = [&](const BatchGetItemRequest& request) -> Result<BatchGetItemResult> {
    BatchGetItemResult result;  // half of the keys, and at least one
    auto rest = request.tables.at("t");
    const std::vector<Item> some(rest.keys.begin(),
                                 rest.keys.begin() + static_cast<long>((rest.keys.size() + 1) / 2));
    rest.keys.erase(rest.keys.begin(), rest.keys.begin() + static_cast<long>(some.size()));
    result.items["t"] = list_of(some);
    if (!rest.keys.empty()) result.unprocessed["t"] = rest;
    return result;
  };
  const auto result = get_all(client, {{"t", keys(10)}}, options());
  EXPECT_TRUE(result.not_read.empty());
  std::size_t found = 0;
  for (const ItemList& items : result.items.at("t")) found += items.size();
  EXPECT_EQ(found, 10u);
}

TEST_F(Batches, GetAll_TableByItsArn_IsFoundInAnswersByItsName) {
  int calls = 0;
  client.get = [&](const BatchGetItemRequest& request) -> Result<BatchGetItemResult> {
    BatchGetItemResult result;
    if (calls++ == 0) {
      result.unprocessed["t"] = request.tables.at(kArn);
    } else {
      result.items["t"] = list_of(request.tables.at(kArn).keys);
    }
    return result;
  };
  const auto result = get_all(client, {{kArn, keys(3)}}, options());
  EXPECT_TRUE(result.not_read.empty());
  EXPECT_EQ(result.items.at(kArn).at(0).size(), 3u);
}

TEST_F(Batches, GetAll_RefusedRequest_ReportsItsKeys) {
  client.get = [&](const BatchGetItemRequest&) -> Result<BatchGetItemResult> {
    return resource_not_found("no table");
  };
  const auto result = get_all(client, {{"t", keys(3)}}, options());
  ASSERT_EQ(result.not_read.size(), 3u);
  EXPECT_EQ(result.not_read[0].why.code, ErrorCode::resource_not_found);
}

// ---- scanning

TEST_F(Batches, ParallelScan_Segments_AreReadAtOnceAndToTheirEnds) {
  std::barrier all(4);
  client.on_scan = [&](const ScanRequest& request) -> Result<ScanResult> {
    EXPECT_EQ(request.total_segments, 4u);
    ScanResult page{.count = 1, .scanned_count = 2, .consumed = {.table = "t", .table_units = 0.5}};
    if (request.exclusive_start_key.empty()) {
      all.arrive_and_wait();
      page.last_evaluated_key = Item{{"pk", "x"}};
    }
    return page;
  };
  int pages = 0;  // without a lock: one at a time
  CapacityScope scope;
  const auto result = parallel_scan(
      client, {.table = "t"}, 4, [&](const ScanResult&) { return ++pages, true; }, options());
  ASSERT_TRUE(result);
  EXPECT_EQ(pages, 8);
  EXPECT_EQ(result->count, 8u);
  EXPECT_EQ(result->scanned_count, 16u);
  EXPECT_EQ(result->consumed.table_units, 4);
  EXPECT_EQ(scope.total(), 4);
}

TEST_F(Batches, ParallelScan_OnPageSaysEnough_Ends) {
  client.on_scan = [](const ScanRequest&) -> Result<ScanResult> {
    return ScanResult{.count = 1, .last_evaluated_key = Item{{"pk", "x"}}};
  };
  int pages = 0;
  EXPECT_TRUE(parallel_scan(
      client, {.table = "t"}, 3, [&](const ScanResult&) { return ++pages < 5; }, options()));
  EXPECT_EQ(pages, 5);
}

TEST_F(Batches, ParallelScan_ErrorOfOneSegment_IsTheAnswer) {
  client.on_scan = [](const ScanRequest& request) -> Result<ScanResult> {
    if (request.segment == 1u) return validation_error("no");
    return ScanResult{.last_evaluated_key = Item{{"pk", "x"}}};  // endless
  };
  const auto result = parallel_scan(
      client, {.table = "t"}, 2, [](const ScanResult&) { return true; }, options());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "no");
}

TEST_F(Batches, ParallelScan_ThrottledPage_IsAskedForAgain) {
  int throttles = 3;
  client.on_scan = [&](const ScanRequest&) -> Result<ScanResult> {
    if (throttles-- > 0) return throttled();
    return ScanResult{.count = 1};
  };
  const auto result = parallel_scan(
      client, {.table = "t"}, 1, [](const ScanResult&) { return true; }, options());
  ASSERT_TRUE(result);
  EXPECT_EQ(pauses.size(), 3u);
}

TEST_F(Batches, ParallelScan_WhatOnPageThrows_IsThrownOn) {
  client.on_scan = [](const ScanRequest&) -> Result<ScanResult> {
    return ScanResult{.last_evaluated_key = Item{{"pk", "x"}}};
  };
  const auto throwing = [](const ScanResult&) -> bool { throw std::runtime_error("enough"); };
  EXPECT_THROW((void)parallel_scan(client, {.table = "t"}, 3, throwing, options()),
               std::runtime_error);
}

}  // namespace
}  // namespace dynamodb
