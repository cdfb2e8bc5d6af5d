// The blog's pages: what they show and to whom, and what their forms do.
#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth.h"
#include "auth/site.h"
#include "base/call_ledger.h"
#include "demo_app/post_cards.h"
#include "demo_app/views.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/service.h"
#include "dynamo_backend/search/sync/rebuild.h"
#include "dynamodb/local/engine.h"
#include "web/test_client.h"

namespace demo_app {
namespace {

namespace search = dynamo_backend::search;
using dynamo_backend::f;
using testing::HasSubstr;
using testing::Not;

using web::TestResponse;
using Fields = std::vector<std::pair<std::string, std::string>>;

const std::string kUnknown = "00000000-0000-4000-8000-000000000001";  // no row has it

std::string encoded(const std::string& text) {
  std::string out;
  char buffer[4];
  for (const char c : text) {
    std::snprintf(buffer, sizeof buffer, "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    out += buffer;
  }
  return out;
}

class Pages : public testing::Test {
 protected:
  Pages() {
    configure(application);
    auth::install(application, {.secret = "a secret"});
    urls(application.router());
    // What the pages of login do.
    application.router()
        .get("/test-login/<uuid:pk>/",
             [](web::Request& request, base::Uuid pk) {
               auth::login(request, auth::User::objects.get(pk));
               return web::Response::empty();
             })
        .access(web::Access::public_);
  }

  // As a browser: the client keeps cookies, and this the token of the last page's form.
  TestResponse ask(const std::string& method, const std::string& path, Fields fields = {}) {
    web::TestRequest request{.headers = {{"Accept", "text/html"}}};
    if (method == "POST") {
      if (!token_.empty()) fields.emplace_back("csrfmiddlewaretoken", token_);
      for (const auto& [name, value] : fields)
        request.body += (request.body.empty() ? "" : "&") + name + "=" + encoded(value);
      request.content_type = "application/x-www-form-urlencoded";
    }
    const TestResponse response = client.request(method, path, request);
    const std::string field = "name=\"csrfmiddlewaretoken\" value=\"";
    if (const auto at = response.body.find(field); at != std::string::npos)
      token_ = response.body.substr(at + field.size(),
                                    response.body.find('"', at + field.size()) - at - field.size());
    return response;
  }
  std::string page(const std::string& path, int status = 200) {
    const TestResponse response = ask("GET", path);
    EXPECT_EQ(response.status, status) << path << ": " << response.body;
    EXPECT_EQ(response.header("Content-Type"), "text/html; charset=utf-8") << path;
    return response.body;
  }
  TestResponse submit(const std::string& path, const Fields& fields) {
    return ask("POST", path, fields);
  }

  auth::User sign_in(const std::string& username, bool staff = false) {
    auth::User user{.username = username, .is_staff = staff};
    user.save();
    client.cookies.clear();
    token_.clear();
    EXPECT_EQ(ask("GET", "/test-login/" + user.pk.str() + "/").status, 204);
    return user;
  }
  void sign_out() { client.cookies.clear(), token_.clear(); }

  Post post(const std::string& title, bool published = true, bool is_public = true) {
    Post made{.title = title,
              .slug = slugify(title),
              .author_pk = alice,
              .published = published,
              .is_public = is_public};
    made.save();
    return made;
  }
  static std::string url(const Post& post) { return "/posts/" + post.pk.str() + "/"; }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
      ++n;
    return n;
  }

  struct Tables {
    Tables() {
      models(dynamo_backend::Registry::instance());
      auth::models(dynamo_backend::Registry::instance());
      dynamo_backend::ensure_tables();
    }
  };
  // In seconds; each reading is `tick` after the one before.
  std::atomic<std::int64_t> clock_reads = 0, tick = 1;
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  dynamo_backend::ScopedConnection connection{
      *engine,
      {.scan_policy = dynamo_backend::ScanPolicy::forbid,
       .now =
           [this] {
             return *base::parse_iso("2026-11-22T10:00:00Z") +
                    std::chrono::seconds(clock_reads += tick);
           },
       .sleep = [](auto) { std::this_thread::yield(); }}};
  Tables tables{};
  web::Application application{
      {.debug = true,
       .secret_keys = {.current = "a secret of fifty characters, which is what one has."}}};
  web::TestClient client{application};
  Author alice = Author::objects.create({.username = "alice", .bio = "Writes."});
  std::string token_;
};

// With an index.
class SearchedPages : public Pages {
 protected:
  void index() {
    const auto definition =
        search::index_definition(*connection, dynamo_backend::model_info<Post>());
    search::sync::Rebuild(*connection, *backend_, definition, {}, search::sync::stoppable_wait({}))
        .run();
  }
  std::shared_ptr<search::Backend> backend_ = search::open_local_backend();
  search::ScopedService service_{backend_};
};

TEST_F(Pages, Home_ListsTheNewestWithTheirTagsAndCategories) {
  EXPECT_THAT(page("/"), HasSubstr("No posts found. Write the first one!"));
  const Tag tag = Tag::objects.create({.name = "C++", .slug = "c", .colour = "#9c27b0"});
  const Category category = Category::objects.create({.name = "Languages", .slug = "languages"});
  const Post first = post("First & <b>"), second = post("Second");
  first.labels.add(tag);
  first.categories.add(category);
  const std::string shown = page("/");
  EXPECT_LT(shown.find("Second"), shown.find("First &amp; &lt;b&gt;"));
  EXPECT_THAT(shown, HasSubstr("<a class=\"pill hue-10\" href=\"/tags/c/\">C++</a>"));
  EXPECT_THAT(shown, HasSubstr("<a class=\"pill category\" href=\"/categories/languages/\">"));
  EXPECT_THAT(shown, HasSubstr("by <a href=\"/authors/" + alice.pk.str() + "/\">alice</a>"));
  EXPECT_THAT(shown, HasSubstr("Nov 22, 2026"));
  EXPECT_THAT(page("/"), HasSubstr("2 posts in the database."));
}

TEST_F(Pages, Home_PagesByCursorAndByNumber) {
  for (int i = 1; i <= 23; ++i) post("Post " + std::to_string(100 + i));
  const std::string first = page("/");
  EXPECT_EQ(count(first, "<article"), 10u);
  EXPECT_THAT(first, HasSubstr("Post 123"));
  EXPECT_THAT(first, Not(HasSubstr("Newer")));
  const std::string link = "rel=\"next\" href=\"";
  const auto at = first.find(link) + link.size();
  std::string next = first.substr(at, first.find('"', at) - at);
  for (std::size_t amp; (amp = next.find("&amp;")) != std::string::npos;) next.erase(amp + 1, 4);
  EXPECT_THAT(next, testing::StartsWith("/?page=2&cursor="));
  const std::string second = page(next);
  EXPECT_THAT(second, HasSubstr("Post 113"));
  EXPECT_THAT(second, Not(HasSubstr("Post 114")));
  EXPECT_THAT(second, HasSubstr("rel=\"prev\""));
  EXPECT_THAT(page("/?page=2"), HasSubstr("Post 113"));
  const std::string last = page("/?page=3");
  EXPECT_EQ(count(last, "<article"), 3u);
  EXPECT_THAT(last, Not(HasSubstr("rel=\"next\"")));
  EXPECT_EQ(count(page("/?page=4"), "<article"), 0u);
  for (const char* bad :
       {"/?page=0", "/?page=-1", "/?page=x", "/?page=1e9", "/?page=99999999999999999999"})
    EXPECT_THAT(page(bad), HasSubstr("Post 123")) << bad;
  EXPECT_EQ(ask("GET", "/?cursor=damaged").status, 400);
}

// The bound of the issue, whatever the number of posts: no view reads the table.
TEST_F(Pages, Home_TakesFourCallsAndTenReadUnits) {
  for (int i = 0; i < 4; ++i) {
    const std::string n = std::to_string(i);
    Tag::objects.create({.name = "Tag " + n, .slug = "tag-" + n});
    Category::objects.create({.name = "Category " + n, .slug = "category-" + n});
  }
  std::vector<Post> posts;
  for (int i = 0; i < 300; ++i) {
    posts.push_back({.title = "Post " + std::to_string(i),
                     .slug = "post-" + std::to_string(i),
                     .body = std::string(1500, 'x'),
                     .author_pk = alice,
                     .published = true});
  }
  Post::objects.bulk_create(posts);
  for (const std::string path : {"/", "/", "/?page=2", "/?page=3"}) {
    const std::size_t calls = path == "/" ? 4 : 5;  // by a number: one that leads there
    const base::CallLedger ledger;
    page(path);
    double units = 0;
    for (const auto& call : ledger.calls()) {
      units += call.outcome.read_units;
      EXPECT_NE(call.operation + call.target, "Scandemo_app_post");
    }
    EXPECT_LE(ledger.calls().size(), calls) << path;
    EXPECT_LE(units, 10) << path;
  }
}

TEST_F(Pages, Z2_DraftsAndPrivatePosts_AreThereForAuthorAndStaffAlone) {
  const auto user = sign_in("writer");
  alice.user_pk = user.pk.str();
  alice.save();
  const Post draft = post("Secret draft", false), hidden = post("Secret private", true, false);
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  for (const Post& p : {draft, hidden}) {
    p.labels.add(tag);
    p.categories.add(category);
    EXPECT_THAT(page(url(p)), HasSubstr("Secret"));
    EXPECT_THAT(page(url(p) + "edit/"), HasSubstr("Secret"));
  }
  sign_in("boss", true);
  EXPECT_THAT(page(url(draft)), HasSubstr("Secret"));
  const auto closed = [&] {
    for (const Post& p : {draft, hidden}) {
      page(url(p), 404);
      EXPECT_EQ(ask("GET", "/post/" + p.slug + "/").status, 404);
      EXPECT_NE(submit(url(p) + "comment/", {{"body", "x"}}).status, 303);
    }
    for (const std::string& path :
         {std::string("/"), std::string("/tags/t/"), std::string("/categories/c/"),
          std::string("/?tag=t"), std::string("/?category=c"), "/authors/" + alice.pk.str() + "/"})
      EXPECT_THAT(page(path), Not(HasSubstr("Secret"))) << path;
  };
  sign_out();
  closed();
  sign_in("stranger");
  closed();
  EXPECT_EQ(ask("GET", url(draft) + "edit/").status, 404);
  EXPECT_EQ(ask("GET", url(post("Open")) + "edit/").status, 403);
}

TEST_F(Pages, Post_ShowsMarkdownRevisionsAndComments) {
  Post shown = post("Shown");
  EXPECT_THAT(page(url(shown)), HasSubstr("No content yet."));
  shown.body = "Some **bold** <script>alert(1)</script>";
  shown.save();
  PostRevision{.post_pk = shown, .editor_pk = Ref<Author>(alice), .change_summary = "Clearer"}
      .save();
  Comment{.post_pk = shown, .author_name = "Bob", .body = "Fine <i>", .approved = true}.save();
  Comment{.post_pk = shown, .author_name = "Eve", .body = "Hidden", .approved = false}.save();
  const std::string text = page(url(shown));
  EXPECT_THAT(text, HasSubstr("Some <strong>bold</strong>"));
  EXPECT_THAT(text, Not(HasSubstr("alert(1)</script>")));
  EXPECT_THAT(text, HasSubstr("Rev 1"));
  EXPECT_THAT(text, HasSubstr("Clearer"));
  EXPECT_THAT(text, HasSubstr("Fine &lt;i&gt;"));
  EXPECT_THAT(text, Not(HasSubstr("Hidden")));
  EXPECT_THAT(text, HasSubstr("Comments (1)"));
  page("/posts/" + kUnknown + "/", 404);
  page("/posts/no-uuid/", 404);
}

TEST_F(Pages, X3_AViewCountsOnceForAVisitorAndHour) {
  const Post shown = post("Shown");
  const auto views = [&] { return Post::objects.get(shown.pk).view_count; };
  page(url(shown));
  page(url(shown));
  EXPECT_EQ(views(), 1);
  client.head(url(shown), {{"User-Agent", "another"}});
  client.get(url(shown), {{"User-Agent", "prefetcher"}, {"Sec-Purpose", "prefetch"}});
  EXPECT_EQ(views(), 1);
  client.get(url(shown), {{"User-Agent", "another"}});
  EXPECT_EQ(views(), 2);
  clock_reads += 3600;
  page(url(shown));
  EXPECT_EQ(views(), 3);
}

TEST_F(Pages, Comment_IsAddedOrShownAgainWithItsError) {
  const Post shown = post("Shown");
  page(url(shown));
  const TestResponse empty =
      submit(url(shown) + "comment/", {{"author_name", "Bob"}, {"body", " "}});
  EXPECT_EQ(empty.status, 400);
  EXPECT_THAT(empty.body, HasSubstr("Comment body cannot be empty."));
  EXPECT_THAT(empty.body, HasSubstr("value=\"Bob\""));
  const TestResponse added =
      submit(url(shown) + "comment/", {{"author_name", ""}, {"body", "First"}});
  EXPECT_EQ(added.status, 303);
  const std::string text = page(url(shown));
  EXPECT_THAT(text, HasSubstr("Comment added!"));
  EXPECT_THAT(text, HasSubstr("Anonymous"));
  EXPECT_THAT(text, HasSubstr("First"));
  EXPECT_THAT(page(url(shown)), Not(HasSubstr("Comment added!")));
  token_ = "wrong";
  EXPECT_EQ(submit(url(shown) + "comment/", {{"body", "x"}}).status, 403);
}

TEST_F(Pages, N1_CommentsAreThrottledByAddress) {
  const Post shown = post("Shown");
  client.peer = "203.0.113.9";
  page(url(shown));
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(submit(url(shown) + "comment/", {{"body", "again"}}).status, 303);
  const TestResponse refused = submit(url(shown) + "comment/", {{"body", "again"}});
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.header("Retry-After"), "");
  client.peer = "203.0.113.10";
  EXPECT_EQ(submit(url(shown) + "comment/", {{"body", "again"}}).status, 303);
}

TEST_F(Pages, Write_MakesAPostWithItsLinks) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category a = Category::objects.create({.name = "A", .slug = "a"});
  const Category b = Category::objects.create({.name = "B", .slug = "b"});
  const auto user = sign_in("writer");
  page("/write/");
  const TestResponse wrong =
      submit("/write/", {{"title", ""}, {"body", "kept text"}, {"labels", tag.pk.str()}});
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr("kept text"));
  EXPECT_THAT(wrong.body, HasSubstr("aria-invalid=\"true\""));
  EXPECT_EQ(Post::objects.allow_scan("a test").count(), 0u);
  const TestResponse made = submit("/write/", {{"title", "My Post!"},
                                               {"body", "*hello*"},
                                               {"labels", tag.pk.str()},
                                               {"categories", a.pk.str()},
                                               {"categories", b.pk.str()},
                                               {"author", alice.pk.str()},
                                               {"published", "on"}});
  ASSERT_EQ(made.status, 303) << made.body;
  const std::string text = page(made.header("Location"));
  EXPECT_THAT(text, HasSubstr("Post &quot;My Post!&quot; created!"));
  const auto stored = *Post::objects.try_get(f<&Post::slug> == "my-post");
  EXPECT_TRUE(stored.published);
  EXPECT_THAT(stored.label_pks, testing::ElementsAre(tag.pk.str()));
  EXPECT_EQ(stored.category_pks.size(), 2u);
  // As oneself, whatever is sent.
  const Author author = Author::objects.get(stored.author_pk.pk);
  EXPECT_EQ(author.username, "writer");
  EXPECT_EQ(author.user_pk, user.pk.str());

  page(url(stored) + "edit/");
  const TestResponse saved = submit(url(stored) + "edit/", {{"title", "My Post"},
                                                            {"slug", "my-post"},
                                                            {"body", "*bye*"},
                                                            {"categories", b.pk.str()},
                                                            {"change_summary", "Shorter"}});
  ASSERT_EQ(saved.status, 303) << saved.body;
  const Post edited = Post::objects.get(stored.pk);
  EXPECT_EQ(edited.body, "*bye*");
  EXPECT_FALSE(edited.published);
  EXPECT_THAT(edited.label_pks, testing::IsEmpty());
  EXPECT_THAT(edited.category_pks, testing::ElementsAre(b.pk.str()));
  EXPECT_THAT(page(url(stored)), HasSubstr("Shorter"));
}

