// Unique values, kept by transaction on every way to write a row.
#include "dynamo_backend/unique.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"
#include "dynamodb/index_lag.h"

namespace test_blog {
namespace {

using testing::HasSubstr;

std::size_t claims(Database& db) { return db.rows_in("dynamo_backend_unique"); }

TEST(Unique, ATakenValueIsAnIntegrityErrorThatNamesTheField) {
  Database db;
  Author::objects.create({.username = "alice"});
  try {
    Author::objects.create({.username = "alice", .bio = "another"});
    FAIL();
  } catch (const IntegrityError& e) {
    EXPECT_EQ(e.field(), "username");
    EXPECT_THAT(e.what(), HasSubstr("Author: another row has username 'alice'"));
  }
  EXPECT_EQ(Author::objects.count(), 1u);
  EXPECT_EQ(claims(db), 1u);
}

TEST(Unique, Z6_SixtyFourThreadsForOneName_OneWins) {
  Database db;
  std::atomic<int> won{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i) {
    threads.emplace_back([&] {
      try {
        Author::objects.create({.username = "alice"});
        ++won;
      } catch (const IntegrityError&) {
        ++lost;
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 63);
  EXPECT_EQ(Author::objects.count(), 1u);
}

TEST(Unique, SaveMovesTheClaim) {
  Database db;
  auto a = Author::objects.create({.username = "alice"}),
       b = Author::objects.create({.username = "bob"});
  a.username = "bob";
  EXPECT_THROW(a.save(), IntegrityError);
  EXPECT_EQ(Author::objects.get(a.pk).username, "alice");
  a.username = "carol";
  a.save();
  EXPECT_EQ(claims(db), 2u);
  b.username = "alice";  // free again
  b.save();
  EXPECT_EQ(Author::objects.get(f<&Author::username> == "alice").pk, b.pk);
  b.bio = "no claim is touched";
  db.calls().reset();
  b.save();
  EXPECT_EQ(db.calls().transact, 0);
  b.remove();
  EXPECT_EQ(claims(db), 1u);
}

TEST(Unique, SaveOfAStaleRowGivesUpTheClaimThatIsStored) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  auto stale = Author::objects.get(alice.pk), other = Author::objects.get(alice.pk);
  other.username = "second";
  other.save();
  stale.username = "third";
  stale.save();
  EXPECT_EQ(Author::objects.get(alice.pk).username, "third");
  EXPECT_EQ(claims(db), 1u);
  EXPECT_NO_THROW(Author::objects.create({.username = "second"}));
  stale.remove();
  EXPECT_EQ(claims(db), 1u);
}

TEST(Unique, AValueThatAnotherWroteAlreadyIsNotWrittenWithoutItsClaim) {
  Database db;
  auto mine = Author::objects.create({.username = "alice"});
  const auto rename = [&](const char* name) {
    auto other = Author::objects.get(mine.pk);
    other.username = name;
    other.save();
  };
  db.client().before_write = [&] {
    rename("bob");
    db.client().before_write = [&] { rename("carol"); };
  };
  mine.username = "bob";
  mine.save();
  EXPECT_EQ(Author::objects.get(mine.pk).username, "bob");
  EXPECT_EQ(claims(db), 1u);
  EXPECT_THROW(Author::objects.create({.username = "bob"}), IntegrityError);
}

TEST(Unique, ARowWhoseValueIsAnothersCanBeChangedAndRemoved) {
  Database db;
  Author::objects.create({.username = "old"});
  const Uuid second = Uuid::from_bits(1, 2), third = Uuid::from_bits(1, 3);
  for (const Uuid& pk : {second, third})
    db.put("test_blog_author", {{"pk", pk.str()}, {"username", "old"}});
  auto changed = Author::objects.get(second);
  changed.username = "new";
  changed.save();
  EXPECT_EQ(Author::objects.get(second).username, "new");
  EXPECT_EQ(claims(db), 2u);
  Author::objects.get(third).remove();
  EXPECT_EQ(Author::objects.count(), 2u);
  EXPECT_EQ(claims(db), 2u);
  EXPECT_THROW(Author::objects.create({.username = "old"}), IntegrityError);
}

TEST(Unique, UpdatesAndRemovesOfQuerysetsKeepClaims) {
  Database db;
  Author::objects.create({.username = "alice"});
  Author::objects.create({.username = "bob"});
  EXPECT_EQ(Author::objects.filter(f<&Author::username> == "alice")
                .update(f<& Author::username> = "carol"),
            1u);
  EXPECT_THROW(
      Author::objects.filter(f<&Author::username> == "carol").update(f<& Author::username> = "bob"),
      IntegrityError);
  EXPECT_NO_THROW(Author::objects.create({.username = "alice"}));
  try {
    Author::objects.all().update(f<& Author::username> = "dave");
    FAIL();
  } catch (const IntegrityError& e) {
    EXPECT_THAT(e.what(), HasSubstr("3 rows would have the same username"));
  }
  EXPECT_FALSE(Author::objects.filter(f<&Author::username> == "dave").exists());
  EXPECT_EQ(Author::objects.all().remove(), 3u);
  EXPECT_EQ(claims(db), 0u);
}

TEST(Unique, BulkCreateKeepsThem) {
  Database db;
  std::vector<Author> authors;
  for (int i = 0; i < 130; ++i) authors.push_back({.username = "a" + std::to_string(i)});
  EXPECT_EQ(Author::objects.bulk_create(authors).size(), 130u);
  EXPECT_EQ(claims(db), 130u);
  EXPECT_THROW(Author::objects.bulk_create({{.username = "new"}, {.username = "a5"}}),
               IntegrityError);
  EXPECT_THROW(Author::objects.bulk_create({{.username = "same"}, {.username = "same"}}),
               IntegrityError);
  EXPECT_EQ(Author::objects.count(), 130u);
  EXPECT_NO_THROW(Author::objects.create({.username = "new"}));
}

TEST(Unique, GetOrCreateByManyThreadsMakesOne) {
  Database db;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      made += Author::objects.get_or_create(f<&Author::username> == "alice", {.bio = "x"}).second;
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(Author::objects.get().username, "alice");
}

// An index shows a row some time after its claim is taken.
TEST(Unique, GetOrCreateAndUpdateOrCreateFindTheOthersRowBeforeAnIndexDoes) {
  const auto still = [] { return base::Timestamp(std::chrono::hours(1)); };
  const auto engine = dynamodb::local::Engine::open(
      {.now = still, .housekeeping_interval = {}, .index_history = std::chrono::seconds(10)});
  ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
  ensure_table<Author>();
  const dynamodb::IndexLagScope lag(std::chrono::milliseconds(500));
  const auto is_alice = f<&Author::username> == "alice";
  const auto alice = Author::objects.get_or_create(is_alice, {.bio = "first"}).first;
  ASSERT_FALSE(Author::objects.filter(is_alice).exists());

  const auto [found, made] = Author::objects.get_or_create(is_alice, {.bio = "second"});
  EXPECT_FALSE(made);
  EXPECT_EQ(found.pk, alice.pk);
  EXPECT_EQ(found.bio, "first");
  EXPECT_THROW(Author::objects.get_or_create(is_alice && f<&Author::bio> == "another"),
               IntegrityError);

  const auto again = Author::objects.update_or_create(is_alice, [](Author& a) { a.bio += "!"; });
  EXPECT_FALSE(again.second);
  EXPECT_EQ(Author::objects.get(alice.pk).bio, "first!");
}

TEST(Unique, OneToOneIsUnique) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  Profile::objects.create({.author_pk = alice});
  EXPECT_THROW(Profile::objects.create({.author_pk = alice}), IntegrityError);
}

TEST(Unique, CollidingTransactionsAreTriedAgain) {
  Database db;
  db.client().collide = 3;
  EXPECT_NO_THROW(Author::objects.create({.username = "alice"}));
  EXPECT_EQ(db.calls().transact, 4);
  db.client().collide = 1000;
  EXPECT_THROW(Author::objects.create({.username = "bob"}), DatabaseError);
}

// The first attempt has made the row, whatever the second says.
TEST(Unique, LostTransaction_WhoseNextAttemptIsNotMade_IsNotKnown) {
  Database db;
  db.client().lose = 1;
  db.client().writes_left = 1;
  try {
    Author::objects.create({.username = "alice"});
    FAIL();
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.error().code, dynamodb::ErrorCode::internal_server_error) << error.what();
  }
}

TEST(Unique, DeletingTheTableFreesItsValues) {
  Database db;
  Author::objects.create({.username = "alice"});
  Tag::objects.create({.name = "alice"});
  delete_table<Author>();
  EXPECT_EQ(claims(db), 1u);
  ensure_table<Author>();
  EXPECT_NO_THROW(Author::objects.create({.username = "alice"}));
}

TEST(Unique, RowsOfBeforeCanBeClaimed) {
  Database db;
  const Uuid first = Uuid::from_bits(1, 1), second = Uuid::from_bits(1, 2);
  db.put("test_blog_author", {{"pk", first.str()}, {"username", "old"}});
  EXPECT_TRUE(claim_existing_rows(model_info<Author>()).empty());
  EXPECT_TRUE(claim_existing_rows(model_info<Author>()).empty());
  EXPECT_THROW(Author::objects.create({.username = "old"}), IntegrityError);
  db.put("test_blog_author", {{"pk", second.str()}, {"username", "old"}});
  const auto repeated = claim_existing_rows(model_info<Author>());
  ASSERT_EQ(repeated.size(), 1u);
  EXPECT_THAT(repeated[0], HasSubstr(second.str()));
}

TEST(Unique, ClaimKeysAreDistinctAndBounded) {
  const ModelInfo& m = model_info<Author>();
  FieldInfo odd = m.field("username"), plain = odd;
  odd.attribute = "a#b";
  plain.attribute = "a";
  const auto key = [&](const FieldInfo& f, const std::string& value) {
    const dynamodb::PackedItem item(dynamodb::Item{{std::string(f.attribute), value}});
    return claim_key(m, {.fields = {&f}}, item.view()).value();
  };
  EXPECT_EQ(key(plain, "b"), "test_blog_author#a#b");  // tables hold such keys
  EXPECT_NE(key(odd, "c"), key(plain, "b#c"));
  const std::string hashed = key(plain, std::string(5000, 'x'));
  EXPECT_LE(hashed.size(), 1024u);
  EXPECT_NE(hashed, key(plain, std::string(5001, 'x')));
  // The text of a hash is no way to another's claim.
  EXPECT_NE(hashed, key(plain, hashed.substr(hashed.find("%hash#"))));
}

}  // namespace
}  // namespace test_blog
