#include "auth/cognito/deny_list.h"

namespace auth::cognito {

void DenyList::add(const std::string& token_id, base::Timestamp until) {
  keep(token_id, until);
  if (shared_.add) shared_.add(token_id, until);
}

void DenyList::keep(const std::string& token_id, base::Timestamp until) {
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
  by_end_.emplace(until, token_id);
  while (by_end_.size() > most_) drop_first();
}

bool DenyList::contains(const std::string& token_id) {
  bool must_ask = false;
  if (is_known(token_id, must_ask)) return true;
  if (!must_ask) return false;
  const auto until = shared_.find(token_id);  // without the lock: it takes a while
  if (until) {
    keep(token_id, *until);
    return *until > now_();
  }
  const std::lock_guard lock(mutex_);
  if (asked_.size() >= most_) asked_.clear();
  asked_[token_id] = now_();
  return false;
}

bool DenyList::is_known(const std::string& token_id, bool& must_ask) {
  const std::lock_guard lock(mutex_);
  const auto now = now_();
  if (const auto found = ends_.find(token_id); found != ends_.end() && found->second > now)
    return true;
  const auto asked = asked_.find(token_id);
  must_ask = shared_.find && !token_id.empty() &&
             (asked == asked_.end() || now - asked->second >= kAskAgain);
  return false;
}

}  // namespace auth::cognito
