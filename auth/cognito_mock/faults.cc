#include "auth/cognito_mock/faults.h"

#include <algorithm>

namespace auth::cognito_mock {

std::optional<Fault> fault_of(std::string_view name) {
  for (const auto& [known, fault] : kFaultNames) {
    if (known == name) return fault;
  }
  return std::nullopt;
}

void Faults::set(Fault fault, std::optional<unsigned> times) {
  const std::lock_guard lock(mutex_);
  if (times == 0U)
    left_.erase(fault);
  else
    left_[fault] = times;
}

void Faults::reset() {
  {
    const std::lock_guard lock(mutex_);
    left_.clear();
    ++resets_;
  }
  was_reset_.notify_all();
}

void Faults::wait_for_reset(std::chrono::seconds most) {
  std::unique_lock lock(mutex_);
  const auto resets = resets_;
  was_reset_.wait_for(lock, most, [&] { return resets_ != resets; });
}

bool Faults::take(Fault fault) {
  const std::lock_guard lock(mutex_);
  const auto found = left_.find(fault);
  if (found == left_.end()) return false;
  if (found->second && --*found->second == 0) left_.erase(found);
  return true;
}

std::vector<std::string_view> Faults::names() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string_view> names;
  for (const auto& [name, fault] : kFaultNames) {
    if (left_.contains(fault)) names.push_back(name);
  }
  return names;
}

}  // namespace auth::cognito_mock
