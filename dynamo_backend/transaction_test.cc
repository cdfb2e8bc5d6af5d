// transaction(): several rows written together, or none of them.
#include "dynamo_backend/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"

namespace test_blog {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

template <class Error = TransactionError, class Fn>
std::vector<FailedAction> failures(Fn&& fn) {
  try {
    transaction(fn);
  } catch (const Error& e) {
    for (const FailedAction& f : e.failures()) EXPECT_THAT(e.what(), HasSubstr(f.reason));
    return e.failures();
  }
  ADD_FAILURE() << "the transaction was made";
  return {};
}

std::int64_t balance(const Account& a) { return Account::objects.get(a.pk).balance; }

TEST(Transaction, AllOrNothing) {
  Integrity db;
  auto a = Account::objects.create({.owner = "a", .balance = 100});
  auto b = Account::objects.create({.owner = "b"});
  transaction([&](Transaction& t) {
    auto from = t.get<Account>(a.pk), to = t.get<Account>(b.pk);
    from.balance -= 30;
    to.balance += 30;
    t.save(from);
    t.save(to);
    t.create(Team{.name = "red"});
  });
  EXPECT_EQ(db.calls().transact, 3);  // the accounts', and one
  EXPECT_EQ(balance(a), 70);
  EXPECT_EQ(balance(b), 30);
  EXPECT_EQ(Account::objects.get(a.pk).version, 2u);
  const auto failed = failures<TransactionIntegrityError>([&](Transaction& t) {
    auto from = t.get<Account>(a.pk);
    from.balance = 0;
    t.save(from);
    t.create(Team{.name = "RED"});
  });
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].model, "Team");
  EXPECT_EQ(failed[0].action, "create");
  EXPECT_THAT(failed[0].reason, HasSubstr("another row has name 'RED'"));
  EXPECT_EQ(balance(a), 70);
}

TEST(Transaction, AnExceptionSendsNothingAndLeavesRowsAsTheyWere) {
  Integrity db;
  Team team{.name = "red"};
  auto account = Account::objects.create({.owner = "a"});
  const auto time = account.updated_at;
  db.tick();
  db.calls().reset();
  EXPECT_THROW(transaction([&](Transaction& t) {
                 t.create(team);
                 EXPECT_FALSE(team.pk.is_nil());
                 account.balance = 5;
                 t.save(account);
                 throw std::runtime_error("no");
               }),
               std::runtime_error);
  EXPECT_EQ(db.calls().writes(), 0);
  EXPECT_TRUE(team.pk.is_nil());
  EXPECT_TRUE(team.is_new());
  EXPECT_EQ(account.updated_at, time);
  EXPECT_EQ(account.version, 1u);
  EXPECT_EQ(account.balance, 5);  // the caller's own
  account.save();
  EXPECT_EQ(account.version, 2u);
}

TEST(Transaction, RowsKnowWhatBecameOfThemWhereverTheyAre) {
  Integrity db;
  Team outside{.name = "outside"};
  std::vector<Team> kept;
  const Team returned = transaction([&](Transaction& t) {
    t.create(outside);
    for (const char* name : {"a", "b", "c"}) kept.push_back(t.create(Team{.name = name}));
    EXPECT_TRUE(outside.is_new());
    return t.create(Team{.name = "returned"});
  });
  EXPECT_FALSE(outside.is_new());
  EXPECT_FALSE(returned.is_new());
  for (const Team& team : kept) EXPECT_FALSE(team.is_new());
  outside.motto = "x";
  outside.save();
  EXPECT_EQ(Team::objects.get(outside.pk).motto, "x");
  auto account = Account::objects.create({.owner = "a"});
  transaction([&](Transaction& t) {
    account.balance = 1;
    t.save(account);
    account.balance = 2;
    t.save(account);  // in place of the first
  });
  EXPECT_EQ(account.version, 2u);
  account.balance = 3;
  account.save();
  EXPECT_EQ(balance(account), 3);
}

