#include "dynamodb/local/index_history.h"

#include <algorithm>

namespace dynamodb::local {
namespace {

constexpr std::chrono::milliseconds kShared{10};  // bounds the number of snapshots

}  // namespace

void IndexHistory::before_commit() {
  const std::lock_guard lock(mutex_);
  base::Timestamp now = now_();
  if (!views_.empty()) now = std::max(now, views_.back().last);  // clocks may be set back
  while (!views_.empty() && views_.front().last <= now - kept_) views_.pop_front();
  if (!views_.empty() && now - views_.back().first <= kShared) {
    views_.back().last = now;
    return;
  }
  const auto release = [&db = db_](const rocksdb::Snapshot* snapshot) {
    db.ReleaseSnapshot(snapshot);
  };
  views_.push_back({{db_.GetSnapshot(), release}, now, now});
}

std::shared_ptr<const rocksdb::Snapshot> IndexHistory::view(std::chrono::milliseconds lag) const {
  const std::lock_guard lock(mutex_);
  const base::Timestamp seen = now_() - lag;
  const auto found = std::partition_point(views_.begin(), views_.end(),
                                          [&](const View& view) { return view.last <= seen; });
  return found == views_.end() ? nullptr : found->snapshot;
}

void IndexHistory::clear() {
  const std::lock_guard lock(mutex_);
  views_.clear();
}

}  // namespace dynamodb::local
