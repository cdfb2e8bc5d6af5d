// A row that is larger than DynamoDB stores is refused, with the sizes of its fields.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"

namespace test_blog {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class Fn>
std::string refusal(Fn&& fn) {
  try {
    fn();
  } catch (const ValidationError& e) {
    return e.what();
  }
  return "nothing was refused";
}

const std::string k300k(300'000, 'x'), k200k(200'000, 'y');

TEST(ItemSize, ARowIsRefusedBeforeItIsSent) {
  Integrity db;
  EXPECT_THAT(
      refusal([] { Team::objects.create({.name = "red", .motto = k300k + k200k}); }),
      AllOf(HasSubstr("DynamoDB stores at most 409600"), HasSubstr("motto 500005 bytes, pk")));
  std::vector<Account> rows{{.owner = "a"}, {.owner = "b", .log = {k300k, k200k}}};
  EXPECT_THAT(refusal([&] { Account::objects.bulk_create(rows); }), HasSubstr("log 5000"));
  auto team = Team::objects.create({.name = "red"});
  db.calls().reset();
  team.motto = k300k + k200k;
  EXPECT_THAT(refusal([&] { team.save(); }), HasSubstr("motto 500005 bytes"));
  EXPECT_EQ(db.calls().writes(), 0);
}

TEST(ItemSize, ARowThatGrowsInTheDatabaseIsRefusedInTheSameWords) {
  Integrity db;
  const auto a = Account::objects.create({.owner = "a", .log = {k300k}});
  const auto it = Account::objects.filter(f<&Account::pk> == a.pk);
  const auto told = AllOf(HasSubstr("It takes 3001"), HasSubstr("log 300"));
  EXPECT_THAT(refusal([&] { it.update(f<&Account::log>.append(k200k)); }), told);
  EXPECT_THAT(refusal([&] { it.update_returning(f<&Account::log>.append(k200k)); }), told);
  EXPECT_THAT(refusal([&] {
                transaction([&](Transaction& t) { t.update(it, f<&Account::log>.append(k200k)); });
              }),
              told);
  // The way through commit_row(): a unique field changes with it.
  EXPECT_THAT(
      refusal([&] { it.update(f<&Account::log>.append(k200k), f<& Account::owner> = "b"); }),
      HasSubstr("log 500"));
  EXPECT_EQ(Account::objects.get(a.pk).log.size(), 1u);
}

TEST(ItemSize, OthersFieldsCountToo) {
  Integrity db;
  const auto a = Account::objects.create({.owner = "a"});
  auto stale = Account::objects.get(a.pk);
  Account::objects.filter(f<&Account::pk> == a.pk).update(f<&Account::log>.append(k300k));
  EXPECT_THROW((stale.owner = k200k, stale.save()), ModelError);
}

}  // namespace
}  // namespace test_blog
