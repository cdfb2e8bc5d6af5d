// Lists page by page: limit, cursor, and what becomes of wrong ones.
#include <set>

#include "demo_app/test_api.h"

namespace demo_app {
namespace {

class Paging : public ApiTest {
 protected:
  struct List {
    std::string path, name;
  };

  // Seven rows in every list.
  void fill() {
    alice = new_author("alice");
    const auto first = new_post(alice, "first");
    post = "/api/posts/" + first + "/";
    for (int i = 0; i < 7; ++i) {
      const std::string n = std::to_string(i);
      create(post + "comments/", {{"author_name", "a"}, {"body", n}});
      create(post + "revisions/", Json::object());
      if (i < 6) new_post(alice, "post-" + n);
      new_tag("tag " + n);
      const std::string category = new_category("category " + n);
      create(post + "categories/", {{"category_id", category}, {"order", i}});
      if (i < 6) new_author("author" + n);
    }
  }
  std::vector<List> lists() const {
    return {{"/api/authors/", "authors"},
            {"/api/posts/", "posts"},
            {"/api/posts/?author_id=" + alice, "posts"},
            {"/api/tags/", "tags"},
            {"/api/categories/", "categories"},
            {"/api/authors/" + alice + "/posts/", "posts"},
            {post + "comments/", "comments"},
            {post + "categories/", "post_categories"},
            {post + "revisions/", "revisions"}};
  }
  static std::string with(const std::string& path, const std::string& query) {
    return path + (path.find('?') == std::string::npos ? "?" : "&") + query;
  }
  // The keys of all rows, read in pages of `limit`; the sizes of the pages.
  std::vector<std::string> walk(const List& list, int limit, std::vector<std::size_t>& sizes) {
    std::vector<std::string> keys;
    std::string query = "limit=" + std::to_string(limit);
    for (int pages = 0; pages < 100; ++pages) {
      const Json page = get(with(list.path, query));
      sizes.push_back(page[list.name].size());
      for (const auto& key : all_of(page[list.name], "pk")) keys.push_back(key);
      if (page["next_cursor"].is_null()) return keys;
      const std::string cursor = page["next_cursor"];
      EXPECT_EQ(cursor.find_first_not_of(
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                std::string::npos)
          << cursor;
      query = "limit=" + std::to_string(limit) + "&cursor=" + cursor;
    }
    ADD_FAILURE() << list.path << " has no end";
    return keys;
  }

  std::string alice{}, post{};
};

TEST_F(Paging, Pages_JoinedAreTheWholeList) {
  fill();
  for (const List& list : lists()) {
    SCOPED_TRACE(list.path);
    const Json whole = get(list.path);
    EXPECT_EQ(whole["next_cursor"], nullptr);
    const auto expected = all_of(whole[list.name], "pk");
    ASSERT_EQ(expected.size(), 7u);
    for (int limit = 1; limit <= 8; ++limit) {
      SCOPED_TRACE(limit);
      std::vector<std::size_t> sizes;
      EXPECT_EQ(walk(list, limit, sizes), expected);
      // Full pages, then the rest: no empty page where the rows end with a page.
      const auto size = static_cast<std::size_t>(limit);
      EXPECT_EQ(sizes.size(), (7 + size - 1) / size);
      for (std::size_t i = 0; i + 1 < sizes.size(); ++i) EXPECT_EQ(sizes[i], size);
    }
  }
}

TEST_F(Paging, DefaultIs50_MostIs500) {
  alice = new_author("alice");
  std::vector<Post> posts;
  for (int i = 0; i < 510; ++i)
    posts.push_back({.title = "T",
                     .slug = "s" + std::to_string(i),
                     .author_pk = Ref<Author>(*Uuid::parse(alice))});
  Post::objects.bulk_create(posts);
  for (const std::string& path :
       {std::string("/api/posts/"), "/api/authors/" + alice + "/posts/"}) {
    EXPECT_EQ(get(path)["posts"].size(), 50u);
    EXPECT_TRUE(get(path)["next_cursor"].is_string());
    for (const char* limit : {"500", "501", "510", "99999999999999999999999"})
      EXPECT_EQ(get(path + "?limit=" + limit)["posts"].size(), 500u) << limit;
  }
}

TEST_F(Paging, APostsComments_GoOnInTheirList) {
  alice = new_author("alice");
  post = "/api/posts/" + new_post(alice, "first") + "/";
  std::vector<Comment> comments(
      501, {.post_pk = Ref<Post>(*Uuid::parse(post.substr(11, 36))), .author_name = "x"});
  for (std::size_t i = 0; i < comments.size(); ++i) comments[i].body = std::to_string(i);
  Comment::objects.bulk_create(comments);
  const Json shown = get(post);
  std::vector<std::string> all = all_of(shown["comments"], "body");
  EXPECT_EQ(all.size(), 500u);
  const Json rest =
      get(post + "comments/?limit=2&cursor=" + shown["next_cursor"].get<std::string>());
  EXPECT_EQ(rest["comments"].size(), 1u);
  EXPECT_EQ(rest["next_cursor"], nullptr);
  for (const auto& text : all_of(rest["comments"], "body")) all.push_back(text);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 501u);
}

TEST_F(Paging, LimitThatIsNone_Is400) {
  fill();
  for (const List& list : lists()) {
    for (const char* limit :
         {"0", "-1", "abc", "1.5", "", "%201", "1%20", "+1", "0x10", "1e2", "00"}) {
      SCOPED_TRACE(list.path + " limit=" + limit);
      expect_refused(client.get(with(list.path, std::string("limit=") + limit)), "limit");
    }
  }
}

TEST_F(Paging, EmptyCursor_IsTheFirstPage) {
  fill();
  for (const List& list : lists())
    EXPECT_EQ(get(with(list.path, "limit=2&cursor="))[list.name].dump(),
              get(with(list.path, "limit=2"))[list.name].dump());
}

TEST_F(Paging, CursorThatWasTamperedWith_Is400) {
  fill();
  for (const List& list : lists()) {
    const std::string cursor = get(with(list.path, "limit=2"))["next_cursor"];
    std::vector<std::string> wrong{"NTA=",
                                   "NTA",
                                   "x",
                                   "null",
                                   cursor + "A",
                                   cursor.substr(1),
                                   cursor.substr(0, cursor.size() - 1),
                                   std::string(5000, 'A')};
    for (std::size_t i = 0; i < cursor.size(); ++i) {
      std::string changed = cursor;
      changed[i] = changed[i] == 'A' ? 'B' : 'A';
      wrong.push_back(changed);
    }
    for (const auto& text : wrong) {
      const TestResponse response = client.get(with(list.path, "limit=2&cursor=" + text));
      ASSERT_EQ(response.status, 400) << list.path << " " << text;
      ASSERT_EQ(
          response.body,
          R"({"error":"Invalid cursor","code":"invalid_cursor","fields":{"cursor":["This cursor is damaged, or belongs to another list."]}})");
    }
  }
}

TEST_F(Paging, CursorOfAnotherList_Is400) {
  fill();
  const std::string bob = new_author("bob");
  for (const List& from : lists()) {
    const std::string cursor = get(with(from.path, "limit=2"))["next_cursor"];
    for (const List& to : lists()) {
      // The two lists of one author's posts are the same query.
      const bool same = from.path == to.path || (from.path.find(alice) != std::string::npos &&
                                                 to.path.find(alice) != std::string::npos);
      EXPECT_EQ(client.get(with(to.path, "limit=2&cursor=" + cursor)).status, same ? 200 : 400)
          << from.path << " -> " << to.path;
    }
    EXPECT_EQ(client.get("/api/authors/" + bob + "/posts/?limit=2&cursor=" + cursor).status, 400);
    EXPECT_EQ(client.get("/api/posts/?author_id=" + bob + "&limit=2&cursor=" + cursor).status, 400);
  }
}

TEST_F(Paging, Cursor_OutlivesTheRowThatItStandsOn) {
  fill();
  const Json first = get("/api/posts/?limit=3"), whole = get("/api/posts/");
  for (const auto& key : all_of(first["posts"], "pk"))
    expect_no_content(client.del("/api/posts/" + key + "/"));
  new_post(alice, "newer");  // before the first page: not on the second
  const Json second = get("/api/posts/?limit=3&cursor=" + first["next_cursor"].get<std::string>());
  const auto all = all_of(whole["posts"], "slug");
  EXPECT_EQ(all_of(second["posts"], "slug"),
            std::vector<std::string>(all.begin() + 3, all.begin() + 6));
}

// Ten megabytes of them would be one answer.
TEST_F(Paging, PageOfLargeAuthors_EndsEarly_WithACursor) {
  std::vector<Author> authors(40);
  for (std::size_t i = 0; i < authors.size(); ++i) {
    authors[i].username = "author" + std::to_string(i);
    authors[i].bio = std::string(380'000, 'x');
  }
  Author::objects.bulk_create(std::move(authors));
  std::vector<std::size_t> sizes;
  EXPECT_EQ(walk({"/api/authors/", "authors"}, 500, sizes).size(), 40u);
  EXPECT_GT(sizes.size(), 1u);
}

}  // namespace
}  // namespace demo_app
