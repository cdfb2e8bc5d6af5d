// ScanPages: the pages of a whole Scan, in no order, read in several segments at once.
//
// Threads: one a segment and one that starts them; a few pages are kept ready, and no more. All end
// with the object.
// Thread safety: one thread at a time.
#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

#include "base/call_ledger.h"
#include "dynamodb/batch.h"
#include "dynamodb/capacity_scope.h"

namespace dynamo_backend {

inline constexpr unsigned kMostScanSegments = 16;

class ScanPages {
 public:
  ScanPages(dynamodb::Client& client, dynamodb::ScanRequest request, unsigned segments,
            dynamodb::BatchOptions options);
  ~ScanPages();
  ScanPages(const ScanPages&) = delete;
  ScanPages& operator=(const ScanPages&) = delete;
  // The next page; nullopt at the end. Throws DatabaseError; what was read before it comes first.
  std::optional<dynamodb::PageResult> next();

 private:
  void run();
  bool keep(const dynamodb::PageResult& page);

  dynamodb::Client& client_;
  const dynamodb::ScanRequest request_;
  const unsigned segments_;
  const dynamodb::BatchOptions options_;
  const std::shared_ptr<dynamodb::CapacityScope::Sum> counted_;  // of the thread that asks
  const std::shared_ptr<base::CallLedger::State> ledgers_;

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<dynamodb::PageResult> pages_{};
  bool stop_ = false, ended_ = false;
  std::exception_ptr failure_{};
  std::thread thread_{};
};

}  // namespace dynamo_backend
