#include "base/call_ledger.h"

#include <thread>
#include <type_traits>

#include <gmock/gmock.h>

namespace base {
namespace {

using testing::ElementsAre;

std::vector<std::string> operations(const CallLedger& ledger) {
  std::vector<std::string> out;
  for (const auto& call : ledger.calls()) out.push_back(call.operation);
  return out;
}

// It keeps where they are, not what they are.
static_assert(!std::is_constructible_v<CallLedger::Lent, CallLedger::Calls> &&
              std::is_constructible_v<CallLedger::Lent, const CallLedger::Calls&>);

TEST(CallLedger, Off_WhereNoneLives) {
  EXPECT_FALSE(CallLedger::on());
  {
    const CallLedger ledger;
    EXPECT_TRUE(CallLedger::on());
  }
  EXPECT_FALSE(CallLedger::on());
}

TEST(CallLedger, Call_IsInEveryLedgerOfItsThread) {
  const CallLedger outer;
  CallLedger::start("dynamodb", "GetItem", "posts");
  {
    const CallLedger inner;
    const auto entry = CallLedger::start("dynamodb", "Query", "posts", "feed");
    entry.end({.items = 2, .examined = 5, .read_units = 1.5});
    EXPECT_THAT(operations(inner), ElementsAre("Query"));
    EXPECT_EQ(inner.calls()[0].outcome.examined, 5);
    EXPECT_TRUE(inner.calls()[0].outcome.answered);
  }
  EXPECT_THAT(operations(outer), ElementsAre("GetItem", "Query"));
  EXPECT_FALSE(outer.calls()[0].outcome.answered);
  EXPECT_EQ(outer.calls()[1].outcome.read_units, 1.5);
}

TEST(CallLedger, OtherThreads_CountWhereTheyAreLentIt) {
  const CallLedger ledger;
  std::thread([] { EXPECT_FALSE(CallLedger::on()); }).join();
  std::thread([state = CallLedger::current()] {
    const CallLedger::Lent lent(state);
    CallLedger::start("search", "search", "posts");
  }).join();
  EXPECT_THAT(operations(ledger), ElementsAre("search"));
}

TEST(CallLedger, Entry_EndsAfterItsLedger) {
  auto ledger = std::make_unique<CallLedger>();
  const auto entry = CallLedger::start("dynamodb", "PutItem", "posts");
  ledger.reset();
  entry.end({.items = 1});
}

TEST(CallLedger, SharedCalls_OutliveTheLedgerAndTellTheEnd) {
  auto ledger = std::make_unique<CallLedger>();
  const auto entry = CallLedger::start("dynamodb", "PutItem", "posts");
  const CallLedger::Calls calls = ledger->share();
  ledger.reset();
  entry.end({.items = 1});
  std::size_t items = 0;
  calls.each([&](const CallLedger::Call& call) { items += call.outcome.items; });
  EXPECT_EQ(items, 1);
}

TEST(CallLedger, MoreThanItKeeps_AreCounted) {
  const CallLedger ledger({.most = 2});
  for (int i = 0; i < 5; ++i) CallLedger::start("dynamodb", "GetItem", "posts");
  EXPECT_EQ(ledger.calls().size(), 2);
  EXPECT_EQ(ledger.share().dropped(), 3);
}

TEST(CallLedger, Retries_AreOfTheCallUnderWay) {
  EXPECT_FALSE(CallLedger::under_way());
  const CallLedger ledger;
  EXPECT_FALSE(CallLedger::under_way());
  const auto entry = CallLedger::start("dynamodb", "GetItem", "posts");
  const auto found = CallLedger::under_way();
  ASSERT_TRUE(found);
  std::thread([&] { found->retried(); }).join();
  entry.end({});
  EXPECT_FALSE(CallLedger::under_way());
  EXPECT_EQ(ledger.calls()[0].retries, 1);
}

TEST(CallLedger, Warnings_AreKeptOnce) {
  const CallLedger ledger;
  CallLedger::warn("a scan");
  CallLedger::warn("a scan");
  EXPECT_THAT(ledger.share().warnings(), ElementsAre("a scan"));
}

TEST(CallLedger, Place_IsOfTheInnermostThatAsks) {
  const CallLedger outer({.place = [] { return std::shared_ptr<const void>(new int(7)); }});
  const CallLedger inner;
  CallLedger::start("dynamodb", "GetItem", "posts");
  EXPECT_EQ(*static_cast<const int*>(inner.calls()[0].place.get()), 7);
  EXPECT_FALSE(CallLedger::keeps_requests());
  const CallLedger keeper({.requests = true});
  EXPECT_TRUE(CallLedger::keeps_requests());
}

}  // namespace
}  // namespace base
