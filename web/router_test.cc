#include "web/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "web/test_client.h"

namespace web {
namespace {

using testing::HasSubstr;

const std::string kUuid = "11111111-2222-4333-8444-555555555555";

Response show(Request& request, const std::string& what) {
  return Response::text(std::string(request.route_name()) + ":" + what);
}
Response post_list(Request& request) { return show(request, "list"); }
Response post_search(Request& request) { return show(request, "search"); }
Response post_detail(Request& request, base::Uuid pk) { return show(request, pk.str()); }
Response post_delete(Request&, base::Uuid) { return Response::empty(); }
Response by_slug(Request& request, std::string_view slug) {
  return show(request, std::string(slug));
}
Response by_year(Request& request, int year, const std::string& rest) {
  return show(request, std::to_string(year) + "|" + rest);
}

class Routing : public testing::Test {
 protected:
  Routing() : app({.debug = true}), client(app) {
    Router& r = app.router();
    r.get("/", post_list, "home");
    r.get("/api/posts/<uuid:pk>/", post_detail, "post-detail");
    r.del("/api/posts/<uuid:pk>/", post_delete, "post-detail");
    r.get("/api/posts/<slug:slug>/", by_slug, "post-by-slug");
    r.get("/api/posts/search/", post_search, "post-search");
    r.get("/api/posts/", post_list, "post-list");
    r.post("/api/posts/", post_list);
    r.get("/archive/<int:year>/<path:rest>", by_year, "archive");
    r.get("/tags/<str:tag>/", by_slug, "tag");
    r.get("/a/<str:x>/b/", by_slug, "a-b");
    r.get("/a/fixed/c/", post_list, "a-c");
    r.get("/lambda/<int:n>/",
          [](Request&, std::uint8_t n) { return Response::text(std::to_string(n)); });
  }
  std::string body(std::string_view path) {
    const TestResponse response = client.get(path);
    return response.status == 200 ? response.body : std::to_string(response.status);
  }
  Application app;
  TestClient client;
};

TEST_F(Routing, Converters_GiveTypedArguments) {
  EXPECT_EQ(body("/"), "home:list");
  EXPECT_EQ(body("/api/posts/" + kUuid + "/"), "post-detail:" + kUuid);
  EXPECT_EQ(body("/archive/2026/x/y.html"), "archive:2026|x/y.html");
  EXPECT_EQ(body("/tags/c%2B%2B%20%C3%A4/"), "tag:c++ \xC3\xA4");
  EXPECT_EQ(body("/lambda/255/"), "255");
}

TEST_F(Routing, Literals_GoBeforeConverters_WhateverTheOrder) {
  EXPECT_EQ(body("/api/posts/search/"), "post-search:search");
  EXPECT_EQ(body("/api/posts/searching/"), "post-by-slug:searching");
}

TEST_F(Routing, LiteralThatLeadsNowhere_FallsBackToAConverter) {
  EXPECT_EQ(body("/a/fixed/c/"), "a-c:list");
  EXPECT_EQ(body("/a/fixed/b/"), "a-b:fixed");
}

TEST_F(Routing, PathThatNoConverterTakes_Is404) {
  for (const char* path :
       {"/api/posts/not a uuid/", "/api/posts/a.b/", "/archive/x/y", "/archive/-1/y", "/archive/1/",
        "/archive/99999999999/y", "/lambda/256/", "/tags//", "//", "/none/", "/api//posts/"}) {
    EXPECT_EQ(client.get(path).status, 404) << path;
  }
  EXPECT_EQ(client.get("/none/").json()["code"], "not_found");
}

TEST_F(Routing, EncodedSlash_DoesNotSeparate) {
  EXPECT_EQ(body("/tags/a%2Fb/"), "tag:a/b");
  EXPECT_EQ(client.get("/api%2Fposts/").status, 404);
}

TEST_F(Routing, MalformedPercentEncoding_Is400) {
  for (const char* path : {"/tags/%/", "/tags/%zz/", "/tags/%00/", "/tags/%ff/"}) {
    EXPECT_EQ(client.get(path).json()["code"], "malformed_path") << path;
  }
}

TEST_F(Routing, MissingSlash_Is308ToThePathWithIt) {
  const TestResponse response = client.post("/api/posts?page=2&x=%2F", base::Json::object());
  EXPECT_EQ(response.status, 308);
  EXPECT_EQ(response.header("Location"), "/api/posts/?page=2&x=%2F");
  EXPECT_EQ(client.get("/none").status, 404);
}

// What makes recursive matchers, such as std::regex, overflow their stack or take for ever.
TEST_F(Routing, N5_PathsOfAnyLength_AreMatchedInOnePass) {
  Router router;
  router.get("/a/<slug:one>/<path:rest>",
             [](Request&, std::string_view, std::string_view) { return Response::empty(); });
  const std::string letters(1 << 20, 'a');
  EXPECT_TRUE(router.match("/a/" + letters + "/" + letters + "/"));
  EXPECT_FALSE(router.match("/a/" + letters + "!/x/"));
  std::string deep;
  for (int i = 0; i < 1 << 19; ++i) deep += "/a";
  EXPECT_FALSE(router.match("/b" + deep));
  EXPECT_TRUE(router.match("/a/x" + deep + "/"));
}

TEST_F(Routing, R1_RedirectToTheSlash_NeverNamesAnotherHost) {
  Application other({.debug = true});
  other.router().get("/<str:a>/<str:b>/",
                     [](Request&, std::string, std::string) { return Response::empty(); });
  other.router().get("/<str:a>/", [](Request&, std::string) { return Response::empty(); });
  TestClient there(other);
  EXPECT_EQ(there.get("//evil.example").status, 404);
  EXPECT_EQ(there.get("/\\evil.example").status, 404);
  EXPECT_EQ(there.get("/%2Fevil.example").header("Location"), "/%2Fevil.example/");
}

TEST_F(Routing, H10_OtherMethods_Are405WithAllow) {
  const TestResponse response = client.put("/api/posts/", base::Json::object());
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.header("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(response.json()["code"], "method_not_allowed");
}

TEST_F(Routing, H10_Options_ListsRealMethods) {
  const TestResponse response = client.options("/api/posts/" + kUuid + "/");
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(response.header("Allow"), "GET, HEAD, DELETE, OPTIONS");
  EXPECT_EQ(client.options("/none/").status, 404);
  EXPECT_EQ(client.options("*").status, 204);
}

TEST_F(Routing, H10_Head_RunsGetWithoutItsBody) {
  const TestResponse response = client.head("/api/posts/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "");
}

TEST_F(Routing, UrlFor_EncodesItsArguments) {
  const Router& r = app.router();
  EXPECT_EQ(r.url_for("home"), "/");
  EXPECT_EQ(r.url_for("post-detail", *base::Uuid::parse(kUuid)), "/api/posts/" + kUuid + "/");
  EXPECT_EQ(r.url_for("post-detail", kUuid), "/api/posts/" + kUuid + "/");
  EXPECT_EQ(r.url_for("tag", "a/b \xC3\xA4?"), "/tags/a%2Fb%20%C3%A4%3F/");
  EXPECT_EQ(r.url_for("archive", 2026, "x/y z"), "/archive/2026/x/y%20z");
  EXPECT_EQ(body(r.url_for("tag", "100% <b>")), "tag:100% <b>");
}

TEST_F(Routing, UrlFor_OfAWrongNameOrArgument_Throws) {
  const Router& r = app.router();
  EXPECT_THROW((void)r.url_for("none"), std::invalid_argument);
  EXPECT_THROW((void)r.url_for("tag"), std::invalid_argument);
  EXPECT_THROW((void)r.url_for("tag", "a", "b"), std::invalid_argument);
  EXPECT_THROW((void)r.url_for("tag", ""), std::invalid_argument);
  EXPECT_THROW((void)r.url_for("post-by-slug", "a b"), std::invalid_argument);
  EXPECT_THROW((void)r.url_for("archive", -1, "x"), std::invalid_argument);
}

TEST(Router, Z1_Routes_DeclareWhoMayUseThem_AndMiddlewareSeesIt) {
  Application app({.debug = true});
  std::string seen;
  app.use([&seen](Request& request, const Next& next) {
    const Route* const route = request.route();
    seen = !route                    ? "no route"
           : !route->declared_access ? "undeclared"
                                     : route->declared_access->permission_name() + "!";
    if (route && route->is_csrf_exempt) seen += " exempt";
    return next(request);
  });
  const auto view = [](Request&) { return Response::empty(); };
  app.router().get("/a/", view);
  app.router().post("/a/", view).access(Access::permission("blog.add_post")).csrf_exempt();
  app.router().get("/b/", view).access(Access::public_);
  EXPECT_EQ(app.router().routes().back().declared_access->kind(), Access::Kind::public_);
  TestClient client(app);
  client.get("/a/");
  EXPECT_EQ(seen, "undeclared");
  client.post("/a/", {});
  EXPECT_EQ(seen, "blog.add_post! exempt");
  client.head("/b/");
  EXPECT_EQ(seen, "!");
  client.get("/c/");
  EXPECT_EQ(seen, "no route");
  EXPECT_EQ(client.get("/%zz").status, 400);
}

TEST(Router, Include_PutsPrefixAndNameSpaceBefore) {
  Application app({.debug = true});
  app.router().include(
      "/blog",
      [](Router& blog) {
        blog.get("/posts/", post_list, "list");
        blog.include(
            "/admin", [](Router& admin) { admin.get("/", post_list, "index"); }, "admin");
      },
      "blog");
  TestClient client(app);
  EXPECT_EQ(client.get("/blog/posts/").body, "blog:list:list");
  EXPECT_EQ(app.router().url_for("blog:admin:index"), "/blog/admin/");
  app.router().get("/after/", post_list, "after");
  EXPECT_EQ(app.router().url_for("after"), "/after/");
}

template <class Register>
std::string mistake(Register&& add) {
  Router r;
  r.get("/posts/<uuid:pk>/", post_detail, "detail");
  try {
    add(r);
  } catch (const RouteError& error) {
    return error.what();
  }
  return "none";
}

TEST(Router, Mistakes_AreErrorsAtRegistration) {
  const Endpoint endpoint = [](Request&, PathArguments) { return Response(); };
  const auto pattern = [&](std::string_view text) {
    return mistake([&](Router& r) { r.add("GET", text, endpoint); });
  };
  EXPECT_THAT(pattern("posts/"), HasSubstr("does not begin with '/'"));
  EXPECT_THAT(pattern("/a//b/"), HasSubstr("empty segment"));
  EXPECT_THAT(pattern("/<date:x>/"), HasSubstr("unknown converter in \"<date:x>\""));
  EXPECT_THAT(pattern("/v<int:n>/"), HasSubstr("mixes text and a converter"));
  EXPECT_THAT(pattern("/<path:p>/x/"), HasSubstr("goes on after a path converter"));
  EXPECT_THAT(pattern("/<int:>/"), HasSubstr("without a name"));
  EXPECT_THAT(mistake([](Router& r) { r.get("/posts/<uuid:id>/", post_detail); }),
              HasSubstr("registered twice"));
  EXPECT_THAT(mistake([](Router& r) { r.get("/other/<uuid:id>/", post_detail, "detail"); }),
              HasSubstr("two patterns"));
  EXPECT_THAT(mistake([](Router& r) { r.include("/x/", [](Router&) {}); }),
              HasSubstr("must be literal"));
  EXPECT_THAT(mistake([](Router& r) { r.get(RuntimePattern{"/<str:pk>/"}, post_detail); }),
              HasSubstr("does not fit"));
  EXPECT_THAT(mistake([](Router& r) { r.get(RuntimePattern{"/"}, post_detail); }),
              HasSubstr("does not fit"));
  EXPECT_EQ(mistake([](Router& r) { r.del("/posts/<uuid:pk>/", post_detail, "detail"); }), "none");
}

}  // namespace
}  // namespace web
