#include "debug_toolbar/source_line.h"

#define BOOST_STACKTRACE_USE_BACKTRACE
#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include <boost/stacktrace.hpp>

namespace debug_toolbar {
namespace {

using Trace = boost::stacktrace::stacktrace;
constexpr std::size_t kFrames = 48;

// Folders whose functions ask on behalf of others.
constexpr std::array<std::string_view, 7> kFramework{
    "base/", "net/", "dynamodb/", "dynamo_backend/", "web/", "forms/", "management/"};

// The file's name below the folder of the framework's sources; empty where it is none of them.
// Compilers tell it relative to where they run, or whole.
std::string framework_name(const std::string& file) {
  static constexpr std::string_view here = __FILE__, name = "debug_toolbar/source_line.cc";
  static constexpr std::string_view root = here.substr(0, here.size() - name.size());
  if (file.starts_with(root)) return file.substr(root.size());
  const std::string whole = std::filesystem::path(file).lexically_normal().string();
  static constexpr std::string_view folder = DDB_SOURCE_FOLDER;
  return whole.starts_with(folder) ? whole.substr(folder.size()) : "";
}

bool is_project(const std::string& file) {
  const std::string name = framework_name(file);
  if (name.empty())  // libraries' files are relative
    return file.starts_with('/') && !file.starts_with("/usr/") &&
           file.find("/include/ddbdjango/") == file.npos;
  return name != "debug_toolbar/source_line.cc" &&
         std::none_of(kFramework.begin(), kFramework.end(),
                      [&](std::string_view folder) { return name.starts_with(folder); });
}

}  // namespace

std::shared_ptr<const void> capture_place() { return std::make_shared<const Trace>(2, kFrames); }

std::string source_line(const std::shared_ptr<const void>& place) {
  if (!place) return "";
  for (const auto& frame : *static_cast<const Trace*>(place.get())) {
    std::string file = frame.source_file();
    if (!is_project(file)) continue;
    if (std::string name = framework_name(file); !name.empty()) file = std::move(name);
    std::string function = frame.name();
    if (const std::size_t arguments = function.find('('); arguments != function.npos)
      function.resize(arguments);
    return file + ":" + std::to_string(frame.source_line()) + " in " + function;
  }
  return "";
}

}  // namespace debug_toolbar
