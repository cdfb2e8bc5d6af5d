#include "auth/cognito/refresh_flights.h"

#include "base/secrets.h"

namespace auth::cognito {

LoginResult<Login> RefreshFlights::once(const std::string& refresh_token,
                                        const std::function<LoginResult<Login>()>& refresh) {
  const std::string key = base::sha256(refresh_token);
  std::promise<LoginResult<Login>> promise;
  std::shared_future<LoginResult<Login>> result;
  {
    const std::lock_guard lock(mutex_);
    const auto now = now_();
    std::erase_if(flights_,
                  [&](const auto& flight) { return now - flight.second.started_at > kKept; });
    if (const auto found = flights_.find(key); found != flights_.end()) {
      result = found->second.result;
    } else {
      flights_[key] = {promise.get_future().share(), now};
    }
  }
  if (result.valid()) return result.get();
  try {
    auto outcome = refresh();
    promise.set_value(outcome);
    return outcome;
  } catch (...) {
    promise.set_exception(std::current_exception());
    throw;
  }
}

}  // namespace auth::cognito
