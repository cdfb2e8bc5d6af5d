// What all endpoints of the REST API share: methods, content types, malformed bodies, the README's
// requests.
#include "demo_app/test_api.h"

namespace demo_app {
namespace {

class HttpApi : public ApiTest {
 protected:
  TestResponse send(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& type = "application/json") {
    return client.request(method, path, {.body = body, .content_type = type});
  }
};

// The curl commands of the original's README, with the body that curl sends.
TEST_F(HttpApi, RequestsOfTheOriginalsReadme_WorkAsWritten) {
  const TestResponse author =
      send("POST", "/api/authors/",
           R"({"username":"alice","email":"alice@example.com","bio":"Writer"})");
  EXPECT_EQ(author.status, 201);
  const std::string pk = author.json()["pk"];
  const TestResponse post =
      send("POST", "/api/posts/",
           R"({"title":"Hello DynamoDB","slug":"hello-dynamodb","author_pk":")" + pk +
               R"(","published":true})");
  EXPECT_EQ(post.status, 201);
  EXPECT_EQ(post.json()["author_id"], pk);
  EXPECT_EQ(post.json()["published"], true);
  EXPECT_EQ(client.get("/api/posts/").body,
            R"({"posts":[)" + post.body + R"(],"next_cursor":null})");
}

TEST_F(HttpApi, Root_NamesTheLists) {
  EXPECT_EQ(
      client.get("/api/").body,
      R"({"author":"/api/authors/","post":"/api/posts/","tag":"/api/tags/","category":"/api/categories/"})");
}

TEST_F(HttpApi, EveryEndpointWithABody_RefusesWhatIsNoJsonObject_AndStoresNothing) {
  const std::string author = new_author("alice"), post = new_post(author, "slug");
  const std::string author_path = "/api/authors/" + author + "/",
                    post_path = "/api/posts/" + post + "/";
  const auto rows = [this] {
    std::string all;
    for (const char* list : {"authors", "posts", "tags", "categories"})
      all += client.get("/api/" + std::string(list) + "/").body;
    return all;
  };
  const std::string before = rows();
  const std::vector<std::pair<std::string, std::string>> endpoints = {
      {"POST", "/api/authors/"},
      {"PUT", author_path},
      {"POST", author_path + "profile/"},
      {"POST", "/api/posts/"},
      {"PUT", post_path},
      {"POST", "/api/tags/"},
      {"POST", "/api/categories/"},
      {"POST", post_path + "comments/"},
      {"POST", post_path + "labels/"},
      {"POST", post_path + "categories/"},
      {"POST", post_path + "revisions/"}};
  for (const auto& [method, path] : endpoints) {
    SCOPED_TRACE(method + " " + path);
    for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data", "application/json2"}) {
      const TestResponse response = send(method, path, "{}", type);
      EXPECT_EQ(response.status, 415) << type;
      EXPECT_EQ(response.json()["code"], "unsupported_media_type");
    }
    std::string deep(200, '[');
    for (const std::string& body :
         {std::string(), std::string("{"), std::string("{\"a\":}"), std::string("{} {}"),
          std::string("{'a':1}"), std::string("{\"a\":1,\"a\":2}"), std::string("{\"a\":\"\xFF\"}"),
          std::string("{\"a\":1e999}"), std::string("{\"a\":\"\x01\"}"), "{\"a\":" + deep,
          std::string("\0{}", 3)}) {
      SCOPED_TRACE(body);
      const TestResponse response = send(method, path, body);
      EXPECT_EQ(response.status, 400);
      EXPECT_EQ(response.json()["code"], "malformed_json");
    }
    for (const char* body : {"[]", "null", "1", "\"text\"", "true", "[{}]"}) {
      SCOPED_TRACE(body);
      const TestResponse response = send(method, path, body);
      EXPECT_EQ(response.status, 400);
      EXPECT_EQ(response.json()["code"], "invalid");
    }
  }
  EXPECT_EQ(rows(), before);
  expect_not_found(client.get(author_path + "profile/"), "Profile not found");
  EXPECT_EQ(client.get(post_path + "revisions/").body, R"({"revisions":[],"next_cursor":null})");
}

TEST_F(HttpApi, ContentType_WithACharset_IsJson) {
  EXPECT_EQ(send("POST", "/api/tags/", R"({"name":"a"})", "application/json; charset=utf-8").status,
            201);
  EXPECT_EQ(send("POST", "/api/tags/", R"({"name":"b"})", "Application/JSON").status, 201);
}

TEST_F(HttpApi, Text_OfAnyScript_ComesBackAsItWas) {
  const std::string name = "\xF0\x9F\x9A\x80 \xE6\x97\xA5\xE6\x9C\xAC \\ \" / \b\x7F";
  const Json author = create("/api/authors/", {{"username", name}, {"bio", "a\tb\r\n"}});
  const Json read = get("/api/authors/" + author["pk"].get<std::string>() + "/");
  EXPECT_EQ(read["username"], name);
  EXPECT_EQ(read["bio"], "a\tb\r\n");
}

