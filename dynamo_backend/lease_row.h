// LeaseRow: the item by which one of several processes holds something: what it says, and the
// conditional writes that take it, keep it up and give it back.
//
// Each taking has the next fencing number. A lease that has expired, or whose process is known to
// be dead (same machine), may be taken over. Who sends the requests: migrations/lease.h, within a
// run's budget and with a thread that keeps the lease up, and changes/lease.h, between two rounds.
//
//   pk (S)                             what is held
//   fence (N)                          the number of the last taking; stays when the lease is free
//   owner (S)                          a random UUID of the holder; absent: free
//   host (S), pid (N), process (S)     for people, and to see whether the process still runs
//   since, heartbeat, expires (S)      ISO 8601
//
// Thread safety: immutable; any thread.
#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "base/timestamp.h"
#include "dynamodb/error.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

struct LeaseOwner {
  std::string id{}, host{}, process{};
  std::int64_t pid = 0;
  std::uint64_t fence = 0;
  base::Timestamp since{}, heartbeat{}, expires{};

  bool holds() const { return !id.empty(); }
  // Its process is of this machine and has ended.
  bool is_dead() const;
};

class LeaseRow {
 public:
  // Of a new holder. `table`: with its prefix. Without a heartbeat it expires after `time`.
  LeaseRow(std::string table, std::string key, std::chrono::milliseconds time);

  const std::string& id() const { return id_; }  // of the holder
  const std::string& table() const { return table_; }
  std::chrono::milliseconds time() const { return time_; }

  dynamodb::GetItemRequest get() const;  // strongly consistent
  // nullopt: it was never taken. An owner that does not hold: it is free.
  static std::optional<LeaseOwner> owner(const dynamodb::GetItemResult& result);

  // Each fails its condition where another was faster. `fence`: above all that were.
  dynamodb::UpdateItemRequest take(const std::optional<LeaseOwner>& seen, base::Timestamp now,
                                   std::uint64_t fence) const;
  dynamodb::UpdateItemRequest keep_up(base::Timestamp now) const;
  dynamodb::UpdateItemRequest give_back() const;
  // Of a transaction: holds while the lease is this holder's.
  dynamodb::ConditionCheck condition() const;

 private:
  const std::string table_, key_;
  const std::chrono::milliseconds time_;
  const std::string id_;
};

}  // namespace dynamo_backend
