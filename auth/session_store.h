// DynamoSessionStore: the sessions of web/session.h as rows of SessionRow; and a user's sessions,
// to be listed and ended.
//
// Thread safety: any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "auth/models.h"
#include "web/session_store.h"

namespace auth {

class DynamoSessionStore : public web::SessionStore {
 public:
  std::optional<web::StoredSession> load(std::string_view key_hash) override;
  bool save(const web::StoredSession& session, Write write) override;
  void remove(std::string_view key_hash) override;
};

struct UserSession {
  std::string key_hash{};
  std::string address{};     // from where the user signed in
  std::string user_agent{};  // with what
  Timestamp created_at{};
  Timestamp last_seen_at{};
};
// Those that have not expired, the last seen first.
std::vector<UserSession> sessions_of(const User& user);

// False: it is not this user's, or gone.
bool end_session(const User& user, std::string_view key_hash);
// Every one; those that begin at this moment with what held before, too.
void end_sessions(User& user);

}  // namespace auth
