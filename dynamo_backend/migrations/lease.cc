#include "dynamo_backend/migrations/lease.h"

#include <algorithm>

#include "base/log.h"
#include "dynamo_backend/migrations/history.h"

namespace dynamo_backend::migrations {
namespace {

LeaseRow history_lease(const Connection& connection, std::chrono::milliseconds time) {
  return {connection.table(kHistoryTable), std::string(kLeaseKey), time};
}

// One that does not hold where the lease is free; nullopt: it was never taken.
std::optional<LeaseOwner> read_lease(const RunControl& control, const LeaseRow& row) {
  const auto result =
      control.call({.read = 1}, true, [&] { return control.client().get_item(row.get()); });
  if (!result && result.error().code == dynamodb::ErrorCode::resource_not_found)
    return std::nullopt;
  if (!result) throw DatabaseError(result.error(), "GetItem of the migrations' lease");
  return LeaseRow::owner(*result);
}

// Records outlive a lease whose item was deleted: what they say must not outrank its next owner.
std::uint64_t first_fence(const RunControl& control) {
  std::uint64_t highest = 0;
  for (const MigrationRecord& r : read_history(control)) highest = std::max(highest, r.fence);
  return highest + 1;
}

constexpr CapacityUnits kOneWrite{.write = 1};

}  // namespace

LeaseHeld::LeaseHeld(LeaseOwner by)
    : std::runtime_error(
          "Another migration is running: process " + std::to_string(by.pid) + " on " + by.host +
          ", since " + base::to_iso(by.since) + ", last heartbeat " + base::to_iso(by.heartbeat) +
          ". Wait for its end; if it is dead, its lease ends at " + base::to_iso(by.expires) + "."),
      owner(std::move(by)) {}

std::optional<LeaseOwner> lease_owner(const Connection& connection) {
  CapacityBudget budget;
  auto owner = read_lease(RunControl(connection, budget), history_lease(connection, {}));
  return owner && owner->holds() ? owner : std::nullopt;
}

Lease::Lease(const RunControl& control, LeaseOptions options)
    : control_(control),
      options_(options),
      row_(history_lease(control.connection(), options.time)) {
  std::chrono::milliseconds waited(0), pause(50);
  for (;;) {
    control_.check();
    const auto seen = read_lease(control_, row_);
    const bool held = seen && seen->holds();
    const bool gone = held && (seen->expires <= control_.connection().now() || seen->is_dead());
    if (!held || gone) {
      took_over_ = held;
      if (try_take(seen)) break;
      continue;  // somebody was faster
    }
    if (waited >= options_.wait) throw LeaseHeld(*seen);
    control_.wait(pause);
    waited += pause;
    pause = std::min(pause * 2, std::chrono::milliseconds(1000));
  }
  if (options_.heartbeat.count() > 0) thread_ = std::thread([this] { keep_up(); });
}

Lease::~Lease() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (lost_) return;
  const dynamodb::UpdateItemRequest request = row_.give_back();
  for (int attempt = 1;; ++attempt) {
    const auto use = control_.budget().reserve(kOneWrite, true);
    const auto result = control_.client().update_item(request);
    // Failed: another run has it.
    if (result || result.error().code == dynamodb::ErrorCode::conditional_check_failed) return;
    if (attempt == 5) {  // it expires by itself
      base::log_warning("the migrations' lease was not given back: " + result.error().message);
      return;
    }
    control_.connection().back_off(attempt);
  }
}

bool Lease::try_take(const std::optional<LeaseOwner>& seen) {
  const base::Timestamp now = control_.connection().now();
  const std::uint64_t fence = seen ? seen->fence + 1 : first_fence(control_);
  const dynamodb::UpdateItemRequest request = row_.take(seen, now, fence);
  const auto result =
      control_.call(kOneWrite, false, [&] { return control_.client().update_item(request); });
  if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
    // An answer that was lost on its way may have been a yes.
    const auto now_there = read_lease(control_, row_);
    if (!now_there || now_there->id != id()) return false;
  } else if (!result) {
    throw DatabaseError(result.error(), "UpdateItem of the migrations' lease");
  }
  fence_ = fence;
  good_until_ = (now + options_.time).time_since_epoch().count();
  return true;
}

void Lease::check() const {
  if (lost_)
    throw LeaseLost(
        "Another runner has taken over the migrations; this one stops. What it did is recorded.");
  if (control_.connection().now().time_since_epoch().count() >= good_until_)
    throw LeaseLost(
        "The migrations' lease could not be kept up (the database did not answer in time), so "
        "another runner may have taken over; this one stops. What it did is recorded.");
}

void Lease::beat() {
  const base::Timestamp now = control_.connection().now();
  auto use = control_.budget().reserve(kOneWrite, true);
  const auto result = control_.client().update_item(row_.keep_up(now));
  if (result) {
    use.consumed({.write = result->consumed.total()});
    good_until_ = (now + options_.time).time_since_epoch().count();
  } else if (result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
    lost_ = true;
  }  // else the next one may get through; check() says when it is too late
}

void Lease::keep_up() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.heartbeat, [this] { return ending_; })) {
    lock.unlock();
    beat();
    lock.lock();
  }
}

}  // namespace dynamo_backend::migrations
