// Authors and their profiles through the REST API.
#include "demo_app/test_api.h"

namespace demo_app {
namespace {

using testing::ElementsAre;

class AuthorApi : public ApiTest {};

TEST_F(AuthorApi, List_Empty_IsAnEmptyPage) {
  EXPECT_EQ(client.get("/api/authors/").body, R"({"authors":[],"next_cursor":null})");
}

TEST_F(AuthorApi, Create_AnswersTheAuthor_AsItIsReadAfterwards) {
  const TestResponse made = client.post(
      "/api/authors/", {{"username", "alice"}, {"email", "alice@example.com"}, {"bio", "Writer"}});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.header("Content-Type"), "application/json");
  const std::string pk = made.json()["pk"];
  EXPECT_EQ(pk, base::Uuid::parse(pk)->str());
  const std::string created_at = made.json()["created_at"];
  EXPECT_THAT(created_at, testing::MatchesRegex(R"(2026-11-22T10:0.:..\.000000\+00:00)"));
  EXPECT_EQ(
      made.body,
      R"({"pk":")" + pk +
          R"(","username":"alice","email":"alice@example.com","bio":"Writer","created_at":")" +
          created_at + R"("})");
  EXPECT_EQ(client.get("/api/authors/" + pk + "/").body, made.body);
  EXPECT_EQ(client.get("/api/authors/").body,
            R"({"authors":[)" + made.body + R"(],"next_cursor":null})");
}

TEST_F(AuthorApi, Create_UsernameAlone_LeavesTheRestEmpty) {
  const Json author = create("/api/authors/", {{"username", "bob"}});
  EXPECT_EQ(author["email"], "");
  EXPECT_EQ(author["bio"], "");
}

TEST_F(AuthorApi, Create_BadBody_Is400NamingTheField) {
  expect_refused(client.post("/api/authors/", Json::object()), "username");
  expect_refused(client.post("/api/authors/", {{"username", "a"}, {"nope", 1}}), "nope");
  expect_refused(client.post("/api/authors/", {{"username", "a"}, {"pk", kUnknown}}), "pk");
  expect_refused(client.post("/api/authors/", {{"username", "a"}, {"created_at", "2020-01-01"}}),
                 "created_at");
  for (const Json& wrong : {Json(7), Json(1.5), Json(true), Json(nullptr), Json::array(),
                            Json::object(), Json(""), Json(std::string(61, 'x'))}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/authors/", {{"username", wrong}}), "username");
  }
  for (const Json& wrong :
       {Json(7), Json(nullptr), Json("nobody"), Json("a@b"), Json("@example.com")}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/authors/", {{"username", "a"}, {"email", wrong}}), "email");
  }
  EXPECT_EQ(get("/api/authors/")["authors"].size(), 0u);
}

TEST_F(AuthorApi, Create_OneBadField_IsNamedInTheErrorText) {
  EXPECT_EQ(
      client.post("/api/authors/", Json::object()).body,
      R"({"error":"username: This field is required.","code":"invalid","fields":{"username":["This field is required."]}})");
}

TEST_F(AuthorApi, Create_SeveralBadFields_AreReportedTogether) {
  const TestResponse response =
      client.post("/api/authors/", {{"username", ""}, {"email", "nobody"}});
  expect_refused(response, "username");
  expect_refused(response, "email");
}

TEST_F(AuthorApi, Create_LengthCountsCharacters) {
  std::string sixty;
  for (int i = 0; i < 60; ++i) sixty += "\xC3\xA4";
  EXPECT_EQ(create("/api/authors/", {{"username", sixty}})["username"], sixty);
}

TEST_F(AuthorApi, Create_TakenUsername_Is409) {
  new_author("alice");
  const TestResponse second = client.post("/api/authors/", {{"username", "alice"}});
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(
      second.body,
      R"({"error":"username is taken.","code":"unique","fields":{"username":["Another row has this value."]}})");
  EXPECT_EQ(get("/api/authors/")["authors"].size(), 1u);
}

