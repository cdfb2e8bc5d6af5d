// CapacityBudget: at most so many capacity units in any second, whoever asks.
//
//   auto use = budget.reserve({.write = 3});       // waits until three more units fit
//   const auto result = client.update_item(…);
//   use.consumed({.write = result->consumed.total()});
//
// What a call may consume is reserved before it and counts from then until a second after its end:
// whenever within the call DynamoDB counts the units, no second has more than the budget. A call
// that may consume more than the budget alone goes when nothing else does, and what comes next
// waits as many seconds as it has cost.
// Thread safety: any thread; a Use belongs to one.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <set>

namespace dynamo_backend::migrations {

struct CapacityUnits {
  double write = 0, read = 0;
};

struct BudgetOptions {
  CapacityUnits per_second{};  // a zero: no limit
  // Another process may have used the last second's units: nothing is let through for a second.
  bool used_up_at_start = false;
  // A clock that only goes forward, and how to wait. Empty: the real ones.
  std::function<std::chrono::microseconds()> now{};
  std::function<void(std::chrono::milliseconds)> sleep{};
};

class CapacityBudget {
 public:
  explicit CapacityBudget(BudgetOptions options = {});
  CapacityBudget(const CapacityBudget&) = delete;
  CapacityBudget& operator=(const CapacityBudget&) = delete;

 private:
  struct Entry {
    CapacityUnits units{};
    bool ended = false;
    std::chrono::microseconds leaves{};  // when it no longer counts, once it has ended
  };

 public:
  class Use {
   public:
    Use(Use&& other) noexcept;
    Use& operator=(Use&&) = delete;
    ~Use();  // the call has ended; without consumed(), all that was reserved counts
    void consumed(CapacityUnits units) { units_ = units; }

   private:
    friend class CapacityBudget;
    Use(CapacityBudget& budget, std::list<Entry>::iterator entry);
    CapacityBudget* budget_;
    std::list<Entry>::iterator entry_;
    CapacityUnits units_;
  };

  // Waits until `most` fits, in order of arrival. `urgent` goes before all others: heartbeats.
  // `check` is called between the waits, each of a second at most; what it throws ends them.
  Use reserve(CapacityUnits most, bool urgent = false, const std::function<void()>& check = {});

  CapacityUnits per_second() const { return options_.per_second; }
  CapacityUnits consumed() const;  // in all, so far

 private:
  void end(std::list<Entry>::iterator entry, CapacityUnits consumed);
  void forget_old(std::chrono::microseconds now);
  bool fits(CapacityUnits most) const;
  std::chrono::milliseconds until_change(std::chrono::microseconds now) const;

  const BudgetOptions options_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_{};
  CapacityUnits total_{};
  std::uint64_t next_ticket_ = 0;
  std::set<std::uint64_t> waiting_{};  // tickets, without the urgent
  int urgent_ = 0;                     // that wait
};

}  // namespace dynamo_backend::migrations
