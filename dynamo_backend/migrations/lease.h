// Lease: one runner of migrations at a time, per database and table prefix.
//
// One item of the history table (lease_row.h), taken by a conditional write. Whatever records
// progress is written on condition that the lease is still the writer's (history.h), so that a
// runner that was thought dead cannot harm when it wakes up. A heartbeat moves the expiry on.
//
// Clocks of machines that differ by more than the lease's time only make a runner stop.
// Thread safety: any thread.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "dynamo_backend/lease_row.h"
#include "dynamo_backend/migrations/run_control.h"

namespace dynamo_backend::migrations {

// Without the prefix: migrations, their progress and the lease.
inline constexpr std::string_view kHistoryTable = "ddbdjango_migrations";
inline constexpr std::string_view kLeaseKey = "#lease";

// Another runner has the lease: the message names host, pid, since and last heartbeat.
struct LeaseHeld : std::runtime_error {
  explicit LeaseHeld(LeaseOwner by);
  LeaseOwner owner;
};
// This run's lease was taken over, or could not be kept up.
struct LeaseLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct LeaseOptions {
  std::chrono::milliseconds time{30'000};      // without heartbeat it expires after this
  std::chrono::milliseconds heartbeat{7'000};  // zero: none but beat()
  std::chrono::milliseconds wait{0};           // for another runner to end, before LeaseHeld
};

class Lease {
 public:
  // REQUIRES: the history table is there. Throws LeaseHeld, Interrupted, DatabaseError.
  Lease(const RunControl& control, LeaseOptions options = {});
  ~Lease();  // gives it back
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  std::uint64_t fence() const { return fence_; }
  const std::string& id() const { return row_.id(); }
  bool took_over() const { return took_over_; }  // from a runner that did not give it back
  // Throws LeaseLost where this run may no longer write.
  void check() const;
  // One heartbeat, now.
  void beat();
  // Of a transaction: holds while this is the lease's run.
  dynamodb::ConditionCheck condition() const { return row_.condition(); }

 private:
  bool try_take(const std::optional<LeaseOwner>& seen);
  void keep_up();

  const RunControl& control_;
  const LeaseOptions options_;
  const LeaseRow row_;
  std::uint64_t fence_ = 0;
  bool took_over_ = false;
  std::atomic<bool> lost_{false};
  std::atomic<std::int64_t> good_until_{0};  // microseconds of Connection::now()
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

// Who has the lease; nullopt: nobody. The history table may be missing.
std::optional<LeaseOwner> lease_owner(const Connection& connection);

}  // namespace dynamo_backend::migrations