TEST_F(Pages, Write_StaffChooseTheAuthor) {
  sign_in("boss", true);
  EXPECT_THAT(page("/write/"), HasSubstr(alice.pk.str()));
  const TestResponse none = submit("/write/", {{"title", "One"}});
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(submit("/write/", {{"title", "One"}, {"author", kUnknown}}).status, 400);
  ASSERT_EQ(submit("/write/", {{"title", "One"}, {"author", alice.pk.str()}}).status, 303);
  EXPECT_EQ(Post::objects.try_get(f<&Post::slug> == "one")->author_pk.pk, alice.pk);
}

TEST_F(Pages, NameOfAnAuthorWhoIsSomeoneElse_IsNotTakenOver) {
  sign_in("alice");
  page("/write/");
  ASSERT_EQ(submit("/write/", {{"title", "Mine"}}).status, 303);
  const Post mine = *Post::objects.try_get(f<&Post::slug> == "mine");
  EXPECT_NE(mine.author_pk.pk, alice.pk);
  EXPECT_EQ(mine.author_pk->username, "alice-2");
}

TEST_F(Pages, Author_ShowsTheNewestAndNoEmail) {
  alice.email = "alice@example.com";
  alice.save();
  AuthorProfile{.author_pk = alice, .website = "https://alice.example.com/", .location = "Lisbon"}
      .save();
  for (int i = 0; i < 25; ++i) post("Post " + std::to_string(100 + i), i % 2 == 0);
  const std::string text = page("/authors/" + alice.pk.str() + "/");
  EXPECT_THAT(text, Not(HasSubstr("alice@example.com")));
  EXPECT_THAT(text, HasSubstr("href=\"https://alice.example.com/\""));
  EXPECT_THAT(text, HasSubstr("Lisbon"));
  EXPECT_THAT(text, HasSubstr("Post 124"));
  EXPECT_THAT(text, Not(HasSubstr("Post 123")));
  page("/authors/" + kUnknown + "/", 404);
}

