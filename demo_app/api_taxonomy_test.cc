// Tags and categories through the REST API.
#include "demo_app/test_api.h"

namespace demo_app {
namespace {

using testing::ElementsAre;

class TaxonomyApi : public ApiTest {};

// ---- tags

TEST_F(TaxonomyApi, Tag_Create_AnswersIt_AsItIsReadAfterwards) {
  EXPECT_EQ(client.get("/api/tags/").body, R"({"tags":[],"next_cursor":null})");
  const TestResponse made = client.post("/api/tags/", {{"name", "Hello World"}});
  EXPECT_EQ(made.status, 201);
  const std::string pk = made.json()["pk"];
  EXPECT_EQ(made.body, R"({"pk":")" + pk +
                           R"(","name":"Hello World","slug":"hello-world","colour":"#cccccc"})");
  EXPECT_EQ(client.get("/api/tags/" + pk + "/").body, made.body);
  EXPECT_EQ(client.get("/api/tags/").body, R"({"tags":[)" + made.body + R"(],"next_cursor":null})");
  const Json other =
      create("/api/tags/", {{"name", "C++"}, {"slug", "cpp"}, {"colour", "#0aF3bC"}});
  EXPECT_EQ(other["slug"], "cpp");
  EXPECT_EQ(other["colour"], "#0aF3bC");
}

TEST_F(TaxonomyApi, Tag_List_IsByName) {
  for (const char* name : {"c", "a", "b"}) new_tag(name);
  EXPECT_THAT(all_of(get("/api/tags/")["tags"], "name"), ElementsAre("a", "b", "c"));
}

TEST_F(TaxonomyApi, Tag_BadBody_Is400NamingTheField) {
  expect_refused(client.post("/api/tags/", Json::object()), "name");
  for (const Json& wrong : {Json(7), Json(nullptr), Json(std::string(51, 'x')), Json::array()}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/tags/", {{"name", wrong}}), "name");
  }
  expect_refused(client.post("/api/tags/", {{"name", ""}, {"slug", "x"}}), "name");
  expect_refused(client.post("/api/tags/", {{"name", "+++"}}), "slug");  // nothing to make one from
  for (const Json& wrong :
       {Json(""), Json("a b"), Json(7), Json(nullptr), Json(std::string(61, 'x'))}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/tags/", {{"name", "x"}, {"slug", wrong}}), "slug");
  }
  for (const Json& wrong :
       {Json("red"), Json("#ccc"), Json("cccccc"), Json("#cccccg"), Json("#cccccc;"),
        Json("#cccccccc"), Json(""), Json(7), Json(nullptr), Json("red;background:url(//evil)")}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/tags/", {{"name", "x"}, {"colour", wrong}}), "colour");
  }
  expect_refused(client.post("/api/tags/", {{"name", "x"}, {"pk", kUnknown}}), "pk");
  EXPECT_EQ(get("/api/tags/")["tags"].size(), 0u);
}

TEST_F(TaxonomyApi, Tag_BlankName_IsReportedForTheName) {
  expect_refused(client.post("/api/tags/", {{"name", ""}}), "name");
}

TEST_F(TaxonomyApi, Tag_TakenNameOrSlug_Is409NamingIt) {
  new_tag("Hello");
  const TestResponse name = client.post("/api/tags/", {{"name", "Hello"}, {"slug", "other"}});
  EXPECT_EQ(name.status, 409);
  EXPECT_EQ(names_of(name.json()["fields"]), std::vector<std::string>{"name"});
  const TestResponse slug = client.post("/api/tags/", {{"name", "hello"}});
  EXPECT_EQ(slug.status, 409);
  EXPECT_EQ(names_of(slug.json()["fields"]), std::vector<std::string>{"slug"});
  EXPECT_EQ(get("/api/tags/")["tags"].size(), 1u);
  new_tag("Other");  // a refused tag holds none of its values
}

TEST_F(TaxonomyApi, Tag_SameSlugFromManyThreads_OneIs201) {
  std::atomic<int> created = 0, conflicts = 0;
  in_threads(16, [&](int i) {
    const int status =
        web::TestClient(application)
            .post("/api/tags/", {{"name", "Tag " + std::to_string(i)}, {"slug", "same"}})
            .status;
    created += status == 201 ? 1 : 0;
    conflicts += status == 409 ? 1 : 0;
  });
  EXPECT_EQ(created, 1);
  EXPECT_EQ(conflicts, 15);
  EXPECT_EQ(get("/api/tags/")["tags"].size(), 1u);
}

TEST_F(TaxonomyApi, Tag_UnknownKey_IsNotFound) {
  expect_not_found(client.get("/api/tags/" + kUnknown + "/"), "Not found");
  expect_not_found(client.del("/api/tags/" + kUnknown + "/"), "Not found");
}

