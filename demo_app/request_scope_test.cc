// The REST API asks nothing row by row: no page of it is taken for an N+1.
#include "dynamo_backend/request_scope.h"

#include "debug_toolbar/expect_ddb.h"
#include "demo_app/test_api.h"

namespace demo_app {
namespace {

class ScopedApi : public ApiTest {
 protected:
  ScopedApi() {
    application.use([this](web::Request& request, const web::Next& next) {
      const dynamo_backend::RequestScope scope({.log_warnings = false});
      web::Response response = next(request);
      for (const auto& warning : scope.warnings())
        warnings.push_back(std::string(request.path()) + ": " + warning);
      return response;
    });
  }
  std::vector<std::string> warnings{};
};

TEST_F(ScopedApi, NoRequestIsAnNPlusOne) {
  const std::string alice = new_author("alice"), post = new_post(alice, "post");
  const std::string root = new_category("root");
  for (int i = 0; i < 25; ++i) {
    const std::string n = std::to_string(i);
    const std::string other = new_post(new_author("author" + n), "post" + n);
    new_post(alice, "of-alice" + n);
    const std::string tag = new_tag("tag" + n);
    create("/api/categories/", {{"name", "kid" + n}, {"parent_id", root}});
    client.post("/api/posts/" + post + "/labels/", {{"tag_id", tag}});
    client.post("/api/posts/" + post + "/comments/", {{"author_name", "x"}, {"body", "y"}});
    client.post("/api/posts/" + post + "/categories/", {{"category_id", new_category("c" + n)}});
    client.post("/api/posts/" + post + "/revisions/", {{"editor_id", alice}});
  }
  client.post("/api/authors/" + alice + "/profile/", {{"website", "https://example.com"}});
  for (const std::string& path : std::vector<std::string>{
           "/api/", "/api/authors/", "/api/authors/" + alice + "/",
           "/api/authors/" + alice + "/posts/", "/api/authors/" + alice + "/profile/",
           "/api/posts/", "/api/posts/?author_id=" + alice, "/api/posts/" + post + "/",
           "/api/posts/" + post + "/labels/", "/api/posts/" + post + "/categories/",
           "/api/posts/" + post + "/revisions/", "/api/tags/", "/api/categories/",
           "/api/categories/" + root + "/"}) {
    EXPECT_EQ(client.get(path).status, 200) << path;
  }
  EXPECT_EQ(client.del("/api/categories/" + root + "/").status, 204);
  EXPECT_EQ(client.del("/api/authors/" + alice + "/").status, 204);  // with 26 posts and the rest
  EXPECT_THAT(warnings, testing::ElementsAre());
}

TEST_F(ScopedApi, PostList_IsOneQuery) {
  new_post(new_author("alice"), "post");
  EXPECT_DDB(calls <= 1, scans == 0, rcu <= 4);
  client.get("/api/posts/");
}

}  // namespace
}  // namespace demo_app
