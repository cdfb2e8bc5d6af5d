// What the pages of accounts.h share: a page with the errors of its form, and links that mails
// carry.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "auth/users.h"
#include "web/context.h"
#include "web/request.h"
#include "web/response.h"

namespace auth {

// {{#errors}}{{text}}{{/errors}} are of the form, {{#errors_<field>}} of a field, which
// {{#invalid_<field>}} tells of.
class Page {
 public:
  Page(web::Request& request, std::string_view name) : request_(request), name_(name) {}

  web::Context context;

  void error(std::string_view text) { add("errors", text); }
  void error(std::string_view field, std::string_view text);
  // False: it threw a ValidationError, or an IntegrityError, whose errors the page has then; those
  // of "password" with "password1".
  bool try_form(const std::function<void()>& work);
  bool has_errors() const { return has_errors_; }
  // The fields password1 and password2; errors where they are not good for this user.
  std::string new_password(const User& user);

  web::Response render(int status = 200);

 private:
  void add(const std::string& section, std::string_view text);
  web::Request& request_;
  std::string_view name_;
  bool has_errors_ = false;
};

// Where sign-in goes on to, of a page that leads there: kept with the request for other ways to
// sign in, whose links are on the page too.
struct NextPage {
  std::string path;  // of this site (rule R1)
};

// "https://example.com", of the request's host, which is one of the allowed ones.
std::string site_url(const web::Request& request);
std::string waiting_time(std::chrono::seconds time);  // "40 seconds", "5 minutes"
std::string short_time(base::Timestamp time);         // "2026-11-22 10:00 UTC"

// A link to reset a password is good for an hour, once: it holds what the password was (rule K7).
// A user without a password gets none.
std::string reset_token(const web::Request& request, const User& user);
std::optional<User> read_reset_token(const web::Request& request, std::string_view token);

// A link to confirm an address is good for a day, while password and address stay what they are.
struct ConfirmedEmail {
  User user;
  std::string email;
};
std::string email_token(const web::Request& request, const User& user, const std::string& email);
std::optional<ConfirmedEmail> read_email_token(const web::Request& request, std::string_view token);

}  // namespace auth
