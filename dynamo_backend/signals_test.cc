// Signals before and after rows are saved and deleted.
#include "dynamo_backend/signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Log {
  std::vector<std::string> lines{};
  std::vector<Subscription> subscriptions{};
  Log() {
    ModelSignals& all = all_signals();
    const auto name = [](const auto& e) { return e.model.name; };
    subscriptions.push_back(all.pre_save.connect([=, this](const SaveEvent& e) {
      lines.push_back("pre_save " + name(e) + (e.created ? " new" : ""));
    }));
    subscriptions.push_back(all.post_save.connect([=, this](const SaveEvent& e) {
      lines.push_back("post_save " + name(e) + (e.created ? " new" : ""));
    }));
    subscriptions.push_back(all.pre_delete.connect(
        [=, this](const DeleteEvent& e) { lines.push_back("pre_delete " + name(e)); }));
    subscriptions.push_back(all.post_delete.connect(
        [=, this](const DeleteEvent& e) { lines.push_back("post_delete " + name(e)); }));
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }
};

TEST(Signals, OfEveryWayToWrite) {
  Integrity db;
  Log log;
  auto team = Team::objects.create({.name = "red"});
  EXPECT_THAT(log.take(), ElementsAre("pre_save Team new", "post_save Team new"));
  team.motto = "x";
  team.save();
  EXPECT_THAT(log.take(), ElementsAre("pre_save Team", "post_save Team"));
  Page::objects.bulk_create({{.team_pk = team, .slug = "a"}, {.team_pk = team, .slug = "b"}});
  EXPECT_THAT(log.take(), ElementsAre("pre_save Page new", "pre_save Page new",
                                      "post_save Page new", "post_save Page new"));
  Tag::objects.get_or_create(f<&Tag::name> == "t");
  EXPECT_THAT(log.take(), ElementsAre("pre_save Tag new", "post_save Tag new"));
  Page::objects.filter(f<&Page::slug> == "a").update(f<& Page::position> = 4);
  EXPECT_THAT(log.take(), IsEmpty());
  EXPECT_EQ(Page::objects.filter(f<&Page::slug> == "a").remove(), 1u);
  EXPECT_THAT(log.take(), ElementsAre("pre_delete Page", "post_delete Page"));
  team.remove();  // with page b
  EXPECT_THAT(log.take(), ElementsAre("pre_delete Team", "pre_delete Page", "post_delete Page",
                                      "post_delete Team"));
}

TEST(Signals, OfATransactionAreSentAroundIt) {
  Integrity db;
  auto red = Team::objects.create({.name = "red"});
  Page::objects.create({.team_pk = red, .slug = "a"});
  Log log;
  transaction([&](Transaction& t) {
    t.remove(red);
    t.create(Team{.name = "blue"});
    EXPECT_THAT(log.take(), ElementsAre("pre_delete Team", "pre_delete Page", "pre_save Team new"));
  });
  EXPECT_THAT(log.take(),
              UnorderedElementsAre("post_delete Team", "post_delete Page", "post_save Team new"));
  EXPECT_ANY_THROW(transaction([&](Transaction& t) { t.create(Team{.name = "BLUE"}); }));
  EXPECT_THAT(log.take(), ElementsAre("pre_save Team new"));
}

TEST(Signals, TypedOnesSeeTheRowAndWhatWasWritten) {
  Integrity db;
  std::vector<std::string_view> changed;
  const auto before = signals<Team>().pre_save.connect([](Team& t) { t.motto += "!"; });
  const auto after = signals<Team>().post_save.connect([&](const Team& t, const SaveEvent& e) {
    EXPECT_FALSE(t.is_new());
    for (const FieldInfo* f : e.changed) changed.push_back(f->attribute);
  });
  auto team = Team::objects.create({.name = "red"});
  EXPECT_EQ(Team::objects.get(team.pk).motto, "!");
  EXPECT_THAT(changed, UnorderedElementsAre("motto", "name", "pk"));
  changed.clear();
  team.save();
  EXPECT_THAT(changed, ElementsAre("motto"));
}

TEST(Signals, ADeletedRowIsHandedOverAsItWas) {
  Integrity db;
  const auto team = Team::objects.create({.name = "red"});
  Page::objects.create({.team_pk = team, .slug = "a", .position = 7});
  std::int64_t seen = 0;
  const auto listening = signals<Page>().post_delete.connect([&](Page& p) { seen = p.position; });
  Team::objects.filter(f<&Team::pk> == team.pk).remove();
  EXPECT_EQ(seen, 7);
}

