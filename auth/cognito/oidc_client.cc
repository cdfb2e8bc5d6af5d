#include "auth/cognito/oidc_client.h"

#include <algorithm>
#include <stdexcept>

#include "base/base64.h"
#include "base/call_ledger.h"
#include "base/json.h"
#include "base/log.h"
#include "base/secrets.h"
#include "net/text.h"

namespace auth::cognito {
namespace {

constexpr std::chrono::seconds kDeadline{5};
constexpr std::size_t kMostAnswerBytes = 64 * 1024;
constexpr std::size_t kMostCodeBytes = 2048;
constexpr std::string_view kScope = "openid email profile";

using Parameter = std::pair<std::string, std::string>;

// nullopt: not there, or more than once.
std::optional<std::string> once(const CallbackParameters& parameters, std::string_view name) {
  const auto is_it = [&](const Parameter& parameter) { return parameter.first == name; };
  if (std::count_if(parameters.begin(), parameters.end(), is_it) != 1) return std::nullopt;
  return std::find_if(parameters.begin(), parameters.end(), is_it)->second;
}

bool has(const CallbackParameters& parameters, std::string_view name) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const Parameter& parameter) { return parameter.first == name; });
}

std::string text_member(const base::Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// An error code of OAuth, for the log: nothing else that the provider or a browser has said.
std::string error_name(std::string_view text) {
  const bool plain = !text.empty() && text.size() <= 40 &&
                     std::all_of(text.begin(), text.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return plain ? std::string(text) : "another error";
}

LoginError fault(LoginFault kind, std::string message) { return {kind, std::move(message)}; }

std::optional<base::Json> parse_answer(const std::string& body) {
  try {
    base::Json json = base::parse_json(body, {.max_depth = 8, .max_keys = 100});
    if (json.is_object()) return json;
  } catch (const base::JsonError&) {
  }
  return std::nullopt;
}

LoginError refusal(const net::ClientResponse& response) {
  const auto json = parse_answer(response.body);
  const std::string error = json ? text_member(*json, "error") : std::string();
  return fault(
      error == "invalid_grant" ? LoginFault::grant : LoginFault::unavailable,
      "token endpoint answered " + std::to_string(response.status) + ", " + error_name(error));
}

// OpenID Connect Core, 3.1.3.6.
bool is_hash_of(std::string_view hash, std::string_view access_token) {
  return base::secrets_equal(hash,
                             base::base64url_encode(base::sha256(access_token).substr(0, 16)));
}

}  // namespace

void throw_exception_from_error(const LoginError& error, const boost::source_location&) {
  throw std::runtime_error(error.message);
}

OidcClient::OidcClient(net::HttpClient& http, KeySource& keys, OidcSettings settings,
                       base::NowFunction now)
    : http_(http),
      settings_(std::move(settings)),
      now_(std::move(now)),
      verifier_(keys,
                {.issuer = settings_.issuer, .client_ids = {settings_.client_id}, .now = now_}) {
  if (settings_.authorize_url.empty() || settings_.token_url.empty() ||
      settings_.redirect_uri.empty())
    throw std::invalid_argument("OidcClient needs authorize_url, token_url and redirect_uri");
}

StartedLogin OidcClient::start(std::string next,
                               std::optional<std::chrono::seconds> max_age) const {
  Attempt attempt{.state = base::random_token(),
                  .nonce = base::random_token(),
                  .verifier = base::random_token(),
                  .next = std::move(next),
                  .expires_at = std::chrono::floor<std::chrono::seconds>(now_()) + kAttemptLifetime,
                  .max_age = max_age};
  std::string url = settings_.authorize_url;
  const std::string challenge = base::base64url_encode(base::sha256(attempt.verifier));
  const std::pair<std::string_view, std::string_view> parameters[] = {
      {"?response_type=", "code"},
      {"&client_id=", settings_.client_id},
      {"&redirect_uri=", settings_.redirect_uri},
      {"&scope=", kScope},
      {"&state=", attempt.state},
      {"&nonce=", attempt.nonce},
      {"&code_challenge=", challenge},
      {"&code_challenge_method=", "S256"}};
  for (const auto& [name, value] : parameters) {
    url += name;
    net::append_percent_encoded(url, value);
  }
  if (max_age) url += "&max_age=" + std::to_string(max_age->count());
  return {std::move(attempt), std::move(url)};
}

std::string OidcClient::state_of(const CallbackParameters& callback) {
  return once(callback, "state").value_or("");
}

LoginResult<Login> OidcClient::finish(const Attempt& attempt,
                                      const CallbackParameters& callback) const {
  if (attempt.expires_at <= now_()) return fault(LoginFault::request, "the attempt has expired");
  if (!base::secrets_equal(state_of(callback), attempt.state))
    return fault(LoginFault::request, "state is another");
  if (has(callback, "error"))
    return fault(LoginFault::refused,
                 "the provider says " + error_name(once(callback, "error").value_or("")));
  const auto code = once(callback, "code");
  if (!code || code->empty() || code->size() > kMostCodeBytes)
    return fault(LoginFault::request, "code is not there once");
  auto login = ask_for_tokens({{"grant_type", "authorization_code"},
                               {"code", *code},
                               {"redirect_uri", settings_.redirect_uri},
                               {"code_verifier", attempt.verifier}});
  if (!login) return login;
  if (auto error = check_against(attempt, login->claims)) return *std::move(error);
  return login;
}

std::optional<LoginError> OidcClient::check_against(const Attempt& attempt,
                                                    const Claims& claims) const {
  if (!base::secrets_equal(claims.nonce, attempt.nonce))
    return fault(LoginFault::token, "ID token: nonce is another");
  constexpr std::chrono::seconds kSkew{30};
  if (attempt.max_age &&
      (!claims.auth_time || *claims.auth_time + *attempt.max_age + kSkew < now_()))
    return fault(LoginFault::token, "ID token: auth_time is too long ago");
  return std::nullopt;
}

LoginResult<Login> OidcClient::refresh(const std::string& refresh_token,
                                       std::string_view subject) const {
  auto login = ask_for_tokens({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}});
  if (login && login->claims.subject != subject)
    return fault(LoginFault::token, "ID token: sub is another");
  // Without rotation the old one goes on.
  if (login && login->tokens.refresh_token.empty()) login->tokens.refresh_token = refresh_token;
  return login;
}

