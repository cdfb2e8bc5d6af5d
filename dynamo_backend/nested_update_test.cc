// Places inside JSON and list members: updates and conditions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Document : DynamoModel<Document> {
  std::string name{};
  Json meta{};
  std::vector<std::string> tags{};
  std::vector<std::int64_t> scores{};
  std::uint64_t version = 0;
  static constexpr auto schema = define<Document>(
      {.table_name = "nested_document"}, CharField<&Document::name>{.unique = true},
      JSONField<&Document::meta>{}, ListField<&Document::tags>{}, ListField<&Document::scores>{},
      VersionField<&Document::version>{});
};

struct NestedUpdate : testing::Test {
  NestedUpdate() {
    Registry registry;
    registry.add<Document>();
    ensure_tables(registry);
    row = Document::objects.create(
        {.name = "a",
         .meta = {{"seo", {{"title", "old"}, {"rank", 3}}}, {"list", {1, 2}}, {"flag", true}},
         .tags = {"x", "y", "z"},
         .scores = {1, 2, 3}});
  }
  QuerySet<Document> it() const { return Document::objects.filter(f<&Document::pk> == row.pk); }
  Document now() const { return Document::objects.get(row.pk); }
  Database db;
  Document row;
};

TEST_F(NestedUpdate, SetsOnePlaceAndLeavesTheRest) {
  db.calls().reset();
  EXPECT_EQ(it().update(f<&Document::meta>["seo"]["title"] = "new",
                        f<&Document::meta>["seo"]["keywords"] = Json{"a", "b"},
                        f<&Document::meta>["list"][1] = 7, f<&Document::tags>[0] = "first",
                        f<&Document::scores>[2] = 30),
            1u);
  EXPECT_EQ(db.calls().update, 1);
  EXPECT_EQ(db.calls().reads(), 0);
  const auto after = now();
  EXPECT_EQ(after.meta, (Json{{"flag", true},
                              {"list", {1, 7}},
                              {"seo", {{"keywords", {"a", "b"}}, {"rank", 3}, {"title", "new"}}}}));
  EXPECT_THAT(after.tags, ElementsAre("first", "y", "z"));
  EXPECT_THAT(after.scores, ElementsAre(1, 2, 30));
  EXPECT_EQ(after.version, row.version + 1);
  row.name = "stale";
  EXPECT_THROW(row.save(), ConflictError);
}

TEST_F(NestedUpdate, AddsAppendsRemovesAndSetsWhereThereIsNone) {
  it().update(f<&Document::meta>["seo"]["rank"] = f<&Document::meta>["seo"]["rank"] + 2,
              f<&Document::meta>["views"] = f<&Document::meta>["views"] + 1,
              f<&Document::meta>["list"].append(9), f<&Document::meta>["flag"].remove(),
              f<&Document::tags>[1].remove());
  it().update(f<&Document::meta>["seo"]["title"].if_not_exists("never"),
              f<&Document::meta>["seo"]["lang"].if_not_exists("en"));
  const auto after = now();
  EXPECT_EQ(after.meta, (Json{{"list", {1, 2, 9}},
                              {"seo", {{"lang", "en"}, {"rank", 5}, {"title", "old"}}},
                              {"views", 1}}));
  EXPECT_THAT(after.tags, ElementsAre("x", "z"));
}

TEST_F(NestedUpdate, WhatAListsIntegersDoNotHold_IsRefused) {
  constexpr std::uint64_t kLarge = 10'000'000'000'000'000'000u;
  const auto first = f<&Document::scores>[0];
  EXPECT_THROW(it().update(f<&Document::scores>[0] = kLarge), FieldError);
  EXPECT_THROW(it().update(f<&Document::scores>[0] = first + kLarge), FieldError);
  EXPECT_EQ(it().update(f<&Document::scores>[0] = first - 5), 1u);
  EXPECT_THAT(now().scores, ElementsAre(-4, 2, 3));
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_THROW(it().update(f<&Document::scores>[1] = f<&Document::scores>[1] + (kMost - 1)),
               ValidationError);
  EXPECT_THROW(
      (void)it().update_returning(f<&Document::scores>[1] = f<&Document::scores>[1] + kMost),
      ValidationError);
  EXPECT_THROW(Document::objects.filter(f<&Document::name>.iexact("A"))
                   .update(f<&Document::scores>[1] = f<&Document::scores>[1] + kMost),
               ValidationError);
  EXPECT_EQ(it().update(f<&Document::scores>[1] = f<&Document::scores>[1] + (kMost - 2),
                        f<&Document::scores>[9] = f<&Document::scores>[9] + kMost),
            1u);
  EXPECT_THAT(now().scores, ElementsAre(-4, kMost, 3, kMost));
  EXPECT_EQ(Document::objects.filter(first == kLarge).count(), 0u);
}

