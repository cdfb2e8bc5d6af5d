// Lease: one process at a time does something again and again, say reads a table's changes.
//
//   Lease lease(connection, "search/posts");
//   while (…) if (lease.hold()) do_a_round(); else wait();
//
// An item of the table `<prefix>ddbdjango_leases` (lease_row.h), which is made when it is first
// needed. hold() between two rounds takes the lease, or keeps it up; no thread does. A round that
// outlasts the lease may be done by two at once: it must be harmless. For readers of changes it is:
// what they write is ordered by the rows' versions, and positions that go back are read again.
// Migrations, whose steps are not harmless, check the lease with each write (migrations/lease.h).
// Thread safety: one thread at a time.
#pragma once
#include <map>
#include <string>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/lease_row.h"
#include "dynamo_backend/types.h"

namespace dynamo_backend::changes {

inline constexpr std::string_view kLeaseTable = "ddbdjango_leases";  // without the prefix

struct LeaseOptions {
  std::chrono::milliseconds time{30'000};      // without heartbeat it expires after this
  std::chrono::milliseconds heartbeat{5'000};  // hold() writes no more often
};

class Lease {
 public:
  // REQUIRES: `connection` outlives it.
  Lease(const Connection& connection, std::string name, LeaseOptions options = {});
  ~Lease();  // gives it back
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // Whether it is this object's, which it is made where it can be. Throws DatabaseError; then it is
  // held as long as held() says.
  bool hold();
  bool held() const { return connection_.now() < good_until_; }
  void give_back();  // throws nothing
  std::uint64_t fence() const { return fence_; }

  // For people: what the next heartbeat also writes. It stays when the lease is given back.
  void note(std::string attribute, Value value) { notes_[std::move(attribute)] = std::move(value); }

 private:
  std::optional<LeaseOwner> read() const;
  bool take();
  bool keep_up();
  bool write(dynamodb::UpdateItemRequest request, base::Timestamp now);

  const Connection& connection_;
  const LeaseOptions options_;
  const LeaseRow row_;
  std::map<std::string, Value> notes_{};
  std::uint64_t fence_ = 0;
  base::Timestamp good_until_{}, next_heartbeat_{};
};

// Makes the table of leases where it is missing.
void ensure_lease_table(const Connection& connection);

// What the lease's item says, as it was last written; nullopt: nobody ever took it.
std::optional<dynamodb::PackedItem> lease_item(const Connection& connection,
                                               const std::string& name);

}  // namespace dynamo_backend::changes
