#include "auth/cognito_mock/provider.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "auth/cognito/jwt_verifier.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/secrets.h"
#include "base/uuid.h"
#include "net/text.h"

namespace auth::cognito_mock {
namespace {

constexpr std::array<std::string_view, 5> kScopes = {"openid", "email", "profile", "phone",
                                                     "aws.cognito.signin.user.admin"};
constexpr std::string_view kDefaultScope = "openid email profile";

// nullopt: not there, or more than once.
std::optional<std::string> once(const Parameters& form, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [given, value] : form) {
    if (given != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

bool scopes_are_known(std::string_view scopes) {
  while (!scopes.empty()) {
    const std::size_t end = std::min(scopes.find(' '), scopes.size());
    if (std::find(kScopes.begin(), kScopes.end(), scopes.substr(0, end)) == kScopes.end())
      return false;
    scopes.remove_prefix(std::min(end + 1, scopes.size()));
  }
  return true;
}

bool is_challenge(std::string_view text) {
  const auto bytes = base::base64url_decode(text);
  return bytes && bytes->size() == 32;
}

// RFC 7636: 43 to 128 of RFC 3986's unreserved characters.
bool is_verifier(std::string_view text) {
  return text.size() >= 43 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_' || c == '~';
         });
}

std::string with_parameters(std::string_view uri, const Parameters& parameters) {
  std::string url(uri);
  char separator = uri.find('?') == std::string_view::npos ? '?' : '&';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    url += separator;
    url += name + "=";
    net::append_percent_encoded(url, value);
    separator = '&';
  }
  return url;
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

OAuthError invalid_grant(std::string why) { return {"invalid_grant", std::move(why)}; }

}  // namespace

void throw_exception_from_error(const OAuthError& error, const boost::source_location&) {
  throw std::runtime_error(error.code + ": " + error.description);
}

std::optional<AuthorizeRequest> AuthorizeRequest::from(const Parameters& parameters) {
  AuthorizeRequest request;
  const std::pair<std::string_view, std::string*> members[] = {
      {"client_id", &request.client_id},
      {"redirect_uri", &request.redirect_uri},
      {"response_type", &request.response_type},
      {"scope", &request.scope},
      {"state", &request.state},
      {"nonce", &request.nonce},
      {"code_challenge", &request.code_challenge},
      {"code_challenge_method", &request.code_challenge_method},
      {"prompt", &request.prompt},
      {"max_age", &request.max_age}};
  for (const auto& [name, member] : members) {
    const auto given = [name = name](const auto& parameter) { return parameter.first == name; };
    if (std::count_if(parameters.begin(), parameters.end(), given) > 1) return std::nullopt;
    if (auto value = once(parameters, name)) *member = *std::move(value);
  }
  return request;
}

Parameters AuthorizeRequest::parameters() const {
  Parameters all = {{"client_id", client_id},
                    {"redirect_uri", redirect_uri},
                    {"response_type", response_type},
                    {"scope", scope},
                    {"state", state},
                    {"nonce", nonce},
                    {"code_challenge", code_challenge},
                    {"code_challenge_method", code_challenge_method},
                    {"prompt", prompt},
                    {"max_age", max_age}};
  std::erase_if(all, [](const auto& parameter) { return parameter.second.empty(); });
  return all;
}

Provider::Provider(ProviderOptions options, std::unique_ptr<UserStore> users)
    : options_(std::move(options)),
      users_(users ? std::move(users) : std::make_unique<MemoryUsers>()),
      keys_(options_.keys_file),
      grants_(options_.now, options_.lifetimes) {
  if (users_->all().empty()) users_->save(demo_user());
  for (const auto& client : options_.clients) add_client(client);
}

void Provider::add_client(Client client) {
  if (client.id.empty()) throw std::invalid_argument("a client needs a client_id");
  const std::lock_guard lock(mutex_);
  clients_[client.id] = std::move(client);
}

std::optional<Client> Provider::find_client(std::string_view id) const {
  const std::lock_guard lock(mutex_);
  const auto found = clients_.find(id);
  return found == clients_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Client> Provider::clients() const {
  const std::lock_guard lock(mutex_);
  std::vector<Client> all;
  for (const auto& [id, client] : clients_) all.push_back(client);
  return all;
}

std::optional<std::string> Provider::check_target(const AuthorizeRequest& request) const {
  const auto client = find_client(request.client_id);
  if (!client) return "No app client has this client_id.";
  if (!contains(client->redirect_uris, request.redirect_uri))
    return "The redirect_uri is not one that is registered for this client.";
  return std::nullopt;
}

std::optional<OAuthError> Provider::check(const AuthorizeRequest& request) const {
  if (request.response_type != "code")
    return OAuthError{"unsupported_response_type", "response_type must be code"};
  if (!scopes_are_known(request.scope)) return OAuthError{"invalid_scope", "unknown scope"};
  if (request.code_challenge_method != "S256" || !is_challenge(request.code_challenge))
    return OAuthError{"invalid_request",
                      "PKCE is needed: code_challenge with code_challenge_method S256"};
  if (request.state.size() > 2048 || request.nonce.size() > 2048)
    return OAuthError{"invalid_request", "state or nonce is too long"};
  return std::nullopt;
}

std::optional<User> Provider::check_password(std::string_view login,
                                             std::string_view password) const {
  auto user = users_->find(login);
  return password_is_of(user, password) ? user : std::nullopt;
}

std::string Provider::accept(const AuthorizeRequest& request, const Grants::Browser& browser) {
  Grant grant{.id = base::Uuid::random().str(),
              .subject = browser.subject,
              .client_id = request.client_id,
              .redirect_uri = request.redirect_uri,
              .scope = request.scope.empty() ? std::string(kDefaultScope) : request.scope,
              .nonce = request.nonce,
              .code_challenge = request.code_challenge,
              .auth_time = browser.auth_time};
  if (faults_.take(Fault::wrong_verifier))
    grant.code_challenge = base::base64url_encode(base::random_bytes(32));
  const std::string code = grants_.add_code(std::move(grant));
  if (faults_.take(Fault::replayed_code)) grants_.take_code(code);
  return with_parameters(request.redirect_uri, {{"code", code}, {"state", request.state}});
}

std::string Provider::refuse(const AuthorizeRequest& request, const OAuthError& error) {
  return with_parameters(
      request.redirect_uri,
      {{"error", error.code}, {"error_description", error.description}, {"state", request.state}});
}

bool Provider::may_log_out_to(std::string_view client_id, std::string_view logout_uri) const {
  const auto client = find_client(client_id);
  return client && contains(client->logout_uris, logout_uri);
}

OAuthResult<Client> Provider::authenticate(const Parameters& form, const BasicAuth& basic) const {
  const OAuthError refused{"invalid_client", "unknown client, or another secret"};
  const auto id = basic ? basic->first : once(form, "client_id").value_or("");
  const auto secret = basic ? basic->second : once(form, "client_secret").value_or("");
  const auto named = once(form, "client_id");
  if (basic && named && *named != id) return refused;
  const auto client = find_client(id);
  if (!client || !base::secrets_equal(client->secret, secret)) return refused;
  return *client;
}

OAuthResult<TokenAnswer> Provider::token(const Parameters& form, const BasicAuth& basic) {
  const auto client = authenticate(form, basic);
  if (!client) return client.error();
  const auto kind = once(form, "grant_type");
  if (!kind) return OAuthError{"invalid_request", "grant_type is needed, once"};
  if (*kind == "authorization_code") return exchange_code(form, *client);
  if (*kind == "refresh_token") return refresh(form, *client);
  return OAuthError{"unsupported_grant_type",
                    "grant_type must be authorization_code or refresh_token"};
}

OAuthResult<TokenAnswer> Provider::exchange_code(const Parameters& form, const Client& client) {
  const auto code = once(form, "code"), redirect_uri = once(form, "redirect_uri"),
             verifier = once(form, "code_verifier");
  if (!code || !redirect_uri || !verifier)
    return OAuthError{"invalid_request", "code, redirect_uri and code_verifier are needed, once"};
  const auto grant = grants_.take_code(*code);
  if (!grant) return invalid_grant("the code is unknown, expired or used");
  if (grant->client_id != client.id) return invalid_grant("the code is another client's");
  if (grant->redirect_uri != *redirect_uri) return invalid_grant("another redirect_uri");
  if (!is_verifier(*verifier) ||
      !base::secrets_equal(base::base64url_encode(base::sha256(*verifier)), grant->code_challenge))
    return invalid_grant("the code_verifier is not that of the code_challenge");
  const auto user = users_->find_subject(grant->subject);
  if (!user) return invalid_grant("the user is gone");
  return token_answer(*grant, *user, grants_.add_refresh_token(*grant), true);
}

OAuthResult<TokenAnswer> Provider::refresh(const Parameters& form, const Client& client) {
  const auto token = once(form, "refresh_token");
  if (!token) return OAuthError{"invalid_request", "refresh_token is needed, once"};
  const auto held = grants_.find_refresh_token(*token);
  if (!held || held->client_id != client.id) return invalid_grant("the refresh token is unknown");
  const auto rotation = grants_.rotate(*token);
  if (!rotation) return invalid_grant("the refresh token has expired, or was replaced");
  const auto user = users_->find_subject(rotation->grant.subject);
  if (!user) return invalid_grant("the user is gone");
  return token_answer(rotation->grant, *user, rotation->refresh_token, false);
}

std::optional<OAuthError> Provider::revoke(const Parameters& form, const BasicAuth& basic) {
  const auto client = authenticate(form, basic);
  if (!client) return client.error();
  const auto token = once(form, "token");
  if (!token) return OAuthError{"invalid_request", "token is needed, once"};
  if (token->find('.') != std::string::npos)
    return OAuthError{"unsupported_token_type", "only refresh tokens can be revoked"};
  const auto grant = grants_.find_refresh_token(*token);
  if (grant && grant->client_id == client->id) grants_.revoke(grant->id);
  return std::nullopt;  // RFC 7009: also for a token that is not known
}

}  // namespace auth::cognito_mock
