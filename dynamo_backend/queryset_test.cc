// Querysets: the cheat sheet of the original, lookups, slices, pages, values, updates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_fields.h"
#include "dynamo_backend/transaction.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

struct QuerySets : testing::Test {
  Database db;
  Author alice = Author::objects.create({.username = "alice"});
  Author bob = Author::objects.create({.username = "bob"});
  void SetUp() override {
    for (int i = 0; i < 10; ++i) {
      db.tick();
      Post::objects.create(
          {.title = "Post " + std::to_string(i),
           .slug = "post-" + std::to_string(i),
           .author_pk = i % 2 ? bob : alice,
           .published = i % 3 == 0,
           .tags = i % 2 ? std::vector<std::string>{"odd"} : std::vector<std::string>{},
           .view_count = i * 10});
    }
    db.calls().reset();
  }
  static std::vector<std::string> titles(const QuerySet<Post>& qs) {
    return qs.values_list<&Post::title>();
  }
};

TEST_F(QuerySets, CheatSheet) {
  EXPECT_EQ(Post::objects.filter({{"author_pk", alice.pk}, {"published", true}}).count(), 2u);
  EXPECT_EQ(Post::objects.filter({{"title__contains", "Post"}}).count(), 10u);
  EXPECT_EQ(Post::objects.filter({{"view_count__gte", 50}}).count(), 5u);
  EXPECT_EQ(Post::objects.filter({{"tags__isnull", false}}).count(), 10u);
  EXPECT_EQ(Post::objects.exclude({{"published", true}}).count(), 6u);
  EXPECT_EQ(Post::objects.order_by("-created_at").first()->title, "Post 9");
  EXPECT_EQ(Post::objects.first()->title, "Post 9");
  EXPECT_EQ(Post::objects.count(), 10u);
  const auto dicts = Post::objects.order_by("title").values("title", "slug");
  EXPECT_EQ(dicts.at(0), Json::parse(R"({"title": "Post 0", "slug": "post-0"})"));
  auto post = Post::objects.get({{"slug", "post-3"}});
  post.title = "Updated";
  post.save();
  EXPECT_EQ(Post::objects.get(post.pk).title, "Updated");
  post.remove();
  EXPECT_EQ(Post::objects.filter(f<&Post::published> == false).remove(), 6u);
  std::vector<Post> more;
  for (int i = 0; i < 10; ++i)
    more.push_back({.title = "More", .slug = "more-" + std::to_string(i), .author_pk = alice});
  EXPECT_EQ(Post::objects.bulk_create(more).size(), 10u);
  const auto [made, created] = Post::objects.get_or_create(
      f<&Post::slug> == "my-post", {.title = "My Post", .author_pk = alice});
  EXPECT_TRUE(created);
  EXPECT_EQ(made.slug, "my-post");
  const auto [found, again] =
      Post::objects.get_or_create(f<&Post::slug> == "my-post", {.title = "Other"});
  EXPECT_FALSE(again);
  EXPECT_EQ(found.title, "My Post");
}

TEST_F(QuerySets, BulkCreateSendsAgainWhatABatchLeavesUndone) {
  db.client().leave_unprocessed = 4;
  std::vector<Comment> comments(90, Comment{.post_pk = *Post::objects.first(), .body = "x"});
  const auto made = Comment::objects.bulk_create(comments);
  EXPECT_EQ(Comment::objects.count(), 90u);
  EXPECT_FALSE(made[0].is_new());
  db.client().stuck = true;  // a throttled table is an error in the end, not a loop
  EXPECT_THROW(Comment::objects.bulk_create(comments), DatabaseError);
  EXPECT_THROW((void)Comment::objects.in_bulk({made[0].pk, made[1].pk}), DatabaseError);
}

