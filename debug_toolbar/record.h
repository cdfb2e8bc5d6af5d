// Record: one request as the panel keeps it.
// Thread safety: a value.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/call_ledger.h"
#include "base/timestamp.h"
#include "debug_toolbar/totals.h"

namespace debug_toolbar {

struct Record {
  std::int64_t id = 0;
  std::string method{}, path{}, route{}, request_id{};
  int status = 0;
  base::Timestamp at{};
  std::chrono::nanoseconds time{};
  // What is streamed calls on after the request's time.
  base::CallLedger::Calls calls{};
  std::vector<std::string> scope_warnings{};  // of its RequestScope
};
Totals totals_of(const Record& record);
// What is wrong with it, each with what mends it: what was said while it ran, the same item read
// again, and filters that read far more than they return.
std::vector<std::string> warnings_of(const Record& record, const Totals& totals);

// The last requests. Thread safety: any thread.
class Records {
 public:
  explicit Records(std::size_t most) : most_(most) {}
  // Gives it its id.
  void add(const std::shared_ptr<Record>& record);
  std::vector<std::shared_ptr<const Record>> latest() const;  // the newest first
  std::shared_ptr<const Record> find(std::int64_t id) const;  // nullptr: gone

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::int64_t next_id_ = 1;
  std::deque<std::shared_ptr<const Record>> records_{};
};

// The request's text on the wire with values of secret names (passwords, tokens, sessions) masked.
std::string masked_request(const base::CallLedger::Call& call);

}  // namespace debug_toolbar
