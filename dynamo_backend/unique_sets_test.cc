// Unique<…> sets and fold_case, on every way to write a row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_integrity.h"
#include "dynamo_backend/unique.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(UniqueSet, TogetherTheyMustBeUnique) {
  Integrity db;
  const auto red = Team::objects.create({.name = "red"}),
             blue = Team::objects.create({.name = "blue"});
  Page::objects.create({.team_pk = red, .slug = "home"});
  EXPECT_NO_THROW(Page::objects.create({.team_pk = blue, .slug = "home"}));
  EXPECT_NO_THROW(Page::objects.create({.team_pk = red, .slug = "other"}));
  try {
    Page::objects.create({.team_pk = red, .slug = "HOME"});
    FAIL();
  } catch (const IntegrityError& e) {
    EXPECT_THAT(e.fields(), ElementsAre("team_pk", "slug"));
    EXPECT_THAT(e.what(), HasSubstr("Page: another row has team_pk '" + red.pk.str()));
    EXPECT_THAT(e.what(), HasSubstr("together they must be unique (team-slug)"));
  }
  EXPECT_EQ(Page::objects.count(), 3u);
}

TEST(UniqueSet, ARowThatLacksAMemberIsNotHeldToIt) {
  Integrity db;
  const auto team = Team::objects.create({.name = "red"});
  auto a = Page::objects.create({.team_pk = team, .slug = "a", .position = 1});
  auto b = Page::objects.create({.team_pk = team, .slug = "b", .position = 1});
  a.locale = "de";
  a.save();
  b.locale = "de";
  EXPECT_THROW(b.save(), IntegrityError);
  b.pinned = true;  // a BOOL is a member like others
  b.save();
  a.locale = std::nullopt;
  a.save();
  b.pinned = false;
  EXPECT_NO_THROW(b.save());
}

TEST(UniqueSet, ChangingOneMemberMovesTheClaim) {
  Integrity db;
  const auto red = Team::objects.create({.name = "red"}),
             blue = Team::objects.create({.name = "blue"});
  auto page = Page::objects.create({.team_pk = red, .slug = "home"});
  EXPECT_EQ(db.claims(), 3u);
  page.team_pk = blue;
  page.save();
  EXPECT_EQ(db.claims(), 3u);
  EXPECT_NO_THROW(Page::objects.create({.team_pk = red, .slug = "home"}));
  EXPECT_THROW(Page::objects.create({.team_pk = blue, .slug = "Home"}), IntegrityError);
  page.slug = "HOME";  // the same value in another case: nothing to claim
  db.calls().reset();
  page.save();
  EXPECT_EQ(db.calls().transact, 0);
  EXPECT_EQ(Page::objects.get(page.pk).slug, "HOME");
  EXPECT_THROW(Page::objects.create({.team_pk = blue, .slug = "home"}), IntegrityError);
}

// Each writer changes another member of the set: the claim is of both.
TEST(UniqueSet, TwoWritersOfOneRow_TheClaimIsOfTheRowAsItIs) {
  Integrity db;
  const auto red = Team::objects.create({.name = "red"}),
             blue = Team::objects.create({.name = "blue"});
  const auto page = Page::objects.create({.team_pk = red, .slug = "home"});
  db.client().before_write = [&] {
    Page::objects.filter(f<&Page::pk> == page.pk).update(f<& Page::slug> = "news");
  };
  Page::objects.filter(f<&Page::pk> == page.pk).update(f<& Page::team_pk> = blue);
  const auto now = Page::objects.get(page.pk);
  EXPECT_EQ(now.slug, "news");
  EXPECT_EQ(now.team_pk.pk, blue.pk);
  EXPECT_EQ(db.claims(), 3u);
  EXPECT_THROW(Page::objects.create({.team_pk = blue, .slug = "news"}), IntegrityError);
  EXPECT_NO_THROW(Page::objects.create({.team_pk = red, .slug = "home"}));
}

