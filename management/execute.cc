#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "management/builtin_commands.h"
#include "management/project.h"

namespace management {
namespace {

using Commands = std::vector<std::shared_ptr<Command>>;

Commands all_commands(const Project& project) {
  Commands commands = builtin_commands();
  commands.insert(commands.end(), project.commands.begin(), project.commands.end());
  std::sort(commands.begin(), commands.end(), [](const auto& a, const auto& b) { return a->name() < b->name(); });
  return commands;
}

// `./manage help [command]` is `./manage [command] --help`.
std::vector<std::string> normalised(int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  return arguments;
}

int run(const Project& project, Command& command, const std::string& settings_file) {
  try {
    Context context(project, base::load_settings(settings_file));
    return command.run(context);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", command.name().c_str(), error.what());
    return 1;
  }
}

}  // namespace

int execute(const Project& project, int argc, const char* const* argv) {
  CLI::App app("Management commands.\nExample: ./manage runserver", "./manage");
  app.require_subcommand(1);
  app.fallthrough();
  std::string settings_file = project.settings_file;
  app.add_option("--settings", settings_file, "The settings file")->capture_default_str();
  app.footer("./manage help <command> tells about one command.");
  const Commands commands = all_commands(project);
  Command* chosen = nullptr;
  for (const auto& command : commands) {
    CLI::App* sub = app.add_subcommand(command->name(), command->summary());
    sub->footer("Example: " + command->example());
    command->arguments(*sub);
    sub->callback([&chosen, c = command.get()] { chosen = c; });
  }
  auto arguments = normalised(argc, argv);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return 2;
  }
  return run(project, *chosen, settings_file);
}

}  // namespace management
