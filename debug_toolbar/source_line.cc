#include "debug_toolbar/source_line.h"

#define BOOST_STACKTRACE_USE_BACKTRACE
#include <array>
#include <string_view>

#include <boost/stacktrace.hpp>

namespace debug_toolbar {
namespace {

using Trace = boost::stacktrace::stacktrace;
constexpr std::size_t kFrames = 48;

// Folders whose functions ask on behalf of others.
constexpr std::array<std::string_view, 7> kFramework{
    "base/", "net/", "dynamodb/", "dynamo_backend/", "web/", "forms/", "management/"};

// The folder of the framework's sources, as the compiler was told it.
std::string_view root() {
  static constexpr std::string_view file = __FILE__, name = "debug_toolbar/source_line.cc";
  return file.substr(0, file.size() - name.size());
}

bool is_project(std::string_view file) {
  if (file.starts_with("/usr/") || file.find("/include/ddbdjango/") != file.npos) return false;
  if (!file.starts_with(root())) return file.starts_with('/');  // libraries' are relative
  file.remove_prefix(root().size());
  for (const std::string_view folder : kFramework) {
    if (file.starts_with(folder)) return false;
  }
  return true;
}

}  // namespace

std::shared_ptr<const void> capture_place() { return std::make_shared<const Trace>(2, kFrames); }

std::string source_line(const std::shared_ptr<const void>& place) {
  if (!place) return "";
  for (const auto& frame : *static_cast<const Trace*>(place.get())) {
    std::string file = frame.source_file();
    if (!is_project(file)) continue;
    if (std::string_view(file).starts_with(root())) file.erase(0, root().size());
    std::string function = frame.name();
    if (const std::size_t arguments = function.find('('); arguments != function.npos)
      function.resize(arguments);
    return file + ":" + std::to_string(frame.source_line()) + " in " + function;
  }
  return "";
}

}  // namespace debug_toolbar
