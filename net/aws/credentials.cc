#include "net/aws/credentials.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "base/log.h"
#include "net/aws/detail/credential_source.h"

namespace net::aws {

using namespace detail;

namespace {

// After a refresh has failed while there are still valid credentials.
constexpr std::chrono::seconds kPauseAfterFailure{10};

struct Place {
  std::string_view name;
  SourceResult (*fetch)(const SourceContext&);
  bool only_without_profile;
};

constexpr Place kChain[] = {{"environment", from_environment, true},
                            {"web identity", from_web_identity, true},
                            {"profile", from_profile, false},
                            {"container", from_container, false},
                            {"instance", from_instance, false}};

CredentialsResult fetch_from_chain(const SourceContext& context) {
  std::string said;
  for (const Place& place : kChain) {
    if (place.only_without_profile && !context.options.profile.empty()) continue;
    SourceResult result = place.fetch(context);
    if (result && result->expires_at && *result->expires_at <= context.options.now())
      result = failed("the credentials have expired");
    if (result) return std::move(*result);
    if (!said.empty()) said += "; ";
    said.append(place.name).append(": ").append(result.error().message);
    if (result.error().configured) break;
  }
  return CredentialsError{"no AWS credentials (" + said + ")"};
}

}  // namespace

void throw_exception_from_error(const CredentialsError& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

std::optional<Credentials> settings_credentials(const std::string& access_key_id,
                                                const std::string& secret_access_key,
                                                const Environment& environment) {
  if (access_key_id.empty() || environment("AWS_ACCESS_KEY_ID") == access_key_id)
    return std::nullopt;
  return Credentials{access_key_id, secret_access_key};
}

class CredentialsProvider::Impl {
 public:
  Impl(HttpClient& http, CredentialsOptions options) : http_(http), options_(std::move(options)) {}

  CredentialsResult get(Clock::time_point deadline) {
    if (options_.explicit_credentials) return *options_.explicit_credentials;
    std::unique_lock lock(mutex_);
    while (true) {
      if (is_usable() && (fetching_ || !wants_refresh())) return *held_;
      if (!fetching_) return fetch(lock, deadline);
      const std::uint64_t seen = flights_;
      if (!landed_.wait_until(lock, deadline, [&] { return flights_ != seen; }))
        return CredentialsError{"no AWS credentials before the deadline"};
      // A flight that was cut short by its own caller's deadline says nothing to the others.
      if (!is_usable() && !cut_short_ && last_error_) return *last_error_;
    }
  }

  void invalidate(const Credentials& refused) {
    const std::lock_guard lock(mutex_);
    if (held_ && held_->access_key_id == refused.access_key_id &&
        held_->session_token == refused.session_token)
      held_.reset();
  }

 private:
  bool is_usable() const {
    return held_ && (!held_->expires_at || *held_->expires_at > options_.now());
  }
  bool wants_refresh() const { return options_.now() >= refresh_at_; }

  // Those that live shortly are refreshed at half their time, not at each call.
  base::Timestamp time_to_refresh(const Credentials& credentials) const {
    if (!credentials.expires_at) return base::Timestamp::max();
    const auto left = *credentials.expires_at - options_.now();
    return *credentials.expires_at -
           std::min<base::Timestamp::duration>(options_.refresh_before, left / 2);
  }

  // One caller's flight: the lock is released while it lasts.
  CredentialsResult fetch(std::unique_lock<std::mutex>& lock, Clock::time_point deadline) {
    fetching_ = true;
    lock.unlock();
    CredentialsResult result = CredentialsError{"fetching the credentials has thrown"};
    try {
      result = fetch_from_chain({http_, options_, deadline});
    } catch (const std::exception& e) {
      base::log_error(std::string("fetching AWS credentials has thrown: ") + e.what());
    }
    lock.lock();
    fetching_ = false;
    ++flights_;
    cut_short_ = !result && Clock::now() >= deadline;
    if (result) {
      held_ = *result;
      refresh_at_ = time_to_refresh(*held_);
      last_error_.reset();
    } else {
      last_error_ = result.error();
    }
    landed_.notify_all();
    if (result || !is_usable()) return result;
    base::log_warning("AWS credentials could not be refreshed, the old ones are still valid: " +
                      result.error().message);
    refresh_at_ = options_.now() + kPauseAfterFailure;
    return *held_;
  }

  HttpClient& http_;
  const CredentialsOptions options_;
  std::mutex mutex_;
  std::condition_variable landed_;
  // All guarded by mutex_:
  std::optional<Credentials> held_;
  std::optional<CredentialsError> last_error_;
  bool fetching_ = false;
  bool cut_short_ = false;
  std::uint64_t flights_ = 0;
  base::Timestamp refresh_at_{};
};

CredentialsProvider::CredentialsProvider(HttpClient& http, CredentialsOptions options)
    : impl_(std::make_unique<Impl>(http, std::move(options))) {}
CredentialsProvider::~CredentialsProvider() = default;

CredentialsResult CredentialsProvider::get(Clock::time_point deadline) {
  return impl_->get(deadline);
}

void CredentialsProvider::invalidate(const Credentials& refused) { impl_->invalidate(refused); }

}  // namespace net::aws
