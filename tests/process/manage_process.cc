#include "tests/process/manage_process.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace process_tests {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The environment, without what would override the settings.
std::vector<char*> clean_environment() {
  std::vector<char*> kept;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (!text.starts_with("DYNAMO_") && !text.starts_with("OPENSEARCH_") &&
        !text.starts_with("COGNITO_"))
      kept.push_back(*variable);
  }
  kept.push_back(nullptr);
  return kept;
}

std::string unique_name() {
  static std::atomic<int> number = 0;
  return "stderr." + std::to_string(++number);
}

}  // namespace

Site::Site(const std::string& data)
    : data_(data.starts_with('/') ? data : folder_.path() + "/" + data) {
  write("config/settings.toml",
        "[dynamo_backend]\nendpoint_url = \"local:" + data +
            "\"\n[web]\ndebug = true\naccess_log = false\njson_logs = false\nworkers = 4\n");
}

std::string Site::write(const std::string& name, const std::string& text) const {
  const auto path = std::filesystem::path(folder()) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return path.string();
}

Manage::Manage(const Site& site, std::vector<std::string> arguments)
    : err_file_(site.folder() + "/" + unique_name()) {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, site.folder().c_str());
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_file_.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::string program = MANAGE_PROGRAM;
  std::vector<char*> argv{program.data()};
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const auto environment = clean_environment();
  const int error =
      ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(fds[1]);
  out_fd_ = fds[0];
  if (error != 0) throw std::runtime_error(program + ": " + std::strerror(error));
}

Manage::~Manage() {
  if (!ended_) {
    ::kill(pid_, SIGKILL);
    wait();
  }
  stop_reading();
}

long Manage::resident_memory() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  long pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

bool Manage::read_more() {
  char buffer[4096];
  const ssize_t got = ::read(out_fd_, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got > 0) out_.append(buffer, static_cast<std::size_t>(got));
  return got > 0;
}

std::uint16_t Manage::port() {
  while (out_.find('\n') == std::string::npos && read_more()) {
  }
  const auto colon = out_.rfind(':', out_.find("/ ("));
  return colon == std::string::npos
             ? std::uint16_t{0}
             : static_cast<std::uint16_t>(std::strtoul(out_.c_str() + colon + 1, nullptr, 10));
}

void Manage::stop_reading() {
  if (out_fd_ >= 0) ::close(out_fd_);
  out_fd_ = -1;
}

void Manage::signal(int number) const { ::kill(pid_, number); }

int Manage::wait() {
  if (ended_) return code_;
  while (read_more()) {
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ended_ = true;
  return code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string Manage::err() const { return read_file(err_file_); }

Finished run(const Site& site, std::vector<std::string> arguments) {
  Manage manage(site, std::move(arguments));
  const int code = manage.wait();
  return {code, manage.out(), manage.err()};
}

std::string get_request(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string post_request(const std::string& path, const std::string& json) {
  return "POST " + path +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(json.size()) + "\r\n\r\n" + json;
}

Answer ask(std::uint16_t port, const std::string& request) {
  const std::string response = net::detail::RawClient(port).ask(request);
  return {net::detail::status_of(response), net::detail::body_of(response)};
}

std::string member(const std::string& json, const std::string& name) {
  const std::string key = "\"" + name + "\":\"";
  const auto at = json.find(key);
  if (at == std::string::npos) return {};
  const auto begin = at + key.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size()))
    ++count;
  return count;
}

}  // namespace process_tests
