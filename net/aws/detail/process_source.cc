// credential_process: a command whose standard output is credentials as JSON.
// Source: AWS SDKs and Tools Reference Guide, "Process credential provider".
#include <cerrno>
#include <csignal>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "net/aws/detail/credential_source.h"

extern char** environ;

namespace net::aws::detail {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

// The command in a process group of its own, its standard output to be read.
class Child {
 public:
  explicit Child(const std::string& command) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    sigset_t defaults = none;
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes, &defaults);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string shell = "sh";
    std::string option = "-c";
    std::string line = command;
    char* arguments[] = {shell.data(), option.data(), line.data(), nullptr};
    if (::posix_spawn(&id_, "/bin/sh", &actions, &attributes, arguments, environ) != 0) id_ = -1;
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
  }
  ~Child() {
    if (id_ > 0) {
      ::kill(-id_, SIGKILL);
      while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    if (output_ >= 0) ::close(output_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool started() const { return id_ > 0; }

  enum class Read { whole, late, too_long, failed };
  Read read_output(std::string& out, std::chrono::steady_clock::time_point deadline) {
    char data[4096];
    while (true) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return Read::late;
      pollfd waiting{.fd = output_, .events = POLLIN, .revents = 0};
      const int ready =
          ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
      if (ready < 0 && errno != EINTR) return Read::failed;
      if (ready <= 0) continue;
      const ssize_t n = ::read(output_, data, sizeof data);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Read::failed;
      if (n == 0) return Read::whole;
      if (out.size() + static_cast<std::size_t>(n) > kMostBytes) return Read::too_long;
      out.append(data, static_cast<std::size_t>(n));
    }
  }

  // The exit status once it has closed its output; nullopt: it was ended by a signal, or runs on.
  std::optional<int> exit_status(std::chrono::steady_clock::time_point deadline) {
    // A process that has closed its output is about to end: polled, since waitpid has no time-out.
    while (true) {
      int status = 0;
      const pid_t ended = ::waitpid(id_, &status, WNOHANG);
      if (ended == id_) {
        id_ = -1;
        return WIFEXITED(status) ? std::optional(WEXITSTATUS(status)) : std::nullopt;
      }
      if (ended < 0 && errno != EINTR) return std::nullopt;
      if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
      ::poll(nullptr, 0, 1);
    }
  }

 private:
  pid_t id_ = -1;
  int output_ = -1;
};

bool is_version_1(std::string_view json) {
  try {
    const base::Json object = base::parse_json(json);
    return object.is_object() && object.value("Version", base::Json()) == 1;
  } catch (const base::JsonError&) {
    return false;
  }
}

}  // namespace

SourceResult from_process(const SourceContext& context, const std::string& command) {
  Child child(command);
  if (!child.started()) return failed("credential_process cannot be started");
  std::string output;
  switch (child.read_output(output, context.deadline)) {
    case Child::Read::whole:
      break;
    case Child::Read::late:
      return failed("credential_process has not ended in time");
    case Child::Read::too_long:
      return failed("credential_process has written over 64 KiB");
    case Child::Read::failed:
      return failed("the output of credential_process cannot be read");
  }
  const auto status = child.exit_status(context.deadline);
  if (!status) return failed("credential_process was ended, or runs on");
  if (*status != 0)
    return failed("credential_process has ended with status " + std::to_string(*status));
  // Its output may hold secrets: it is not quoted.
  if (!is_version_1(output)) return failed("credential_process has not written JSON of Version 1");
  return parse_credentials(output, "SessionToken");
}

}  // namespace net::aws::detail
