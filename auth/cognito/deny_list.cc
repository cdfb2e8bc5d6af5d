#include "auth/cognito/deny_list.h"

namespace auth::cognito {

void DenyList::add(std::string token_id, base::Timestamp until) {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  const auto drop_first = [&] {
    const auto first = by_end_.begin();
    // An id that was added again has a later end, and is dropped with that.
    if (const auto found = ends_.find(first->second);
        found != ends_.end() && found->second == first->first)
      ends_.erase(found);
    by_end_.erase(first);
  };
  while (!by_end_.empty() && by_end_.begin()->first <= now) drop_first();
  auto& end = ends_[token_id];
  if (until <= end) return;
  end = until;
  by_end_.emplace(until, std::move(token_id));
  while (by_end_.size() > most_) drop_first();
}

bool DenyList::contains(std::string_view token_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(token_id);
  return found != ends_.end() && found->second > now_();
}

}  // namespace auth::cognito
