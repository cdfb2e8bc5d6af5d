#include "dynamo_backend/search/opensearch/circuit_breaker.h"

#include <algorithm>

namespace dynamo_backend::search::opensearch {

std::optional<std::chrono::milliseconds> CircuitBreaker::refuse() {
  const std::lock_guard lock(mutex_);
  if (open_for_.count() == 0) return std::nullopt;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(open_until_ - now_());
  if (left.count() <= 0 && !trial_) {
    trial_ = true;
    return std::nullopt;
  }
  return std::max(left, std::chrono::milliseconds(1));
}

void CircuitBreaker::answered() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  open_for_ = {};
  trial_ = false;
}

void CircuitBreaker::failed() {
  const std::lock_guard lock(mutex_);
  ++failures_;
  const bool open = open_for_.count() != 0;
  // While it is open only the trial's failure counts; others had begun before.
  if (open ? !trial_ : failures_ < options_.failures) return;
  open_for_ = open ? std::min(open_for_ * 2, options_.longest_open) : options_.first_open;
  open_until_ = now_() + open_for_;
  trial_ = false;
}

}  // namespace dynamo_backend::search::opensearch
