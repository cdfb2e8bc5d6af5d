// Posts and comments through the REST API.
#include "demo_app/test_api.h"

namespace demo_app {
namespace {

using testing::ElementsAre;

class PostApi : public ApiTest {
 protected:
  std::string alice = new_author("alice");
  Json minimal() const { return {{"title", "Title"}, {"slug", "slug"}, {"author_id", alice}}; }
  Json with(const std::string& name, const Json& value) const {
    Json body = minimal();
    body[name] = value;
    return body;
  }
};

TEST_F(PostApi, List_Empty_IsAnEmptyPage) {
  EXPECT_EQ(client.get("/api/posts/").body, R"({"posts":[],"next_cursor":null})");
}

TEST_F(PostApi, Create_AnswersThePost_InThisShape) {
  const TestResponse made = client.post("/api/posts/", {{"title", "Hello \"you\""},
                                                        {"slug", "hello"},
                                                        {"body", "Text\n<b>"},
                                                        {"author_id", alice},
                                                        {"published", true},
                                                        {"public", false},
                                                        {"tags", {"a", "b", "a"}}});
  EXPECT_EQ(made.status, 201);
  const Json post = made.json();
  EXPECT_EQ(
      made.body,
      R"({"pk":)" + post["pk"].dump() +
          R"(,"title":"Hello \"you\"","slug":"hello","body":"Text\n<b>","author_id":")" + alice +
          R"(","published":true,"public":false,"tags":["a","b","a"],"view_count":0,"created_at":)" +
          post["created_at"].dump() + R"(,"updated_at":)" + post["updated_at"].dump() + "}");
  EXPECT_EQ(post["created_at"], post["updated_at"]);
  EXPECT_EQ(client.get("/api/posts/").body,
            R"({"posts":[)" + made.body + R"(],"next_cursor":null})");
}

TEST_F(PostApi, Create_Defaults) {
  const Json post = create("/api/posts/", minimal());
  EXPECT_EQ(post["body"], "");
  EXPECT_EQ(post["published"], false);
  EXPECT_EQ(post["public"], true);
  EXPECT_EQ(post["tags"], Json::array());
}

TEST_F(PostApi, Create_AuthorByEitherName) {
  Json body = minimal();
  body.erase("author_id");
  expect_refused(client.post("/api/posts/", body), "author_id");
  body["author_pk"] = alice;
  EXPECT_EQ(create("/api/posts/", body)["author_id"], alice);
  body["author_id"] = alice;
  EXPECT_EQ(create("/api/posts/", body)["author_id"], alice);
  body["author_id"] = new_author("bob");
  EXPECT_EQ(client.post("/api/posts/", body).status, 400);
  body["author_pk"] = 7;
  EXPECT_EQ(client.post("/api/posts/", body).status, 400);
}

TEST_F(PostApi, Z4_Create_BadBody_Is400NamingTheField) {
  for (const char* name : {"title", "slug", "author_id"}) {
    Json body = minimal();
    body.erase(name);
    expect_refused(client.post("/api/posts/", body), name);
    for (const Json& wrong : {Json(7), Json(nullptr), Json(""), Json::array({"x"}), Json(true)}) {
      SCOPED_TRACE(name + wrong.dump());
      expect_refused(client.post("/api/posts/", with(name, wrong)), name);
    }
  }
  expect_refused(client.post("/api/posts/", with("title", std::string(201, 'x'))), "title");
  for (const Json& wrong :
       {Json("two words"), Json("sl/ash"), Json("\xC3\xA4"), Json(std::string(221, 'x'))}) {
    expect_refused(client.post("/api/posts/", with("slug", wrong)), "slug");
  }
  for (const Json& wrong :
       {Json("nobody"), Json(kUnknown), Json("00000000-0000-0000-0000-000000000000")}) {
    expect_refused(client.post("/api/posts/", with("author_id", wrong)), "author_id");
  }
  for (const char* name : {"published", "public"}) {
    for (const Json& wrong : {Json("true"), Json(1), Json(nullptr)})
      expect_refused(client.post("/api/posts/", with(name, wrong)), name);
  }
  for (const Json& wrong : {Json("a"), Json(nullptr), Json::object(), Json::array({1}),
                            Json::array({nullptr}), Json::array({Json::array({"a"})})}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/posts/", with("tags", wrong)), "tags");
  }
  expect_refused(client.post("/api/posts/", with("body", nullptr)), "body");
  for (const char* name : {"view_count", "pk", "created_at", "updated_at", "labels", "categories",
                           "timeline", "is_public"}) {
    expect_refused(client.post("/api/posts/", with(name, 1)), name);
  }
  EXPECT_EQ(get("/api/posts/")["posts"].size(), 0u);
}

TEST_F(PostApi, Create_SameSlugTwice_IsAllowed) {
  create("/api/posts/", minimal());
  create("/api/posts/", minimal());
}

TEST_F(PostApi, TextThatNoItemCanHold_Is400NamingTheField) {
  const std::string large(450'000, 'x');  // an item holds 400 KB
  expect_refused(client.post("/api/posts/", with("body", large)), "body");
  const std::string post = new_post(alice, "slug"), path = "/api/posts/" + post + "/";
  expect_refused(client.put(path, {{"body", large}}), "body");
  expect_refused(client.post(path + "comments/", {{"author_name", "x"}, {"body", large}}), "body");
  expect_refused(client.post(path + "revisions/", {{"body_snapshot", large}}), "body_snapshot");
  expect_refused(client.put("/api/authors/" + alice + "/", {{"bio", large}}), "bio");
  expect_refused(client.post("/api/categories/", {{"name", "x"}, {"description", large}}),
                 "description");
  expect_refused(
      client.put(path, {{"tags", Json(std::vector<std::string>(10'000, std::string(40, 'x')))}}),
      "tags");
  EXPECT_EQ(get(path)["body"], "");
}

TEST_F(PostApi, List_NewestFirst_DraftsIncluded_ByAuthor) {
  const std::string bob = new_author("bob");
  new_post(alice, "one");
  new_post(bob, "two");
  create("/api/posts/", {{"title", "T"},
                         {"slug", "three"},
                         {"author_id", alice},
                         {"published", true},
                         {"public", false}});
  EXPECT_THAT(all_of(get("/api/posts/")["posts"], "slug"), ElementsAre("three", "two", "one"));
  for (const char* name : {"author_id", "author_pk"}) {
    const std::string query = std::string("/api/posts/?") + name + "=";
    EXPECT_THAT(all_of(get(query + alice)["posts"], "slug"), ElementsAre("three", "one"));
    EXPECT_EQ(client.get(query + kUnknown).body, R"({"posts":[],"next_cursor":null})");
    expect_refused(client.get(query + "nobody"), name);
    expect_refused(client.get(query), name);
  }
}

TEST_F(PostApi, Detail_HasTheCommentsOldestFirst_AndCountsTheView) {
  const std::string pk = new_post(alice, "slug"), path = "/api/posts/" + pk + "/";
  const Json listed = get("/api/posts/")["posts"][0];
  const Json first = create(path + "comments/", {{"author_name", "Bob"}, {"body", "First"}});
  const Json second =
      create(path + "comments/", {{"author_name", "Eve"}, {"body", "Second"}, {"approved", false}});
  Json expected = listed;
  expected["view_count"] = 1;
  expected["comments"] = Json::array({first, second});
  expected["next_cursor"] = nullptr;
  EXPECT_EQ(client.get(path).body, expected.dump());
  EXPECT_EQ(client.request("HEAD", path).status, 200);
  EXPECT_EQ(get(path)["view_count"], 2) << "HEAD is no view";
  EXPECT_EQ(get("/api/posts/")["posts"][0]["view_count"], 2);
  EXPECT_EQ(get("/api/posts/")["posts"][0]["updated_at"], listed["updated_at"]);
}

TEST_F(PostApi, Detail_ManyThreads_LoseNoView) {
  const std::string path = "/api/posts/" + new_post(alice, "slug") + "/";
  std::atomic<int> bad = 0;
  std::mutex mutex;
  std::set<std::int64_t> seen;  // each reader sees a count of its own
  in_threads(32, [&](int) {
    web::TestClient own(application);
    for (int i = 0; i < 20; ++i) {
      const TestResponse response = own.get(path);
      if (response.status != 200) {
        ++bad;
        continue;
      }
      const std::lock_guard lock(mutex);
      seen.insert(response.json()["view_count"].get<std::int64_t>());
    }
  });
  EXPECT_EQ(bad, 0);
  EXPECT_EQ(seen.size(), 640u);
  EXPECT_EQ(get(path)["view_count"], 641);
}

TEST_F(PostApi, Views_AndAnEditorsSaves_DoNotOverwriteEachOther) {
  const std::string path = "/api/posts/" + new_post(alice, "slug") + "/";
  std::atomic<int> bad = 0;
  in_threads(8, [&](int thread) {
    web::TestClient own(application);
    for (int i = 1; i <= 50; ++i) {
      const bool edits = thread == 0;
      const TestResponse response =
          edits ? own.put(path, {{"title", "Edit " + std::to_string(i)}}) : own.get(path);
      if (response.status != 200) ++bad;
      // A view that wrote back what it had read would bring an older title here.
      if (edits && Post::objects.filter(dynamo_backend::f<&Post::slug> == "slug").get().title !=
                       "Edit " + std::to_string(i))
        ++bad;
    }
  });
  EXPECT_EQ(bad, 0);
  const Json post = get(path);
  EXPECT_EQ(post["title"], "Edit 50");
  EXPECT_EQ(post["view_count"], 351);
}

TEST_F(PostApi, Update_ChangesWhatTheBodyHas) {
  Json post = create("/api/posts/", with("tags", {"a"}));
  const std::string path = "/api/posts/" + post["pk"].get<std::string>() + "/";
  const Json changes = {{"title", "Other"},  {"slug", "other"}, {"body", "Text"},
                        {"published", true}, {"public", false}, {"tags", Json::array()}};
  for (const auto& [name, value] : changes.items()) {
    const TestResponse changed = client.put(path, {{name, value}});
    EXPECT_EQ(changed.status, 200) << changed.body;
    post[name] = value;
    EXPECT_GT(changed.json()["updated_at"], post["updated_at"]);
    post["updated_at"] = changed.json()["updated_at"];
    EXPECT_EQ(changed.body, post.dump());
  }
  EXPECT_EQ(get("/api/posts/")["posts"][0].dump(), post.dump());
}

TEST_F(PostApi, Update_BadBody_Is400AndChangesNothing) {
  const std::string path = "/api/posts/" + new_post(alice, "slug") + "/";
  const std::string before = client.get("/api/posts/").body;
  for (const char* name : {"author_id", "author_pk", "view_count", "pk", "created_at", "nope"}) {
    expect_refused(client.put(path, {{"title", "x"}, {name, alice}}), name);
  }
  expect_refused(client.put(path, {{"title", ""}}), "title");
  expect_refused(client.put(path, {{"published", "yes"}}), "published");
  EXPECT_EQ(client.get("/api/posts/").body, before);
}

TEST_F(PostApi, UnknownKey_IsNotFound) {
  const std::string path = "/api/posts/" + kUnknown + "/";
  expect_not_found(client.get(path), "Not found");
  expect_not_found(client.put(path, {{"title", "x"}}), "Not found");
  expect_not_found(client.del(path), "Not found");
  expect_not_found(client.post(path + "comments/", {{"author_name", "x"}, {"body", "y"}}),
                   "Post not found");
  EXPECT_EQ(get("/api/posts/")["posts"].size(), 0u);  // a view of nothing makes nothing
  EXPECT_EQ(client.get("/api/posts/nope/").status, 404);
}

TEST_F(PostApi, Delete_TakesWhatHangsOnThePost) {
  const std::string pk = new_post(alice, "slug"), path = "/api/posts/" + pk + "/",
                    category = new_category("Category"), tag = new_tag("Tag");
  const std::string comment =
      create(path + "comments/", {{"author_name", "x"}, {"body", "y"}})["pk"];
  const std::string link = create(path + "categories/", {{"category_id", category}})["pk"];
  create(path + "revisions/", Json::object());
  EXPECT_EQ(client.post(path + "labels/", {{"tag_id", tag}}).status, 200);
  expect_no_content(client.del(path));
  expect_not_found(client.get(path), "Not found");
  expect_not_found(client.del(path), "Not found");
  expect_not_found(client.del("/api/comments/" + comment + "/"), "Not found");
  expect_not_found(client.del("/api/postcategories/" + link + "/"), "Not found");
  EXPECT_EQ(PostRevision::objects.all().allow_scan("test").count(), 0u);
  EXPECT_EQ(Comment::objects.all().allow_scan("test").count(), 0u);
  for (const char* list : {"labels/", "categories/", "revisions/"})
    expect_not_found(client.get(path + list), "Post not found");
  EXPECT_EQ(get("/api/tags/" + tag + "/")["pk"], tag);
  EXPECT_EQ(get("/api/categories/" + category + "/")["pk"], category);
}

TEST_F(PostApi, Delete_WithManyComments_TakesThemAll) {
  const std::string pk = new_post(alice, "slug"), path = "/api/posts/" + pk + "/";
  std::vector<Comment> comments(
      350, Comment{.post_pk = Ref<Post>(*Uuid::parse(pk)), .author_name = "x", .body = "y"});
  Comment::objects.bulk_create(comments);
  EXPECT_EQ(get(path)["comments"].size(), 350u);
  expect_no_content(client.del(path));
  EXPECT_EQ(Comment::objects.all().allow_scan("test").count(), 0u);
}

TEST_F(PostApi, Search_WithoutASearchIndex_Is503) {
  for (const char* target :
       {"/api/posts/search/", "/api/posts/search/?q=django", "/api/posts/search/?q="}) {
    const TestResponse response = client.get(target);
    EXPECT_EQ(response.status, 503);
    EXPECT_EQ(response.json()["code"], "search_unavailable");
  }
  EXPECT_EQ(client.head("/api/posts/search/?q=x").status, 503);
}

// ---- comments

TEST_F(PostApi, Comment_Create_AnswersIt_InThisShape) {
  const std::string pk = new_post(alice, "slug");
  const TestResponse made =
      client.post("/api/posts/" + pk + "/comments/", {{"author_name", "Bob"}, {"body", "Nice"}});
  EXPECT_EQ(made.status, 201);
  const Json comment = made.json();
  EXPECT_EQ(made.body, R"({"pk":)" + comment["pk"].dump() + R"(,"post_id":")" + pk +
                           R"(","author_name":"Bob","body":"Nice","approved":true,"created_at":)" +
                           comment["created_at"].dump() + "}");
}

TEST_F(PostApi, Comment_BadBody_Is400NamingTheField) {
  const std::string path = "/api/posts/" + new_post(alice, "slug") + "/comments/";
  const Json good = {{"author_name", "Bob"}, {"body", "Nice"}};
  for (const char* name : {"author_name", "body"}) {
    Json body = good;
    body.erase(name);
    expect_refused(client.post(path, body), name);
    for (const Json& wrong : {Json(""), Json(nullptr), Json(1)}) {
      body[name] = wrong;
      expect_refused(client.post(path, body), name);
    }
  }
  Json body = good;
  body["approved"] = "yes";
  expect_refused(client.post(path, body), "approved");
  body = good;
  body["post_id"] = kUnknown;
  expect_refused(client.post(path, body), "post_id");
}

TEST_F(PostApi, Comment_Delete) {
  const std::string path = "/api/posts/" + new_post(alice, "slug") + "/";
  const std::string comment =
      create(path + "comments/", {{"author_name", "x"}, {"body", "y"}})["pk"];
  expect_no_content(client.del("/api/comments/" + comment + "/"));
  expect_not_found(client.del("/api/comments/" + comment + "/"), "Not found");
  EXPECT_EQ(get(path)["comments"], Json::array());
}

}  // namespace
}  // namespace demo_app
