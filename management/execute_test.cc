// ./manage as its users type it: help, mistakes, settings, exit codes; and the secret key that the
// first run makes.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/stat.h>
#include <unistd.h>

#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/test_program.h"

namespace management {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Greet : public Command {
 public:
  Greet() : Command("greet", "Say hello.", "./manage greet --name alice") {}
  void arguments(CLI::App& app) override { app.add_option("--name", name_, "Whom to greet"); }
  int run(Context& context) override {
    if (name_ == "nobody") throw CommandError("there is nobody to greet");
    if (name_ == "database") context.database();
    if (name_ == "secret") return static_cast<int>(context.secret_key().size());
    context.output().note("Looking for %s.\n", name_.c_str());
    std::printf("Hello %s.\n", name_.c_str());
    return name_ == "seven" ? 7 : 0;
  }

 private:
  std::string name_ = "you";
};

class Execute : public TestProgram {
 protected:
  Execute() {
    project.commands.push_back(std::make_shared<Greet>());
    project.settings_file =
        write("settings.toml",
              "[dynamo_backend]\nendpoint_url = \"local::memory:\"\n[web]\ndebug = true\n");
  }
  // One line on standard error that says all of `words`, nothing else.
  void expect_one_line(std::initializer_list<std::string> words) {
    EXPECT_EQ(out, "");
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
    for (const auto& word : words) EXPECT_THAT(err, HasSubstr(word));
  }
};

TEST_F(Execute, Help_ListsEveryCommandWithAnExample) {
  for (const auto& arguments :
       std::vector<std::vector<const char*>>{{"help"}, {"--help"}, {"-h"}}) {
    EXPECT_EQ(manage(arguments), 0);
    EXPECT_EQ(err, "");
    EXPECT_THAT(out,
                AllOf(HasSubstr("Look for mistakes"), HasSubstr("./manage check --data"),
                      HasSubstr("Serve the site"), HasSubstr("./manage runserver 127.0.0.1:8000\n"),
                      HasSubstr("Say hello."), HasSubstr("./manage greet --name alice\n")));
  }
}

// CLI11 lists what an option excludes in the order of addresses.
std::vector<std::string> sorted_words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words{std::istream_iterator<std::string>(in), {}};
  std::sort(words.begin(), words.end());
  return words;
}

TEST_F(Execute, HelpOfACommand_HasItsOptionsAndAnExample) {
  for (const char* command : {"check", "dmakemigrations", "dmigrate", "makemigrations", "migrate",
                              "showmigrations", "runserver", "greet"}) {
    EXPECT_EQ(manage({command, "--help"}), 0);
    EXPECT_THAT(out, HasSubstr(std::string("Example: ./manage ") + command));
    const std::vector<std::string> help = sorted_words(out);
    EXPECT_EQ(manage({"help", command}), 0);
    EXPECT_EQ(sorted_words(out), help);
  }
  EXPECT_THAT(out, HasSubstr("Whom to greet"));
}

TEST_F(Execute, UnknownCommand_Is2AndNamesIt) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"nope"}, {"help", "nope"}, {"--settings", "x.toml", "nope"}}) {
    EXPECT_EQ(manage(arguments), 2);
    expect_one_line({"\"nope\"", "check, ", "greet, ", "runserver"});
  }
}

TEST_F(Execute, NoCommand_Is2) {
  EXPECT_EQ(manage({}), 2);
  expect_one_line({"a command is missing", "check, ", "greet, ", "runserver"});
}

TEST_F(Execute, ArgumentsThatTheCommandDoesNotTake_Are2) {
  for (const auto& arguments :
       std::vector<std::vector<const char*>>{{"greet", "--nope"},
                                             {"greet", "extra"},
                                             {"greet", "--name"},
                                             {"check", "--name", "x"},
                                             {"check", "--deploy", "--data"},
                                             {"check", "--live", "--deploy"}}) {
    EXPECT_EQ(manage(arguments), 2);
    EXPECT_EQ(out, "");
    EXPECT_NE(err, "");
  }
}

TEST_F(Execute, Command_GetsItsArguments_AndItsExitCodeIsTheProgramsOwn) {
  EXPECT_EQ(manage({"greet", "--name", "alice"}), 0);
  EXPECT_EQ(out, "Hello alice.\n");
  EXPECT_EQ(manage({"greet", "--name=seven"}), 7);
}

