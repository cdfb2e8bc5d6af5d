// What explain() says, word for word, and how near its estimates are.
#include "dynamo_backend/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Ref<Author> kAuthor(Uuid::from_bits(1, 2));
const Ref<Author> kOther(Uuid::from_bits(3, 4));

// A memo, and indexes that hold a part of it.
struct Memo : DynamoTable<Memo> {
  std::string folder{};
  std::string name{};
  std::string owner{};
  std::int64_t size = 0;
  std::string text{};
  static constexpr auto schema = define<Memo>(
      PartitionKey<&Memo::folder>{}, SortKey<&Memo::name>{}, CharField<&Memo::owner>{},
      IntegerField<&Memo::size>{}, TextField<&Memo::text>{},
      Index<&Memo::folder, &Memo::size>{.name = "by-size", .local = true, .keys_only = true},
      Index<&Memo::owner, &Memo::size>{.name = "by-owner", .includes = includes<&Memo::name>()});
};

// 600 posts of two authors, a third of them published; ten tags of some posts; memos.
struct Filled : Database {
  explicit Filled(ConnectionOptions options = {.scan_policy = ScanPolicy::allow})
      : Database(std::move(options)) {
    Author alice{.username = "alice"}, bob{.username = "bob"};
    alice.pk = kAuthor.pk;
    bob.pk = kOther.pk;
    alice.save();
    bob.save();
    std::vector<Post> posts;
    for (int i = 0; i < 600; ++i) {
      Post post{.title = "title " + std::to_string(i),
                .slug = "slug-" + std::to_string(i),
                .body = std::string(300, 'b'),
                .author_pk = i % 3 == 0 ? kOther : kAuthor,
                .published = i % 3 == 1,
                .view_count = i % 10};
      post.pk = Uuid::from_bits(7, static_cast<std::uint64_t>(i));
      post.created_at = now() - std::chrono::seconds(600 - i);
      posts.push_back(std::move(post));
    }
    Post::objects.bulk_create(std::move(posts));
    ensure_table<Memo>();
    std::vector<Memo> memos;
    for (int i = 0; i < 400; ++i)
      memos.push_back({.folder = "f" + std::to_string(i % 4),
                       .name = "n" + std::to_string(i),
                       .owner = "o" + std::to_string(i % 8),
                       .size = i % 50,
                       .text = std::string(200, 't')});
    Memo::objects.bulk_create(std::move(memos));
  }
};

std::string with_any_time(std::string text) {
  const std::size_t end = text.find(" ms\n");
  if (end == std::string::npos) return text;
  const std::size_t begin = text.find_last_not_of("0123456789.", end - 1) + 1;
  return text.replace(begin, end - begin, "…");
}

// ---- golden texts
// clang-format off

TEST(Explain, AQueryInTheOrderOfItsIndex) {
  Filled db;
  EXPECT_EQ(
      with_any_time(
          Post::objects.filter(f<&Post::author_pk> == kAuthor).limit(20).explain(analyze)),
R"(Post where author_pk = '00000000-0000-4001-8000-000000000002', in order of -created_at, at most 20
  1. Query on index author-recent of posts
     key condition: author_pk = '00000000-0000-4001-8000-000000000002'
     order: of the sort key created_at, from the end
Expected: 1 request, 20 items read, 20 rows returned, 1.5 RCU, $0.0001875 per 1,000 calls
Taken: 1 request, 20 items read, 20 rows returned, 1.5 RCU, $0.0001875 per 1,000 calls; … ms
Statistics: posts, 600 rows, all looked at
)");
}

