// Power cuts at random writes: only what was synced is left, and every acknowledged write is in it.
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include "base/log.h"
#include "dynamodb/local/engine.h"
#include "tests/faults/fault_file_system.h"
#include "tests/faults/workload.h"
#include "tests/temporary_folder.h"

namespace faults {
namespace {

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 400 : 40; }

class PowerLoss : public testing::Test {
 protected:
  PowerLoss() { base::set_log_level(base::LogLevel::off); }
  ~PowerLoss() override { base::set_log_level(base::LogLevel::info); }

  // Writes until the power is cut, then leaves on the disk what was synced.
  void run_until_cut(long writes, unsigned seed) {
    auto engine = dynamodb::local::Engine::open(
        {.directory = folder_.path(), .write_buffer_bytes = 64 << 10, .environment = env_.get()});
    make_workload_table(*engine);
    file_system_->cut_power_after(writes);
    std::mutex mutex;
    std::vector<std::thread> writers;
    for (unsigned i = 0; i < 4; ++i) {
      writers.emplace_back([&, i] {
        write_load(
            *engine, seed + i, [] { return true; },
            [&](const std::string& row, std::int64_t n) {
              std::lock_guard lock(mutex);
              acknowledged_[row] = std::max(acknowledged_[row], n);
            });
      });
    }
    for (auto& writer : writers) writer.join();
    engine.reset();
    file_system_->drop_unsynced();
  }

  const tests::TemporaryFolder folder_;
  std::shared_ptr<FaultFileSystem> file_system_ = std::make_shared<FaultFileSystem>();
  std::unique_ptr<rocksdb::Env> env_ = rocksdb::NewCompositeEnv(file_system_);
  Acknowledged acknowledged_;
};

TEST_F(PowerLoss, RandomWrites_AcknowledgedOnesSurviveAndIndexesAgree) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < rounds(); ++round) {
    run_until_cut(1 + static_cast<long>(random() % 400), static_cast<unsigned>(random()));
    const auto engine = dynamodb::local::Engine::open({.directory = folder_.path()});
    ASSERT_EQ(problems(*engine, acknowledged_), "") << "round " << round;
  }
  EXPECT_FALSE(acknowledged_.empty());
}

// The wrapper itself: what was appended and not synced must be gone, or the test above could not
// fail.
TEST_F(PowerLoss, FileSystem_DropsWhatWasNotSynced) {
  const std::string name = folder_.path() + "/file";
  std::unique_ptr<rocksdb::FSWritableFile> file;
  std::unique_ptr<rocksdb::FSDirectory> directory;
  ASSERT_TRUE(file_system_->NewWritableFile(name, {}, &file, nullptr).ok());
  ASSERT_TRUE(file_system_->NewDirectory(folder_.path(), {}, &directory, nullptr).ok());
  ASSERT_TRUE(file->Append("safe", {}, nullptr).ok());
  ASSERT_TRUE(file->Sync({}, nullptr).ok());
  ASSERT_TRUE(directory->Fsync({}, nullptr).ok());
  ASSERT_TRUE(file->Append("lost", {}, nullptr).ok());
  file_system_->cut_power();
  EXPECT_FALSE(file->Append("never", {}, nullptr).ok());
  ASSERT_TRUE(file->Close({}, nullptr).ok());
  file_system_->drop_unsynced();
  EXPECT_EQ(std::filesystem::file_size(name), 4u);
}

}  // namespace
}  // namespace faults
