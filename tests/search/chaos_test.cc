// kill -9 of a process that writes, indexes, rebuilds and fails, at random moments, again and
// again: after each, another process brings the index to where it has what the table has, and
// nothing else.
#include <cstdlib>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "base/log.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamodb/local/engine.h"
#include "tests/run_and_kill.h"
#include "tests/search/chaos_settle.h"
#include "tests/temporary_folder.h"

namespace {

using namespace dynamo_backend;

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 30 : 4; }

TEST(SearchChaos, Kills_LeaveNoDrift) {
  base::set_log_level(base::LogLevel::off);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const tests::TemporaryFolder folder;
  for (int round = 0; round < rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    if (round % 4 == 2) std::filesystem::remove(chaos::index_file(folder.path()));
    tests::run_and_kill(CHAOS_WRITER, {folder.path(), std::to_string(random())},
                        20 + static_cast<int>(random() % 400));
    ASSERT_FALSE(testing::Test::HasFailure());
    const auto engine =
        dynamodb::local::Engine::open({.directory = chaos::data_folder(folder.path())});
    ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
    const auto backend = search::open_local_backend({.file = chaos::index_file(folder.path())});
    ASSERT_NO_FATAL_FAILURE(chaos::expect_no_drift(*connection, *backend));
  }
}

}  // namespace
