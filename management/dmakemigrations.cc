#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iostream>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "dynamo_backend/migrations/autodetector.h"
#include "dynamo_backend/migrations/questioner.h"
#include "dynamo_backend/migrations/writer.h"
#include "management/builtin_commands.h"
#include "management/migration_project.h"
#include "management/project.h"

namespace management {
namespace {

using namespace dynamo_backend::migrations;  // NOLINT: a command's source
using dynamo_backend::Registry;

class MakeMigrations : public Command {
 public:
  explicit MakeMigrations(const std::string& name)
      : Command(name,
                "Compare the models with the recorded state and write what has changed as "
                "migration files.",
                "./manage " + name + " demo_app --name add_subtitle") {}
  bool needs_settings() const override { return false; }

  void arguments(CLI::App& app) override {
    app.add_option("apps", apps_, "Only these apps");
    app.add_option("-n,--name", name_, "The name of the files, after their number");
    app.add_flag("--check", check_, "Write nothing; exit with 1 where a migration is missing");
    app.add_flag("--dry-run", dry_run_, "Print the files instead of writing them");
    app.add_flag("--empty", empty_, "Write a migration without operations, to be filled by hand");
    app.add_flag("--merge", merge_, "Join several newest migrations of an app");
    app.add_flag("--noinput,--no-input", no_input_,
                 "Ask nothing, as without a terminal: what no option answers is refused");
    // One value each, so that apps may follow.
    app.add_option("--rename", renames_, "A rename: app.Model.old:new, or app.Old:New")
        ->allow_extra_args(false);
    app.add_flag("--no-rename", no_rename_,
                 "Nothing else was renamed: what is gone may go with its data");
    app.add_option("--default", defaults_,
                   "What existing rows get: app.Model.field=<JSON>, =@app.function, =now or =skip")
        ->allow_extra_args(false);
    app.add_option("--convert", conversions_,
                   "What converts values to a field's new type: app.Model.field=@app.function")
        ->allow_extra_args(false);
  }

  int run(Context& context) override {
    project_ = &context.project();
    output_ = context.output();
    check_name();
    for (const std::string& text : renames_) answers().add_rename(text);
    if (no_rename_) answers().no_other_renames();
    for (const std::string& text : defaults_) answers().add_default(text);
    for (const std::string& text : conversions_) answers().add_conversion(text);
    graph_ = load_migrations(*project_, apps_);
    if (merge_) return merge();
    graph_.check_heads();
    if (empty_) return write_empty();
    return write_changes();
  }

 private:
  bool asks() const { return !no_input_ && ::isatty(STDIN_FILENO) != 0; }
  GivenAnswers& answers() { return asks() ? terminal_ : given_; }

  void check_name() const {
    const bool good = std::all_of(name_.begin(), name_.end(),
                                  [](unsigned char c) { return std::isalnum(c) || c == '_'; });
    if (!good) throw CommandError("--name: letters, digits and _ alone; it is \"" + name_ + "\"");
  }

  std::set<std::string> chosen_apps() const {
    if (apps_.empty()) return apps_with_models(*project_);
    return {apps_.begin(), apps_.end()};
  }

  int write_changes() {
    const Registry& registry = project_models(*project_);
    const auto apps = chosen_apps();
    const Changes changes = detect(graph_.state(), project_state(registry), apps, answers(),
                                   [&](const std::string& model, const std::string& field) {
                                     return declared_default(registry, model, field);
                                   });
    for (const std::string& option : answers().unused())
      throw CommandError(option + " answers nothing: no such change was found");
    const auto made = make_migrations(graph_, changes, name_);
    warn_of_apps_without_models(apps);
    if (made.empty()) {
      output_.say("No changes detected%s\n", apps_.empty() ? "" : (" in " + joined(apps_)).c_str());
      return 0;
    }
    put(made);
    for (const std::string& note : changes.notes) output_.say("Note: %s\n", note.c_str());
    if (check_)
      std::fprintf(stderr,
                   "%s: the models have changes without a migration; ./manage %s writes it\n",
                   name().c_str(), name().c_str());
    return check_ ? 1 : 0;
  }

  int write_empty() {
    if (apps_.empty())
      throw CommandError("--empty needs the app: ./manage " + name() +
                         " demo_app --empty --name fill_slugs");
    std::vector<Migration> made;
    for (const std::string& app : chosen_apps())
      made.push_back(empty_migration(graph_, app, name_));
    put(made);
    return 0;
  }

  int merge() {
    std::vector<Migration> made;
    for (const std::string& app : apps_.empty() ? graph_.apps() : chosen_apps()) {
      if (graph_.heads(app).size() < 2) continue;
      output_.say("Merging %s\n%s", app.c_str(), describe_heads(graph_, app).c_str());
      const auto conflicts = merge_conflicts(graph_, app);
      if (!conflicts.empty())
        throw CommandError(joined(conflicts, "\n") +
                           "\nIn which order they run would matter: edit one of them so that they "
                           "no longer meet, or delete it and make it again on top of the other.");
      std::fflush(stdout);
      if (asks() && !terminal_.yes("Join these branches of " + app + "?")) continue;
      made.push_back(merge_migration(graph_, app, name_));
    }
    if (made.empty()) output_.say("No branches to merge\n");
    try {
      if (!made.empty()) (void)graph_.state();
    } catch (const MigrationError& error) {
      throw CommandError(std::string("The branches do not go together: ") + error.what());
    }
    put(made);
    return check_ && !made.empty() ? 1 : 0;
  }

  void put(const std::vector<Migration>& made) {
    const auto folders = migration_folders(*project_);
    for (const Migration& migration : made) {
      const std::string file = folders.file_of(migration.id);
      output_.say("Migrations for '%s':\n  %s\n", migration.id.app.c_str(), file.c_str());
      for (const Operation& operation : migration.operations)
        output_.say("    - %s\n", describe(operation).c_str());
      if (dry_run_ || output_.is_detailed()) std::printf("%s", to_text(migration).c_str());
      if (!dry_run_ && !check_) write(folders, migration);
    }
  }

  // Their tables would be dropped: only when they are named.
  void warn_of_apps_without_models(const std::set<std::string>& apps) const {
    for (const std::string& app : apps_with_files(migration_folders(*project_))) {
      if (apps_.empty() && apps.count(app) == 0)
        output_.say(
            "Note: %s has migrations and no compiled models; ./manage %s %s writes the "
            "removal of its tables.\n",
            app.c_str(), name().c_str(), app.c_str());
    }
  }

  static std::string joined(const std::vector<std::string>& texts, const char* between = ", ") {
    std::string all;
    for (const std::string& text : texts) all += (all.empty() ? "" : between) + text;
    return all;
  }

  std::vector<std::string> apps_{}, renames_{}, defaults_{}, conversions_{};
  std::string name_{};
  bool check_ = false, dry_run_ = false, empty_ = false, merge_ = false, no_input_ = false,
       no_rename_ = false;
  const Project* project_ = nullptr;
  Output output_{};
  MigrationGraph graph_{};
  GivenAnswers given_{};
  Terminal terminal_{std::cin, std::cout};
};

}  // namespace

std::unique_ptr<Command> make_dmakemigrations() {
  return std::make_unique<MakeMigrations>("dmakemigrations");
}
std::unique_ptr<Command> make_makemigrations() {
  return std::make_unique<MakeMigrations>("makemigrations");
}

}  // namespace management
