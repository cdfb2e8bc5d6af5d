// Command: one `./manage <name>`.
//
//   class Greet : public management::Command {
//     Greet() : Command("greet", "Say hello.", "./manage greet --name alice") {}
//     void arguments(CLI::App& app) override { app.add_option("--name", name_, "Whom to greet"); }
//     // "CLI/CLI.hpp" int run(management::Context& context) override { … }
//   };
#pragma once
#include <memory>
#include <string>

#include "base/settings.h"
#include "management/output.h"

namespace CLI {
class App;
}

namespace management {

class Database;
class StartUp;
struct Project;

// What goes wrong in a way that its user can mend: printed as one line, exit code 1.
struct CommandError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a command may use.
class Context {
 public:
  Context(const Project& project, base::Settings settings, Output output = Output());
  ~Context();
  const Project& project() const { return project_; }
  const base::Settings& settings() const { return settings_; }
  const Output& output() const { return output_; }
  // The database that the settings name, with the project's models on it; opened at the first call.
  // Where create_tables_on_startup, migrations are applied and tables made (start_up.h). Throws
  // CommandError.
  Database& database();
  // The same, and no table is made: for commands that look at what there is.
  Database& database_without_tables();
  // The key from which cursors and sessions are sealed: the setting, or one that is made on the
  // first run and kept.
  const std::string& secret_key();

 private:
  const Project& project_;
  const base::Settings settings_;
  const Output output_;
  std::string secret_key_{};
  std::unique_ptr<Database> database_;
  std::unique_ptr<StartUp> start_up_;  // ends before the database
};

class Command {
 public:
  Command(std::string name, std::string summary, std::string example)
      : name_(std::move(name)), summary_(std::move(summary)), example_(std::move(example)) {}
  virtual ~Command() = default;

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::string& example() const { return example_; }

  virtual void arguments(CLI::App&) {}
  virtual int run(Context& context) = 0;
  // Whether the settings file is read first. Without, the context's are the defaults.
  virtual bool needs_settings() const { return true; }

 private:
  std::string name_, summary_, example_;
};

}  // namespace management
