// Counters that all processes share, for throttling: each is a row that counts up atomically and
// begins anew when its time has passed.
//
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/timestamp.h"

namespace auth {

struct Count {
  std::int64_t count = 0;
  base::Timestamp until{};  // when it begins anew; meaningless where the count is 0
};

// Counts one, and gives the count with it. `life` is of a counter that begins here.
Count count_up(const std::string& key, std::chrono::seconds life);
void count_down(const std::string& key);
Count look_at_count(const std::string& key);
// Lets a counter live until then.
void prolong_count(const std::string& key, base::Timestamp until);
void clear_count(const std::string& key);

// What a counter of something secret or personal is named by: a keyed hash, so that the table tells
// no addresses.
std::string counter_key(std::string_view secret, std::string_view purpose, std::string_view of);

}  // namespace auth
