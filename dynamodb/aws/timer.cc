#include "dynamodb/aws/timer.h"

namespace dynamodb::aws {

void Timer::call_at(Clock::time_point when, Function function) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      waiting_.emplace(when, std::move(function));
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
      changed_.notify_one();
      return;
    }
  }
  function(false);
}

void Timer::stop() {
  std::multimap<Clock::time_point, Function> left;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    left.swap(waiting_);
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  for (auto& [when, function] : left) function(false);
}

void Timer::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    if (first->first > Clock::now()) {
      changed_.wait_until(lock, first->first);
      continue;
    }
    const Function function = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    function(true);
    lock.lock();
  }
}

}  // namespace dynamodb::aws