TEST_F(AuthorApi, Create_SameUsernameFromManyThreads_OneIs201TheOthers409) {
  for (int round = 0; round < 10; ++round) {
    const std::string username = "alice" + std::to_string(round);
    std::atomic<int> created = 0, conflicts = 0;
    in_threads(16, [&](int) {
      const int status =
          web::TestClient(application).post("/api/authors/", {{"username", username}}).status;
      created += status == 201 ? 1 : 0;
      conflicts += status == 409 ? 1 : 0;
    });
    EXPECT_EQ(created, 1);
    EXPECT_EQ(conflicts, 15);
  }
  EXPECT_EQ(get("/api/authors/")["authors"].size(), 10u);
}

TEST_F(AuthorApi, UnknownKey_IsNotFound) {
  for (const char* method : {"GET", "DELETE"})
    expect_not_found(client.request(method, "/api/authors/" + kUnknown + "/"), "Not found");
  expect_not_found(client.put("/api/authors/" + kUnknown + "/", {{"bio", "x"}}), "Not found");
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    EXPECT_EQ(client
                  .request(method, "/api/authors/not-a-uuid/",
                           {.body = "{}", .content_type = "application/json"})
                  .status,
              404)
        << method;
  }
}

TEST_F(AuthorApi, Key_InUpperCase_IsTheSameKey) {
  const std::string pk = new_author("alice");
  std::string upper = pk;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(get("/api/authors/" + upper + "/")["pk"], pk);
}