TEST_F(QuerySets, RunTimeLookups) {
  const auto count = [](std::initializer_list<Lookup> l) {
    return Post::objects.filter(l).count();
  };
  EXPECT_EQ(count({{"title", "Post 1"}}), 1u);
  EXPECT_EQ(count({{"title__exact", "Post 1"}}), 1u);
  EXPECT_EQ(count({{"title__iexact", "pOST 1"}}), 1u);
  EXPECT_EQ(count({{"title__icontains", "ost 1"}}), 1u);
  EXPECT_EQ(count({{"title__istartswith", "POST"}}), 10u);
  EXPECT_EQ(count({{"title__startswith", "Post"}}), 10u);
  EXPECT_EQ(count({{"view_count__gt", 80}}), 1u);
  EXPECT_EQ(count({{"view_count__lt", "20"}}), 2u);  // text is read as what the field holds
  EXPECT_EQ(count({{"view_count__lte", 20}}), 3u);
  EXPECT_EQ(count({{"view_count__in", {10, 20, 999}}}), 2u);
  EXPECT_EQ(count({{"view_count__between", {10, 30}}}), 3u);
  EXPECT_EQ(count({{"view_count__range", {10, 30}}}), 3u);
  EXPECT_EQ(count({{"editor_pk__isnull", true}}), 10u);
  EXPECT_EQ(count({{"editor_pk", nullptr}}), 10u);
  EXPECT_EQ(count({{"tags__contains", "odd"}}), 5u);
  EXPECT_EQ(count({{"public", true}}), 10u);
  EXPECT_EQ(count({{"author__username__startswith", "al"}}), 5u);
  EXPECT_EQ(count({{"author", alice}, {"published", "true"}}), 2u);
  EXPECT_EQ(count({{"created_at__lte", db.now()}}), 10u);
  EXPECT_EQ(count({{"pk__in", std::vector<Uuid>{Uuid::random()}}}), 0u);
}

