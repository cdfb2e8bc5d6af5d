// Timer: functions called later, on a thread of its own that starts with the first of them.
//
// Thread safety: any thread; functions must be quick and not throw.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace dynamodb::aws {

class Timer {
 public:
  using Clock = std::chrono::steady_clock;
  // `in_time` false: the timer was stopped before.
  using Function = std::function<void(bool in_time)>;

  Timer() = default;
  ~Timer() { stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void call_at(Clock::time_point when, Function function);
  // Calls what waits with false, and from now on everything at once; joins the thread.
  // REQUIRES: not called from a function of the timer's.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, Function> waiting_{};
  std::thread thread_{};
  bool stopped_ = false;
};

}  // namespace dynamodb::aws
