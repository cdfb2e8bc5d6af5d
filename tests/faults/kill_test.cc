// kill -9 at random moments of a write load: what was acknowledged is there, and the indexes agree
// with their table.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dynamodb/local/engine.h"
#include "tests/faults/workload.h"
#include "tests/temporary_folder.h"

namespace faults {
namespace {

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 500 : 50; }

// Runs kill_writer, kills it after `acknowledgements` of its lines, and adds those to
// `acknowledged`. `snapshots`: two to be restored in turns, or none.
void run_and_kill(const std::string& folder, unsigned seed, int acknowledgements,
                  Acknowledged& acknowledged, std::vector<std::string> snapshots = {}) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, fds[0]);
  std::string program = KILL_WRITER, number = std::to_string(seed), directory = folder;
  std::vector<char*> arguments = {program.data(), directory.data(), number.data()};
  for (auto& snapshot : snapshots) arguments.push_back(snapshot.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  ASSERT_EQ(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ),
            0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(fds[1]);
  std::string text;
  char buffer[4096];
  bool killed = false;
  for (ssize_t got; (got = ::read(fds[0], buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
    if (!killed && std::count(text.begin(), text.end(), '\n') >= acknowledgements) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  ::close(fds[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(killed && WIFSIGNALED(status)) << "the writer ended by itself, status " << status;
  std::istringstream lines(text.substr(0, text.rfind('\n') + 1));
  std::string row;
  for (std::int64_t n; lines >> row >> n;) acknowledged[row] = std::max(acknowledged[row], n);
}

TEST(Kill, RandomMoments_AcknowledgedWritesSurviveAndIndexesAgree) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const tests::TemporaryFolder folder;
  Acknowledged acknowledged;
  for (int round = 0; round < rounds(); ++round) {
    ASSERT_NO_FATAL_FAILURE(run_and_kill(folder.path(), static_cast<unsigned>(random()),
                                         1 + static_cast<int>(random() % 200), acknowledged));
    const auto engine = dynamodb::local::Engine::open({.directory = folder.path()});
    ASSERT_EQ(problems(*engine, acknowledged), "") << "round " << round;
  }
  EXPECT_FALSE(acknowledged.empty());
}

TEST(Kill, DuringRestores_LeavesOneSnapshotOrTheOther) {
  using namespace dynamodb;
  const tests::TemporaryFolder folder;
  const std::string data = folder.path() + "/data";
  const std::vector<std::string> snapshots = {folder.path() + "/small", folder.path() + "/large"};
  const TableDefinition rows{.name = "rows",
                             .key = {.partition = {"pk", Type::S}},
                             .global_indexes = {{.name = "by-g", .key = {{"g", Type::S}}}}};
  constexpr std::uint64_t kSmall = 100, kLarge = 300;
  {
    const auto engine = local::Engine::open({.directory = data});
    engine->create_table(rows).value();
    for (std::uint64_t i = 0; i < kLarge; ++i) {
      if (i == kSmall) {
        engine->snapshot(snapshots[0]).value();
        engine->create_table({.name = "large-only", .key = rows.key}).value();
      }
      engine->put_item({.table = "rows", .item = {{"pk", std::to_string(i)}, {"g", "g"}}}).value();
    }
    engine->snapshot(snapshots[1]).value();
  }
  std::mt19937 random(std::random_device{}());
  Acknowledged acknowledged;
  for (int round = 0; round < rounds() / 5; ++round) {
    ASSERT_NO_FATAL_FAILURE(
        run_and_kill(data, 0, 1 + static_cast<int>(random() % 5), acknowledged, snapshots));
    const auto engine = local::Engine::open({.directory = data});
    const bool large = engine->list_tables({}).value().table_names.size() == 2;
    const std::uint64_t expected = large ? kLarge : kSmall;
    EXPECT_EQ(engine->scan({.table = "rows"}).value().count, expected);
    EXPECT_EQ(engine->scan({.table = "rows", .index = "by-g"}).value().count, expected);
    EXPECT_EQ(engine->describe_table("rows").value().item_count, expected);
    engine->put_item({.table = "rows", .item = {{"pk", "after"}}}).value();
  }
}

}  // namespace
}  // namespace faults
