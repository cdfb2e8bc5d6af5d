#include "auth/cognito/bearer.h"

#include <algorithm>

#include "base/log.h"
#include "net/text.h"

namespace auth::cognito {
namespace {

constexpr std::string_view kScheme = "Bearer";

web::HttpError invalid_token() {
  web::HttpError error(401, "invalid_token", "The access token is not valid.");
  error.headers.set("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  return error;
}

web::HttpError insufficient_scope(const char* message) {
  web::HttpError error(403, "insufficient_scope", message);
  error.headers.set("WWW-Authenticate", "Bearer error=\"insufficient_scope\"");
  return error;
}

bool has(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

std::optional<std::string_view> bearer_token(const web::Request& request) {
  std::optional<std::string_view> value;
  for (const auto& field : request.raw().headers) {
    if (!net::equals_ignoring_case(field.name, "Authorization")) continue;
    if (value) throw web::HttpError(400, "bad_request", "More than one Authorization header.");
    value = field.value;
  }
  if (!value) return std::nullopt;
  const std::size_t space = value->find(' ');
  if (!net::equals_ignoring_case(value->substr(0, space), kScheme)) return std::nullopt;
  std::string_view token = space == std::string_view::npos ? "" : value->substr(space + 1);
  while (token.starts_with(' ')) token.remove_prefix(1);
  if (token.empty() || token.find(' ') != std::string_view::npos) throw invalid_token();
  return token;
}

std::optional<Claims> verify_bearer(const web::Request& request, const JwtVerifier& verifier) {
  const auto token = bearer_token(request);
  if (!token) return std::nullopt;
  auto claims = verifier.verify(*token, TokenUse::access);
  if (claims) return *std::move(claims);
  base::log_info("cognito: access token refused: " + claims.error().message + ", from " +
                 std::string(request.peer()) + ", request " + std::string(request.request_id()));
  if (claims.error().fault != TokenFault::keys_unavailable) throw invalid_token();
  web::HttpError error(503, "unavailable", "Access tokens cannot be verified at the moment.");
  error.headers.set("Retry-After", "10");
  throw error;
}

web::Middleware bearer_tokens(std::shared_ptr<const JwtVerifier> verifier) {
  return [verifier = std::move(verifier)](web::Request& request, const web::Next& next) {
    if (auto claims = verify_bearer(request, *verifier)) request.set<Claims>(*std::move(claims));
    return next(request);
  };
}

const Claims* bearer(web::Request& request) { return request.get<Claims>(); }

void require_scope(const Claims& claims, std::string_view scope) {
  if (!has(claims.scopes, scope))
    throw insufficient_scope("The access token has not the scope that is needed.");
}

void require_group(const Claims& claims, std::string_view group) {
  if (!has(claims.groups, group))
    throw insufficient_scope("The access token's user is not in the group that is needed.");
}

}  // namespace auth::cognito
