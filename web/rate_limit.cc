#include "web/rate_limit.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include <arpa/inet.h>

#include "base/log.h"
#include "base/secrets.h"
#include "web/application.h"
#include "web/session.h"

namespace web {
namespace {

using UserName = std::function<std::string(Request&)>;

std::string user_of_session(Request& request) {
  Session* const session = find_session(request);
  return session ? session->user_key() : "";
}

std::string counter_name(Request& request, const RateLimit& limit, std::string_view of) {
  const Signer signer(request.application().secret_keys(), "rate-limit");
  return limit.name + ":" + base::to_hex(signer.mac(limit.name + ":" + std::string(of)));
}

bool counts(Request& request, const RateLimit& limit) {
  return limit.parameter.empty() || !request.query(limit.parameter).value_or("").empty();
}

// A user is no address: neither can be taken for the other.
std::string counted(Request& request, const RateLimit& limit, const UserName& user) {
  const std::string name = limit.per == RateLimit::Per::user ? user(request) : "";
  if (!name.empty()) return "user:" + name;
  return "address:" + network_of(request.client_address());
}

std::chrono::seconds until(base::Timestamp end, base::Timestamp now) {
  return std::max(std::chrono::ceil<std::chrono::seconds>(end - now), std::chrono::seconds(1));
}

}  // namespace

CounterStore::Count MemoryCounterStore::count_up(const std::string& key,
                                                 std::chrono::seconds life) {
  const std::lock_guard lock(mutex_);
  const base::Timestamp now = now_();
  if (counts_.size() >= sweep_at_) {
    std::erase_if(counts_, [&](const auto& entry) { return entry.second.until <= now; });
    sweep_at_ = std::max<std::size_t>(1024, 2 * counts_.size());
  }
  Count& count = counts_[key];
  if (count.until <= now) count = {.count = 0, .until = now + life};
  ++count.count;
  return count;
}

std::size_t MemoryCounterStore::size() const {
  const std::lock_guard lock(mutex_);
  return counts_.size();
}

std::string network_of(std::string_view address) {
  const std::string text(address);
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    char v4[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, v6.s6_addr + 12, v4, sizeof v4);
    return v4;
  }
  std::string network;
  for (int i = 0; i < 8; i += 2) {
    char group[8];
    std::snprintf(group, sizeof group, "%s%x", i == 0 ? "" : ":",
                  v6.s6_addr[i] << 8 | v6.s6_addr[i + 1]);
    network += group;
  }
  return network;
}

namespace {

// Counts the request; throws HttpError 429.
void check_rate(Request& request, CounterStore& store, const RateLimit& limit, const UserName& user,
                const base::NowFunction& now) {
  const bool developers = request.application().options().debug && is_loopback_http(request) &&
                          request.client_address() == request.peer();
  if (developers) return;
  const std::string of = counter_name(request, limit, counted(request, limit, user));
  CounterStore::Count count;
  try {
    count = store.count_up(of, limit.window);
  } catch (const std::exception& error) {
    base::log_error("request " + std::string(request.request_id()) + ": the rate limit \"" +
                    limit.name + "\" is not enforced: " + error.what());
    return;
  }
  if (count.count <= limit.allowed) return;
  const std::string seconds = std::to_string(until(count.until, now()).count());
  base::log_warning("request " + std::string(request.request_id()) + " from " +
                    std::string(request.client_address()) + " refused: over the rate limit \"" +
                    limit.name + "\"");
  HttpError refusal(429, "too_many_requests",
                    "Too many requests. Try again in " + seconds + " seconds.");
  refusal.headers.add("Retry-After", seconds);
  throw refusal;
}

// Of limits of these kinds.
Middleware limits_per(std::vector<RateLimit::Per> kinds, std::shared_ptr<CounterStore> store,
                      UserName user, base::NowFunction now) {
  return [kinds = std::move(kinds), store = std::move(store), user = std::move(user),
          now = std::move(now)](Request& request, const Next& next) {
    if (const Route* const route = request.route()) {
      for (const RateLimit& limit : route->limits) {
        const bool is_here = std::find(kinds.begin(), kinds.end(), limit.per) != kinds.end();
        if (is_here && counts(request, limit)) check_rate(request, *store, limit, user, now);
      }
    }
    return next(request);
  };
}

}  // namespace

void count_request(Request& request, CounterStore& store, const RateLimit& limit) {
  check_rate(request, store, limit, {}, base::now);
}

Middleware rate_limits(std::shared_ptr<CounterStore> store, base::NowFunction now) {
  return limits_per({RateLimit::Per::address, RateLimit::Per::user}, std::move(store),
                    user_of_session, std::move(now));
}

Middleware address_rate_limits(std::shared_ptr<CounterStore> store, base::NowFunction now) {
  return limits_per({RateLimit::Per::address}, std::move(store), {}, std::move(now));
}

Middleware user_rate_limits(std::shared_ptr<CounterStore> store,
                            std::function<std::string(Request&)> user, base::NowFunction now) {
  return limits_per({RateLimit::Per::user}, std::move(store), std::move(user), std::move(now));
}

}  // namespace web
