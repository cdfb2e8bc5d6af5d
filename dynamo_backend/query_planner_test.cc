// Which read serves a query, and what is said of a Scan.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/test_fields.h"

namespace test_blog {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Ref<Author> kAuthor(Uuid::from_bits(1, 2));

std::string plan(const QuerySet<Post>& qs) {
  const std::string text = qs.plan();
  return text.substr(text.find(": ") + 2);
}

TEST(Planner, AKeyIsGetItem) {
  EXPECT_EQ(plan(Post::objects.filter(f<&Post::pk> == Uuid())), "GetItem on posts");
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::pk> == Uuid() && f<&Post::title>.contains("x"))),
              AllOf(StartsWith("GetItem on posts"), HasSubstr("title contains")));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::pk>.in({Uuid(), Uuid::from_bits(1, 1)}))),
              StartsWith("BatchGetItem on posts (2 keys)"));
  EXPECT_THAT(
      plan(Post::objects.filter(f<&Post::pk> == Uuid() || f<&Post::pk> == Uuid::from_bits(1, 1))),
      StartsWith("BatchGetItem on posts (2 keys)"));
  EXPECT_THAT(plan(Post::objects.none()), StartsWith("Nothing to read"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::slug> == "")),
              StartsWith("Nothing to read"));  // no key is empty
}

TEST(Planner, AnEqualityOnAnIndexIsAQuery) {
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::slug> == "x")),
              StartsWith("Query on index slug-index of posts by slug"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::slug>.in({"x", "y"}))),
              StartsWith("2 times Query on index slug-index"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::author_pk> == kAuthor)),
              "Query on index author-recent of posts by author_pk, backwards");
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::author_pk> == kAuthor &&
                                        f<&Post::created_at> > Timestamp{})),
              HasSubstr("by author_pk and created_at"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::feed> == "all").order_by("created_at").limit(5)),
              "Query on index feed of posts by feed; at most 5 rows");
  EXPECT_THAT(
      plan(Post::objects.filter(f<&Post::author_pk> == kAuthor && f<&Post::published> == true)),
      HasSubstr("filtered by DynamoDB"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::author_pk> == kAuthor).order_by("title").limit(3)),
              HasSubstr("best 3 kept in memory"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::author_pk, &Author::username> == "x")),
              HasSubstr("Query on index author-recent"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::title> == "x")), StartsWith("Scan of posts"));
}

TEST(Planner, LongListsOfKeysGiveWayToAnIndex) {
  std::vector<Uuid> keys;
  for (int i = 0; i < 300; ++i) keys.push_back(Uuid::random());
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::pk>.in(keys) && f<&Post::slug> == "x")),
              StartsWith("Query on index slug-index"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::pk>.in(keys))),
              StartsWith("BatchGetItem on posts (300 keys)"));
}

TEST(Planner, PairsOfTwoLongListsOfKeys_AreNotAllMade) {
  using test_fields::Order;
  std::vector<std::string> customers;
  std::vector<std::int64_t> times;
  for (int i = 0; i < 2000; ++i) customers.push_back(std::to_string(i)), times.push_back(i);
  const auto qs =
      Order::objects.filter(f<&Order::customer>.in(customers) && f<&Order::placed_at>.in(times));
  EXPECT_THAT(qs.plan(), HasSubstr("2000 times Query on orders"));
}

// Ten `or`s of which each was planned in each of the others' plans took millions of plans.
TEST(Planner, ManyOrsSideBySide_ArePlannedOnce) {
  Q<Post> all;
  for (int i = 0; i < 30; ++i) {
    const std::string word = std::to_string(i);
    all = all && (f<&Post::title>.icontains(word) || f<&Post::body>.icontains(word));
  }
  EXPECT_THAT(plan(Post::objects.filter(all)), StartsWith("Scan of posts"));
  EXPECT_THAT(plan(Post::objects.filter(all && f<&Post::slug> == "x")),
              StartsWith("Query on index slug-index"));
  const auto hers = f<&Post::author_pk> == kAuthor, odd = f<&Post::slug> == "odd";
  EXPECT_THAT(plan(Post::objects.filter(all && (odd || hers))), StartsWith("Merge of"));
  EXPECT_THAT(plan(Post::objects.filter(odd || (f<&Post::title> == "t" && all && (odd || hers)))),
              StartsWith("Merge of"));
}

