#include "auth/users.h"

#include "auth/passwords.h"
#include "dynamo_backend/text.h"

namespace auth {

using dynamo_backend::f;

// Bytes: of more than these no username is made, however its letters were typed.
constexpr std::size_t kLongestTyped = 4096;

void check_new_user(const User& user, std::string_view password, PasswordCheck check) {
  ValidationError errors("User");
  try {
    user.full_clean();
  } catch (const ValidationError& error) {
    for (const auto& [field, messages] : error.errors())
      for (const auto& message : messages) errors.add(field, message);
  }
  if (!password.empty() && check == PasswordCheck::strict) {
    for (auto& problem : password_problems_of(user, password))
      errors.add("password", std::move(problem));
  }
  if (!errors.empty()) throw ValidationError(errors);
}

std::vector<std::string> password_problems_of(const User& user, std::string_view password) {
  return password_problems(
      password, {user.username, user.email.value_or(""), user.first_name, user.last_name});
}

User create_user(User user, std::string_view password, PasswordCheck check) {
  if (user.email && user.email->empty()) user.email.reset();
  check_new_user(user, password, check);
  set_password(user, password);
  user.save();
  return user;
}

User create_superuser(User user, std::string_view password, PasswordCheck check) {
  user.is_staff = user.is_superuser = true;
  return create_user(std::move(user), password, check);
}

void set_password(User& user, std::string_view password) {
  user.password = password.empty() ? std::string() : passwords().hash(password);
}

std::optional<User> find_by_username(std::string_view username) {
  if (username.size() > kLongestTyped) return std::nullopt;
  const std::string login = username_key(username);
  if (login.empty() || login.size() > 1024) return std::nullopt;
  return User::objects.try_get(f<&User::login> == login);
}

std::optional<User> find_by_email(std::string_view email) {
  const std::string address = dynamo_backend::ascii_lower(email);
  if (address.empty() || address.size() > 1024) return std::nullopt;
  return User::objects.try_get(f<&User::email> == address);
}

// A name that looks like an address is the user's own (User::clean): nobody else's stands before
// it.
std::optional<User> find_user(std::string_view name_or_email) {
  if (auto user = find_by_username(name_or_email)) return user;
  return name_or_email.find('@') == std::string_view::npos ? std::nullopt
                                                           : find_by_email(name_or_email);
}

std::optional<User> find_by_oidc(std::string_view issuer, std::string_view subject) {
  if (issuer.empty() || subject.empty()) return std::nullopt;
  return User::objects.try_get(f<&User::oidc_subject> == std::string(subject) &&
                               f<&User::oidc_issuer> == std::string(issuer));
}

std::optional<User> authenticate(std::string_view name_or_email, std::string_view password) {
  return authenticate(find_user(name_or_email), password);
}

std::optional<User> authenticate(std::optional<User> user, std::string_view password) {
  if (!user) {
    passwords().verify_nothing(password);
    return std::nullopt;
  }
  if (!passwords().verify(user->password, password) || !user->is_active) return std::nullopt;
  if (passwords().needs_rehash(user->password)) {
    // Not by save(): the password is the same, and sessions go on. Where someone changes it
    // meanwhile, theirs stays.
    const std::string hash = passwords().hash(password);
    User::objects.filter(f<&User::pk> == user->pk && f<&User::password> == user->password)
        .update(f<& User::password> = hash);
    user->refresh();
  }
  return user;
}

}  // namespace auth
