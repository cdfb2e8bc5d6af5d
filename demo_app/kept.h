// Kept<T>: a value that is read from the database rarely and used often, in this process's memory.
//
// It is read again when it is old (other processes write, too) and after forget(). A value that was
// being read while forget() was called is used once and not kept.
// Thread safety: any thread; several may read it at once when it is missing.
#pragma once
#include <array>
#include <chrono>
#include <memory>
#include <mutex>

#include "dynamo_backend/connection.h"

namespace demo_app {

template <class T>
class Kept {
 public:
  explicit Kept(std::chrono::seconds age) : age_(age) {}

  // nullptr: it must be read.
  std::shared_ptr<const T> find() const {
    const auto& connection = dynamo_backend::Connection::current();
    const auto now = connection.now();
    const std::lock_guard lock(mutex_);
    const bool fresh = value_ && connection_ == connection.cursor_key() && read_at_ <= now &&
                       now - read_at_ < age_;
    return fresh ? value_ : nullptr;
  }

  // The value; `read` returns a shared_ptr to one.
  template <class Read>
  std::shared_ptr<const T> get(Read&& read) {
    auto value = find();
    return value ? value : renew(read);
  }

  // Reads it, whatever is kept. What `read` returns is kept in its place: nullptr, nothing.
  template <class Read>
  std::shared_ptr<const T> renew(Read&& read) {
    const std::uint64_t changes = changes_now();
    std::shared_ptr<const T> value = read();
    const auto& connection = dynamo_backend::Connection::current();
    const base::Timestamp now = connection.now();
    const std::lock_guard lock(mutex_);
    if (changes == changes_) {
      value_ = value;
      connection_ = connection.cursor_key();
      read_at_ = now;
    }
    return value;
  }

  void forget() {
    const std::lock_guard lock(mutex_);
    value_.reset();
    ++changes_;
  }

 private:
  std::uint64_t changes_now() const {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

  const std::chrono::seconds age_;
  mutable std::mutex mutex_{};
  std::shared_ptr<const T> value_{};
  std::array<unsigned char, 32> connection_{};  // whose it is: a test swaps connections
  base::Timestamp read_at_{};
  std::uint64_t changes_ = 0;
};

}  // namespace demo_app
