// CognitoLogin: the site's side of signing in with Amazon Cognito: routes, attempts and tokens in
// the session, refreshing, and the full log-out (rules L2, L3, L6-L8).
//
//   CognitoLogin login(client, application.secret_keys(), {.sign_in = …, .refreshed = …});
//   login.urls(application.router());
//   application.use(login.middleware());            // inside sessions()
//
// Who the user is to this site is the hooks' matter: (issuer, subject) is the key, never an e-mail
// address (L5).
//
// In the session: "cognito_attempts" [{state (SHA-256), nonce, verifier, next, expires_at}], five
// at most, each taken by the callback that brings its state; "cognito" {subject, expires_at,
// tokens: a TokenBox}. Nothing of it leaves the server.
//
// Thread safety: set up on one thread, then any.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/cognito/oidc_client.h"
#include "auth/cognito/refresh_flights.h"
#include "auth/cognito/token_box.h"
#include "web/embedded.h"
#include "web/middleware.h"
#include "web/router.h"

namespace auth::cognito {

struct LoginHooks {
  // Signs the user in: finds or makes the account and begins a session of it. May throw HttpError,
  // which is then the answer.
  std::function<void(web::Request&, const Claims&, const GroupMapping&)> sign_in{};
  // The provider has been asked again: the account's groups may have changed. False: the account
  // may not stay signed in.
  std::function<bool(web::Request&, const Claims&, const GroupMapping&)> refreshed{};
};

class CognitoLogin {
 public:
  static constexpr std::size_t kMostAttempts = 5;  // of a browser
  static constexpr std::chrono::seconds kRefreshBefore{300};

  // `denied`: takes what a log-out revokes, for verifiers of bearer tokens (J9).
  CognitoLogin(std::shared_ptr<const OidcClient> client, const web::SecretKeys& keys,
               LoginHooks hooks, std::shared_ptr<DenyList> denied = {});

  // /accounts/amazon-cognito/login/ and …/login/callback/. REQUIRES: *this outlives the router.
  void urls(web::Router& router);
  // Refreshes tokens in time; and makes of a log-out by POST /accounts/logout/ or
  // /accounts/sessions/ a full one: when the site's view has ended the session, tokens are revoked
  // and the browser goes to the provider's log-out (L8).
  web::Response handle(web::Request& request, const web::Next& next);
  web::Middleware middleware() {
    return [this](web::Request& request, const web::Next& next) { return handle(request, next); };
  }

  // Another client from now on. REQUIRES: no requests yet.
  void set_client(std::shared_ptr<const OidcClient> client) { client_ = std::move(client); }

 private:
  web::Response start(web::Request& request);
  web::Response callback(web::Request& request);
  web::Response fail(web::Request& request, const LoginError& error) const;
  void add_attempt(web::Request& request, const Attempt& attempt) const;
  std::optional<Attempt> take_attempt(web::Request& request, const std::string& state) const;
  void keep_tokens(web::Request& request, const Login& login) const;
  void refresh_if_due(web::Request& request);
  web::Response log_out(web::Request& request, const web::Next& next);

  std::shared_ptr<const OidcClient> client_;
  const TokenBox box_;
  const LoginHooks hooks_;
  const std::shared_ptr<DenyList> denied_;
  RefreshFlights flights_;
};

web::TemplateFolder templates();

}  // namespace auth::cognito
