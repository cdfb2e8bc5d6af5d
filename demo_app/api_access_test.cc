// Who may do what by the REST API: each role at each endpoint (rules Z2, Z3, Z5), sessions with
// CSRF and tokens (X1, X2), the open demo.
#include "auth/site.h"
#include "auth/test_auth.h"
#include "debug_toolbar/expect_ddb.h"
#include "demo_app/test_api.h"
#include "demo_app/viewer.h"
#include "dynamodb/wire.h"
#include "web/csrf.h"
#include "web/session.h"

namespace demo_app {
namespace {

using dynamo_backend::f;
using testing::HasSubstr;
using testing::Not;

// Whom the header X-Test-User names.
struct NamedUser : auth::BearerVerifier {
  std::optional<auth::User> user_of(web::Request& request) const override {
    const auto name = request.header("Authorization");
    if (!name) return std::nullopt;
    return auth::find_by_username(name->substr(sizeof "Bearer " - 1));
  }
};

struct AccessApi : testing::Test {
  AccessApi() {
    models(dynamo_backend::Registry::instance());
    auth::models(dynamo_backend::Registry::instance());
    dynamo_backend::ensure_tables();
    base::set_log_level(base::LogLevel::off);
    writer = user("writer");
    other = user("other");
    auth::User boss = user("boss");
    boss.is_staff = true;
    boss.save();
    author = Author::objects.create(
        {.username = "writer", .email = "w@example.com", .user_pk = writer.pk.str()});
    start(true);
  }
  static auth::User user(const std::string& name) {
    return auth::create_user({.username = name}, auth::kPassword);
  }
  void start(bool open_demo, bool debug = true) {
    application = std::make_unique<web::Application>(
        web::ApplicationOptions{.debug = debug,
                                .allowed_hosts = {"localhost"},
                                .secret_keys = {.current = "a secret of tests"}});
    configure(*application);
    auth::install(
        *application,
        {.secret = "secret", .bearer = std::make_shared<NamedUser>(), .open_demo = open_demo});
    urls(application->router());
    client = std::make_unique<web::TestClient>(*application);
    client->peer = "192.0.2.1";  // not the open demo
  }
  // "": nobody.
  TestResponse as(const std::string& name, const std::string& method, const std::string& path,
                  const Json& body = nullptr) {
    web::TestRequest request;
    if (!name.empty()) request.headers = {{"Authorization", "Bearer " + name}};
    if (!body.is_null()) request.body = body.dump(), request.content_type = "application/json";
    return client->request(method, path, request);
  }
  Post post(bool published, bool is_public = true) {
    const std::string slug = "post-" + std::to_string(++posts);
    return Post::objects.create({.title = "Title of " + slug,
                                 .slug = slug,
                                 .author_pk = author,
                                 .published = published,
                                 .is_public = is_public});
  }
  static std::string at(const Post& p, const std::string& rest = "") {
    return "/api/posts/" + p.pk.str() + "/" + rest;
  }

  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  dynamo_backend::ScopedConnection connection{*engine, {.sleep = [](auto) {}}};
  auth::PasswordHasher hasher{auth::quick_hashes()};
  auth::ScopedPasswordHasher scoped_hasher{hasher};
  auth::User writer, other;
  Author author;
  int posts = 0;
  std::unique_ptr<web::Application> application;
  std::unique_ptr<web::TestClient> client;
};

struct Role {
  const char* name;
  int read_draft, edit_published, edit_draft;  // statuses
};
constexpr Role kRoles[] = {{"", 404, 401, 401},
                           {"other", 404, 403, 404},
                           {"writer", 200, 200, 200},
                           {"boss", 200, 200, 200}};

TEST_F(AccessApi, ListOfAnAuthorWithManyDrafts_GoesOnFromACursor_WithinABudget) {
  const Post oldest = post(true);
  std::vector<Post> drafts;
  for (int i = 0; i < 60; ++i)  // 3.6 MB
    drafts.push_back({.title = "Draft",
                      .slug = "draft-" + std::to_string(i),
                      .body = std::string(60'000, 'x'),
                      .author_pk = author});
  Post::objects.bulk_create(std::move(drafts));
  for (const std::string& list : {"/api/authors/" + author.pk.str() + "/posts/?limit=5",
                                  "/api/posts/?limit=5&author_id=" + author.pk.str()}) {
    std::vector<std::string> found;
    std::string cursor;
    do {
      EXPECT_DDB(scans == 0, rcu <= 300);
      const auto page = as("", "GET", list + (cursor.empty() ? "" : "&cursor=" + cursor)).json();
      for (const std::string& pk : all_of(page["posts"], "pk")) found.push_back(pk);
      cursor = page["next_cursor"].is_null() ? "" : page["next_cursor"].get<std::string>();
    } while (!cursor.empty());
    EXPECT_EQ(found, std::vector{oldest.pk.str()});
  }
}

TEST_F(AccessApi, Z2_PageOfABearer_IsKeptForNobody) {
  start(true, /*debug=*/false);  // which keeps the first page
  as("", "GET", "/");            // the lists of tags and categories are kept from then on
  for (const char* who : {"boss", "writer"}) {
    post(true);  // what is kept is no more
    EXPECT_NE(as(who, "GET", "/").body.find(who), std::string::npos);
    EXPECT_EQ(as("", "GET", "/").body.find("/accounts/logout/"), std::string::npos);
  }
}

TEST_F(AccessApi, Z2_DraftsAndPrivatePosts_AreThereForAuthorAndStaffAlone) {
  for (const Post& hidden : {post(false), post(true, false)}) {
    for (const Role& role : kRoles) {
      for (const char* rest : {"", "labels/", "categories/", "revisions/", "comments/"})
        EXPECT_EQ(as(role.name, "GET", at(hidden, rest)).status, role.read_draft)
            << role.name << " " << rest;
      const bool shown = role.read_draft == 200;
      const std::string mine = "/api/authors/" + author.pk.str() + "/posts/";
      for (const std::string& list : {mine, "/api/posts/?author_pk=" + author.pk.str(),
                                      "/api/posts/?author_id=" + author.pk.str()})
        EXPECT_EQ(as(role.name, "GET", list).body.find(hidden.slug) != std::string::npos, shown)
            << role.name << " " << list;
      EXPECT_EQ(as(role.name, "GET", "/api/posts/").body.find(hidden.slug) != std::string::npos,
                role.name == std::string("boss"))
          << role.name;
    }
    EXPECT_EQ(
        as("other", "POST", at(hidden, "comments/"), {{"author_name", "o"}, {"body", "b"}}).status,
        404);
  }
  const Post shown = post(true);
  for (const Role& role : kRoles)
    EXPECT_EQ(as(role.name, "GET", at(shown)).status, 200) << role.name;
}

TEST_F(AccessApi, Z2_ReadingADraft_CountsForWhoMayReadIt) {
  const Post hidden = post(false);
  as("other", "GET", at(hidden));
  as("", "GET", at(hidden));
  EXPECT_EQ(Post::objects.get(hidden.pk).view_count, 0);
  EXPECT_EQ(as("writer", "GET", at(hidden)).json()["view_count"], 1);
}

TEST_F(AccessApi, Z2_AuthorsEditTheirOwn_StaffAll) {
  const Tag tag = Tag::objects.create({.name = "t", .slug = "t"});
  const Category category = Category::objects.create({.name = "c", .slug = "c"});
  struct Write {
    const char* method;
    std::string rest;
    Json body;
    int status;
  };
  const Write writes[] = {{"PUT", "", {{"title", "T"}}, 200},
                          {"POST", "labels/", {{"tag_id", tag.pk.str()}}, 200},
                          {"DELETE", "labels/" + tag.pk.str() + "/", nullptr, 200},
                          {"POST", "categories/", {{"category_id", category.pk.str()}}, 201},
                          {"POST", "revisions/", {{"change_summary", "s"}}, 201},
                          {"DELETE", "", nullptr, 204}};
  for (const bool published : {true, false}) {
    for (const Role& role : kRoles) {
      const Post target = post(published);
      const int expected = published ? role.edit_published : role.edit_draft;
      for (const Write& write : writes)
        EXPECT_EQ(as(role.name, write.method, at(target, write.rest), write.body).status,
                  expected == 200 ? write.status : expected)
            << role.name << " " << write.method << " " << write.rest << published;
      EXPECT_EQ(Post::objects.try_get(target.pk).has_value(), expected != 200) << role.name;
    }
  }
}

TEST_F(AccessApi, Z2_LinksAndComments_AreDeletedByThePostsAuthor) {
  const Post target = post(true);
  const Category category = Category::objects.create({.name = "c", .slug = "c"});
  for (const Role& role : kRoles) {
    const auto link = PostCategory::objects.create({.post_pk = target, .category_pk = category});
    const auto comment =
        Comment::objects.create({.post_pk = target, .author_name = "a", .body = "b"});
    const int expected = role.edit_published == 200 ? 204 : role.edit_published;
    EXPECT_EQ(as(role.name, "DELETE", "/api/postcategories/" + link.pk.str() + "/").status,
              expected);
    EXPECT_EQ(as(role.name, "DELETE", "/api/comments/" + comment.pk.str() + "/").status, expected);
  }
}

TEST_F(AccessApi, Z2_TagsCategoriesAndAuthors_AreStaffs_OrByPermission) {
  const auto statuses = [&](const char* name, const std::string& n) {
    std::vector<int> all;
    all.push_back(as(name, "POST", "/api/tags/", {{"name", "t" + n}}).status);
    all.push_back(as(name, "POST", "/api/categories/", {{"name", "c" + n}}).status);
    all.push_back(as(name, "POST", "/api/authors/", {{"username", "a" + n}}).status);
    return all;
  };
  EXPECT_EQ(statuses("", "1"), (std::vector{401, 401, 401}));
  EXPECT_EQ(statuses("other", "2"), (std::vector{403, 403, 403}));
  EXPECT_EQ(statuses("boss", "3"), (std::vector{201, 201, 201}));
  other.permissions = {"demo_app.add_tag"};
  other.save();
  EXPECT_EQ(statuses("other", "4"), (std::vector{201, 403, 403}));
  const std::string tag = "/api/tags/" + Tag::objects.get(f<&Tag::slug> == "t3").pk.str() + "/";
  EXPECT_EQ(as("other", "DELETE", tag).status, 403);
  EXPECT_EQ(as("boss", "DELETE", tag).status, 204);
  const std::string path = "/api/authors/" + author.pk.str() + "/";
  EXPECT_EQ(as("other", "PUT", path, {{"bio", "x"}}).status, 403);
  EXPECT_EQ(as("other", "POST", path + "profile/", {{"location", "x"}}).status, 403);
  EXPECT_EQ(as("writer", "PUT", path, {{"bio", "mine"}}).status, 200);
  EXPECT_EQ(as("writer", "POST", path + "profile/", {{"location", "here"}}).status, 201);
  EXPECT_EQ(as("writer", "DELETE", path).status, 403);
  EXPECT_EQ(as("boss", "DELETE", path).status, 204);
}

TEST_F(AccessApi, Z2_AUser_WritesAsTheirOwnAuthor) {
  for (const Json& refused :
       {Json{{"title", "T"}}, Json{{"title", "T"}, {"slug", "s"}, {"author_id", author.pk.str()}}})
    EXPECT_EQ(as("other", "POST", "/api/posts/", refused).status, 400);
  EXPECT_FALSE(author_of({.user_pk = other.pk.str(), .name = "other"}));
  const auto first = as("other", "POST", "/api/posts/", {{"title", "T"}, {"slug", "s"}});
  ASSERT_EQ(first.status, 201) << first.body;
  const Author own = *author_of({.user_pk = other.pk.str(), .name = "other"});
  EXPECT_EQ(first.json()["author_id"], own.pk.str());
  EXPECT_EQ(own.username, "other");
  EXPECT_EQ(as("other", "GET", "/api/posts/" + first.json()["pk"].get<std::string>() + "/").status,
            200);
  const Json as_writer = {{"title", "T"}, {"slug", "s2"}, {"author_id", author.pk.str()}};
  EXPECT_EQ(as("other", "POST", "/api/posts/", as_writer).status, 400);
  EXPECT_EQ(as("boss", "POST", "/api/posts/", as_writer).status, 201);
  EXPECT_EQ(as("", "POST", "/api/posts/", as_writer).status, 401);
}

TEST_F(AccessApi, Z3_ReadOnlyMembers_AreRefused_AndNotStored) {
  const Post target = post(true);
  for (const char* member : {"pk", "view_count", "created_at", "updated_at", "version", "author_id",
                             "author_pk", "is_staff", "is_superuser", "groups", "user_pk",
                             "category_pks", "feed", "search_version"}) {
    const Json body = {{"title", "changed"}, {member, "1"}};
    EXPECT_EQ(as("writer", "PUT", at(target), body).status, 400) << member;
    EXPECT_EQ(as("boss", "PUT", at(target), body).status, 400) << member;
  }
  EXPECT_EQ(Post::objects.get(target.pk).title, target.title);
  for (const char* member : {"user_pk", "pk", "created_at", "is_staff"})
    EXPECT_EQ(as("writer", "PUT", "/api/authors/" + author.pk.str() + "/", {{member, "1"}}).status,
              400)
        << member;
  Json comment = {{"author_name", "o"}, {"body", "b"}, {"approved", false}};
  EXPECT_EQ(as("other", "POST", at(target, "comments/"), comment).status, 400);
  EXPECT_EQ(as("boss", "POST", at(target, "comments/"), comment).status, 201);
  comment.erase("approved");
  EXPECT_EQ(as("other", "POST", at(target, "comments/"), comment).status, 201);
  EXPECT_EQ(as("", "GET", at(target)).json()["comments"].size(), 1u) << "approved ones";
  EXPECT_EQ(as("writer", "GET", at(target)).json()["comments"].size(), 2u);
  EXPECT_EQ(as("", "GET", at(target, "comments/")).json()["comments"].size(), 1u);
  EXPECT_EQ(as("writer", "GET", at(target, "comments/")).json()["comments"].size(), 2u);
}

TEST_F(AccessApi, Z5_Addresses_AreShownToTheirOwnersAndStaff) {
  for (const std::string& path :
       {std::string("/api/authors/"), "/api/authors/" + author.pk.str() + "/"}) {
    for (const char* name : {"", "other"})
      EXPECT_THAT(as(name, "GET", path).body, Not(HasSubstr("w@example.com"))) << name;
    for (const char* name : {"writer", "boss"})
      EXPECT_THAT(as(name, "GET", path).body, HasSubstr("w@example.com")) << name;
  }
  EXPECT_THAT(as("boss", "GET", "/api/authors/").body, Not(HasSubstr(writer.pk.str())));
}

TEST_F(AccessApi, OpenDemo_WritesAsStaff_AndReadsAsEveryone) {
  client->peer = "127.0.0.1";
  const auto made =
      as("", "POST", "/api/authors/", {{"username", "alice"}, {"email", "a@example.com"}});
  EXPECT_EQ(made.status, 201);
  EXPECT_THAT(made.body, HasSubstr("a@example.com"));
  EXPECT_EQ(as("", "POST", "/api/posts/",
               {{"title", "Hello DynamoDB"},
                {"slug", "hello-dynamodb"},
                {"author_pk", made.json()["pk"]},
                {"published", true}})
                .status,
            201);
  EXPECT_THAT(as("", "GET", "/api/posts/").body, HasSubstr("hello-dynamodb"));
  const Post hidden = post(false);
  EXPECT_EQ(as("", "GET", at(hidden)).status, 404);
  EXPECT_EQ(as("", "PUT", at(hidden), {{"published", true}}).status, 200);
  EXPECT_EQ(as("", "GET", at(hidden)).status, 200);
  EXPECT_EQ(as("other", "PUT", at(hidden), {{"title", "x"}}).status, 403)
      << "who signs in is someone";

  start(false);
  client->peer = "127.0.0.1";
  EXPECT_EQ(as("", "POST", "/api/authors/", {{"username", "bob"}}).status, 401);
}

TEST_F(AccessApi, X1_SessionsWriteWithAToken_AndAsJson) {
  application->router()
      .get("/become/<str:name>/",
           [](web::Request& request, std::string name) {
             auth::login(request, *auth::find_by_username(name));
             return web::Response::text(web::csrf_token(request));
           })
      .access(web::Access::public_);
  const std::string token = client->get("/become/writer/").body;
  const Post target = post(true);
  const auto put = [&](web::HeaderList headers, const std::string& type) {
    return client->request(
        "PUT", at(target),
        {.body = R"({"title":"T"})", .content_type = type, .headers = std::move(headers)});
  };
  EXPECT_EQ(put({}, "application/json").status, 403);
  std::string another = token;
  another[0] = another[0] == 'x' ? 'y' : 'x';
  EXPECT_EQ(put({{"X-CSRFToken", another}}, "application/json").status, 403);
  EXPECT_EQ(put({{"X-CSRFToken", token}}, "text/plain").status, 415);
  EXPECT_EQ(
      put({{"X-CSRFToken", token}, {"Origin", "https://evil.example"}}, "application/json").status,
      403);
  EXPECT_EQ(put({{"X-CSRFToken", token}}, "application/json").status, 200);
  // A token of another kind beside the cookie changes nothing of it.
  EXPECT_EQ(put({{"Authorization", "Bearer writer"}}, "application/json").status, 403);
}

TEST_F(AccessApi, X3_Reading_ChangesNothingButTheCounterOfViews) {
  const Post target = post(true);
  Comment::objects.create({.post_pk = target, .author_name = "a", .body = "b"});
  const Tag tag = Tag::objects.create({.name = "t", .slug = "t"});
  target.labels.add(tag);
  // All rows of all tables, but for counters of views and of rates.
  const auto rows = [&] {
    std::string all;
    const auto tables = engine->list_tables({});
    for (const std::string& table : tables->table_names) {
      if (table == "auth_counter") continue;
      const auto scanned = engine->scan({.table = table});
      for (std::size_t i = 0; i < scanned->items.size(); ++i) {
        dynamodb::Item item = dynamodb::unpack(scanned->items[i]);
        item.erase("view_count");
        item.erase("search_version");  // with it: documents of the index have their order
        all += dynamodb::wire::encode(dynamodb::PutItemRequest{.table = table, .item = item});
      }
    }
    return all;
  };
  const std::string before = rows();
  for (const web::Route& route : application->router().routes()) {
    if (route.method != "GET") continue;
    std::string path = route.pattern;
    for (const auto& [argument, value] :
         {std::pair<std::string, std::string>{"<uuid:pk>", target.pk.str()},
          {"<uuid:tag_pk>", tag.pk.str()},
          {"<str:pk>", author.pk.str()},
          {"<slug:slug>", "t"}}) {
      if (const auto at = path.find(argument); at != std::string::npos)
        path.replace(at, argument.size(), value);
    }
    for (const char* method : {"GET", "HEAD", "OPTIONS"})
      EXPECT_NE(as("boss", method, path).status, 500) << method << " " << path;
    EXPECT_EQ(rows(), before) << path;
  }
  EXPECT_GT(Post::objects.get(target.pk).view_count, 0);
}

TEST_F(AccessApi, O6_EveryAnswer_IsAnObject_AndNoCallIsMade) {
  const Post target = post(true);
  for (const std::string& path :
       {std::string("/api/"), std::string("/api/posts/"), std::string("/api/authors/"),
        std::string("/api/tags/"), std::string("/api/categories/"), at(target),
        at(target, "labels/"), at(target, "categories/"), at(target, "revisions/"),
        std::string("/api/none/"), "/api/authors/" + author.pk.str() + "/posts/"}) {
    for (const char* query : {"", "?callback=alert", "?jsonp=alert", "?format=jsonp"}) {
      const TestResponse response = as("", "GET", path + query);
      EXPECT_THAT(response.body, testing::StartsWith("{")) << path << query;
      EXPECT_EQ(response.header("Content-Type"), "application/json") << path << query;
    }
  }
}

TEST_F(AccessApi, N1_SearchesAndWrites_AreLimited) {
  const auto refused_after = [&](int most, const auto& ask) {
    int answered = 0;
    while (answered <= most && ask().status != 429) ++answered;
    return answered;
  };
  EXPECT_EQ(refused_after(60, [&] { return as("", "GET", "/api/posts/search/?q=x"); }), 60);
  EXPECT_EQ(as("", "GET", "/?q=x").status, 429) << "the pages count with the API";
  EXPECT_NE(as("", "GET", "/").status, 429);
  const auto write_as = [&](const std::string& name) {
    return as(name, "PUT", "/api/posts/" + kUnknown + "/", {{"a", 1}});
  };
  EXPECT_EQ(refused_after(120, [&] { return write_as("writer"); }), 120);
  EXPECT_NE(write_as("writer").header("Retry-After"), "");
  EXPECT_NE(write_as("other").status, 429) << "of the same address";
  client->peer = "192.0.2.2";
  EXPECT_EQ(write_as("writer").status, 429) << "wherever they are";
}

TEST_F(AccessApi, N1_CommentsOfPagesAndApi_AreLimitedTogether) {
  const Post target = post(true);
  const Json comment{{"author_name", "w"}, {"body", "b"}};
  const auto by_api = [&] {
    return as("writer", "POST", "/api/posts/" + target.pk.str() + "/comments/", comment).status;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(by_api(), 201);
  EXPECT_EQ(by_api(), 429);
  EXPECT_EQ(as("", "POST", "/posts/" + target.pk.str() + "/comment/").status, 429);
  client->peer = "192.0.2.2";
  EXPECT_EQ(by_api(), 201);
}

TEST_F(AccessApi, Z1_EveryRouteDeclaresItsAccess) {
  for (const web::Route& route : application->router().routes())
    EXPECT_TRUE(route.declared_access) << route.method << " " << route.pattern;
}

}  // namespace
}  // namespace demo_app
