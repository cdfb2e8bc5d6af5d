// DelayLine: runs tasks after a time, on one thread of its own that starts with the first.
//
// For answers that a latency fault holds back: they must not hold up a thread of the server's.
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace dynamodb::server {

class DelayLine {
 public:
  DelayLine() = default;
  // Runs what still waits, at once.
  ~DelayLine();
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  // `task` must be quick and not throw.
  void run_after(std::chrono::milliseconds delay, std::function<void()> task);

 private:
  using Clock = std::chrono::steady_clock;
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dynamodb::server
