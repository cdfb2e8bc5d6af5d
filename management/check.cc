#include "management/check.h"

#include <cstdio>
#include <map>
#include <set>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "dynamo_backend/data_check.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/tables.h"
#include "dynamo_backend/text.h"
#include "dynamodb/table.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/migration_project.h"
#include "management/model_selection.h"
#include "management/progress.h"
#include "management/project.h"

namespace management {
namespace {

using Level = CheckMessage::Level;
using dynamo_backend::DataProblem;

std::string verdict(const Output& output, const DataProblem& problem) {
  using Colour = Output::Colour;
  if (problem.state == DataProblem::State::repaired)
    return output.painted(stderr, Colour::green, "REPAIRED");
  return problem.is_error() ? output.painted(stderr, Colour::red, "ERROR")
                            : output.painted(stderr, Colour::yellow, "WARNING");
}

// Stored rows that a migration is still to change are not as the models have them: no damage.
void refuse_pending(const Context& context, const dynamo_backend::Connection& connection,
                    const std::vector<const dynamo_backend::ModelInfo*>& models) {
  const auto graph = load_migrations(context.project(), {});
  dynamo_backend::migrations::IndexReadiness readiness(
      connection, dynamo_backend::Registry::instance(), &graph);
  readiness.refresh();
  for (const auto* model : models) {
    if (readiness.upgrading().count(model->table) > 0)
      throw CommandError("check --data: migrations are still to change the rows of " +
                         model->label() + "; run ./manage dmigrate first");
  }
}

// The exit code: 0 where nothing is wrong, or everything was mended.
int check_tables(Context& context, const std::vector<std::string>& labels, bool repair) {
  const auto& connection = context.database_without_tables().connection();
  const auto& registry = dynamo_backend::Registry::instance();
  dynamo_backend::DataCheckOptions options{.models = select_models(registry, labels),
                                           .repair = repair};
  refuse_pending(context, connection, options.models);
  std::uint64_t rows = 0;
  for (const auto* model : options.models) {
    const auto table = connection.client().describe_table(connection.table(model->table));
    if (table) rows += table->item_count;
  }
  Progress progress(context.output(), "rows", rows);
  options.progress = [&progress](std::uint64_t count) { progress.add(count); };
  options.report = [&context](const DataProblem& problem) {
    std::fprintf(stderr, "%s: (%s) %s\n", verdict(context.output(), problem).c_str(),
                 problem.id.c_str(), base::escape_controls(problem.text).c_str());
  };
  const auto result = dynamo_backend::check_data(registry, options);
  progress.finish();
  const std::uint64_t left = result.problems - result.repaired;
  const std::string sum = "Checked " + std::to_string(result.rows) + " rows and " +
                          std::to_string(result.claims) +
                          " claims: " + std::to_string(result.problems) + " problems, " +
                          std::to_string(result.repaired) + " repaired, " +
                          std::to_string(result.warnings) + " warnings.\n";
  std::fputs(sum.c_str(), stdout);
  if (left > 0 && !repair)
    std::printf("./manage check --data --repair mends what can be mended.\n");
  return left == 0 ? 0 : 1;
}

class Check : public Command {
 public:
  Check()
      : Command("check",
                "Look for mistakes in settings and models, and whether the database opens; with "
                "--data, for damage in the tables of all models, or of those that are named.",
                "./manage check --data --repair demo_app.Post") {}

  void arguments(CLI::App& app) override {
    auto* data = app.add_flag(
        "--data", data_,
        "Read every row: foreign keys to no row, lost and stale claims of unique values, computed "
        "indexes, rows that cannot be decoded");
    app.add_flag("--repair", repair_,
                 "Mend what is found: safe beside a running application, and may be done again")
        ->needs(data);
    app.add_option("labels", labels_, "With --data: app, app.Model; none: all")->needs(data);
    auto* deploy =
        app.add_flag("--deploy", deploy_, "What a site on the internet must not be set to, too")
            ->excludes(data);
    app.add_flag("--live", live_,
                 "Serve the project on a database in memory, ask for all of it as nobody and as "
                 "users, and hold the answers to the rules")
        ->excludes(data)
        ->excludes(deploy);
  }

  int run(Context& context) override {
    if (data_) return check_tables(context, labels_, repair_);
    if (live_) return check_live(context);
    auto& registry = dynamo_backend::Registry::instance();
    context.project().models(registry);
    std::vector<CheckMessage> messages = check_settings(context.settings());
    const auto models = check_models(registry);
    messages.insert(messages.end(), models.begin(), models.end());
    const auto searches = check_search(registry);
    messages.insert(messages.end(), searches.begin(), searches.end());
    web::Application application({.debug = context.settings().web.debug});
    context.project().configure(application);  // throws for routes that contradict each other
    for (const auto& ask : context.project().checks) add(messages, ask());
    // Throws for mistakes in templates; those of a site that needs its settings name routes that
    // are not here.
    if (!context.project().configure_site) application.templates().load();
    add(messages, check_routes(application.router()));
    if (deploy_) {
      add(messages, check_deployment(context.settings()));
      add(messages, check_throttling(context));
    }
    if (const auto problem = database_problem(context)) {
      messages.push_back(*problem);
    } else {
      const auto expiry =
          check_time_to_live(context.database_without_tables().connection(), registry);
      messages.insert(messages.end(), expiry.begin(), expiry.end());
      if (deploy_) add(messages, database_problems(context));
    }
    return report(context.output(), messages);
  }

 private:
  static std::optional<CheckMessage> database_problem(Context& context) {
    const auto& endpoint = context.settings().dynamo_backend.endpoint_url;
    try {
      const auto listed = context.database_without_tables().client().list_tables({});
      if (listed.has_error())
        return CheckMessage{Level::error, "database.E001",
                            endpoint.value_or("AWS") + ": " + listed.error().message};
    } catch (const CommandError& error) {
      return CheckMessage{Level::error, "database.E001", error.what()};
    }
    return std::nullopt;
  }

