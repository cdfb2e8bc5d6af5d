// The lines of docs/topics/auth.md: users, groups, permissions, passwords and throttling.
#include <iostream>

#include "auth/passwords.h"
#include "auth/permissions.h"
#include "auth/session_store.h"
#include "auth/throttle.h"
#include "auth/users.h"
#include "dynamodb/local/engine.h"

// The page shows these lines; they are laid out for it.
// clang-format off
using dynamo_backend::f;

void users() {
  auto alice = auth::create_user({.username = "alice", .email = "alice@example.com"}, "violet harbour");
  if (auto user = auth::authenticate("ALICE@example.com", "violet harbour"))
    std::cout << user->username << '\n';

  auth::set_password(alice, "three of a kind");
  alice.save();                                       // ends her sessions
  for (const auto& problem : auth::password_problems("password1"))
    std::cout << problem << '\n';
}

void permissions() {
  auto alice = *auth::find_by_username("alice");
  auto editors = auth::Group::objects.create({.name = "editors", .permissions = {"blog.change_post"}});
  alice.groups.add(editors);
  alice.permissions.insert("blog.publish_post");
  alice.save();
  if (auth::has_perm(alice, "blog.change_post")) std::cout << "may change posts\n";
  for (const auto& known : auth::known_permissions(dynamo_backend::Registry::instance()))
    std::cout << known.codename << ": " << known.name << '\n';
}

void sign_in() {
  const auth::LoginThrottle throttle("the site's secret");
  try {
    if (auto user = throttle.authenticate("alice", "three of a kind", "192.0.2.1"))
      std::cout << user->username << " signed in\n";
  } catch (const auth::Throttled& refused) {
    std::cout << "try again in " << refused.retry_after.count() << " s\n";
  }
}

void sessions() {
  auto alice = *auth::find_by_username("alice");
  for (const auto& session : auth::sessions_of(alice))
    std::cout << session.user_agent << " from " << session.address << '\n';
  auth::end_sessions(alice);
}
// clang-format on

int main() {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  auth::models(dynamo_backend::Registry::instance());
  dynamo_backend::ensure_tables();
  users();
  permissions();
  sign_in();
  sessions();
}
