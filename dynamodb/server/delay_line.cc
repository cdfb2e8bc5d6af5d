#include "dynamodb/server/delay_line.h"

namespace dynamodb::server {

DelayLine::~DelayLine() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void DelayLine::run_after(std::chrono::milliseconds delay, std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(Clock::now() + delay, std::move(task));
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  changed_.notify_all();
}

void DelayLine::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = waiting_.begin();
    if (!stopping_ && Clock::now() < first->first) {
      const Clock::time_point due = first->first;
      changed_.wait_until(lock, due);
      continue;
    }
    const auto task = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace dynamodb::server
