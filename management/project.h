// Project: what the management commands work on: the models, routes and commands of a program, put
// together in its main().
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dynamo_backend/registry.h"
#include "management/check.h"
#include "management/command.h"
#include "web/application.h"
#include "web/live_check.h"

namespace management {

struct Project {
  std::function<void(dynamo_backend::Registry&)> models{};
  std::function<void(web::Application&)> configure{};  // routes, middleware, answers to exceptions
  // After that, what needs the settings. Called by those that serve, not by `check`.
  std::function<void(web::Application&, Context&)> configure_site{};
  std::vector<std::shared_ptr<Command>> commands{};  // beside the built-in ones
  // What `check` asks beside its own questions, once the project is configured.
  std::vector<std::function<std::vector<CheckMessage>()>> checks{};
  // For `check --live`: fills the empty database, with something hidden in it, and tells as whom to
  // look, at what, and what must not be seen.
  std::function<web::LiveCheckOptions()> live_data{};
  // For `check --deploy`: what is wrong with the database of a site on the internet, such as users
  // for demonstrations. One sentence each.
  std::function<std::vector<std::string>()> deployment_problems{};
  // Where an app's migration files are, other than in `<app>/migrations`; also names apps that have
  // no model any more. Relative to migrations_base, which is relative to the working folder.
  std::map<std::string, std::string> migrations{};
  std::string migrations_base = ".";
  std::string settings_file = "config/settings.toml";  // relative to the working folder
};

// The whole of main(): runs the command that the arguments name. The exit code: 0; 1 after one line
// about what went wrong; 2 for arguments that no command takes.
int execute(const Project& project, int argc, const char* const* argv);

// The same for a program with commands of its own, and none of those that every project has.
struct Program {
  std::string name = "./manage";
  std::string about = "Management commands.";
  std::vector<std::shared_ptr<Command>> commands{};
};
int execute(const Program& program, const Project& project, int argc, const char* const* argv);

}  // namespace management
