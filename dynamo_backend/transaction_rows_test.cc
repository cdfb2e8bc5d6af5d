// What a transaction makes of its rows: one object each, found or not, and told to listeners.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/signals.h"
#include "dynamo_backend/test_integrity.h"

namespace test_blog {
namespace {

using testing::Contains;
using testing::HasSubstr;

std::string refusal(const std::function<void(Transaction&)>& fn) {
  try {
    transaction(fn);
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

// The second would write over the first: a transfer from an account to itself made money.
TEST(TransactionRows, TwoObjectsOfOneRow_AreRefused) {
  Integrity db;
  const auto account = Account::objects.create({.owner = "a", .balance = 100});
  EXPECT_THAT(refusal([&](Transaction& t) {
                auto from = t.get<Account>(account.pk), to = t.get<Account>(account.pk);
                from.balance -= 30;
                to.balance += 30;
                t.save(from);
                t.save(from);  // again the same object: what is written is the last
                t.save(to);
              }),
              HasSubstr("as another object"));
  EXPECT_EQ(Account::objects.get(account.pk).balance, 100);
  EXPECT_THAT(refusal([](Transaction& t) {
                t.create(Shelf{.room = "r", .place = "p", .code = "1"});
                t.create(Shelf{.room = "r", .place = "p", .code = "2"});
              }),
              HasSubstr("is in create() already"));
  EXPECT_EQ(Shelf::objects.count(), 0u);
}

// Whether DynamoDB checks it alone, or the row is read first.
TEST(TransactionRows, AnUpdateOfNoRow_FailsWhateverItAssigns) {
  Integrity db;
  EXPECT_THAT(refusal([](Transaction& t) {
                t.create(Team{.name = "red"});
                t.update<Account>(Uuid::random(), f<& Account::balance> = 1);
              }),
              HasSubstr("there is no such row"));
  EXPECT_THAT(refusal([](Transaction& t) {
                t.create(Team{.name = "red"});
                t.update<Account>(Uuid::random(), f<& Account::owner> = "z");
              }),
              HasSubstr("there is no such row"));
  const auto account = Account::objects.create({.owner = "a", .balance = 10});
  EXPECT_THAT(refusal([&](Transaction& t) {
                t.create(Team{.name = "red"});
                t.update(Account::objects.filter(f<&Account::pk> == account.pk &&
                                                 f<&Account::balance> >= 50),
                         f<& Account::owner> = "z");
              }),
              HasSubstr("it is not so that"));
  EXPECT_EQ(Team::objects.count(), 0u);
}

TEST(TransactionRows, ARemovedRowThatChangedMeanwhile_RunsAgain) {
  Integrity db;
  auto account = Account::objects.create({.owner = "a"});
  int runs = 0;
  transaction([&](Transaction& t) {
    auto mine = t.get<Account>(account.pk);
    if (++runs == 1) {
      account.balance = 5;
      account.save();
    }
    t.remove(mine);
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Account::objects.count(), 0u);
}

TEST(TransactionRows, ACheckThatIsMadeHere_RunsAgainWhereTheRowChanged) {
  Integrity db;
  auto account = Account::objects.create({.owner = "Alice", .balance = 5});
  int runs = 0;
  transaction([&](Transaction& t) {
    t.check(account.pk, f<&Account::owner>.icontains("ali"));
    t.create(Team{.name = "red"});
    if (++runs > 1) return;
    account.owner = "Alicia";
    account.save();
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Team::objects.count(), 1u);
}

TEST(TransactionRows, ListenersAreToldWhatChanged_OfObjectsThatAreGone) {
  Integrity db;
  const auto account = Account::objects.create({.owner = "a"});
  std::vector<std::string> changed;
  const auto listening = all_signals().post_save.connect([&](const SaveEvent& e) {
    for (const FieldInfo* f : e.changed)
      changed.push_back(e.model.name + "." + std::string(f->attribute));
  });
  transaction([&](Transaction& t) {
    t.create(Team{.name = "red"});
    auto mine = t.get<Account>(account.pk);
    mine.balance = 3;
    t.save(mine);
  });
  EXPECT_THAT(changed, Contains("Team.name"));
  EXPECT_THAT(changed, Contains("Account.balance"));
  EXPECT_THAT(changed, Contains("Account.version"));
}

// What hangs on a row is found when it is removed; another may move it before the commit.
TEST(TransactionRows, AChildThatIsMovedMeanwhile_RunsItAgain) {
  Integrity db;
  auto alice = Author::objects.create({.username = "alice"});
  const auto bob = Author::objects.create({.username = "bob"});
  const auto post = Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  int runs = 0;
  transaction([&](Transaction& t) {
    t.remove(alice);
    if (++runs > 1) return;
    Post::objects.filter(f<&Post::pk> == post.pk).update(f<& Post::author_pk> = bob);
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Post::objects.get(post.pk).author_pk.pk, bob.pk);
  EXPECT_FALSE(Author::objects.try_get(alice.pk));
}

// The links of an automatic many-to-many are rows without a C++ type: nobody is told of them.
TEST(TransactionRows, LinksAreMadeBesideListeners) {
  Integrity db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  const auto tag = Tag::objects.create({.name = "c++"});
  int told = 0;
  const auto listening = all_signals().post_save.connect([&](const SaveEvent&) { ++told; });
  const ModelInfo& model = model_info<Post>();
  transaction([&](Transaction& t) {
    t.link({post.pk, &model, &model.by_member("labels")}, {tag.pk});
    t.link({post.pk, &model, &model.by_member("labels")}, {tag.pk});  // is there
  });
  EXPECT_EQ(told, 0);
  EXPECT_EQ(post.labels.all().count(), 1u);
  const auto category = Category::objects.create({.name = "news"});
  transaction([&](Transaction& t) {
    for (int i = 0; i < 2; ++i)
      t.link({post.pk, &model, &model.by_member("categories")}, {category.pk});
  });
  EXPECT_EQ(post.categories.all().count(), 1u);
}

}  // namespace
}  // namespace test_blog
