// startproject and startapp: folders made from the templates beside this file.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace management {

struct EmbeddedFile {
  std::string_view path{};  // "config/apps.h.tmpl"; "APP" is the app's name, "dot." a leading '.'
  std::string_view text{};  // {{project}}, {{app}} and {{Test}} are names
};
std::vector<EmbeddedFile> project_files();
std::vector<EmbeddedFile> app_files();

// What is wrong with a name that is to be a namespace. Empty: nothing.
std::string namespace_problem(const std::string& name);
// What is wrong with a project's or app's name: it is a folder, a namespace and a CMake target.
// Empty: nothing.
std::string name_problem(const std::string& name);

// Makes the project `name` with one app in `folder`, which must not be there or be empty. Throws
// CommandError; what was made is taken away then.
void start_project(const std::string& name, const std::string& app, const std::string& folder);

// Makes the app `name` in a folder of the project `root`, and adds it to the project's
// CMakeLists.txt and config/apps.cc. Returns the lines that could not be placed, each with its
// file: empty where all were. Throws CommandError.
std::vector<std::string> start_app(const std::string& name, const std::string& root);

}  // namespace management