TEST(Signals, AnExceptionBeforeStopsTheWriteOneAfterDoesNot) {
  Integrity db;
  auto team = Team::objects.create({.name = "red"});
  {
    const auto no = signals<Team>().pre_save.connect([](Team&) { throw std::runtime_error("no"); });
    const auto nor =
        signals<Team>().pre_delete.connect([](Team&) { throw std::runtime_error("no"); });
    EXPECT_THROW(Team::objects.create({.name = "blue"}), std::runtime_error);
    EXPECT_THROW(Team::objects.bulk_create({{.name = "blue"}}), std::runtime_error);
    EXPECT_THROW(team.remove(), std::runtime_error);
    EXPECT_THROW(Team::objects.all().remove(), std::runtime_error);
  }
  EXPECT_EQ(Team::objects.count(), 1u);
  int called = 0;
  const auto bad =
      signals<Team>().post_save.connect([](Team&) { throw std::runtime_error("bad"); });
  const auto good = signals<Team>().post_save.connect([&](Team&) { ++called; });
  EXPECT_THROW(Team::objects.create({.name = "green"}), std::runtime_error);
  EXPECT_THROW(Team::objects.bulk_create({{.name = "x"}, {.name = "y"}}), std::runtime_error);
  EXPECT_EQ(called, 3);
  EXPECT_EQ(Team::objects.count(), 4u);
}

// The write stays, and is neither made again nor taken for another's.
TEST(Signals, AnExceptionAfterTheWriteIsNoFailureOfIt) {
  Integrity db;
  const auto taken = [](Team&) { throw IntegrityError("email", "a listener's"); };
  const auto changed = [](Team&) { throw ConflictError("a listener's"); };
  {
    const auto bad = signals<Team>().post_save.connect(taken);
    EXPECT_THROW(Team::objects.get_or_create(f<&Team::name> == "red"), IntegrityError);
    EXPECT_FALSE(Team::objects.get_or_create(f<&Team::name> == "red").second);
  }
  int runs = 0;
  const auto change = [&](Team& team) { team.motto += 'x', ++runs; };
  for (const char* name : {"red", "blue"}) {  // which is there, and which is not
    const auto bad = signals<Team>().post_save.connect(changed);
    EXPECT_THROW(Team::objects.update_or_create(f<&Team::name> == name, change), ConflictError);
    EXPECT_EQ(Team::objects.get(f<&Team::name> == name).motto, "x");
  }
  EXPECT_EQ(runs, 2);
}

TEST(Signals, AnExceptionAfterADeletion_LetsTheOthersGoToo) {
  Integrity db;
  std::vector<Team> teams;
  for (int i = 0; i < 12; ++i) teams.push_back({.name = std::to_string(i)});
  teams = Team::objects.bulk_create(std::move(teams));
  for (const Team& team : teams) Page::objects.create({.team_pk = team, .slug = "a"});
  int called = 0;
  const auto bad = [&] {
    if (++called % 2 == 1) throw std::runtime_error("bad");
  };
  const auto of_pages = signals<Page>().post_delete.connect([&](Page&) { bad(); });
  const auto of_teams = signals<Team>().post_delete.connect([&](Team&) { bad(); });
  EXPECT_THROW(Page::objects.filter(f<&Page::team_pk>.in({teams[0], teams[1]})).remove(),
               std::runtime_error);
  EXPECT_EQ(Page::objects.count(), 10u);
  EXPECT_THROW(Team::objects.all().remove(), std::runtime_error);
  EXPECT_EQ(Team::objects.count() + Page::objects.count(), 0u);
  EXPECT_EQ(called, 24);
}

TEST(Signals, EndWithTheirSubscription) {
  Integrity db;
  int called = 0;
  Subscription outer;
  {
    auto inner = signals<Team>().post_save.connect([&](Team&) { ++called; });
    outer = std::move(inner);
  }
  Team::objects.create({.name = "a"});
  outer.disconnect();
  Team::objects.create({.name = "b"});
  EXPECT_EQ(called, 1);
  EXPECT_FALSE(model_info<Team>().signals->post_save.has_listeners());
  // A function may end its own connection.
  Subscription once;
  once = signals<Team>().post_save.connect([&](Team&) {
    ++called;
    once.disconnect();
  });
  Team::objects.create({.name = "c"});
  Team::objects.create({.name = "d"});
  EXPECT_EQ(called, 2);
}

TEST(Signals, ThreadsConnectWhileOthersSave) {
  Integrity db;
  std::atomic<int> called{0};
  std::atomic<bool> stop{false};
  std::thread connecting([&] {
    while (!stop) {
      const auto listening = signals<Tag>().post_save.connect([&](Tag&) { ++called; });
      std::this_thread::yield();
    }
  });
  for (int i = 0; i < 200 || called == 0; ++i) Tag::objects.create({.name = std::to_string(i)});
  stop = true;
  connecting.join();
}

}  // namespace
}  // namespace test_blog
