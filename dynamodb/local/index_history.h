// IndexHistory: views of the database as it was a moment ago, for indexes that lag on purpose.
//
// Before a commit it takes a snapshot, which costs nothing but that what the commit replaces is
// kept for a while; commits that follow one another closely share one. Thread safety: any thread.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>

#include <rocksdb/db.h>

#include "base/timestamp.h"

namespace dynamodb::local {

class IndexHistory {
 public:
  // REQUIRES: `db` outlives this object and every view.
  IndexHistory(rocksdb::DB& db, base::NowFunction now, std::chrono::milliseconds kept)
      : db_(db), now_(std::move(now)), kept_(kept) {}

  void before_commit();
  // Without the commits of the last `lag`, and perhaps without those of up to 10 ms before; null
  // where there were none, so that the database itself is such a view.
  std::shared_ptr<const rocksdb::Snapshot> view(std::chrono::milliseconds lag) const;
  void clear();

 private:
  struct View {
    std::shared_ptr<const rocksdb::Snapshot> snapshot;
    base::Timestamp first, last;  // of the commits between this view and the next
  };

  rocksdb::DB& db_;
  const base::NowFunction now_;
  const std::chrono::milliseconds kept_;
  mutable std::mutex mutex_;
  std::deque<View> views_;  // the oldest first
};

}  // namespace dynamodb::local
