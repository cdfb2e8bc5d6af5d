#include "auth/throttle.h"

#include <algorithm>

#include "auth/counters.h"
#include "auth/passwords.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/text.h"
#include "web/rate_limit.h"

namespace auth {
namespace {

using std::chrono::seconds;
using web::network_of;

constexpr seconds kMinute{60};
constexpr seconds kKnownFor = std::chrono::hours(24 * 30);
constexpr seconds kStrikesFor = std::chrono::hours(24);

[[noreturn]] void refuse(base::Timestamp until) {
  const auto wait = std::chrono::ceil<seconds>(until - dynamo_backend::Connection::current().now());
  throw Throttled("Too many attempts. Try again later.", std::max(wait, seconds(1)));
}

std::string pair_of(std::string_view account, std::string_view address) {
  return dynamo_backend::ascii_lower(account) + '\n' + network_of(address);
}

// A limit that nobody reaches would be none, and nobody would see it.
const LoginLimits& checked(const LoginLimits& limits) {
  constexpr std::int64_t kMost = 1000;
  for (const std::int64_t limit :
       {limits.attempts_per_address, limits.failures_per_address, limits.failures_per_account}) {
    if (limit < 1 || limit > kMost)
      throw std::invalid_argument("a limit of sign-ins must be a number from 1 to 1000, and is " +
                                  std::to_string(limit));
  }
  if (limits.account_window < seconds(1) || limits.longest_window < limits.account_window)
    throw std::invalid_argument(
        "account_window must be a second or more, and longest_window no shorter");
  return limits;
}

std::string strikes_of(const std::string& of_account) { return "strikes-" + of_account; }

}  // namespace

LoginThrottle::LoginThrottle(std::string secret, LoginLimits limits)
    : secret_(std::move(secret)), limits_(checked(limits)) {}

std::string LoginThrottle::key(std::string_view purpose, std::string_view of) const {
  return counter_key(secret_, purpose, of);
}

std::string LoginThrottle::account_key(std::string_view account, std::string_view address) const {
  const std::string pair = pair_of(account, address);
  const bool known = look_at_count(key("login-known", pair)).count > 0;
  return known ? key("login-pair", pair)
               : key("login-account", dynamo_backend::ascii_lower(account));
}

std::optional<User> LoginThrottle::authenticate(std::string_view name_or_email,
                                                std::string_view password,
                                                std::string_view address) const {
  auto user = find_user(name_or_email);
  const std::string account = user ? user->pk.str() : std::string(name_or_email);
  begin(account, address);
  try {
    user = auth::authenticate(std::move(user), password);
  } catch (const PasswordsBusy&) {  // it was no attempt
    for (const std::string& counted :
         {key("login-address", network_of(address)), key("login-failures", network_of(address)),
          account_key(account, address)})
      count_down(counted);
    throw;
  }
  if (user) succeeded(account, address);
  return user;
}

void LoginThrottle::begin(std::string_view account, std::string_view address) const {
  const std::string network = network_of(address);
  const Count attempts = count_up(key("login-address", network), kMinute);
  if (attempts.count > limits_.attempts_per_address) refuse(attempts.until);
  const Count failures = count_up(key("login-failures", network), kMinute);
  if (failures.count > limits_.failures_per_address) refuse(failures.until);
  const std::string of_account = account_key(account, address);
  const Count tries = count_up(of_account, limits_.account_window);
  if (tries.count == limits_.failures_per_account + 1) refuse(lock(of_account, tries.until));
  if (tries.count > limits_.failures_per_account) refuse(tries.until);
}

// Until when: twice as long as the time before.
base::Timestamp LoginThrottle::lock(const std::string& of_account, base::Timestamp until) const {
  const auto strikes =
      std::min<std::int64_t>(count_up(strikes_of(of_account), kStrikesFor).count, 16);
  if (strikes == 1) return until;
  const auto window =
      std::min(limits_.account_window * (1 << (strikes - 1)), limits_.longest_window);
  until = dynamo_backend::Connection::current().now() + window;
  prolong_count(of_account, until);
  return until;
}

void LoginThrottle::succeeded(std::string_view account, std::string_view address) const {
  const std::string of_account = account_key(account, address);
  clear_count(of_account);
  clear_count(strikes_of(of_account));
  // Only what begin() counted: who has an account must not guess at others' without end.
  count_down(key("login-failures", network_of(address)));
  know(account, address);
}

void LoginThrottle::know(std::string_view account, std::string_view address) const {
  count_up(key("login-known", pair_of(account, address)), kKnownFor);
}

void throttle_address(std::string_view secret, std::string_view door, std::string_view address,
                      std::int64_t allowed) {
  const Count count = count_up(counter_key(secret, door, network_of(address)), kMinute);
  if (count.count > allowed) refuse(count.until);
}

}  // namespace auth
