// What every backend of search must do, as one suite: a test program includes this and says
//
//   INSTANTIATE_TEST_SUITE_P(Local, BackendSuite, testing::Values(BackendFactory{[] { return …;
//   }}));
#pragma once
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "base/uuid.h"
#include "dynamo_backend/models.h"
#include "dynamo_backend/search/backend.h"
#include "dynamo_backend/search/words.h"

namespace search_suite {

using namespace dynamo_backend;

struct Article : DynamoModel<Article> {
  std::string title{}, body{}, section{};
  std::vector<std::string> tags{};
  bool visible = false;
  std::int64_t rating = 0;
  Decimal price{};
  std::optional<Timestamp> created_at{};

  static constexpr auto schema = define<Article>(
      {.opensearch_sync = true}, CharField<&Article::title>{.searchable = true, .search_weight = 2},
      TextField<&Article::body>{.searchable = true},
      CharField<&Article::section>{.filterable = true},
      ListField<&Article::tags>{.filterable = true},
      BooleanField<&Article::visible>{.filterable = true},
      IntegerField<&Article::rating>{.filterable = true},
      DecimalField<&Article::price>{.filterable = true},
      DateTimeField<&Article::created_at>{.filterable = true});
};

}  // namespace search_suite

namespace dynamo_backend::search {

struct BackendFactory {
  std::function<std::shared_ptr<Backend>()> make{};
};

class BackendSuite : public testing::TestWithParam<BackendFactory> {
 protected:
  using Strings = std::vector<std::string>;
  using Status = Outcome::Status;

  struct Article {
    std::string key{}, title{}, body{}, section = "news";
    Strings tags{};
    bool visible = true;
    std::int64_t rating = 0;
    std::string price = "0";
    std::string created_at = "2026-01-01T00:00:00Z";  // empty: none
    std::int64_t version = 1;
  };

  void SetUp() override {
    backend_ = GetParam().make();
    // Backends are shared by tests: each has an index of its own.
    index_.name = "suite_" + base::Uuid::random().str().substr(0, 8);
    index_.model = &model_info<search_suite::Article>();
    index_.texts = {{"title", 2}, {"body", 1}};
    index_.filters = {
        {"section", FilterType::text, false},    {"tags", FilterType::text, true},
        {"visible", FilterType::boolean, false}, {"rating", FilterType::integer, false},
        {"price", FilterType::decimal, false},   {"created_at", FilterType::time, false}};
  }
  void TearDown() override {
    if (!backend_) return;
    // The live one cannot be dropped: an empty one takes its place.
    const int last = backend_->make_version(index_);
    backend_->switch_to(index_, last);
    for (const IndexVersion& version : backend_->versions(index_))
      if (version.number != last) backend_->drop(index_, version.number);
  }

  int make_live() {
    const int version = backend_->make_version(index_);
    backend_->switch_to(index_, version);
    return version;
  }
  static Document document(const Article& a) {
    Document d{.key = a.key, .version = a.version};
    d.texts = {indexable_text(a.title), indexable_text(a.body)};
    std::vector<Value> tags;
    for (const std::string& tag : a.tags) tags.emplace_back(tag);
    std::vector<Value> created;
    if (!a.created_at.empty()) created.emplace_back(base::to_iso(*base::parse_iso(a.created_at)));
    d.filters = {{Value(a.section)},
                 tags,
                 {Value(a.visible)},
                 {Value(a.rating)},
                 {Value(*Decimal::parse(a.price))},
                 created};
    return d;
  }
  static Document tombstone(const std::string& key, std::int64_t version) {
    return {.key = key, .version = version, .deleted = true};
  }
  std::vector<Status> write(int version, const std::vector<Document>& documents,
                            const std::vector<Checkpoint>& checkpoints = {}) {
    const auto outcomes = backend_->write(index_, version, documents, checkpoints);
    backend_->refresh(index_, version);
    std::vector<Status> statuses;
    for (const Outcome& outcome : outcomes) statuses.push_back(outcome.status);
    return statuses;
  }
  // A live index of these.
  int write_live(const std::vector<Article>& articles) {
    const int version = make_live();
    std::vector<Document> documents;
    for (const Article& a : articles) documents.push_back(document(a));
    write(version, documents);
    return version;
  }