TEST_F(Pages, Category_HasItsWayUpAndItsPostsInOrder) {
  Category root = Category::objects.create({.name = "Root", .slug = "root"});
  const Category leaf =
      Category::objects.create({.name = "Leaf", .slug = "leaf", .parent_pk = Ref<Category>(root)});
  const Post a = post("Aaa"), b = post("Bbb");
  a.categories.add(leaf, {.order = 2});
  b.categories.add(leaf, {.order = 1});
  const std::string text = page("/categories/leaf/");
  EXPECT_THAT(text, HasSubstr("<a href=\"/categories/root/\">Root</a>"));
  EXPECT_LT(text.find("Bbb"), text.find("Aaa"));
  EXPECT_THAT(page("/categories/root/"), HasSubstr("href=\"/categories/leaf/\""));
  root.parent_pk = Ref<Category>(leaf);  // a cycle
  root.save();
  page("/categories/leaf/");
  page("/categories/nothing/", 404);
}

TEST_F(SearchedPages, FiltersAndWords_AreFoundByTheIndex) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  const Post one = post("Walking trees"), two = post("Swimming"),
             draft = post("Draft trees", false);
  one.labels.add(tag);
  draft.labels.add(tag);
  two.categories.add(category);
  // Before the index is there: from the feed.
  EXPECT_THAT(page("/?tag=t"), HasSubstr("Walking trees"));
  index();
  for (const char* path : {"/?q=trees", "/?tag=t", "/?q=walk&tag=t", "/tags/t/"}) {
    const std::string text = page(path);
    EXPECT_THAT(text, HasSubstr("Walking trees")) << path;
    EXPECT_THAT(text, Not(HasSubstr("Swimming"))) << path;
    EXPECT_THAT(text, Not(HasSubstr("Draft"))) << path;
  }
  EXPECT_THAT(page("/?category=c"), HasSubstr("Swimming"));
  EXPECT_THAT(page("/?q=treees"), HasSubstr("Did you mean"));
  EXPECT_THAT(page("/?q=%3Cscript%3E"), HasSubstr("Results for &quot;&lt;script&gt;&quot;"));
  EXPECT_EQ(count(page("/?tag=unknown"), "<article"), 0u);
  EXPECT_EQ(ask("GET", "/?q=" + std::string(300, 'x')).status, 400);
  page("/tags/unknown/", 404);
}

