#include "management/scaffold/scaffold.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <dlfcn.h>

#include "management/command.h"
#include "management/cpp_names.h"

namespace management {
namespace {

namespace fs = std::filesystem;

struct Names {
  std::string project{}, app{};
};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

std::string filled(std::string_view text, const Names& names) {
  std::string out(text);
  replace_all(out, "{{project}}", names.project);
  replace_all(out, "{{app}}", names.app);
  replace_all(out, "{{Test}}", camel_case(names.app) + "Test");
  return out;
}

void write_file(const fs::path& path, const std::string& text) {
  std::error_code ec;
  fs::create_directories(path.parent_path(), ec);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw CommandError(path.string() + " cannot be written");
  if (text.starts_with("#!"))
    fs::permissions(path, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                    fs::perm_options::add, ec);
}

void write_files(const std::vector<EmbeddedFile>& files, const fs::path& folder,
                 const Names& names) {
  constexpr std::string_view kSuffix = ".tmpl", kDot = "dot.";
  for (const auto& file : files) {
    std::string path(file.path.substr(0, file.path.size() - kSuffix.size()));
    replace_all(path, "APP", names.app);
    if (path.starts_with(kDot)) path.erase(0, kDot.size() - 1);
    write_file(folder / path, filled(file.text, names));
  }
}

void check_name(const char* what, const std::string& name) {
  if (const auto problem = name_problem(name); !problem.empty())
    throw CommandError("\"" + name + "\" cannot be the name of " + what + ": " + problem);
}

// Puts `line` before the marker's line, indented as it is, unless it is there: of an app that was
// made, and its folder removed. False: the file has no such marker.
bool insert_before(const fs::path& path, const std::string& marker, const std::string& line) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t at = text.find(marker);
  if (!in || at == std::string::npos) return false;
  const std::size_t begin = text.rfind('\n', at) + 1;
  const std::string whole = text.substr(begin, at - begin) + line + "\n";
  if (text.find("\n" + whole) != std::string::npos) return true;
  text.insert(begin, whole);
  write_file(path, text);
  return true;
}

// Adds the app to the line `set(apps …)`, unless it is there. False: there is no such line.
bool add_to_list(const fs::path& path, const std::string& app) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::string_view start = "set(apps ";
  const std::size_t at = text.find(start), end = text.find(')', at);
  if (!in || at == std::string::npos || end == std::string::npos) return false;
  std::istringstream apps(text.substr(at + start.size(), end - at - start.size()));
  for (std::string other; apps >> other;)
    if (other == app) return true;
  text.insert(end, " " + app);
  write_file(path, text);
  return true;
}

}  // namespace

std::string namespace_problem(const std::string& name) {
  const auto is_part = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
  if (name.empty() || !std::isalpha(static_cast<unsigned char>(name[0])) ||
      !std::all_of(name.begin(), name.end(), is_part) || name.find("__") != std::string::npos)
    return "use letters, digits and single underscores, a letter first";
  if (name.size() > 60) return "it is longer than 60 characters";
  if (is_cpp_keyword(name)) return "it is a word of C++";
  if (name == "std" || name == "db") return "it has another meaning";
  if (is_c_name(name)) return "it is, or looks like, a type or a macro of the C library";
  // A namespace cannot be called as a function that <cstring> or <ctime> declare.
  if (::dlsym(RTLD_DEFAULT, name.c_str()) != nullptr) return "it is a function of the C library";
  return "";
}

std::string name_problem(const std::string& name) {
  // Folders of the library's headers and of every project, and names that CMake keeps.
  static const std::set<std::string, std::less<>> kTaken = {
      "admin",          "all",           "auth",       "base",       "boost",         "build",
      "clean",          "config",        "ctemplate",  "data",       "debug_toolbar", "demo_app",
      "dynamo_backend", "dynamodb",      "edit_cache", "fmt",        "forms",         "help",
      "install",        "main",          "manage",     "management", "net",           "nlohmann",
      "package",        "rebuild_cache", "rocksdb",    "simdjson",   "spdlog",        "test",
      "testing",        "tests",         "toml",       "web"};
  if (auto problem = namespace_problem(name); !problem.empty()) return problem;
  return kTaken.count(name) > 0 ? "the library or the build has that name" : "";
}

void start_project(const std::string& name, const std::string& app, const std::string& folder) {
  check_name("a project", name);
  check_name("an app", app);
  if (name == app)
    throw CommandError("the project and its app cannot both be \"" + name + "\"; see --app");
  const fs::path root = folder;
  std::error_code ec;
  const bool there = fs::exists(root, ec);
  if (there && !fs::is_directory(root, ec)) throw CommandError(folder + " is a file");
  if (there && !fs::is_empty(root, ec))
    throw CommandError(folder + " is there already and not empty");
  try {
    const Names names{name, app};
    write_files(project_files(), root, names);
    write_files(app_files(), root / app, names);
  } catch (const CommandError&) {
    for (const auto& entry : fs::directory_iterator(root, ec)) fs::remove_all(entry.path(), ec);
    if (!there) fs::remove(root, ec);
    throw;
  }
}

std::vector<std::string> start_app(const std::string& name, const std::string& root) {
  check_name("an app", name);
  const fs::path folder = fs::path(root) / name;
  std::error_code ec;
  if (!fs::exists(fs::path(root) / "CMakeLists.txt", ec))
    throw CommandError("there is no CMakeLists.txt here: call it in the project's folder");
  if (fs::exists(folder, ec)) throw CommandError(folder.string() + " is there already");
  try {
    write_files(app_files(), folder, {"", name});
  } catch (const CommandError&) {
    fs::remove_all(folder, ec);
    throw;
  }
  std::vector<std::string> left;
  const fs::path cmake = fs::path(root) / "CMakeLists.txt",
                 apps = fs::path(root) / "config/apps.cc";
  if (!add_to_list(cmake, name))
    left.push_back("CMakeLists.txt: add_subdirectory(" + name + ") and link app_" + name);
  const auto place = [&](const std::string& marker, const std::string& line) {
    if (!insert_before(apps, marker, line)) left.push_back("config/apps.cc: " + line);
  };
  place("// startapp: includes", "#include \"" + name + "/models.h\"");
  place("// startapp: includes", "#include \"" + name + "/views.h\"");
  place("// startapp: models", name + "::models(registry);");
  place("// startapp: urls", name + "::urls(router);");
  return left;
}

}  // namespace management
