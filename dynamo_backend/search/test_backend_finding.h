// The suite of all backends: what words find, in which order, page by page.
#pragma once
#include "dynamo_backend/search/test_backend_fixture.h"

namespace dynamo_backend::search {

// ---- words

TEST_P(BackendSuite, Words_AllMustBeThere_InAnyText) {
  write_live({{.key = "a", .title = "Single table design", .body = "for DynamoDB"},
              {.key = "b", .title = "Table manners", .body = "at dinner"},
              {.key = "c", .title = "DynamoDB streams"}});
  EXPECT_THAT(found("table"), ElementsAre("a", "b"));
  EXPECT_THAT(found("table dynamodb"), ElementsAre("a"));
  EXPECT_THAT(found("dinner streams"), IsEmpty());
  EXPECT_THAT(found(""), ElementsAre("a", "b", "c"));
}

TEST_P(BackendSuite, Words_AreStemmed_WithoutCaseAndAccents) {
  write_live({{.key = "a", .title = "Running tables"},
              {.key = "b", .title = "Crème brûlée"},
              {.key = "c", .title = "STRAẞE und Straße"},
              {.key = "d", .title = "Ørsted, Łódź, Æther"},
              {.key = "e", .title = "за\xCC\x81мок", .body = "\u1ECC\xCC\x80\u1E63un river"}});
  EXPECT_THAT(found("RUN table"), ElementsAre("a"));
  EXPECT_THAT(found("runs"), ElementsAre("a"));
  EXPECT_THAT(found("creme BRULEE"), ElementsAre("b"));
  EXPECT_THAT(found("cre\xCC\x80me"), ElementsAre("b"));
  EXPECT_THAT(found("strasse"), ElementsAre("c"));
  EXPECT_THAT(found("orsted lodz aether"), ElementsAre("d"));
  EXPECT_THAT(found("замок"), ElementsAre("e"));  // no letter has this accent
  EXPECT_THAT(found("ЗА\xCC\x81МОК osun"), ElementsAre("e"));
  EXPECT_THAT(found("\u1ECC\xCC\x80\u1E63un"), ElementsAre("e"));
}

TEST_P(BackendSuite, Words_AreRunsOfLettersAndDigits) {
  write_live({{.key = "a", .title = "node.js and C++20"}, {.key = "b", .title = "東京 2026"}});
  EXPECT_THAT(found("node"), ElementsAre("a"));
  EXPECT_THAT(found("js c"), ElementsAre("a"));
  EXPECT_THAT(found("20"), ElementsAre("a"));
  EXPECT_THAT(found("東京"), ElementsAre("b"));
}

TEST_P(BackendSuite, NoWordIsAStopWord) {
  write_live({{.key = "a", .title = "The Who"}, {.key = "b", .title = "To be or not to be"}});
  EXPECT_THAT(found("the who"), ElementsAre("a"));
  EXPECT_THAT(found("\"to be or not\""), ElementsAre("b"));
  EXPECT_THAT(found("the"), ElementsAre("a"));
}

TEST_P(BackendSuite, SyntaxInAQuery_IsNoSyntax) {
  write_live({{.key = "a", .title = "alpha beta"}, {.key = "b", .title = "title near or not"}});
  EXPECT_THAT(found("alpha OR nothing"), IsEmpty());
  EXPECT_THAT(found("title:alpha"), IsEmpty());
  EXPECT_THAT(found("NEAR title"), ElementsAre("b"));
  EXPECT_THAT(found("NOT (or)"), ElementsAre("b"));
  EXPECT_THAT(found("-alpha ^beta {alpha} [beta] ~1 'x'"), IsEmpty());  // "1" and "x" are words
  EXPECT_THAT(found("-alpha +beta/"), ElementsAre("a"));
}

TEST_P(BackendSuite, Phrase_StandsInOneText_InOrder) {
  write_live({{.key = "a", .title = "single table design"},
              {.key = "b", .title = "table for a single person"},
              {.key = "c", .title = "single", .body = "table design"}});
  EXPECT_THAT(found("\"single table\""), ElementsAre("a"));
  EXPECT_THAT(found("\"tables designs\""), ElementsAre("a", "c"));  // stemmed
  EXPECT_THAT(found("\"single table\" person"), IsEmpty());
}

TEST_P(BackendSuite, Prefix_IsTheBeginningOfAWord) {
  write_live({{.key = "a", .title = "DynamoDB"},
              {.key = "b", .body = "a dynasty"},
              {.key = "c", .title = "undyn"}});
  EXPECT_THAT(found("dyn*"), ElementsAre("a", "b"));
  EXPECT_THAT(found("dynam*"), ElementsAre("a"));
  EXPECT_THAT(found("dyn* a"), ElementsAre("b"));
}

TEST_P(BackendSuite, Prefix_MayBeLongerThanTheStem) {
  write_live({{.key = "a", .title = "Relational databases"}, {.key = "b", .title = "relations"}});
  EXPECT_THAT(found("relat*"), ElementsAre("a", "b"));
  EXPECT_THAT(found("relatio*"), ElementsAre("a", "b"));
  EXPECT_THAT(found("RELATIÓNA* datab*"), ElementsAre("a"));
  EXPECT_THAT(found("relationz*"), IsEmpty());
}

// ---- the ladder

TEST_P(BackendSuite, Typos_ByLength_FirstLetterExact) {
  write_live({{.key = "a", .title = "database"},
              {.key = "b", .title = "cat"},
              {.key = "c", .title = "ox"},
              {.key = "d", .title = "walking"}});
  const Request typos{.match = Match::every_word_with_typos};
  EXPECT_THAT(found("databaze"), IsEmpty());
  EXPECT_THAT(found("databaze", typos), ElementsAre("a"));  // one
  EXPECT_THAT(found("dtaabaze", typos), ElementsAre("a"));  // a swap and one
  EXPECT_THAT(found("ratabase", typos), IsEmpty());         // the first letter
  EXPECT_THAT(found("cut", typos), ElementsAre("b"));       // three letters: one
  EXPECT_THAT(found("cub", typos), IsEmpty());
  EXPECT_THAT(found("oy", typos), IsEmpty());  // two letters: none
  EXPECT_THAT(found("ox", typos), ElementsAre("c"));
  EXPECT_THAT(found("welting", typos), ElementsAre("d"));  // the word's length, not the stem's
}

TEST_P(BackendSuite, Typos_EveryWordMustStillBeThere) {
  write_live({{.key = "a", .title = "database design"}, {.key = "b", .title = "database"}});
  EXPECT_THAT(found("databaze dezign", {.match = Match::every_word_with_typos}), ElementsAre("a"));
  EXPECT_THAT(found("databaze nothinglikeit", {.match = Match::every_word_with_typos}), IsEmpty());
}

TEST_P(BackendSuite, AnyWord_IsTheLastRung) {
  write_live({{.key = "a", .title = "database design"},
              {.key = "b", .title = "database"},
              {.key = "c", .title = "cooking"}});
  EXPECT_THAT(found("databaze nothinglikeit", {.match = Match::any_word_with_typos}),
              ElementsAre("a", "b"));
  EXPECT_THAT(found("qqqq wwww", {.match = Match::any_word_with_typos}), IsEmpty());
}

TEST_P(BackendSuite, Suggest_GivesTheNearestWordOfTheVocabulary) {
  write_live({{.key = "a", .title = "Databases"}, {.key = "b", .title = "databases streams"}});
  const Strings words{"databses", "stream", "zzzzzz", "ab"};
  EXPECT_THAT(backend_->suggest(index_, words), ElementsAre("databases", "stream", "", ""));
}

TEST_P(BackendSuite, Suggest_KnowsOnlyWordsOfDocumentsThatAreThere) {
  const int version =
      write_live({{.key = "a", .title = "databases"}, {.key = "b", .title = "other"}});
  write(version, {tombstone("a", 2)});
  const Strings words{"databses"};
  EXPECT_THAT(backend_->suggest(index_, words), ElementsAre(""));
}

// ---- order and pages

TEST_P(BackendSuite, Relevance_PutsRareWordsWeightsAndShortTextsFirst) {
  std::vector<Article> articles{
      {.key = "in-title", .title = "streams"},
      {.key = "in-body", .body = "streams"},
      {.key = "in-long-body", .body = "streams " + std::string(300, 'x')}};
  std::string filler;
  for (int i = 0; i < 60; ++i) filler += "filler ";
  articles[2].body = "streams " + filler;
  for (int i = 0; i < 10; ++i)
    articles.push_back({.key = "other" + std::to_string(i), .title = "common words"});
  write_live(articles);
  const Results results = search({}, "streams");
  EXPECT_THAT(keys(results), ElementsAre("in-title", "in-body", "in-long-body"));
  EXPECT_EQ(results.total, 3u);
  EXPECT_GT(results.hits[0].score, results.hits[1].score);
  EXPECT_GT(results.hits[2].score, 0);
}

TEST_P(BackendSuite, Pages_GoOnBehindTheLastHit) {
  std::vector<Article> articles;
  for (int i = 0; i < 25; ++i)
    articles.push_back({.key = "k" + std::to_string(10 + i), .title = "same words here"});
  write_live(articles);
  for (const std::string typed : {"words", ""}) {
    Request request{.limit = 10};
    Strings all;
    int pages = 0;
    for (; pages < 5; ++pages) {
      const Results results = search(request, typed);
      EXPECT_EQ(results.total, 25u);
      for (const std::string& key : keys(results)) all.push_back(key);
      request.position = results.next;
      if (results.next.empty()) break;
    }
    EXPECT_EQ(pages, 2);
    EXPECT_EQ(all.size(), 25u);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));  // equal scores: in order of key
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 25u);
  }
}

