// Counts a post's views on pages: once for each visitor and hour (rule X3).
//
// A visitor is an address with a browser's name. Who was counted is kept in this process's memory
// as hashes, a bounded number of them: several processes may each count a visitor once.
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_set>

#include "base/timestamp.h"
#include "demo_app/models.h"
#include "web/request.h"

namespace demo_app {

class ViewCounter {
 public:
  explicit ViewCounter(std::size_t most = 200'000) : most_(most) {}

  // Whether this visit is the visitor's first of the post in this hour; it is noted.
  bool is_first(web::Request& request, const Uuid& post, Timestamp now);

 private:
  const std::size_t most_;
  std::mutex mutex_{};
  std::int64_t hour_ = 0;
  std::unordered_set<std::uint64_t> seen_{};
};

// Adds one to the post's views where the request is a visit that counts: a GET that is no prefetch.
// It neither touches what an editor saves nor waits for it.
void count_view(web::Request& request, Post& post);

}  // namespace demo_app
