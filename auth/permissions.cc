#include "auth/permissions.h"

#include <algorithm>

#include "dynamo_backend/text.h"

namespace auth {
namespace {

struct ActionName {
  Action action;
  const char* name;
};
constexpr ActionName kActions[] = {{Action::view, "view"},
                                   {Action::add, "add"},
                                   {Action::change, "change"},
                                   {Action::remove, "delete"}};

const char* name_of(Action action) {
  return std::find_if(std::begin(kActions), std::end(kActions),
                      [action](const ActionName& a) { return a.action == action; })
      ->name;
}

std::string people_name(const dynamo_backend::ModelInfo& model) {
  return model.meta.verbose_name.empty() ? dynamo_backend::ascii_lower(model.name)
                                         : std::string(model.meta.verbose_name);
}

}  // namespace

std::string permission(const dynamo_backend::ModelInfo& model, Action action) {
  return model.app_label + "." + name_of(action) + "_" + dynamo_backend::ascii_lower(model.name);
}

std::vector<KnownPermission> known_permissions(const dynamo_backend::Registry& registry) {
  std::vector<KnownPermission> all;
  for (const auto* model : registry.models()) {
    if (model->app_label.empty() || model->row.make == nullptr) continue;  // automatic join tables
    for (const ActionName& a : kActions)
      all.push_back(
          {permission(*model, a.action), std::string("Can ") + a.name + " " + people_name(*model)});
  }
  for (const Permission& custom :
       Permission::objects.all().allow_scan("the few permissions that are no model's"))
    all.push_back({custom.codename, custom.name});
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.codename < b.codename; });
  return all;
}

std::set<std::string> user_permissions(const User& user) {
  std::set<std::string> all = user.permissions;
  for (const Group& group : user.groups.all())
    all.insert(group.permissions.begin(), group.permissions.end());
  return all;
}

bool has_perm(const User& user, std::string_view codename) {
  if (!user.is_active) return false;
  const std::string wanted(codename);
  return user.is_superuser || user.permissions.count(wanted) > 0 ||
         user_permissions(user).count(wanted) > 0;
}

}  // namespace auth