TEST(Explain, WhatIsSentAndWhatIsCheckedHere) {
  Filled db;
  EXPECT_EQ(Post::objects
                .filter(f<&Post::author_pk> == kAuthor && f<&Post::published> == true &&
                        f<&Post::title>.icontains("TITLE 1") && f<&Post::created_at> > Timestamp{})
                .order_by("title")
                .limit(5)
                .explain(),
            R"(Post where author_pk = '00000000-0000-4001-8000-000000000002' and published = true and title icontains 'TITLE 1' and created_at > '1970-01-01T00:00:00.000000+00:00', in order of title, at most 5
  1. Query on index author-recent of posts
     key condition: author_pk = '00000000-0000-4001-8000-000000000002' and created_at > '1970-01-01T00:00:00.000000+00:00'
     filter sent: published = true
     checked here: title icontains 'TITLE 1'
     best 5 kept in memory: title, pk
Expected: 1 request, 400 items read, 5 rows returned, 28.0 RCU, $0.0035 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
}

TEST(Explain, AKeyAListOfKeysAndNothing) {
  Filled db;
  EXPECT_EQ(Post::objects.filter(f<&Post::pk> == Uuid::from_bits(7, 1)).order_by().explain(), R"(Post where pk = '00000000-0000-4007-8000-000000000001'
  1. GetItem on posts
     key condition: pk = '00000000-0000-4007-8000-000000000001'
Expected: 1 request, 1 item read, 1 row returned, 1.0 RCU, $0.000125 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
  EXPECT_EQ(Post::objects.filter(f<&Post::pk>.in({Uuid::from_bits(7, 1), Uuid::from_bits(7, 2)}))
                .order_by()
                .explain(),
            R"(Post where pk in '00000000-0000-4007-8000-000000000001', '00000000-0000-4007-8000-000000000002'
  1. BatchGetItem on posts, 2 keys
     key condition: pk in '00000000-0000-4007-8000-000000000001', '00000000-0000-4007-8000-000000000002'
Expected: 1 request, 2 items read, 2 rows returned, 2.0 RCU, $0.00025 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
  EXPECT_EQ(Post::objects.none().order_by().explain(), R"(Post where nothing
  1. Nothing to read: no row can meet the condition
Expected: 0 requests, 0 items read, 0 rows returned, 0.0 RCU, $0 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
}

TEST(Explain, AMergeOfSeveral) {
  Filled db;
  EXPECT_EQ(Post::objects.filter(f<&Post::author_pk>.in({kAuthor, kOther})).limit(10).explain(),
            R"(Post where author_pk in '00000000-0000-4001-8000-000000000002', '00000000-0000-4003-8000-000000000004', in order of -created_at, at most 10
  1. Merge of 2, each row once, in order of -created_at, -pk
     1.1. Query on index author-recent of posts
        key condition: author_pk = '00000000-0000-4001-8000-000000000002'
        order: of the sort key created_at, from the end
     1.2. Query on index author-recent of posts
        key condition: author_pk = '00000000-0000-4003-8000-000000000004'
        order: of the sort key created_at, from the end
Expected: 2 requests, 22 items read, 10 rows returned, 2.0 RCU, $0.00025 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
  EXPECT_EQ(
      Post::objects.filter(f<&Post::slug> == "slug-1" || f<&Post::pk> == Uuid::from_bits(7, 2))
          .order_by()
          .explain(),
      R"(Post where slug = 'slug-1' or pk = '00000000-0000-4007-8000-000000000002'
  1. Merge of 2, each row once, one after the other
     1.1. Query on index slug-index of posts
        key condition: slug = 'slug-1'
     1.2. GetItem on posts
        key condition: pk = '00000000-0000-4007-8000-000000000002'
Expected: 2 requests, 2 items read, 2 rows returned, 1.5 RCU, $0.0001875 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
}

TEST(Explain, ARelationsQueryComesFirst) {
  Filled db;
  EXPECT_EQ(with_any_time(Post::objects.filter(f<&Post::author_pk, &Author::username> == "bob")
                              .limit(10)
                              .explain(analyze)),
            R"(Post where author_pk in (pk of Author where username = 'bob'), in order of -created_at, at most 10
  1. Query on index username-index of test_blog_author, for author_pk
     key condition: username = 'bob'
  2. Merge of 1, each row once, in order of -created_at, -pk
     2.1. Query on index author-recent of posts
        key condition: author_pk in (pk of Author where username = 'bob')
        order: of the sort key created_at, from the end
Expected: 2 requests, 11 items read, 10 rows returned, 1.5 RCU, $0.0001875 per 1,000 calls
Taken: 2 requests, 11 items read, 10 rows returned, 1.5 RCU, $0.0001875 per 1,000 calls; … ms
Statistics: test_blog_author, 2 rows, all looked at
Statistics: posts, 600 rows, all looked at
)");
}

TEST(Explain, IndexesThatHoldAPart) {
  Filled db;
  EXPECT_EQ(Memo::objects.filter(f<&Memo::owner> == "o1").order_by("-size").limit(10).explain(),
            R"(Memo where owner = 'o1', in order of -size, at most 10
  1. Query on index by-owner of test_blog_memo
     key condition: owner = 'o1'
     order: of the sort key size, from the end
  2. BatchGetItem on test_blog_memo, for the rows behind the entries
Expected: 2 requests, 20 items read, 10 rows returned, 5.5 RCU, $0.0006875 per 1,000 calls
Statistics: test_blog_memo, 400 rows, all looked at
)");
  EXPECT_EQ(Memo::objects.filter(f<&Memo::folder> == "f1")
                .order_by("size")
                .limit(10)
                .consistent()
                .explain(),
            R"(Memo where folder = 'f1', in order of size, at most 10
  1. Query on index by-size of test_blog_memo, a local index
     key condition: folder = 'f1'
     rows: fetched along by DynamoDB
     order: of the sort key size
     consistently, at twice the price
Expected: 1 request, 10 items read, 10 rows returned, 11.0 RCU, $0.001375 per 1,000 calls
Statistics: test_blog_memo, 400 rows, all looked at
)");
  Query names = Memo::objects.filter(f<&Memo::owner> == "o1").query();
  names.fields = {&model_info<Memo>().by_member("name")};
  EXPECT_EQ(explain_query(names), R"(Memo where owner = 'o1'
  1. Query on index by-owner of test_blog_memo
     key condition: owner = 'o1'
     rows: from the index alone, which holds what is needed
Expected: 1 request, 50 items read, 50 rows returned, 0.5 RCU, $0.0000625 per 1,000 calls
Statistics: test_blog_memo, 400 rows, all looked at
)");
}

TEST(Explain, AScanThatIsForbidden_IsExplainedAllTheSame) {
  Filled db({.scan_policy = ScanPolicy::forbid, .scan_segments = 4});
  EXPECT_EQ(Post::objects.filter(f<&Post::title> == "x").explain(), R"(Post where title = 'x', in order of -created_at
  1. Scan of posts, 4 segments at once
     filter sent: title = 'x'
     sorted in memory: -created_at, -pk
     refused when it is run: scan_policy is forbid, and there is no allow_scan(reason)
     This index would serve: Index<&Post::title, &Post::created_at>{.name = "title-created_at"}
Expected: 4 requests, 600 items read, 0 rows returned, 42.0 RCU, $0.00525 per 1,000 calls
Statistics: posts, 600 rows, all looked at
)");
  EXPECT_THROW((void)Post::objects.filter(f<&Post::title> == "x").explain(analyze), ScanForbidden);
}

TEST(Explain, WithoutAConnectionOrATable_ByAssumptions) {
  const auto qs = Post::objects.filter(f<&Post::slug> == "x").order_by();
  EXPECT_EQ(qs.explain(), R"(Post where slug = 'x'
  1. Query on index slug-index of posts
     key condition: slug = 'x'
Expected: 1 request, 2 items read, 2 rows returned, 0.5 RCU, $0.0000625 per 1,000 calls
Statistics: posts, a million rows of 1 KB assumed, since there is no table to look at
)");
  const auto engine = dynamodb::local::Engine::open({});
  const ScopedConnection connection(*engine);
  EXPECT_EQ(qs.explain(), R"(Post where slug = 'x'
  1. Query on index slug-index of posts
     key condition: slug = 'x'
Expected: 1 request, 2 items read, 2 rows returned, 0.5 RCU, $0.0000625 per 1,000 calls
Statistics: posts, a million rows of 1 KB assumed, since there is no table to look at
)");
}

// clang-format on
// ---- statistics

TEST(Explain, ReadsStatisticsOnce_AndAnOrdinaryQueryReadsNone) {
  Filled db;
  db.calls().reset();
  const auto qs = Post::objects.filter(f<&Post::slug> == "slug-3");
  (void)qs.to_vector();
  EXPECT_EQ(db.calls().reads() + db.calls().describe, 1);
  (void)qs.plan();
  EXPECT_EQ(db.calls().reads() + db.calls().describe, 1);
  (void)qs.explain();
  const int read = db.calls().reads() + db.calls().describe;
  EXPECT_GT(read, 1);
  (void)qs.explain();
  EXPECT_EQ(db.calls().reads() + db.calls().describe, read);
  db.tick(std::chrono::minutes(6));
  (void)qs.explain();
  EXPECT_GT(db.calls().reads() + db.calls().describe, read);
  EXPECT_EQ(db.calls().writes(), 0);
}

TEST(Explain, PricesAreTheSettings) {
  Filled db({.scan_policy = ScanPolicy::allow, .prices = {.read_per_million = 250}});
  EXPECT_THAT(Post::objects.filter(f<&Post::pk> == Uuid::from_bits(7, 1)).explain(),
              HasSubstr("1.0 RCU, $0.25 per 1,000 calls"));
}

// ---- how near

void expect_near(const Query& query) {
  SCOPED_TRACE(plan_line(query));
  const Estimate expected = estimate_query(query);
  const UsageScope scope;
  double rows = 0;
  for (RowStream stream(query, true); stream.next();) ++rows;
  const Estimate& taken = scope.usage();
  const auto near = [](double a, double b) { return a <= 2 * b + 0.01 && b <= 2 * a + 0.01; };
  EXPECT_TRUE(near(expected.units, taken.units)) << expected.units << " units, not " << taken.units;
  EXPECT_TRUE(near(expected.calls, taken.calls)) << expected.calls << " calls, not " << taken.calls;
  EXPECT_TRUE(near(expected.rows, rows)) << expected.rows << " rows, not " << rows;
}

TEST(Explain, IsWithinTwiceOfWhatIsTaken) {
  Filled db;
  const auto hers = Post::objects.filter(f<&Post::author_pk> == kAuthor);
  for (const auto& qs :
       {Post::objects.all(),
        Post::objects.all().order_by(),
        Post::objects.all().order_by("title").limit(10),
        Post::objects.all().limit(7).order_by(),
        hers,
        hers.limit(5),
        hers.limit(150),
        hers.order_by("title"),
        hers.order_by("title").limit(3),
        hers.filter(f<&Post::published> == true),
        hers.filter(f<&Post::published> == true).limit(10),
        hers.filter(f<&Post::view_count> == 3).limit(10),
        hers.filter(f<&Post::title>.icontains("TITLE 1")).limit(20),
        hers.slice(100, 120),
        hers.filter(f<&Post::view_count>.in({1, 2, 3})),
        hers.filter(f<&Post::view_count> < 5),
        Post::objects.filter(f<&Post::slug> == "slug-7"),
        Post::objects.filter(f<&Post::slug>.in({"slug-7", "slug-9"})),
        Post::objects.filter(f<&Post::feed> == "all").order_by("-created_at").limit(10),
        Post::objects.filter(f<&Post::author_pk>.in({kAuthor, kOther})).limit(25),
        Post::objects.filter(f<&Post::author_pk> == kOther || f<&Post::feed> == "all").limit(25),
        Post::objects.filter(f<&Post::author_pk, &Author::username> == "bob"),
        Post::objects.filter(f<&Post::pk> == Uuid::from_bits(7, 3)),
        Post::objects.filter(f<&Post::pk>.in({Uuid::from_bits(7, 3), Uuid::from_bits(7, 4)})),
        Post::objects.filter(f<&Post::title>.contains("5")),
        Post::objects.filter(f<&Post::title>.contains("5")).consistent(),
        Post::objects.filter(f<&Post::published> == true).order_by().limit(30)})
    expect_near(qs.query());
  const auto o1 = Memo::objects.filter(f<&Memo::owner> == "o1");
  const auto f1 = Memo::objects.filter(f<&Memo::folder> == "f1");
  for (const auto& qs :
       {o1, o1.order_by("size").limit(10), o1.filter(f<&Memo::text>.contains("t")), f1,
        f1.order_by("size").limit(10), f1.order_by("size").limit(10).consistent(), f1.consistent(),
        f1.filter(f<&Memo::name>.startswith("n1")), Memo::objects.all()})
    expect_near(qs.query());
}

// Merged branches read rows of the same sort key to the last of them.
TEST(Explain, RunsOfEqualSortKeysInAMerge) {
  Filled db;
  const auto posts = Post::objects.filter(f<&Post::author_pk>.in({kAuthor, kOther}));
  expect_near(posts.limit(10).query());
  for (Post& post : Post::objects.all().to_vector()) {
    post.created_at = Timestamp{std::chrono::hours(post.view_count % 2)};
    post.save();
  }
  db.tick(std::chrono::minutes(6));
  expect_near(posts.limit(10).query());
  expect_near(posts.order_by("created_at").limit(150).query());
}

// With a sample only.
TEST(Explain, OfATableThatIsLargerThanItsSample) {
  Filled db;
  std::vector<Post> posts;
  for (int i = 0; i < 4000; ++i) {
    posts.push_back({.title = "more " + std::to_string(i),
                     .slug = "more-" + std::to_string(i / 4),
                     .author_pk = i % 10 == 0 ? kOther : kAuthor,
                     .published = i % 4 == 0,
                     .view_count = i % 100});
    // The sample is the first rows by the keys' hashes: the same ones in each run.
    posts.back().pk = Uuid::from_bits(8, static_cast<std::uint64_t>(i));
  }
  Post::objects.bulk_create(std::move(posts));
  EXPECT_THAT(Post::objects.all().explain(), HasSubstr("4,600 rows, a sample of 1,000"));
  EXPECT_EQ(Post::objects.count_estimate(), 4600u);
  for (const auto& qs :
       {Post::objects.all().order_by(), Post::objects.filter(f<&Post::author_pk> == kOther),
        Post::objects.filter(f<&Post::author_pk> == kAuthor).limit(50),
        Post::objects.filter(f<&Post::author_pk> == kAuthor && f<&Post::published> == true)
            .limit(50),
        Post::objects.filter(f<&Post::slug> == "more-77"),
        Post::objects.filter(f<&Post::feed> == "all"),
        Post::objects.filter(f<&Post::view_count> < 20),
        Post::objects.filter(f<&Post::title>.contains("7"))})
    expect_near(qs.query());
}

}  // namespace
}  // namespace test_blog
