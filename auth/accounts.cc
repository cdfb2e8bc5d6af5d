#include "auth/accounts.h"

#include "auth/account_pages.h"
#include "auth/auth.h"
#include "auth/passwords.h"
#include "auth/session_store.h"
#include "web/form_data.h"
#include "web/messages.h"
#include "web/safe_redirect.h"
#include "web/session.h"

namespace auth {

using web::Access;
using web::Request;
using web::Response;

namespace {

constexpr std::int64_t kSignUpsAMinute = 20, kResetsAMinute = 20;

std::string field(Request& request, std::string_view name) {
  return std::string(web::form(request).get(name).value_or(""));
}

web::Endpoint endpoint(std::function<Response(Request&)> view) {
  return [view = std::move(view)](Request& request, web::PathArguments) { return view(request); };
}

Response to(std::string_view url) { return Response::redirect(url, 303); }

// Of pages whose URL has a token: no other site is told of it. With "no-referrer" browsers would
// post their forms with the Origin "null", which the CSRF check refuses.
constexpr std::string_view kReferrer = "same-origin";

// The page again, with what was entered.
Response too_busy(Page page) {
  page.error("Many people are signing in. Try again in a moment.");
  return page.render(503).header("Retry-After", "1");
}
Response too_many(Page page, const Throttled& throttled) {
  page.error("Too many attempts. Try again in " + waiting_time(throttled.retry_after) + ".");
  return page.render(429).header("Retry-After", std::to_string(throttled.retry_after.count()));
}

// {{next}}, where a page leads on to; {{#leads_on}}: it is not the home page.
std::string set_next(Request& request, Page& page, std::string_view given) {
  std::string next = web::safe_redirect(given);
  page.context.set("next", next).show("leads_on", next != "/");
  return request.set(NextPage{std::move(next)}).path;
}

// The views.
class Accounts {
 public:
  explicit Accounts(AccountOptions options)
      : options_(std::move(options)), throttle_(options_.secret, options_.limits) {}

  Response show_login(Request& request) const;
  Response sign_in(Request& request) const;
  Response show_logout(Request& request) const;
  Response sign_out(Request& request) const;
  Response show_sign_up(Request& request) const;
  Response sign_up(Request& request) const;
  Response show_confirm(Request& request) const;
  Response confirm_email(Request& request) const;
  Response show_change(Request& request) const;
  Response change_password(Request& request) const;
  Response show_reset(Request& request) const;
  Response send_reset(Request& request) const;
  Response show_new_password(Request& request) const;
  Response set_new_password(Request& request) const;
  Response show_sessions(Request& request) const;
  Response end_sessions(Request& request) const;

 private:
  void greet(Request& request, const User& user, const std::string& email) const;
  void send_link(Request& request, const User& user) const;

