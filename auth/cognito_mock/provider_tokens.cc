// What the provider signs: tokens as Cognito makes them, and wrong ones on command.
#include "auth/cognito/jwt_verifier.h"
#include "auth/cognito_mock/provider.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "base/secrets.h"
#include "base/uuid.h"

namespace auth::cognito_mock {
namespace {

constexpr std::chrono::seconds kHour{3600};

// The provider's own keys, for its own tokens.
class OwnKeys : public cognito::KeySource {
 public:
  explicit OwnKeys(KeyRing& ring) : keys_(cognito::KeySet::parse(ring.jwks().dump())) {}
  cognito::TokenResult<std::shared_ptr<const cognito::RsaKey>> find(
      std::string_view key_id) override {
    if (auto key = keys_.find(key_id)) return key;
    return cognito::TokenError{cognito::TokenFault::unknown_key, "unknown"};
  }

 private:
  const cognito::KeySet keys_;
};

std::int64_t seconds_of(base::Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string joined(const base::Json& header, const base::Json& payload) {
  return base::base64url_encode(header.dump()) + "." + base::base64url_encode(payload.dump());
}

}  // namespace

base::Json Provider::common_claims(const Grant& grant, const User& user, bool access) {
  auto issued = options_.now();
  if (faults_.take(Fault::expired)) issued -= options_.token_lifetime + kHour;
  if (faults_.take(Fault::clock_skew)) issued += kHour;
  base::Json claims = {{"sub", user.subject}};
  if (!user.groups.empty()) claims["cognito:groups"] = user.groups;
  claims["iss"] =
      faults_.take(Fault::wrong_iss) ? options_.issuer + "-of-another" : options_.issuer;
  claims["origin_jti"] = grant.id;
  claims["jti"] = base::Uuid::random().str();
  claims["event_id"] = base::Uuid::random().str();
  claims["token_use"] = access != faults_.take(Fault::wrong_token_use) ? "access" : "id";
  claims["auth_time"] = grant.auth_time.time_since_epoch().count();
  claims["iat"] = seconds_of(issued);
  claims["exp"] = seconds_of(issued + options_.token_lifetime);
  claims[access ? "client_id" : "aud"] =
      faults_.take(Fault::wrong_aud) ? "another-client" : grant.client_id;
  return claims;
}

TokenAnswer Provider::token_answer(const Grant& grant, const User& user,
                                   const std::string& refresh_token, bool with_nonce) {
  base::Json access = common_claims(grant, user, true);
  access["scope"] = grant.scope;
  access["version"] = 2;
  access["username"] = user.username;
  const std::string access_token = sign(std::move(access));
  base::JsonWriter answer;
  answer.begin_object();
  if ((" " + grant.scope + " ").find(" openid ") != std::string::npos) {
    base::Json id = common_claims(grant, user, false);
    // OpenID Connect Core, 3.1.3.6: the left half of the access token's digest.
    id["at_hash"] = base::base64url_encode(base::sha256(access_token).substr(0, 16));
    if (with_nonce && !grant.nonce.empty())
      id["nonce"] = faults_.take(Fault::wrong_nonce) ? "another-nonce" : grant.nonce;
    id["cognito:username"] = user.username;
    id["preferred_username"] = user.username;
    id["email"] = user.email;
    id["email_verified"] = user.email_verified;
    id["given_name"] = user.given_name;
    id["family_name"] = user.family_name;
    answer.member("id_token", sign(std::move(id)));
  }
  answer.member("access_token", access_token);
  answer.member("refresh_token", refresh_token);
  answer.member("expires_in", static_cast<std::int64_t>(options_.token_lifetime.count()));
  answer.member("token_type", "Bearer");
  answer.end_object();
  return {std::move(answer).text()};
}

std::string Provider::sign(base::Json payload) {
  const auto key = keys_.current();
  base::Json header = {{"kid", key->id()}, {"alg", "RS256"}};
  if (faults_.take(Fault::unknown_kid)) header["kid"] = base::random_token();
  if (faults_.take(Fault::bad_signature))
    return sign_token(SigningKey::generate(), header, payload);
  if (faults_.take(Fault::alg_none)) {
    header["alg"] = "none";
    return joined(header, payload) + ".";
  }
  if (faults_.take(Fault::alg_hs256)) {
    header["alg"] = "HS256";
    const std::string text = joined(header, payload);
    return text + "." + base::base64url_encode(base::hmac_sha256(key->public_pem(), text));
  }
  return sign_token(*key, header, payload);
}

std::optional<std::string> Provider::user_info(std::string_view access_token) {
  OwnKeys keys(keys_);
  std::vector<std::string> client_ids;
  for (const auto& client : clients()) client_ids.push_back(client.id);
  const cognito::JwtVerifier verifier(
      keys, {.issuer = options_.issuer, .client_ids = client_ids, .now = options_.now});
  const auto claims = verifier.verify(access_token, cognito::TokenUse::access);
  if (!claims || grants_.is_revoked(claims->origin_id)) return std::nullopt;
  const auto user = users_->find_subject(claims->subject);
  if (!user) return std::nullopt;
  return base::Json{{"sub", user->subject},
                    {"email", user->email},
                    {"email_verified", user->email_verified},
                    {"given_name", user->given_name},
                    {"family_name", user->family_name},
                    {"preferred_username", user->username},
                    {"username", user->username}}
      .dump();
}

std::string Provider::configuration() const {
  const std::string& at = options_.issuer;
  return base::Json{{"issuer", at},
                    {"authorization_endpoint", at + "/oauth2/authorize"},
                    {"token_endpoint", at + "/oauth2/token"},
                    {"userinfo_endpoint", at + "/oauth2/userInfo"},
                    {"revocation_endpoint", at + "/oauth2/revoke"},
                    {"end_session_endpoint", at + "/logout"},
                    {"jwks_uri", at + "/.well-known/jwks.json"},
                    {"response_types_supported", {"code"}},
                    {"grant_types_supported", {"authorization_code", "refresh_token"}},
                    {"subject_types_supported", {"public"}},
                    {"id_token_signing_alg_values_supported", {"RS256"}},
                    {"code_challenge_methods_supported", {"S256"}},
                    {"scopes_supported", {"openid", "email", "phone", "profile"}},
                    {"token_endpoint_auth_methods_supported",
                     {"client_secret_basic", "client_secret_post", "none"}},
                    {"revocation_endpoint_auth_methods_supported",
                     {"client_secret_basic", "client_secret_post", "none"}}}
      .dump();
}

std::string Provider::jwks() { return keys_.jwks().dump(); }

}  // namespace auth::cognito_mock
