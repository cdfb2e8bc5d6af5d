#include "web/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/uuid.h"
#include "web/test_client.h"

namespace web {
namespace {

using testing::HasSubstr;
using testing::Not;

class OpenApi : public testing::Test {
 protected:
  OpenApi() : app({.debug = true}), client(app) {
    Router& r = app.router();
    r.get(
         "/api/posts/<uuid:pk>/", [](Request&, base::Uuid) { return Response::empty(); }, "post")
        .access(Access::public_)
        .schema({.summary = "One <post>", .response = "Post"});
    r.put(
         "/api/posts/<uuid:pk>/", [](Request&, base::Uuid) { return Response::empty(); }, "post")
        .access(Access::authenticated)
        .rate_limit({.name = "writes"})
        .schema({.request = "Post", .response = "Post", .status = {200, 201}, .errors = {409}});
    r.del("/api/pages/<int:n>/", [](Request&, int) { return Response::empty(); })
        .access(Access::staff)
        .schema({.status = {204}});
    r.get("/api/search/", [](Request&) { return Response::empty(); })
        .access(Access::public_)
        .schema({.query = {{.name = "q", .description = "What to look for"}}});
    r.get("/page/", [](Request&) { return Response::empty(); });
    add_openapi(app, {.title = "Blog", .schemas = {{"Post", {{"type", "object"}}}}});
  }
  Application app;
  TestClient client;
};

TEST_F(OpenApi, Document_HasTheRoutesOfTheApi) {
  const TestResponse response = client.get("/api/schema/");
  const base::Json document = response.json();
  EXPECT_EQ(document["openapi"], "3.1.0");
  EXPECT_FALSE(document["paths"].contains("/page/"));
  const base::Json& get = document["paths"]["/api/posts/{pk}/"]["get"];
  EXPECT_EQ(get["operationId"], "get-post");
  EXPECT_EQ(get["parameters"][0]["name"], "pk");
  EXPECT_EQ(get["parameters"][0]["schema"]["format"], "uuid");
  EXPECT_EQ(get["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/Post");
  EXPECT_TRUE(get["responses"].contains("404"));
  EXPECT_FALSE(get.contains("requestBody"));
  EXPECT_FALSE(get.contains("security"));
  EXPECT_EQ(document["components"]["schemas"]["Post"]["type"], "object");
  const base::Json& page = document["paths"]["/api/docs/"]["get"]["responses"]["200"]["content"];
  EXPECT_TRUE(page.contains("text/html") && page.size() == 1) << "it is no JSON: " << page;
}

TEST_F(OpenApi, Writes_SayWhatTheyTake_AndWhoMay) {
  const base::Json document = client.get("/api/schema/").json();
  const base::Json& put = document["paths"]["/api/posts/{pk}/"]["put"];
  EXPECT_EQ(put["requestBody"]["content"]["application/json"]["schema"]["$ref"],
            "#/components/schemas/Post");
  EXPECT_EQ(put["security"].size(), 2u);
  for (const char* status : {"200", "201"})
    EXPECT_EQ(put["responses"][status]["content"]["application/json"]["schema"]["$ref"],
              "#/components/schemas/Post");
  for (const char* status : {"400", "401", "403", "404", "409", "413", "415", "429"})
    EXPECT_EQ(put["responses"][status]["content"]["application/json"]["schema"]["$ref"],
              "#/components/schemas/Error")
        << status;
  const base::Json& del = document["paths"]["/api/pages/{n}/"]["delete"];
  EXPECT_EQ(del["parameters"][0]["schema"]["type"], "integer");
  EXPECT_FALSE(del["responses"]["204"].contains("content"));
  const base::Json& search = document["paths"]["/api/search/"]["get"];
  EXPECT_EQ(search["parameters"][0]["in"], "query");
  EXPECT_TRUE(search["responses"].contains("400"));
  EXPECT_FALSE(search["responses"].contains("401"));
  EXPECT_FALSE(search["responses"].contains("429"));
}

// Every $ref of `part` leads somewhere in `document`.
void expect_refs_lead(const base::Json& document, const base::Json& part) {
  if (part.is_object() && part.contains("$ref")) {
    const std::string pointer = part["$ref"].get<std::string>().substr(1);
    EXPECT_TRUE(document.contains(base::Json::json_pointer(pointer))) << pointer;
  }
  if (!part.is_structured()) return;
  for (const base::Json& member : part) expect_refs_lead(document, member);
}

TEST_F(OpenApi, References_LeadSomewhere_AndOperationsHaveTheirOwnIds) {
  const base::Json document = client.get("/api/schema/").json();
  expect_refs_lead(document, document);
  std::vector<std::string> ids;
  for (const base::Json& operations : document["paths"])
    for (const base::Json& operation : operations)
      if (operation.contains("operationId")) ids.push_back(operation["operationId"]);
  const auto count = ids.size();
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  EXPECT_EQ(ids.size(), count);
  EXPECT_EQ(count, 4u);
}

TEST_F(OpenApi, T3_Page_HasNothingInlineNorFromElsewhere) {
  const TestResponse page = client.get("/api/docs/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("script-src 'self'"));
  EXPECT_THAT(page.body, HasSubstr("One &lt;post&gt;"));
  EXPECT_THAT(page.body, HasSubstr("/api/posts/{pk}/"));
  EXPECT_THAT(page.body, HasSubstr("<details id=\"Post\">"));
  EXPECT_THAT(page.body, Not(HasSubstr("http://")));
  EXPECT_THAT(page.body, Not(HasSubstr("https://")));
  const std::string script = "src=\"/static/web/docs.";
  const std::size_t at = page.body.find(script);
  ASSERT_NE(at, std::string::npos);
  const std::size_t start = at + 5;
  const TestResponse file = client.get(page.body.substr(start, page.body.find('"', start) - start));
  EXPECT_EQ(file.status, 200);
  EXPECT_EQ(file.header("Content-Type"), "text/javascript; charset=utf-8");
}

}  // namespace
}  // namespace web
