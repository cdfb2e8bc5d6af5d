#include "auth/account_pages.h"

#include "auth/passwords.h"
#include "base/secrets.h"
#include "web/application.h"
#include "web/form_data.h"
#include "web/signing.h"
#include "web/templates.h"

namespace auth {
namespace {

constexpr std::chrono::hours kResetFor{1}, kConfirmFor{24};

web::Signer signer(const web::Request& request, std::string_view purpose) {
  return {request.application().secret_keys(), purpose,
          [] { return dynamo_backend::Connection::current().now(); }};
}

// Changes with the password, and with the end of all sessions.
std::string fingerprint(const User& user) {
  return base::to_hex(
      base::sha256(user.password + ":" + std::to_string(user.session_epoch)).substr(0, 16));
}

// Changes with that, and with the address.
std::string address_fingerprint(const User& user) {
  return base::to_hex(
      base::sha256(fingerprint(user) + ":" + user.email.value_or("")).substr(0, 16));
}

// "<pk>:<rest>"
std::optional<std::pair<User, std::string>> user_and_rest(const std::string& value) {
  const auto pk = Uuid::parse(std::string_view(value).substr(0, Uuid::kTextSize));
  if (!pk || value.size() <= Uuid::kTextSize + 1) return std::nullopt;
  auto user = User::objects.try_get(*pk);
  if (!user || !user->is_active) return std::nullopt;
  return std::pair(*std::move(user), value.substr(Uuid::kTextSize + 1));
}

}  // namespace

void Page::add(const std::string& section, std::string_view text) {
  context.add(section).set("text", text);
  has_errors_ = true;
}

void Page::error(std::string_view field, std::string_view text) {
  add("errors_" + std::string(field), text);
  context.show("invalid_" + std::string(field));
}

bool Page::try_form(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const ValidationError& wrong) {
    for (const auto& [field, messages] : wrong.errors()) {
      for (const std::string& message : messages) {
        if (field == ValidationError::kNonField)
          error(message);
        else
          error(field == "password" ? "password1" : field, message);
      }
    }
  } catch (const dynamo_backend::IntegrityError&) {
    // The name: names are public, and whose an address is, is not asked for.
    error("username", "A user with that name exists.");
  }
  return false;
}

std::string Page::new_password(const User& user) {
  const auto field = [this](std::string_view name) {
    return std::string(web::form(request_).get(name).value_or(""));
  };
  const std::string password = field("password1");
  if (password != field("password2")) error("password2", "The two passwords are not the same.");
  for (const std::string& problem : password_problems_of(user, password))
    error("password1", problem);
  return password;
}

web::Response Page::render(int status) {
  return web::render(request_, name_, context, status).header("Cache-Control", "no-store");
}

std::string site_url(const web::Request& request) {
  return (request.is_secure() ? "https://" : "http://") + std::string(request.host());
}

std::string waiting_time(std::chrono::seconds time) {
  const auto of = [](std::int64_t count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(time);
  return time < std::chrono::minutes(1) ? of(time.count(), "second")
                                        : of(minutes.count(), "minute");
}

std::string short_time(base::Timestamp time) {
  std::string text = base::to_iso(time).substr(0, 16);
  text[10] = ' ';
  return text + " UTC";
}

std::string reset_token(const web::Request& request, const User& user) {
  return signer(request, "password-reset").sign(user.pk.str() + ":" + fingerprint(user));
}

std::optional<User> read_reset_token(const web::Request& request, std::string_view token) {
  const auto value = signer(request, "password-reset").unsign(token, kResetFor);
  auto found = value ? user_and_rest(*value) : std::nullopt;
  if (!found || !has_usable_password(found->first) ||
      !base::secrets_equal(found->second, fingerprint(found->first)))
    return std::nullopt;
  return std::move(found->first);
}

std::string email_token(const web::Request& request, const User& user, const std::string& email) {
  return signer(request, "confirm-email")
      .sign(user.pk.str() + ":" + address_fingerprint(user) + ":" + email);
}

std::optional<ConfirmedEmail> read_email_token(const web::Request& request,
                                               std::string_view token) {
  const auto value = signer(request, "confirm-email").unsign(token, kConfirmFor);
  auto found = value ? user_and_rest(*value) : std::nullopt;
  if (!found) return std::nullopt;
  auto& [user, rest] = *found;
  const std::size_t colon = rest.find(':');
  if (colon == std::string::npos ||
      !base::secrets_equal(rest.substr(0, colon), address_fingerprint(user)))
    return std::nullopt;
  return ConfirmedEmail{std::move(user), rest.substr(colon + 1)};
}

}  // namespace auth