net::ClientOutcome OidcClient::post(const std::string& url, const Form& form) const {
  std::string body;
  for (const auto& [name, value] : form) {
    if (!body.empty()) body += '&';
    body.append(name).append("=");
    net::append_percent_encoded(body, value);
  }
  net::ClientRequest request{.url = url,
                             .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                                         {"Accept", "application/json"}},
                             .deadline = net::HttpClient::Clock::now() + kDeadline,
                             .max_response_bytes = kMostAnswerBytes};
  if (settings_.client_secret.empty()) {
    body += "&client_id=" + net::percent_encode(settings_.client_id);
  } else {
    // RFC 6749, 2.3.1: both are form-encoded before they are joined.
    request.headers.push_back(
        {"Authorization",
         "Basic " + base::base64_encode(net::percent_encode(settings_.client_id) + ":" +
                                        net::percent_encode(settings_.client_secret))});
  }
  request.body = std::move(body);
  if (!base::CallLedger::on()) return http_.send(std::move(request));
  // Without the request's text: it is made of secrets.
  const auto entry = base::CallLedger::start("cognito", "POST " + url.substr(url.rfind('/')), url);
  auto outcome = http_.send(std::move(request));
  entry.end({.error = !outcome                 ? outcome.error().message
                      : outcome->status != 200 ? "answered " + std::to_string(outcome->status)
                                               : ""});
  return outcome;
}

LoginResult<Login> OidcClient::ask_for_tokens(const Form& form) const {
  const auto outcome = post(settings_.token_url, form);
  if (!outcome) return fault(LoginFault::unavailable, outcome.error().message);
  if (outcome->status != 200) return refusal(*outcome);
  const auto answer = parse_answer(outcome->body);
  if (!answer) return fault(LoginFault::unavailable, "token endpoint sent no JSON object");
  if (!net::equals_ignoring_case(text_member(*answer, "token_type"), "Bearer"))
    return fault(LoginFault::token, "token_type is not Bearer");
  TokenSet tokens{.access_token = text_member(*answer, "access_token"),
                  .refresh_token = text_member(*answer, "refresh_token")};
  if (tokens.access_token.empty()) return fault(LoginFault::token, "no access_token");
  auto claims = verifier_.verify(text_member(*answer, "id_token"), TokenUse::id);
  if (!claims)
    return fault(claims.error().fault == TokenFault::keys_unavailable ? LoginFault::unavailable
                                                                      : LoginFault::token,
                 "ID token: " + claims.error().message);
  if (!claims->access_token_hash.empty() &&
      !is_hash_of(claims->access_token_hash, tokens.access_token))
    return fault(LoginFault::token, "ID token: at_hash is of another access token");
  tokens.expires_at = claims->expires_at;
  return Login{*std::move(claims), std::move(tokens)};
}

void OidcClient::revoke(const std::string& refresh_token) const {
  if (settings_.revoke_url.empty() || refresh_token.empty()) return;
  const auto outcome = post(settings_.revoke_url, {{"token", refresh_token}});
  if (!outcome)
    base::log_warning("cognito: refresh token not revoked: " + outcome.error().message);
  else if (outcome->status != 200)
    base::log_warning("cognito: refresh token not revoked: answered " +
                      std::to_string(outcome->status));
}

std::string OidcClient::logout_url() const {
  if (settings_.logout_url.empty() || settings_.logout_uri.empty()) return {};
  return settings_.logout_url + "?client_id=" + net::percent_encode(settings_.client_id) +
         "&logout_uri=" + net::percent_encode(settings_.logout_uri);
}

}  // namespace auth::cognito
