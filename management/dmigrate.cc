#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <utility>

#include <CLI/CLI.hpp>

#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/changes/lease.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/estimate.h"
#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/prune.h"
#include "dynamo_backend/migrations/questioner.h"
#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/tables.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/migration_list.h"
#include "management/migration_project.h"
#include "management/project.h"
#include "management/stop_signals.h"

namespace management {
namespace {

using namespace dynamo_backend::migrations;  // NOLINT: a command's source
using dynamo_backend::Connection;

// What a run says: a line a migration on standard output, and progress of long walks on standard
// error. Thread safety: any thread.
class Narrator {
 public:
  explicit Narrator(const Output& output) : output_(output) {}

  void event(const MigrationEvent& event) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(begun_, true)) line("Running migrations:");
    using Kind = MigrationEvent::Kind;
    const std::string id = event.migration->id.str();
    const char* verb = event.backwards ? "Unapplying" : "Applying";
    switch (event.kind) {
      case Kind::started:
      case Kind::resumed:
        line(std::string("  ") + verb + " " + id + "..." +
             (event.kind == Kind::resumed ? " (going on)" : ""));
        break;
      case Kind::operation:
        line("    " + event.operation);
        break;
      case Kind::finished:
        line("  " + id + " " + output_.painted(stdout, Output::Colour::green, "OK"));
        break;
      case Kind::faked:
        line(std::string("  ") + verb + " " + id + "... FAKED");
        break;
    }
  }
  void progress(const ProgressReport& report) {
    if (output_.is_quiet()) return;
    const std::lock_guard lock(mutex_);
    std::string text = "    " + report.what + ": " + std::to_string(report.rows) + " rows";
    if (report.total > 0)
      text += " of about " + std::to_string(report.total) + " (" +
              std::to_string(std::min<std::uint64_t>(100, report.rows * 100 / report.total)) +
              " %)";
    if (report.left) text += ", " + std::to_string(report.left->count()) + " s left";
    std::fprintf(stderr, terminal_ ? "\r%-78s" : "%s\n", text.c_str());
    drawn_ = terminal_;
  }

 private:
  void line(const std::string& text) {
    if (drawn_) std::fputc('\n', stderr);
    drawn_ = false;
    output_.say("%s\n", text.c_str());
    std::fflush(stdout);
  }

  const Output output_;
  const bool terminal_ = ::isatty(STDERR_FILENO) != 0;
  std::mutex mutex_;
  bool begun_ = false, drawn_ = false;
};

// CLI11's own checks let "nan" pass, which is no limit and no number either.
std::string is_budget(const std::string& text) {
  double units = 0;
  const bool valid = CLI::detail::lexical_cast(text, units) && std::isfinite(units) && units >= 0;
  return valid ? "" : text + " is no number of units a second, 0 or more";
}

class Migrate : public Command {
 public:
  explicit Migrate(const std::string& name)
      : Command(name, "Bring the database to the newest migrations, or to the one that is named.",
                "./manage " + name + " demo_app 0002 --plan") {}

