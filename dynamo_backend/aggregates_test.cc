// Reading less than whole rows: aggregates, distinct, only, consistent reads, budgets of pages; and
// queries merged from several.
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/explain.h"
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/test_scattered_client.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

struct Account : DynamoModel<Account> {
  std::string owner{};
  std::int64_t points = 0;
  Decimal balance{};
  double ratio = 0;
  std::optional<std::int64_t> rank{};
  static constexpr auto schema =
      define<Account>(CharField<&Account::owner>{.index = true}, IntegerField<&Account::points>{},
                      DecimalField<&Account::balance>{}, FloatField<&Account::ratio>{},
                      IntegerField<&Account::rank>{},
                      Index<&Account::owner, &Account::points>{.name = "by-points"});
};

struct Ranked : DynamoModel<Ranked> {
  std::string group{};
  std::string other{};
  std::optional<std::int64_t> rank{};
  static constexpr auto schema = define<Ranked>(
      CharField<&Ranked::group>{.index = true}, CharField<&Ranked::other>{},
      IntegerField<&Ranked::rank>{}, Index<&Ranked::other, &Ranked::rank>{.name = "by-rank"});
};

struct Aggregates : testing::Test {
  Aggregates() {
    ensure_table<Account>();
    ensure_table<Ranked>();
    for (const auto& [owner, points, balance, rank] :
         {std::tuple("ann", 5, "0.10", std::optional<std::int64_t>(3)),
          {"bob", 7, "0.20", std::nullopt},
          {"ann", 1, "99999999999999999999.30", std::optional<std::int64_t>(-1)}})
      Account::objects.create({.owner = owner,
                               .points = points,
                               .balance = *Decimal::parse(balance),
                               .ratio = points / 2.0,
                               .rank = rank});
    db.calls().reset();
  }
  Database db;
};

TEST_F(Aggregates, OfDoublesThatNeedMoreThan38Digits_AreAsNearAsADouble) {
  Account::objects.create({.owner = "far", .balance = *Decimal::parse("1E+100"), .ratio = 1e100});
  EXPECT_DOUBLE_EQ(Account::objects.sum<&Account::ratio>(), 1e100);
  EXPECT_DOUBLE_EQ(Account::objects.avg<&Account::ratio>().value(), 1e100 / 4);
  EXPECT_DOUBLE_EQ(Account::objects.avg<&Account::balance>().value(), 1e100 / 4);
  EXPECT_THROW((Account::objects.sum<&Account::balance>()), FieldError);
}

TEST_F(Aggregates, SumsAreExactAndOfTheFieldsKind) {
  EXPECT_EQ(Account::objects.sum<&Account::points>(), 13);
  EXPECT_EQ(Account::objects.sum<&Account::balance>(), *Decimal::parse("99999999999999999999.6"));
  EXPECT_DOUBLE_EQ(Account::objects.sum<&Account::ratio>(), 6.5);
  EXPECT_EQ(Account::objects.sum<&Account::rank>(), 2);
  EXPECT_EQ(Account::objects.none().sum<&Account::points>(), 0);
  EXPECT_EQ(Account::objects.filter(f<&Account::owner> == "ann").sum<&Account::points>(), 6);
}

TEST_F(Aggregates, ASumThatDoesNotFitIsAnErrorThatNamesTheField) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  Account::objects.create({.owner = "cy", .points = most});
  Account::objects.create({.owner = "cy", .points = most});
  try {
    (void)Account::objects.filter(f<&Account::owner> == "cy").sum<&Account::points>();
    FAIL();
  } catch (const FieldError& e) {
    EXPECT_THAT(e.what(), HasSubstr("the sum of 'points'"));
  }
}

TEST_F(Aggregates, MinMaxAndAverageHaveNoResultWithoutValues) {
  EXPECT_EQ(Account::objects.min<&Account::points>(), 1);
  EXPECT_EQ(Account::objects.max<&Account::points>(), 7);
  EXPECT_EQ(Account::objects.min<&Account::rank>(), -1);  // not the row without a rank
  EXPECT_EQ(Account::objects.max<&Account::owner>(), "bob");
  EXPECT_EQ(Account::objects.filter(f<&Account::owner> == "bob").max<&Account::rank>(),
            std::nullopt);
  EXPECT_EQ(Account::objects.none().min<&Account::points>(), std::nullopt);
  EXPECT_DOUBLE_EQ(*Account::objects.avg<&Account::rank>(), 1.0);
  EXPECT_EQ(Account::objects.none().avg<&Account::points>(), std::nullopt);
  EXPECT_EQ(Account::objects.order_by("points").slice(1, 3).max<&Account::rank>(), 3);
}

