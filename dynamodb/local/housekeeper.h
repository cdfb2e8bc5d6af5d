// Housekeeper: what time does to tables, on a thread of its own, in small writes through the
// pipeline: expired rows go, streams roll and are trimmed.
//
// A sweep costs what there is to do: expired rows stand first in the index of expiries, old records
// first in their shards. Thread safety: any thread.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "dynamodb/local/pipeline.h"
#include "dynamodb/local/time_to_live.h"

namespace dynamodb::local {

class Housekeeper {
 public:
  // `interval` between two sweeps; zero: only expire() and tend_streams() sweep.
  Housekeeper(Storage& storage, Catalog& catalog, Pipeline& pipeline, base::NowFunction now,
              std::chrono::seconds interval);
  ~Housekeeper() { stop(); }
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  // Time to live was switched on: the thread fills the index of expiries.
  void wake();
  // Joins; what is unfinished continues at the next open.
  void stop();

  // One sweep, on the caller's thread: the number of rows that it deleted.
  Result<std::uint64_t> expire();
  Result<void> tend_streams();

 private:
  void run();
  Result<void> fill_all();
  Result<void> fill(const TableState& table);
  Result<std::uint64_t> expire_rows(const TablePtr& table);
  Result<void> tend(const StreamState& stream);
  Result<std::uint64_t> first_kept(const ShardState& shard, base::Timestamp now) const;
  template <class T, class Make>
  Result<T> perform(const Make& make);

  Storage& storage_;
  Catalog& catalog_;
  Pipeline& pipeline_;
  const base::NowFunction now_;
  const std::chrono::seconds interval_;
  std::mutex sweeping_;  // held for a sweep: one at a time
  std::mutex mutex_;
  std::condition_variable wake_;
  bool fill_ = false;  // a table may have an index of expiries to be filled
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace dynamodb::local
