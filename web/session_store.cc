#include "web/session_store.h"

namespace web {

std::optional<StoredSession> MemorySessionStore::load(std::string_view key_hash) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(key_hash);
  return found == sessions_.end() ? std::nullopt : std::optional(found->second);
}

bool MemorySessionStore::save(const StoredSession& session, Write write) {
  const std::lock_guard lock(mutex_);
  if (write == Write::update && !sessions_.contains(session.key_hash)) return false;
  sessions_.insert_or_assign(session.key_hash, session);
  return true;
}

void MemorySessionStore::remove(std::string_view key_hash) {
  const std::lock_guard lock(mutex_);
  if (const auto found = sessions_.find(key_hash); found != sessions_.end()) sessions_.erase(found);
}

std::size_t MemorySessionStore::size() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace web
