// The places that credentials come from, one function each. They keep nothing: files and variables
// are read at each call, so that a refresh sees what has changed.
//
// Thread safety: pure but for the outside world.
#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include <boost/system/result.hpp>

#include "net/aws/credentials.h"

namespace net::aws::detail {

struct SourceError {
  bool configured;      // false: this place is not set up, the next is to be asked
  std::string message;  // holds no secrets
};
using SourceResult = boost::system::result<Credentials, SourceError>;

inline SourceError not_configured(std::string message) { return {false, std::move(message)}; }
inline SourceError failed(std::string message) { return {true, std::move(message)}; }

// What a source works with.
struct SourceContext {
  HttpClient& http;
  const CredentialsOptions& options;
  std::chrono::steady_clock::time_point deadline;

  std::optional<std::string> variable(const std::string& name) const {
    return options.environment(name);
  }
};

SourceResult from_environment(const SourceContext& context);
SourceResult from_web_identity(const SourceContext& context);
SourceResult from_profile(const SourceContext& context);
SourceResult from_container(const SourceContext& context);
SourceResult from_instance(const SourceContext& context);

// Runs a profile's `credential_process` by /bin/sh and reads its answer (version 1).
SourceResult from_process(const SourceContext& context, const std::string& command);

// --- STS ---

struct AssumeRole {
  std::string role_arn;
  std::string session_name{};  // empty: one is made up
  std::string external_id{};
  std::string duration_seconds{};  // empty: STS's own (an hour)
};

// Signed by `source`. The STS endpoint is AWS_ENDPOINT_URL_STS, or that of the region.
SourceResult assume_role(const SourceContext& context, const AssumeRole& role,
                         const Credentials& source, std::string_view profile_region = {});
// With the token in that file, not signed.
SourceResult assume_role_with_web_identity(const SourceContext& context, const AssumeRole& role,
                                           const std::string& token_file,
                                           std::string_view profile_region = {});

// --- what they share ---

// {"AccessKeyId":…, "SecretAccessKey":…, <token_name>:…, "Expiration":…}. The error says what is
// missing.
SourceResult parse_credentials(std::string_view json, const char* token_name);

// Sends, and again after failures that may pass (no connection, 5xx, throttling), three times at
// most.
ClientOutcome send_with_retries(const SourceContext& context, const ClientRequest& request);

// "answered 404", or the error's words.
std::string describe(const ClientOutcome& outcome);

}  // namespace net::aws::detail
