// The real `manage` program as its users run it: a working folder with settings, a process, its
// output.
//
// Nothing here waits for a time: a process is waited for by its output or its end, and ctest's
// timeout ends a test that hangs.
// Thread safety: one thread at a time, but for signal().
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

#include "net/detail/raw_client.h"
#include "tests/temporary_folder.h"

namespace process_tests {

// A working folder with config/settings.toml, whose database is in `data` (relative to it, or
// absolute).
class Site {
 public:
  explicit Site(const std::string& data = "data");
  const std::string& folder() const { return folder_.path(); }
  std::string data() const { return data_; }                                  // absolute
  std::string write(const std::string& name, const std::string& text) const;  // the path

 private:
  tests::TemporaryFolder folder_;
  std::string data_;
};

class Manage {
 public:
  // Starts `manage <arguments>` in the site's folder.
  Manage(const Site& site, std::vector<std::string> arguments);
  ~Manage();  // with kill -9, where it still runs
  Manage(const Manage&) = delete;
  Manage& operator=(const Manage&) = delete;

  // The port that runserver prints; 0 where it ended without.
  std::uint16_t port();
  void signal(int number) const;
  void stop_reading();  // closes the pipe that it writes to, as `| head` does
  // Waits for the end. The exit code; the signal's number negated where one ended it.
  int wait();
  const std::string& out() const { return out_; }  // what was read so far; all of it after wait()
  std::string err() const;
  long resident_memory() const;  // in kilobytes, while it runs

 private:
  bool read_more();

  const std::string err_file_;
  pid_t pid_ = -1;
  bool ended_ = false;
  int code_ = 0;
  int out_fd_ = -1;
  std::string out_{};
};

struct Finished {
  int code = 0;
  std::string out{}, err{};
};
// Runs it to its end.
Finished run(const Site& site, std::vector<std::string> arguments);

// ---- HTTP

std::string get_request(const std::string& path);
std::string post_request(const std::string& path, const std::string& json);

struct Answer {
  int status = 0;  // 0: the server closed without one
  std::string body{};
};
Answer ask(std::uint16_t port, const std::string& request);  // on a connection of its own
// The value of a text member, in JSON that our server wrote: "" where there is none.
std::string member(const std::string& json, const std::string& name);
std::size_t occurrences(const std::string& text, const std::string& part);

}  // namespace process_tests