TEST(Transaction, WhatWasReadMustBeUnchangedOrTheFunctionRunsAgain) {
  Integrity db;
  const auto a = Account::objects.create({.owner = "a", .balance = 10});
  int runs = 0;
  transaction([&](Transaction& t) {
    auto row = t.get<Account>(a.pk);
    if (++runs == 1) {
      db.client().before_write = [&] {
        Account::objects.filter(f<&Account::pk> == a.pk)
            .update(f<& Account::balance> = f<&Account::balance> + 5);
      };
    }
    row.balance *= 2;
    t.save(row);
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(balance(a), 30);
  // Also a row that is only read, and one that was not there.
  const auto b = Account::objects.create({.owner = "b"});
  const Uuid absent = Uuid::from_bits(7, 7);
  runs = 0;
  transaction([&](Transaction& t) {
    const bool there = t.try_get<Account>(absent).has_value();
    if (++runs == 1) {
      db.client().before_write = [&] {
        Account row{.owner = "c"};
        row.pk = absent;
        row.save();
      };
    }
    t.update(b.pk, f<& Account::balance> = there ? 1 : 0);
  });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(balance(b), 1);
}

TEST(Transaction, ChangedAgainAndAgain_IsAConflictThatNamesTheRow) {
  Integrity db;
  const auto a = Account::objects.create({.owner = "a"});
  const auto failed = failures<TransactionConflictError>([&](Transaction& t) {
    auto row = t.get<Account>(a.pk);
    db.client().before_write = [&] {
      Account::objects.filter(f<&Account::pk> == a.pk)
          .update(f<& Account::balance> = f<&Account::balance> + 1);
    };
    row.balance = 0;
    t.save(row);
  });
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].key, a.pk.str());
  EXPECT_THAT(failed[0].reason, HasSubstr("others have changed it"));
}

TEST(Transaction, AStaleVersionIsAConflict) {
  Integrity db;
  auto a = Account::objects.create({.owner = "a"}), stale = Account::objects.get(a.pk);
  a.balance = 1;
  a.save();
  stale.balance = 2;
  const auto failed = failures<TransactionConflictError>([&](Transaction& t) { t.save(stale); });
  EXPECT_THAT(failed.at(0).reason, HasSubstr("changed by another since it was read"));
  EXPECT_EQ(balance(a), 1);
  EXPECT_EQ(stale.version, 1u);
  EXPECT_THROW(transaction([&](Transaction& t) { t.remove(stale); }), ConflictError);
  EXPECT_THROW(stale.remove(), ConflictError);
  a.remove();
  EXPECT_THAT(
      failures<TransactionConflictError>([&](Transaction& t) { t.save(stale); }).at(0).reason,
      HasSubstr("deleted"));
}

TEST(Transaction, ASaveOfARowThatOthersChangedElsewhereGoesThrough) {
  Integrity db;
  auto team = Team::objects.create({.name = "red"});
  auto other = Team::objects.get(team.pk);
  other.name = "blue";
  other.save();
  team.name = "green";
  transaction([&](Transaction& t) { t.save(team); });
  EXPECT_EQ(Team::objects.get(team.pk).name, "green");
  EXPECT_EQ(db.claims(), 1u);
  EXPECT_NO_THROW(Team::objects.create({.name = "blue"}));
}

TEST(Transaction, UpdatesAndChecks) {
  Integrity db;
  const auto a = Account::objects.create({.owner = "a", .balance = 10});
  const auto b = Account::objects.create({.owner = "b"});
  const auto pay = [&](std::int64_t amount) {
    return [&, amount](Transaction& t) {
      t.check(a, f<&Account::balance> >= amount);
      t.update(a, f<& Account::balance> = f<&Account::balance> - amount,
               f<&Account::log>.append("paid"));
      t.update(b.pk, f<& Account::balance> = f<&Account::balance> + amount);
    };
  };
  db.calls().reset();
  transaction(pay(7));
  EXPECT_EQ(db.calls().reads(), 0);
  EXPECT_EQ(db.calls().transact, 1);
  EXPECT_EQ(balance(a), 3);
  EXPECT_EQ(balance(b), 7);
  const auto failed = failures<TransactionFailed>(pay(7));
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].action, "update");
  EXPECT_THAT(failed[0].reason, HasSubstr("it is not so that balance >= 7"));
  EXPECT_EQ(balance(b), 7);
  EXPECT_THAT(failures<TransactionFailed>([&](Transaction& t) {
                t.update(Uuid::from_bits(1, 1), f<& Account::balance> = 1);
              })
                  .at(0)
                  .reason,
              HasSubstr("there is no such row"));
  EXPECT_THAT(failures<TransactionFailed>(
                  [&](Transaction& t) { t.check(a, f<&Account::owner>.iexact("B")); })
                  .at(0)
                  .action,
              "check");
  EXPECT_NO_THROW(transaction([&](Transaction& t) { t.check(a, f<&Account::owner>.iexact("A")); }));
  // Unique members and those of a ComputedIndex are changed with what depends on them.
  transaction([&](Transaction& t) { t.update(a, f<& Account::owner> = "z"); });
  EXPECT_THROW(Account::objects.create({.owner = "z"}), IntegrityError);
  EXPECT_NO_THROW(Account::objects.create({.owner = "a"}));
  transaction([&](Transaction& t) {
    t.update(Account::objects.filter(f<&Account::balance> < 8).allow_scan("a test"),
             f<& Account::balance> = 0);
  });
  EXPECT_EQ(Account::objects.all().sum<&Account::balance>(), 0);
}