// The same without a version, which would tell each of the other.
TEST(UniqueSet, TwoWritersOfOneRowWithoutAVersion) {
  Integrity db;
  const auto team = Team::objects.create({.name = "red"});
  const auto a = Page::objects.create({.team_pk = team, .slug = "a"}),
             b = Page::objects.create({.team_pk = team, .slug = "b"});
  auto remark = Remark::objects.create({.page_pk = a, .author = "x"});
  const auto it = Remark::objects.filter(f<&Remark::pk> == remark.pk);
  db.client().before_write = [&] { it.update(f<& Remark::author> = "y"); };
  it.update(f<& Remark::page_pk> = b);
  EXPECT_THROW(Remark::objects.create({.page_pk = b, .author = "y"}), IntegrityError);
  EXPECT_NO_THROW(Remark::objects.create({.page_pk = a, .author = "x"}));
  db.client().before_write = [&] { it.update(f<& Remark::page_pk> = std::nullopt); };
  remark.author = "z";
  remark.save();
  EXPECT_NO_THROW(Remark::objects.create({.page_pk = b, .author = "y"}));
  EXPECT_NO_THROW(Remark::objects.create({.page_pk = b, .author = "z"}));
  EXPECT_NO_THROW(Remark::objects.create({.page_pk = a, .author = "z"}));
}

TEST(UniqueSet, UpdateBulkCreateUpsertAndRemoveKeepIt) {
  Integrity db;
  const auto red = Team::objects.create({.name = "red"});
  Page::objects.bulk_create({{.team_pk = red, .slug = "a"}, {.team_pk = red, .slug = "b"}});
  EXPECT_THROW(
      Page::objects.bulk_create({{.team_pk = red, .slug = "c"}, {.team_pk = red, .slug = "C"}}),
      IntegrityError);
  EXPECT_THROW(
      Page::objects.bulk_create({{.team_pk = red, .slug = "c"}, {.team_pk = red, .slug = "A"}}),
      IntegrityError);
  const auto slug_is = [](const char* s) { return f<&Page::slug> == s; };
  EXPECT_THROW(Page::objects.filter(slug_is("a")).update(f<& Page::slug> = "B"), IntegrityError);
  EXPECT_EQ(Page::objects.filter(slug_is("a")).update(f<& Page::slug> = "z"), 1u);
  const auto moved = Page::objects.filter(f<&Page::pk> == Page::objects.get(slug_is("z")).pk)
                         .update_returning(f<& Page::slug> = "y");
  EXPECT_EQ(moved->slug, "y");
  EXPECT_NO_THROW(Page::objects.create({.team_pk = red, .slug = "a"}));
  EXPECT_FALSE(Page::objects.get_or_create(f<&Page::team_pk> == red && slug_is("y")).second);
  EXPECT_THROW(Page::objects.update_or_create(slug_is("y"), [](Page& p) { p.slug = "A"; }),
               IntegrityError);
  EXPECT_EQ(Page::objects.filter(slug_is("y")).remove(), 1u);
  EXPECT_NO_THROW(Page::objects.create({.team_pk = red, .slug = "Y"}));
  auto team = Team::objects.get(red.pk);
  team.remove();  // and its pages
  EXPECT_EQ(Page::objects.count(), 0u);
  EXPECT_EQ(db.claims(), 0u);
}

TEST(UniqueSet, ACascadeThatSetsAMemberToNullGivesTheClaimUp) {
  Integrity db;
  const auto team = Team::objects.create({.name = "red"});
  auto page = Page::objects.create({.team_pk = team, .slug = "a"});
  for (const char* author : {"x", "y"}) Remark::objects.create({.page_pk = page, .author = author});
  EXPECT_THROW(Remark::objects.create({.page_pk = page, .author = "x"}), IntegrityError);
  EXPECT_EQ(db.claims(), 4u);
  page.remove();
  EXPECT_EQ(Remark::objects.count(), 2u);
  EXPECT_EQ(db.claims(), 1u);
}

