// GET /api/posts/search/: what it finds, and what it never shows.
#include "demo_app/test_api_document.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/sync/rebuild.h"

namespace demo_app {
namespace {

namespace search = dynamo_backend::search;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ApiSearch : public ApiTest {
 protected:
  std::string post(const std::string& slug, Json more = Json::object()) {
    Json body{
        {"title", "About " + slug}, {"slug", slug}, {"author_id", author_}, {"published", true}};
    body.update(more);
    return create("/api/posts/", body)["pk"];
  }
  void index() {
    const auto definition =
        search::index_definition(*connection, dynamo_backend::model_info<Post>());
    search::sync::Rebuild(*connection, *backend_, definition, {}, search::sync::stoppable_wait({}))
        .run();
  }
  std::vector<std::string> slugs(const std::string& query) {
    return all_of(get("/api/posts/search/?" + query)["posts"], "slug");
  }

  std::shared_ptr<search::Backend> backend_ = search::open_local_backend();
  search::ScopedService service_{backend_};
  std::string author_ = new_author("alice");
};

TEST_F(ApiSearch, Answer_HasPostsTotalFacetsHighlightsAndSuggestion) {
  const std::string pk =
      post("streams", {{"body", "Tables <b>and</b> streams"}, {"tags", {"db", "c++"}}});
  post("other");
  index();
  const std::string path = "/api/posts/search/?q=table";
  const Json answer = get(path);
  EXPECT_EQ(ApiDocument(application.router()).problem("GET", path, "", client.get(path)), "");
  EXPECT_THAT(names_of(answer),
              ElementsAre("posts", "total", "facets", "highlights", "suggestion", "next_cursor"));
  EXPECT_EQ(answer["posts"][0], get("/api/posts/")["posts"][1]);
  EXPECT_EQ(answer["total"], 1);
  EXPECT_EQ(answer["facets"],
            Json::parse(R"({"tags":[{"value":"c++","count":1},{"value":"db","count":1}],)"
                        R"("category_pks":[],"author_pk":[{"value":")" +
                        author_ + R"(","count":1}]})"));
  EXPECT_EQ(answer["highlights"][pk]["body"], "<mark>Tables</mark> &lt;b&gt;and&lt;/b&gt; streams");
  EXPECT_TRUE(answer["suggestion"].is_null());
  EXPECT_TRUE(answer["next_cursor"].is_null());
}

TEST_F(ApiSearch, Z2_S3_DraftsAndPrivatePosts_AreNeverFound) {
  post("seen");
  post("draft", {{"published", false}});
  post("private", {{"public", false}});
  index();
  EXPECT_THAT(slugs("q=about"), ElementsAre("seen"));
  EXPECT_THAT(slugs("q="), ElementsAre("seen"));
  EXPECT_THAT(slugs("q=draft"), IsEmpty());
  EXPECT_EQ(get("/api/posts/search/?q=about")["facets"]["author_pk"][0]["count"], 1);
}

TEST_F(ApiSearch, NoWords_ListTheNewestFirst) {
  post("first");
  post("second");
  post("third");
  index();
  EXPECT_THAT(slugs(""), ElementsAre("third", "second", "first"));
  EXPECT_THAT(slugs("q=%20&limit=2"), ElementsAre("third", "second"));
}

