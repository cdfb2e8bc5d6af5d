// Whole lists are read by pages as long as DynamoDB makes them; what may end early by short ones.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

class WholeList : public testing::Test {
 protected:
  // About 3.2 MB in one partition of the index "author-recent": three pages.
  void SetUp() override {
    alice_ = Author::objects.create({.username = "alice"});
    std::vector<Post> posts(kPosts);
    for (std::size_t i = 0; i < kPosts; ++i) {
      posts[i].title = "title " + std::to_string(i);
      posts[i].slug = "slug-" + std::to_string(i);
      posts[i].body = std::string(40'000, 'x');
      posts[i].author_pk = alice_;
    }
    Post::objects.bulk_create(std::move(posts));
    database_.calls().reset();
  }
  QuerySet<Post> posts() const {
    return Post::objects.filter(f<&Post::author_pk> == alice_).order_by("-created_at");
  }

  static constexpr std::size_t kPosts = 80;
  Database database_{};
  Author alice_{};
};

TEST_F(WholeList, IsEveryRowOnceInOrder) {
  const auto all = posts().to_vector();
  EXPECT_EQ(database_.calls().query, 3);
  ASSERT_EQ(all.size(), kPosts);
  std::set<Uuid> keys;
  for (std::size_t i = 0; i < all.size(); ++i) {
    keys.insert(all[i].pk);
    if (i > 0) {
      EXPECT_GE(all[i - 1].created_at, all[i].created_at);
    }
  }
  EXPECT_EQ(keys.size(), kPosts);
}

TEST_F(WholeList, LimitThatThePageFills_AsksForNoOther) {
  EXPECT_EQ(posts().limit(20).to_vector().size(), 20u);
  EXPECT_EQ(database_.calls().query, 1);
  EXPECT_EQ(posts().slice(10, 24).to_vector().size(), 14u);
  EXPECT_EQ(database_.calls().query, 2);
}

TEST_F(WholeList, LoopThatEndsEarly_ReadsNoPageForNothing) {
  for (const Post& post : posts()) {
    EXPECT_FALSE(post.title.empty());
    break;
  }
  EXPECT_EQ(database_.calls().query, 1);
}

// What rows were read as, for save() to tell what changed: one page for all of them, as long as
// they are where the list put them or are moved from there.
TEST_F(WholeList, Rows_ShareThePageTheyWereReadIn) {
  auto all = posts().to_vector();
  const std::string_view first = all[0].row_state().packed(), second = all[1].row_state().packed();
  EXPECT_EQ(first.data() + first.size(), second.data());
  Post copy = all[0];
  EXPECT_EQ(copy.row_state().packed(), first);
  EXPECT_NE(copy.row_state().packed().data(), first.data()) << "a copy holds the page";
  Post moved = std::move(all[0]);
  EXPECT_EQ(moved.row_state().packed().data(), first.data());
}

TEST_F(WholeList, RowsThatOutliveTheList_TellWhatChanged) {
  auto all = posts().to_vector();
  Post copy = all[0], moved = std::move(all[1]), assigned;
  assigned = all[2];
  assigned = std::move(all[3]);
  all = {};
  for (Post* post : {&copy, &moved, &assigned}) {
    post->title += " of today";
    post->save();
    EXPECT_THAT(post->row_state().last_written(), testing::IsSupersetOf({"title"}));
    EXPECT_THAT(post->row_state().last_written(), testing::Not(testing::Contains("body")));
    const Post stored = Post::objects.get(post->pk);
    EXPECT_EQ(stored.title, post->title);
    EXPECT_EQ(stored.body, post->body);
  }
}

}  // namespace
}  // namespace test_blog
