#include <algorithm>
#include <chrono>
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

// Options that every command takes.
struct CommonOptions {
  std::string settings_file{};
  bool has_settings = false;
  int verbosity = 1;
  bool no_color = false;

  void add_to(CLI::App& app) {
    const char* group = "Of every command";
    if (has_settings)
      app.add_option("--settings", settings_file, "The settings file")
          ->capture_default_str()
          ->group(group);
    app.add_option("-v,--verbosity", verbosity,
                   "0: errors and results alone, 1: normal, 2 or 3: more")
        ->check(CLI::Range(0, 3).description(""))
        ->type_name("0-3")
        ->capture_default_str()
        ->group(group);
    app.add_flag("--no-color", no_color, "No colours on a terminal; so does NO_COLOR=1")
        ->group(group);
  }
};

int run(const Project& project, Command& command, const CommonOptions& common) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const Output output(common.verbosity, !common.no_color);
  try {
    Context context(
        project,
        command.needs_settings() ? base::load_settings(common.settings_file) : base::Settings{},
        output);
    const int code = command.run(context);
    // A full disk, say, that earlier writes met.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw CommandError("standard output cannot be written: what was printed is lost");
    if (output.is_detailed())
      output.note("%s: exit code %d after %.2f s\n", command.name().c_str(), code,
                  std::chrono::duration<double>(Clock::now() - start).count());
    return code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n",
                 output.painted(stderr, Output::Colour::red, command.name()).c_str(), error.what());
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
  const Commands commands = in_order(program.commands);
  CommonOptions common{.settings_file = project.settings_file,
                       .has_settings = std::any_of(commands.begin(), commands.end(),
                                                   [](auto& c) { return c->needs_settings(); })};
  common.add_to(app);
  app.footer(examples(program, commands));
  Command* chosen = nullptr;
  for (const auto& command : commands) {
    CLI::App* sub = app.add_subcommand(command->name(), command->summary());
    sub->footer("Example: " + command->example());
    command->arguments(*sub);
    common.add_to(*sub);
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
  return run(project, *chosen, common);
}

}  // namespace management