TEST_F(Execute, Verbosity_SaysWhatIsPrintedBesideTheResult) {
  for (const char* quiet : {"--verbosity=0", "-v0"}) {
    EXPECT_EQ(manage({"greet", quiet}), 0);
    EXPECT_EQ(out, "Hello you.\n");
    EXPECT_EQ(err, "");
  }
  EXPECT_EQ(manage({"--verbosity", "0", "greet"}), 0);
  EXPECT_EQ(err, "");
  EXPECT_EQ(manage({"greet", "--verbosity", "1"}), 0);
  EXPECT_EQ(err, "Looking for you.\n");
  for (const char* much : {"2", "3"}) {
    EXPECT_EQ(manage({"greet", "-v", much}), 0);
    EXPECT_THAT(err, AllOf(HasSubstr("Looking for you.\n"), HasSubstr("greet: exit code 0 after")));
  }
  EXPECT_EQ(manage({"greet", "--verbosity", "0", "--name", "nobody"}), 1);
  EXPECT_EQ(err, "greet: there is nobody to greet\n");
  for (const char* bad : {"4", "-1", "loud"}) EXPECT_EQ(manage({"greet", "-v", bad}), 2) << bad;
}

TEST_F(Execute, EveryCommand_TakesVerbosityAndNoColor) {
  for (const auto& command : builtin_commands()) {
    EXPECT_EQ(manage({command->name().c_str(), "--help"}), 0);
    EXPECT_THAT(
        out, AllOf(HasSubstr("-v,--verbosity"), HasSubstr("--no-color"), HasSubstr("--settings")))
        << command->name();
  }
}