TEST_F(SearchedPages, N1_SearchesAreLimitedByAddress_ListsAreNot) {
  post("Walking trees");
  index();
  tick = 0;  // a minute has more requests than this clock gives it
  client.peer = "203.0.113.9";
  for (int i = 0; i < 60; ++i) ASSERT_EQ(ask("GET", "/?q=trees").status, 200) << i;
  const TestResponse refused = ask("GET", "/?q=trees&page=2");
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.header("Retry-After"), "");
  page("/");
  page("/?page=2");
  client.peer = "203.0.113.10";
  page("/?q=trees");
}

TEST_F(Pages, UrlsOfTheReadme_LeadOnFor301) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  const Post shown = post("Shown");
  for (const auto& [from, to] : std::map<std::string, std::string>{
           {"/post/shown/", url(shown)},
           {"/author/" + alice.pk.str() + "/", "/authors/" + alice.pk.str() + "/"},
           {"/tag/" + tag.pk.str() + "/", "/tags/t/"},
           {"/category/" + category.pk.str() + "/", "/categories/c/"}}) {
    const TestResponse response = ask("GET", from);
    EXPECT_EQ(response.status, 301) << from;
    EXPECT_EQ(response.header("Location"), to);
  }
  page("/post/none/", 404);
  page("/tag/" + kUnknown + "/", 404);
}

