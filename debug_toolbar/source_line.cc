#include "debug_toolbar/source_line.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

#include <pthread.h>

#define BOOST_STACKTRACE_USE_BACKTRACE
#include <boost/stacktrace/frame.hpp>

namespace debug_toolbar {
namespace {

constexpr std::size_t kFrames = 48;

// Where calls return to, the innermost first.
struct Place {
  Place() {}  // NOLINT: what is behind `size` is not written, for speed
  std::array<const char*, kFrames> returns;
  std::size_t size = 0;
};

// What a function that is compiled with frame pointers puts on the stack, on x86-64 and AArch64.
struct Frame {
  const Frame* caller;
  const char* returns_to;
};

// OutermostFrame of this thread; 0: there is none.
thread_local std::uintptr_t outermost = 0;

// Of this thread: its lowest address and one past its highest.
struct Stack {
  std::uintptr_t low = 0, high = 0;
};

const Stack& this_stack() {
  static thread_local const Stack stack = [] {
    Stack found;
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return found;
    void* low = nullptr;
    std::size_t size = 0;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
      found.low = reinterpret_cast<std::uintptr_t>(low);
      found.high = found.low + size;
    }
    pthread_attr_destroy(&attributes);
    return found;
  }();
  return stack;
}

// A library that is compiled without frame pointers keeps anything in their register: what is no
// frame further up in this stack ends the walk. Frames lie between variables that AddressSanitizer
// guards.
__attribute__((no_sanitize("address"))) void walk(const Frame* frame, Place& place) {
  const Stack& stack = this_stack();
  const std::uintptr_t high = outermost > stack.low ? std::min(outermost, stack.high) : stack.high;
  std::uintptr_t lowest = stack.low;
  while (place.size < kFrames) {
    const auto at = reinterpret_cast<std::uintptr_t>(frame);
    if (at < lowest || at % alignof(Frame) != 0 || at + sizeof(Frame) > high) return;
    if (frame->returns_to == nullptr) return;
    place.returns[place.size++] = frame->returns_to;
    lowest = at + sizeof(Frame);
    frame = frame->caller;
  }
}

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
  return std::none_of(kFramework.begin(), kFramework.end(),
                      [&](std::string_view folder) { return name.starts_with(folder); });
}

}  // namespace

OutermostFrame::OutermostFrame(const void* frame)
    : before_(std::exchange(outermost, reinterpret_cast<std::uintptr_t>(frame))) {}
OutermostFrame::~OutermostFrame() { outermost = before_; }

std::shared_ptr<const void> capture_place() {
  const auto place = std::make_shared<Place>();
  walk(static_cast<const Frame*>(__builtin_frame_address(0)), *place);
  return place;
}

std::string source_line(const std::shared_ptr<const void>& place) {
  if (!place) return "";
  const auto& captured = *static_cast<const Place*>(place.get());
  for (std::size_t i = 0; i < captured.size; ++i) {
    // The call stands before the instruction that it returns to, maybe on the line before.
    const boost::stacktrace::frame frame(captured.returns[i] - 1);
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
