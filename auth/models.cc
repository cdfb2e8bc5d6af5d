#include "auth/models.h"

#include <algorithm>

#include "dynamo_backend/signals.h"
#include "dynamo_backend/text.h"

namespace auth {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void check_permissions(const std::set<std::string>& permissions, ValidationError& errors) {
  for (const std::string& permission : permissions) {
    if (!is_permission(permission))
      errors.add("permissions", "\"" + permission + "\" is no permission, as in blog.change_post.");
  }
}

// Whether the row was read, with the attribute, and that has another value now.
bool differs(User& user, std::string_view attribute, const dynamodb::AttributeValue& now) {
  const auto value = user.row_state().stored().find(attribute);
  return value && dynamodb::unpack(*value) != now;
}

void before_save(User& user, const dynamo_backend::SaveEvent& event) {
  user.username = normalised_username(user.username);
  if (user.email) {
    user.email = dynamo_backend::ascii_lower(*user.email);
    if (user.email->empty()) user.email.reset();
  }
  if (event.created) return;
  const bool ends_sessions = (!user.is_active && differs(user, "is_active", false)) ||
                             differs(user, "password", user.password);
  if (ends_sessions && !differs(user, "session_epoch", user.session_epoch)) ++user.session_epoch;
}

}  // namespace

bool is_permission(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < text.size() && text.size() <= 255 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(dot),
                     is_name_character) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(dot) + 1, text.end(),
                     is_name_character);
}

void Group::clean(ValidationError& errors) const { check_permissions(permissions, errors); }

void Permission::clean(ValidationError& errors) const {
  if (!is_permission(codename))
    errors.add("codename", "Enter app.codename, as in blog.publish_post.");
}

std::string User::full_name() const {
  if (first_name.empty() || last_name.empty()) return first_name + last_name;
  return first_name + " " + last_name;
}

std::string User::login(const User& user) { return username_key(user.username); }

void User::clean(ValidationError& errors) const {
  const std::string name = normalised_username(username);  // as it is going to be saved
  if (!is_username(name)) errors.add("username", "Enter letters, digits and @/./+/-/_ only.");
  // What was typed may be shorter: some characters are several in NFKC.
  if (name != username && dynamo_backend::count_characters(name) > kLongestUsername)
    errors.add("username", "Enter at most " + std::to_string(kLongestUsername) + " characters.");
  // Who signs in by an address must not meet another's name.
  if (name.find('@') != std::string::npos &&
      username_key(name) != dynamo_backend::ascii_lower(email.value_or("")))
    errors.add("username", "A username with @ must be your own e-mail address.");
  if (oidc_issuer.has_value() != oidc_subject.has_value())
    errors.add("oidc_subject", "Issuer and subject go together.");
  check_permissions(permissions, errors);
}

void models(dynamo_backend::Registry& registry) {
  registry.add<Group>();
  registry.add<Permission>();
  registry.add<User>();
  registry.add<SessionRow>();
  registry.add<CounterRow>();
  static const bool listening = [] {
    dynamo_backend::signals<User>().pre_save.connect(before_save).keep();
    return true;
  }();
  (void)listening;
}

}  // namespace auth
