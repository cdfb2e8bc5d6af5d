#include "dynamodb/aws/credential_cache.h"

namespace dynamodb::aws {
namespace {

constexpr std::chrono::seconds kLastMoment{30};   // then they are waited for
constexpr std::chrono::seconds kRefreshTime{30};  // for a look-up that nobody waits for

}  // namespace

CredentialCache::CredentialCache(net::aws::CredentialsOptions options, net::ClientOptions http)
    : refresh_before_(options.refresh_before),
      now_(options.now),
      http_(std::move(http)),
      provider_(http_, std::move(options)) {}

bool CredentialCache::hold(const net::aws::Credentials& credentials,
                           std::chrono::seconds time) const {
  return !credentials.expires_at || now_() + time < *credentials.expires_at;
}

void CredentialCache::get(Clock::time_point deadline, Done done) {
  std::optional<net::aws::Credentials> known;
  bool refresh = false;
  {
    const std::lock_guard lock(mutex_);
    known = known_;
    if (known && !hold(*known, refresh_before_) && hold(*known, kLastMoment) && !refreshing_)
      refresh = refreshing_ = true;
  }
  if (refresh) {
    thread_.call_at(Clock::now(), [this](bool in_time) {
      if (in_time) (void)fetch(Clock::now() + kRefreshTime);  // failed: the next call tries again
      const std::lock_guard lock(mutex_);
      refreshing_ = false;
    });
  }
  if (known && hold(*known, kLastMoment)) return done(*known);
  thread_.call_at(Clock::now(), [this, deadline, done = std::move(done)](bool in_time) {
    done(in_time ? fetch(deadline) : net::aws::CredentialsError{"The client is being destroyed"});
  });
}

net::aws::CredentialsResult CredentialCache::fetch(Clock::time_point deadline) {
  auto result = provider_.get(deadline);
  const std::lock_guard lock(mutex_);
  if (result) known_ = *result;
  return result;
}

void CredentialCache::invalidate(const net::aws::Credentials& refused) {
  {
    const std::lock_guard lock(mutex_);
    if (known_ == refused) known_.reset();
  }
  provider_.invalidate(refused);
}

}  // namespace dynamodb::aws