TEST_F(Aggregates, TheGreatestOfAPartitionIsOneRowRead) {
  EXPECT_EQ(Account::objects.filter(f<&Account::owner> == "ann").max<&Account::points>(), 5);
  ASSERT_EQ(db.calls().reads(), 1);
  EXPECT_EQ(db.client().queries.back().limit, 1u);
  EXPECT_FALSE(db.client().queries.back().forward);
}

TEST_F(Aggregates, DistinctValues) {
  EXPECT_THAT(Account::objects.order_by("owner").distinct<&Account::owner>(),
              ElementsAre("ann", "bob"));
  const auto pairs =
      Account::objects.order_by("points").distinct<&Account::owner, &Account::rank>();
  EXPECT_EQ(pairs.size(), 3u);
  EXPECT_EQ(pairs[0], std::tuple("ann", std::optional<std::int64_t>(-1)));
}

TEST_F(Aggregates, VersionsAndComputedValuesAreValuesToo) {
  auto post = Post::objects.create({.title = "a", .slug = "a", .published = true});
  Post::objects.create({.title = "b", .slug = "b"});
  post.title = "c";
  post.save();
  EXPECT_THAT(Post::objects.order_by("version").distinct<&Post::version>(), ElementsAre(1, 2));
  EXPECT_EQ(Post::objects.order_by("title").values("title", "feed").at(1),
            Json::parse(R"({"title": "c", "feed": "all"})"));
}

TEST_F(Aggregates, WhatIsNotAskedForIsNotSent) {
  (void)Account::objects.filter(f<&Account::owner> == "ann").values<&Account::points>();
  EXPECT_THAT(db.client().queries.back().projection.size(), 3u);  // points, pk, owner
}

TEST_F(Aggregates, OnlyLeavesOtherMembersAloneWhenTheRowIsSaved) {
  auto row = Account::objects.filter(f<&Account::owner> == "bob").only<&Account::points>().get();
  EXPECT_EQ(row.points, 7);
  EXPECT_EQ(row.balance, Decimal());  // not read
  row.points = 8;
  row.save();
  EXPECT_EQ(row.balance, *Decimal::parse("0.20"));  // read before it was saved
  const auto stored = Account::objects.get(row.pk);
  EXPECT_EQ(stored.points, 8);
  EXPECT_EQ(stored.balance, *Decimal::parse("0.20"));
  EXPECT_EQ(stored.owner, "bob");
  EXPECT_EQ(Account::objects.filter(f<&Account::owner> == "bob").count(), 1u);
}

TEST_F(Aggregates, OnlyKeepsWhatOthersWroteMeanwhile) {
  auto row = Account::objects.filter(f<&Account::owner> == "bob").only<&Account::points>().get();
  auto other = Account::objects.get(row.pk);
  other.points = 100;
  other.rank = 4;
  other.save();
  row.save();  // changed nothing
  EXPECT_EQ(Account::objects.get(row.pk).points, 100);
  EXPECT_EQ(row.rank, 4);
}

TEST_F(Aggregates, OnlyIsNotEnoughToMakeARow) {
  auto row = Account::objects.filter(f<&Account::owner> == "bob").only<&Account::points>().get();
  const std::size_t before = Account::objects.count();
  EXPECT_THROW(Account::objects.create(row), std::logic_error);
  row.pk = Uuid();
  EXPECT_THROW(row.save(), std::logic_error);
  EXPECT_EQ(Account::objects.count(), before);
}

TEST_F(Aggregates, ConsistentReadsStayOffIndexes) {
  const auto query = Account::objects.consistent().filter(f<&Account::owner> == "ann");
  EXPECT_THAT(query.plan(), HasSubstr("Scan of"));
  EXPECT_THAT(query.plan(), HasSubstr("consistently"));
  EXPECT_EQ(query.count(), 2u);
  EXPECT_THROW((void)query.using_index("owner-index").count(), FieldError);
}

