// SessionStore: where sessions are kept. `auth` implements it on the database; MemorySessionStore
// is for tests and for sites of one process that may forget.
//
// A store never sees a session's identifier: the key is its SHA-256, so that who reads the store
// cannot take a session over.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/timestamp.h"

namespace web {

struct StoredSession {
  std::string key_hash{};                  // hex SHA-256 of the identifier
  base::Json data = base::Json::object();  // what views keep
  std::string user_key{};                  // whose session it is; empty: nobody's yet
  base::Timestamp created_at{};
  base::Timestamp last_seen_at{};
  base::Timestamp expires_at{};  // for the store to delete it; it is checked on read all the same
};

// Thread safety: any thread. Every function throws where the store does not answer: the request is
// then answered 503, since a client must not become anonymous because of that.
class SessionStore {
 public:
  enum class Write { create, update };

  virtual ~SessionStore() = default;
  virtual std::optional<StoredSession> load(std::string_view key_hash) = 0;
  // An update is of a row that is still there: it must not bring back a session that another
  // request has ended meanwhile. False: it was gone, and nothing is written.
  virtual bool save(const StoredSession& session, Write write) = 0;
  virtual void remove(std::string_view key_hash) = 0;  // no error where there is none
};

class MemorySessionStore : public SessionStore {
 public:
  std::optional<StoredSession> load(std::string_view key_hash) override;
  bool save(const StoredSession& session, Write write) override;
  void remove(std::string_view key_hash) override;
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, StoredSession, std::less<>> sessions_;
};

}  // namespace web