TEST(Transaction, ComputedAttributesAreRight) {
  Integrity db;
  const auto team = Team::objects.create({.name = "red"});
  auto page = Page::objects.create({.team_pk = team, .slug = "a"});
  const auto shelf = [&] { return db.stored("test_blog_page", page.pk).count("shelf"); };
  EXPECT_EQ(shelf(), 0u);
  transaction([&](Transaction& t) { t.update(page, f<& Page::pinned> = true); });
  EXPECT_EQ(shelf(), 1u);
  page.refresh();
  page.pinned = false;
  transaction([&](Transaction& t) { t.save(page); });
  EXPECT_EQ(shelf(), 0u);
}

TEST(Transaction, AUniqueValueGoesFromOneRowToAnother) {
  Integrity db;
  auto a = Team::objects.create({.name = "a"}), b = Team::objects.create({.name = "b"});
  std::swap(a.name, b.name);
  transaction([&](Transaction& t) {
    t.save(a);
    t.save(b);
  });
  EXPECT_EQ(Team::objects.get(f<&Team::name> == "b").pk, a.pk);
  EXPECT_EQ(db.claims(), 2u);
  transaction([&](Transaction& t) {
    t.remove(a);
    t.create(Team{.name = "b"});
  });
  EXPECT_EQ(db.claims(), 2u);
  EXPECT_THROW(Team::objects.create({.name = "B"}), IntegrityError);
  EXPECT_THAT(failures<TransactionIntegrityError>([&](Transaction& t) {
                t.create(Team{.name = "new"});
                t.create(Team{.name = "NEW"});
              }),
              SizeIs(2));
}

TEST(Transaction, RemovesWhatHangsOnARow) {
  Integrity db;
  auto team = Team::objects.create({.name = "red"});
  const auto page = Page::objects.create({.team_pk = team, .slug = "a"});
  const auto remark = Remark::objects.create({.page_pk = page, .author = "x"});
  db.calls().reset();
  transaction([&](Transaction& t) { t.remove(team); });
  EXPECT_EQ(db.calls().writes(), 1);
  EXPECT_TRUE(team.is_new());
  EXPECT_EQ(Page::objects.count(), 0u);
  EXPECT_FALSE(Remark::objects.get(remark.pk).page_pk.has_value());
  EXPECT_EQ(db.claims(), 0u);
  auto author = Author::objects.create({.username = "alice"});
  Contract::objects.create({.author_pk = author});
  EXPECT_THROW(transaction([&](Transaction& t) { t.remove(author); }), ProtectedError);
  // Not where what holds it back goes, too.
  transaction([&](Transaction& t) {
    t.remove(author);
    auto contract = Contract::objects.get();
    t.remove(contract);
  });
  EXPECT_EQ(Author::objects.count(), 0u);
  auto late = Team::objects.create({.name = "late"});
  db.client().before_write = [&] { Page::objects.create({.team_pk = late, .slug = "a"}); };
  transaction([&](Transaction& t) { t.remove(late); });
  EXPECT_EQ(Page::objects.count(), 0u);
  auto many = Team::objects.create({.name = "many"});
  std::vector<Page> pages;
  for (int i = 0; i < 101; ++i) pages.push_back({.team_pk = many, .slug = std::to_string(i)});
  Page::objects.bulk_create(pages);
  EXPECT_THROW(transaction([&](Transaction& t) { t.remove(many); }), TransactionTooLarge);
  EXPECT_EQ(Page::objects.count(), 101u);
}

TEST(Transaction, KeysThatAreSetToNullCountWhileTheyAreFound) {
  Integrity db;
  const auto bob = Author::objects.create({.username = "bob"});
  auto ed = Author::objects.create({.username = "ed"});
  Post::objects.bulk_create(std::vector<Post>(
      500, Post{.title = "t", .slug = "t", .author_pk = bob, .editor_pk = Ref<Author>(ed)}));
  db.calls().reset();
  try {
    transaction([&](Transaction& t) { t.remove(ed); });
    FAIL();
  } catch (const TransactionTooLarge& e) {
    EXPECT_THAT(e.what(), HasSubstr("and what hangs on it"));
  }
  EXPECT_LE(db.calls().batch_get, 2);
  EXPECT_EQ(db.calls().writes(), 0);
}

