// Backfiller: fills indexes that were added to tables with rows, on a thread of its own, chunk by
// chunk through the pipeline.
//
// An index that a crash left half filled is filled again from the start: making an entry that is
// there changes nothing.
#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "dynamodb/local/pipeline.h"
#include "dynamodb/local/schema_writes.h"

namespace dynamodb::local {

class Backfiller {
 public:
  // Continues what an earlier process left unfinished.
  Backfiller(Storage& storage, Catalog& catalog, Pipeline& pipeline);
  ~Backfiller() { stop(); }
  Backfiller(const Backfiller&) = delete;
  Backfiller& operator=(const Backfiller&) = delete;

  // Nothing where the index is gone already.
  void add(const std::string& table, std::string_view index);
  // Every index that is not filled.
  void add_all();
  // Joins; what is unfinished continues at the next open.
  void stop();

 private:
  void run();
  // False when it must be tried again.
  bool fill(const FillTarget& target);
  bool fill_chunks(const FillTarget& target, const TableState& table);
  // Waits for a write of `make(done)`; an error, or its outcome.
  template <class Make>
  Result<bool> perform(const Make& make);

  Storage& storage_;
  Catalog& catalog_;
  Pipeline& pipeline_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<FillTarget> tasks_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dynamodb::local
