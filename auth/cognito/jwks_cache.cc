#include "auth/cognito/jwks_cache.h"

#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace auth::cognito {

using Clock = JwksOptions::Clock;

struct JwksCache::State : std::enable_shared_from_this<JwksCache::State> {
  State(net::HttpClient& client, JwksOptions given) : http(client), options(std::move(given)) {}

  // Both with `mutex` held by `lock`.
  bool may_fetch() const {
    return !in_flight && (!last_caused || options.clock() - *last_caused >= options.least_interval);
  }
  void fetch(std::unique_lock<std::mutex>& lock);
  void take(const net::ClientOutcome& outcome);

  net::HttpClient& http;
  const JwksOptions options;
  std::mutex mutex;
  std::condition_variable fetched;
  std::shared_ptr<const KeySet> keys;
  Clock::time_point keys_time{};
  bool in_flight = false;
  std::uint64_t fetches_done = 0;
  std::optional<Clock::time_point> last_caused;  // when a token caused a fetch
};

void JwksCache::State::fetch(std::unique_lock<std::mutex>& lock) {
  in_flight = true;
  lock.unlock();  // the completion takes it
  http.send(
      {.method = "GET",
       .url = options.url,
       .headers = {{"Accept", "application/json"}},
       .deadline = Clock::now() + options.deadline,
       .max_response_bytes = kMostKeySetBytes},
      [self = shared_from_this()](const net::ClientOutcome& outcome) { self->take(outcome); });
  lock.lock();
}

void JwksCache::State::take(const net::ClientOutcome& outcome) {
  std::shared_ptr<const KeySet> found;
  std::string problem;
  try {
    if (!outcome)
      problem = outcome.error().message;
    else if (outcome->status != 200)
      problem = "answered " + std::to_string(outcome->status);
    else
      found = std::make_shared<const KeySet>(KeySet::parse(outcome->body));
  } catch (const KeySetError& error) {
    problem = error.what();
  }
  if (!problem.empty()) base::log_warning("cognito: keys at " + options.url + ": " + problem);
  {
    const std::lock_guard lock(mutex);
    if (found) {
      keys = std::move(found);
      keys_time = options.clock();
    }
    in_flight = false;
    ++fetches_done;
  }
  fetched.notify_all();
}

JwksCache::JwksCache(net::HttpClient& http, JwksOptions options)
    : state_(std::make_shared<State>(http, std::move(options))) {}
JwksCache::~JwksCache() = default;

void JwksCache::prefetch() {
  std::unique_lock lock(state_->mutex);
  if (!state_->in_flight) state_->fetch(lock);
}

TokenResult<std::shared_ptr<const RsaKey>> JwksCache::find(std::string_view key_id) {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  const auto known = [&] { return state.keys ? state.keys->find(key_id) : nullptr; };
  if (auto key = known()) {
    if (state.options.clock() - state.keys_time >= state.options.refresh_after &&
        state.may_fetch()) {
      state.last_caused = state.options.clock();
      state.fetch(lock);
    }
    return key;
  }
  for (bool caused = false; state.in_flight || (!caused && state.may_fetch());) {
    if (!state.in_flight) {
      caused = true;
      state.last_caused = state.options.clock();
      state.fetch(lock);
    }
    const auto done = state.fetches_done;
    state.fetched.wait(lock, [&] { return !state.in_flight || state.fetches_done != done; });
    if (auto key = known()) return key;
    if (caused) break;
  }
  if (!state.keys)
    return TokenError{TokenFault::keys_unavailable, "the pool's keys cannot be fetched"};
  return TokenError{TokenFault::unknown_key, "kid is of none of the pool's keys"};
}

}  // namespace auth::cognito
