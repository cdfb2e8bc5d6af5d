// Labels, categories and revisions of posts through the REST API.
#include "demo_app/test_api.h"

namespace demo_app {
namespace {

using testing::ElementsAre;

class PostRelationApi : public ApiTest {
 protected:
  std::string alice = new_author("alice");
  std::string post = new_post(alice, "slug");
  std::string labels = "/api/posts/" + post + "/labels/";
  std::string categories = "/api/posts/" + post + "/categories/";
  std::string revisions = "/api/posts/" + post + "/revisions/";
  const std::string no_post = "/api/posts/" + kUnknown + "/";
};

// ---- labels

TEST_F(PostRelationApi, Labels_AreAddedAndRemoved_AndAnswerTheWholeList) {
  EXPECT_EQ(client.get(labels).body, R"({"labels":[]})");
  const Json second = create("/api/tags/", {{"name", "B"}}),
             first = create("/api/tags/", {{"name", "A"}});
  const TestResponse one = client.post(labels, {{"tag_id", second["pk"]}});
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(one.body, R"({"labels":[)" + second.dump() + "]}");
  const TestResponse two = client.post(labels, {{"tag_id", first["pk"]}});
  EXPECT_EQ(two.body, R"({"labels":[)" + first.dump() + "," + second.dump() + "]}");  // by name
  EXPECT_EQ(client.post(labels, {{"tag_id", first["pk"]}}).body, two.body);  // twice is once
  EXPECT_EQ(client.get(labels).body, two.body);
  const std::string label = labels + first["pk"].get<std::string>() + "/";
  const TestResponse removed = client.del(label);
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(removed.body, one.body);
  EXPECT_EQ(client.del(label).body, one.body);
}

TEST_F(PostRelationApi, Labels_AddedFromManyThreads_AreAllThereOnce) {
  std::vector<std::string> tags;
  for (int i = 0; i < 4; ++i) tags.push_back(new_tag("Tag " + std::to_string(i)));
  std::atomic<int> bad = 0;
  in_threads(16, [&](int i) {
    const Json body = {{"tag_id", tags[static_cast<std::size_t>(i) % tags.size()]}};
    if (web::TestClient(application).post(labels, body).status != 200) ++bad;
  });
  EXPECT_EQ(bad, 0);
  EXPECT_THAT(all_of(get(labels)["labels"], "name"),
              ElementsAre("Tag 0", "Tag 1", "Tag 2", "Tag 3"));
}

TEST_F(PostRelationApi, Labels_OfOnePost_AreNotAnothers) {
  const std::string other = "/api/posts/" + new_post(alice, "other") + "/labels/",
                    tag = new_tag("Tag");
  client.post(labels, {{"tag_id", tag}});
  EXPECT_EQ(client.get(other).body, R"({"labels":[]})");
  client.del(other + tag + "/");
  EXPECT_EQ(get(labels)["labels"].size(), 1u);
}

TEST_F(PostRelationApi, Labels_Errors_HaveTheirTexts) {
  const std::string tag = new_tag("Tag");
  expect_not_found(client.get(no_post + "labels/"), "Post not found");
  expect_not_found(client.post(no_post + "labels/", {{"tag_id", tag}}), "Post not found");
  expect_not_found(client.del(no_post + "labels/" + tag + "/"), "Post not found");
  expect_not_found(client.post(labels, {{"tag_id", kUnknown}}), "Tag not found");
  expect_not_found(client.del(labels + kUnknown + "/"), "Tag not found");
  for (const Json& body : {Json::object(), Json{{"tag_id", nullptr}}}) {
    const TestResponse response = client.post(labels, body);
    expect_refused(response, "tag_id");
    EXPECT_EQ(response.json()["error"], "tag_id required");
  }
  for (const Json& wrong : {Json(7), Json("nobody"), Json(""), Json::array({tag})})
    expect_refused(client.post(labels, {{"tag_id", wrong}}), "tag_id");
  expect_refused(client.post(labels, {{"tag_id", tag}, {"nope", 1}}), "nope");
  EXPECT_EQ(client.get(labels).body, R"({"labels":[]})");
}

// ---- categories

TEST_F(PostRelationApi, Categories_AreListedInTheirOrder) {
  EXPECT_EQ(client.get(categories).body, R"({"post_categories":[],"next_cursor":null})");
  const std::string category = new_category("Category");
  const TestResponse second =
      client.post(categories, {{"category_id", category}, {"order", 2}, {"pinned", true}});
  EXPECT_EQ(second.status, 201);
  const Json link = second.json();
  EXPECT_EQ(second.body, R"({"pk":)" + link["pk"].dump() + R"(,"post_id":")" + post +
                             R"(","category_id":")" + category +
                             R"(","order":2,"pinned":true,"added_at":)" + link["added_at"].dump() +
                             "}");
  const Json third =
      create(categories, {{"category_id", category}, {"order", 10}});  // the same category again
  const Json first = create(categories, {{"category_id", category}});
  EXPECT_EQ(first["order"], 0);
  EXPECT_EQ(first["pinned"], false);
  EXPECT_EQ(client.get(categories).body, R"({"post_categories":[)" + first.dump() + "," +
                                             link.dump() + "," + third.dump() +
                                             R"(],"next_cursor":null})");
}

