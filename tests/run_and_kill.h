// Programs of their own beside a test, which kills them or sees them kill themselves.
#pragma once
#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tests {

// Starts `program`; its standard output goes to the file `out`, where there is one. `variables`,
// "NAME=value", are added to the environment.
inline pid_t start(std::string program, std::vector<std::string> arguments, int out = -1,
                   std::vector<std::string> variables = {}) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  std::vector<char*> argv = {program.data()};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::vector<char*> environment;
  for (char** e = environ; *e; ++e) environment.push_back(*e);
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);
  pid_t child = 0;
  const int spawned =
      ::posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  EXPECT_EQ(spawned, 0) << program;
  return child;
}

// Whether it ended by itself, with code 0; another code fails the test. False: by a signal.
inline bool ended_by_itself(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) return false;
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return true;
}

// kill -9 once `program` has written so many lines to its standard output; 0: never. Returns all
// that it wrote, and tells whether it came to its end before.
struct Run {
  std::string text{};
  bool ended = false;
};
inline Run run_until(std::string program, std::vector<std::string> arguments, int lines) {
  int fds[2];
  EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
  const pid_t child = start(std::move(program), std::move(arguments), fds[1]);
  ::close(fds[1]);
  Run run;
  char buffer[4096];
  std::ptrdiff_t seen = 0;
  for (ssize_t got; (got = ::read(fds[0], buffer, sizeof buffer)) > 0;) {
    run.text.append(buffer, static_cast<std::size_t>(got));
    const std::ptrdiff_t before =
        std::exchange(seen, seen + std::count(buffer, buffer + got, '\n'));
    if (lines > 0 && before < lines && seen >= lines) ::kill(child, SIGKILL);
  }
  ::close(fds[0]);
  run.ended = child > 0 && ended_by_itself(child);
  return run;
}

// The same of a program that has no end.
inline std::string run_and_kill(std::string program, std::vector<std::string> arguments,
                                int lines) {
  Run run = run_until(std::move(program), std::move(arguments), lines);
  EXPECT_FALSE(run.ended) << "it ended by itself";
  return std::move(run.text);
}

}  // namespace tests
