#include "auth/cognito/login.h"

#include "base/json.h"
#include "base/log.h"
#include "base/secrets.h"
#include "net/text.h"
#include "web/safe_redirect.h"
#include "web/session.h"
#include "web/templates.h"

namespace auth::cognito {
namespace {

constexpr const char* kAttempts = "cognito_attempts";
constexpr const char* kTokens = "cognito";
// Pages that may end the session they are asked in.
constexpr std::string_view kLogoutPath = "/accounts/logout/", kSessionsPath = "/accounts/sessions/";
constexpr const char* kStartPath = "/accounts/amazon-cognito/login/";

std::int64_t seconds_of(std::chrono::sys_seconds time) { return time.time_since_epoch().count(); }
std::chrono::sys_seconds to_time(const base::Json& seconds) {
  return std::chrono::sys_seconds(std::chrono::seconds(seconds.get<std::int64_t>()));
}

// The attempts of this browser that have not expired.
base::Json::array_t open_attempts(web::Session& session, base::Timestamp now) {
  base::Json::array_t open;
  const base::Json* held = session.find(kAttempts);
  if (held == nullptr) return open;
  for (const auto& attempt : *held) {
    if (to_time(attempt["expires_at"]) > now) open.push_back(attempt);
  }
  return open;
}

void put_attempts(web::Session& session, base::Json::array_t attempts) {
  if (attempts.empty())
    session.erase(kAttempts);
  else
    session.set(kAttempts, std::move(attempts));
}

// "http://localhost:8000" of a URL.
std::string_view origin_of(std::string_view url) {
  return url.substr(0, url.find('/', url.find("://") + 3));
}

const char* words_for(LoginFault fault) {
  switch (fault) {
    case LoginFault::request:
      return "This sign-in has expired, was used already, or was begun in another browser.";
    case LoginFault::refused:
      return "The identity provider has not signed you in.";
    case LoginFault::unavailable:
      return "The identity provider cannot be reached at the moment.";
    case LoginFault::grant:
    case LoginFault::token:
      break;
  }
  return "The identity provider's answer was not accepted.";
}

}  // namespace

CognitoLogin::CognitoLogin(std::shared_ptr<const OidcClient> client, const web::SecretKeys& keys,
                           LoginHooks hooks, std::shared_ptr<DenyList> denied)
    : client_(std::move(client)),
      box_(keys),
      hooks_(std::move(hooks)),
      denied_(std::move(denied)),
      flights_([client = client_] { return client->now(); }) {}

void CognitoLogin::urls(web::Router& router) {
  router
      .get(
          "/accounts/amazon-cognito/login/",
          [this](web::Request& request) { return start(request); }, "cognito-login")
      .access(web::Access::public_);
  router
      .get(
          "/accounts/amazon-cognito/login/callback/",
          [this](web::Request& request) { return callback(request); }, "cognito-callback")
      .access(web::Access::public_);
}

web::Response CognitoLogin::start(web::Request& request) {
  const std::string_view origin = origin_of(client_->settings().redirect_uri);
  const bool at_origin =
      net::equals_ignoring_case(request.host(), origin.substr(origin.find("://") + 3));
  std::string next = web::safe_redirect(request.query("next").value_or(""));
  // The provider sends the browser back to the configured origin: the attempt must be bound to it
  // there. Once, lest a proxy that changes Host made it a loop.
  if (!at_origin && !request.query("here")) {
    return web::Response::redirect(std::string(origin) + kStartPath +
                                   "?here=1&next=" + net::percent_encode(next))
        .header("Cache-Control", "no-store");
  }
  const auto [attempt, url] = client_->start(std::move(next));
  add_attempt(request, attempt);
  return web::Response::redirect(url).header("Cache-Control", "no-store");
}

void CognitoLogin::add_attempt(web::Request& request, const Attempt& attempt) const {
  web::Session& session = web::session(request);
  auto attempts = open_attempts(session, client_->now());
  if (attempts.size() >= kMostAttempts)
    attempts.erase(attempts.begin(),
                   attempts.end() - static_cast<std::ptrdiff_t>(kMostAttempts - 1));
  attempts.push_back({{"state", base::to_hex(base::sha256(attempt.state))},
                      {"nonce", attempt.nonce},
                      {"verifier", attempt.verifier},
                      {"next", attempt.next},
                      {"expires_at", seconds_of(attempt.expires_at)}});
  put_attempts(session, std::move(attempts));
}

std::optional<Attempt> CognitoLogin::take_attempt(web::Request& request,
                                                  const std::string& state) const {
  web::Session& session = web::session(request);
  if (state.empty() || !session.exists()) return std::nullopt;
  auto attempts = open_attempts(session, client_->now());
  const std::string hash = base::to_hex(base::sha256(state));
  const auto found = std::find_if(attempts.begin(), attempts.end(), [&](const auto& attempt) {
    return base::secrets_equal(attempt["state"].template get_ref<const std::string&>(), hash);
  });
  if (found == attempts.end()) return std::nullopt;
  Attempt taken{.state = state,
                .nonce = (*found)["nonce"],
                .verifier = (*found)["verifier"],
                .next = (*found)["next"],
                .expires_at = to_time((*found)["expires_at"])};
  attempts.erase(found);
  put_attempts(session, std::move(attempts));
  return taken;
}

web::Response CognitoLogin::callback(web::Request& request) {
  const CallbackParameters& parameters = request.query_parameters();
  const auto attempt = take_attempt(request, OidcClient::state_of(parameters));
  if (!attempt) return fail(request, {LoginFault::request, "no attempt has this state"});
  const auto login = client_->finish(*attempt, parameters);
  if (!login) return fail(request, login.error());
  hooks_.sign_in(request, login->claims,
                 map_groups(client_->settings().groups, login->claims.groups));
  keep_tokens(request, *login);
  base::log_info("cognito: signed in " + login->claims.subject + ", from " +
                 std::string(request.peer()) + ", request " + std::string(request.request_id()));
  return web::Response::redirect(web::safe_redirect(attempt->next), 303)
      .header("Cache-Control", "no-store");
}

web::Response CognitoLogin::fail(web::Request& request, const LoginError& error) const {
  base::log_warning("cognito: sign-in failed: " + error.message + ", from " +
                    std::string(request.peer()) + ", request " + std::string(request.request_id()));
  web::Context context;
  context.set("message", words_for(error.fault));
  const int status = error.fault == LoginFault::unavailable ? 503 : 400;
  return web::render(request, "cognito/login_failed.html", context, status)
      .header("Cache-Control", "no-store");
}

void CognitoLogin::keep_tokens(web::Request& request, const Login& login) const {
  const base::Json tokens = {{"access_token", login.tokens.access_token},
                             {"refresh_token", login.tokens.refresh_token},
                             {"origin_id", login.claims.origin_id}};
  web::session(request).set(kTokens, {{"subject", login.claims.subject},
                                      {"expires_at", seconds_of(login.tokens.expires_at)},
                                      {"tokens", box_.seal(tokens.dump(), login.claims.subject)}});
}

web::Response CognitoLogin::handle(web::Request& request, const web::Next& next) {
  // What a page is made of comes with its cookie, too, and wants no session read for it.
  if (request.path().starts_with("/static/")) return next(request);
  refresh_if_due(request);
  const bool may_end = request.method() == "POST" &&
                       (request.path() == kLogoutPath || request.path() == kSessionsPath);
  return may_end ? log_out(request, next) : next(request);
}

void CognitoLogin::refresh_if_due(web::Request& request) {
  web::Session* session = web::find_session(request);
  if (session == nullptr || !session->exists()) return;
  const base::Json* held = session->find(kTokens);
  if (held == nullptr || to_time((*held)["expires_at"]) - kRefreshBefore > client_->now()) return;
  const std::string subject = (*held)["subject"];
  const auto opened = box_.open((*held)["tokens"].get_ref<const std::string&>(), subject);
  if (!opened) return session->flush();  // by a key that is no more
  const std::string refresh_token = base::parse_json(*opened)["refresh_token"];
  const auto login =
      flights_.once(refresh_token, [&] { return client_->refresh(refresh_token, subject); });
  if (!login) {
    base::log_warning("cognito: tokens not refreshed: " + login.error().message);
    // What the provider does not take back is over; anything else is not the user's fault, and the
    // session has an end of its own.
    if (login.error().fault == LoginFault::grant) session->flush();
    return;
  }
  if (hooks_.refreshed &&
      !hooks_.refreshed(request, login->claims,
                        map_groups(client_->settings().groups, login->claims.groups)))
    return session->flush();
  keep_tokens(request, *login);
}

web::Response CognitoLogin::log_out(web::Request& request, const web::Next& next) {
  web::Session* session = web::find_session(request);
  const base::Json* found =
      session != nullptr && session->exists() ? session->find(kTokens) : nullptr;
  if (found == nullptr) return next(request);  // nobody, or signed in in another way
  const base::Json held = *found;
  web::Response answer = next(request);
  if (answer.status >= 400 || session->find(kTokens) != nullptr) return answer;  // it goes on
  const auto opened = box_.open(held["tokens"].get_ref<const std::string&>(),
                                held["subject"].get_ref<const std::string&>());
  if (opened) {
    const base::Json tokens = base::parse_json(*opened);
    const std::string origin_id = tokens["origin_id"];
    if (denied_ && !origin_id.empty())
      denied_->add(origin_id, to_time(held["expires_at"]) + std::chrono::minutes(2));
    client_->revoke(tokens["refresh_token"]);
  }
  const std::string url = client_->logout_url();
  if (!url.empty()) {
    answer.status = 303;
    answer.headers.set("Location", url);
  }
  return answer;
}

}  // namespace auth::cognito
