// Wait: how the workers of this folder pause: tests pass a function that returns at once and moves
// a clock.
// Thread safety: that of the function; stoppable_wait()'s may be called from any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <stop_token>

namespace dynamo_backend::search::sync {

// Returns after the time; false: at once, because it is time to stop.
using Wait = std::function<bool(std::chrono::milliseconds)>;

// The work was asked to stop. What was done is kept; the next run goes on from there.
struct Stopped {};

inline Wait stoppable_wait(std::stop_token stop) {
  struct State {
    std::mutex mutex{};
    std::condition_variable_any never{};
  };
  return [stop, state = std::make_shared<State>()](std::chrono::milliseconds time) {
    std::unique_lock lock(state->mutex);
    state->never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
  };
}

// Pauses between tries: they double from 100 ms to half a minute, each of them shortened at random
// by up to a half, so that workers which failed together do not come back together.
class Backoff {
 public:
  std::chrono::milliseconds next() {
    const auto most = std::min(100 << std::min(tries_++, 9), 30'000);
    return std::chrono::milliseconds(std::uniform_int_distribution<int>(most / 2, most)(random_));
  }
  int tries() const { return tries_; }
  void reset() { tries_ = 0; }

 private:
  int tries_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace dynamo_backend::search::sync
