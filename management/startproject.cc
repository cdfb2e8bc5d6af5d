#include <CLI/CLI.hpp>

#include "management/builtin_commands.h"
#include "management/project.h"
#include "management/scaffold/scaffold.h"

namespace management {
namespace {

class StartProject : public Command {
 public:
  StartProject()
      : Command("startproject",
                "Make a project with one app: a model, its pages, a test, settings, a Makefile.",
                "ddbdjango startproject shop") {}
  bool needs_settings() const override { return false; }

  void arguments(CLI::App& app) override {
    app.add_option("name", name_, "The project's name")->required();
    app.add_option("folder", folder_, "Where; the folder of the project's name unless told");
    app.add_option("--app", app_, "The name of its first app")->capture_default_str();
  }

  int run(Context& context) override {
    const std::string folder = folder_.empty() ? name_ : folder_;
    start_project(name_, app_, folder);
    context.output().say("Made %s. Next:\n  cd %s\n  make test\n  make run\n", folder.c_str(),
                         folder.c_str());
    return 0;
  }

 private:
  std::string name_{}, folder_{}, app_ = "notes";
};

class StartApp : public Command {
 public:
  StartApp()
      : Command("startapp",
                "Make an app in a folder of this project, and add it to the project's build and "
                "config/apps.cc.",
                "./manage startapp orders") {}
  bool needs_settings() const override { return false; }

  void arguments(CLI::App& app) override {
    app.add_option("name", name_, "The app's name")->required();
  }

  int run(Context& context) override {
    const auto left = start_app(name_, ".");
    context.output().say("Made the app %s.\n", name_.c_str());
    if (left.empty()) {
      context.output().say("It is in CMakeLists.txt and config/apps.cc; make test builds it.\n");
      return 0;
    }
    std::printf("Add these lines by hand; the places for them were not found:\n");
    for (const auto& line : left) std::printf("  %s\n", line.c_str());
    return 0;
  }

 private:
  std::string name_{};
};

}  // namespace

std::unique_ptr<Command> make_startproject() { return std::make_unique<StartProject>(); }
std::unique_ptr<Command> make_startapp() { return std::make_unique<StartApp>(); }

}  // namespace management
