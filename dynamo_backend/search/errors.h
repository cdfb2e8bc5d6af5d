// What search throws.
#pragma once
#include <chrono>
#include <string>

#include "dynamo_backend/exceptions.h"

namespace dynamo_backend::search {

// A query that is answered with 400: too long, too many words, not UTF-8.
struct InvalidQuery : ModelError {
  using ModelError::ModelError;
};

// The backend does not answer, or not in time: it may later. Views answer 503 with Retry-After.
class Unavailable : public ModelError {
 public:
  explicit Unavailable(const std::string& message,
                       std::chrono::seconds retry_after = std::chrono::seconds(5))
      : ModelError(message), retry_after_(retry_after) {}
  std::chrono::seconds retry_after() const { return retry_after_; }

 private:
  std::chrono::seconds retry_after_;
};

// The index (or the version of it that was named) is not there, or was damaged and has been put
// aside: it must be rebuilt from the table. An Unavailable, since a rebuild is what the sync
// worker does about it.
struct IndexMissing : Unavailable {
  using Unavailable::Unavailable;
};

// The backend refuses what trying again would not change: credentials, a setting, a request that it
// does not take.
struct BackendRefused : ModelError {
  using ModelError::ModelError;
};

}  // namespace dynamo_backend::search
