// Checks: configuration mistakes, collected, each with a stable id.
#pragma once
#include <string>
#include <vector>

#include "base/settings.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/registry.h"
#include "management/command.h"
#include "web/router.h"

namespace management {

struct CheckMessage {
  enum class Level : std::uint8_t { warning, error };
  Level level = Level::error;
  std::string id{};    // "models.E004"; ids are never reused
  std::string text{};  // what is wrong, where, and what to do
};

std::vector<CheckMessage> check_models(const dynamo_backend::Registry& registry);
std::vector<CheckMessage> check_search(const dynamo_backend::Registry& registry);
// Tables whose model has a TTLField, and whose time to live is off, or on with another attribute.
// Tables that do not exist are no matter of this check.
std::vector<CheckMessage> check_time_to_live(const dynamo_backend::Connection& connection,
                                             const dynamo_backend::Registry& registry);
std::vector<CheckMessage> check_settings(const base::Settings& settings);
// Routes that do not declare who may use them.
std::vector<CheckMessage> check_routes(const web::Router& router);
// What a site on the internet must not be set to (--deploy).
std::vector<CheckMessage> check_deployment(const base::Settings& settings);

// Whether the project's page of login lets passwords be guessed without end (--deploy). Serves the
// project on a database in memory: before the context's own database is opened.
std::vector<CheckMessage> check_throttling(const Context& context);

// Serves the project on a database in memory and looks at it from outside (--live). The exit code.
int check_live(Context& context);

}  // namespace management
