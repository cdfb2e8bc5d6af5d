#include "dynamo_backend/migrations/budget.h"

#include <algorithm>
#include <cmath>
#include <thread>
#include <utility>

namespace dynamo_backend::migrations {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr microseconds kSecond = std::chrono::seconds(1);
constexpr double kRounding = 1e-9;  // units are multiples of a half

BudgetOptions with_real_clock(BudgetOptions options) {
  if (!options.now) {
    options.now = [] {
      return std::chrono::duration_cast<microseconds>(
          std::chrono::steady_clock::now().time_since_epoch());
    };
  }
  if (!options.sleep) options.sleep = [](milliseconds time) { std::this_thread::sleep_for(time); };
  return options;
}

}  // namespace

CapacityBudget::CapacityBudget(BudgetOptions options)
    : options_(with_real_clock(std::move(options))) {
  if (options_.used_up_at_start)
    entries_.push_back(
        {.units = options_.per_second, .ended = true, .leaves = options_.now() + kSecond});
}

CapacityBudget::Use CapacityBudget::reserve(CapacityUnits most, bool urgent,
                                            const std::function<void()>& check) {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  const auto leave = [&] {
    if (urgent)
      --urgent_;
    else
      waiting_.erase(ticket);
  };
  if (urgent)
    ++urgent_;
  else
    waiting_.insert(ticket);
  const auto arrived = options_.now();
  for (;;) {
    const auto now = options_.now();
    forget_old(now);
    const bool turn = urgent || (urgent_ == 0 && ticket == *waiting_.begin());
    if (turn && fits(most)) break;
    // Only while something larger than the budget is paid off.
    if (urgent && now - arrived > 3 * kSecond) break;
    const milliseconds pause = turn ? until_change(now) : milliseconds(2);
    lock.unlock();
    try {
      if (check) check();
      options_.sleep(pause);
    } catch (...) {
      lock.lock();
      leave();
      throw;
    }
    lock.lock();
  }
  leave();
  entries_.push_back({.units = most});
  return {*this, std::prev(entries_.end())};
}

bool CapacityBudget::fits(CapacityUnits most) const {
  CapacityUnits used;
  for (const Entry& e : entries_) {
    used.write += e.units.write;
    used.read += e.units.read;
  }
  const auto within = [](double in_use, double wanted, double limit) {
    return limit <= 0 || wanted <= 0 || in_use + wanted <= limit + kRounding ||
           in_use <= kRounding;  // alone, where it is more than the whole budget
  };
  return within(used.write, most.write, options_.per_second.write) &&
         within(used.read, most.read, options_.per_second.read);
}

milliseconds CapacityBudget::until_change(microseconds now) const {
  microseconds wait = milliseconds(5);  // a call in flight may end at any moment
  const bool in_flight =
      std::any_of(entries_.begin(), entries_.end(), [](const Entry& e) { return !e.ended; });
  if (!in_flight) {
    wait = kSecond;
    for (const Entry& e : entries_) wait = std::min(wait, e.leaves - now);
  }
  return std::max(milliseconds(1), std::chrono::ceil<milliseconds>(wait));
}

void CapacityBudget::forget_old(microseconds now) {
  entries_.remove_if([&](const Entry& e) { return e.ended && e.leaves <= now; });
}

void CapacityBudget::end(std::list<Entry>::iterator entry, CapacityUnits consumed) {
  const std::lock_guard lock(mutex_);
  // What alone was more than the budget is paid off in as many seconds.
  const auto seconds = [](double units, double limit) {
    return limit > 0 ? std::ceil(units / limit - kRounding) : 1.0;
  };
  const double most = std::max({1.0, seconds(consumed.write, options_.per_second.write),
                                seconds(consumed.read, options_.per_second.read)});
  total_.write += consumed.write;
  total_.read += consumed.read;
  entry->units = consumed;
  entry->ended = true;
  entry->leaves = options_.now() + std::chrono::duration_cast<microseconds>(kSecond * most);
}

CapacityUnits CapacityBudget::consumed() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

CapacityBudget::Use::Use(CapacityBudget& budget, std::list<Entry>::iterator entry)
    : budget_(&budget), entry_(entry), units_(entry->units) {}

CapacityBudget::Use::Use(Use&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)), entry_(other.entry_), units_(other.units_) {}

CapacityBudget::Use::~Use() {
  if (budget_) budget_->end(entry_, units_);
}

}  // namespace dynamo_backend::migrations