// Gathered in a loop it would be every row's, and of remove() the whole table.
TEST(Planner, NoConditionAddsNothingToAnOr) {
  Q<Post> any;
  EXPECT_EQ(Post::objects.filter(any).plan(), Post::objects.all().plan());
  for (const char* slug : {"a", "b"}) any = any || f<&Post::slug> == slug;
  EXPECT_EQ(Post::objects.filter(any).plan(),
            Post::objects.filter(f<&Post::slug>.in({"a", "b"})).plan());
  EXPECT_EQ(Post::objects.filter(f<&Post::slug> == "a" || Q<Post>()).plan(),
            Post::objects.filter(f<&Post::slug> == "a").plan());
}

// As Django's ~Q().
TEST(Planner, NoConditionExcludesNothing) {
  EXPECT_EQ(Post::objects.exclude(std::vector<Lookup>{}).plan(), Post::objects.all().plan());
  EXPECT_EQ(Post::objects.filter(!Q<Post>()).plan(), Post::objects.all().plan());
}

TEST(Planner, UsingIndex) {
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::author_pk> == kAuthor && f<&Post::slug> == "x")
                       .using_index("slug-index")),
              HasSubstr("slug-index"));
  EXPECT_THAT(plan(Post::objects.filter(f<&Post::author_pk> == kAuthor && f<&Post::slug> == "x")
                       .using_index("author-recent")),
              HasSubstr("author-recent"));
  EXPECT_THROW((void)Post::objects.filter(f<&Post::title> == "x").using_index("slug-index").plan(),
               FieldError);
  EXPECT_THROW((void)Post::objects.all().using_index("nope").plan(), FieldError);
}

TEST(Planner, ForbiddenScansNameTheIndexThatWouldServe) {
  Database db({.scan_policy = ScanPolicy::forbid});
  const auto message = [](const QuerySet<Post>& qs) -> std::string {
    try {
      (void)qs.to_vector();
    } catch (const ScanForbidden& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(message(Post::objects.all().order_by().filter(f<&Post::title> == "x")),
              HasSubstr("Index<&Post::title>{.name = \"title-index\"}"));
  EXPECT_THAT(message(Post::objects.filter(f<&Post::title> == "x").order_by("-created_at")),
              HasSubstr("Index<&Post::title, &Post::created_at>{.name = \"title-created_at\"}"));
  EXPECT_THAT(message(Post::objects.filter(f<&Post::published> == true)),
              HasSubstr("ComputedIndex<&Post::listed, &Post::created_at>"));
  EXPECT_THAT(message(Post::objects.filter(f<&Post::title> == "secret")), Not(HasSubstr("secret")));
  EXPECT_EQ(message(Post::objects.filter(f<&Post::title> == "x").allow_scan("a test")), "no error");
  EXPECT_EQ(message(Post::objects.filter(f<&Post::slug> == "x")), "no error");
  EXPECT_THROW((void)Post::objects.filter(f<&Post::title> == "x").count(), ScanForbidden);
  EXPECT_THROW(Post::objects.filter(f<&Post::title> == "x").remove(), ScanForbidden);
  EXPECT_THROW(Post::objects.filter(f<&Post::title> == "x").update(f<& Post::body> = "y"),
               ScanForbidden);
  EXPECT_NO_THROW(
      (void)Post::objects.all().order_by().count());  // the whole table is what was asked for
}

TEST(Planner, AllowScanIsAlsoOfTheQueriesThatRelationsNeed) {
  Database db({.scan_policy = ScanPolicy::forbid});
  const auto alice = Author::objects.create({.username = "alice", .bio = "b"});
  Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  const auto by_bio = Post::objects.filter(f<&Post::author_pk, &Author::bio> == "b");
  EXPECT_THROW((void)by_bio.count(), ScanForbidden);
  EXPECT_THAT(by_bio.explain(), HasSubstr("refused when it is run"));
  EXPECT_EQ(by_bio.allow_scan("a test").count(), 1u);
  EXPECT_THAT(by_bio.allow_scan("a test").explain(), Not(HasSubstr("refused")));
  const auto has_b = Author::objects.filter(has<&Post::author_pk>(f<&Post::title> == "t"));
  EXPECT_EQ(has_b.allow_scan("a test").count(), 1u);
  EXPECT_EQ(by_bio.allow_scan("a test").update(f<& Post::body> = "x"), 1u);
  // Or of the inner queryset alone.
  const auto authors = Author::objects.filter(f<&Author::bio> == "b");
  EXPECT_THROW((void)Post::objects.filter(f<&Post::author_pk>.in(authors)).count(), ScanForbidden);
  const auto few = authors.allow_scan("few authors");
  EXPECT_EQ(Post::objects.filter(f<&Post::author_pk>.in(few)).count(), 1u);
}

TEST(Planner, AQuerysetInAConditionIsReadAsItSays) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  Comment::objects.create({.post_pk = post, .body = "c"});
  const auto posts = Post::objects.filter(f<&Post::slug> == "t" && f<&Post::author_pk> == alice);
  const auto indexes = [&](const QuerySet<Post>& inner) {
    db.client().queries.clear();
    EXPECT_EQ(Comment::objects.filter(f<&Comment::post_pk>.in(inner)).count(), 1u);
    return db.client().queries.front().index;
  };
  EXPECT_EQ(indexes(posts.using_index("slug-index")), "slug-index");
  EXPECT_EQ(indexes(posts.using_index("author-recent")), "author-recent");
  EXPECT_THAT(Comment::objects.filter(f<&Comment::post_pk>.in(posts.consistent())).explain(),
              HasSubstr("consistently, at twice the price"));
}

TEST(Planner, NoHiddenCalls) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  db.calls().reset();
  (void)Author::objects.filter(f<&Author::username> == "alice").to_vector();
  EXPECT_EQ(db.calls().query, 1);
  EXPECT_EQ(db.calls().reads(), 1);
  EXPECT_EQ(db.calls().describe, 0);
}

