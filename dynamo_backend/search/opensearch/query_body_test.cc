#include "dynamo_backend/search/opensearch/query_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "dynamo_backend/search/opensearch/mapping.h"

namespace dynamo_backend::search::opensearch {
namespace {

using base::Json;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

IndexDefinition posts() {
  return {.name = "posts",
          .texts = {{"title", 2}, {"body", 1}},
          .filters = {{"section", FilterType::text},
                      {"rating", FilterType::integer},
                      {"created_at", FilterType::time}}};
}

Json body(const Request& request) { return search_body(posts(), request, {}, 2s); }

// All names of members, wherever they are.
void collect_names(const Json& json, std::vector<std::string>& names) {
  if (json.is_object())
    for (const auto& [name, value] : json.items()) names.push_back(name);
  if (json.is_structured())
    for (const Json& value : json) collect_names(value, names);
}

TEST(QueryBody, S2_WhatIsTyped_IsOnlyEverAValue) {
  const char* const hostile[] = {"title:secret OR body:*", "\"a\\\" OR _id:*\" *x",
                                 "/a.*b/ ~2 ^9 {a TO b}", "}}],\"script\":{\"source\":\"x\"}",
                                 "_exists_:deleted NOT deleted:false"};
  const std::vector<std::string> known{"query",       "bool",
                                       "filter",      "term",
                                       "deleted",     "must",
                                       "multi_match", "type",
                                       "fields",      "zero_terms_query",
                                       "size",        "version",
                                       "_source",     "track_total_hits",
                                       "timeout",     "terminate_after",
                                       "sort",        "_score",
                                       "order",       "key"};
  for (const char* typed : hostile) {
    const Json made = body({.query = parse_query_text(typed)});
    std::vector<std::string> names;
    collect_names(made, names);
    EXPECT_THAT(names, testing::Each(testing::AnyOfArray(known))) << typed;
    for (const Json& clause : made["query"]["bool"]["must"][0]["bool"]["must"])
      EXPECT_EQ(clause["multi_match"]["query"].get<std::string>().find_first_of("\"*:/\\{}[]^~"),
                std::string::npos);
  }
}

TEST(QueryBody, S2_EveryRequest_IsBounded_AndSeesNoTombstones) {
  for (const Request& request : {Request{}, Request{.query = parse_query_text("words")}}) {
    const Json made = body(request);
    EXPECT_EQ(made["timeout"], "2000ms");
    EXPECT_EQ(made["terminate_after"], 10'000'000);
    EXPECT_EQ(made["size"], 21);
    EXPECT_EQ(made["query"]["bool"]["filter"][0], alive());
  }
}

TEST(QueryBody, Weights_AreBoosts) {
  EXPECT_THAT(body({.query = parse_query_text("words")}).dump(),
              HasSubstr(R"(["texts.title^2.0","texts.body^1.0"])"));
}

TEST(QueryBody, Rungs_AskForEveryOrAnyWord) {
  const QueryText query = parse_query_text("single tables");
  const Json every = body({.query = query})["query"]["bool"]["must"][0];
  EXPECT_EQ(every["bool"]["must"].size(), 2u);
  const Json any =
      body({.query = query, .match = Match::any_word_with_typos})["query"]["bool"]["must"][0];
  EXPECT_EQ(any["bool"]["should"].size(), 2u);
  EXPECT_EQ(any["bool"]["minimum_should_match"], 1);
}

TEST(QueryBody, NearTerms_StandBesideTheWord_AndCountLess) {
  const QueryText query = parse_query_text("databses \"a phrase\"");
  const Request request{.query = query, .match = Match::every_word_with_typos};
  const Json made = search_body(
      posts(), request,
      {{{.text = "databases", .distance = 1}, {.text = "databas", .is_stem = true, .distance = 1}},
       {}},
      2s);
  const Json clauses = made["query"]["bool"]["must"][0]["bool"]["must"];
  const Json near = clauses[0]["dis_max"]["queries"];
  ASSERT_EQ(near.size(), 3u);
  EXPECT_EQ(near[0]["multi_match"]["query"], "databses");
  EXPECT_EQ(near[1]["multi_match"]["boost"], 0.5);
  EXPECT_EQ(near[2]["multi_match"]["analyzer"], "words");
  EXPECT_EQ(clauses[1]["multi_match"]["type"], "phrase");
}

TEST(QueryBody, Prefixes_AreOfStems_AndOfWords) {
  const Json made = body({.query = parse_query_text("relatio*")});
  const Json any = made["query"]["bool"]["must"][0]["bool"]["must"][0]["dis_max"]["queries"];
  ASSERT_EQ(any.size(), 2u);
  EXPECT_EQ(any[0]["multi_match"]["type"], "bool_prefix");
  EXPECT_EQ(any[1], Json::parse(R"({"match_bool_prefix": {"vocabulary": "relatio"}})"));
}

TEST(QueryBody, Position_ThatIsNone_IsInvalid) {
  const QueryText query = parse_query_text("words");
  EXPECT_EQ(body({.query = query, .position = R"([1.5,"a"])"})["search_after"], Json({1.5, "a"}));
  for (const char* position : {"x", "{}", "[1]", "[1,2,3]"})
    EXPECT_THROW(body({.query = query, .position = position}), InvalidCursor) << position;
}

TEST(QueryBody, Times_AreComparedExactly_WithinTheirMillisecond) {
  const Filter before{.type = Filter::Type::less,
                      .field = "created_at",
                      .values = {Value("2026-01-01T00:00:00.000001+00:00")}};
  EXPECT_EQ(
      filter_json(posts(), before)["bool"]["should"],
      Json::parse(R"([{"range": {"filters.created_at": {"lt": "2026-01-01T00:00:00.000000+00:00"}}},
                            {"range": {"exact.created_at": {"gte": "2026-01-01T00:00:00.000000+00:00",
                                                            "lt": "2026-01-01T00:00:00.000001+00:00"}}}])"));
}

TEST(QueryBody, ValuesOfAnotherType_AreFieldErrors) {
  const auto filter = [](const char* field, Value value) {
    return Filter{.type = Filter::Type::less, .field = field, .values = {std::move(value)}};
  };
  EXPECT_THROW(filter_json(posts(), filter("rating", "many")), FieldError);
  EXPECT_THROW(filter_json(posts(), filter("section", 7)), FieldError);
  EXPECT_THROW(filter_json(posts(), filter("created_at", "yesterday")), FieldError);
}

TEST(Mapping, Decimals_KeepTheirOrderAndValue) {
  const FilterField price{"price", FilterType::decimal};
  std::string last;
  for (const char* text : {"-10", "-9.5", "-0.1", "0", "0.30000000000000000000000000000000001",
                           "0.31", "2", "10", "1e100"}) {
    const Value value(*dynamodb::Number::parse(text));
    const std::string exact = exact_value(price, value).get<std::string>();
    EXPECT_LT(last, exact) << text;
    EXPECT_EQ(value_of(price, exact), value);
    last = exact;
  }
  EXPECT_THROW(value_of(price, "zz"), Unavailable);
  EXPECT_THROW(value_of(price, 7), Unavailable);
}

TEST(Mapping, VersionNumbers_AreOfTheIndexItself) {
  EXPECT_EQ(version_number(posts(), "posts_v12"), 12);
  EXPECT_EQ(version_number(posts(), "posts_views_v1"), 0);
  EXPECT_EQ(version_number(posts(), "posts_v1x"), 0);
  EXPECT_EQ(version_number(posts(), "posts_v"), 0);
}

TEST(Mapping, NamesOfAnyAttribute_AreOneName) {
  EXPECT_EQ(text_name("a.b c*~"), "texts.a%2Eb%20c%2A%7E");
  EXPECT_EQ(attribute_of(text_name("a.b c*~")), "a.b c*~");
}

TEST(Mapping, Serverless_SaysNothingOfShards) {
  EXPECT_TRUE(index_body(posts(), 1, false)["settings"].contains("index"));
  EXPECT_FALSE(index_body(posts(), 1, true)["settings"].contains("index"));
}

}  // namespace
}  // namespace dynamo_backend::search::opensearch
