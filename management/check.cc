#include "management/check.h"

#include <cstdio>
#include <set>

#include <CLI/CLI.hpp>

#include "dynamo_backend/tables.h"
#include "dynamodb/table.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/project.h"

namespace management {
namespace {

using Level = CheckMessage::Level;

class Check : public Command {
 public:
  Check()
      : Command("check",
                "Look for mistakes in settings and models, and whether the database opens.",
                "./manage check") {}

  int run(Context& context) override {
    auto& registry = dynamo_backend::Registry::instance();
    context.project().models(registry);
    std::vector<CheckMessage> messages = check_settings(context.settings());
    const auto models = check_models(registry);
    messages.insert(messages.end(), models.begin(), models.end());
    web::Application application({.debug = context.settings().web.debug});
    context.project().configure(application);  // throws for routes that contradict each other
    if (const auto problem = database_problem(context)) messages.push_back(*problem);
    return report(messages);
  }

 private:
  static std::optional<CheckMessage> database_problem(Context& context) {
    try {
      const auto listed = context.database().client().list_tables({});
      if (listed.has_error())
        return CheckMessage{Level::error, "database.E001", listed.error().message};
    } catch (const CommandError& error) {
      return CheckMessage{Level::error, "database.E001", error.what()};
    }
    return std::nullopt;
  }

  static int report(const std::vector<CheckMessage>& messages) {
    std::size_t errors = 0;
    for (const auto& message : messages) {
      const bool is_error = message.level == Level::error;
      errors += is_error ? 1 : 0;
      std::fprintf(stderr, "%s: (%s) %s\n", is_error ? "ERROR" : "WARNING", message.id.c_str(),
                   message.text.c_str());
    }
    std::printf("System check identified %s (%zu errors, %zu warnings).\n",
                messages.empty() ? "no issues" : "issues", errors, messages.size() - errors);
    return errors == 0 ? 0 : 1;
  }
};

}  // namespace

std::vector<CheckMessage> check_models(const dynamo_backend::Registry& registry) {
  std::vector<CheckMessage> messages;
  std::set<std::string> tables;
  for (const auto* model : registry.models()) {
    const auto definition = dynamo_backend::table_definition(*model);
    if (const auto problem = dynamodb::check_table_definition(definition)) {
      messages.push_back(
          {Level::error, "models.E001",
           model->name + ": the table " + definition.name + " cannot be made: " + *problem});
    }
    if (!tables.insert(definition.name).second) {
      messages.push_back({Level::error, "models.E002",
                          model->name + ": another model has the table " + definition.name +
                              " too; set .table_name"});
    }
  }
  return messages;
}

std::vector<CheckMessage> check_settings(const base::Settings& settings) {
  std::vector<CheckMessage> messages;
  if (!settings.web.debug && settings.web.allowed_hosts.empty()) {
    messages.push_back({Level::error, "web.E001",
                        "web.allowed_hosts is empty while web.debug is off: every request would be "
                        "refused; list the host names that this site serves"});
  }
  if (!settings.web.secret_key.empty() && settings.web.secret_key.size() < 50) {
    messages.push_back(
        {Level::warning, "web.W001",
         "web.secret_key is shorter than 50 characters; leave it out to have one made"});
  }
  if (settings.cognito.mock_mode && !settings.web.debug) {
    messages.push_back({Level::error, "cognito.E001",
                        "cognito.mock_mode is on while web.debug is off: the mock lets anyone in"});
  }
  return messages;
}

std::unique_ptr<Command> make_check() { return std::make_unique<Check>(); }

}  // namespace management
