// CredentialsProvider: AWS credentials from where AWS's SDKs look for them, kept and refreshed.
//
//   net::aws::CredentialsProvider provider(http_client);
//   auto credentials = provider.get(deadline);
//   if (!credentials) fail(credentials.error().message);
//
// The places, in this order; the first that is set up counts, and when it fails the others are not
// asked, so that nobody works with other rights than were configured:
//   1. CredentialsOptions::explicit_credentials
//   2. environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//   3. web identity: AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN (EKS), by STS
//   4. profile: the shared config and credentials files, with roles by STS and credential_process
//   5. container: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI (ECS, EKS Pod Identity)
//   6. instance: EC2's metadata service, version 2, within one second
// With CredentialsOptions::profile set, 2 and 3 are left out. Not there: SSO, MFA, IMDSv1.
//
// Nothing is read before the first get(). Credentials that expire are fetched again
// `refresh_before` their end, by one caller; the others go on with those that are still valid.
//
// Thread safety: any thread.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "base/timestamp.h"
#include "net/aws/environment.h"
#include "net/aws/sigv4.h"
#include "net/http_client.h"

namespace net::aws {

// What each place has said. Holds no secrets.
struct CredentialsError {
  std::string message;
};
[[noreturn]] void throw_exception_from_error(const CredentialsError& error,
                                             const boost::source_location& where);

using CredentialsResult = boost::system::result<Credentials, CredentialsError>;

struct CredentialsOptions {
  std::optional<Credentials> explicit_credentials{};
  std::string profile{};  // in place of AWS_PROFILE
  std::string region{};   // of the STS endpoint; empty: find_region()
  std::chrono::seconds refresh_before{300};
  Environment environment = process_environment;
  base::NowFunction now = base::now;
  // Where AWS_CONTAINER_CREDENTIALS_RELATIVE_URI leads to.
  std::string container_endpoint = "http://169.254.170.2";
};

// The keys that settings name, for explicit_credentials. nullopt: they name none, or those of the
// environment, which are read there: a session token may stand beside them.
std::optional<Credentials> settings_credentials(
    const std::string& access_key_id, const std::string& secret_access_key,
    const Environment& environment = process_environment);

class CredentialsProvider {
 public:
  using Clock = std::chrono::steady_clock;

  // REQUIRES: `http` outlives *this.
  explicit CredentialsProvider(HttpClient& http, CredentialsOptions options = {});
  ~CredentialsProvider();

  // Waits until `deadline` at most. What is returned has not expired. REQUIRES: not called from a
  // completion of the HttpClient.
  CredentialsResult get(Clock::time_point deadline);

  // A service has refused these as expired: the next get() fetches.
  void invalidate(const Credentials& refused);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace net::aws
