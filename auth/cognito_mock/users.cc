#include "auth/cognito_mock/users.h"

#include <stdexcept>

#include <sodium.h>

#include "base/json.h"
#include "base/uuid.h"
#include "net/text.h"

namespace auth::cognito_mock {
namespace {

const std::string& hash_of_nobody() {
  static const std::string kHash = hash_password("nobody has this password");
  return kHash;
}

std::string text_of(const base::Json& object, const char* name, bool needed = false) {
  const auto found = object.find(name);
  if (found == object.end() && !needed) return {};
  if (found == object.end() || !found->is_string())
    throw std::invalid_argument(std::string("user.") + name + " must be a string");
  return found->get<std::string>();
}

std::vector<std::string> groups_of(const base::Json& object) {
  std::vector<std::string> groups;
  const auto found = object.find("groups");
  if (found == object.end()) return groups;
  if (!found->is_array()) throw std::invalid_argument("user.groups must be a list of strings");
  for (const auto& group : *found) {
    if (!group.is_string()) throw std::invalid_argument("user.groups must be a list of strings");
    groups.push_back(group.get<std::string>());
  }
  return groups;
}

}  // namespace

std::string hash_password(std::string_view password) {
  if (::sodium_init() < 0) throw std::runtime_error("libsodium cannot be started");
  char hash[crypto_pwhash_STRBYTES];
  if (::crypto_pwhash_str(hash, password.data(), password.size(), crypto_pwhash_OPSLIMIT_MIN,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE / 4) != 0)
    throw std::runtime_error("no memory to hash a password");
  return hash;
}

bool password_is_of(const std::optional<User>& user, std::string_view password) {
  const std::string& hash = user ? user->password_hash : hash_of_nobody();
  const bool same = ::crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
  return same && user.has_value();
}

User demo_user() {
  return {.subject = "6f2c1b0e-6d0f-4a86-9a0c-0d9d5f6a7b11",
          .username = "demo",
          .email = "demo@ddblog.local",
          .given_name = "Demo",
          .family_name = "User",
          .password_hash = hash_password("Demo1234!")};
}

std::optional<User> MemoryUsers::find(std::string_view login) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [subject, user] : by_subject_) {
    if (net::equals_ignoring_case(user.username, login) ||
        net::equals_ignoring_case(user.email, login))
      return user;
  }
  return std::nullopt;
}

std::optional<User> MemoryUsers::find_subject(std::string_view subject) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_subject_.find(subject);
  return found == by_subject_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<User> MemoryUsers::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<User> users;
  for (const auto& [subject, user] : by_subject_) users.push_back(user);
  return users;
}

void MemoryUsers::save(User user) {
  const std::lock_guard lock(mutex_);
  for (const auto& [subject, other] : by_subject_) {
    if (subject == user.subject) continue;
    if (net::equals_ignoring_case(other.username, user.username) ||
        net::equals_ignoring_case(other.email, user.email))
      throw std::invalid_argument("another user has that username or e-mail address");
  }
  by_subject_[user.subject] = std::move(user);
}

base::Json to_json(const User& user) {
  return {{"sub", user.subject},           {"username", user.username},
          {"email", user.email},           {"email_verified", user.email_verified},
          {"given_name", user.given_name}, {"family_name", user.family_name},
          {"groups", user.groups},         {"password_hash", user.password_hash}};
}

User user_from_json(const base::Json& json) {
  if (!json.is_object()) throw std::invalid_argument("a user must be an object");
  User user{.subject = text_of(json, "sub"),
            .username = text_of(json, "username", true),
            .email = text_of(json, "email", true),
            .given_name = text_of(json, "given_name"),
            .family_name = text_of(json, "family_name"),
            .groups = groups_of(json),
            .password_hash = text_of(json, "password_hash")};
  if (user.username.empty() || user.email.empty())
    throw std::invalid_argument("user.username and user.email must not be empty");
  if (const auto found = json.find("email_verified"); found != json.end()) {
    if (!found->is_boolean())
      throw std::invalid_argument("user.email_verified must be true or false");
    user.email_verified = found->get<bool>();
  }
  if (user.subject.empty()) user.subject = base::Uuid::random().str();
  if (user.password_hash.empty())
    user.password_hash = hash_password(text_of(json, "password", true));
  return user;
}

}  // namespace auth::cognito_mock