TEST(Planner, LimitAsksForNoMoreThanItNeeds) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  for (int i = 0; i < 30; ++i)
    Post::objects.create({.title = "t", .slug = "t", .author_pk = alice});
  (void)alice.posts().limit(3).to_vector();
  EXPECT_EQ(db.client().queries.back().limit, 3u);
  EXPECT_EQ(alice.posts().filter(f<&Post::view_count> == 0).limit(30).to_vector().size(),
            30u);  // n results, filters or not
}

TEST(Planner, LongListsAndManyConditionsStayWithinDynamoDBsLimits) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  Post::objects.create({.title = "title 7", .slug = "t", .author_pk = alice, .view_count = 7});
  std::vector<std::string> titles;
  for (int i = 0; i < 1000; ++i) titles.push_back("title " + std::to_string(i));
  EXPECT_EQ(Post::objects.filter(f<&Post::title>.in(titles)).count(), 1u);
  Q<Post> any = f<&Post::view_count> == -1;
  for (int i = 0; i < 400; ++i) any = any || (f<&Post::view_count> == i && f<&Post::body> != "x");
  EXPECT_EQ(Post::objects.filter(any).count(), 1u);
  EXPECT_EQ(Post::objects.filter(any).update(f<& Post::body> = "y"), 1u);
}

TEST(Planner, AnOrWithoutAnOrderIsReadSideBySide_NoFurtherThanAsked) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto bob = Author::objects.create({.username = "bob"});
  for (int i = 0; i < 20; ++i)
    Post::objects.create({.title = "t", .slug = i % 2 ? "odd" : "even", .author_pk = alice});
  Post::objects.create({.title = "t", .slug = "odd", .author_pk = bob});
  const auto qs =
      Post::objects.filter(f<&Post::slug> == "odd" || f<&Post::author_pk> == alice).order_by();
  EXPECT_THAT(plan(qs), AllOf(StartsWith("Merge of [Query on index"), Not(HasSubstr("sorted"))));
  const auto queries = [&](auto&& read) {
    db.client().queries.clear();
    read();
    return db.client().queries.size();
  };
  EXPECT_EQ(queries([&] { EXPECT_TRUE(qs.exists()); }), 1u);
  EXPECT_EQ(db.client().queries[0].limit, 1u);
  EXPECT_EQ(queries([&] { EXPECT_EQ(qs.limit(4).to_vector().size(), 4u); }), 1u);
  EXPECT_EQ(db.client().queries[0].limit, 4u);
  EXPECT_EQ(qs.count(), 21u);
  std::set<Uuid> keys;
  for (const Post& p : qs) EXPECT_TRUE(keys.insert(p.pk).second);
  EXPECT_EQ(keys.size(), 21u);
  EXPECT_EQ(qs.slice(9, 15).to_vector().size(), 6u);
  // Pages find their place by an order.
  std::set<Uuid> paged;
  std::size_t rows = 0;
  auto page = qs.limit(4).page();
  for (;; page = qs.limit(4).page(page.next)) {
    for (const Post& p : page.items) paged.insert(p.pk);
    rows += page.items.size();
    if (!page.next) break;
  }
  EXPECT_EQ(rows, 21u);
  EXPECT_EQ(paged, keys);
  EXPECT_EQ(qs.remove(), 21u);
}

}  // namespace
}  // namespace test_blog
