#include "dynamo_backend/migrations/budget.h"

#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace dynamo_backend::migrations {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// Time that passes only by sleeping.
class VirtualClock {
 public:
  BudgetOptions options(CapacityUnits per_second, bool used_up = false) {
    return {.per_second = per_second,
            .used_up_at_start = used_up,
            .now = [this] { return microseconds(now_.load()); },
            .sleep = [this](milliseconds t) { now_ += microseconds(t).count(); }};
  }
  std::int64_t now() const { return now_; }
  void advance(microseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_{0};
};

struct Consumption {
  std::int64_t at = 0;
  double units = 0;
};
double most_in_a_second(const std::vector<Consumption>& log) {
  double most = 0;
  for (const auto& first : log) {
    double sum = 0;
    for (const auto& c : log)
      if (c.at >= first.at && c.at < first.at + 1'000'000) sum += c.units;
    most = std::max(most, sum);
  }
  return most;
}

TEST(Budget, ManyThreads_NoSecondHasMoreThanTheBudget) {
  VirtualClock clock;
  CapacityBudget budget(clock.options({.write = 20}));
  std::mutex mutex;
  std::vector<Consumption> log;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 100; ++i) {
        const double most = static_cast<double>(1 + random() % 6);
        auto use = budget.reserve({.write = most}, i % 10 == 0);
        clock.advance(microseconds(random() % 30'000));  // the call takes its time
        const auto units = static_cast<double>(1 + random() % static_cast<unsigned>(most));
        {
          const std::lock_guard lock(mutex);
          log.push_back({clock.now(), units});
        }
        clock.advance(microseconds(random() % 30'000));
        use.consumed({.write = units});
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(log.size(), 400u);
  EXPECT_LE(most_in_a_second(log), 20);
}

TEST(Budget, WhatAReservationLeavesUnusedIsFreeForOthers) {
  VirtualClock clock;
  CapacityBudget budget(clock.options({.write = 10}));
  for (int i = 0; i < 10; ++i) budget.reserve({.write = 1}).consumed({.write = 0.5});
  budget.reserve({.write = 5});
  EXPECT_EQ(clock.now(), 0);
  budget.reserve({.write = 1});
  EXPECT_GE(clock.now(), 1'000'000);
  EXPECT_EQ(budget.consumed().write, 11);
}

TEST(Budget, MoreThanTheWholeBudget_GoesAloneAndIsPaidOff) {
  VirtualClock clock;
  CapacityBudget budget(clock.options({.write = 5}));
  budget.reserve({.write = 20});
  EXPECT_EQ(clock.now(), 0);
  budget.reserve({.write = 1});
  EXPECT_GE(clock.now(), 4'000'000);
}

TEST(Budget, WhoNoLongerWaits_IsInNobodysWay) {
  VirtualClock clock;
  CapacityBudget budget(clock.options({.write = 5}));
  budget.reserve({.write = 50});
  const auto asked_to_stop = [&] {
    if (clock.now() >= 2'000'000) throw std::runtime_error("stop");
  };
  EXPECT_THROW(budget.reserve({.write = 1}, false, asked_to_stop), std::runtime_error);
  EXPECT_LE(clock.now(), 3'000'000);
  budget.reserve({.write = 1});
  EXPECT_GE(clock.now(), 10'000'000);
}

TEST(Budget, ReadsAndWritesAreCountedApart_AndNoLimitIsNone) {
  VirtualClock clock;
  CapacityBudget budget(clock.options({.read = 10}));
  for (int i = 0; i < 1000; ++i) budget.reserve({.write = 100});
  budget.reserve({.write = 100, .read = 10});
  EXPECT_EQ(clock.now(), 0);
  budget.reserve({.read = 0.5});
  EXPECT_GE(clock.now(), 1'000'000);
}

TEST(Budget, UsedUpAtStart_WaitsASecond) {
  VirtualClock clock;
  CapacityBudget budget(clock.options({.write = 10}, true));
  budget.reserve({.write = 1});
  EXPECT_GE(clock.now(), 1'000'000);
}

}  // namespace
}  // namespace dynamo_backend::migrations