// What is written to standard error while it is a terminal.
TEST_F(Execute, Colours_AreForTerminals_AndCanBeRefused) {
  ::setenv("TERM", "xterm", 1);
  ::unsetenv("NO_COLOR");
  const auto on_terminal = [&](std::vector<const char*> arguments) {
    int terminal = -1, end = -1;
    if (::openpty(&terminal, &end, nullptr, nullptr, nullptr) != 0) throw std::runtime_error("pty");
    arguments.insert(arguments.begin(), "manage");
    const int before = ::dup(STDERR_FILENO);
    ::dup2(end, STDERR_FILENO);
    const int code = execute(project, static_cast<int>(arguments.size()), arguments.data());
    ::dup2(before, STDERR_FILENO);
    ::close(before);
    ::close(end);
    EXPECT_EQ(code, 1);
    char text[200]{};
    const auto size = ::read(terminal, text, sizeof text);
    ::close(terminal);
    return std::string(text, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  };
  const std::string plain = "greet: there is nobody to greet\r\n";
  EXPECT_EQ(on_terminal({"greet", "--name=nobody"}),
            "\033[31mgreet\033[0m: there is nobody to greet\r\n");
  EXPECT_EQ(on_terminal({"greet", "--name=nobody", "--no-color"}), plain);
  EXPECT_EQ(on_terminal({"--no-color", "greet", "--name=nobody"}), plain);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(on_terminal({"greet", "--name=nobody"}), plain);
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_EQ(on_terminal({"greet", "--name=nobody"}), plain);
}

TEST_F(Execute, OutputThatIsLost_IsOneLineAnd1) {
  testing::internal::CaptureStderr();
  std::fflush(stdout);
  const int before = ::dup(STDOUT_FILENO), full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ::dup2(full, STDOUT_FILENO);
  const char* arguments[] = {"manage", "greet", "--verbosity", "0"};
  const int code = execute(project, 4, arguments);
  ::dup2(before, STDOUT_FILENO);
  ::close(before);
  ::close(full);
  std::clearerr(stdout);
  err = testing::internal::GetCapturedStderr();
  EXPECT_EQ(code, 1);
  expect_one_line({"greet: standard output cannot be written"});
}

TEST_F(Execute, CommandError_IsOneLineAnd1) {
  EXPECT_EQ(manage({"greet", "--name", "nobody"}), 1);
  EXPECT_EQ(out, "");
  EXPECT_EQ(err, "greet: there is nobody to greet\n");
}

TEST_F(Execute, BadSettings_AreOneLineAnd1) {
  const std::vector<std::pair<std::string, std::string>> bad = {
      {"[web]\nport = 1\n", "web.port"},
      {"[nope]\n", "[nope]"},
      {"[web]\ndebug = \"yes\"\n", "web.debug"},
      {"[web]\nworkers = 70000\n", "web.workers"},
      {"[web\n", "line 1"},
      {"[dynamo_backend]\nendpoint_url = \"ftp://x\"\n", "dynamo_backend.endpoint_url"},
      {"[dynamo_backend]\nendpoint_url = \"local:\"\n", "needs a folder"},
      {"[dynamo_backend]\nscan_policy = \"never\"\n", "dynamo_backend.scan_policy"}};
  for (const auto& [text, word] : bad) {
    const std::string path = write("bad.toml", text);
    EXPECT_EQ(manage({"greet", "--settings", path.c_str()}), 1) << text;
    expect_one_line({path, word});
  }
}

TEST_F(Execute, SettingsFileThatIsNot_IsOneLineAnd1) {
  EXPECT_EQ(manage({"--settings", "/nowhere/settings.toml", "greet"}), 1);
  expect_one_line({"/nowhere/settings.toml"});
  EXPECT_EQ(manage({"greet", "--settings", folder.path().c_str()}), 1);
  expect_one_line({folder.path()});
}

TEST_F(Execute, KeyWithoutItsSecret_IsOneLineAnd1) {
  const std::string path =
      write("aws.toml",
            "[dynamo_backend]\nregion = \"us-east-1\"\naws_access_key_id = \"k\"\n"
            "[web]\nsecret_key = \"" +
                std::string(64, 'x') + "\"\n");
  EXPECT_EQ(manage({"greet", "--name", "database", "--settings", path.c_str()}), 1);
  expect_one_line({"aws_secret_access_key"});
}

TEST_F(Execute, RunServer_BadAddress_IsOneLineAnd1) {
  for (const char* address : {"x", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "999.0.0.1:0",
                              "nowhere.invalid:0", "1.1.1.1:0"}) {
    EXPECT_EQ(manage({"runserver", address}), 1) << address;
    expect_one_line({"runserver: "});
  }
}

// ---- the secret key

class SecretKey : public Execute {
 protected:
  const std::string data = folder.path() + "/deep/data";
  const std::string file = data + "/secret_key";
  std::string read() const {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(SecretKey, IsMadeOnce_ForItsOwnerAlone) {
  const std::string secret = load_or_make_secret(data);
  EXPECT_EQ(secret.size(), 64u);
  EXPECT_EQ(read(), secret);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat(data.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  EXPECT_EQ(load_or_make_secret(data), secret);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(data)) ++files;
  EXPECT_EQ(files, 1u);
}

TEST_F(SecretKey, OfAnotherFolder_IsAnother) {
  EXPECT_NE(load_or_make_secret(data), load_or_make_secret(folder.path() + "/other"));
}

TEST_F(SecretKey, ThatAnAdministratorWrote_IsKept) {
  std::filesystem::create_directories(data);
  std::ofstream(file) << "my own key\n";
  EXPECT_EQ(load_or_make_secret(data), "my own key");
  EXPECT_EQ(read(), "my own key\n");
}

TEST_F(SecretKey, EmptyFile_IsNoKey) {
  std::filesystem::create_directories(data);
  std::ofstream(file) << "\n";
  try {
    load_or_make_secret(data);
    ADD_FAILURE() << "no CommandError";
  } catch (const CommandError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(file), HasSubstr("empty")));
  }
}

TEST_F(SecretKey, FolderThatCannotBe_IsACommandError) {
  const std::string blocker = write("file", "");
  for (const auto& path : {blocker, blocker + "/data", std::string("/proc/data")}) {
    try {
      load_or_make_secret(path);
      ADD_FAILURE() << path;
    } catch (const CommandError& error) {
      EXPECT_THAT(error.what(), HasSubstr(path));
    }
  }
}

TEST_F(SecretKey, MadeFromManyThreads_IsOneKey) {
  std::vector<std::string> secrets(8);
  std::vector<std::thread> threads;
  for (auto& secret : secrets) threads.emplace_back([&] { secret = load_or_make_secret(data); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(secrets, std::vector<std::string>(8, read()));
}

TEST_F(SecretKey, OfTheSettings_ComesFirst_AndADatabaseInMemoryNeedsNone) {
  const std::string given = write("given.toml", "[dynamo_backend]\nendpoint_url = \"local:" + data +
                                                    "\"\n[web]\nsecret_key = \"0123456789\"\n");
  EXPECT_EQ(manage({"greet", "--name", "secret", "--settings", given.c_str()}), 10);
  EXPECT_EQ(manage({"greet", "--name", "secret"}), 0);
  EXPECT_FALSE(std::filesystem::exists(data));
  const std::string made =
      write("made.toml", "[dynamo_backend]\nendpoint_url = \"local:" + data + "\"\n");
  EXPECT_EQ(manage({"greet", "--name", "secret", "--settings", made.c_str()}), 64);
  EXPECT_TRUE(std::filesystem::exists(file));
}

}  // namespace
}  // namespace management
