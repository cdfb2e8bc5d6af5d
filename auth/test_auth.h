// What tests of auth start from: its tables on a database in memory, a clock that they set, and
// passwords that are hashed quickly.
#pragma once
#include <memory>
#include <string>

#include "auth/models.h"
#include "auth/passwords.h"
#include "auth/users.h"
#include "base/log.h"
#include "dynamodb/local/engine.h"

namespace auth {

inline HasherOptions quick_hashes() { return {.parameters = {.passes = 1, .memory = 8192}}; }

inline constexpr const char* kPassword = "violet-harbour-42";

struct AuthDatabase {
  AuthDatabase() {
    models(dynamo_backend::Registry::instance());
    dynamo_backend::ensure_tables();
    base::set_log_level(base::LogLevel::off);
  }
  // A user "<name>" with the address <name>@example.com and kPassword.
  static User new_user(const std::string& name) {
    return create_user({.username = name, .email = name + "@example.com"}, kPassword);
  }

  base::Timestamp now = *base::parse_iso("2026-11-22T10:00:00Z");
  std::unique_ptr<dynamodb::Client> engine =
      dynamodb::local::Engine::open({.now = [this] { return now; }});
  // A query that would scan without saying why fails.
  dynamo_backend::ScopedConnection connection{*engine,
                                              {.scan_policy = dynamo_backend::ScanPolicy::forbid,
                                               .now = [this] { return now; },
                                               .sleep = [](auto) {}}};
  PasswordHasher hasher{quick_hashes()};
  ScopedPasswordHasher scoped_hasher{hasher};
};

}  // namespace auth