  const AccountOptions options_;
  const LoginThrottle throttle_;
};

// ---- Signing in and out

Response Accounts::show_login(Request& request) const {
  Page page(request, "auth/login.html");
  set_next(request, page, request.query("next").value_or(""));
  page.context.show("sign_up", options_.sign_up);
  return page.render();
}

Response Accounts::sign_in(Request& request) const {
  const std::string name = field(request, web::form(request).has("login") ? "login" : "username");
  const bool remember = web::form(request).has("remember");
  Page page(request, "auth/login.html");
  const std::string next = set_next(request, page, field(request, "next"));
  page.context.set("login", name).show("remember", remember).show("sign_up", options_.sign_up);
  try {
    const auto found =
        throttle_.authenticate(name, field(request, "password"), request.client_address());
    if (found) {
      login(request, *found);
      web::session(request).end_with_browser(!remember);
      return to(next);
    }
  } catch (const Throttled& throttled) {
    log_event(request, "sign-in throttled", name);
    return too_many(std::move(page), throttled);
  } catch (const PasswordsBusy&) {
    return too_busy(std::move(page));
  }
  log_event(request, "sign-in failed", name);
  page.error("The name or the password is not right.");
  return page.render(400);
}

Response Accounts::show_logout(Request& request) const {
  return Page(request, "auth/logout.html").render();
}

Response Accounts::sign_out(Request& request) const {
  logout(request);
  return to("/").header("Clear-Site-Data", "\"cookies\"");
}

// ---- Signing up

Response Accounts::show_sign_up(Request& request) const {
  Page page(request, "auth/signup.html");
  set_next(request, page, request.query("next").value_or(""));
  return page.render();
}

Response Accounts::sign_up(Request& request) const {
  Page page(request, "auth/signup.html");
  const std::string next = set_next(request, page, field(request, "next"));
  const std::string name = normalised_username(field(request, "username"));
  const std::string email = field(request, "email");
  page.context.set("username", name).set("email", email);
  try {
    throttle_address(options_.secret, "sign-up", request.client_address(), kSignUpsAMinute);
  } catch (const Throttled& throttled) {
    return too_many(std::move(page), throttled);
  }
  User user{.username = name};
  if (!email.empty()) user.email = email;  // checked with the rest, and set when it is known
  const std::string password = field(request, "password1");
  if (password != field(request, "password2"))
    page.error("password2", "The two passwords are not the same.");
  if (password.empty()) page.error("password1", "This field is required.");
  // It would be somebody's address, and whose is not known yet.
  if (name.find('@') != std::string::npos)
    page.error("username", "Enter letters, digits and ./+/-/_ only: no @.");
  if (!page.try_form([&] { check_new_user(user, password); }) || page.has_errors())
    return page.render(400);
  const bool is_free = email.empty() || !find_by_email(email);
  if (options_.verify_email || !is_free) user.email.reset();
  try {
    if (!page.try_form([&] { user = create_user(user, password); })) return page.render(400);
  } catch (const PasswordsBusy&) {
    return too_busy(std::move(page));
  }
  throttle_.know(user.pk.str(), request.client_address());
  log_event(request, "signed up", user.username);
  login(request, user);
  greet(request, user, email);
  return to(next);
}

// The same is shown whether the address has an account or not; its owner is told.
void Accounts::greet(Request& request, const User& user, const std::string& email) const {
  if (email.empty() || !options_.verify_email) return;
  web::flash(request, web::Level::info,
             "We have sent a link to " + email + ". Follow it to confirm the address.");
  if (find_by_email(email)) {
    options_.mailer->send({.to = email,
                           .subject = options_.site_name + ": you have an account",
                           .text = "Someone signed up with this address, which has an account "
                                   "already. If you have forgotten its password, reset it at\n\n" +
                                   site_url(request) + request.url_for("password-reset") + "\n"});
    return;
  }
  options_.mailer->send(
      {.to = email,
       .subject = options_.site_name + ": confirm your address",
       .text = "Follow this link within a day to confirm that this is your address:\n\n" +
               site_url(request) + request.url_for("confirm-email") +
               "?token=" + email_token(request, user, email) + "\n"});
}

// A mail's reader may open its links to see where they lead: what confirms is the page's form.
Response Accounts::show_confirm(Request& request) const {
  Page page(request, "auth/confirm_email.html");
  const std::string token(request.query("token").value_or(""));
  const auto asked = read_email_token(request, token);
  page.context.set("token", token).show("asks", asked.has_value()).show("failed", !asked);
  if (asked) page.context.set("email", asked->email);
  return page.render(asked ? 200 : 400).header("Referrer-Policy", kReferrer);
}

Response Accounts::confirm_email(Request& request) const {
  auto confirmed = read_email_token(request, field(request, "token"));
  bool is_done = false;
  if (confirmed) {
    try {
      confirmed->user.email = confirmed->email;
      confirmed->user.save();
      is_done = true;
      log_event(request, "confirmed an address", confirmed->user.username);
    } catch (const dynamo_backend::IntegrityError&) {  // another's by now
    }
  }
  Page page(request, "auth/confirm_email.html");
  page.context.show("done", is_done).show("failed", !is_done);
  return page.render(is_done ? 200 : 400);
}

// ---- Passwords

Response Accounts::show_change(Request& request) const {
  return Page(request, "auth/password_change.html").render();
}

Response Accounts::change_password(Request& request) const {
  Page page(request, "auth/password_change.html");
  User changed = *user(request);
  try {
    if (!throttle_.authenticate(changed.username, field(request, "old_password"),
                                request.client_address()))
      page.error("old_password", "This is not your password.");
  } catch (const Throttled& throttled) {
    return too_many(std::move(page), throttled);
  }
  const std::string password = page.new_password(changed);
  if (page.has_errors()) return page.render(400);
  changed.refresh();
  set_password(changed, password);
  changed.save();
  keep_session(request, changed);
  log_event(request, "changed the password", changed.username);
  web::flash(request, web::Level::success, "Your password was changed. Other sessions have ended.");
  return to("/");
}

Response Accounts::show_reset(Request& request) const {
  return Page(request, "auth/password_reset.html").render();
}

Response Accounts::send_reset(Request& request) const {
  Page page(request, "auth/password_reset.html");
  try {
    throttle_address(options_.secret, "reset", request.client_address(), kResetsAMinute);
  } catch (const Throttled& throttled) {
    return too_many(std::move(page), throttled);
  }
  const std::string email = field(request, "email");
  page.context.set("email", email);
  if (email.empty()) {
    page.error("email", "This field is required.");
    return page.render(400);
  }
  // Who has no password here signs in elsewhere: a password would outlive what is taken away there.
  const auto found = find_by_email(email);
  if (found && found->is_active && has_usable_password(*found)) send_link(request, *found);
  log_event(request, "asked to reset a password", email);
  page.context.show("sent");
  return page.render();
}

void Accounts::send_link(Request& request, const User& user) const {
  options_.mailer->send({.to = *user.email,
                         .subject = options_.site_name + ": reset your password",
                         .text = "Follow this link within an hour to set a new password for " +
                                 user.username + ":\n\n" + site_url(request) +
                                 request.url_for("password-reset-confirm") +
                                 "?token=" + reset_token(request, user) +
                                 "\n\nIf you did not ask for it, there is nothing to do.\n"});
}

Response Accounts::show_new_password(Request& request) const {
  Page page(request, "auth/password_reset_confirm.html");
  const bool is_good = read_reset_token(request, request.query("token").value_or("")).has_value();
  page.context.set("token", request.query("token").value_or(""));
  page.context.show("good", is_good).show("bad", !is_good);
  return page.render(is_good ? 200 : 400).header("Referrer-Policy", kReferrer);
}

Response Accounts::set_new_password(Request& request) const {
  Page page(request, "auth/password_reset_confirm.html");
  const std::string token = field(request, "token");
  auto found = read_reset_token(request, token);
  page.context.set("token", token).show("good", found.has_value()).show("bad", !found);
  if (!found) return page.render(400);
  const std::string password = page.new_password(*found);
  if (page.has_errors()) return page.render(400);
  set_password(*found, password);
  found->save();
  auth::end_sessions(*found);
  throttle_.know(found->pk.str(), request.client_address());
  log_event(request, "reset the password", found->username);
  web::flash(request, web::Level::success, "Your password was set. Sign in with it.");
  return to(request.url_for("login"));
}

// ---- Sessions

Response Accounts::show_sessions(Request& request) const {
  Page page(request, "auth/sessions.html");
  const std::string own = web::session(request).key_hash();
  for (const UserSession& session : sessions_of(*user(request))) {
    web::Context turn = page.context.add("sessions");
    turn.set("key", session.key_hash).set("address", session.address);
    turn.set("agent", session.user_agent.empty() ? "unknown" : session.user_agent);
    turn.set("last_seen", short_time(session.last_seen_at));
    turn.set("created", short_time(session.created_at));
    turn.show("is_this", session.key_hash == own).show("is_other", session.key_hash != own);
  }
  return page.render();
}

Response Accounts::end_sessions(Request& request) const {
  User who = *user(request);
  if (web::form(request).has("all")) {
    auth::end_sessions(who);
    logout(request);
    return to(request.url_for("login"));
  }
  const std::string key = field(request, "session");
  if (key == web::session(request).key_hash()) {
    logout(request);
    return to(request.url_for("login"));
  }
  if (end_session(who, key)) web::flash(request, web::Level::success, "The session was ended.");
  log_event(request, "ended a session", who.username);
  return to(request.url_for("sessions"));
}

}  // namespace

void account_urls(web::Router& r, AccountOptions options) {
  const bool sign_up = options.sign_up;
  const auto accounts = std::make_shared<const Accounts>(std::move(options));
  const auto view = [&accounts](Response (Accounts::*page)(Request&) const) {
    return [accounts, page](Request& request) -> Response { return ((*accounts).*page)(request); };
  };
  const auto both = [&r, &view](const char* path, const char* name, auto show, auto take,
                                const Access& access) {
    r.add("GET", path, endpoint(view(show)), name).access(access);
    r.add("POST", path, endpoint(view(take)), name).access(access);
  };
  const Access& everyone = Access::public_;
  both("/accounts/login/", "login", &Accounts::show_login, &Accounts::sign_in, everyone);
  both("/accounts/logout/", "logout", &Accounts::show_logout, &Accounts::sign_out, everyone);
  if (sign_up)
    both("/accounts/signup/", "signup", &Accounts::show_sign_up, &Accounts::sign_up, everyone);
  both("/accounts/confirm-email/", "confirm-email", &Accounts::show_confirm,
       &Accounts::confirm_email, everyone);
  both("/accounts/password/change/", "password-change", &Accounts::show_change,
       &Accounts::change_password, Access::authenticated);
  r.get("/accounts/password_change/", [](Request& request) {
     return Response::redirect(request.url_for("password-change"), 301);
   }).access(everyone);
  both("/accounts/password/reset/", "password-reset", &Accounts::show_reset, &Accounts::send_reset,
       everyone);
  both("/accounts/password/reset/confirm/", "password-reset-confirm", &Accounts::show_new_password,
       &Accounts::set_new_password, everyone);
  both("/accounts/sessions/", "sessions", &Accounts::show_sessions, &Accounts::end_sessions,
       Access::authenticated);
}

void user_context(Request& request, web::Context& context) {
  if (!web::find_session(request)) return;
  const User* const who = user(request);
  context.show(who ? "signed_in" : "anonymous");
  if (!who) return;
  context.set("user_name", who->username);
  if (who->is_staff) context.show("is_staff");
}

}  // namespace auth
