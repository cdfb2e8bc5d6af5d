// Pages that list posts: home with its filters, an author's, a category's; and what they cost.
#include <filesystem>
#include <fstream>

#include "base/call_ledger.h"
#include "demo_app/test_pages.h"
#include "tests/temporary_folder.h"

namespace demo_app {
namespace {

using dynamo_backend::f;
using testing::HasSubstr;
using testing::Not;

TEST_F(Pages, Home_ListsTheNewestWithTheirTagsAndCategories) {
  EXPECT_THAT(page("/"), HasSubstr("No posts found. Write the first one!"));
  const Tag tag = Tag::objects.create({.name = "C++", .slug = "c", .colour = "#9c27b0"});
  const Category category = Category::objects.create({.name = "Languages", .slug = "languages"});
  const Post first = post("First & <b>"), second = post("Second");
  post("Draft", false);
  post("Private", true, false);
  first.labels.add(tag);
  first.categories.add(category);
  const std::string shown = page("/");
  EXPECT_LT(shown.find("Second"), shown.find("First &amp; &lt;b&gt;"));
  EXPECT_THAT(shown, HasSubstr("<a class=\"pill hue-10\" href=\"/tags/c/\">C++</a>"));
  EXPECT_THAT(shown, HasSubstr("<a class=\"pill category\" href=\"/categories/languages/\">"));
  EXPECT_THAT(shown, HasSubstr("by <a href=\"/authors/" + alice.pk.str() + "/\">alice</a>"));
  EXPECT_THAT(shown, HasSubstr("Nov 22, 2026"));
  EXPECT_THAT(page("/"), HasSubstr("2 posts published."));
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
  EXPECT_THAT(last, HasSubstr("rel=\"prev\" href=\"/?page=2\""));
  EXPECT_THAT(last, Not(HasSubstr("rel=\"next\"")));
  EXPECT_EQ(count(page("/?page=4"), "<article"), 0u);
  for (const char* bad :
       {"/?page=0", "/?page=-1", "/?page=x", "/?page=1e9", "/?page=99999999999999999999"})
    EXPECT_THAT(page(bad), HasSubstr("Post 123")) << bad;
  EXPECT_EQ(ask("GET", "/?cursor=damaged").status, 400);
}

// Outside of debug the first page is kept as it was rendered.
class KeptPages : public Pages {
 protected:
  KeptPages() : Pages(false) {}
};

// A cache in between must not show it to who is signed in.
TEST_F(KeptPages, T4_HomeOfNobody_VariesByCookie_KeptOrNot) {
  for (int i = 0; i < 3; ++i) EXPECT_THAT(ask("GET", "/").header("Vary"), HasSubstr("Cookie"));
}

// In debug templates are read again when they change.
TEST_F(Pages, Home_InDebug_IsRenderedAnew) {
  const tests::TemporaryFolder folder;
  const auto write = [&](const std::string& text) {
    std::ofstream(folder.path() + "/home.html") << text;
  };
  write("one");
  web::Application changed({.debug = true});
  changed.templates().add({.source = folder.path(), .prefix = "blog/"});
  configure(changed);
  urls(changed.router());
  web::TestClient reader(changed);
  EXPECT_EQ(reader.get("/").body, "one");  // the lists of tags and categories are kept from then on
  EXPECT_EQ(reader.get("/").body, "one");
  write("another");
  std::filesystem::last_write_time(folder.path() + "/home.html", {});  // whatever the clock's steps
  EXPECT_EQ(reader.get("/").body, "another");
}

// Wherever the one view reads the clock, the other runs from its start to its end.
TEST_F(KeptPages, Home_AskedForTwiceAtOnce_IsWholeBothTimes) {
  post("First");
  page("/");  // the lists of tags and categories are kept from then on
  tick = 0;
  int left = 0;
  for (int place = 1; left <= 0; ++place) {
    const Post changed = post("Post " + std::to_string(100 + place));
    left = place;
    at_clock_read = [&] {
      if (--left == 0) {
        EXPECT_THAT(page("/"), HasSubstr(changed.title));
      }
    };
    const std::string around = page("/");
    at_clock_read = {};
    ASSERT_THAT(around, HasSubstr(changed.title)) << place;
  }
}

// How many posts there are makes no difference: no view reads the table.
class Costs : public SearchedPages {
 protected:
  void make_posts(std::size_t number) {
    std::vector<Tag> tags;
    std::vector<Category> categories;
    for (int i = 0; i < 4; ++i) {
      const std::string n = std::to_string(i);
      tags.push_back(Tag::objects.create({.name = "Tag " + n, .slug = "tag-" + n}));
      categories.push_back(
          Category::objects.create({.name = "Category " + n, .slug = "category-" + n}));
    }
    std::vector<Post> posts;
    for (std::size_t i = 0; i < number; ++i) {
      const std::string n = std::to_string(i);
      posts.push_back({.title = "Post " + n,
                       .slug = "post-" + n,
                       .body = std::string(1500, 'x'),
                       .author_pk = alice,
                       .published = true,
                       .label_pks = {tags[i % 4].pk.str()},
                       .category_pks = {categories[i % 3].pk.str()}});
    }
    Post::objects.bulk_create(posts);
  }
  void expect_cost(const std::string& path, std::size_t calls) {
    SCOPED_TRACE(path);
    const base::CallLedger ledger;
    EXPECT_EQ(count(page(path), "<article"), path.starts_with("/tags/") ? 30u : 10u);
    double units = 0;
    for (const auto& call : ledger.calls()) {
      units += call.outcome.read_units;
      EXPECT_NE(call.operation + call.target, "Scandemo_app_post");
    }
    EXPECT_LE(ledger.calls().size(), calls);
    EXPECT_LE(units, 10);
  }
};

TEST_F(Costs, Home_TakesFourCallsAndTenReadUnits) {
  make_posts(5000);
  for (const char* path : {"/", "/", "/?page=2", "/?page=3"}) expect_cost(path, 4);
}

TEST_F(Costs, HomeWithFilters_TakesFourCallsAndTenReadUnits) {
  make_posts(300);
  index();
  page("/");  // the lists of tags and categories are kept from then on
  for (const char* path :
       {"/?tag=tag-1", "/?category=category-1", "/?q=post", "/?q=post&tag=tag-1"})
    expect_cost(path, 4);
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
  PostCategory{.post_pk = b, .category_pk = leaf, .order = 3}.save();
  const std::string text = page("/categories/leaf/");
  EXPECT_EQ(count(text, "<article"), 2u) << "a post that is filed twice is shown once";
  EXPECT_THAT(text, HasSubstr("<a href=\"/categories/root/\">Root</a>"));
  EXPECT_LT(text.find("Bbb"), text.find("Aaa"));
  EXPECT_THAT(page("/categories/root/"), HasSubstr("href=\"/categories/leaf/\""));
  root.parent_pk = Ref<Category>(leaf);  // a cycle
  root.save();
  page("/categories/leaf/");
  page("/categories/nothing/", 404);
}

TEST_F(Pages, Sidebar_MarksWhatIsShown_AndNothingElse) {
  const Category root = Category::objects.create({.name = "Root", .slug = "root"});
  Category::objects.create({.name = "Leaf", .slug = "leaf", .parent_pk = Ref<Category>(root)});
  const auto marked = [](const char* slug) {
    return "href=\"/?category=" + std::string(slug) + "\" aria-current=\"true\"";
  };
  const std::string of_root = page("/categories/root/"), of_leaf = page("/categories/leaf/");
  EXPECT_THAT(of_root, HasSubstr(marked("root")));
  EXPECT_THAT(of_root, Not(HasSubstr(marked("leaf"))));
  EXPECT_THAT(of_leaf, HasSubstr(marked("leaf")));
  EXPECT_THAT(of_leaf, Not(HasSubstr(marked("root"))));
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

}  // namespace
}  // namespace demo_app
