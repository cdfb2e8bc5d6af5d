#include <algorithm>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "base/memory.h"
#include "management/builtin_commands.h"
#include "management/project.h"

namespace management {
namespace {

using Commands = std::vector<std::shared_ptr<Command>>;

Commands in_order(Commands commands) {
  std::sort(commands.begin(), commands.end(),
            [](const auto& a, const auto& b) { return a->name() < b->name(); });
  return commands;
}

bool is_command(const Commands& commands, const std::string& name) {
  return std::any_of(commands.begin(), commands.end(),
                     [&name](const auto& command) { return command->name() == name; });
}

// `./manage help [command]` is `./manage [command] --help`.
std::vector<std::string> normalised(const Commands& commands, int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  if (arguments.empty() || is_command(commands, arguments.front()))
    arguments.emplace_back("--help");
  return arguments;
}

std::string examples(const Program& program, const Commands& commands) {
  std::string text = "Examples:\n";
  for (const auto& command : commands) text += "  " + command->example() + "\n";
  return text + "\n" + program.name + " help <command> tells about one command.";
}

int refuse(const Program& program, const Commands& commands, const std::string& what) {
  std::string names;
  for (const auto& command : commands) names += (names.empty() ? "" : ", ") + command->name();
  std::fprintf(stderr, "%s; the commands are %s; %s help tells about them\n", what.c_str(),
               names.c_str(), program.name.c_str());
  return 2;
}

int run(const Project& project, Command& command, const std::string& settings_file) {
  try {
    Context context(
        project, command.needs_settings() ? base::load_settings(settings_file) : base::Settings{});
    return command.run(context);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", command.name().c_str(), error.what());
    return 1;
  }
}

}  // namespace

int execute(const Project& project, int argc, const char* const* argv) {
  base::use_jemalloc();
  Program program{.commands = builtin_commands()};
  program.commands.insert(program.commands.end(), project.commands.begin(), project.commands.end());
  return execute(program, project, argc, argv);
}

int execute(const Program& program, const Project& project, int argc, const char* const* argv) {
  CLI::App app(program.about, program.name);
  app.fallthrough();
  const Commands commands = in_order(program.commands);
  std::string settings_file = project.settings_file;
  if (std::any_of(commands.begin(), commands.end(),
                  [](const auto& c) { return c->needs_settings(); }))
    app.add_option("--settings", settings_file, "The settings file")->capture_default_str();
  app.footer(examples(program, commands));
  Command* chosen = nullptr;
  for (const auto& command : commands) {
    CLI::App* sub = app.add_subcommand(command->name(), command->summary());
    sub->footer("Example: " + command->example());
    command->arguments(*sub);
    sub->callback([&chosen, c = command.get()] { chosen = c; });
  }
  auto arguments = normalised(commands, argc, argv);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    const auto unknown = app.remaining();
    if (app.get_subcommands().empty() && !unknown.empty())
      return refuse(program, commands, "unknown command \"" + unknown.front() + "\"");
    app.exit(error);
    return 2;
  }
  if (chosen == nullptr) return refuse(program, commands, "a command is missing");
  return run(project, *chosen, settings_file);
}

}  // namespace management
