#include "auth/cognito/jwt_verifier.h"

#include <algorithm>
#include <stdexcept>

#include "auth/cognito/jwt.h"
#include "base/json.h"

namespace auth::cognito {
namespace {

constexpr std::int64_t kLatestTime = 253'402'300'799;  // the end of the year 9999
constexpr std::size_t kMostGroups = 1000;

TokenError fault(TokenFault kind, std::string message) { return {kind, std::move(message)}; }

const base::Json* member(const base::Json& claims, const char* name) {
  const auto found = claims.find(name);
  return found == claims.end() ? nullptr : &*found;
}

// Empty also where the claim is not a string.
std::string text(const base::Json& claims, const char* name) {
  const base::Json* value = member(claims, name);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

std::optional<std::chrono::sys_seconds> to_time(const base::Json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLatestTime) return std::nullopt;
  const auto seconds = value.get<std::int64_t>();
  if (seconds < 0 || seconds > kLatestTime) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(seconds));
}

// Nullopt where the claim is there, and no time.
std::optional<std::optional<std::chrono::sys_seconds>> time(const base::Json& claims,
                                                            const char* name) {
  const base::Json* value = member(claims, name);
  if (value == nullptr) return std::optional<std::chrono::sys_seconds>();
  const auto found = to_time(*value);
  if (!found) return std::nullopt;
  return found;
}

std::optional<bool> strict_boolean(const base::Json* value) {
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  if (*value == "true") return true;
  if (*value == "false") return false;
  return std::nullopt;
}

std::optional<std::vector<std::string>> list_of_texts(const base::Json* value) {
  std::vector<std::string> texts;
  if (value == nullptr) return texts;
  if (!value->is_array() || value->size() > kMostGroups) return std::nullopt;
  for (const auto& element : *value) {
    if (!element.is_string()) return std::nullopt;
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

std::vector<std::string> split_at_spaces(std::string_view words) {
  std::vector<std::string> parts;
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) parts.emplace_back(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return parts;
}

TokenResult<Claims> read_claims(JsonPointer all) {
  const base::Json& payload = *all;
  Claims claims;
  claims.issuer = text(payload, "iss");
  claims.subject = text(payload, "sub");
  claims.username = text(payload, "cognito:username");
  if (claims.username.empty()) claims.username = text(payload, "username");
  claims.email = text(payload, "email");
  claims.email_verified = strict_boolean(member(payload, "email_verified"));
  claims.given_name = text(payload, "given_name");
  claims.family_name = text(payload, "family_name");
  claims.nonce = text(payload, "nonce");
  claims.access_token_hash = text(payload, "at_hash");
  claims.token_id = text(payload, "jti");
  claims.origin_id = text(payload, "origin_jti");
  claims.scopes = split_at_spaces(text(payload, "scope"));
  auto groups = list_of_texts(member(payload, "cognito:groups"));
  if (!groups) return fault(TokenFault::claim, "cognito:groups is not a list of strings");
  claims.groups = *std::move(groups);
  const auto auth_time = time(payload, "auth_time");
  if (!auth_time) return fault(TokenFault::claim, "auth_time is not a time");
  claims.auth_time = *auth_time;
  if (claims.subject.empty() || claims.subject.size() > 255)
    return fault(TokenFault::claim, "sub is not a string of 1 to 255 bytes");
  claims.all = std::move(all);
  return claims;
}

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z'); }

}  // namespace

JwtVerifier::JwtVerifier(KeySource& keys, VerifierOptions options)
    : keys_(keys), options_(std::move(options)) {
  if (options_.issuer.empty() || options_.client_ids.empty())
    throw std::invalid_argument("JwtVerifier needs an issuer and at least one client id");
  if (options_.skew < std::chrono::seconds(0) || options_.skew > std::chrono::seconds(120))
    throw std::invalid_argument("JwtVerifier: skew must be from 0 to 120 seconds");
}

TokenResult<Claims> JwtVerifier::verify(std::string_view token, TokenUse use) const {
  const auto jwt = parse_jwt(token);
  if (!jwt) return jwt.error();
  const auto key = keys_.find(jwt->key_id);
  if (!key) return key.error();
  if (!(*key)->verify(jwt->signed_text, jwt->signature))
    return fault(TokenFault::signature, "signature is not of that key");
  auto payload = parse_payload(*jwt);
  if (!payload) return payload.error();
  auto claims = read_claims(*std::move(payload));
  if (!claims) return claims.error();
  if (claims->issuer != options_.issuer) return fault(TokenFault::issuer, "iss is another issuer");
  if (auto error = check_times(*claims)) return *error;
  if (text(*claims->all, "token_use") != (use == TokenUse::id ? "id" : "access"))
    return fault(TokenFault::token_use, "token_use is another");
  if (auto error = check_audience(*claims, use)) return *error;
  if (options_.denied &&
      (options_.denied->contains(claims->token_id) || options_.denied->contains(claims->origin_id)))
    return fault(TokenFault::revoked, "token has been revoked");
  return claims;
}

std::optional<TokenError> JwtVerifier::check_times(Claims& claims) const {
  const base::Json& all = *claims.all;
  const auto now = options_.now();
  const auto expires = time(all, "exp"), issued = time(all, "iat"), not_before = time(all, "nbf");
  if (!expires || !*expires) return fault(TokenFault::claim, "exp is not a time");
  if (!issued || !*issued) return fault(TokenFault::claim, "iat is not a time");
  if (!not_before) return fault(TokenFault::claim, "nbf is not a time");
  claims.expires_at = **expires;
  if (claims.expires_at <= now - options_.skew)
    return fault(TokenFault::expired, "token has expired");
  if (**issued > now + options_.skew)
    return fault(TokenFault::not_yet_valid, "token was issued in the future");
  if (*not_before && **not_before > now + options_.skew)
    return fault(TokenFault::not_yet_valid, "token is not valid yet");
  return std::nullopt;
}

std::optional<TokenError> JwtVerifier::check_audience(Claims& claims, TokenUse use) const {
  const base::Json* audience = member(*claims.all, use == TokenUse::id ? "aud" : "client_id");
  // A list would say that the token is for others too.
  if (use == TokenUse::id && audience != nullptr && audience->is_array() && audience->size() == 1)
    audience = &audience->front();
  if (audience == nullptr || !audience->is_string())
    return fault(TokenFault::audience, "the client is not one string");
  claims.client_id = audience->get<std::string>();
  const auto& known = options_.client_ids;
  if (std::find(known.begin(), known.end(), claims.client_id) == known.end())
    return fault(TokenFault::audience, "token is for another client");
  return std::nullopt;
}

// ^[a-z]{2}-(gov-)?[a-z]+-\d_[A-Za-z0-9]+$
bool is_user_pool_id(std::string_view id) {
  if (id.size() > 55) return false;  // Cognito: UserPoolIdType
  const auto take = [&](auto accepts, std::size_t least, std::size_t most) {
    std::size_t size = 0;
    while (size < id.size() && size < most && accepts(id[size])) ++size;
    id.remove_prefix(size);
    return size >= least;
  };
  const auto take_text = [&](std::string_view expected) {
    if (!id.starts_with(expected)) return false;
    id.remove_prefix(expected.size());
    return true;
  };
  if (!take(is_lower, 2, 2) || !take_text("-")) return false;
  take_text("gov-");
  return take(is_lower, 1, id.size()) && take_text("-") && take(is_digit, 1, 1) && take_text("_") &&
         take(is_letter_or_digit, 1, id.size()) && id.empty();
}

std::string pool_issuer(std::string_view id) {
  if (!is_user_pool_id(id))
    throw std::invalid_argument("\"" + std::string(id) +
                                "\" is not the id of a user pool, such as us-east-1_AbCdEf123");
  const std::string region(id.substr(0, id.find('_')));
  return "https://cognito-idp." + region + ".amazonaws.com/" + std::string(id);
}

std::string jwks_url(std::string_view issuer) {
  return std::string(issuer) + "/.well-known/jwks.json";
}

}  // namespace auth::cognito
