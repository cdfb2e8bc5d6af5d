// CircuitBreaker: keeps callers from waiting for a server that does not answer.
//
// After `failures` calls in a row without an answer it is open: calls are refused at once. After a
// while one call is let through as a trial; its answer closes the breaker, its failure opens it for
// twice as long, up to `longest_open`.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

namespace dynamo_backend::search::opensearch {

struct CircuitBreakerOptions {
  int failures = 5;
  std::chrono::milliseconds first_open{1'000};
  std::chrono::milliseconds longest_open{30'000};
};

class CircuitBreaker {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;

  explicit CircuitBreaker(CircuitBreakerOptions options = {}, Now now = Clock::now)
      : options_(options), now_(std::move(now)) {}

  // nullopt: the call may be made, and answered() or failed() must follow. Else how long the next
  // trial is away.
  std::optional<std::chrono::milliseconds> refuse();
  void answered();
  void failed();

 private:
  const CircuitBreakerOptions options_;
  const Now now_;
  std::mutex mutex_;
  int failures_ = 0;                       // in a row
  std::chrono::milliseconds open_for_{0};  // 0: closed
  Clock::time_point open_until_{};
  bool trial_ = false;  // a call is under way to see whether the server is back
};

}  // namespace dynamo_backend::search::opensearch