  static Strings keys(const Results& results) {
    Strings all;
    for (const Hit& hit : results.hits) all.push_back(hit.key);
    return all;
  }
  Results search(Request request, std::string_view typed) {
    request.query = parse_query_text(typed);
    return backend_->search(index_, request);
  }
  // In order of key.
  Strings found(std::string_view typed, Request request = {}) {
    request.limit = kMaxLimit;
    Strings all = keys(search(std::move(request), typed));
    std::sort(all.begin(), all.end());
    return all;
  }
  Strings filtered(Filter filter, std::string_view typed = "") {
    return found(typed, {.filter = std::move(filter)});
  }
  static Filter is(std::string field, Value value) {
    return {.type = Filter::Type::one_of, .field = std::move(field), .values = {std::move(value)}};
  }
  static Filter compare(Filter::Type type, std::string field, Value value) {
    return {.type = type, .field = std::move(field), .values = {std::move(value)}};
  }
  static Filter all(std::vector<Filter> children) {
    return {.type = Filter::Type::all, .children = std::move(children)};
  }
  static Filter any(std::vector<Filter> children) {
    return {.type = Filter::Type::any, .children = std::move(children)};
  }
  static Filter negation(Filter child) {
    return {.type = Filter::Type::negation, .children = {std::move(child)}};
  }
  static std::string show(const std::vector<FacetValue>& facet) {
    std::string out;
    for (const FacetValue& value : facet) {
      const auto* text = value.value.get_if<std::string>();
      const auto* number = value.value.get_if<dynamodb::Number>();
      const auto* flag = value.value.get_if<bool>();
      out += (out.empty() ? "" : " ") +
             (text            ? *text
              : number        ? number->text()
              : flag && *flag ? "true"
                              : "false") +
             ":" + std::to_string(value.count);
    }
    return out;
  }

  std::shared_ptr<Backend> backend_;
  IndexDefinition index_;
};

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
              {.key = "d", .title = "Ørsted, Łódź, Æther"}});
  EXPECT_THAT(found("RUN table"), ElementsAre("a"));
  EXPECT_THAT(found("runs"), ElementsAre("a"));
  EXPECT_THAT(found("creme BRULEE"), ElementsAre("b"));
  EXPECT_THAT(found("cre\xCC\x80me"), ElementsAre("b"));
  EXPECT_THAT(found("strasse"), ElementsAre("c"));
  EXPECT_THAT(found("orsted lodz aether"), ElementsAre("d"));
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

// ---- the ladder

