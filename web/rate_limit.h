// Rate limits: how often a client or a user may ask a route, counted for all processes together.
//
//   r.get("/search/", search, "search").rate_limit({.name = "search", .allowed = 60});
//   r.post("/comments/", add, "add").rate_limit({.name = "comments", .allowed = 5});
//   app.use(web::rate_limits(auth::counter_store()));           // inside sessions()
//
// Each limit is a window that begins with its first request: from then on `allowed` requests are
// answered, and more are 429 with Retry-After, until it ends. Routes that name the same limit share
// it. A client is its address (IPv6: its /64), a user the session's; where users are known in other
// ways too, address_rate_limits() and user_rate_limits() take the place of rate_limits(). Counters
// are named by a keyed hash, so that their table tells no addresses.
//
// Off in debug for loopback, so that scripts on the developer's machine run freely. Where the
// counters do not answer, requests are let through and an error is logged: a limit must not take
// the site down. Doors that take passwords have stricter ones of their own (auth/throttle.h).
//
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "web/middleware.h"
#include "web/route.h"

namespace web {

class CounterStore {
 public:
  struct Count {
    std::int64_t count = 0;
    base::Timestamp until{};  // when it begins anew
  };
  virtual ~CounterStore() = default;
  // Counts one, atomically, and gives the count with it; `life` is of a counter that begins here.
  virtual Count count_up(const std::string& key, std::chrono::seconds life) = 0;
};

// Of one process: for tests, and for sites of one process.
class MemoryCounterStore : public CounterStore {
 public:
  explicit MemoryCounterStore(base::NowFunction now = base::now) : now_(std::move(now)) {}
  Count count_up(const std::string& key, std::chrono::seconds life) override;
  std::size_t size() const;

 private:
  const base::NowFunction now_;
  mutable std::mutex mutex_;
  std::map<std::string, Count> counts_;
  std::size_t sweep_at_ = 1024;  // how many there may be before those that have ended are dropped
};

// Enforces what routes declare.
Middleware rate_limits(std::shared_ptr<CounterStore> store, base::NowFunction now = base::now);

// Its two halves: limits per address, before anything else is done; and those per user, after what
// finds out who it is. `user`: a name of the request's user; empty: nobody is signed in.
Middleware address_rate_limits(std::shared_ptr<CounterStore> store,
                               base::NowFunction now = base::now);
Middleware user_rate_limits(std::shared_ptr<CounterStore> store,
                            std::function<std::string(Request&)> user,
                            base::NowFunction now = base::now);

// Counts the request against a limit per address that its route does not name, for what a door
// finds out by itself: that a token is wrong. HttpError 429.
void count_request(Request& request, CounterStore& store, const RateLimit& limit);

// "203.0.113.9", and the /64 of an IPv6 address: "2001:db8:0:0".
std::string network_of(std::string_view address);

}  // namespace web