  void arguments(CLI::App& app) override {
    auto* app_option = app.add_option("app", goal_.app, "Only this app, and what it depends on");
    auto* target = app.add_option(
        "target", goal_.target,
        "A migration's name or the beginning of one, forwards or backwards; zero: none");
    auto* list = app.add_flag("-l,--list", list_, "Print what is applied, and change nothing");
    auto* plan = app.add_flag("--plan", plan_, "Print order, cost and time, and change nothing");
    auto* fake =
        app.add_flag("--fake", fake_, "Record the migrations as applied without running them");
    app.add_flag("--prune", prune_,
                 "Forget the app's applied migrations whose files are gone, and run nothing")
        ->needs(app_option)
        ->excludes(target, list, plan, fake);
    app.add_option("--budget", budget_,
                   "Write units a second at most, for rows and records together; 0: no limit")
        ->type_name("WCU")
        ->check(is_budget);
    app.add_option("--read-budget", read_budget_, "Read units a second at most; 0: no limit")
        ->type_name("RCU")
        ->check(is_budget);
    app.add_option("--segments", segments_, "Parallel segments of a walk over rows")
        ->check(CLI::Range(1, 64))
        ->capture_default_str();
    app.add_option("--wait", wait_, "Seconds to wait for another runner to end")
        ->check(CLI::Range(0, 86'400))
        ->capture_default_str();
    app.add_flag("--allow-data-loss", allow_data_loss_,
                 "Going backwards may drop tables with rows and fields with values");
    app.add_flag("--noinput,--no-input", no_input_, "As always: it asks nothing");
  }

  int run(Context& context) override {
    const std::vector<std::string> named =
        goal_.app.empty() ? std::vector<std::string>{} : std::vector{goal_.app};
    if (goal_.app == "zero" && project_apps(context.project()).count("zero") == 0)
      throw CommandError("zero is a target, and stands behind an app: ./manage " + name() +
                         " demo_app zero");
    const MigrationGraph graph = load_migrations(context.project(), named);
    const Connection& connection = context.database_without_tables().connection();
    if (list_) {
      std::printf("%s", list_migrations(connection, graph, named).c_str());
      return 0;
    }
    graph.check_heads();
    if (prune_) return forget(context, connection, graph);
    check_files(context.project(), connection, graph);
    if (plan_) return print_plan(context, connection, graph);
    const int code = migrate_now(context, connection, graph);
    if (code == 0 && goal_.target.empty() && !fake_)
      make_own_tables(connection, project_models(context.project()));
    return code;
  }

 private:
  // Without its files an app would look as if nothing were left to do.
  void check_files(const Project& project, const Connection& connection,
                   const MigrationGraph& graph) const {
    const auto apps = goal_.app.empty() ? project_apps(project) : std::set<std::string>{goal_.app};
    for (const MigrationRecord& record : read_history(connection)) {
      const std::string& app = record.id.app;
      if (apps.count(app) == 0 || !graph.of_app(app).empty()) continue;
      throw CommandError("the database has had the migration " + record.id.str() + ", and " +
                         migration_folders(project).of(app) +
                         " has no file of one: deploy the app's migrations with the program, and "
                         "run it in the folder that they are in");
    }
  }

  // What the framework keeps for itself, and would make when it first needs it: a site's own
  // credentials need make no tables.
  static void make_own_tables(const Connection& connection,
                              const dynamo_backend::Registry& registry) {
    namespace sync = dynamo_backend::search::sync;
    dynamo_backend::ensure_unregistered_table(
        dynamo_backend::model_info<dynamo_backend::CascadeJob>());
    const auto& models = registry.models();
    if (std::none_of(models.begin(), models.end(),
                     [](const auto* model) { return model->meta.opensearch_sync; }))
      return;
    dynamo_backend::changes::ensure_lease_table(connection);
    dynamo_backend::ensure_unregistered_table(dynamo_backend::model_info<sync::DeadLetter>());
  }

  CapacityUnits budget() const { return {.write = budget_, .read = read_budget_}; }

  int print_plan(Context& context, const Connection& connection, const MigrationGraph& graph) {
    check_budget(budget());
    const auto plan = plan_from_history(connection, graph, goal_);
    const auto& prices = context.settings().dynamo_backend.prices;
    const auto steps = estimate(connection, plan,
                                {.budget = budget(),
                                 .dollars_per_million_writes = prices.write_per_million,
                                 .dollars_per_million_reads = prices.read_per_million,
                                 .allow_data_loss = allow_data_loss_});
    std::printf("%s", plan.empty() ? "No migrations to apply.\n" : to_text(steps).c_str());
    return 0;
  }

  int forget(const Context& context, const Connection& connection,
             const MigrationGraph& graph) const {
    const auto forgotten =
        prune(connection, graph, goal_.app, {.lease = {.wait = std::chrono::seconds(wait_)}});
    if (forgotten.empty()) context.output().say("No migrations to prune.\n");
    for (const MigrationId& id : forgotten) context.output().say("Pruned %s\n", id.str().c_str());
    return 0;
  }

  int migrate_now(Context& context, const Connection& connection, const MigrationGraph& graph) {
    if (plan_from_history(connection, graph, goal_).empty()) {
      context.output().say("No migrations to apply.\n");
      tell_of_changes(context, graph);
      return 0;
    }
    Narrator narrator(context.output());
    const StopSignals signals;  // the run records where it is
    try {
      const MigrateResult result =
          migrate(connection, graph, goal_,
                  {.budget = budget(),
                   .segments = segments_,
                   .fake = fake_,
                   .allow_data_loss = allow_data_loss_,
                   .lease = {.wait = std::chrono::seconds(wait_)},
                   .stop = StopSignals::stopped,
                   .progress = [&](const ProgressReport& report) { narrator.progress(report); },
                   .event = [&](const MigrationEvent& event) { narrator.event(event); }});
      if (context.output().is_detailed())
        std::printf("Consumed about %.0f WCU and %.0f RCU.\n", result.consumed.write,
                    result.consumed.read);
    } catch (const Interrupted& stop) {
      std::fprintf(stderr, "%s: %s\n", name().c_str(), stop.what());
      return 130;
    }
    return 0;
  }

  // As Django's: the models may be ahead of the files.
  void tell_of_changes(const Context& context, const MigrationGraph& graph) const {
    const Project& project = context.project();
    const auto apps =
        goal_.app.empty() ? apps_with_models(project) : std::set<std::string>{goal_.app};
    GivenAnswers nobody;
    bool changed = true;
    try {
      changed = !detect(graph.state(), project_state(project_models(project)), apps, nobody,
                        [](const auto&, const auto&) { return Backfill{}; })
                     .operations.empty();
    } catch (const MigrationError&) {
      // Changes that need answers are changes.
    }
    if (changed)
      context.output().say(
          "The models have changes without a migration: ./manage dmakemigrations writes "
          "it.\n");
  }

  Goal goal_{};
  bool list_ = false, plan_ = false, fake_ = false, prune_ = false, allow_data_loss_ = false,
       no_input_ = false;
  double budget_ = 0, read_budget_ = 0;
  std::uint32_t segments_ = 8;
  int wait_ = 0;
};

class ShowMigrations : public Command {
 public:
  ShowMigrations()
      : Command("showmigrations", "List the migrations and which of them are applied.",
                "./manage showmigrations demo_app") {}

  void arguments(CLI::App& app) override {
    app.add_option("apps", apps_, "Only these apps");
    app.add_flag("-l,--list", list_, "As always: the list");
    app.add_flag("-p,--plan", plan_, "In the order in which they run, of all apps");
  }

  int run(Context& context) override {
    const MigrationGraph graph = load_migrations(context.project(), apps_);
    const Connection& connection = context.database_without_tables().connection();
    std::printf("%s", list_migrations(connection, graph, apps_, plan_).c_str());
    return 0;
  }

 private:
  std::vector<std::string> apps_{};
  bool list_ = false, plan_ = false;
};

}  // namespace

std::unique_ptr<Command> make_dmigrate() { return std::make_unique<Migrate>("dmigrate"); }
std::unique_ptr<Command> make_migrate() { return std::make_unique<Migrate>("migrate"); }
std::unique_ptr<Command> make_showmigrations() { return std::make_unique<ShowMigrations>(); }

}  // namespace management
