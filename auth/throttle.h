// LoginThrottle: how often someone may try a password (rule N1), for every door that takes one.
//
//   auth::LoginThrottle throttle(secret);
//   if (auto user = throttle.authenticate(name, password, request.client_address())) …
//
// An attempt counts as failed until it has succeeded, so that many at once gain nothing. An address
// from which the account has signed in before has a count of its own: others cannot lock it out.
// Counters are rows that all processes share. Thread safety: any thread.
#pragma once
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include "auth/users.h"
#include "base/timestamp.h"

namespace auth {

// To be answered with 429 and Retry-After.
struct Throttled : std::runtime_error {
  Throttled(const std::string& message, std::chrono::seconds wait)
      : std::runtime_error(message), retry_after(wait) {}
  std::chrono::seconds retry_after;
};

struct LoginLimits {
  std::int64_t attempts_per_address = 30;  // a minute, successful ones as well
  std::int64_t failures_per_address = 10;  // a minute
  std::int64_t failures_per_account = 5;   // in account_window; then each window is twice as long
  std::chrono::seconds account_window{300};
  std::chrono::seconds longest_window{3600};
};

class LoginThrottle {
 public:
  // Throws std::invalid_argument for limits that are none.
  explicit LoginThrottle(std::string secret, LoginLimits limits = {});

  // authenticate() of users.h, as often as it is allowed; throws Throttled. Name and address of a
  // user are one account.
  std::optional<User> authenticate(std::string_view name_or_email, std::string_view password,
                                   std::string_view address) const;

  // Its parts, for doors of other kinds. Throws Throttled where there were too many.
  void begin(std::string_view account, std::string_view address) const;
  void succeeded(std::string_view account, std::string_view address) const;
  // From here on others' failures do not lock the account for this address: its owner was there.
  void know(std::string_view account, std::string_view address) const;

 private:
  std::string account_key(std::string_view account, std::string_view address) const;
  base::Timestamp lock(const std::string& of_account, base::Timestamp until) const;
  std::string key(std::string_view purpose, std::string_view of) const;
  const std::string secret_;
  const LoginLimits limits_;
};

// `allowed` times a minute from one address: sign-up, reset of passwords. Throws Throttled.
void throttle_address(std::string_view secret, std::string_view door, std::string_view address,
                      std::int64_t allowed);

}  // namespace auth
