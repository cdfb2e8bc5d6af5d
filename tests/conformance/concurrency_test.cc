// Many threads on few items: no update is lost, one of many inserts wins, and no reader sees half a
// transaction.
#include <atomic>
#include <random>
#include <thread>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class ConcurrencyTest : public ConformanceTest {
 protected:
  // Runs `work(i)` on `count` threads and joins them. What a thread throws fails the test.
  template <class Work>
  static void in_parallel(int count, const Work& work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
      threads.emplace_back([&work, i] {
        try {
          work(i);
        } catch (const std::exception& error) {
          ADD_FAILURE() << "thread " << i << ": " << error.what();
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  static std::int64_t integer(const Item& item, std::string_view name) {
    return item.find(name)->second.as<Number>().to_int64().value();
  }
};
RUN_ON_EVERY_BACKEND(ConcurrencyTest);

TEST_P(ConcurrencyTest, Counter_OfManyThreads_LosesNoUpdate) {
  const auto table = make_table(hash_key());
  constexpr int kThreads = 64, kUpdates = 25;
  in_parallel(kThreads, [&](int) {
    for (int i = 0; i < kUpdates; ++i)
      update_item(table, {{"pk", "counter"}}, update("ADD n :one", {{":one", 1}}));
  });
  EXPECT_EQ(get(table, {{"pk", "counter"}})->at("n"), AttributeValue(kThreads * kUpdates));
}

// What one thread read, it changes only where no other did since.
TEST_P(ConcurrencyTest, OptimisticLock_LosesNoUpdate) {
  const auto table = make_table(hash_key());
  const Item key{{"pk", "a"}};
  put(table, {{"pk", "a"}, {"version", 0}, {"sum", 0}});
  constexpr int kThreads = 8, kUpdates = 15;
  in_parallel(kThreads, [&](int) {
    for (int done = 0; done < kUpdates;) {
      const Item seen = get(table, key).value();
      const auto version = integer(seen, "version"), sum = integer(seen, "sum");
      const auto result =
          db().put_item({.table = table,
                         .item = {{"pk", "a"}, {"version", version + 1}, {"sum", sum + 3}},
                         .condition = condition("version = :v", {{":v", version}})});
      if (result.has_value()) {
        ++done;
      } else if (result.error().code != ErrorCode::conditional_check_failed) {
        throw Exception(result.error());
      }
    }
  });
  EXPECT_EQ(
      get(table, key),
      (Item{{"pk", "a"}, {"version", kThreads * kUpdates}, {"sum", 3 * kThreads * kUpdates}}));
}

TEST_P(ConcurrencyTest, ConditionalPut_OfOneKey_IsWonOnce) {
  const auto table = make_table(hash_key());
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> winners = 0, winner = -1;
    const Item key{{"pk", std::to_string(round)}};
    in_parallel(64, [&](int i) {
      Item item = key;
      item["by"] = i;
      const auto result = db().put_item(
          {.table = table, .item = std::move(item), .condition = attribute_not_exists("pk")});
      if (result.has_value()) {
        ++winners;
        winner = i;
      } else if (result.error().code != ErrorCode::conditional_check_failed) {
        throw Exception(result.error());
      }
    });
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(get(table, key)->at("by").as<Number>(), Number(winner.load()));
  }
}

TEST_P(ConcurrencyTest, Readers_SeeACounterThatOnlyGrows) {
  const auto table = make_table(hash_key());
  const Item key{{"pk", "counter"}};
  put(table, {{"pk", "counter"}, {"n", 0}});
  constexpr int kUpdates = 150;
  std::atomic<int> acknowledged = 0;
  in_parallel(4, [&](int i) {
    if (i == 0) {
      for (int n = 1; n <= kUpdates; ++n) {
        update_item(table, key, update("ADD n :one", {{":one", 1}}));
        acknowledged = n;
      }
      return;
    }
    for (std::int64_t last = 0; last < kUpdates;) {
      // A consistent read sees every write that was answered before it began, and nothing goes
      // back.
      const int known = acknowledged;
      const std::int64_t seen = integer(get(table, key).value(), "n");
      if (seen < last || seen < known) {
        ADD_FAILURE() << "read " << seen << " after " << last << ", acknowledged " << known;
        return;
      }
      last = seen;
    }
  });
}

TEST_P(ConcurrencyTest, Transfers_KeepTheSum) {
  const auto table = make_table(hash_key(Type::N));
  constexpr int kAccounts = 10, kOpening = 100, kWriters = 6, kTransfers = 40;
  std::vector<GetItemRequest> all;
  for (int i = 0; i < kAccounts; ++i) {
    put(table, {{"pk", i}, {"balance", kOpening}});
    all.push_back({.table = table, .key = {{"pk", i}}});
  }
  // A conflict with another transaction is an answer that DynamoDB may give.
  const auto is_conflict = [](const Error& error) {
    return error.code == ErrorCode::transaction_canceled ||
           error.code == ErrorCode::transaction_conflict;
  };
  const auto sum_of = [&]() -> std::optional<std::int64_t> {
    const auto result = db().transact_get_items({.gets = all});
    if (result.has_error()) {
      if (is_conflict(result.error())) return std::nullopt;
      throw Exception(result.error());
    }
    std::int64_t sum = 0;
    for (const auto& item : result->items) {
      const std::int64_t balance = integer(unpack(item.value().view()), "balance");
      EXPECT_GE(balance, 0);
      sum += balance;
    }
    return sum;
  };
  std::atomic<int> writers_left = kWriters;
  in_parallel(kWriters + 2, [&](int thread) {
    if (thread >= kWriters) {
      while (writers_left > 0) {
        EXPECT_EQ(sum_of().value_or(kAccounts * kOpening), kAccounts * kOpening);
      }
      return;
    }
    std::mt19937 random(static_cast<unsigned>(thread));
    for (int i = 0; i < kTransfers; ++i) {
      const int from = static_cast<int>(random() % kAccounts),
                to = (from + 1 + static_cast<int>(random() % (kAccounts - 1))) % kAccounts;
      const int amount = 1 + static_cast<int>(random() % 60);
      const auto result = db().transact_write_items(
          {.actions = {
               UpdateItemRequest{.table = table,
                                 .key = {{"pk", from}},
                                 .update = update("SET balance = balance - :x", {{":x", amount}}),
                                 .condition = condition("balance >= :x", {{":x", amount}})},
               UpdateItemRequest{.table = table,
                                 .key = {{"pk", to}},
                                 .update = update("ADD balance :x", {{":x", amount}})}}});
      if (result.has_error() && !is_conflict(result.error()))
        ADD_FAILURE() << result.error().message;
    }
    --writers_left;
  });
  EXPECT_EQ(sum_of(), kAccounts * kOpening);
}

// Several transactions on the same two items, in both orders: none waits for another for ever.
TEST_P(ConcurrencyTest, Transactions_OnTheSameItems_AllEnd) {
  const auto table = make_table(hash_key());
  std::atomic<int> committed = 0;
  in_parallel(16, [&](int i) {
    const char* const first = i % 2 == 0 ? "a" : "b";
    const char* const second = i % 2 == 0 ? "b" : "a";
    for (int n = 0; n < 10; ++n) {
      const auto result = db().transact_write_items(
          {.actions = {UpdateItemRequest{.table = table,
                                         .key = {{"pk", first}},
                                         .update = update("ADD n :one", {{":one", 1}})},
                       UpdateItemRequest{.table = table,
                                         .key = {{"pk", second}},
                                         .update = update("ADD n :one", {{":one", 1}})}}});
      if (result.has_value()) ++committed;
    }
  });
  EXPECT_EQ(get(table, {{"pk", "a"}})->at("n").as<Number>(), Number(committed.load()));
  EXPECT_EQ(get(table, {{"pk", "b"}})->at("n").as<Number>(), Number(committed.load()));
}

// The completion forms: many calls under way at once from one thread.
TEST_P(ConcurrencyTest, Completions_OfManyCallsUnderWay_AllCome) {
  const auto table = make_table(hash_key());
  constexpr int kCalls = 500;
  std::atomic<int> answered = 0, failed = 0;
  for (int i = 0; i < kCalls; ++i) {
    db().put_item({.table = table, .item = {{"pk", std::to_string(i)}}},
                  [&](Result<PutItemResult> result) {
                    if (result.has_error()) ++failed;
                    ++answered;
                  });
  }
  ASSERT_TRUE(wait_until([&] { return answered == kCalls; }));
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(scan_all({.table = table}).size(), static_cast<std::size_t>(kCalls));
}

// A query during writes: each page is of one moment, so an item that moves inside an index is
// neither lost nor doubled.
TEST_P(ConcurrencyTest, IndexPages_OfMovingItems_HoldEachOnce) {
  const auto table = make_table(TableDefinition{
      .key = hash_key(),
      .global_indexes = {
          {.name = "by-rank",
           .key = {.partition = {"g", Type::S}, .sort = KeyAttribute{"ranking", Type::N}}}}});
  constexpr int kItems = 20;
  std::vector<Item> items;
  for (int i = 0; i < kItems; ++i)
    items.push_back({{"pk", std::to_string(i)}, {"g", "x"}, {"ranking", i}});
  put_all(table, items);
  std::atomic<bool> stop = false;
  in_parallel(4, [&](int thread) {
    if (thread > 0) {
      for (int i = 0; i < 150; ++i) {
        update_item(table, {{"pk", std::to_string((i * 3 + thread) % kItems)}},
                    update("SET ranking = :r", {{":r", i * 31 % 97}}));
      }
      stop = true;
      return;
    }
    while (!stop) {
      const auto page = db().query({.table = table,
                                    .index = "by-rank",
                                    .key_condition = key_condition("g = :g", {{":g", "x"}})})
                            .value();
      EXPECT_EQ(page.count, static_cast<std::uint64_t>(kItems));
    }
  });
}

}  // namespace conformance
