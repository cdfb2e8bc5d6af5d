#include "dynamo_backend/scan_pages.h"

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend {

ScanPages::ScanPages(dynamodb::Client& client, dynamodb::ScanRequest request, unsigned segments,
                     dynamodb::BatchOptions options)
    : client_(client),
      request_(std::move(request)),
      segments_(segments),
      options_(std::move(options)),
      counted_(dynamodb::CapacityScope::current()),
      ledgers_(base::CallLedger::current()) {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    throw DatabaseError(
        dynamodb::unavailable(std::string("no thread can be started: ") + error.what()), "Scan");
  }
}

ScanPages::~ScanPages() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ScanPages::run() {
  std::exception_ptr failure;
  try {
    const dynamodb::CapacityScope::Lent lent(counted_);
    const base::CallLedger::Lent lent_ledgers(ledgers_);
    take(dynamodb::parallel_scan(
             client_, request_, segments_,
             [this](const dynamodb::PageResult& page) { return keep(page); }, options_),
         "Scan");
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    ended_ = true;
  }
  changed_.notify_all();
}

bool ScanPages::keep(const dynamodb::PageResult& page) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_ || pages_.size() < segments_; });
  if (stop_) return false;
  pages_.push_back(page);
  changed_.notify_all();
  return true;
}

std::optional<dynamodb::PageResult> ScanPages::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ended_ || !pages_.empty(); });
  if (pages_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  dynamodb::PageResult page = std::move(pages_.front());
  pages_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return page;
}

}  // namespace dynamo_backend