TEST_F(AuthorApi, Update_ChangesWhatTheBodyHas) {
  Json author = create("/api/authors/",
                       {{"username", "alice"}, {"email", "alice@example.com"}, {"bio", "Writer"}});
  const std::string path = "/api/authors/" + author["pk"].get<std::string>() + "/";
  author["bio"] = "Editor";
  const TestResponse changed = client.put(path, {{"bio", "Editor"}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.body, author.dump());
  EXPECT_EQ(client.put(path, Json::object()).body, author.dump());
  EXPECT_EQ(client.get(path).body, author.dump());
  author["username"] = "alicia";
  author["email"] = "";
  EXPECT_EQ(client.put(path, {{"username", "alicia"}, {"email", ""}}).body, author.dump());
}

TEST_F(AuthorApi, Update_BadBody_Is400AndChangesNothing) {
  const std::string path = "/api/authors/" + new_author("alice") + "/";
  const std::string before = client.get(path).body;
  expect_refused(client.put(path, {{"username", ""}}), "username");
  expect_refused(client.put(path, {{"username", nullptr}}), "username");
  expect_refused(client.put(path, {{"bio", "x"}, {"pk", kUnknown}}), "pk");
  expect_refused(client.put(path, {{"bio", "x"}, {"email", "nobody"}}), "email");
  EXPECT_EQ(client.get(path).body, before);
}

TEST_F(AuthorApi, Update_Username_MovesTheClaim) {
  const std::string alice = new_author("alice");
  new_author("bob");
  EXPECT_EQ(client.put("/api/authors/" + alice + "/", {{"username", "alice"}}).status, 200);
  EXPECT_EQ(client.put("/api/authors/" + alice + "/", {{"username", "bob"}}).status, 409);
  EXPECT_EQ(client.put("/api/authors/" + alice + "/", {{"username", "carol"}}).status, 200);
  EXPECT_EQ(client.post("/api/authors/", {{"username", "carol"}}).status, 409);
  EXPECT_EQ(client.post("/api/authors/", {{"username", "alice"}}).status, 201);
}

TEST_F(AuthorApi, Delete_TakesEverythingThatHangsOnTheAuthor) {
  const std::string alice = new_author("alice"), bob = new_author("bob");
  const std::string gone = new_post(alice, "gone"), kept = new_post(bob, "kept");
  const std::string tag = new_tag("Tag"), category = new_category("Category");
  std::map<std::string, std::vector<std::string>> made;
  for (const auto& post : {gone, kept}) {
    const std::string path = "/api/posts/" + post + "/";
    made["comments"].push_back(
        create(path + "comments/", {{"author_name", "x"}, {"body", "y"}})["pk"]);
    made["links"].push_back(create(path + "categories/", {{"category_id", category}})["pk"]);
    create(path + "revisions/", {{"editor_id", alice}});
    EXPECT_EQ(client.post(path + "labels/", {{"tag_id", tag}}).status, 200);
  }
  create("/api/authors/" + alice + "/profile/", {{"location", "Lisbon"}});

  expect_no_content(client.del("/api/authors/" + alice + "/"));
  expect_not_found(client.get("/api/authors/" + alice + "/"), "Not found");
  expect_not_found(client.del("/api/authors/" + alice + "/"), "Not found");
  expect_not_found(client.get("/api/authors/" + alice + "/profile/"), "Author not found");
  expect_not_found(client.get("/api/posts/" + gone + "/"), "Not found");
  expect_not_found(client.del("/api/comments/" + made["comments"][0] + "/"), "Not found");
  expect_not_found(client.del("/api/postcategories/" + made["links"][0] + "/"), "Not found");
  EXPECT_EQ(AuthorProfile::objects.all().allow_scan("test").count(), 0u);
  EXPECT_EQ(Comment::objects.all().allow_scan("test").count(), 1u);
  EXPECT_EQ(PostCategory::objects.all().allow_scan("test").count(), 1u);
  EXPECT_EQ(PostRevision::objects.all().allow_scan("test").count(), 1u);
  EXPECT_EQ(
      Post::objects
          .filter(dynamo_backend::f<&Post::labels>.contains(Tag::objects.get(*Uuid::parse(tag))))
          .count(),
      1u);
  // Bob's post keeps what it has; the revision that alice edited has no editor.
  EXPECT_EQ(get("/api/posts/" + kept + "/")["comments"].size(), 1u);
  EXPECT_EQ(get("/api/posts/" + kept + "/labels/")["labels"].size(), 1u);
  const Json revisions = get("/api/posts/" + kept + "/revisions/")["revisions"];
  ASSERT_EQ(revisions.size(), 1u);
  EXPECT_EQ(revisions[0]["editor_id"], nullptr);
  EXPECT_EQ(new_author("alice") == alice, false);
}

TEST_F(AuthorApi, Delete_FromManyThreads_OneSucceeds) {
  const std::string path = "/api/authors/" + new_author("alice") + "/";
  std::atomic<int> deleted = 0, missing = 0;
  in_threads(8, [&](int) {
    const int status = web::TestClient(application).del(path).status;
    deleted += status == 204 ? 1 : 0;
    missing += status == 404 ? 1 : 0;
  });
  EXPECT_EQ(deleted, 1);
  EXPECT_EQ(missing, 7);
}

// ---- profiles

TEST_F(AuthorApi, Profile_FirstSaveIs201_ThenItIsUpdated) {
  const std::string alice = new_author("alice"), path = "/api/authors/" + alice + "/profile/";
  expect_not_found(client.get(path), "Profile not found");
  const TestResponse made = client.post(path, {{"website", "https://alice.example.com/"},
                                               {"twitter", "alice"},
                                               {"location", "Lisbon"},
                                               {"avatar_url", "http://example.com/a.png"},
                                               {"follower_count", 7}});
  EXPECT_EQ(made.status, 201);
  Json profile = made.json();
  EXPECT_EQ(
      made.body,
      R"({"pk":)" + profile["pk"].dump() + R"(,"author_id":")" + alice +
          R"(","website":"https://alice.example.com/","twitter":"alice","location":"Lisbon","avatar_url":"http://example.com/a.png","follower_count":7,"updated_at":)" +
          profile["updated_at"].dump() + "}");
  EXPECT_EQ(client.get(path).body, made.body);
  const TestResponse changed = client.post(path, {{"location", "Porto"}, {"follower_count", 8}});
  EXPECT_EQ(changed.status, 200);
  profile["location"] = "Porto";
  profile["follower_count"] = 8;
  EXPECT_GT(changed.json()["updated_at"], profile["updated_at"]);
  profile["updated_at"] = changed.json()["updated_at"];
  EXPECT_EQ(changed.body, profile.dump());
  EXPECT_EQ(client.get(path).body, changed.body);
}

TEST_F(AuthorApi, Profile_EmptyBody_MakesAnEmptyProfile) {
  const Json profile = create("/api/authors/" + new_author("alice") + "/profile/", Json::object());
  EXPECT_EQ(profile["website"], "");
  EXPECT_EQ(profile["follower_count"], 0);
}