TEST_P(BackendSuite, Typos_ByLength_FirstLetterExact) {
  write_live({{.key = "a", .title = "database"},
              {.key = "b", .title = "cat"},
              {.key = "c", .title = "ox"}});
  const Request typos{.match = Match::every_word_with_typos};
  EXPECT_THAT(found("databaze"), IsEmpty());
  EXPECT_THAT(found("databaze", typos), ElementsAre("a"));  // one
  EXPECT_THAT(found("dtaabaze", typos), ElementsAre("a"));  // a swap and one
  EXPECT_THAT(found("ratabase", typos), IsEmpty());         // the first letter
  EXPECT_THAT(found("cut", typos), ElementsAre("b"));       // three letters: one
  EXPECT_THAT(found("cub", typos), IsEmpty());
  EXPECT_THAT(found("oy", typos), IsEmpty());  // two letters: none
  EXPECT_THAT(found("ox", typos), ElementsAre("c"));
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

// ---- writing

TEST_P(BackendSuite, LowerVersions_AreOlder) {
  const int version = make_live();
  Article article{.key = "a", .title = "second", .version = 2};
  EXPECT_THAT(write(version, {document(article)}), ElementsAre(Status::written));
  article = {.key = "a", .title = "first", .version = 1};
  EXPECT_THAT(write(version, {document(article)}), ElementsAre(Status::older));
  EXPECT_THAT(found("first"), IsEmpty());
  article = {.key = "a", .title = "again", .version = 2};
  EXPECT_THAT(write(version, {document(article)}), ElementsAre(Status::written));
  EXPECT_THAT(found("again"), ElementsAre("a"));
  EXPECT_THAT(found("second"), IsEmpty());
}

TEST_P(BackendSuite, Tombstones_OutrankLateWrites) {
  const int version = write_live({{.key = "a", .title = "words", .version = 5}});
  EXPECT_THAT(write(version, {tombstone("a", 6)}), ElementsAre(Status::written));
  EXPECT_THAT(found("words"), IsEmpty());
  EXPECT_THAT(found(""), IsEmpty());
  EXPECT_THAT(write(version, {document({.key = "a", .title = "words", .version = 5})}),
              ElementsAre(Status::older));
  EXPECT_THAT(found("words"), IsEmpty());
  EXPECT_THAT(write(version, {document({.key = "a", .title = "anew", .version = 7})}),
              ElementsAre(Status::written));
  EXPECT_THAT(found("anew"), ElementsAre("a"));
  // Of a row that was never there.
  EXPECT_THAT(
      write(version, {tombstone("b", 3), document({.key = "b", .title = "late", .version = 2})}),
      ElementsAre(Status::written, Status::older));
  EXPECT_THAT(found("late"), IsEmpty());
}

TEST_P(BackendSuite, OneKeyTwiceInABatch_EndsWithTheHigherVersion) {
  const int version = make_live();
  write(version, {document({.key = "a", .title = "one", .version = 1}),
                  document({.key = "a", .title = "three", .version = 3}),
                  document({.key = "a", .title = "two", .version = 2})});
  EXPECT_THAT(found("three"), ElementsAre("a"));
  EXPECT_THAT(found("one"), IsEmpty());
  EXPECT_THAT(found(""), ElementsAre("a"));
}

TEST_P(BackendSuite, Filters_ChangeWithoutTheTexts) {
  const int version = write_live({{.key = "a", .title = "words", .rating = 1, .version = 1}});
  write(version, {document({.key = "a", .title = "words", .rating = 2, .version = 2})});
  EXPECT_THAT(filtered(is("rating", 2), "words"), ElementsAre("a"));
  EXPECT_THAT(filtered(is("rating", 1), "words"), IsEmpty());
  EXPECT_EQ(search({}, "words").hits.at(0).version, 2);
}

TEST_P(BackendSuite, ModelWithoutFilters_IsWrittenTwice) {
  index_.filters.clear();
  const int version = make_live();
  write(version, {{.key = "a", .version = 1, .texts = {"first", "words"}}});
  EXPECT_THAT(write(version, {{.key = "a", .version = 2, .texts = {"second", "words"}}}),
              ElementsAre(Status::written));
  EXPECT_THAT(found("second"), ElementsAre("a"));
  EXPECT_THAT(found("first"), IsEmpty());
  write(version, {tombstone("a", 3)});
  EXPECT_THAT(found(""), IsEmpty());
}

TEST_P(BackendSuite, RankFollowsTheTextsThatAreThereNow) {
  std::string filler;
  for (int i = 0; i < 60; ++i) filler += "filler ";
  const int version = write_live({{.key = "a", .body = "streams", .version = 1},
                                  {.key = "b", .body = "streams of tables", .version = 1}});
  EXPECT_THAT(keys(search({}, "streams")), ElementsAre("a", "b"));
  write(version, {document({.key = "a", .body = "streams " + filler, .version = 2})});
  EXPECT_THAT(keys(search({}, "streams")), ElementsAre("b", "a"));
}

TEST_P(BackendSuite, LongTextsAndManyDocuments_AreTaken) {
  std::string body;
  for (int i = 0; body.size() < 300'000; ++i) body += "w" + std::to_string(i) + " ";
  const int version = make_live();
  std::vector<Document> documents{document({.key = "long", .title = "long", .body = body})};
  for (int i = 0; i < 500; ++i)
    documents.push_back(document({.key = "k" + std::to_string(i), .title = "short"}));
  const auto statuses = write(version, documents);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), Status::written), 501);
  EXPECT_THAT(found("w40000"), ElementsAre("long"));
  EXPECT_EQ(search({}, "short").total, 500u);
}

// ---- checkpoints

TEST_P(BackendSuite, Checkpoints_AreKeptWithTheVersion) {
  const int first = make_live();
  write(first, {document({.key = "a"})}, {{"shard-1", "100"}, {"shard-2", "7"}});
  write(first, {}, {{"shard-1", "200"}});
  EXPECT_THAT(backend_->checkpoints(index_, first),
              ElementsAre(Checkpoint{"shard-1", "200"}, Checkpoint{"shard-2", "7"}));
  const int second = backend_->make_version(index_);
  EXPECT_THAT(backend_->checkpoints(index_, second), IsEmpty());
  write(first, {}, {{"shard-1", ""}});
  EXPECT_THAT(backend_->checkpoints(index_, first), ElementsAre(Checkpoint{"shard-2", "7"}));
}

// ---- versions