TEST_F(QuerySets, Z7_WrongLookupsAreFieldErrorsThatListTheChoices) {
  const auto message = [](std::initializer_list<Lookup> l) -> std::string {
    try {
      (void)Post::objects.filter(l);
    } catch (const FieldError& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_THAT(message({{"nope", 1}}),
              HasSubstr("Cannot resolve 'nope' on Post. Choices are: pk, created_at"));
  EXPECT_THAT(message({{"title__like", "x"}}),
              HasSubstr("there is no lookup 'like'. Choices are: exact"));
  EXPECT_THAT(message({{"view_count__startswith", "1"}}), HasSubstr("for text fields"));
  EXPECT_THAT(message({{"view_count", "many"}}), HasSubstr("must be a whole number"));
  EXPECT_THAT(message({{"view_count", 1.5}}), HasSubstr("must be a whole number"));
  EXPECT_THAT(message({{"published__gt", true}}), HasSubstr("have no order"));
  EXPECT_THAT(message({{"view_count__between", {1}}}), HasSubstr("two values"));
  EXPECT_THAT(message({{"author__nope", 1}}), HasSubstr("Cannot resolve 'nope' on Author"));
  EXPECT_THAT(message({{"author_pk", "alice"}}), HasSubstr("must be a UUID"));
  EXPECT_THROW((void)Post::objects.order_by("nope"), FieldError);
  EXPECT_THROW((void)Post::objects.order_by("tags"), FieldError);
}

TEST_F(QuerySets, AbsentAttributes_AreUnequalToEverything) {
  Post::objects.get({{"slug", "post-1"}}).save();
  auto one = Post::objects.get({{"slug", "post-1"}});
  one.summary = "short";
  one.save();
  EXPECT_EQ(Post::objects.filter(f<&Post::summary> == "short").count(), 1u);
  EXPECT_EQ(Post::objects.filter(f<&Post::summary> != "short").count(), 9u);
  EXPECT_EQ(Post::objects.exclude(f<&Post::summary> == "short").count(), 9u);
  EXPECT_EQ(Post::objects.exclude(f<&Post::summary>.icontains("SHO")).count(), 9u);
  EXPECT_EQ(Post::objects.filter(f<&Post::summary> > "a").count(), 1u);
  EXPECT_EQ(Post::objects.filter(!(f<&Post::summary> > "a")).count(), 9u);
  EXPECT_EQ(Post::objects.filter(f<&Post::summary> == std::nullopt).count(), 9u);
  EXPECT_EQ(Post::objects.filter(f<&Post::summary>.isnull(false)).count(), 1u);
}

TEST_F(QuerySets, Slices) {
  const auto qs = Post::objects.order_by("view_count");
  EXPECT_THAT(titles(qs.limit(2)), ElementsAre("Post 0", "Post 1"));
  EXPECT_THAT(titles(qs.slice(8, 20)), ElementsAre("Post 8", "Post 9"));
  EXPECT_THAT(titles(qs.slice(2, 8).slice(1, 3)), ElementsAre("Post 3", "Post 4"));
  EXPECT_THAT(titles(qs.offset(9)), ElementsAre("Post 9"));
  EXPECT_THAT(titles(qs.limit(0)), ElementsAre());
  // However large: their sum is no small number.
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  EXPECT_THAT(titles(qs.offset(8).limit(most)), ElementsAre("Post 8", "Post 9"));
  EXPECT_THAT(titles(qs.slice(8, most)), ElementsAre("Post 8", "Post 9"));
  EXPECT_THAT(titles(qs.offset(most).offset(most).limit(most)), ElementsAre());
  EXPECT_THROW((void)qs[most], std::out_of_range);
  EXPECT_EQ(qs.limit(most).page().items.size(), 10u);
  EXPECT_EQ(qs.limit(most).count(), 10u);
  EXPECT_EQ(qs[3].title, "Post 3");
  EXPECT_THROW((void)qs[10], std::out_of_range);
  EXPECT_EQ(qs.first()->title, "Post 0");
  EXPECT_EQ(qs.last()->title, "Post 9");
  EXPECT_EQ(qs.latest("view_count").title, "Post 9");
  EXPECT_EQ(qs.earliest("view_count").title, "Post 0");
  EXPECT_EQ(qs.limit(3).count(), 3u);
  EXPECT_EQ(qs.slice(8, 12).count(), 2u);
  EXPECT_THROW((void)qs.limit(3).filter(f<&Post::published> == true), std::logic_error);
  EXPECT_THAT(titles(Post::objects.order_by("-published", "view_count").limit(2)),
              ElementsAre("Post 0", "Post 3"));
  EXPECT_THAT(titles(Post::objects.order_by(f<&Post::view_count>.desc()).limit(1)),
              ElementsAre("Post 9"));
  EXPECT_THAT(titles(Post::objects.none()), ElementsAre());
}

TEST_F(QuerySets, GetDemandsExactlyOne) {
  EXPECT_EQ(Post::objects.get(f<&Post::slug> == "post-4").title, "Post 4");
  EXPECT_THROW((void)Post::objects.get(f<&Post::slug> == "none"), Post::DoesNotExist);
  EXPECT_THROW((void)Post::objects.get(f<&Post::view_count> >= 0), Post::MultipleObjectsReturned);
  EXPECT_FALSE(Post::objects.try_get(f<&Post::slug> == "none"));
  EXPECT_FALSE(Post::objects.filter(f<&Post::slug> == "none").first());
  EXPECT_THROW((void)Post::objects.none().latest("title"), Post::DoesNotExist);
}

TEST_F(QuerySets, IterationReadsAsItGoes) {
  std::vector<Tag> tags;
  for (int i = 0; i < 300; ++i) tags.push_back({.name = "tag " + std::to_string(i)});
  Tag::objects.bulk_create(std::move(tags));
  db.calls().reset();
  int n = 0;
  for (const Tag& tag : Tag::objects.all()) {
    EXPECT_FALSE(tag.name.empty());
    if (++n == 5) break;
  }
  EXPECT_EQ(db.calls().scan, 1);
  n = 0;
  for (const Tag& tag : Tag::objects.all()) n += tag.name.empty() ? 0 : 1;
  EXPECT_EQ(n, 300);
}

TEST_F(QuerySets, Values) {
  const auto tuples =
      Post::objects.order_by("view_count").limit(1).values<&Post::title, &Post::view_count>();
  EXPECT_EQ(tuples.at(0), (std::tuple<std::string, std::int64_t>("Post 0", 0)));
  const auto lists = Post::objects.order_by("view_count").limit(1).values_list({"title", "public"});
  EXPECT_EQ(lists.at(0), Json::parse(R"(["Post 0", true])"));
  const auto all = Post::objects.order_by("view_count").limit(1).values();
  EXPECT_EQ(all.at(0)["editor_pk"], nullptr);
  EXPECT_EQ(all.at(0)["author_pk"], alice.pk.str());
  EXPECT_THROW((void)Post::objects.values("nope"), FieldError);
  const auto rows = Post::objects.in_bulk({Post::objects.first()->pk, Uuid::random()});
  EXPECT_EQ(rows.size(), 1u);
}

TEST_F(QuerySets, PagesByCursor) {
  const auto qs =
      Post::objects.filter(f<&Post::author_pk> == alice).order_by("-created_at").limit(2);
  auto page = qs.page();
  EXPECT_EQ(page.items.size(), 2u);
  EXPECT_FALSE(page.prev);
  std::vector<std::string> seen;
  for (;;) {
    for (const Post& p : page.items) seen.push_back(p.title);
    if (!page.next) break;
    page = qs.page(page.next);
  }
  EXPECT_THAT(seen, ElementsAre("Post 8", "Post 6", "Post 4", "Post 2", "Post 0"));
  page = qs.page(*page.prev);
  EXPECT_EQ(page.items.at(0).title, "Post 4");
  EXPECT_EQ(Post::objects.filter(f<&Post::author_pk> == alice).limit(5).page().next,
            std::nullopt);  // a full page, and nothing after it
}

TEST_F(QuerySets, PagesNeitherLoseNorRepeatWhileRowsAreAdded) {
  const auto qs =
      Post::objects.filter(f<&Post::author_pk> == alice).order_by("-created_at").limit(2);
  const auto first = qs.page();
  db.tick();
  Post::objects.create({.title = "new", .slug = "new", .author_pk = alice});
  EXPECT_EQ(qs.page(first.next).items.at(0).title, "Post 4");
  Post::objects.filter(f<&Post::pk> == first.items[1].pk)
      .remove();  // the row that the page ended with
  EXPECT_EQ(qs.page(first.next).items.at(0).title, "Post 4");
}

TEST_F(QuerySets, Updates) {
  const auto one = Post::objects.filter(f<&Post::slug> == "post-1");
  EXPECT_EQ(one.update(f<& Post::view_count> = f<&Post::view_count> - 3, f<& Post::title> = "x"),
            1u);
  EXPECT_EQ(one.get().view_count, 7);
  EXPECT_EQ(one.update(f<&Post::tags>.append("new"), f<&Post::summary>.if_not_exists("first")), 1u);
  EXPECT_EQ(one.update(f<&Post::summary>.if_not_exists("second")), 1u);
  EXPECT_THAT(one.get().tags, ElementsAre("odd", "new"));
  EXPECT_EQ(one.get().summary, "first");
  EXPECT_EQ(one.update(f<&Post::summary>.remove()), 1u);
  EXPECT_EQ(one.get().summary, std::nullopt);
  EXPECT_EQ(one.update(f<& Post::editor_pk> = bob), 1u);
  EXPECT_EQ(one.update(f<& Post::editor_pk> = std::nullopt), 1u);
  EXPECT_EQ(Post::objects.filter(f<&Post::view_count> >= 50).update(f<& Post::published> = true),
            5u);
  EXPECT_EQ(Post::objects.filter(f<&Post::feed> == "all").count(), 7u);  // 0, 3, and 50 to 90
  EXPECT_EQ(Post::objects.filter(f<&Post::title>.icontains("POST"))
                .order_by("view_count")
                .limit(2)
                .update(f<& Post::body> = "b"),
            2u);
  EXPECT_EQ(Post::objects.filter(f<&Post::body> == "b").count(), 2u);
  EXPECT_THROW(one.update(f<& Post::title> = std::string(201, 'x')), ValidationError);
  EXPECT_THROW(one.update(f<& Post::title> = "a", f<& Post::title> = "b"), FieldError);
  EXPECT_EQ(Post::objects.filter(f<&Post::pk> == Uuid::random()).update(f<& Post::title> = "x"),
            0u);
  EXPECT_THROW((void)one.update_returning(f<& Post::title> = "x"), FieldError);
  EXPECT_FALSE(Post::objects.filter(f<&Post::pk> == Uuid::random())
                   .update_returning(f<& Post::title> = "x"));
  const auto none = Post::objects.filter(f<&Post::pk> == one.get().pk &&
                                         f<&Post::title>.in(std::vector<std::string>{}));
  EXPECT_FALSE(none.update_returning(f<& Post::title> = "x"));
}

TEST_F(QuerySets, SetsAndCountersOfRowsWithoutThem) {
  using test_fields::Everything;
  ensure_table<Everything>();
  const Uuid pk = Uuid::random();
  db.put("test_fields_everything", {{"pk", pk.str()}});
  const auto row = Everything::objects.filter(f<&Everything::pk> == pk);
  EXPECT_EQ(row.update(f<& Everything::integer> = f<&Everything::integer> + 2,
                       f<&Everything::words>.add("a"), f<&Everything::numbers>.append(4)),
            1u);
  EXPECT_EQ(row.update(f<&Everything::words>.add("b")), 1u);
  EXPECT_EQ(row.update(f<&Everything::words>.discard("a")), 1u);
  EXPECT_EQ(row.get().integer, 2);
  EXPECT_THAT(row.get().words, ElementsAre("b"));
  EXPECT_THAT(row.get().numbers, ElementsAre(4));
  EXPECT_EQ(Everything::objects
                .filter(f<&Everything::words>.contains("b") && f<&Everything::numbers>.contains(4))
                .count(),
            1u);
}

// The original's rows hold NULL where a member is None: updates start as from an absent one.
struct UpdatesOfNulls : QuerySets {
  using Everything = test_fields::Everything;
  static constexpr const char* kNames[] = {"integer", "real",  "price",      "numbers",
                                           "words",   "chars", "maybe_text", "maybe_integer",
                                           "version", "small", "big"};
  Uuid make_row() {
    dynamodb::Item item{{"pk", Uuid::random().str()}};
    for (const char* name : kNames) item.emplace(name, Value());
    db.put("test_fields_everything", item);
    return *Uuid::parse(item.at("pk").as<std::string>());
  }
  static QuerySet<Everything> row(const Uuid& pk) {
    return Everything::objects.filter(f<&Everything::pk> == pk);
  }
  UpdatesOfNulls() { ensure_table<Everything>(); }
};

TEST_F(UpdatesOfNulls, StartAsFromAbsentOnes) {
  const Uuid pk = make_row();
  EXPECT_EQ(row(pk).update(f<& Everything::integer> = f<&Everything::integer> + 1), 1u);
  EXPECT_EQ(row(pk).get().integer, 1);
  EXPECT_EQ(row(pk).get().version, 1u);
  EXPECT_EQ(row(pk).update(f<&Everything::maybe_text>.if_not_exists("now")), 1u);
  EXPECT_EQ(row(pk).get().maybe_text, "now");
  EXPECT_EQ(row(pk).update(f<& Everything::real> = f<&Everything::real> + 0.5), 1u);
  EXPECT_EQ(row(pk).update(f<& Everything::price> = f<&Everything::price> + Decimal(2)), 1u);
  EXPECT_EQ(row(pk).update(f<&Everything::numbers>.append(4)), 1u);
  EXPECT_EQ(row(pk).update(f<&Everything::words>.discard("a")), 1u);
  EXPECT_EQ(row(pk).update(f<&Everything::words>.add("b")), 1u);
  EXPECT_EQ(row(pk)
                .update_returning(f<& Everything::small> = f<&Everything::small> + std::int8_t{7})
                ->small,
            7);
  const auto read = row(pk).get();
  EXPECT_EQ(read.real, 0.5);
  EXPECT_EQ(read.price, Decimal(2));
  EXPECT_THAT(read.numbers, ElementsAre(4));
  EXPECT_THAT(read.words, ElementsAre("b"));
  EXPECT_EQ(read.version, 8u);
}

TEST_F(UpdatesOfNulls, OfARowThatIsReadFirst) {
  const Uuid pk = make_row();
  const auto it = row(pk).filter(!f<&Everything::text>.icontains("x"));
  EXPECT_EQ(it.update(f<& Everything::real> = f<&Everything::real> + 1.0,
                      f<& Everything::maybe_integer> = f<&Everything::maybe_integer> + 1,
                      f<&Everything::numbers>.append(4), f<&Everything::words>.add("b"),
                      f<&Everything::maybe_text>.if_not_exists("now")),
            1u);
  const auto read = row(pk).get();
  EXPECT_EQ(read.real, 1.0);
  EXPECT_EQ(read.maybe_integer, 8);  // its default is 7
  EXPECT_EQ(read.maybe_text, "now");
  EXPECT_EQ(read.version, 1u);
}

TEST_F(UpdatesOfNulls, InATransaction) {
  const Uuid pk = make_row(), other = make_row();
  transaction([&](Transaction& t) {
    t.update(row(pk), f<& Everything::integer> = f<&Everything::integer> + 1,
             f<&Everything::words>.add("b"));
    t.update(row(other), f<&Everything::maybe_text>.if_not_exists("now"));
  });
  EXPECT_EQ(row(pk).get().integer, 1);
  EXPECT_THAT(row(pk).get().words, ElementsAre("b"));
  EXPECT_EQ(row(other).get().maybe_text, "now");
}

TEST_F(UpdatesOfNulls, KeepToTheirConditionsAndRanges) {
  const Uuid pk = make_row();
  EXPECT_EQ(row(pk)
                .filter(f<&Everything::slug> == "another")
                .update(f<&Everything::maybe_text>.if_not_exists("now")),
            0u);
  EXPECT_THROW(row(pk).update(f<& Everything::big> = f<&Everything::big> - std::uint64_t{1}),
               ValidationError);
}

TEST_F(QuerySets, UpdateOfRowsThatMeetTheConditionNoMore_LeavesThem) {
  db.client().before_write = [&] {
    Post::objects.filter(f<&Post::slug> == "post-1").update(f<& Post::view_count> = 1000);
  };
  EXPECT_EQ(Post::objects.filter(f<&Post::slug> == "post-1" && f<&Post::view_count> == 10)
                .update(f<& Post::body> = "late"),
            0u);
  EXPECT_EQ(Post::objects.get({{"slug", "post-1"}}).body, "");
}

TEST_F(QuerySets, SumsThatTheMemberCannotHoldAreValidationErrors) {
  using test_fields::Everything;
  ensure_table<Everything>();
  const Uuid pk = Everything::objects.create({.chars = "a", .small = 120}).pk;
  const auto row = Everything::objects.filter(f<&Everything::pk> == pk);
  const auto minus = f<& Everything::big> = f<&Everything::big> - std::uint64_t{1};
  try {
    row.update(minus);
    FAIL();
  } catch (const ValidationError& e) {
    EXPECT_EQ(e.errors().count("big"), 1u);
  }
  EXPECT_THROW((void)row.update_returning(minus), ValidationError);
  EXPECT_THROW(row.filter(f<&Everything::chars>.icontains("A")).update(minus), ValidationError);
  EXPECT_THROW(row.update(f<& Everything::small> = f<&Everything::small> + std::int8_t{8}),
               ValidationError);
  EXPECT_EQ(row.filter(f<&Everything::flag> == true).update(minus), 0u);
  EXPECT_EQ(row.update(f<& Everything::small> = f<&Everything::small> + std::int8_t{7}), 1u);
  const auto read = Everything::objects.get(pk);
  EXPECT_EQ(read.big, 0u);
  EXPECT_EQ(read.small, 127);

  const Uuid bare = Uuid::from_bits(1, 1);  // without the attribute: sums start from the default
  db.put("test_fields_everything", {{"pk", bare.str()}});
  const auto empty = Everything::objects.filter(f<&Everything::pk> == bare);
  EXPECT_THROW(empty.update(minus), ValidationError);
  EXPECT_EQ(empty.update(f<& Everything::big> = f<&Everything::big> + std::uint64_t{2}), 1u);
  EXPECT_EQ(empty.update(minus), 1u);
}

TEST_F(QuerySets, ValuesOfMoreThanDynamoDBTakesInAnExpression_AreComparedHere) {
  const Q<Post> longest = f<&Post::body> == std::string(1'200'000, 'c');
  EXPECT_EQ(Post::objects.filter(f<&Post::author_pk> == alice && !longest).count(), 5u);
  ASSERT_EQ(db.client().queries.size(), 1u);
  EXPECT_TRUE(db.client().queries[0].filter.empty());
}

// Else a save() of the row as it was before would undo the sum, and nobody would know.
TEST_F(QuerySets, ASum_MovesTheVersion) {
  using test_fields::Everything;
  ensure_table<Everything>();
  const Uuid pk = Everything::objects.create({.chars = "a"}).pk;
  auto read = Everything::objects.get(pk);
  Everything::objects.filter(f<&Everything::pk> == pk)
      .update(f<& Everything::small> = f<&Everything::small> + std::int8_t{1});
  EXPECT_EQ(Everything::objects.get(pk).version, read.version + 1);
  read.small = 9;
  EXPECT_THROW(read.save(), ConflictError);
}

TEST_F(QuerySets, ACounter_IsCountedBesideSaves_AndNotOverwritten) {
  auto editor = Post::objects.get({{"slug", "post-1"}}), other = editor;
  const auto row = Post::objects.filter(f<&Post::pk> == editor.pk);
  const auto count = [&] { row.update(f<& Post::view_count> = f<&Post::view_count> + 1); };
  count();
  editor.body = "edited";
  editor.save();
  EXPECT_EQ(Post::objects.get(editor.pk).view_count, other.view_count + 1);
  auto stale = Post::objects.get(editor.pk);
  count();
  stale.view_count = 100;
  EXPECT_THROW(stale.save(), ConflictError);
  stale = Post::objects.get(editor.pk);
  stale.view_count = 100;
  stale.save();
  EXPECT_EQ(Post::objects.get(editor.pk).view_count, 100);
}

TEST_F(QuerySets, UpdateMovesTheVersion_UnlessItOnlyCounts) {
  auto read = Post::objects.get({{"slug", "post-1"}});
  const auto row = Post::objects.filter(f<&Post::pk> == read.pk);
  row.update(f<& Post::view_count> = f<&Post::view_count> + 1);
  EXPECT_EQ(Post::objects.get(read.pk).version, read.version);
  row.update(f<& Post::body> = "b", f<& Post::view_count> = f<&Post::view_count> + 1);
  EXPECT_EQ(Post::objects.get(read.pk).version, read.version + 1);
  row.filter(f<&Post::title>.icontains("POST")).update(f<& Post::published> = true);
  EXPECT_EQ(Post::objects.get(read.pk).version, read.version + 2);
  read.body = "stale";
  EXPECT_THROW(read.save(), ConflictError);
}

TEST_F(QuerySets, NullsWhereValuesAreComparedAreFieldErrors) {
  using test_fields::Everything;
  ensure_table<Everything>();
  const std::vector<LookupValue> ends{LookupValue(nullptr), LookupValue(5)};
  EXPECT_THROW((void)Post::objects.filter({{"view_count__between", ends}}).count(), FieldError);
  const Q<Post> nulls{make_leaf(Op::between, {"view_count"}, std::vector<Value>{Value(), Value()})};
  EXPECT_THROW((void)Post::objects.filter(nulls).count(), FieldError);
  EXPECT_THROW((void)Post::objects.filter({{"summary__isnull", nullptr}}).count(), FieldError);
  const Q<Post> no_flag{make_leaf(Op::isnull, {"summary"}, std::vector<Value>{Value()})};
  EXPECT_THROW((void)Post::objects.filter(no_flag).count(), FieldError);
  const std::vector<LookupValue> words{LookupValue("a"), LookupValue(nullptr)};
  EXPECT_THROW((void)Everything::objects.filter({{"words", words}}).count(), FieldError);
}

TEST_F(QuerySets, KeysThatDynamoDBRefusesAreNotFound) {
  using test_fields::Order;
  ensure_table<Order>();
  const ModelInfo& m = model_info<Order>();
  EXPECT_FALSE(fetch(m, {{"PK", std::string(2049, 'x')}, {"SK", Value(1)}}));
  EXPECT_FALSE(fetch(m, {{"PK", std::string(2048, 'x')}, {"SK", Value(1)}}));
  EXPECT_FALSE(fetch(m, {{"PK", std::string()}, {"SK", Value(1)}}));
}

TEST_F(QuerySets, AnOrderTooLongForACursorIsAFieldError) {
  Post::objects.all().update(f<& Post::body> = std::string(20000, 'x'));
  EXPECT_THROW((void)Post::objects.order_by("body").limit(2).page(), FieldError);
  EXPECT_EQ(Post::objects.order_by("body").limit(10).page().items.size(), 10u);
}

}  // namespace
}  // namespace test_blog