TEST_F(AuthorApi, Profile_OfNobody_IsAuthorNotFound) {
  expect_not_found(client.get("/api/authors/" + kUnknown + "/profile/"), "Author not found");
  expect_not_found(client.post("/api/authors/" + kUnknown + "/profile/", Json::object()),
                   "Author not found");
}

TEST_F(AuthorApi, Profile_UrlThatABrowserWouldRun_IsRefused) {
  const std::string path = "/api/authors/" + new_author("alice") + "/profile/";
  for (const char* url :
       {"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)",
        "java\nscript:alert(1)", "data:text/html,x", "//evil.example/", "ftp://example.com/",
        "https://", "https://a b.example/", "http://user@example.com/", "https://x\"onload=y/"}) {
    SCOPED_TRACE(url);
    expect_refused(client.post(path, {{"website", url}}), "website");
    expect_refused(client.post(path, {{"avatar_url", url}}), "avatar_url");
  }
  expect_not_found(client.get(path), "Profile not found");
}

TEST_F(AuthorApi, Profile_BadBody_Is400NamingTheField) {
  const std::string path = "/api/authors/" + new_author("alice") + "/profile/";
  for (const Json& wrong :
       {Json(-1), Json(1.5), Json("5"), Json(true), Json(nullptr), Json(18446744073709551615ull)}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post(path, {{"follower_count", wrong}}), "follower_count");
  }
  expect_refused(client.post(path, {{"author_id", kUnknown}}), "author_id");
  expect_refused(client.post(path, {{"twitter", std::string(51, 'x')}}), "twitter");
  expect_refused(client.post(path, {{"location", 1}}), "location");
}

TEST_F(AuthorApi, Profile_FirstSavesFromManyThreads_MakeOneProfile) {
  for (int round = 0; round < 10; ++round) {
    const std::string path =
        "/api/authors/" + new_author("alice" + std::to_string(round)) + "/profile/";
    std::atomic<int> created = 0, updated = 0;
    in_threads(16, [&](int i) {
      const int status = web::TestClient(application).post(path, {{"follower_count", i}}).status;
      created += status == 201 ? 1 : 0;
      updated += status == 200 ? 1 : 0;
    });
    EXPECT_EQ(created, 1);
    EXPECT_EQ(updated, 15);
  }
  EXPECT_EQ(AuthorProfile::objects.all().allow_scan("test").count(), 10u);
}

// ---- an author's posts

TEST_F(AuthorApi, Posts_AreNewestFirst_InThisShape) {
  const std::string alice = new_author("alice"), bob = new_author("bob");
  new_post(alice, "one");
  new_post(bob, "other");
  new_post(alice, "two");
  new_post(alice, "three");
  const Json page = get("/api/authors/" + alice + "/posts/");
  EXPECT_THAT(names_of(page),
              ElementsAre("author_id", "count", "next_cursor", "elapsed_ms", "posts"));
  EXPECT_EQ(page["author_id"], alice);
  EXPECT_EQ(page["count"], 3);
  EXPECT_EQ(page["next_cursor"], nullptr);
  EXPECT_TRUE(page["elapsed_ms"].is_number());
  EXPECT_THAT(all_of(page["posts"], "slug"), ElementsAre("three", "two", "one"));
  EXPECT_EQ(page["posts"][0].dump(), get("/api/posts/?author_id=" + alice)["posts"][0].dump());
}

TEST_F(AuthorApi, Posts_Errors_HaveTheirTexts) {
  const TestResponse bad_key = client.get("/api/authors/nobody/posts/");
  EXPECT_EQ(bad_key.status, 400);
  EXPECT_EQ(bad_key.json()["error"], "Invalid author pk");
  expect_not_found(client.get("/api/authors/" + kUnknown + "/posts/"), "Author not found");
  const TestResponse bad_cursor =
      client.get("/api/authors/" + new_author("alice") + "/posts/?cursor=NTA=");
  EXPECT_EQ(bad_cursor.status, 400);
  EXPECT_EQ(bad_cursor.json()["error"], "Invalid cursor");
}

}  // namespace
}  // namespace demo_app
