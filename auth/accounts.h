// The pages below /accounts/: sign in and out, sign up, change and reset a password, confirm an
// address, list and end one's sessions.
//
//   auth::account_urls(app.router(), {.secret = secret, .mailer = mailer});
//   app.templates().add(auth::templates());
//   app.add_context_processor(auth::user_context);
//
// Templates are "auth/*.html", which extend "base.html"; a project's own go before. Neither sign-up
// nor reset tells whether an address has an account (rule N2).
//
// site.h does all this from the settings.
// Thread safety: set up on one thread; the views from any.
#pragma once
#include <memory>
#include <string>

#include "auth/mail.h"
#include "auth/throttle.h"
#include "auth/users.h"
#include "web/context.h"
#include "web/embedded.h"
#include "web/router.h"

namespace auth {

struct AccountOptions {
  std::string secret{};  // of counters' keys
  std::shared_ptr<Mailer> mailer{};
  std::string site_name = "DDBDjango";
  // An address counts when its owner has followed a link. Without, it is taken as it is given,
  // unless somebody has it.
  bool verify_email = true;
  bool sign_up = true;
  LoginLimits limits{};
};

void account_urls(web::Router& router, AccountOptions options);

// "auth/*.html", and a plain "base.html" for projects that have none.
web::TemplateFolder templates();

// What pages may show of who is signed in: {{#signed_in}}, {{#anonymous}}, {{user_name}},
// {{#is_staff}}.
void user_context(web::Request& request, web::Context& context);

}  // namespace auth
