// kill -9 at random moments of a write load: what was acknowledged is there, and the indexes agree
// with their table.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include "dynamodb/local/engine.h"
#include "tests/faults/workload.h"
#include "tests/run_and_kill.h"
#include "tests/temporary_folder.h"

namespace faults {
namespace {

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 500 : 50; }

// Runs kill_writer, kills it after `acknowledgements` of its lines, and adds those to
// `acknowledged`. `snapshots`: two to be restored in turns, or none.
void run_and_kill(const std::string& folder, unsigned seed, int acknowledgements,
                  Acknowledged& acknowledged, std::vector<std::string> snapshots = {}) {
  snapshots.insert(snapshots.begin(), {folder, std::to_string(seed)});
  const std::string text = tests::run_and_kill(KILL_WRITER, std::move(snapshots), acknowledgements);
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
    run_and_kill(folder.path(), static_cast<unsigned>(random()),
                 1 + static_cast<int>(random() % 200), acknowledged);
    ASSERT_FALSE(testing::Test::HasFailure());
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
    run_and_kill(data, 0, 1 + static_cast<int>(random() % 5), acknowledged, snapshots);
    ASSERT_FALSE(testing::Test::HasFailure());
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