TEST_F(TaxonomyApi, Tag_Delete_TakesItOffPosts_AndFreesItsNames) {
  const std::string tag = new_tag("Hello"),
                    labels = "/api/posts/" + new_post(new_author("alice"), "slug") + "/labels/";
  client.post(labels, {{"tag_id", tag}});
  expect_no_content(client.del("/api/tags/" + tag + "/"));
  expect_not_found(client.del("/api/tags/" + tag + "/"), "Not found");
  EXPECT_EQ(client.get(labels).body, R"({"labels":[]})");
  new_tag("Hello");
}

// ---- categories

TEST_F(TaxonomyApi, Category_Create_AnswersIt_AndDetailAddsTheChildren) {
  EXPECT_EQ(client.get("/api/categories/").body, R"({"categories":[],"next_cursor":null})");
  const TestResponse made =
      client.post("/api/categories/", {{"name", "Data Bases"}, {"description", "Text"}});
  EXPECT_EQ(made.status, 201);
  Json parent = made.json();
  const std::string pk = parent["pk"];
  EXPECT_EQ(
      made.body,
      R"({"pk":")" + pk +
          R"(","name":"Data Bases","slug":"data-bases","parent_id":null,"description":"Text"})");
  const Json second = create("/api/categories/", {{"name", "B"}, {"parent_id", pk}}),
             first = create("/api/categories/", {{"name", "A"}, {"parent_id", pk}});
  EXPECT_EQ(first["parent_id"], pk);
  EXPECT_EQ(first["description"], "");
  EXPECT_EQ(client.get("/api/categories/").body, R"({"categories":[)" + first.dump() + "," +
                                                     second.dump() + "," + parent.dump() +
                                                     R"(],"next_cursor":null})");
  parent["children"] = Json::array({first, second});
  EXPECT_EQ(client.get("/api/categories/" + pk + "/").body, parent.dump());
  EXPECT_EQ(get("/api/categories/" + first["pk"].get<std::string>() + "/")["children"],
            Json::array());
}

TEST_F(TaxonomyApi, Category_ParentOfNull_IsNoParent) {
  EXPECT_EQ(create("/api/categories/", {{"name", "A"}, {"parent_id", nullptr}})["parent_id"],
            nullptr);
}

TEST_F(TaxonomyApi, Category_BadBody_Is400NamingTheField) {
  expect_refused(client.post("/api/categories/", Json::object()), "name");
  for (const Json& wrong : {Json(7), Json(nullptr), Json(std::string(101, 'x'))})
    expect_refused(client.post("/api/categories/", {{"name", wrong}}), "name");
  for (const Json& wrong : {Json(kUnknown), Json("nobody"), Json(7), Json("")}) {
    SCOPED_TRACE(wrong.dump());
    expect_refused(client.post("/api/categories/", {{"name", "x"}, {"parent_id", wrong}}),
                   "parent_id");
  }
  expect_refused(client.post("/api/categories/", {{"name", "x"}, {"slug", "a b"}}), "slug");
  expect_refused(client.post("/api/categories/", {{"name", "x"}, {"description", nullptr}}),
                 "description");
  expect_refused(client.post("/api/categories/", {{"name", "x"}, {"children", Json::array()}}),
                 "children");
  EXPECT_EQ(get("/api/categories/")["categories"].size(), 0u);
}

TEST_F(TaxonomyApi, Category_SlugIsUnique_NameIsNot) {
  new_category("Events");
  EXPECT_EQ(client.post("/api/categories/", {{"name", "Events"}}).status, 409);
  create("/api/categories/", {{"name", "Events"}, {"slug", "events-2"}});
}

TEST_F(TaxonomyApi, Category_Delete_LeavesItsChildrenWithoutParent_AndUnlinksPosts) {
  const std::string root = new_category("Root");
  const std::string child =
      create("/api/categories/", {{"name", "Child"}, {"parent_id", root}})["pk"];
  const std::string grandchild =
      create("/api/categories/", {{"name", "Grandchild"}, {"parent_id", child}})["pk"];
  const std::string links = "/api/posts/" + new_post(new_author("alice"), "slug") + "/categories/";
  create(links, {{"category_id", root}});
  const Json kept = create(links, {{"category_id", child}});
  expect_no_content(client.del("/api/categories/" + root + "/"));
  expect_not_found(client.get("/api/categories/" + root + "/"), "Not found");
  expect_not_found(client.del("/api/categories/" + root + "/"), "Not found");
  EXPECT_EQ(get("/api/categories/" + child + "/")["parent_id"], nullptr);
  EXPECT_EQ(get("/api/categories/" + grandchild + "/")["parent_id"], child);
  EXPECT_EQ(client.get(links).body,
            R"({"post_categories":[)" + kept.dump() + R"(],"next_cursor":null})");
  new_category("Root");
}

}  // namespace
}  // namespace demo_app