TEST_P(BackendSuite, OrderByAField_AbsentLast_TiesByKey) {
  write_live({{.key = "a", .title = "x", .rating = 2, .created_at = "2026-01-02T00:00:00Z"},
              {.key = "b", .title = "x", .rating = 1, .created_at = ""},
              {.key = "c", .title = "x", .rating = 2, .created_at = "2026-01-03T00:00:00.000001Z"},
              {.key = "d", .title = "y", .rating = -5, .created_at = "2026-01-03T00:00:00Z"}});
  const auto ordered = [&](const std::string& field, bool descending, const char* typed) {
    Strings all;
    Request request{.order = Order{field, descending}, .limit = 1};
    do {  // one at a time: positions behind every kind of value
      const Results results = search(request, typed);
      for (const std::string& key : keys(results)) all.push_back(key);
      request.position = results.next;
    } while (!request.position.empty());
    return all;
  };
  EXPECT_THAT(ordered("created_at", true, ""), ElementsAre("c", "d", "a", "b"));
  EXPECT_THAT(ordered("created_at", false, ""), ElementsAre("a", "d", "c", "b"));
  EXPECT_THAT(ordered("rating", true, ""), ElementsAre("a", "c", "b", "d"));
  EXPECT_THAT(ordered("rating", false, ""), ElementsAre("d", "b", "a", "c"));
  EXPECT_THAT(ordered("created_at", true, "x"), ElementsAre("c", "a", "b"));
  EXPECT_THAT(ordered("created_at", false, "x"), ElementsAre("a", "c", "b"));
}

TEST_P(BackendSuite, OrderByManyValuesOrNoFilter_IsFieldError) {
  write_live({{.key = "a", .title = "x"}});
  EXPECT_THROW(search({.order = Order{"tags", false}}, ""), FieldError);
  EXPECT_THROW(search({.order = Order{"title", false}}, ""), FieldError);
  EXPECT_THROW(search({.limit = kMaxLimit + 1}, "x"), FieldError);
  EXPECT_THROW(search({.limit = 0}, "x"), FieldError);
}

}  // namespace dynamo_backend::search