TEST_F(Aggregates, APageEndsWithItsBudgetAndGoesOnByItsCursor) {
  for (int i = 0; i < 300; ++i)
    Account::objects.create({.owner = "dee", .points = i, .balance = *Decimal::parse("1")});
  const auto all = Account::objects.filter(f<&Account::owner> == "dee" && f<&Account::ratio> == 0)
                       .order_by("points")
                       .limit(1000);
  const auto few = all.page_budget(0.5);
  std::vector<std::int64_t> points;
  int pages = 0;
  for (std::optional<std::string> cursor = ""; cursor && pages < 100; ++pages) {
    const auto page = few.page(cursor);
    for (const Account& a : page.items) points.push_back(a.points);
    cursor = page.next;
  }
  EXPECT_GT(pages, 2);
  EXPECT_EQ(points, all.values_list<&Account::points>());
  EXPECT_THROW((void)all.order_by("balance").page_budget(1).page(), FieldError);
}

TEST_F(Aggregates, ABudgetStopsBetweenPartitionsToo) {
  std::vector<std::string> owners;
  for (int i = 0; i < 40; ++i) owners.push_back("owner " + std::to_string(10 + i));
  for (int i = 0; i < 40; i += 3)  // most partitions are empty, and read all the same
    Account::objects.create({.owner = owners[static_cast<std::size_t>(i)], .points = i});
  const auto all = Account::objects.filter(f<&Account::owner>.in(owners));
  std::vector<std::int64_t> points;
  std::optional<std::string> cursor = "", back;
  int pages = 0;
  for (; cursor; ++pages) {
    UsageScope usage;
    const auto page = all.limit(100).page_budget(2).page(cursor);
    EXPECT_LT(usage.usage().units, 3);
    for (const Account& a : page.items) points.push_back(a.points);
    if (page.prev) back = page.prev;
    cursor = page.next;
  }
  EXPECT_GT(pages, 5);
  EXPECT_EQ(points, all.values_list<&Account::points>());
  std::vector<std::int64_t> before;
  while (back) {
    const auto page = all.limit(100).page_budget(2).page(back);
    for (auto a = page.items.rbegin(); a != page.items.rend(); ++a) before.push_back(a->points);
    back = page.prev;
  }
  ASSERT_FALSE(before.empty());
  std::reverse(before.begin(), before.end());
  points.resize(before.size());
  EXPECT_EQ(before, points);
}

TEST_F(Aggregates, APageBudgetThatBuysNothingIsAFieldError) {
  for (const double units : {0.0, -1.0, std::nan("")})
    EXPECT_THROW((void)Account::objects.page_budget(units), FieldError) << units;
}

TEST_F(Aggregates, ABudgetHasNothingToBoundWhereTheKeyIsGiven) {
  const auto bob = Account::objects.get(f<&Account::owner> == "bob");
  const auto page =
      Account::objects.filter(f<&Account::pk> == bob.pk).order_by("points").page_budget(0.5).page();
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].points, 7);
  EXPECT_EQ(page.next, std::nullopt);
}

TEST_F(Aggregates, ACountOfWhatIsCheckedHereReadsWholePages) {
  std::vector<Account> many(600, Account{.owner = "dee"});
  Account::objects.bulk_create(many);
  db.calls().reset();
  const auto qs =
      Account::objects.filter(f<&Account::owner> == "dee" && f<&Account::owner>.icontains("E"));
  EXPECT_EQ(qs.count(), 600u);
  EXPECT_EQ(db.calls().query, 1);
}

TEST_F(Aggregates, UpdateOrCreate) {
  const auto set = [](Account& a) { a.points = 50; };
  const auto [bob, made] = Account::objects.update_or_create(f<&Account::owner> == "bob", set);
  EXPECT_FALSE(made);
  EXPECT_EQ(Account::objects.get(bob.pk).points, 50);
  const auto [eve, fresh] = Account::objects.update_or_create(f<&Account::owner> == "eve", set);
  EXPECT_TRUE(fresh);
  EXPECT_EQ(Account::objects.get(eve.pk).owner, "eve");
  EXPECT_THROW(Account::objects.update_or_create(f<&Account::owner> == "ann", set),
               Account::MultipleObjectsReturned);
}

