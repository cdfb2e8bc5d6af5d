// Database: the Client that the settings name, and the models' Connection to it.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "base/settings.h"
#include "dynamo_backend/connection.h"
#include "dynamodb/client.h"

namespace management {

class Database {
 public:
  // Opens or connects, and makes itself the process's current Connection. Throws CommandError.
  Database(const base::DynamoBackendSettings& settings, std::string secret);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  dynamodb::Client& client() { return *client_; }
  dynamo_backend::Connection& connection() { return *connection_; }

 private:
  std::unique_ptr<dynamodb::Client> client_;
  std::optional<dynamo_backend::Connection> connection_;
};

// Throws CommandError for settings of the database that cannot be meant: no region for AWS, a key
// without its secret.
void check_endpoint(const base::DynamoBackendSettings& settings);

// What the settings call the database, for messages: "AWS (eu-central-1)" or the endpoint.
std::string database_name(const base::DynamoBackendSettings& settings);

// The folder of an embedded database; nullopt for other endpoints and for one in memory.
std::optional<std::string> data_folder(const base::DynamoBackendSettings& settings);

// Reads the secret in `folder`/secret_key, which it makes (readable by its owner alone) where it is
// missing. Throws CommandError.
std::string load_or_make_secret(const std::string& folder);

}  // namespace management
