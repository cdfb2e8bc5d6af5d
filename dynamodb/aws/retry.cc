#include "dynamodb/aws/retry.h"

#include <algorithm>
#include <array>

namespace dynamodb::aws {
namespace {

// The lists that AWS's SDKs share for the standard mode.
constexpr std::array<std::string_view, 13> kThrottling = {"Throttling",
                                                          "ThrottlingException",
                                                          "ThrottledException",
                                                          "RequestThrottledException",
                                                          "TooManyRequestsException",
                                                          "ProvisionedThroughputExceededException",
                                                          "TransactionInProgressException",
                                                          "RequestLimitExceeded",
                                                          "BandwidthLimitExceeded",
                                                          "LimitExceededException",
                                                          "RequestThrottled",
                                                          "SlowDown",
                                                          "PriorRequestNotComplete"};
// ReplicatedWriteConflictException: the item is being written in another region.
constexpr std::array<std::string_view, 6> kTransient = {
    "InternalServerError", "InternalFailure",         "ServiceUnavailable",
    "RequestTimeout",      "RequestTimeoutException", "ReplicatedWriteConflictException"};
constexpr std::array<std::string_view, 4> kWrongTime = {
    "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
    "RequestInTheFuture"};
constexpr std::array<std::string_view, 3> kExpired = {"ExpiredTokenException", "ExpiredToken",
                                                      "RequestExpired"};

template <std::size_t size>
bool contains(const std::array<std::string_view, size>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Retry retry_of(std::string_view type, int status) {
  if (contains(kThrottling, type) || status == 429) return Retry::throttled;
  if (contains(kExpired, type)) return Retry::credentials;
  if (contains(kWrongTime, type)) return Retry::clock;
  if (contains(kTransient, type)) return Retry::transient;
  const bool server_failed = status == 500 || status == 502 || status == 503 || status == 504;
  return server_failed ? Retry::transient : Retry::never;
}

std::chrono::milliseconds longest_pause(const RetryOptions& options, int attempt) {
  constexpr int kMaxDoublings = 20;
  const auto doubled = options.first_pause * (1 << std::clamp(attempt - 1, 0, kMaxDoublings));
  return std::min(options.longest_pause, doubled);
}

bool RetryQuota::take(Retry why) {
  const std::lock_guard lock(mutex_);
  if (left_ < cost(why)) return false;
  left_ -= cost(why);
  return true;
}

void RetryQuota::give_back(int taken) {
  const std::lock_guard lock(mutex_);
  left_ = std::min(kCapacity, left_ + std::max(taken, 1));
}

int RetryQuota::left() const {
  const std::lock_guard lock(mutex_);
  return left_;
}

}  // namespace dynamodb::aws
