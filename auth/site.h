// Auth on a site, put together.
//
//   project.configure_site = [](web::Application& app, management::Context& context) {
//     auth::install(app, {.secret = context.secret_key()});
//   };
//
// Adds the middleware of sessions, messages, CSRF, rate limits and authentication, the pages
// below /accounts/ with their templates, and what pages may show: the user, messages, a CSRF
// token. Call it before other middleware that asks who someone is, and after the project's own
// templates.
//
// Thread safety: at set-up.
#pragma once
#include <memory>
#include <string>

#include "auth/auth.h"
#include "auth/mail.h"
#include "web/application.h"

namespace auth {

struct SiteOptions {
  std::string secret{};                            // of counters' keys
  std::string site_name = "DDBDjango";             // in mails
  std::shared_ptr<const BearerVerifier> bearer{};  // of access tokens; none: they are not taken
  bool open_demo = false;                          // see auth.h
  // Runs where there is a session and nobody has been looked up yet: CognitoSite::middleware().
  web::Middleware before_authentication{};
  bool sign_up = true;
  // Without a host mails are written to the log with debug, and not sent else.
  SmtpOptions email{};
};

void install(web::Application& application, const SiteOptions& options);

// {{#has_messages}}, {{#messages}} with {{level}} and {{text}}; {{csrf_token}}; and those of
// user_context() (accounts.h).
void page_context(web::Request& request, web::Context& context);

}  // namespace auth
