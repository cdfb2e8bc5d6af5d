#include "dynamo_backend/changes/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/test_client.h"
#include "dynamodb/local/engine.h"

namespace dynamo_backend::changes {
namespace {

using std::chrono::seconds;

class ChangesLeaseTest : public testing::Test {
 protected:
  static std::string text(const dynamodb::PackedItem& item, std::string_view name) {
    const auto value = item.view().find(name);
    return value ? std::string(value->text()) : "";
  }
  base::Timestamp now_ = base::parse_iso("2026-03-01T12:00:00Z").value();
  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open({});
  test_blog::RecordingClient client_{*engine_};
  Connection connection_{client_, {.table_prefix = "t_", .now = [this] { return now_; }}};
};

TEST_F(ChangesLeaseTest, OneHolderAtATime) {
  Lease first(connection_, "x"), second(connection_, "x"), other(connection_, "y");
  EXPECT_TRUE(first.hold());
  EXPECT_TRUE(first.hold());
  EXPECT_FALSE(second.hold());
  EXPECT_TRUE(other.hold());
  first.give_back();
  EXPECT_FALSE(first.held());
  EXPECT_TRUE(second.hold());
  EXPECT_EQ(second.fence(), 2u);
  EXPECT_FALSE(first.hold());
}

TEST_F(ChangesLeaseTest, HoldingItWritesOnlyWhenAHeartbeatIsDue) {
  Lease lease(connection_, "x");
  lease.hold();
  const int writes = client_.calls.update;
  now_ += seconds(4);
  EXPECT_TRUE(lease.hold());
  EXPECT_EQ(client_.calls.update, writes);
  now_ += seconds(1);
  EXPECT_TRUE(lease.hold());
  EXPECT_EQ(client_.calls.update, writes + 1);
}

TEST_F(ChangesLeaseTest, WithoutHeartbeatItExpires_AndTheFormerHolderIsTold) {
  Lease first(connection_, "x"), second(connection_, "x");
  first.hold();
  now_ += seconds(29);
  EXPECT_TRUE(first.held());
  EXPECT_FALSE(second.hold());
  now_ += seconds(1);
  EXPECT_FALSE(first.held());
  EXPECT_TRUE(second.hold());
  EXPECT_FALSE(first.hold());
  now_ += seconds(6);
  EXPECT_TRUE(second.hold());
}

TEST_F(ChangesLeaseTest, TakenAwayByAnother_IsNoticedAtTheHeartbeat) {
  Lease lease(connection_, "x");
  lease.hold();
  client_
      .update_item({.table = "t_ddbdjango_leases",
                    .key = {{"pk", "x"}},
                    .update = {.set = {{"owner", {Value("another")}}}}})
      .value();
  now_ += seconds(5);
  EXPECT_FALSE(lease.hold());
  EXPECT_FALSE(lease.held());
}

TEST_F(ChangesLeaseTest, OfADeadProcess_IsTakenOverAtOnce) {
  const pid_t child = ::fork();  // only to have a process id that was somebody's
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  Lease first(connection_, "x"), second(connection_, "x");
  first.hold();
  client_
      .update_item({.table = "t_ddbdjango_leases",
                    .key = {{"pk", "x"}},
                    .update = {.set = {{"pid", {Value(static_cast<std::int64_t>(child))}}}}})
      .value();
  EXPECT_TRUE(second.hold());
}

TEST_F(ChangesLeaseTest, ADatabaseThatDoesNotAnswer_LeavesItUntilItExpires) {
  Lease lease(connection_, "x");
  lease.hold();
  now_ += seconds(5);
  client_.writes_left = 0;
  EXPECT_THROW(lease.hold(), DatabaseError);
  EXPECT_TRUE(lease.held());
  now_ += seconds(25);
  EXPECT_FALSE(lease.held());
  client_.writes_left = -1;
  EXPECT_TRUE(lease.hold()) << "nobody else took it meanwhile";
}

TEST_F(ChangesLeaseTest, NotesAreWrittenWithHeartbeats_AndStay) {
  EXPECT_FALSE(lease_item(connection_, "x"));
  {
    Lease lease(connection_, "x");
    lease.note("caught_up", Value("12:00"));
    lease.hold();
    EXPECT_EQ(text(*lease_item(connection_, "x"), "caught_up"), "12:00");
    lease.note("caught_up", Value("12:01"));
    lease.hold();
    EXPECT_EQ(text(*lease_item(connection_, "x"), "caught_up"), "12:00");
    now_ += seconds(5);
    lease.hold();
    EXPECT_EQ(text(*lease_item(connection_, "x"), "caught_up"), "12:01");
    lease.note("caught_up", Value("12:02"));
  }
  EXPECT_EQ(text(*lease_item(connection_, "x"), "caught_up"), "12:02");
  EXPECT_EQ(text(*lease_item(connection_, "x"), "owner"), "");
  EXPECT_EQ(lease_item(connection_, "y"), std::nullopt);
}

}  // namespace
}  // namespace dynamo_backend::changes
