// JwtVerifier: decides whether a token of a Cognito user pool is to be believed, by rules J1-J9.
//
//   auth::cognito::JwksCache keys(http, {.url = jwks_url(issuer)});
//   auth::cognito::JwtVerifier verifier(keys, {.issuer = issuer, .client_ids = {"…"}});
//   const auto claims = verifier.verify(token, TokenUse::access);
//   if (!claims) log(claims.error().message);
//
// The order is that of trust: form and header, key, signature, and only then what the token says.
//
// Thread safety: verify() from any thread; it may block as KeySource::find() does.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/cognito/deny_list.h"
#include "auth/cognito/key_set.h"
#include "auth/cognito/token_error.h"
#include "base/json_fwd.h"
#include "base/timestamp.h"

namespace auth::cognito {

enum class TokenUse : std::uint8_t { id, access };

// What a verified token says. Texts that the token does not have are empty.
struct Claims {
  std::string issuer;
  std::string subject;
  std::string client_id;  // `aud` of an ID token, `client_id` of an access token
  std::string username;   // `cognito:username`, `username`
  std::string email;
  std::optional<bool> email_verified;  // true, "true", false, "false"; nullopt: anything else
  std::string given_name;
  std::string family_name;
  std::string nonce;
  std::string access_token_hash;  // `at_hash`
  std::string token_id;           // `jti`
  std::string origin_id;          // `origin_jti`: of the log-in that the token goes back to
  std::vector<std::string> groups;
  std::vector<std::string> scopes;
  std::chrono::sys_seconds expires_at{};
  std::optional<std::chrono::sys_seconds> auth_time;
  std::shared_ptr<const base::Json> all;
};

struct VerifierOptions {
  std::string issuer;
  std::vector<std::string> client_ids;  // app clients whose tokens are taken
  std::chrono::seconds skew{30};        // between the clocks; at most 120
  base::NowFunction now = base::now;
  std::shared_ptr<DenyList> denied{};  // by `jti` and `origin_jti`
};

class JwtVerifier {
 public:
  // Throws std::invalid_argument without an issuer or client, or with a skew over 120 seconds.
  // REQUIRES: `keys` outlives *this.
  JwtVerifier(KeySource& keys, VerifierOptions options);

  TokenResult<Claims> verify(std::string_view token, TokenUse use) const;

 private:
  std::optional<TokenError> check_times(Claims& claims) const;
  std::optional<TokenError> check_audience(Claims& claims, TokenUse use) const;

  KeySource& keys_;
  const VerifierOptions options_;
};

// "https://cognito-idp.<region>.amazonaws.com/<pool>" (J4). Throws std::invalid_argument for what
// is not the id of a pool.
std::string pool_issuer(std::string_view user_pool_id);
bool is_user_pool_id(std::string_view text);
std::string jwks_url(std::string_view issuer);

}  // namespace auth::cognito