TEST_F(PostRelationApi, Categories_NegativeOrder_ComesFirst) {
  const std::string category = new_category("Category");
  for (const int order : {5, -3, 0, -20})
    create(categories, {{"category_id", category}, {"order", order}});
  EXPECT_THAT(all_of(get(categories)["post_categories"], "order"),
              ElementsAre("-20", "-3", "0", "5"));
}

TEST_F(PostRelationApi, Categories_Errors_HaveTheirTexts) {
  const std::string category = new_category("Category");
  expect_not_found(client.get(no_post + "categories/"), "Post not found");
  expect_not_found(client.post(no_post + "categories/", {{"category_id", category}}),
                   "Post not found");
  expect_not_found(client.post(categories, {{"category_id", kUnknown}}), "Category not found");
  expect_not_found(client.del("/api/postcategories/" + kUnknown + "/"), "Not found");
  const TestResponse missing = client.post(categories, {{"order", 1}});
  expect_refused(missing, "category_id");
  EXPECT_EQ(missing.json()["error"], "category_id required");
  expect_refused(client.post(categories, {{"category_id", "nobody"}}), "category_id");
  for (const Json& wrong :
       {Json("1"), Json(1.5), Json(nullptr), Json(true), Json(18446744073709551615ull)}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post(categories, {{"category_id", category}, {"order", wrong}}), "order");
  }
  expect_refused(client.post(categories, {{"category_id", category}, {"pinned", 1}}), "pinned");
  expect_refused(client.post(categories, {{"category_id", category}, {"nope", 1}}), "nope");
  EXPECT_EQ(client.get(categories).body, R"({"post_categories":[],"next_cursor":null})");
}

TEST_F(PostRelationApi, Categories_Delete) {
  const std::string category = new_category("Category");
  const std::string link = create(categories, {{"category_id", category}})["pk"];
  expect_no_content(client.del("/api/postcategories/" + link + "/"));
  expect_not_found(client.del("/api/postcategories/" + link + "/"), "Not found");
  EXPECT_EQ(client.get(categories).body, R"({"post_categories":[],"next_cursor":null})");
  EXPECT_EQ(get("/api/categories/" + category + "/")["pk"], category);
}

// ---- revisions

TEST_F(PostRelationApi, Revisions_AreNumberedFromOne_InThisShape) {
  client.put("/api/posts/" + post + "/", {{"body", "Now"}});
  EXPECT_EQ(client.get(revisions).body, R"({"revisions":[],"next_cursor":null})");
  const TestResponse made = client.post(revisions, Json::object());
  EXPECT_EQ(made.status, 201);
  const Json first = made.json();
  EXPECT_EQ(
      made.body,
      R"({"pk":)" + first["pk"].dump() + R"(,"post_id":")" + post +
          R"(","editor_id":null,"body_snapshot":"Now","revision_number":1,"change_summary":"","created_at":)" +
          first["created_at"].dump() + "}");
  const Json second = create(
      revisions, {{"editor_id", alice}, {"body_snapshot", "Then"}, {"change_summary", "Older"}});
  EXPECT_EQ(second["editor_id"], alice);
  EXPECT_EQ(second["body_snapshot"], "Then");
  EXPECT_EQ(second["revision_number"], 2);
  EXPECT_EQ(second["change_summary"], "Older");
  const Json third = create(revisions, {{"editor_id", nullptr}, {"body_snapshot", ""}});
  EXPECT_EQ(third["body_snapshot"], "");
  EXPECT_EQ(client.get(revisions).body, R"({"revisions":[)" + first.dump() + "," + second.dump() +
                                            "," + third.dump() + R"(],"next_cursor":null})");
}

TEST_F(PostRelationApi, Revisions_FromManyThreads_HaveNoGapAndNoRepeat) {
  constexpr int kThreads = 16, kEach = 5;
  std::atomic<int> bad = 0;
  in_threads(kThreads, [&](int) {
    web::TestClient own(application);
    for (int i = 0; i < kEach; ++i)
      bad += own.post(revisions, Json::object()).status == 201 ? 0 : 1;
  });
  EXPECT_EQ(bad, 0);
  std::vector<std::string> expected;
  for (int i = 1; i <= kThreads * kEach; ++i) expected.push_back(std::to_string(i));
  EXPECT_EQ(all_of(get(revisions + "?limit=80")["revisions"], "revision_number"), expected);
}

TEST_F(PostRelationApi, Revisions_OfTwoPosts_AreNumberedApart) {
  create(revisions, Json::object());
  EXPECT_EQ(create("/api/posts/" + new_post(alice, "other") + "/revisions/",
                   Json::object())["revision_number"],
            1);
}

TEST_F(PostRelationApi, Revisions_BadBody_Is400NamingTheField) {
  expect_not_found(client.get(no_post + "revisions/"), "Post not found");
  expect_not_found(client.post(no_post + "revisions/", Json::object()), "Post not found");
  for (const Json& wrong : {Json(kUnknown), Json("nobody"), Json(7), Json("")})
    expect_refused(client.post(revisions, {{"editor_id", wrong}}), "editor_id");
  expect_refused(client.post(revisions, {{"change_summary", std::string(256, 'x')}}),
                 "change_summary");
  expect_refused(client.post(revisions, {{"body_snapshot", nullptr}}), "body_snapshot");
  for (const char* name : {"revision_number", "post_id", "pk", "created_at"})
    expect_refused(client.post(revisions, {{name, 1}}), name);
  EXPECT_EQ(client.get(revisions).body, R"({"revisions":[],"next_cursor":null})");
}

}  // namespace
}  // namespace demo_app
