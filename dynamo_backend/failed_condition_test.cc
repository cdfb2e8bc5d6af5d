// Servers that do not send the row along whose condition failed: it is read, and what changed is no
// deletion.
#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"
#include "dynamo_backend/test_terse_client.h"
#include "dynamo_backend/unique.h"

namespace test_blog {
namespace {

// Trying the function on sample rows does not find out that it reads the title.
struct Riddle : DynamoModel<Riddle> {
  std::string title{}, note{};
  static std::optional<std::string> shelf(const Riddle& r) {
    return r.title == "xyzzy" ? std::optional<std::string>("top") : std::nullopt;
  }
  static constexpr auto schema =
      define<Riddle>({.table_name = "failed_condition_riddle"}, CharField<&Riddle::title>{},
                     CharField<&Riddle::note>{}, ComputedIndex<&Riddle::shelf>{});
};

struct FailedCondition : testing::Test {
  Integrity db;
  TerseClient client{db.client()};
  ScopedConnection connection{
      client, {.scan_policy = ScanPolicy::allow, .sleep = [](auto) { std::this_thread::yield(); }}};
  Account account = Account::objects.create({.owner = "ann", .balance = 5});
  Account known = Account::objects.get(account.pk);
  QuerySet<Account> it() const { return Account::objects.filter(f<&Account::pk> == account.pk); }
};

TEST_F(FailedCondition, ASaveOfAnOldVersionIsAConflict) {
  account.balance = 6;
  account.save();
  known.balance = 7;
  EXPECT_THROW(known.save(), ConflictError);
  known.owner = "bob";  // in a transaction with its claim
  EXPECT_THROW(known.save(), ConflictError);
}

TEST_F(FailedCondition, ADeletedRowIsStillGone) {
  account.remove();
  known.balance = 7;
  EXPECT_THROW(known.save(), Account::DoesNotExist);
  EXPECT_EQ(it().update(f<& Account::balance> = f<&Account::balance> + 1), 0u);
}

TEST_F(FailedCondition, AChangeStartsAgainFromTheRowAsItIs) {
  db.client().before_write = [&] { it().update(f<& Account::balance> = std::int64_t{50}); };
  EXPECT_EQ(it().filter(!f<&Account::owner>.icontains("x"))
                .update(f<& Account::balance> = f<&Account::balance> + 1),
            1u);
  EXPECT_EQ(it().get().balance, 51);
  EXPECT_THROW(it().update(f<& Account::balance> =
                               f<&Account::balance> + std::numeric_limits<std::int64_t>::max()),
               ValidationError);
}

TEST_F(FailedCondition, ARemovedRowGivesUpTheClaimThatItHas) {
  const auto team = Team::objects.create({.name = "red"});
  db.client().before_write = [&] {
    Team::objects.filter(f<&Team::pk> == team.pk).update(f<& Team::name> = "blue");
  };
  const auto before = db.claims();
  EXPECT_EQ(Team::objects.filter(f<&Team::pk> == team.pk).remove(), 1u);
  EXPECT_EQ(db.claims(), before - 1);
}

TEST_F(FailedCondition, AClaimIsMadeForTheValueAsItIs) {
  const Uuid pk = Uuid::random();
  const dynamodb::PackedItem old({{"pk", pk.str()}, {"name", "old"}, {"motto", ""}});
  db.put("test_blog_team", {{"pk", pk.str()}, {"name", "new"}, {"motto", ""}});
  claim_row(*connection, model_info<Team>(), old.view());
  EXPECT_THROW(Team::objects.create({.name = "new"}), IntegrityError);
  EXPECT_NO_THROW(Team::objects.create({.name = "old"}));
}

TEST_F(FailedCondition, AComputedAttributeIsPutRightInTheRowAsItIs) {
  ensure_table<Riddle>();
  const auto riddle = Riddle::objects.create({.title = "plain"});
  const auto write_note = [&] {
    auto item = db.stored("failed_condition_riddle", riddle.pk);
    item.insert_or_assign("note", "another's");
    db.put("failed_condition_riddle", item);
  };
  // Before the second write: the one that puts it right.
  db.client().before_write = [&] { db.client().before_write = write_note; };
  Riddle::objects.filter(f<&Riddle::pk> == riddle.pk).update(f<& Riddle::title> = "xyzzy");
  const auto item = db.stored("failed_condition_riddle", riddle.pk);
  EXPECT_EQ(item.at("shelf"), Value("top"));
  EXPECT_EQ(item.at("note"), Value("another's"));
}

TEST_F(FailedCondition, ATransactionStartsAgainFromTheRowAsItIs) {
  db.client().before_write = [&] { it().update(f<& Account::balance> = std::int64_t{50}); };
  transaction([&](Transaction& t) {
    t.update(it(), f<& Account::balance> = f<&Account::balance> + 1, f<& Account::owner> = "eve");
  });
  EXPECT_EQ(it().get().balance, 51);
  EXPECT_EQ(it().get().owner, "eve");
}

}  // namespace
}  // namespace test_blog
