// DenyList: tokens that are not to be believed though they are valid, because they were revoked
// (J9). Cognito's revocation cannot be seen in a token; what this site has revoked can: in this
// process at once, in others once they have asked what all share.
//
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.h"

namespace auth::cognito {

// What all processes share. Calls may throw: then the token is neither believed nor refused.
struct SharedDenials {
  std::function<void(const std::string& token_id, base::Timestamp until)> add{};
  // Until when it is denied.
  std::function<std::optional<base::Timestamp>(const std::string& token_id)> find{};
};

class DenyList {
 public:
  // An id that was not among the shared ones is asked for again after so long.
  static constexpr std::chrono::seconds kAskAgain{10};

  explicit DenyList(base::NowFunction now = base::now, std::size_t most = 100'000,
                    SharedDenials shared = {})
      : now_(std::move(now)), most_(most), shared_(std::move(shared)) {}

  // A `jti` or `origin_jti`, until the last of its tokens has expired. When the list is full, what
  // would expire first goes.
  void add(const std::string& token_id, base::Timestamp until);
  bool contains(const std::string& token_id);

 private:
  void keep(const std::string& token_id, base::Timestamp until);
  bool is_known(const std::string& token_id, bool& must_ask);

  const base::NowFunction now_;
  const std::size_t most_;
  const SharedDenials shared_;
  std::mutex mutex_;
  std::map<std::string, base::Timestamp> ends_;
  std::multimap<base::Timestamp, std::string> by_end_;
  std::map<std::string, base::Timestamp> asked_;  // ids that were not denied then
};

}  // namespace auth::cognito
