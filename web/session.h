// Session: what a site remembers of one browser between requests.
//
//   app.use(web::sessions(std::make_shared<web::MemorySessionStore>()));
//   …
//   web::Session& session = web::session(request);
//   session.set("theme", "dark");
//   if (const base::Json* theme = session.find("theme")) …        // with "base/json.h"
//
// It is loaded by the first call that needs it and saved when the view has answered, where it was
// changed and the answer is no server error. A browser gets a session when something is set: its
// cookie holds 256 random bits, and the store their SHA-256. An identifier that the store does not
// know is never taken up. A store that does not answer makes the request 503: a client must not
// seem anonymous, nor lose its session, because of that.
//
// The cookie is `__Host-session`: Secure, HttpOnly, SameSite=Lax. Over plain HTTP on loopback,
// where browsers refuse that name, it is `session`.
//
// Two requests of one session at once: the later save wins, and none brings an ended session back.
// Thread safety: one thread at a time, the request's.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "base/timestamp.h"
#include "web/middleware.h"

namespace web {

class SessionStore;
struct StoredSession;

struct SessionOptions {
  std::chrono::seconds idle = std::chrono::hours(12);           // since it was last seen
  std::chrono::seconds absolute = std::chrono::hours(24 * 14);  // since its user signed in
  std::size_t max_bytes = 64 * 1024;  // of its data as JSON; more is an error of the view
  std::string cookie_name = "session";
  base::NowFunction now = base::now;
};

class Session {
 public:
  Session(const Request& request, SessionStore& store, const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Whether the browser has a session, or was given one by this request.
  bool exists();
  // nullptr where there is none. Valid until the session is changed.
  const base::Json* find(std::string_view name);
  void set(std::string_view name, base::Json value);
  void erase(std::string_view name);

  // Whose session it is; empty: nobody has signed in.
  const std::string& user_key();
  // Signs in: with a new identifier, a new beginning, and without the data of another user.
  void set_user_key(std::string user_key);

  // Whether the browser forgets it when it is closed. It keeps it, unless told so.
  void end_with_browser(bool ends);

  // A new identifier for the same data, when what it may do changes; the old one ends at once.
  void rotate();
  // Ends the session and forgets its data. What is set afterwards begins another.
  void flush();

  // What identifies it, to bind tokens to; empty where there is no session. Never send it.
  const std::string& id();
  // SHA-256 of id(), as the store knows it.
  std::string key_hash();
  base::Timestamp created_at();
  // When the request before this one came, within five minutes; for idle times that are shorter
  // than the session's own.
  base::Timestamp last_seen_at();

 private:
  friend Middleware sessions(std::shared_ptr<SessionStore> store, SessionOptions options);
  void load();
  void begin();
  bool is_live(const StoredSession& stored) const;
  // Writes to the store what changed, and to the response what its browser must know.
  void finish(Response& response);
  void write();
  void set_expiry();

  const Request& request_;
  SessionStore& store_;
  const SessionOptions& options_;
  const bool plain_cookie_;
  bool loaded_ = false;
  bool changed_ = false;
  bool is_new_ = false;       // not in the store under this identifier
  std::string id_{};          // empty: none
  std::string former_key_{};  // in the store, to be removed
  std::unique_ptr<StoredSession> stored_;
  base::Timestamp seen_before_{};
};

Middleware sessions(std::shared_ptr<SessionStore> store, SessionOptions options = {});

// The request's. Throws std::logic_error where the application does not use sessions().
Session& session(Request& request);
// The same; nullptr where it does not.
Session* find_session(Request& request);

// Whether the request comes over plain HTTP on loopback, where browsers refuse cookies whose name
// begins with "__Host-".
bool is_loopback_http(const Request& request);
// "__Host-" + name, or the bare name where is_loopback_http().
std::string host_cookie_name(const Request& request, std::string_view name);

}  // namespace web
