#include "auth/cognito_accounts.h"

#include <algorithm>

#include "auth/users.h"
#include "base/log.h"

namespace auth {
namespace {

using dynamo_backend::IntegrityError;

// The first that is free here and that a user may have.
std::string free_username(const cognito::Claims& claims) {
  const std::string part = claims.subject.substr(0, 8);
  for (const std::string& name : {claims.username, claims.username + "-" + part}) {
    if (claims.username.empty()) break;
    User candidate{.username = name};
    ValidationError errors;
    candidate.clean(errors);
    if (name.size() <= 150 && errors.errors().empty() && !find_by_username(name)) return name;
  }
  return "cognito-" + claims.subject.substr(0, 100);
}

// As much of a name as a user's may be long.
std::string name_of(std::string name) {
  constexpr std::size_t kLongest = 150;  // bytes: characters are no more
  if (name.size() <= kLongest) return name;
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
  name.resize(end);
  return name;
}

User make_account(const cognito::Claims& claims) {
  User user{.username = free_username(claims),
            .first_name = name_of(claims.given_name),
            .last_name = name_of(claims.family_name),
            .oidc_issuer = claims.issuer,
            .oidc_subject = claims.subject};
  if (claims.email_verified == true && !claims.email.empty() && !find_by_email(claims.email))
    user.email = claims.email;
  return create_user(std::move(user), {}, PasswordCheck::none);
}

User find_or_make(const cognito::Claims& claims) {
  if (auto user = find_by_oidc(claims.issuer, claims.subject)) return *std::move(user);
  try {
    return make_account(claims);
  } catch (const IntegrityError&) {
    // Another request of the same person was quicker.
    if (auto user = find_by_oidc(claims.issuer, claims.subject)) return *std::move(user);
    throw;
  }
}

// All that the table can give.
cognito::GroupMapping range_of(const cognito::GroupTable& table) {
  std::vector<std::string> groups;
  for (const auto& [name, mapping] : table) groups.push_back(name);
  return cognito::map_groups(table, groups);
}

bool update_flags(User& user, const cognito::GroupMapping& mapping,
                  const cognito::GroupMapping& range) {
  const bool staff = range.is_staff ? mapping.is_staff : user.is_staff;
  const bool superuser = range.is_superuser ? mapping.is_superuser : user.is_superuser;
  if (staff == user.is_staff && superuser == user.is_superuser) return false;
  user.is_staff = staff;
  user.is_superuser = superuser;
  user.save();
  return true;
}

bool update_groups(User& user, const cognito::GroupMapping& mapping,
                   const cognito::GroupMapping& range) {
  if (range.groups.empty()) return false;
  std::vector<Group> held;
  for (const Group& group : user.groups.all()) held.push_back(group);
  bool changed = false;
  for (const auto& name : range.groups) {
    const bool wanted =
        std::find(mapping.groups.begin(), mapping.groups.end(), name) != mapping.groups.end();
    const auto has = std::find_if(held.begin(), held.end(),
                                  [&](const Group& group) { return group.name == name; });
    if (wanted == (has != held.end())) continue;
    if (!wanted) {
      user.groups.remove(*has);
    } else if (const auto group =
                   Group::objects.filter(dynamo_backend::f<&Group::name> == name).first()) {
      user.groups.add(*group);
    } else {
      base::log_warning("cognito.groups names the group \"" + name + "\", which there is not");
      continue;
    }
    changed = true;
  }
  return changed;
}

}  // namespace

std::optional<CognitoAccount> cognito_account(const cognito::Claims& claims,
                                              const cognito::GroupTable& table) {
  CognitoAccount account{find_or_make(claims)};
  if (!account.user.is_active) return std::nullopt;
  const auto mapping = cognito::map_groups(table, claims.groups);
  const auto range = range_of(table);
  const bool flags = update_flags(account.user, mapping, range);
  const bool groups = update_groups(account.user, mapping, range);
  account.rights_changed = flags || groups;
  return account;
}

}  // namespace auth