TEST_F(Pages, Errors_ArePagesForPagesAndJsonForTheApi) {
  EXPECT_THAT(page("/nothing/", 404), HasSubstr("To the newest posts"));
  EXPECT_THAT(client.get("/api/nothing/").body, HasSubstr("\"not_found\""));
  const TestResponse method = client.del("/", {{"Accept", "text/html"}});
  EXPECT_EQ(method.status, 405);
  EXPECT_THAT(method.header("Allow"), HasSubstr("GET"));
  EXPECT_THAT(method.body, HasSubstr("<h1>"));
}

// What the page policy forbids is nowhere, and every page fits its transfer (issue: 60 KB).
TEST_F(Pages, T3_NoPageHasInlineCodeOrStyleOrAnotherOrigin) {
  const Tag tag = Tag::objects.create({.name = "T", .slug = "t", .colour = "#ff9800"});
  const Category category = Category::objects.create({.name = "C", .slug = "c"});
  const Post shown = post("Shown");
  shown.labels.add(tag);
  sign_in("writer");
  for (const std::string& path :
       {std::string("/"), url(shown), std::string("/write/"), std::string("/explorer/"),
        std::string("/tags/t/"), std::string("/categories/c/"),
        "/authors/" + alice.pk.str() + "/"}) {
    const std::string text = page(path);
    EXPECT_THAT(text, Not(testing::ContainsRegex("<[^>]* style=|<style|<[^>]* on[a-z]+="))) << path;
    EXPECT_THAT(text, Not(testing::ContainsRegex("<script>|<script [^>]*>[^<]"))) << path;
    EXPECT_THAT(text, Not(testing::ContainsRegex("(src|href)=\"(https?:)?//"))) << path;
    EXPECT_LT(text.size(), 40'000u) << path;
  }
}

TEST(PostCards, HueClass_IsTheNearest) {
  EXPECT_EQ(hue_class("#ff0000"), "hue-0");
  EXPECT_EQ(hue_class("#ff9800"), "hue-1");
  EXPECT_EQ(hue_class("#4caf50"), "hue-4");
  EXPECT_EQ(hue_class("#2196f3"), "hue-7");
  EXPECT_EQ(hue_class("#f43646"), "hue-0");
  EXPECT_EQ(hue_class("#cccccc"), "hue-grey");
  EXPECT_EQ(hue_class("red"), "hue-grey");
  EXPECT_EQ(hue_class(""), "hue-grey");
}

TEST(PostCards, Initial_IsAWholeCharacter) {
  EXPECT_EQ(initial("alice"), "a");
  EXPECT_EQ(initial("äöü"), "ä");
  EXPECT_EQ(initial(""), "");
}

}  // namespace
}  // namespace demo_app
