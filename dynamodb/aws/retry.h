// When a failed attempt is made again: the standard retry mode of AWS's SDKs.
//
// Source: AWS SDKs and Tools Reference Guide, "Retry behavior". Up to max_attempts attempts; before
// attempt n + 1 a random pause up to min(longest_pause, first_pause * 2^(n-1)) ("full jitter"); a
// quota of 500 tokens for the whole client, so that a service that is down is not flooded: a retry
// takes 5, one after a timeout 10; a call that succeeds gives back what its last retry took, or 1.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace dynamodb::aws {

enum class Retry : std::uint8_t {
  never,
  throttled,    // the service asks to slow down
  transient,    // a server's error, a broken connection, a damaged answer
  timeout,      // no answer in time
  credentials,  // they have expired: once more with fresh ones, at once
  clock,        // ours may be wrong: once more by the service's, at once, where the two differ
};

// How an answer's error is treated, by its type without prefix ("ThrottlingException") and status.
//
// TransactionInProgressException is retried: the same transaction is still at work.
// TransactionConflictException and TransactionCanceledException are not, whatever their reasons:
// the caller knows whether what it read before still holds.
Retry retry_of(std::string_view type, int status);

struct RetryOptions {
  int max_attempts = 3;
  std::chrono::milliseconds first_pause{50};
  std::chrono::milliseconds longest_pause{20'000};
};

// The longest pause after attempt number `attempt` (from 1).
std::chrono::milliseconds longest_pause(const RetryOptions& options, int attempt);

// The tokens. Thread safety: any thread.
class RetryQuota {
 public:
  static constexpr int kCapacity = 500;
  static int cost(Retry why) { return why == Retry::timeout ? 10 : 5; }

  // Takes what a retry costs; false: there is not that much.
  bool take(Retry why);
  // After a success; `taken` is the cost of the call's last retry, 0 where it had none.
  void give_back(int taken);
  int left() const;

 private:
  mutable std::mutex mutex_;
  int left_ = kCapacity;
};

}  // namespace dynamodb::aws
