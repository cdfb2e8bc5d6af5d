// What goes wrong at the start: one clear line on standard error, and exit code 1.
#include <csignal>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/process/manage_process.h"

namespace process_tests {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

void expect_one_line(const Finished& finished, const std::string& start,
                     std::initializer_list<std::string> words) {
  EXPECT_EQ(finished.code, 1);
  EXPECT_EQ(finished.out, "");
  EXPECT_EQ(occurrences(finished.err, "\n"), 1u) << finished.err;
  EXPECT_THAT(finished.err, StartsWith(start));
  for (const auto& word : words) EXPECT_THAT(finished.err, HasSubstr(word));
}

TEST(Failures, PortInUse_IsOneLine_AndLeavesTheDatabaseAlone) {
  const Site site, other;
  Manage server(site, {"runserver", "0"});
  const std::string port = std::to_string(server.port());
  for (const Site* second : {&site, &other}) {
    expect_one_line(run(*second, {"runserver", port}), "runserver: ", {port, "in use"});
    expect_one_line(run(*second, {"runserver", "127.0.0.1:" + port}),
                    "runserver: ", {port, "in use"});
  }
  EXPECT_FALSE(std::filesystem::exists(other.data()));
  EXPECT_EQ(ask(server.port(), get_request("/api/authors/")).status, 200);
}

TEST(Failures, DataFolderThatCannotBe_IsOneLine) {
  const Site place;
  const std::string file = place.write("file", "x");
  for (const std::string& data :
       {file, file + "/data", std::string("/proc/data"), std::string("/dev/null/data")}) {
    SCOPED_TRACE(data);
    const Site site(data);
    expect_one_line(run(site, {"runserver", "0"}), "runserver: ", {data});
    expect_one_line(run(site, {"seed_posts", "--posts", "1"}), "seed_posts: ", {data});
    const Finished check = run(site, {"check"});
    EXPECT_EQ(check.code, 1);
    EXPECT_THAT(check.err, HasSubstr("database.E001"));
    EXPECT_EQ(occurrences(check.err, "\n"), 1u) << check.err;
  }
}

TEST(Failures, DataFolderThatCannotBeWritten_IsOneLine) {
  // Root writes anywhere but where the file system itself refuses.
  const std::string folder = "/proc/self";
  const Site site(folder);
  expect_one_line(run(site, {"runserver", "0"}), "runserver: ", {folder});
}

TEST(Failures, DataFolderWithADamagedDatabase_IsOneLine) {
  const Site site;
  ASSERT_EQ(run(site, {"seed_posts", "--posts", "5"}).code, 0);
  int damaged = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(site.data())) {
    if (entry.path().filename() != "CURRENT") continue;
    std::filesystem::resize_file(entry.path(), 0);
    ++damaged;
  }
  ASSERT_EQ(damaged, 1);
  expect_one_line(run(site, {"runserver", "0"}), "runserver: ", {"data"});
}

TEST(Failures, BadSettings_AreOneLine) {
  const Site site;
  for (const auto& [text, word] : std::vector<std::pair<std::string, std::string>>{
           {"[web]\nport = 8000\n", "web.port"},
           {"[web\n", "line 1"},
           {"[dynamo_backend]\nendpoint_url = \"mysql://x\"\n", "endpoint_url"},
           {"[dynamo_backend]\nendpoint_url = \"http://127.0.0.1:1\"\naws_access_key_id = \"k\"\n"
            "aws_secret_access_key = \"s\"\n",
            "Failed to connect"},
           {std::string("\xFF\0", 2), "line 1"}}) {
    const std::string path = site.write("bad.toml", text);
    expect_one_line(run(site, {"runserver", "0", "--settings", path}), "runserver: ", {word});
    expect_one_line(run(site, {"seed_posts", "--settings", path}), "seed_posts: ", {word});
  }
  expect_one_line(run(site, {"runserver", "0", "--settings", "nowhere.toml"}),
                  "runserver: ", {"nowhere.toml"});
}

TEST(Failures, UnknownCommand_Is2) {
  const Finished finished = run(Site(), {"collectstatic"});
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("\"collectstatic\""));
}

TEST(Failures, Help_IsOnStandardOutput) {
  const Finished help = run(Site(), {"help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* example :
       {"./manage check --data --repair demo_app.Post\n", "./manage runserver 127.0.0.1:8000\n",
        "./manage seed_posts --posts 1000\n"})
    EXPECT_THAT(help.out, HasSubstr(example));
}

}  // namespace
}  // namespace process_tests