TEST_P(BackendSuite, Versions_AreBuiltBesideTheLiveOne_AndSwitched) {
  using State = IndexVersion::State;
  EXPECT_THAT(backend_->versions(index_), IsEmpty());
  EXPECT_THROW(search({}, "x"), IndexMissing);
  const int first = write_live({{.key = "a", .title = "old words"}});
  const int second = backend_->make_version(index_);
  EXPECT_GT(second, first);
  write(second, {document({.key = "a", .title = "new words"}), document({.key = "b"})});
  EXPECT_THAT(found("old"), ElementsAre("a"));
  EXPECT_THAT(found("new"), IsEmpty());
  backend_->switch_to(index_, second);
  EXPECT_THAT(found("new"), ElementsAre("a"));
  const auto versions = backend_->versions(index_);
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].number, first);
  EXPECT_EQ(versions[0].state, State::old);
  EXPECT_EQ(versions[0].documents, 1u);
  EXPECT_EQ(versions[1].state, State::live);
  EXPECT_EQ(versions[1].documents, 2u);
  EXPECT_EQ(versions[1].fingerprint, index_.fingerprint());
  backend_->switch_to(index_, first);  // back
  EXPECT_THAT(found("old"), ElementsAre("a"));
}

TEST_P(BackendSuite, DroppedVersions_AreGone_AndTheirNumbersNotUsedAgain) {
  make_live();
  const int second = backend_->make_version(index_);
  write(second, {document({.key = "a"})}, {{"shard", "1"}});
  backend_->drop(index_, second);
  backend_->drop(index_, second);
  EXPECT_EQ(backend_->versions(index_).size(), 1u);
  EXPECT_THROW(write(second, {document({.key = "a"})}), IndexMissing);
  EXPECT_THROW(backend_->checkpoints(index_, second), IndexMissing);
  EXPECT_THROW(backend_->switch_to(index_, second), IndexMissing);
  EXPECT_GT(backend_->make_version(index_), second);
}

TEST_P(BackendSuite, TheLiveVersion_IsNotDropped) {
  const int live = write_live({{.key = "a", .title = "words"}});
  EXPECT_THROW(backend_->drop(index_, live), BackendRefused);
  EXPECT_THAT(found("words"), ElementsAre("a"));
}

// ---- comparing

TEST_P(BackendSuite, ChecksumsAndEntries_AreOfKeysAndVersions) {
  std::vector<Article> articles;
  for (int i = 0; i < 300; ++i)
    articles.push_back({.key = "k" + std::to_string(i), .version = i + 1});
  const int version = write_live(articles);
  write(version, {tombstone("k7", 100), tombstone("never", 1)});
  std::vector<BucketSum> expected(kBuckets);
  for (const Article& a : articles) {
    if (a.key == "k7") continue;
    BucketSum& sum = expected[bucket_of(a.key)];
    ++sum.documents;
    sum.sum += check_of(a.key, a.version);
  }
  EXPECT_EQ(backend_->checksums(index_, version), expected);
  std::size_t count = 0;
  for (unsigned bucket = 0; bucket < kBuckets; ++bucket) {
    const auto entries = backend_->entries(index_, version, bucket);
    count += entries.size();
    EXPECT_TRUE(std::is_sorted(entries.begin(), entries.end(),
                               [](const Entry& a, const Entry& b) { return a.key < b.key; }));
    for (const Entry& entry : entries) EXPECT_EQ(bucket_of(entry.key), bucket);
  }
  EXPECT_EQ(count, 299u);
  EXPECT_THROW(backend_->checksums(index_, 4711), IndexMissing);
}

TEST_P(BackendSuite, Health_IsAvailable) {
  const Health health = backend_->health();
  EXPECT_TRUE(health.available) << health.detail;
  EXPECT_FALSE(health.detail.empty());
}

// ---- threads

TEST_P(BackendSuite, SearchesAndWrites_GoOnSideBySide) {
  const int version = write_live({{.key = "steady", .title = "steady words"}});
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      try {
        for (int i = 0; i < 20; ++i) {
          if (t == 0) {
            const std::vector<Document> documents{
                document({.key = "k" + std::to_string(i), .title = "more words"})};
            backend_->write(index_, version, documents, {});
          } else if (found("steady") != Strings{"steady"}) {
            ++failures;
          }
        }
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  backend_->refresh(index_, version);
  EXPECT_EQ(search({}, "words").total, 21u);
}

}  // namespace dynamo_backend::search
