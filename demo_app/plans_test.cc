// Every plan of the blog's views, on a few thousand posts: what explain() expects is within twice
// of what it takes, and none of them scans without saying why.
#include <gtest/gtest.h>

#include "demo_app/models.h"
#include "demo_app/seed.h"
#include "dynamo_backend/explain.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"

namespace demo_app {
namespace {

using dynamo_backend::Estimate;
using dynamo_backend::f;
using dynamo_backend::Query;
using dynamo_backend::QuerySet;

class Plans : public testing::Test {
 protected:
  static constexpr std::uint64_t kPosts = 4000;

  static void SetUpTestSuite() {
    engine_ = dynamodb::local::Engine::open({});
    connection_.emplace(*engine_, dynamo_backend::ConnectionOptions{
                                      .scan_policy = dynamo_backend::ScanPolicy::forbid});
    models(dynamo_backend::Registry::instance());
    dynamo_backend::ensure_tables();
    seed({.posts = kPosts}, [](std::uint64_t) {});
  }
  static void TearDownTestSuite() {
    connection_.reset();
    engine_.reset();
  }

  // Of the rows' query as the view runs it: to its last row, or to its limit.
  static void expect_near(const Query& query) {
    SCOPED_TRACE(plan_line(query));
    const Estimate expected = estimate_query(query);
    const dynamo_backend::UsageScope scope;
    double rows = 0;
    for (dynamo_backend::RowStream stream(query, true); stream.next();) ++rows;
    const Estimate taken = scope.usage();
    const auto near = [](double a, double b) { return a <= 2 * b && b <= 2 * a; };
    EXPECT_TRUE(near(expected.units, taken.units))
        << expected.units << " read units expected, " << taken.units << " taken";
    EXPECT_TRUE(near(expected.calls, taken.calls))
        << expected.calls << " requests expected, " << taken.calls << " made";
    if (rows >= 5) {
      EXPECT_TRUE(near(expected.rows, rows)) << expected.rows << " rows expected, " << rows;
    }
  }
  template <class T>
  static void expect_near(const QuerySet<T>& rows) {
    expect_near(rows.query());
  }
  // A page asks for a row more, which tells whether there is another page.
  template <class T>
  static void expect_near_page(const QuerySet<T>& rows) {
    for (const std::size_t size : {10u, 20u, 100u}) expect_near(rows.limit(size + 1));
  }

  // Posts with comments and revisions, labels and categories.
  static std::vector<Post> full_posts() {
    std::vector<Post> posts;
    for (const Post& post :
         Post::objects.filter(f<&Post::timeline> == "all").order_by("created_at").limit(40)) {
      if (post.related<&PostRevision::post_pk>().exists() && !post.labels.all().to_vector().empty())
        posts.push_back(post);
    }
    return posts;
  }

  static std::unique_ptr<dynamodb::Client> engine_;
  static std::optional<dynamo_backend::ScopedConnection> connection_;
};
std::unique_ptr<dynamodb::Client> Plans::engine_;
std::optional<dynamo_backend::ScopedConnection> Plans::connection_;

TEST_F(Plans, Lists) {
  expect_near_page(Post::objects.filter(f<&Post::timeline> == "all").order_by("-created_at"));
  expect_near_page(Post::objects.filter(f<&Post::feed> == "all").order_by("-created_at"));
  expect_near_page(Author::objects.all().allow_scan("a list of all authors, page by page"));
  expect_near_page(Tag::objects.order_by("name").allow_scan("a list of all tags"));
  expect_near_page(Category::objects.order_by("name").allow_scan("a list of all categories"));
  for (const Author& author : Author::objects.all())
    expect_near_page(author.related<&Post::author_pk>().order_by("-created_at"));
}

TEST_F(Plans, OneRowAndWhatHangsOnIt) {
  const auto posts = full_posts();
  ASSERT_GT(posts.size(), 3u);
  for (const Post& post : posts) {
    expect_near(Post::objects.filter(f<&Post::pk> == post.pk));
    expect_near(post.related<&Comment::post_pk>().order_by("created_at"));
    expect_near(post.related<&PostRevision::post_pk>().order_by("revision_number"));
    expect_near(post.related<&PostRevision::post_pk>().order_by("-revision_number").limit(1));
    expect_near(post.related<&PostCategory::post_pk>().order_by("order"));
    expect_near(post.labels.all().order_by("name"));
    expect_near(Post::objects.filter(f<&Post::slug> == post.slug));
  }
  for (const Author& author : Author::objects.all()) {
    expect_near(Author::objects.filter(f<&Author::pk> == author.pk));
    expect_near(Author::objects.filter(f<&Author::username> == author.username));
    expect_near(author.related<&AuthorProfile::author_pk>().limit(1));
    expect_near(
        Post::objects.filter(f<&Post::author_pk, &Author::username> == author.username).limit(20));
  }
  for (const Category& category : Category::objects.all())
    expect_near(category.related<&Category::parent_pk>().order_by("name"));
}

TEST_F(Plans, SearchesAndCounts) {
  const auto posts = Post::objects.all().allow_scan("a search");
  expect_near(posts.order_by());
  expect_near(posts);
  expect_near(posts.filter(f<&Post::title>.icontains("dynamodb")).limit(20));
  expect_near(posts.filter(f<&Post::title>.contains("Caching")).order_by().limit(20));
  expect_near(posts.filter(f<&Post::tags>.contains("cpp")));
  expect_near(posts.filter(f<&Post::published> == true));
  expect_near(Post::objects.filter(f<&Post::feed> == "all"));
  expect_near(Post::objects.filter(f<&Post::timeline> == "all" && f<&Post::published> == false)
                  .order_by("-created_at")
                  .limit(20));
  const auto tag = *Tag::objects.all().first();
  expect_near(Post::objects.filter(f<&Post::labels>.contains(tag)));
  std::vector<Uuid> keys;
  for (const Post& post : Post::objects.filter(f<&Post::timeline> == "all").limit(150))
    keys.push_back(post.pk);
  expect_near(Post::objects.filter(f<&Post::pk>.in(keys)));
  const double counted = static_cast<double>(Post::objects.count());
  EXPECT_EQ(counted, kPosts);
  EXPECT_EQ(Post::objects.count_estimate(), kPosts);
  const auto published = posts.filter(f<&Post::published> == true);
  const double about = static_cast<double>(published.count_estimate());
  EXPECT_NEAR(about, static_cast<double>(published.count()), 0.2 * about);
}

// The whole text, as a developer reads it.
TEST_F(Plans, ExplainAnalyze_OfTheFirstPage) {
  const std::string text = Post::objects.filter(f<&Post::timeline> == "all")
                               .order_by("-created_at")
                               .limit(20)
                               .explain(dynamo_backend::analyze);
  EXPECT_NE(text.find("  1. Query on index timeline of demo_app_post\n"
                      "     key condition: timeline = 'all'\n"
                      "     order: of the sort key created_at, from the end\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Statistics: demo_app_post, 4,000 rows, a sample of 1,000"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace demo_app
