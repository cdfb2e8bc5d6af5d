// DenyList: tokens that are not to be believed though they are valid, because they were revoked
// (J9). Cognito's revocation cannot be seen in a token; what this process has revoked can.
//
// Thread safety: any thread.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/timestamp.h"

namespace auth::cognito {

class DenyList {
 public:
  explicit DenyList(base::NowFunction now = base::now, std::size_t most = 100'000)
      : now_(std::move(now)), most_(most) {}

  // A `jti` or `origin_jti`, until the last of its tokens has expired. When the list is full, what
  // would expire first goes.
  void add(std::string token_id, base::Timestamp until);
  bool contains(std::string_view token_id) const;

 private:
  const base::NowFunction now_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<std::string, base::Timestamp, std::less<>> ends_;
  std::multimap<base::Timestamp, std::string> by_end_;
};

}  // namespace auth::cognito