TEST_F(NestedUpdate, ReturningGivesTheRowAsItIsThen) {
  const auto after = it().update_returning(f<&Document::meta>["seo"]["title"] = "now",
                                           f<&Document::tags>[7] = "appended");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->meta["seo"]["title"], "now");
  EXPECT_THAT(after->tags, ElementsAre("x", "y", "z", "appended"));
}

TEST_F(NestedUpdate, AMissingParentIsNamed) {
  const auto expect_refused = [&](const auto& assignment, const std::string& path) {
    try {
      it().update(assignment);
      FAIL() << path;
    } catch (const ValidationError& e) {
      EXPECT_THAT(e.what(), HasSubstr(path));
      EXPECT_EQ(e.errors().count("meta"), 1u);
    }
    EXPECT_THROW((void)it().update_returning(assignment), ValidationError);
    // By the other way, on conditions that are checked here.
    EXPECT_THROW(Document::objects.filter(f<&Document::name>.iexact("A")).update(assignment),
                 ValidationError);
  };
  expect_refused(f<&Document::meta>["none"]["x"] = 1, "meta.none.x");
  expect_refused(f<&Document::meta>["flag"]["x"] = 1, "meta.flag.x");
  expect_refused(f<&Document::meta>["seo"]["title"] = f<&Document::meta>["seo"]["title"] + 1,
                 "meta.seo.title");
  EXPECT_EQ(now().version, row.version);
}

TEST_F(NestedUpdate, PlacesThatOverlapAreRefused) {
  EXPECT_THROW(it().update(f<&Document::meta>["seo"]["title"] = "a",
                           f<&Document::meta>["seo"] = Json::object()),
               FieldError);
  EXPECT_THROW(it().update(f<&Document::meta>["a"] = 1, f<& Document::meta> = Json::object()),
               FieldError);
}

TEST_F(NestedUpdate, ByTheWayThatReadsFirst_Too) {
  // The unique name makes this a commit of the whole row.
  Document::objects.filter(f<&Document::name>.iexact("A"))
      .update(f<& Document::name> = "b", f<&Document::meta>["seo"]["title"] = "read");
  EXPECT_EQ(now().meta["seo"]["title"], "read");
  EXPECT_EQ(now().meta["flag"], true);
  EXPECT_EQ(now().name, "b");
}

TEST_F(NestedUpdate, ConditionsOnPlaces) {
  Document::objects.create({.name = "b", .meta = {{"seo", {{"rank", 10}}}}, .tags = {"z"}});
  const auto names = [](const QuerySet<Document>& qs) {
    return qs.order_by("name").values_list<&Document::name>();
  };
  const auto rank = f<&Document::meta>["seo"]["rank"];
  EXPECT_THAT(names(Document::objects.filter(rank == 3)), ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.filter(rank > 3)), ElementsAre("b"));
  EXPECT_THAT(names(Document::objects.filter(!(rank > 3))), ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.filter(rank == 3 || rank == 10)), ElementsAre("a", "b"));
  EXPECT_THAT(names(Document::objects.filter(f<&Document::meta>["seo"]["title"].isnull())),
              ElementsAre("b"));
  EXPECT_THAT(names(Document::objects.filter(f<&Document::meta>["seo"]["title"].startswith("o"))),
              ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.filter(f<&Document::meta>["list"].contains(2))),
              ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.filter(f<&Document::tags>[0] == "z")), ElementsAre("b"));
  EXPECT_THAT(names(Document::objects.filter({{"meta__seo__rank__gte", 4}})), ElementsAre("b"));
  EXPECT_THAT(names(Document::objects.filter({{"meta__seo__title", "old"}})), ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.filter({{"meta__list__0", 1}})), ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.filter({{"tags__0__istartswith", "X"}})), ElementsAre("a"));
  EXPECT_THAT(names(Document::objects.exclude({{"meta__flag", true}})), ElementsAre("b"));
  EXPECT_EQ(it().filter(rank == 4).update(f<&Document::meta>["seo"]["rank"] = 5), 0u);
  EXPECT_EQ(it().filter(rank == 3).update(f<&Document::meta>["seo"]["rank"] = 5), 1u);
  EXPECT_THAT(Document::objects.filter(rank == 5).explain(), HasSubstr("meta.seo.rank = 5"));
  EXPECT_THROW((void)Document::objects.filter({{"name__x", 1}}), FieldError);
  EXPECT_THROW((void)Document::objects.filter({{"tags__x", 1}}), FieldError);
}

