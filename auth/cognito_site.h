// CognitoSite: signing in with Amazon Cognito on a site, put together from the [cognito] settings.
//
//   auth::CognitoSite cognito({.settings = settings.cognito, .debug = settings.web.debug});
//   app.use(web::sessions(store));
//   app.use(web::csrf());
//   app.use(cognito.middleware());
//   app.use(auth::authentication({.bearer = cognito.bearer()}));
//   cognito.install(app);
//
// With mock_mode the local provider is part of the site, at /cognito/, and signs people in in
// Cognito's place; the site then does not start but in debug on loopback (rule L9). Without it,
// and without a user pool, nothing is installed.
//
// Thread safety: set up on one thread, then any. The application keeps what it needs of it.
#pragma once
#include <memory>
#include <string>

#include "auth/auth.h"
#include "base/settings.h"
#include "web/application.h"

namespace auth {

struct CognitoSiteOptions {
  base::CognitoSettings settings{};
  std::string secret{};  // of the keys of counters, as SiteOptions has it
  bool debug = false;
  std::string folder{};  // where the local provider keeps its keys and users; empty: in memory
};

class CognitoSite {
 public:
  // Throws std::invalid_argument for settings that are wrong: it names them.
  explicit CognitoSite(CognitoSiteOptions options);
  ~CognitoSite();

  bool is_on() const;
  // Access tokens of the pool in the REST API; null where it is off.
  std::shared_ptr<const BearerVerifier> bearer() const;
  // Refreshes tokens in time and logs out in full. It belongs after the middleware of sessions and
  // before authentication, which must see what the provider has taken away.
  web::Middleware middleware() const;
  // REQUIRES: once.
  void install(web::Application& application) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace auth
