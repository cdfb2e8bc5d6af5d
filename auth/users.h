// Accounts: making users, finding them, checking who someone is.
//
//   auto user = auth::create_user({.username = "alice", .email = "alice@example.com"}, "…");
//   if (auto user = auth::authenticate("alice", typed)) …
//
// Thread safety: any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/models.h"

namespace auth {

enum class PasswordCheck : std::uint8_t { strict, none };

// The user with a hash of the password, saved. Throws ValidationError (all that is wrong, of the
// password as well), IntegrityError and PasswordsBusy (passwords.h). An empty password is one that
// none can sign in with.
User create_user(User user, std::string_view password, PasswordCheck check = PasswordCheck::strict);
User create_superuser(User user, std::string_view password,
                      PasswordCheck check = PasswordCheck::strict);
// What create_user() checks before it asks the database. Throws ValidationError.
void check_new_user(const User& user, std::string_view password,
                    PasswordCheck check = PasswordCheck::strict);
// What is wrong with it as the password of this user (passwords.h).
std::vector<std::string> password_problems_of(const User& user, std::string_view password);

// Hashes; the caller saves, which ends the user's sessions. Checks nothing. Throws PasswordsBusy.
void set_password(User& user, std::string_view password);
inline bool has_usable_password(const User& user) { return !user.password.empty(); }

// By name in any case and any of its Unicode forms; by e-mail address in any case.
std::optional<User> find_by_username(std::string_view username);
std::optional<User> find_by_email(std::string_view email);
// By name, else by address.
std::optional<User> find_user(std::string_view name_or_email);
// By the account at an identity provider (rule L5).
std::optional<User> find_by_oidc(std::string_view issuer, std::string_view subject);

// The active user of that name or e-mail address, where the password is the user's. Takes as long
// where there is none (rule N2). A hash made with other parameters is replaced. Throws
// PasswordsBusy. Not throttled: LoginThrottle (throttle.h) is what asks before.
std::optional<User> authenticate(std::string_view name_or_email, std::string_view password);
// The same of one who was looked up; nullopt: nobody was found.
std::optional<User> authenticate(std::optional<User> user, std::string_view password);

}  // namespace auth