TEST_F(ApiSearch, Filters_ByTagCategoryAndAuthor) {
  const std::string databases = new_category("Databases");
  const std::string one = post("one", {{"tags", {"C++", "db"}}});
  const std::string two = post("two", {{"tags", {"db"}}});
  const std::string bob = new_author("bob");
  post("three", {{"author_id", bob}});
  const std::string link =
      create("/api/posts/" + one + "/categories/", {{"category_id", databases}})["pk"];
  index();
  EXPECT_THAT(slugs("q=about&tag=C%2B%2B"), ElementsAre("one"));
  EXPECT_THAT(slugs("tag=db"), ElementsAre("two", "one"));
  EXPECT_THAT(slugs("category=" + databases), ElementsAre("one"));
  EXPECT_THAT(slugs("category=databases"), ElementsAre("one"));
  EXPECT_THAT(slugs("author=bob"), ElementsAre("three"));
  EXPECT_THAT(slugs("author=" + bob + "&tag=db"), IsEmpty());
  EXPECT_EQ(get("/api/posts/search/")["facets"]["category_pks"],
            Json::parse(R"([{"value":")" + databases + R"(","count":1}])"));
  // The links are followed when they go, too.
  expect_no_content(client.del("/api/postcategories/" + link + "/"));
  index();
  EXPECT_THAT(slugs("category=databases"), IsEmpty());
  create("/api/posts/" + two + "/categories/", {{"category_id", databases}});
  expect_no_content(client.del("/api/categories/" + databases + "/"));
  EXPECT_THAT(Post::objects.get(*Uuid::parse(two)).category_pks, IsEmpty());
  expect_refused(client.get("/api/posts/search/?category=databases"), "category");
  expect_refused(client.get("/api/posts/search/?author=nobody"), "author");
}

TEST_F(ApiSearch, Tag_FindsLabelsToo_BySlugAndKey) {
  const std::string tag = new_tag("Data Bases");
  const std::string one = post("one"), two = post("two", {{"tags", {"data-bases"}}});
  EXPECT_EQ(client.post("/api/posts/" + one + "/labels/", {{"tag_id", tag}}).status, 200);
  index();
  EXPECT_THAT(slugs("tag=data-bases"), ElementsAre("two", "one"));
  EXPECT_THAT(slugs("tag=" + tag), ElementsAre("one"));
  EXPECT_THAT(slugs("q=about&tag=" + tag), ElementsAre("one"));
  EXPECT_EQ(client.del("/api/posts/" + one + "/labels/" + tag + "/").status, 200);
  index();
  EXPECT_THAT(slugs("tag=" + tag), IsEmpty());
}

TEST_F(ApiSearch, Pages_GoOnByCursor) {
  for (int i = 0; i < 5; ++i) post("p" + std::to_string(i));
  index();
  const Json first = get("/api/posts/search/?q=about&limit=3");
  EXPECT_EQ(first["posts"].size(), 3u);
  EXPECT_EQ(first["total"], 5);
  const std::string cursor = first["next_cursor"];
  const Json second = get("/api/posts/search/?q=about&limit=3&cursor=" + cursor);
  EXPECT_EQ(second["posts"].size(), 2u);
  EXPECT_TRUE(second["next_cursor"].is_null());
  const TestResponse other = client.get("/api/posts/search/?q=other&cursor=" + cursor);
  EXPECT_EQ(other.status, 400);
  EXPECT_EQ(other.json()["code"], "invalid_cursor");
}

TEST_F(ApiSearch, Typos_AreFoundWithASuggestion) {
  post("dynamodb");
  index();
  const Json answer = get("/api/posts/search/?q=dynamobd");
  EXPECT_EQ(answer["total"], 1);
  EXPECT_EQ(answer["suggestion"], "dynamodb");
}

TEST_F(ApiSearch, S2_QueriesThatAreNone_AreRefused) {
  post("one");
  index();
  expect_refused(client.get("/api/posts/search/?q=" + std::string(257, 'x')), "q");
  std::string words;
  for (int i = 0; i < 10'000; ++i) words += "a+";
  EXPECT_GE(client.get("/api/posts/search/?q=" + words).status, 400);
  EXPECT_EQ(client.get("/api/posts/search/?q=%FF").status, 400);
  expect_refused(client.get("/api/posts/search/?q=x&limit=0"), "limit");
  EXPECT_EQ(client.get("/api/posts/search/?q=%22%20OR%201%3D1%20--%20*").status, 200);
}

TEST_F(ApiSearch, IndexThatIsNotThere_Is503WithRetryAfter) {
  const TestResponse response = client.get("/api/posts/search/?q=x");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.json()["code"], "search_unavailable");
  EXPECT_EQ(response.header("Retry-After"), "5");
}

}  // namespace
}  // namespace demo_app
