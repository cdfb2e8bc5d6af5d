// The API's document says what the API takes and answers. That random requests are answered as it
// says is tested by api_fuzz_test.cc, and searches by api_search_test.cc.
#include "demo_app/test_api_document.h"

namespace demo_app {
namespace {

class ApiSchema : public ApiTest {
 protected:
  ApiDocument document{application.router()};

  void expect_refs_lead(const Json& part) {
    if (part.is_object() && part.contains("$ref")) {
      EXPECT_NO_THROW(document.resolve(part["$ref"])) << part;
    }
    if (!part.is_structured()) return;
    for (const Json& member : part) expect_refs_lead(member);
  }
};

TEST_F(ApiSchema, EveryRoute_SaysWhatItTakesAndAnswers) {
  int operations = 0;
  for (const auto& [path, methods] : document.json()["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      SCOPED_TRACE(method + " " + path);
      ++operations;
      EXPECT_NE(operation.value("summary", ""), "");
      const bool takes = method == "post" || method == "put";
      EXPECT_EQ(operation.contains("requestBody"), takes);
      if (takes) {
        EXPECT_TRUE(
            operation["requestBody"]["content"]["application/json"]["schema"].contains("$ref"));
      }
      EXPECT_EQ(operation.contains("security"), method != "get");
      for (const auto& [status, answer] : operation["responses"].items()) {
        if (status != "204") {
          EXPECT_TRUE(answer["content"]["application/json"]["schema"].contains("$ref")) << status;
        }
      }
    }
  }
  EXPECT_EQ(operations, 34);
  expect_refs_lead(document.json());
}

TEST_F(ApiSchema, Lists_HaveTheParametersOfPages) {
  const Json& list = *document.operation("GET", "/api/tags/");
  EXPECT_EQ(list["parameters"][0]["name"], "limit");
  EXPECT_EQ(list["parameters"][1]["name"], "cursor");
  EXPECT_TRUE(list["responses"].contains("400"));
}

TEST_F(ApiSchema, Posts_AreAskedForByTheirAuthor_UnderEitherName) {
  std::vector<std::string> names;
  for (const Json& parameter : (*document.operation("GET", "/api/posts/"))["parameters"])
    names.push_back(parameter["name"]);
  EXPECT_THAT(names, testing::ElementsAre("author_id", "author_pk", "limit", "cursor"));
}

TEST_F(ApiSchema, Limits_SayWhereTheyCut) {
  const auto words = [&](const char* path) {
    for (const Json& parameter : (*document.operation("GET", path))["parameters"])
      if (parameter["name"] == "limit") return parameter["description"].get<std::string>();
    return std::string();
  };
  EXPECT_EQ(words("/api/tags/"), "How many rows; 50 without it, 500 at most");
  EXPECT_EQ(words("/api/posts/search/"), "How many rows; 50 without it, 100 at most");
}

TEST_F(ApiSchema, Rows_AreAsTheirModelsSay) {
  const Json& schemas = document.json()["components"]["schemas"];
  EXPECT_EQ(
      schemas["Category"],
      base::parse_json(
          R"({"type":"object","properties":{"pk":{"type":"string","format":"uuid"},"name":{"type":"string"},"slug":{"type":"string"},"parent_id":{"type":["string","null"],"format":"uuid"},"description":{"type":"string"}},"additionalProperties":false,"required":["pk","name","slug","parent_id","description"]})"));
  EXPECT_EQ(
      schemas["TagInput"],
      base::parse_json(
          R"({"type":"object","properties":{"name":{"type":"string","maxLength":50,"minLength":1,"pattern":"\\S"},"slug":{"type":"string","maxLength":60,"minLength":1,"pattern":"^[-a-zA-Z0-9_]*$"},"colour":{"type":"string","maxLength":20,"minLength":1,"pattern":"^#[0-9a-fA-F]{6}$"}},"additionalProperties":false,"required":["name"]})"));
  EXPECT_EQ(schemas["ProfileInput"]["properties"]["follower_count"]["minimum"], 0);
  EXPECT_FALSE(schemas["PostChange"].contains("required"));
}

// The document's words and the answers come from different places: this one would see it.
TEST_F(ApiSchema, Document_TellsWhatIsNotSo) {
  const std::string made = R"({"name":"a"})", tags = "/api/tags/";
  const TestResponse answer = client.post(tags, base::parse_json(made));
  EXPECT_EQ(document.problem("POST", tags, made, answer), "");
  EXPECT_NE(document.problem("POST", tags, R"({"name":7})", answer), "");
  EXPECT_NE(document.problem("POST", tags, R"({"name":"a","pk":"b"})", answer), "");
  EXPECT_NE(document.problem("POST", tags, "{}", answer), "");
  EXPECT_NE(document.problem("POST", tags, R"({"name":"a","slug":"a b"})", answer), "");
  TestResponse other = answer;
  other.status = 418;
  EXPECT_NE(document.problem("POST", tags, made, other), "");
  other = answer;
  other.body.replace(other.body.find("\"slug\""), 6, "\"sluG\"");
  EXPECT_NE(document.problem("POST", tags, made, other), "");
}

}  // namespace
}  // namespace demo_app
