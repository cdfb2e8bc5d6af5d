// The models of auth: who may sign in, what they may do, their sessions, and the counters of
// throttling.
//
// A permission is a text "app.action_model": "demo_app.change_post". Users and groups hold
// theirs as sets, so that a user's are read with the user; those of models follow from the
// registry (permissions.h), and rows of Permission are the others that a project wants.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "auth/usernames.h"
#include "dynamo_backend/models.h"

namespace auth {

using base::Timestamp;
using base::Uuid;
using dynamo_backend::ValidationError;

// A field a line, as a schema reads.
// clang-format off

struct Group : dynamo_backend::DynamoModel<Group> {
  std::string name{};
  std::set<std::string> permissions{};

  std::string str() const { return name; }
  void clean(ValidationError& errors) const;

  static constexpr auto schema = dynamo_backend::define<Group>(
      {.ordering = "name"},
      dynamo_backend::CharField<&Group::name>{.max_length = 150, .unique = true},
      dynamo_backend::SetField<&Group::permissions>{});
};

// A permission beside those of the models: "demo_app.publish_post", "Can publish posts".
struct Permission : dynamo_backend::DynamoTable<Permission> {
  std::string codename{};
  std::string name{};

  std::string str() const { return codename; }
  void clean(ValidationError& errors) const;

  static constexpr auto schema = dynamo_backend::define<Permission>(
      dynamo_backend::PartitionKey<&Permission::codename>{},
      dynamo_backend::CharField<&Permission::name>{.max_length = 255});
};

// Saving a user whose password has changed, or who is no longer active, raises session_epoch, and
// with that ends every session of that user. QuerySet::update() does not.
struct User : dynamo_backend::DynamoModel<User> {
  std::string username{};  // saved in NFKC (usernames.h)
  std::optional<std::string> email{};  // saved in lower case
  std::string first_name{};
  std::string last_name{};
  std::string password{};  // a hash (passwords.h); empty: none that could be used
  bool is_active = true;
  bool is_staff = false;
  bool is_superuser = false;
  std::set<std::string> permissions{};  // beside those of the groups
  std::int64_t session_epoch = 0;       // of the sessions that count
  std::optional<std::string> oidc_issuer{}, oidc_subject{};  // the account at an identity provider
  std::optional<Timestamp> last_login{};
  Timestamp date_joined{};
  dynamo_backend::Many<Group> groups{};

  std::string str() const { return username; }
  std::string full_name() const;
  void clean(ValidationError& errors) const;
  // The name as it is looked up.
  static std::string login(const User& user);

  static constexpr auto schema = dynamo_backend::define<User>(
      {.ordering = "username"},
      dynamo_backend::CharField<&User::username>{.max_length = kLongestUsername, .unique = true, .fold_case = true},
      dynamo_backend::EmailField<&User::email>{.max_length = 254, .unique = true, .fold_case = true},
      dynamo_backend::CharField<&User::first_name>{.max_length = 150, .blank = true},
      dynamo_backend::CharField<&User::last_name>{.max_length = 150, .blank = true},
      dynamo_backend::CharField<&User::password>{.max_length = 255, .blank = true, .editable = false},
      dynamo_backend::BooleanField<&User::is_active>{},
      dynamo_backend::BooleanField<&User::is_staff>{},
      dynamo_backend::BooleanField<&User::is_superuser>{},
      dynamo_backend::SetField<&User::permissions>{},
      dynamo_backend::IntegerField<&User::session_epoch>{.editable = false},
      dynamo_backend::CharField<&User::oidc_issuer>{.max_length = 255, .editable = false},
      dynamo_backend::CharField<&User::oidc_subject>{.max_length = 255, .editable = false},
      dynamo_backend::DateTimeField<&User::last_login>{.editable = false},
      dynamo_backend::DateTimeField<&User::date_joined>{.auto_now_add = true},
      dynamo_backend::ManyToManyField<&User::groups>{.related_name = "users"},
      dynamo_backend::Unique<&User::oidc_issuer, &User::oidc_subject>{.name = "oidc"},
      dynamo_backend::Index<&User::oidc_subject, &User::oidc_issuer>{.name = "oidc", .keys_only = true},
      dynamo_backend::ComputedIndex<&User::login>{
          .name = "login", .reads = dynamo_backend::reads<&User::username>(), .keys_only = true});
};

// A session, under the SHA-256 of the id that its cookie holds.
struct SessionRow : dynamo_backend::DynamoTable<SessionRow> {
  std::string key_hash{};
  std::string data{};                     // JSON
  std::optional<std::string> user_key{};  // none: of nobody yet
  Timestamp created_at{};
  Timestamp last_seen_at{};
  Timestamp expires_at{};

  static constexpr auto schema = dynamo_backend::define<SessionRow>(
      {.table_name = "auth_session"},
      dynamo_backend::PartitionKey<&SessionRow::key_hash>{},
      dynamo_backend::TextField<&SessionRow::data>{},
      dynamo_backend::CharField<&SessionRow::user_key>{.index = true},
      dynamo_backend::DateTimeField<&SessionRow::created_at>{},
      dynamo_backend::DateTimeField<&SessionRow::last_seen_at>{},
      dynamo_backend::TTLField<&SessionRow::expires_at>{});
};

// A counter of throttling (counters.h).
struct CounterRow : dynamo_backend::DynamoTable<CounterRow> {
  std::string key{};
  std::int64_t count = 0;
  Timestamp expires_at{};

  static constexpr auto schema = dynamo_backend::define<CounterRow>(
      {.table_name = "auth_counter"},
      dynamo_backend::PartitionKey<&CounterRow::key>{},
      dynamo_backend::IntegerField<&CounterRow::count>{},
      dynamo_backend::TTLField<&CounterRow::expires_at>{});
};

// clang-format on

// Lists the models, and listens to what is saved of users.
void models(dynamo_backend::Registry& registry);

// Whether the text has a permission's form: "app.codename", of letters, digits and '_'.
bool is_permission(std::string_view text);

}  // namespace auth
