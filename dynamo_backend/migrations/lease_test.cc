#include "dynamo_backend/migrations/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dynamo_backend/migrations/history.h"
#include "dynamodb/local/engine.h"

namespace dynamo_backend::migrations {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class LeaseTest : public testing::Test {
 protected:
  LeaseTest() { make_history_table(control_); }

  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open({});
  std::atomic<std::int64_t> now_{1'800'000'000'000'000};
  Connection connection_{
      *engine_,
      {.table_prefix = "t_",
       .now = [this] { return base::Timestamp(std::chrono::microseconds(now_.load())); },
       .sleep = [this](milliseconds t) { now_ += t.count() * 1000; }}};
  CapacityBudget budget_{};
  RunControl control_{connection_, budget_};
  const LeaseOptions options_{.time = milliseconds(10'000), .heartbeat = milliseconds(0)};
};

TEST_F(LeaseTest, ASecondRunnerIsToldWhoTheFirstIs) {
  const Lease lease(control_, options_);
  try {
    const Lease second(control_, options_);
    FAIL();
  } catch (const LeaseHeld& held) {
    EXPECT_THAT(held.what(), HasSubstr("process " + std::to_string(::getpid())));
    EXPECT_THAT(held.what(), HasSubstr("since " + base::to_iso(connection_.now())));
    EXPECT_EQ(held.owner.id, lease.id());
  }
}

TEST_F(LeaseTest, ASecondRunnerMayWait) {
  auto lease = std::make_unique<Lease>(control_, options_);
  const RunControl other(connection_, budget_, [&] {
    if (now_ > 1'800'000'002'000'000) lease.reset();
    return false;
  });
  const Lease second(
      other,
      {.time = milliseconds(10'000), .heartbeat = milliseconds(0), .wait = milliseconds(5'000)});
  EXPECT_EQ(second.fence(), 2u);
  EXPECT_FALSE(second.took_over());
}

TEST_F(LeaseTest, WithoutHeartbeatItExpires_AndTheFormerRunnerCannotRecord) {
  Lease lease(control_, options_);
  Record record(control_, lease, {.id = {"app", "0001"}, .phase = MigrationPhase::applying});
  record.begin();
  now_ += 9'000'000;
  lease.beat();
  now_ += 9'000'000;
  EXPECT_THROW(Lease(control_, options_), LeaseHeld);
  now_ += 2'000'000;
  EXPECT_THROW(lease.check(), LeaseLost);
  Lease second(control_, options_);
  EXPECT_TRUE(second.took_over());
  EXPECT_EQ(second.fence(), 2u);
  Record(control_, second, read_history(connection_).at(0)).claim(MigrationPhase::applying);
  EXPECT_THROW(record.enter(1, ""), LeaseLost);
  EXPECT_THROW(record.finish(), LeaseLost);
  Record another(control_, lease, {.id = {"app", "0002"}, .phase = MigrationPhase::applying});
  EXPECT_THROW(another.begin(), LeaseLost);
  lease.beat();
  now_ -= 5'000'000;
  EXPECT_THROW(lease.check(), LeaseLost) << "its heartbeat told";
  ASSERT_EQ(read_history(connection_).size(), 1u);
  EXPECT_EQ(read_history(connection_)[0].fence, 2u);
}

TEST_F(LeaseTest, WhoseItemWasDeleted_OutranksTheRecordsThatAreLeft) {
  for (int run = 0; run < 3; ++run) {
    const Lease lease(control_, options_);
    Record record(control_, lease, {.id = {"app", "0001"}, .phase = MigrationPhase::applying});
    if (run == 0)
      record.begin();
    else
      record.claim(MigrationPhase::applying);
  }
  engine_->delete_item({.table = "t_ddbdjango_migrations", .key = {{"pk", "#lease"}}}).value();
  const Lease lease(control_, options_);
  EXPECT_EQ(lease.fence(), 4u);
  EXPECT_NO_THROW(
      Record(control_, lease, read_history(connection_).at(0)).claim(MigrationPhase::applying));
}

TEST_F(LeaseTest, OfADeadProcessOfThisMachine_IsTakenOverAtOnce) {
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  const pid_t child = ::fork();  // only to have a process id that was somebody's
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  {
    const Lease lease(control_, options_);
    engine_
        ->update_item({.table = "t_ddbdjango_migrations",
                       .key = {{"pk", "#lease"}},
                       .update = {.set = {{"pid", {Value(static_cast<std::int64_t>(child))}},
                                          {"owner", {Value("another")}}}}})
        .value();
    const Lease second(control_, options_);
    EXPECT_TRUE(second.took_over());
  }
  EXPECT_FALSE(lease_owner(connection_));
}

TEST_F(LeaseTest, HeartbeatsKeepItUpByThemselves) {
  const Lease lease(control_, {.time = milliseconds(10'000), .heartbeat = milliseconds(1)});
  // Once the heartbeat after the one that is waited for is written, that one counts.
  for (int i = 0; i < 2; ++i) {
    const auto last = lease_owner(connection_)->heartbeat;
    now_ += 4'000'000;
    while (lease_owner(connection_)->heartbeat == last) std::this_thread::yield();
  }
  now_ += 4'000'000;  // twelve seconds after it was taken, eight after the first heartbeat
  EXPECT_NO_THROW(lease.check());
}

}  // namespace
}  // namespace dynamo_backend::migrations
