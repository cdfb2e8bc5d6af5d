// IndexLagScope: what a thread reads from global secondary indexes while the scope lives is what
// they held some time ago, for tests of what a program makes of AWS's eventual consistency.
//
//   dynamodb::IndexLagScope lag(std::chrono::milliseconds(500));
//   client.query({.table = "posts", .index = "by_author", …});
//
// For Clients that can look back: the embedded engine as far as EngineOptions::index_history; other
// Clients, and other threads, answer as ever. Scopes nest; the inner one counts.
#pragma once
#include <chrono>

namespace dynamodb {

class IndexLagScope {
 public:
  explicit IndexLagScope(std::chrono::milliseconds lag) : outer_(lag_) { lag_ = lag; }
  ~IndexLagScope() { lag_ = outer_; }
  IndexLagScope(const IndexLagScope&) = delete;
  IndexLagScope& operator=(const IndexLagScope&) = delete;

  static std::chrono::milliseconds current() { return lag_; }  // zero: no lag

 private:
  static inline thread_local std::chrono::milliseconds lag_{0};
  std::chrono::milliseconds outer_;
};

}  // namespace dynamodb
