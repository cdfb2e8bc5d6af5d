// Where in a program's own source a call was made: "demo_app/post_views.cc:41 in post_detail".
//
// capture_place() takes the thread's return addresses along its frame pointers, which come with the
// framework's compile options; source_line() finds their files and lines, slowly, when someone
// looks. It needs line tables: compile the project's sources with -g1, as startproject's
// CMakeLists.txt does.
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace debug_toolbar {

std::shared_ptr<const void> capture_place();

// Where places of this thread end while it lives: what lies further out serves every request.
class OutermostFrame {
 public:
  explicit OutermostFrame(const void* frame);  // __builtin_frame_address(0)
  ~OutermostFrame();
  OutermostFrame(const OutermostFrame&) = delete;
  OutermostFrame& operator=(const OutermostFrame&) = delete;

 private:
  const std::uintptr_t before_;
};

// The innermost function that is neither the framework's nor a library's; empty where it has no
// line table. REQUIRES: `place` is capture_place()'s.
std::string source_line(const std::shared_ptr<const void>& place);

}  // namespace debug_toolbar
