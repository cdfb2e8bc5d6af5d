// BodyShare: what one connection's body takes of the memory that all bodies together may have.
//
// Thread safety: one thread at a time; the shares of a server may be used at once.
#pragma once
#include <atomic>
#include <cstddef>

namespace net::detail {

class BodyShare {
 public:
  // `held`: the sum over all shares, which must outlive this one.
  BodyShare(std::atomic<std::size_t>& held, std::size_t most) : held_(held), most_(most) {}
  ~BodyShare() { held_ -= size_; }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  // False, and nothing changes, where that is more than is left.
  bool resize(std::size_t size) {
    const std::size_t before = held_.fetch_add(size - size_);  // wraps where it shrinks
    if (size > size_ && before + (size - size_) > most_) {
      held_ -= size - size_;
      return false;
    }
    size_ = size;
    return true;
  }

 private:
  std::atomic<std::size_t>& held_;
  const std::size_t most_;
  std::size_t size_ = 0;
};

}  // namespace net::detail