TEST_F(HttpApi, Z4_NulCharactersAndBlankNames_Are400NamingTheField) {
  const std::string nul("a\0b", 3);
  expect_refused(client.post("/api/authors/", {{"username", nul}}), "username");
  expect_refused(client.post("/api/authors/", {{"username", "a"}, {"bio", nul}}), "bio");
  for (const char* blank : {" ", "\t\r\n", "\u00a0\u3000"})
    expect_refused(client.post("/api/authors/", {{"username", blank}}), "username");
  const std::string alice = new_author("alice"), post = "/api/posts/" + new_post(alice, "a") + "/";
  expect_refused(client.put(post, {{"tags", {"good", nul}}}), "tags");
  expect_refused(client.put(post, {{"title", " "}}), "title");
  expect_refused(client.post(post + "comments/", {{"author_name", "a"}, {"body", " \n"}}), "body");
}

struct Methods {
  std::string path, allowed;
};

TEST_F(HttpApi, MethodThatAPathHasNot_Is405WithAllow_AndOptionsNamesThem) {
  const std::string pk = kUnknown;
  const std::vector<Methods> paths = {
      {"/api/", "GET, HEAD, OPTIONS"},
      {"/api/authors/", "GET, HEAD, POST, OPTIONS"},
      {"/api/authors/" + pk + "/", "GET, HEAD, PUT, DELETE, OPTIONS"},
      {"/api/authors/" + pk + "/posts/", "GET, HEAD, OPTIONS"},
      {"/api/authors/" + pk + "/profile/", "GET, HEAD, POST, OPTIONS"},
      {"/api/posts/", "GET, HEAD, POST, OPTIONS"},
      {"/api/posts/search/", "GET, HEAD, OPTIONS"},
      {"/api/posts/" + pk + "/", "GET, HEAD, PUT, DELETE, OPTIONS"},
      {"/api/posts/" + pk + "/comments/", "GET, HEAD, POST, OPTIONS"},
      {"/api/comments/" + pk + "/", "DELETE, OPTIONS"},
      {"/api/tags/", "GET, HEAD, POST, OPTIONS"},
      {"/api/tags/" + pk + "/", "GET, HEAD, DELETE, OPTIONS"},
      {"/api/categories/", "GET, HEAD, POST, OPTIONS"},
      {"/api/categories/" + pk + "/", "GET, HEAD, DELETE, OPTIONS"},
      {"/api/posts/" + pk + "/labels/", "GET, HEAD, POST, OPTIONS"},
      {"/api/posts/" + pk + "/labels/" + pk + "/", "DELETE, OPTIONS"},
      {"/api/posts/" + pk + "/categories/", "GET, HEAD, POST, OPTIONS"},
      {"/api/postcategories/" + pk + "/", "DELETE, OPTIONS"},
      {"/api/posts/" + pk + "/revisions/", "GET, HEAD, POST, OPTIONS"},
  };
  for (const auto& [path, allowed] : paths) {
    SCOPED_TRACE(path);
    const TestResponse options = client.options(path);
    expect_no_content(options);
    EXPECT_EQ(options.header("Allow"), allowed);
    for (const std::string method :
         {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "get", "MADE-UP"}) {
      if ((", " + allowed + ",").find(", " + method + ",") != std::string::npos) continue;
      const TestResponse response = client.request(method, path);
      EXPECT_EQ(response.status, 405) << method;
      EXPECT_EQ(response.header("Allow"), allowed);
    }
    // Without its last slash the path leads to itself, the query kept.
    const TestResponse redirected =
        client.request("POST", path.substr(0, path.size() - 1) + "?limit=3&x=%20");
    EXPECT_EQ(redirected.status, 308);
    EXPECT_EQ(redirected.header("Location"), path + "?limit=3&x=%20");
  }
}

TEST_F(HttpApi, Head_IsGetWithoutABody) {
  const std::string author = new_author("alice");
  for (const std::string& path :
       {std::string("/api/"), std::string("/api/authors/"), "/api/authors/" + author + "/",
        "/api/authors/" + kUnknown + "/", std::string("/api/tags/?limit=0")}) {
    const TestResponse head = client.head(path), get = client.get(path);
    EXPECT_EQ(head.status, get.status) << path;
    EXPECT_EQ(head.header("Content-Type"), "application/json");
    EXPECT_EQ(head.body, "");
  }
}

TEST_F(HttpApi, UnknownPath_Is404InJson) {
  for (const char* path :
       {"/api/nope/", "/api/authors/x/y/", "/api/authors//", "/api/posts/search/x/",
        "/API/authors/", "/api/comments/", "/api/postcategories/"}) {
    const TestResponse response = client.get(path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_EQ(response.json()["code"], "not_found");
  }
}

TEST_F(HttpApi, G1_DatabaseThatFails_Is503WithoutItsWords) {
  dynamo_backend::delete_table<Tag>();
  const TestResponse response = client.get("/api/tags/");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body,
            R"({"error":"The database does not answer; try again.","code":"database"})");
}

}  // namespace
}  // namespace demo_app
