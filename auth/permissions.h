// Permissions: which there are, and whether a user has one.
//
//   if (auth::has_perm(user, "demo_app.change_post")) …
//
// A superuser has every permission; a user who is not active has none.
// Thread safety: functions of their arguments.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/models.h"

namespace auth {

enum class Action : std::uint8_t { view, add, change, remove };

// "demo_app.change_post"; of Action::remove "demo_app.delete_post".
std::string permission(const dynamo_backend::ModelInfo& model, Action action);
template <class T>
std::string permission(Action action) {
  return permission(dynamo_backend::model_info<T>(), action);
}

struct KnownPermission {
  std::string codename{};
  std::string name{};  // "Can change post"
};
// The four of each registered model, and the rows of Permission; by codename.
std::vector<KnownPermission> known_permissions(const dynamo_backend::Registry& registry);

// The user's own and those of the groups: two calls for the groups.
std::set<std::string> user_permissions(const User& user);

// Reads groups only where neither the user's rank nor the user's own permissions decide. In a
// request use has_perm(request, …) of auth.h, which reads them once.
bool has_perm(const User& user, std::string_view codename);

}  // namespace auth
