// RunControl: what every call of a running migration passes through: the budget, tries after
// passing failures, and the two reasons to stop: somebody asked, or the lease is lost.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/migrations/budget.h"
#include "dynamo_backend/types.h"

namespace dynamo_backend::migrations {

// Somebody asked the run to stop. What was done is recorded; another run goes on from there.
struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class RunControl {
 public:
  // `stop`: asked before each call, from any thread; true ends the run. Empty: never.
  RunControl(const Connection& connection, CapacityBudget& budget, std::function<bool()> stop = {})
      : connection_(connection), budget_(budget), stop_(std::move(stop)) {}

  const Connection& connection() const { return connection_; }
  dynamodb::Client& client() const { return connection_.stored_client(); }
  CapacityBudget& budget() const { return budget_; }

  // Who must still agree before each call; throws where it does not: the lease.
  void set_guard(std::function<void()> guard) { guard_ = std::move(guard); }
  // Throws Interrupted, or what the guard throws.
  void check() const {
    if (stop_ && stop_())
      throw Interrupted("Stopped. What was done is recorded; run it again to go on.");
    if (guard_) guard_();
  }

  // Whether the error may be gone after a pause, which it makes.
  bool passes(const dynamodb::Error& error, int attempt) const;
  // Pauses before another try, longer each time. False: `most` has gone by in pauses.
  bool pause(int attempt, std::chrono::milliseconds most) const;
  // Waits, in short parts between which it checks.
  void wait(std::chrono::milliseconds time) const;

  // `call` within the budget, of which it takes `most` at most, again after throttling, failures of
  // the server (20 s) and of the connection, with growing pauses: until the table_timeout has
  // gone by in pauses. Returns its Result, whatever else it is.
  template <class Call>
  auto call(CapacityUnits most, bool reads, const Call& call) const {
    for (int attempt = 1;; ++attempt) {
      check();
      auto result = [&] {
        auto use = budget_.reserve(most, false, [this] { check(); });
        auto answer = call();
        if (answer) use.consumed(units_of(answer->consumed, reads));
        return answer;
      }();
      if (result || !passes(result.error(), attempt)) return result;
    }
  }

 private:
  static CapacityUnits units_of(const dynamodb::ConsumedCapacity& consumed, bool reads) {
    return reads ? CapacityUnits{.read = consumed.total()}
                 : CapacityUnits{.write = consumed.total()};
  }
  static CapacityUnits units_of(const std::vector<dynamodb::ConsumedCapacity>& consumed,
                                bool reads) {
    double total = 0;
    for (const auto& c : consumed) total += c.total();
    return reads ? CapacityUnits{.read = total} : CapacityUnits{.write = total};
  }
  const Connection& connection_;
  CapacityBudget& budget_;
  std::function<bool()> stop_{};
  std::function<void()> guard_{};
};

// Whether the condition of a transaction's action did not hold. A transaction is cancelled for
// other reasons, too: a row that is too large, say.
bool condition_failed(const dynamodb::Error& error, std::size_t action);

// Units that writing an item of `bytes` takes.
double write_units(std::size_t bytes);

}  // namespace dynamo_backend::migrations