// The model has no VersionField.
TEST_F(Aggregates, UpdateOrCreate_StartsAgainWhereAnotherWroteInBetween) {
  const auto is_bob = f<&Account::owner> == "bob";
  const auto before = Account::objects.get(is_bob).points;
  db.client().before_write = [&] {
    Account::objects.filter(is_bob).update(f<& Account::points> = f<&Account::points> + 1);
  };
  Account::objects.update_or_create(is_bob, [](Account& a) { a.points += 10; });
  EXPECT_EQ(Account::objects.get(is_bob).points, before + 11);

  // What the change was made from counts, too, where the change leaves it as it is.
  db.client().before_write = [&] {
    Account::objects.filter(is_bob).update(f<& Account::points> = std::int64_t{7});
  };
  Account::objects.update_or_create(is_bob, [](Account& a) { a.rank = a.points; });
  EXPECT_EQ(Account::objects.get(is_bob).rank, 7);
}

TEST_F(Aggregates, UpdateOrCreate_OfManyThreadsLosesNothing) {
  Account::objects.create({.owner = "counted"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int done = 0; done < 10;) {
        try {
          Account::objects.update_or_create(f<&Account::owner> == "counted",
                                            [](Account& a) { ++a.points; });
          ++done;
        } catch (const ConflictError&) {  // the others were quicker, again and again
        }
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(Account::objects.filter(f<&Account::owner> == "counted").sum<&Account::points>(), 40);
}

TEST_F(Aggregates, RetryOnConflictStartsAgainAndGivesUp) {
  int calls = 0;
  EXPECT_EQ(retry_on_conflict([&] {
              if (++calls < 3) throw ConflictError("busy");
              return calls;
            }),
            3);
  calls = 0;
  EXPECT_THROW(retry_on_conflict([&] { return ++calls, throw ConflictError("busy"), 0; }, 4),
               ConflictError);
  EXPECT_EQ(calls, 4);
}

// ---- merged queries

struct Merges : Aggregates {
  Merges() {
    for (int i = 0; i < 60; ++i)
      Account::objects.create(
          {.owner = std::string(1, static_cast<char>('a' + i % 5)), .points = i});
    db.calls().reset();
  }
  static auto owners(std::initializer_list<std::string> names) {
    return Account::objects.filter(f<&Account::owner>.in(names)).order_by("-points");
  }
};

TEST_F(Merges, AListOfPartitionsInOrderReadsOnlyWhatIsAskedFor) {
  EXPECT_THAT(owners({"a", "b"}).plan(), HasSubstr("2 times Query on index by-points"));
  EXPECT_THAT(owners({"a", "b"}).plan(), HasSubstr("merged"));
  const auto rows = owners({"a", "b", "c"}).limit(4).values_list<&Account::points>();
  EXPECT_THAT(rows, ElementsAre(57, 56, 55, 52));
  EXPECT_EQ(db.calls().query, 3);
  // One more than are asked for shows that no entry behind them is alike in the sort key.
  for (const auto& q : db.client().queries) EXPECT_EQ(q.limit, 5u);
}

TEST_F(Merges, AlternativesOnIndexesAreQueriesAndEachRowComesOnce) {
  const auto either =
      Account::objects.filter(f<&Account::owner> == "a" || f<&Account::owner> == "b" ||
                              (f<&Account::owner> == "a" && f<&Account::points> > 40));
  EXPECT_THAT(either.plan(), HasSubstr("Merge of ["));
  EXPECT_EQ(either.count(), 24u);
  EXPECT_THAT(either.order_by("points").limit(3).values_list<&Account::points>(),
              ElementsAre(0, 1, 5));
  EXPECT_EQ(db.calls().scan, 0);
  const auto one_scans =
      Account::objects.filter(f<&Account::owner> == "a" || f<&Account::points> == 3);
  EXPECT_THAT(one_scans.plan(), HasSubstr("Scan of"));
}

TEST_F(Merges, ACursorMayBeARowWithoutTheOtherSidesSortKey) {
  for (int i = 0; i < 3; ++i) {
    Ranked::objects.create({.group = "x", .other = "-"});  // no rank: in no index by it
    Ranked::objects.create({.group = "-", .other = "y", .rank = i});
  }
  const auto query = Ranked::objects
                         .filter(f<&Ranked::group> == "x" ||
                                 (f<&Ranked::other> == "y" && f<&Ranked::rank>.isnull(false)))
                         .order_by("rank")
                         .limit(2);
  EXPECT_THAT(query.plan(), HasSubstr("index by-rank"));
  std::vector<std::optional<std::int64_t>> ranks;
  std::optional<std::string> cursor;
  do {
    const auto page = query.page(cursor);
    for (const Ranked& r : page.items) ranks.push_back(r.rank);
    cursor = page.next;
  } while (cursor);
  EXPECT_THAT(ranks, ElementsAre(std::nullopt, std::nullopt, std::nullopt, 0, 1, 2));
}

TEST_F(Merges, CursorsGoThroughAMergeBothWays) {
  const auto query = owners({"a", "c", "e"}).limit(7);
  std::vector<std::int64_t> there;
  std::optional<std::string> cursor, last;
  do {
    const auto page = query.page(cursor);
    for (const Account& a : page.items) there.push_back(a.points);
    cursor = page.next;
    if (page.prev) last = page.prev;
  } while (cursor);
  EXPECT_EQ(there, owners({"a", "c", "e"}).values_list<&Account::points>());
  std::vector<std::int64_t> back(there.begin() + 35, there.end());
  while (last) {
    const auto page = query.page(last);
    std::vector<std::int64_t> points;
    for (const Account& a : page.items) points.push_back(a.points);
    back.insert(back.begin(), points.begin(), points.end());
    last = page.prev;
  }
  EXPECT_EQ(back, there);
}

// All rows of a queryset by pages, forwards and then back.
std::vector<Uuid> turned(const QuerySet<Account>& query) {
  std::vector<Uuid> there, back;
  auto page = query.page();
  const auto keys = [](const Page<Account>& p) {
    std::vector<Uuid> list;
    for (const Account& a : p.items) list.push_back(a.pk);
    return list;
  };
  for (;; page = query.page(page.next)) {
    const auto list = keys(page);
    there.insert(there.end(), list.begin(), list.end());
    if (!page.next) break;
  }
  for (;; page = query.page(page.prev)) {
    const auto list = keys(page);
    back.insert(back.begin(), list.begin(), list.end());
    if (!page.prev) break;
  }
  EXPECT_EQ(back, there);
  return there;
}

TEST_F(Merges, EntriesThatAreAlikeMayComeInAnyOrder) {
  for (int i = 0; i < 40; ++i)
    Account::objects.create(
        {.owner = std::string(1, static_cast<char>('a' + i % 3)), .points = 100 + i / 20});
  ScatteredClient scattered(db.client());
  const ScopedConnection connection(scattered, {.scan_policy = ScanPolicy::allow});
  const auto either = Account::objects.filter(
      f<&Account::owner> == "a" || (f<&Account::owner> == "a" && f<&Account::points> > 3) ||
      (f<&Account::owner> == "b" && f<&Account::points>.between(20, 101)) ||
      (f<&Account::owner> == "c" && f<&Account::points> < 101));
  for (const auto& query : {owners({"a", "b", "c"}), owners({"a", "b", "c"}).reverse(),
                            either.order_by("points"), either.order_by("-points")}) {
    std::vector<std::pair<std::int64_t, Uuid>> rows;
    std::vector<Uuid> keys;
    for (const Account& a : query) rows.emplace_back(a.points, a.pk), keys.push_back(a.pk);
    EXPECT_THAT(query.plan(), HasSubstr("erge"));
    auto sorted = rows;
    std::sort(sorted.begin(), sorted.end());
    if (rows.front().first > rows.back().first) std::reverse(sorted.begin(), sorted.end());
    EXPECT_EQ(rows, sorted);
    EXPECT_EQ(query.count(), rows.size());
    for (const std::size_t size : {1u, 3u, 7u}) EXPECT_EQ(turned(query.limit(size)), keys);
    EXPECT_EQ(turned(query.limit(3).page_budget(1)), keys);
    EXPECT_EQ(query.slice(5, 9).to_vector().at(2).pk, keys[7]);
  }
}

}  // namespace
}  // namespace test_blog
