// CredentialCache: credentials for calls that must not wait for them on the caller's thread.
//
// net::aws::CredentialsProvider blocks where it has to ask somebody; here that happens on a thread
// of its own. Thread safety: any thread.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/timestamp.h"
#include "dynamodb/aws/timer.h"
#include "net/aws/credentials.h"
#include "net/http_client.h"

namespace dynamodb::aws {

class CredentialCache {
 public:
  using Clock = std::chrono::steady_clock;
  using Done = std::function<void(const net::aws::CredentialsResult&)>;

  // `http`: of the connections to services that give credentials.
  CredentialCache(net::aws::CredentialsOptions options, net::ClientOptions http);

  // Calls `done` once: at once with credentials that are known and good for some time yet, else on
  // the cache's thread.
  void get(Clock::time_point deadline, Done done);
  // A service has refused these as expired.
  void invalidate(const net::aws::Credentials& refused);
  // What waits, and a look-up that is at work, are answered with an error.
  void stop() {
    http_.stop();
    thread_.stop();
  }

 private:
  // Whether `credentials` hold for that long.
  bool hold(const net::aws::Credentials& credentials, std::chrono::seconds time) const;
  net::aws::CredentialsResult fetch(Clock::time_point deadline);

  const std::chrono::seconds refresh_before_;
  const base::NowFunction now_;
  net::HttpClient http_;
  net::aws::CredentialsProvider provider_;
  std::mutex mutex_;
  std::optional<net::aws::Credentials> known_{};
  bool refreshing_ = false;  // ahead of time, while those that are known still hold
  Timer thread_{};
};

}  // namespace dynamodb::aws