TEST_F(NestedUpdate, LookupsThatLeadNowhereAreFieldErrors) {
  const auto message = [](std::initializer_list<Lookup> l) -> std::string {
    try {
      (void)Document::objects.filter(l).count();
    } catch (const FieldError& e) {
      return e.what();
    }
    return "no error";
  };
  for (const char* name : {"meta____title", "meta__seo____title"})
    EXPECT_THAT(message({{name, "x"}}), HasSubstr("has no name")) << name;
  for (const char* name : {"meta__", "meta__seo__", "name__"})
    EXPECT_THAT(message({{name, "x"}}), HasSubstr("no name behind the last '__'")) << name;
  std::string deep = "meta";
  for (int level = 2; level <= 32; ++level) deep += "__a";
  EXPECT_EQ(message({{deep, "x"}}), "no error");
  EXPECT_THAT(message({{deep + "__a", "x"}}), HasSubstr("33 levels deep"));
  for (const char* lookup : {"startswith", "iexact", "icontains", "istartswith"})
    EXPECT_THAT(message({{std::string("meta__a__") + lookup, 5}}), HasSubstr("takes text"));
  for (const char* lookup : {"gt", "gte", "lt", "lte"}) {
    EXPECT_THAT(message({{std::string("meta__a__") + lookup, true}}), HasSubstr("has an order"));
    EXPECT_EQ(message({{std::string("meta__a__") + lookup, 1.5}}), "no error");
  }
  EXPECT_THAT(message({{"meta__a__between", {LookupValue(1), LookupValue("2")}}}),
              HasSubstr("two types"));
  EXPECT_THAT(message({{"scores__0__startswith", "1"}}), HasSubstr("for text fields"));
  EXPECT_THAT(message({{"scores__0", "one"}}), HasSubstr("must be a whole number"));
}

TEST_F(NestedUpdate, ACursorIsOfItsPlace) {
  for (const char* name : {"b", "c"})
    Document::objects.create({.name = name, .meta = {{"a", 1}, {"b", 1}, {"list", {1, 1}}}});
  const auto list = [](const auto& place) {
    return Document::objects.filter(place == 1).order_by("name").limit(1);
  };
  const std::string cursor = *list(f<&Document::meta>["a"]).page().next;
  EXPECT_EQ(list(f<&Document::meta>["a"]).page(cursor).items.size(), 1u);
  EXPECT_THROW((void)list(f<&Document::meta>["b"]).page(cursor), ForeignCursor);
  EXPECT_THROW((void)list(f<&Document::meta>["list"][0]).page(cursor), ForeignCursor);
}

TEST_F(NestedUpdate, ANullEqualsWhatIsNotThere) {
  Document::objects.create({.name = "b", .meta = {{"x", nullptr}}});
  Document::objects.create({.name = "c", .meta = {{"x", 1}}});
  const auto names = [](const QuerySet<Document>& qs) {
    return qs.order_by("name").values_list<&Document::name>();
  };
  const auto null = f<&Document::meta>["x"] == Json(nullptr);
  const auto here = !f<&Document::name>.icontains("z");  // which DynamoDB cannot check
  for (const auto& also : {Q<Document>(f<&Document::name> != "z"), Q<Document>(here)}) {
    EXPECT_THAT(names(Document::objects.filter(null && also)), ElementsAre("a", "b"));
    EXPECT_THAT(names(Document::objects.filter(!null && also)), ElementsAre("c"));
  }
  EXPECT_THAT(names(Document::objects.filter(null || f<&Document::name>.iexact("c"))),
              ElementsAre("a", "b", "c"));
  EXPECT_EQ(Document::objects.filter(null).update(f<&Document::meta>["x"] = 5), 2u);
}

TEST_F(NestedUpdate, AFailureTellsHowManyRowsWereUpdated) {
  Document::objects.create({.name = "b", .meta = {{"x", 1}}});
  Document::objects.create({.name = "c", .meta = {{"seo", {{"x", 1}}}}});
  const auto told = [](const auto& rows, const auto& assignment) -> std::string {
    try {
      rows.update(assignment);
    } catch (const ModelError& e) {
      return e.what();
    }
    return "no error";
  };
  const auto all = Document::objects.all();
  EXPECT_THAT(told(all, f<&Document::meta>["seo"]["title"] = "new"),
              testing::AllOf(HasSubstr("meta.seo.title"), HasSubstr("2 of 3 rows were updated")));
  EXPECT_EQ(Document::objects.filter(f<&Document::meta>["seo"]["title"] == "new").count(), 2u);
  db.client().writes_left = 1;
  EXPECT_THAT(told(all, f<&Document::tags>.append("t")), HasSubstr("1 of 3 rows were updated"));
  db.client().writes_left = 1;
  EXPECT_THAT(told(all.filter(!f<&Document::name>.iexact("z")), f<&Document::tags>.append("t")),
              HasSubstr("1 of 3 rows were updated"));
  db.client().writes_left = 0;
  EXPECT_THAT(told(it(), f<&Document::tags>.append("t")),
              testing::Not(HasSubstr("rows were updated")));
}

}  // namespace
}  // namespace test_blog