  static void add(std::vector<CheckMessage>& messages, const std::vector<CheckMessage>& more) {
    messages.insert(messages.end(), more.begin(), more.end());
  }

  static std::vector<CheckMessage> database_problems(Context& context) {
    std::vector<CheckMessage> messages;
    if (!context.project().deployment_problems) return messages;
    try {
      for (const std::string& problem : context.project().deployment_problems())
        messages.push_back({Level::error, "deploy.E009", problem});
    } catch (const dynamo_backend::ModelError& error) {
      messages.push_back(
          {Level::error, "database.E002",
           std::string("what only demonstrations have cannot be looked for: ") + error.what()});
    }
    return messages;
  }

  std::vector<std::string> labels_{};
  bool data_ = false, repair_ = false, deploy_ = false, live_ = false;

  static int report(const Output& output, const std::vector<CheckMessage>& messages) {
    std::size_t errors = 0;
    for (const auto& message : messages) {
      const bool is_error = message.level == Level::error;
      errors += is_error ? 1 : 0;
      const std::string level = is_error
                                    ? output.painted(stderr, Output::Colour::red, "ERROR")
                                    : output.painted(stderr, Output::Colour::yellow, "WARNING");
      std::fprintf(stderr, "%s: (%s) %s\n", level.c_str(), message.id.c_str(),
                   message.text.c_str());
    }
    std::printf("System check identified %s (%zu errors, %zu warnings).\n",
                messages.empty() ? "no issues" : "issues", errors, messages.size() - errors);
    return errors == 0 ? 0 : 1;
  }
};

}  // namespace

namespace {

// Names that lead from one model to others: a model's own fields, and the related_names of what
// points to it. Two of one name would make lookups and prefetch() mean either.
void check_related_names(const dynamo_backend::Registry& registry,
                         std::vector<CheckMessage>& messages) {
  std::map<std::pair<const dynamo_backend::ModelInfo*, std::string>, std::string> names;
  for (const auto* model : registry.models()) {
    for (const auto& field : model->fields) {
      if (!field.target) continue;
      const std::string name = dynamo_backend::reverse_name(*model, field);
      if (name.empty()) continue;
      const auto& target = field.target();
      const std::string here = model->name + "." + std::string(field.member);
      const auto [other, free] = names.try_emplace({&target, name}, here);
      if (!free) {
        messages.push_back({Level::error, "models.E003",
                            here + " and " + other->second + " are both called \"" + name +
                                "\" from " + target.name +
                                ": give one another .related_name, or \"+\" for none"});
      } else if (target.find(name)) {
        messages.push_back({Level::error, "models.E003",
                            here + " is called \"" + name + "\" from " + target.name +
                                ", which has a field of that name: give it another .related_name"});
      }
    }
  }
}

// A reference holds one UUID: of a row with another key it names none, or several.
void check_references(const dynamo_backend::Registry& registry,
                      std::vector<CheckMessage>& messages) {
  for (const auto* model : registry.models()) {
    for (const auto& field : model->fields) {
      if (!field.target) continue;
      const auto& target = field.target();
      if (!target.sort && target.partition->shape().type == dynamo_backend::Shape::Type::uuid)
        continue;
      messages.push_back({Level::error, "models.E004",
                          model->name + "." + std::string(field.attribute) + " points to " +
                              target.name +
                              ", whose key is not one UUID: keep its key in members of your own"});
    }
  }
}

}  // namespace

std::vector<CheckMessage> check_models(const dynamo_backend::Registry& registry) {
  std::vector<CheckMessage> messages;
  std::set<std::string> tables;
  std::map<std::string, std::string> labels;  // by lower case, in which they are looked up
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
    const auto [other, free] =
        labels.emplace(dynamo_backend::ascii_lower(model->label()), model->label());
    if (!free) {
      messages.push_back({Level::error, "models.E005",
                          model->label() + ": commands cannot tell it from the model " +
                              other->second + "; give it another name, or another .app_label"});
    }
  }
  check_related_names(registry, messages);
  check_references(registry, messages);
  return messages;
}

std::vector<CheckMessage> check_time_to_live(const dynamo_backend::Connection& connection,
                                             const dynamo_backend::Registry& registry) {
  std::vector<CheckMessage> messages;
  for (const auto* model : registry.models()) {
    if (!model->ttl) continue;
    const std::string table = connection.table(model->table);
    const auto found = connection.client().describe_time_to_live(table);
    if (!found && found.error().code == dynamodb::ErrorCode::resource_not_found) continue;
    if (found && found->attribute == model->ttl->attribute) continue;
    const std::string state = !found                     ? found.error().message
                              : found->attribute.empty() ? "it is off"
                                                         : "it is on '" + found->attribute + "'";
    messages.push_back({Level::warning, "models.W001",
                        model->name +
                            ": expired rows are hidden, but not deleted: the time to live "
                            "of table " +
                            table + " should be on '" + std::string(model->ttl->attribute) +
                            "', and " + state +
                            ". Creating tables at start-up, or a migration, switches it on."});
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
  const base::OpenSearchSettings& search = settings.opensearch;
  if (search.enabled && search.use_ssl && !search.verify_certs && !settings.web.debug) {
    messages.push_back({Level::warning, "opensearch.W001",
                        "opensearch.verify_certs is off while web.debug is off: whoever answers in "
                        "the server's place gets the credentials and documents; name its "
                        "authority's certificate in opensearch.ca_certs"});
  }
  return messages;
}

std::unique_ptr<Command> make_check() { return std::make_unique<Check>(); }

}  // namespace management
