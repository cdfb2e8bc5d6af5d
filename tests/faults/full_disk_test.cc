// A full disk: writes fail with an error, reads go on, nothing acknowledged is lost, and writes
// work again once there is room.
#include <atomic>
#include <mutex>
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

using dynamodb::ErrorCode;

TEST(FullDisk, WritesFail_ReadsGoOn_AndWritesResume) {
  base::set_log_level(base::LogLevel::off);
  const tests::TemporaryFolder folder;
  const auto file_system = std::make_shared<FaultFileSystem>();
  const auto env = rocksdb::NewCompositeEnv(file_system);
  auto engine = dynamodb::local::Engine::open(
      {.directory = folder.path(), .write_buffer_bytes = 64 << 10, .environment = env.get()});
  make_workload_table(*engine);
  Acknowledged acknowledged;
  const auto write = [&](int count, unsigned seed) {
    int left = count;
    write_load(
        *engine, seed, [&] { return left-- > 0; },
        [&](const std::string& row, std::int64_t n) { acknowledged[row] = n; });
    return left < 0;  // false: a write failed
  };
  for (unsigned round = 0; round < 10; ++round) {
    ASSERT_TRUE(write(300, round)) << "round " << round;
    file_system->set_full(true);
    for (int i = 0; i < 3; ++i) {
      const auto refused = engine->put_item({.table = "workload", .item = {{"pk", "x"}, {"n", 1}}});
      ASSERT_TRUE(refused.has_error());
      EXPECT_EQ(refused.error().code, ErrorCode::internal_server_error);
    }
    EXPECT_TRUE(engine->get_item({.table = "workload", .key = {{"pk", "k1"}}})->item.has_value());
    EXPECT_EQ(problems(*engine, acknowledged), "") << "while full, round " << round;
    file_system->set_full(false);
  }
  ASSERT_TRUE(write(300, 99));
  engine.reset();
  engine = dynamodb::local::Engine::open({.directory = folder.path()});
  EXPECT_EQ(problems(*engine, acknowledged), "");
  base::set_log_level(base::LogLevel::info);
}

}  // namespace
}  // namespace faults