TEST(UniqueSet, TwoCreators_OneMakesTheOtherGets) {
  Integrity db;
  const auto team = Team::objects.create({.name = "red"});
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      made +=
          Page::objects.get_or_create(f<&Page::team_pk> == team && f<&Page::slug> == "a").second;
      Page::objects.update_or_create(f<&Page::team_pk> == team && f<&Page::slug> == "b",
                                     [](Page& p) { ++p.position; });
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(Page::objects.count(), 2u);
  EXPECT_EQ(Page::objects.get(f<&Page::slug> == "b").position, 16);
}

TEST(FoldCase, IsUnicodesAndSeesThroughNormalForms) {
  Integrity db;
  Team::objects.create({.name = "Straße"});
  Team::objects.create({.name = "Zoë"});
  Team::objects.create({.name = "ΟΔΟΣ"});
  for (const char* name : {"STRASSE", "straße", "ZOË", "zoe\xCC\x88", "οδος", "οδοσ"})
    EXPECT_THROW(Team::objects.create({.name = name}), IntegrityError) << name;
  EXPECT_NO_THROW(Team::objects.create({.name = "zoe"}));
  try {
    Team::objects.create({.name = "zoË"});
  } catch (const IntegrityError& e) {
    EXPECT_THAT(e.what(), HasSubstr("in this or another case"));
  }
}

TEST(FoldCase, LongValuesFoldToo) {
  Integrity db;
  Team::objects.create({.name = std::string(1000, 'x')});
  EXPECT_THROW(Team::objects.create({.name = std::string(1000, 'X')}), IntegrityError);
  EXPECT_NO_THROW(Team::objects.create({.name = std::string(999, 'X') + 'y'}));
}

TEST(ClaimKeys, OfSetsAreUnambiguousAndApartFromFields) {
  const ModelInfo& m = model_info<Remark>();
  FieldInfo a = m.field("author"), b = a;
  a.attribute = "a";
  b.attribute = "b";
  const UniqueInfo set{.name = "ab", .fields = {&a, &b}, .declared = true};
  const auto key = [&](const char* x, const char* y) {
    const dynamodb::PackedItem item(dynamodb::Item{{"a", x}, {"b", y}});
    return claim_key(m, set, item.view()).value();
  };
  EXPECT_EQ(key("x", "y"), "test_blog_remark#%set2#a#b#1:x1:y");
  EXPECT_NE(key("x", "1:y"), key("x1:1", "y"));
  EXPECT_NE(key("1:x", ""), key("", "1:x"));
  EXPECT_LE(key(std::string(3000, 'x').c_str(), "y").size(), 1024u);
}

TEST(ClaimKeys, AnOwnerIsOneRow) {
  Integrity db;
  Shelf::objects.create({.room = "a/b", .place = "c", .code = "1"});
  EXPECT_THROW(Shelf::objects.create({.room = "a", .place = "b/c", .code = "1"}), IntegrityError);
}

TEST(Claims, OfRowsOfBeforeAreMadeForSetsToo) {
  Integrity db;
  const auto team = Uuid::from_bits(9, 9).str();
  const auto put = [&](int n, const char* slug) {
    db.put("test_blog_page", {{"pk", Uuid::from_bits(1, static_cast<std::uint64_t>(n)).str()},
                              {"team_pk", team},
                              {"slug", slug},
                              {"position", n},
                              {"pinned", false}});
  };
  put(1, "a");
  put(2, "b");
  EXPECT_THAT(claim_existing_rows(model_info<Page>()), IsEmpty());
  EXPECT_THAT(claim_existing_rows(model_info<Page>()), IsEmpty());
  EXPECT_EQ(db.claims(), 2u);
  put(3, "A");
  EXPECT_THAT(claim_existing_rows(model_info<Page>()),
              ElementsAre(HasSubstr("another row has team_pk '" + team + "', slug 'A'")));
}

TEST(Claims, ALostAnswerIsNoSecondRow) {
  Integrity db;
  db.client().lose = 1;
  EXPECT_NO_THROW(Team::objects.create({.name = "red"}));
  EXPECT_EQ(db.calls().transact, 2);
  EXPECT_EQ(Team::objects.count(), 1u);
}

}  // namespace
}  // namespace test_blog
