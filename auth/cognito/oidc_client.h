// OidcClient: signing people in by the authorization-code flow with PKCE (rules L1-L4, L6-L8).
//
//   auto [attempt, url] = client.start("/write/");       // keep the attempt, send the browser
//   there auto login = client.finish(attempt, callback);       // when it comes back auto fresh =
//   client.refresh(login->tokens.refresh_token, login->claims.subject);
//
// Knows nothing of pages and sessions: login.h has those. Every address is from the settings;
// nothing follows a redirect; answers are bounded in size and time.
//
// Thread safety: any thread. finish(), refresh() and revoke() wait for the provider, five seconds
// at most.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/system/result.hpp>

#include "auth/cognito/jwt_verifier.h"
#include "auth/cognito/settings.h"
#include "base/timestamp.h"
#include "net/http_client.h"

namespace auth::cognito {

// What is remembered between sending a browser to the provider and its return.
struct Attempt {
  std::string state{};
  std::string nonce{};
  std::string verifier{};
  std::string next{};  // where the browser was going; a path of this site
  std::chrono::sys_seconds expires_at{};
  // How long ago the user may have typed the password, for what needs that (step-up); nullopt: any.
  std::optional<std::chrono::seconds> max_age{};
};

struct StartedLogin {
  Attempt attempt;
  std::string url;
};

struct TokenSet {
  std::string access_token;
  std::string refresh_token;  // empty: the provider gave none
  std::chrono::sys_seconds expires_at{};
};

struct Login {
  Claims claims;  // of the ID token
  TokenSet tokens;
};

enum class LoginFault : std::uint8_t {
  request,      // the callback's parameters are not those of an answer to this attempt
  refused,      // the provider says no: `error` in the callback
  grant,        // the provider does not take the code or the refresh token: invalid_grant
  token,        // what the provider sent is not to be believed
  unavailable,  // the provider cannot be reached, or answers nonsense
};
struct LoginError {
  LoginFault fault;
  std::string message;  // for the log: no code, token or state
};
template <class T>
using LoginResult = boost::system::result<T, LoginError>;
[[noreturn]] void throw_exception_from_error(const LoginError& error,
                                             const boost::source_location& where);

using CallbackParameters = std::vector<std::pair<std::string, std::string>>;

class OidcClient {
 public:
  static constexpr std::chrono::seconds kAttemptLifetime{600};

  // REQUIRES: `http` and `keys` outlive *this. Throws std::invalid_argument for settings that are
  // not complete.
  OidcClient(net::HttpClient& http, KeySource& keys, OidcSettings settings,
             base::NowFunction now = base::now);

  const OidcSettings& settings() const { return settings_; }
  base::Timestamp now() const { return now_(); }

  // `next` as it is: the caller has checked it.
  StartedLogin start(std::string next, std::optional<std::chrono::seconds> max_age = {}) const;

  // The `state` that a callback brings; empty where it has not exactly one.
  static std::string state_of(const CallbackParameters& callback);
  // REQUIRES: `attempt` was found by state_of(callback) and is taken: it serves once.
  LoginResult<Login> finish(const Attempt& attempt, const CallbackParameters& callback) const;

  // New tokens; the claims are of a new ID token. `subject`: whose it must be.
  LoginResult<Login> refresh(const std::string& refresh_token, std::string_view subject) const;
  // Tells the provider to forget the log-in. Best effort: what goes wrong is logged.
  void revoke(const std::string& refresh_token) const;
  // Where the browser goes to be signed out of the provider too.
  std::string logout_url() const;

 private:
  using Form = std::vector<std::pair<std::string_view, std::string_view>>;
  net::ClientOutcome post(const std::string& url, const Form& form) const;
  LoginResult<Login> ask_for_tokens(const Form& form) const;
  std::optional<LoginError> check_against(const Attempt& attempt, const Claims& claims) const;

  net::HttpClient& http_;
  const OidcSettings settings_;
  const base::NowFunction now_;
  const JwtVerifier verifier_;
};

}  // namespace auth::cognito