TEST(Transaction, TooMuchIsToldBeforeItIsSent) {
  Integrity db;
  const auto create = [&](int n, std::size_t bytes) {
    transaction([&](Transaction& t) {
      for (int i = 0; i < n; ++i)
        t.create(Team{.name = std::to_string(i), .motto = std::string(bytes, 'x')});
    });
  };
  try {
    create(51, 1);
    FAIL();
  } catch (const TransactionTooLarge& e) {
    EXPECT_THAT(e.what(), HasSubstr("102 actions (51 rows, 51 claims of unique values)"));
  }
  EXPECT_THROW(create(12, 380'000), TransactionTooLarge);
  EXPECT_EQ(db.calls().transact, 0);
  create(50, 1);
  EXPECT_EQ(Team::objects.count(), 50u);
}

// Counting leaves the version: only the counter itself tells of it.
TEST(Transaction, ACounterThatWasCountedMeanwhile_IsAConflict) {
  Integrity db;
  const auto alice = Author::objects.create({.username = "alice"});
  auto post = Post::objects.create({.title = "a", .slug = "a", .author_pk = alice});
  const auto count = [&] {
    Post::objects.filter(f<&Post::pk> == post.pk)
        .update(f<& Post::view_count> = f<&Post::view_count> + 1);
  };
  count();
  post.view_count = 7;
  EXPECT_THROW(transaction([&](Transaction& t) { t.save(post); }), ConflictError);
  post = Post::objects.get(post.pk);
  post.title = "b";  // it assigns no counter
  count();
  transaction([&](Transaction& t) { t.save(post); });
  EXPECT_EQ(Post::objects.get(post.pk).view_count, 2);
  EXPECT_EQ(Post::objects.get(post.pk).title, "b");
}

TEST(Transaction, CollisionsAndLostAnswersAreSentAgain) {
  Integrity db;
  db.client().collide = 3;
  transaction([&](Transaction& t) { t.create(Team{.name = "red"}); });
  EXPECT_EQ(db.calls().transact, 4);
  const auto a = Account::objects.create({.owner = "a"});
  db.client().lose = 1;
  transaction(
      [&](Transaction& t) { t.update(a, f<& Account::balance> = f<&Account::balance> + 1); });
  EXPECT_EQ(balance(a), 1);
  EXPECT_FALSE(db.client().transactions.back().client_request_token.empty());
}

TEST(Transaction, OneRowIsWrittenOnce) {
  Integrity db;
  auto team = Team::objects.create({.name = "red"});
  try {
    transaction([&](Transaction& t) {
      t.update(team, f<& Team::motto> = "x");
      t.remove(team);
    });
    FAIL();
  } catch (const std::logic_error& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("Team " + team.pk.str()), HasSubstr("update() already")));
  }
}

TEST(Transaction, TransfersByManyThreadsKeepTheSum) {
  Integrity db;
  std::vector<Account> accounts;
  for (int i = 0; i < 4; ++i)
    accounts.push_back(Account::objects.create({.owner = std::to_string(i), .balance = 100}));
  std::vector<std::thread> threads;
  std::atomic<int> conflicts{0};
  for (std::size_t n = 0; n < 8; ++n) {
    threads.emplace_back([&, n] {
      for (std::size_t i = 0; i < 25; ++i) {
        const auto from_pk = accounts[(n + i) % 4].pk, to_pk = accounts[(n + i * 3 + 1) % 4].pk;
        if (from_pk == to_pk) continue;
        try {
          transaction([&](Transaction& t) {
            auto from = t.get<Account>(from_pk), to = t.get<Account>(to_pk);
            --from.balance;
            ++to.balance;
            t.save(from);
            t.save(to);
          });
        } catch (const ConflictError&) {
          ++conflicts;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Account::objects.all().sum<&Account::balance>(), 400);
  EXPECT_LT(conflicts, 50);
}

TEST(Transaction, AKeyThatNoRowCanHaveIsAbsent) {
  Integrity db;
  const Team team = Team::objects.create({.name = "red"});
  for (const std::string& token : {std::string(), std::string(3000, 'x')}) {
    transaction([&](Transaction& t) {
      EXPECT_FALSE(t.try_get<Session>(token));
      t.update(team, f<& Team::motto> = "run");
    });
    EXPECT_EQ(Team::objects.get(team.pk).motto, "run");
    const auto failed = failures<TransactionFailed>([&](Transaction& t) {
      t.check(Session{.token = token}, f<&Session::user> == "ann");
      t.update(team, f<& Team::motto> = "never");
    });
    ASSERT_THAT(failed, SizeIs(1));
    EXPECT_EQ(failed[0].reason, "there is no such row.");
  }
}

}  // namespace
}  // namespace test_blog
