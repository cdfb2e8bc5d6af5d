// The pages below /accounts/: sign in and out, sign up, change and reset a password, confirm an
// address, list and end one's sessions.
//
//   auth::Accounts accounts({.secret = secret, .mailer = mailer});
//   accounts.urls(app.router());
//   app.templates().add(auth::templates());
//   app.add_context_processor(auth::user_context);
//
// Templates are "auth/*.html", which extend "base.html"; a project's own go before. Neither sign-up
// nor reset tells whether an address has an account (rule N2).
//
// Thread safety: any thread. Outlives the application that has its routes.
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

class Accounts {
 public:
  explicit Accounts(AccountOptions options);

  void urls(web::Router& router);

 private:
  web::Response show_login(web::Request& request) const;
  web::Response sign_in(web::Request& request) const;
  web::Response show_logout(web::Request& request) const;
  web::Response sign_out(web::Request& request) const;
  web::Response show_sign_up(web::Request& request) const;
  web::Response sign_up(web::Request& request) const;
  web::Response confirm_email(web::Request& request) const;
  web::Response show_change(web::Request& request) const;
  web::Response change_password(web::Request& request) const;
  web::Response show_reset(web::Request& request) const;
  web::Response send_reset(web::Request& request) const;
  web::Response show_new_password(web::Request& request) const;
  web::Response set_new_password(web::Request& request) const;
  web::Response show_sessions(web::Request& request) const;
  web::Response end_sessions(web::Request& request) const;

  void greet(web::Request& request, const User& user, const std::string& email) const;
  void send_link(web::Request& request, const User& user) const;

  const AccountOptions options_;
  const LoginThrottle throttle_;
};

// "auth/*.html", and a plain "base.html" for projects that have none.
web::TemplateFolder templates();

// What pages may show of who is signed in: {{#signed_in}}, {{#anonymous}}, {{user_name}},
// {{#is_staff}}.
void user_context(web::Request& request, web::Context& context);

}  // namespace auth
