// RefreshFlights: a refresh token is used once, however many requests of its session find at the
// same moment that it is time to (L7).
//
// The first asks the provider; the others, and those that come in the next half a minute with the
// session as it was, get the same tokens. Thread safety: any thread.
#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <string>

#include "auth/cognito/oidc_client.h"

namespace auth::cognito {

class RefreshFlights {
 public:
  explicit RefreshFlights(base::NowFunction now) : now_(std::move(now)) {}

  LoginResult<Login> once(const std::string& refresh_token,
                          const std::function<LoginResult<Login>()>& refresh);

 private:
  struct Flight {
    std::shared_future<LoginResult<Login>> result;
    base::Timestamp started_at;
  };
  static constexpr std::chrono::seconds kKept{30};  // within the provider's grace

  const base::NowFunction now_;
  std::mutex mutex_;
  std::map<std::string, Flight> flights_;  // by the token's SHA-256
};

}  // namespace auth::cognito
