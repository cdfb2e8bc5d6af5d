#include "admin/auth_admin.h"

#include "admin/bulk_job.h"
#include "admin/site.h"
#include "auth/models.h"
#include "auth/permissions.h"

namespace admin {
namespace {

std::vector<std::pair<std::string, std::string>> permission_choices() {
  std::vector<std::pair<std::string, std::string>> choices;
  for (const auto& known : auth::known_permissions(dynamo_backend::Registry::instance()))
    choices.emplace_back(known.codename, known.codename + " | " + known.name);
  return choices;
}

// Superusers are changed by superusers: whoever may change users must not become one of them.
bool may_touch_user(const RowQuestion& q) {
  return q.is_superuser || q.verb == "view" || !static_cast<const auth::User*>(q.row)->is_superuser;
}

}  // namespace

void register_auth() {
  Site& s = site();
  s.add<auth::User>(
      {.list_display = {"username", "email", "first_name", "last_name", "is_staff", "is_active"},
       .list_filter = {"is_staff", "is_superuser", "is_active"},
       .search_fields = {"username", "email", "first_name", "last_name"},
       .fieldsets = {{"",
                      {"username", "email"},
                      "A user signs in with a password that is set on its own page."},
                     {"Personal info", {"first_name", "last_name"}},
                     {"Permissions",
                      {"is_active", "is_staff", "is_superuser", "groups", "permissions"}},
                     {"Important dates", {"last_login", "date_joined"}}},
       .filter_horizontal = {"groups"},
       .choices = {{"permissions", permission_choices}},
       .superuser_fields = {"is_staff", "is_superuser", "groups", "permissions"},
       .row_permission = may_touch_user});
  s.add<auth::Group>({.list_display = {"name"},
                      .search_fields = {"name"},
                      .choices = {{"permissions", permission_choices}},
                      .superuser_fields = {"permissions"}});
  s.add<auth::Permission>({.list_display = {"codename", "name"}, .search_fields = {"codename"}});
  // Deleting a session ends it.
  s.add<auth::SessionRow>({.list_display = {"user_key", "created_at", "last_seen_at", "expires_at"},
                           .search_fields = {"=user_key"},
                           .fields = {"user_key", "created_at", "last_seen_at", "expires_at"},
                           .can_add = false,
                           .can_change = false,
                           .log_values = false});
  s.add<LogEntry>({.list_display = {"at", "user_name", "verb", "model", "text"},
                   .search_fields = {"=user"},
                   .ordering = "-id",
                   .read_only = true});
  s.add<BulkJob>({.list_display = {"__str__", "state", "user_name", "done", "created_at"},
                  .fields = {"model", "action", "state", "user_name", "done", "skipped", "problem",
                             "created_at"},
                  .read_only = true});
}

}  // namespace admin
