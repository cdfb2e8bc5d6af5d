// JwksCache: a pool's keys, fetched when they are needed and kept (J10).
//
// One fetch at a time serves all who wait for it. A `kid` that is not known causes a fetch, but one
// in ten seconds at most, however many such tokens come; between them the answer is immediate. The
// last good set stays when a fetch fails. Keys older than an hour are fetched anew beside the
// requests, so that a key that the pool has withdrawn is not believed for good.
//
// Thread safety: any thread. find() blocks while a fetch runs that it needs, three seconds at most.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "auth/cognito/key_set.h"
#include "net/http_client.h"

namespace auth::cognito {

struct JwksOptions {
  using Clock = std::chrono::steady_clock;
  std::string url;                          // from configuration, never from a token (J4)
  std::chrono::seconds least_interval{10};  // between fetches that tokens cause
  std::chrono::seconds refresh_after{3600};
  std::chrono::milliseconds deadline{3'000};  // of a fetch
  std::function<Clock::time_point()> clock = Clock::now;
};

class JwksCache : public KeySource {
 public:
  // REQUIRES: `http` outlives *this.
  JwksCache(net::HttpClient& http, JwksOptions options);
  ~JwksCache() override;

  // Fetches beside the caller, so that the first token need not wait. Not counted by
  // least_interval.
  void prefetch();

  TokenResult<std::shared_ptr<const RsaKey>> find(std::string_view key_id) override;

 private:
  struct State;
  const std::shared_ptr<State> state_;  // a fetch in flight holds it too
};

}  // namespace auth::cognito
