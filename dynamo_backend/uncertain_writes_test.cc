// Writes that meet a transaction of another, and writes whose first answer was lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/retry.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/test_integrity.h"

namespace test_blog {
namespace {

using testing::HasSubstr;

struct UncertainWrites : testing::Test {
  Database db;
  Author alice = Author::objects.create({.username = "alice"});
  Post post = Post::objects.create({.title = "Old", .slug = "old", .author_pk = alice});
};

// DynamoDB refuses it while the transaction holds the row; nothing was written.
TEST_F(UncertainWrites, ThatMeetATransaction_AreSentAgain) {
  const auto met = [&](auto&& write) {
    db.client().meet = 2;
    write();
    EXPECT_EQ(db.client().meet, 0);
  };
  const auto it = Post::objects.filter(f<&Post::pk> == post.pk);
  met([&] { post.title = "New", post.save(); });
  met([&] { EXPECT_EQ(it.update(f<& Post::view_count> = f<&Post::view_count> + 1), 1u); });
  met([&] { EXPECT_TRUE(it.update_returning(f<& Post::slug> = "new")); });
  met([&] { Post::objects.create({.title = "Two", .slug = "two", .author_pk = alice}); });
  met([&] { EXPECT_EQ(Post::objects.filter(f<&Post::slug> == "two").remove(), 1u); });
  const Post now = Post::objects.get(post.pk);
  EXPECT_EQ(now.title, "New");
  EXPECT_EQ(now.view_count, 1);
  post.refresh();
  met([&] { post.remove(); });
  EXPECT_FALSE(it.exists());
}

TEST_F(UncertainWrites, ARowThatWasMade_IsNoSecondOne) {
  db.client().send_twice = 1;
  const Post made = Post::objects.create({.title = "Two", .slug = "two", .author_pk = alice});
  EXPECT_EQ(Post::objects.get(made.pk).title, "Two");
  db.client().send_twice = 1;
  db.client().between = [&] {
    Post::objects.filter(f<&Post::slug> == "three").update(f<& Post::title> = "Another's");
  };
  EXPECT_THROW(Post::objects.create({.title = "Three", .slug = "three", .author_pk = alice}),
               IntegrityError);
}

// Whether it was this update or another's that took the row: a second worker must not think it has
// it.
TEST_F(UncertainWrites, AnUpdateOnACondition_IsNotKnown) {
  const auto old = Post::objects.filter(f<&Post::pk> == post.pk && f<&Post::title> == "Old");
  db.client().send_twice = 1;
  EXPECT_THROW(old.update_returning(f<& Post::title> = "New"), DatabaseError);
  post.refresh();
  post.title = "Old";
  post.save();
  db.client().send_twice = 1;
  EXPECT_THROW(old.update(f<& Post::title> = "New"), DatabaseError);
  EXPECT_EQ(old.update(f<& Post::title> = "New"), 0u);  // no answer was lost
}

TEST_F(UncertainWrites, ARowThatWasRemoved_IsRemoved) {
  std::vector<Uuid> told;
  const auto listening =
      signals<Post>().post_delete.connect([&](const Post& gone) { told.push_back(gone.pk); });
  db.client().send_twice = 1;
  post.remove();
  EXPECT_THAT(told, testing::ElementsAre(post.pk));
  told.clear();
  const auto comment = Comment::objects.create({.post_pk = post, .body = "x"});
  const auto deleting =
      signals<Comment>().post_delete.connect([&](const Comment& gone) { told.push_back(gone.pk); });
  db.client().send_twice = 1;
  EXPECT_EQ(Comment::objects.filter(f<&Comment::pk> == comment.pk).remove(), 1u);
  EXPECT_THAT(told, testing::ElementsAre(comment.pk));
  const auto next = Comment::objects.create({.post_pk = post, .body = "y"});
  db.client().send_twice = 1, db.client().meet = 1;
  EXPECT_EQ(Comment::objects.filter(f<&Comment::pk> == next.pk).remove(), 1u);
  EXPECT_THAT(told, testing::ElementsAre(comment.pk, next.pk));
}

}  // namespace

namespace {

// "balance -= amount" again, on the row that has it already, would take it twice.
TEST(UncertainChanges, AreDoneOnce) {
  Integrity db;
  auto account = Account::objects.create({.owner = "alice", .balance = 100});
  const auto withdraw = [&] {
    retry_on_conflict([&] {
      auto mine = Account::objects.get(account.pk);
      mine.balance -= 10;
      mine.save();
    });
  };
  db.client().send_twice = 1;
  withdraw();
  EXPECT_EQ(Account::objects.get(account.pk).balance, 90);

  // The second attempt meets a transaction, and it is sent once more.
  db.client().send_twice = 1, db.client().meet = 1;
  withdraw();
  EXPECT_EQ(Account::objects.get(account.pk).balance, 80);
  account.balance = 90;  // as before
  Account::objects.filter(f<&Account::pk> == account.pk).update(f<& Account::balance> = 90);

  // Another has changed it since: nobody can tell.
  db.client().send_twice = 1;
  db.client().between = [&] {
    auto other = Account::objects.get(account.pk);
    other.balance -= 1;
    other.save();
  };
  try {
    withdraw();
    FAIL();
  } catch (const DatabaseError& e) {
    EXPECT_THAT(e.what(), HasSubstr("is not known"));
  }
  EXPECT_EQ(Account::objects.get(account.pk).balance, 79);
}

}  // namespace
}  // namespace test_blog
