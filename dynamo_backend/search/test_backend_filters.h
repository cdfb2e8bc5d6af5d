// The suite of all backends: filters, facets and highlights.
#pragma once
#include "dynamo_backend/search/test_backend_fixture.h"

namespace dynamo_backend::search {

// ---- filters

TEST_P(BackendSuite, Filters_AreExact) {
  write_live(
      {{.key = "a", .title = "x", .section = "news", .tags = {"C++", "data base"}, .rating = 5},
       {.key = "b", .title = "x", .section = "News", .tags = {"c++"}, .visible = false},
       {.key = "c", .title = "y", .section = "", .price = "12.30"}});
  EXPECT_THAT(filtered(is("section", "news")), ElementsAre("a"));
  EXPECT_THAT(filtered(is("section", "")), ElementsAre("c"));
  EXPECT_THAT(filtered(is("tags", "C++")), ElementsAre("a"));
  EXPECT_THAT(filtered(is("tags", "data base")), ElementsAre("a"));
  EXPECT_THAT(filtered(is("tags", "data")), IsEmpty());
  EXPECT_THAT(filtered(is("visible", false)), ElementsAre("b"));
  EXPECT_THAT(filtered(is("rating", 5)), ElementsAre("a"));
  EXPECT_THAT(filtered(is("price", *Decimal::parse("12.3"))), ElementsAre("c"));
  EXPECT_THAT(filtered(is("visible", true), "x"), ElementsAre("a"));
  EXPECT_THAT(filtered({.type = Filter::Type::one_of, .field = "section", .values = {"News", ""}}),
              ElementsAre("b", "c"));
  EXPECT_THAT(filtered({.type = Filter::Type::one_of, .field = "tags", .values = {"c++", "C++"}}),
              ElementsAre("a", "b"));
}

TEST_P(BackendSuite, Filters_OfRangesAndPresence) {
  write_live({{.key = "a", .rating = -3, .price = "-1.5", .created_at = "2026-01-01T00:00:00Z"},
              {.key = "b",
               .rating = 2,
               .price = "0.30000000000000000000000000000000001",
               .created_at = "2026-01-01T00:00:00.000001Z"},
              {.key = "c", .rating = 9007199254740993, .price = "0.3", .created_at = ""}});
  using Type = Filter::Type;
  EXPECT_THAT(filtered(compare(Type::less, "rating", 2)), ElementsAre("a"));
  EXPECT_THAT(filtered(compare(Type::less_equal, "rating", 2)), ElementsAre("a", "b"));
  EXPECT_THAT(filtered(compare(Type::greater, "rating", 9007199254740992)), ElementsAre("c"));
  EXPECT_THAT(filtered(is("rating", 9007199254740992)), IsEmpty());  // exact, no double
  EXPECT_THAT(filtered(compare(Type::greater, "price", *Decimal::parse("0.3"))), ElementsAre("b"));
  EXPECT_THAT(filtered(compare(Type::less, "price", *Decimal::parse("0"))), ElementsAre("a"));
  const Value first(base::to_iso(*base::parse_iso("2026-01-01T00:00:00Z")));
  EXPECT_THAT(filtered(compare(Type::greater, "created_at", first)), ElementsAre("b"));
  EXPECT_THAT(filtered(compare(Type::greater_equal, "created_at", first)), ElementsAre("a", "b"));
  EXPECT_THAT(filtered({.type = Type::exists, .field = "created_at"}), ElementsAre("a", "b"));
  EXPECT_THAT(filtered({.type = Type::exists, .field = "tags"}), IsEmpty());
}

TEST_P(BackendSuite, Filters_Compose) {
  write_live({{.key = "a", .section = "news", .tags = {"x", "y"}, .rating = 1},
              {.key = "b", .section = "news", .tags = {"y"}, .rating = 2},
              {.key = "c", .section = "blog", .rating = 3, .created_at = ""}});
  EXPECT_THAT(filtered(all({is("section", "news"), is("tags", "x")})), ElementsAre("a"));
  EXPECT_THAT(filtered(any({is("section", "blog"), is("rating", 2)})), ElementsAre("b", "c"));
  EXPECT_THAT(filtered(negation(is("tags", "x"))), ElementsAre("b", "c"));
  // Without a value: it meets the negation of any comparison.
  const Value now(base::to_iso(*base::parse_iso("2030-01-01T00:00:00Z")));
  EXPECT_THAT(filtered(negation(compare(Filter::Type::less, "created_at", now))), ElementsAre("c"));
  EXPECT_THAT(filtered(all({})), ElementsAre("a", "b", "c"));
  EXPECT_THAT(filtered(any({})), IsEmpty());
  EXPECT_THAT(filtered({.type = Filter::Type::never}), IsEmpty());
  EXPECT_THAT(filtered(negation(all({is("section", "news"), negation(is("tags", "x"))}))),
              ElementsAre("a", "c"));
}

TEST_P(BackendSuite, FilterByWhatIsNoFilter_IsFieldErrorWithTheChoices) {
  write_live({{.key = "a", .title = "x"}});
  try {
    filtered(is("title", "x"));
    FAIL() << "no error";
  } catch (const FieldError& error) {
    EXPECT_THAT(error.what(), HasSubstr("title"));
    EXPECT_THAT(error.what(), HasSubstr("section, tags, visible, rating, price, created_at"));
  }
}

// ---- facets and highlights

TEST_P(BackendSuite, Facets_CountAllThatMatches_NotThePage) {
  std::vector<Article> articles;
  for (int i = 0; i < 12; ++i)
    articles.push_back({.key = "k" + std::to_string(i),
                        .title = "words",
                        .section = i % 3 == 0 ? "blog" : "news",
                        .tags = i % 2 == 0 ? Strings{"even", "all"} : Strings{"all"},
                        .visible = i < 5,
                        .rating = i % 4});
  articles.push_back({.key = "other", .title = "elsewhere", .section = "never", .tags = {"never"}});
  write_live(articles);
  const Request request{.limit = 2,
                        .facets = {{.field = "tags"},
                                   {.field = "section", .limit = 1},
                                   {.field = "visible"},
                                   {.field = "rating"}}};
  for (const std::string typed : {"words", ""}) {
    Request asked = request;
    if (typed.empty()) asked.filter = negation(is("section", "never"));
    const Results results = search(asked, typed);
    EXPECT_EQ(results.total, 12u);
    ASSERT_EQ(results.facets.size(), 4u);
    EXPECT_EQ(show(results.facets[0]), "all:12 even:6");
    EXPECT_EQ(show(results.facets[1]), "news:8");
    EXPECT_EQ(show(results.facets[2]), "false:7 true:5");
    EXPECT_EQ(show(results.facets[3]), "0:3 1:3 2:3 3:3");
  }
  EXPECT_THAT(search(request, "nothing").facets,
              ElementsAre(IsEmpty(), IsEmpty(), IsEmpty(), IsEmpty()));
  EXPECT_THROW(search({.facets = {{.field = "body"}}}, "words"), FieldError);
}

TEST_P(BackendSuite, Highlights_MarkWhatMatched) {
  std::string body;
  for (int i = 0; i < 300; ++i) body += "word" + std::to_string(i) + " ";
  write_live({{.key = "a", .title = "Running <b>fast</b>", .body = body + "streams run " + body}});
  const Results results = search({.highlight = {"title", "body"}}, "run streams");
  ASSERT_EQ(results.hits.size(), 1u);
  ASSERT_EQ(results.hits[0].highlights.size(), 2u);
  EXPECT_EQ(results.hits[0].highlights[0], "\x01Running\x02 <b>fast</b>");
  EXPECT_THAT(results.hits[0].highlights[1], HasSubstr("\x01streams\x02 \x01run\x02"));
  EXPECT_LT(results.hits[0].highlights[1].size(), 500u);
}

TEST_P(BackendSuite, Highlights_AreEmptyWhereNothingMatched) {
  write_live({{.key = "a", .title = "streams", .body = "elsewhere"}});
  const Results results = search({.highlight = {"body", "title"}}, "streams");
  ASSERT_EQ(results.hits.size(), 1u);
  EXPECT_THAT(results.hits[0].highlights, ElementsAre("", "\x01streams\x02"));
  EXPECT_THAT(search({.highlight = {"title"}}, "").hits.at(0).highlights, ElementsAre(""));
}

TEST_P(BackendSuite, Highlights_MarkTypos) {
  write_live({{.key = "a", .title = "databases"}});
  const Results results =
      search({.match = Match::every_word_with_typos, .highlight = {"title"}}, "databses");
  ASSERT_EQ(results.hits.size(), 1u);
  EXPECT_THAT(results.hits[0].highlights, ElementsAre("\x01"
                                                      "databases\x02"));
}

}  // namespace dynamo_backend::search
