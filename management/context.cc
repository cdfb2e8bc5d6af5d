#include "management/database.h"
#include "management/migration_project.h"
#include "management/project.h"
#include "management/start_up.h"

namespace management {

Context::Context(const Project& project, base::Settings settings, Output output)
    : project_(project), settings_(std::move(settings)), output_(output) {}
Context::~Context() = default;

Database& Context::database_without_tables() {
  if (database_ != nullptr) return *database_;
  check_endpoint(settings_.dynamo_backend);  // before a secret is made for it
  database_ = std::make_unique<Database>(settings_.dynamo_backend, secret_key());
  if (project_.models) project_.models(dynamo_backend::Registry::instance());
  return *database_;
}

Database& Context::database() {
  Database& database = database_without_tables();
  if (start_up_ == nullptr) {
    start_up_ = std::make_unique<StartUp>(settings_.dynamo_backend, database.connection(),
                                          dynamo_backend::Registry::instance(),
                                          load_migrations(project_, {}));
  }
  return database;
}

const std::string& Context::secret_key() {
  if (!secret_key_.empty()) return secret_key_;
  if (!settings_.web.secret_key.empty()) return secret_key_ = settings_.web.secret_key;
  const bool in_memory = settings_.dynamo_backend.endpoint_url == "local::memory:";
  // A database in memory ends with the process, and so may its key: the connection makes a random
  // one.
  return in_memory
             ? secret_key_
             : secret_key_ =
                   load_or_make_secret(data_folder(settings_.dynamo_backend).value_or("data"));
}

}  // namespace management
