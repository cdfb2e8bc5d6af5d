// RequestScope: what one request asks twice, and what it asks row by row.
#include "dynamo_backend/request_scope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Scope : testing::Test {
  Database db;
  std::vector<Author> authors{};
  std::vector<Post> posts{};
  void fill(int count) {
    const auto tag = Tag::objects.create({.name = "t"});
    for (int i = 0; i < count; ++i) {
      authors.push_back(Author::objects.create({.username = "u" + std::to_string(i)}));
      db.tick();
      posts.push_back(
          Post::objects.create({.title = "p", .slug = "p", .author_pk = authors.back()}));
      posts.back().labels.add(tag);
      Comment::objects.create({.post_pk = posts.back(), .body = "x"});
    }
    db.calls().reset();
  }
};

TEST_F(Scope, ARowIsReadOnce) {
  fill(1);
  const RequestScope scope;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Author::objects.get(authors[0].pk).username, "u0");
    EXPECT_EQ(Author::objects.get(f<&Author::pk> == authors[0].pk).username, "u0");
    EXPECT_EQ(Ref<Author>(authors[0])->username, "u0");
  }
  EXPECT_EQ(db.calls().reads(), 1);
  EXPECT_EQ(scope.coalesced(), 59u);
  EXPECT_THAT(scope.warnings(), IsEmpty());
}

TEST_F(Scope, WithoutOneEachLookUpReads) {
  fill(1);
  for (int i = 0; i < 3; ++i) (void)Author::objects.get(authors[0].pk);
  EXPECT_EQ(db.calls().get, 3);
}

TEST_F(Scope, AWriteOfThisThreadIsSeen) {
  fill(2);
  const RequestScope scope;
  auto author = Author::objects.get(authors[0].pk);
  const auto bio = [&] { return Author::objects.get(author.pk).bio; };
  author.bio = "saved";
  author.save();
  EXPECT_EQ(bio(), "saved");
  Author::objects.filter(f<&Author::pk> == author.pk).update(f<& Author::bio> = "updated");
  EXPECT_EQ(bio(), "updated");
  Author::objects.filter(f<&Author::pk> == author.pk)
      .update(f<& Author::bio> = "unique", f<& Author::username> = "by transaction");
  EXPECT_EQ(bio(), "unique");
  const Uuid pk = author.pk;
  Author::objects.get(pk).remove();
  EXPECT_FALSE(Author::objects.try_get(pk));
  Author again{.username = "again"};
  again.pk = pk;
  again.save();
  EXPECT_EQ(Author::objects.get(pk).username, "again");
  auto post = Post::objects.get(posts[1].pk);
  post.remove();
  EXPECT_FALSE(Post::objects.try_get(post.pk));
}

TEST_F(Scope, WhatLooksAtTheTableAlwaysDoes) {
  fill(1);
  const RequestScope scope;
  auto author = Author::objects.get(authors[0].pk);
  std::thread([&] {
    Author::objects.filter(f<&Author::pk> == author.pk).update(f<& Author::bio> = "another's");
  }).join();
  EXPECT_EQ(Author::objects.get(author.pk).bio, "");  // as it was first read
  EXPECT_EQ(Author::objects.all().consistent().get(f<&Author::pk> == author.pk).bio, "another's");
  author.refresh();
  EXPECT_EQ(author.bio, "another's");
  // What is absent is asked for again.
  const Uuid pk = Uuid::random();
  EXPECT_FALSE(Author::objects.try_get(pk));
  std::thread([&] {
    Author made{.username = "made"};
    made.pk = pk;
    made.save();
  }).join();
  EXPECT_TRUE(Author::objects.try_get(pk));
}

TEST_F(Scope, AConditionBeyondTheKeyIsAskedOfTheTable) {
  fill(2);
  const RequestScope scope;
  const Uuid pk = authors[1].pk;
  const auto done = Author::objects.filter(f<&Author::pk> == pk && f<&Author::bio> == "done");
  const Author lonely = Author::objects.create({.username = "lonely"});
  const auto writes = [](const Uuid& key, const std::string& bio) {  // as another process does
    std::thread([&] {
      Author::objects.filter(f<&Author::pk> == key).update(f<& Author::bio> = bio);
    }).join();
  };
  EXPECT_EQ(Author::objects.get(pk).bio, "");
  writes(pk, "done");
  EXPECT_TRUE(done.exists());
  EXPECT_EQ(done.get().bio, "done");
  writes(pk, "open");
  EXPECT_EQ(Author::objects.get(pk).bio, "done");  // by the key alone
  EXPECT_FALSE(done.try_get());
  EXPECT_EQ(Author::objects.get(lonely.pk).bio, "");
  writes(lonely.pk, "done");
  EXPECT_EQ(
      Author::objects.filter(f<&Author::pk> == lonely.pk && f<&Author::bio> == "done").remove(),
      1u);
}

TEST_F(Scope, WhatIsReadAfreshIsTheAnswerFromThenOn) {
  fill(2);
  const Uuid pk = authors[0].pk, other = authors[1].pk;
  const auto writes = [&](const std::string& bio) {  // another thread, whose scope is none
    std::thread([&] {
      Author::objects.filter(f<&Author::pk> == pk).update(f<& Author::bio> = bio);
    }).join();
  };
  for (const std::size_t most : {2000u, 1u}) {  // whether there is room for more rows or not
    SCOPED_TRACE(most);
    writes("");
    const RequestScope scope({.most_rows = most});
    const auto bio = [&] { return Author::objects.get(pk).bio; };
    EXPECT_EQ(bio(), "");
    writes("first");
    auto author = Author::objects.get(pk);
    author.refresh();
    EXPECT_EQ(bio(), "first");
    writes("second");
    EXPECT_EQ(Author::objects.consistent().get(f<&Author::pk> == pk).bio, "second");
    EXPECT_EQ(bio(), "second");
    writes("third");
    EXPECT_EQ(Author::objects.consistent().in_bulk({pk, other}).at(pk).bio, "third");
    EXPECT_EQ(bio(), "third");
    writes("fourth");
    const auto few = Author::objects.consistent().filter(f<&Author::pk> == pk);
    EXPECT_EQ(few.only<&Author::bio>().get().bio, "fourth");
    EXPECT_EQ(bio(), "fourth");
  }
  const RequestScope scope;
  EXPECT_NO_THROW(Author::objects.get(pk));
  std::thread([&] { Author::objects.filter(f<&Author::pk> == pk).remove(); }).join();
  EXPECT_FALSE(Author::objects.consistent().filter(f<&Author::pk> == pk).try_get());
  EXPECT_FALSE(Author::objects.try_get(pk));
}

TEST_F(Scope, WithoutRoomNoRowsAreReadTogether) {
  fill(10);
  const RequestScope scope({.most_rows = 1, .log_warnings = false});
  (void)Author::objects.get(authors[0].pk);
  for (const Post& p : Post::objects.all()) EXPECT_FALSE(p.author_pk->username.empty());
  EXPECT_EQ(db.calls().batch_get, 0);
  EXPECT_EQ(db.calls().get, 10);
}

TEST_F(Scope, AConflictHasTheNextTryReadTheTable) {
  fill(1);
  const RequestScope scope;
  (void)Author::objects.get(authors[0].pk);
  std::vector<std::string> seen;
  retry_on_conflict([&] {
    seen.push_back(Author::objects.get(authors[0].pk).bio);
    if (seen.size() > 1) return;
    dynamodb::Item changed = db.stored(model_info<Author>().table, authors[0].pk);
    changed["bio"] = Value("by another");
    db.put(model_info<Author>().table, std::move(changed));
    throw ConflictError("changed by another");
  });
  EXPECT_THAT(seen, ElementsAre("", "by another"));
}

TEST_F(Scope, TheRefsOfAResultComeInOneBatch) {
  fill(30);
  const RequestScope scope;
  std::size_t n = 0;
  for (const Post& p : Post::objects.all()) n += p.author_pk->username.size() > 1;
  EXPECT_EQ(n, 30u);
  EXPECT_EQ(db.calls().get, 0);
  EXPECT_EQ(db.calls().batch_get, 1);
  EXPECT_THAT(scope.warnings(), IsEmpty());
}

TEST_F(Scope, TheRefsOfTheRowsBehindRefsToo) {
  fill(30);
  const RequestScope scope;
  std::size_t n = 0;
  for (const Comment& c : Comment::objects.all()) n += c.post_pk->author_pk->username.size() > 1;
  EXPECT_EQ(n, 30u);
  EXPECT_EQ(db.calls().get, 0);
  EXPECT_EQ(db.calls().batch_get, 2);
  EXPECT_THAT(scope.warnings(), IsEmpty());
}

TEST_F(Scope, ThoseOfAPageAndAVectorToo) {
  fill(30);
  {
    const RequestScope scope;
    const auto page = Post::objects.order_by("-created_at").limit(20).page();
    for (const Post& p : page.items) EXPECT_FALSE(p.author_pk->username.empty());
    EXPECT_EQ(db.calls().get + db.calls().batch_get, 1);
  }
  db.calls().reset();
  const RequestScope scope;
  const auto rows = Post::objects.order_by("-created_at").to_vector();
  for (const Post& p : rows) EXPECT_FALSE(p.author_pk->username.empty());
  EXPECT_EQ(db.calls().get + db.calls().batch_get, 1);
}

TEST_F(Scope, AWriteBetweenDoesNotMakeItANPlusOne) {
  fill(20);
  const RequestScope scope;
  for (const Post& p : Post::objects.all()) {
    const Author& a = *p.author_pk;
    Author::objects.filter(f<&Author::pk> == a.pk).update(f<& Author::bio> = "x");
  }
  EXPECT_EQ(db.calls().get, 0);
  EXPECT_EQ(db.calls().batch_get, 1);
}

TEST_F(Scope, RelatedQueriesInALoopAreAnNPlusOne_WithTheLineThatMendsIt) {
  fill(12);
  const RequestScope scope({.log_warnings = false});
  for (const Author& a : Author::objects.all()) (void)a.related<&Post::author_pk>().count();
  ASSERT_EQ(scope.warnings().size(), 1u);
  EXPECT_THAT(
      scope.warnings()[0],
      AllOf(HasSubstr("N+1: 12 queries for the Post rows of one Author each"),
            HasSubstr("add .prefetch(\"posts\") to the queryset of Author"),
            HasSubstr(".prefetch<&Post::author_pk>()"), HasSubstr("request_scope_test.cc:")));
}

TEST_F(Scope, ManysInALoop) {
  fill(12);
  {
    const RequestScope scope({.log_warnings = false});
    for (const Post& p : Post::objects.all()) (void)p.labels.all().to_vector();
    ASSERT_EQ(scope.warnings().size(), 1u);
    EXPECT_THAT(scope.warnings()[0],
                AllOf(HasSubstr("by Post.labels (request_scope_test.cc:"),
                      HasSubstr("add .prefetch(\"labels\") to the queryset of Post")));
  }
  const RequestScope scope;
  for (const Post& p : Post::objects.prefetch("labels")) (void)p.labels.all().to_vector();
  EXPECT_THAT(scope.warnings(), IsEmpty());
}

TEST_F(Scope, LookUpsAndQueriesByHand) {
  fill(12);
  const RequestScope scope({.log_warnings = false});
  for (const Author& a : authors) (void)Author::objects.get(a.pk);
  for (const Post& p : posts) (void)Comment::objects.filter(f<&Comment::post_pk> == p).count();
  for (const Author& a : authors)
    (void)Author::objects.filter(f<&Author::username> == a.username).exists();
  EXPECT_THAT(scope.warnings(),
              testing::UnorderedElementsAre(
                  AllOf(HasSubstr("N+1: 12 reads of one Author each"), HasSubstr("in_bulk(keys)")),
                  AllOf(HasSubstr("N+1: 12 queries of Comment by post_pk"),
                        HasSubstr(".prefetch(\"comments\") to the queryset of Post"),
                        HasSubstr("f<&Comment::post_pk>.in(")),
                  HasSubstr("N+1: 12 queries of Author in one form")));
}

TEST_F(Scope, BelowTheThresholdAndInsideTheModelsNothingIsSaid) {
  fill(30);
  const RequestScope scope;
  for (std::size_t i = 0; i < 9; ++i) (void)authors[i].related<&Post::author_pk>().count();
  (void)Author::objects.filter({{"posts__labels__name", "t"}}).to_vector();
  for (const Author& a : Author::objects.prefetch("posts__labels", "posts__comments"))
    for (const Post& p : a.related<&Post::author_pk>()) (void)p.labels.all().count();
  EXPECT_EQ(Post::objects.all().remove(), 30u);
  EXPECT_THAT(scope.warnings(), IsEmpty());
}

TEST_F(Scope, ItsCallsAreCounted) {
  fill(2);
  const RequestScope scope;
  (void)Author::objects.get(authors[0].pk);
  (void)Author::objects.get(authors[1].pk);
  (void)authors[0].related<&Post::author_pk>().to_vector();
  Tag::objects.create({.name = "new"});
  ASSERT_EQ(scope.calls().size(), 3u);
  EXPECT_EQ(scope.calls()[0].operation, "GetItem");
  EXPECT_EQ(scope.calls()[0].count, 2u);
  EXPECT_EQ(scope.calls()[1].operation, "Query");
  EXPECT_EQ(scope.calls()[1].index, "author-recent");
  EXPECT_EQ(scope.calls()[2].operation, "TransactWriteItems");
}

TEST_F(Scope, ForeignKeysOfPrefetchedRows_AreReadTogether) {
  fill(5);
  const RequestScope scope;
  const auto tag = *Tag::objects.prefetch("posts").first();
  db.calls().reset();
  for (const Post& post : tag.related<&Post::labels>().all())
    EXPECT_FALSE(post.author_pk->username.empty());
  EXPECT_EQ(db.calls().get, 0);
  EXPECT_EQ(db.calls().batch_get, 1);
  EXPECT_THAT(scope.warnings(), IsEmpty());
}

TEST_F(Scope, AWriteInAnInnerScope_IsSeenInTheOuterOne) {
  fill(1);
  const RequestScope outer;
  (void)Author::objects.get(authors[0].pk);
  {
    const RequestScope inner;
    auto author = Author::objects.get(authors[0].pk);
    author.bio = "new";
    author.save();
  }
  EXPECT_EQ(Author::objects.get(authors[0].pk).bio, "new");
}

TEST_F(Scope, ScopesNestAndEnd) {
  fill(1);
  EXPECT_EQ(RequestScope::current(), nullptr);
  {
    const RequestScope outer;
    (void)Author::objects.get(authors[0].pk);
    {
      const RequestScope inner;
      EXPECT_EQ(RequestScope::current(), &inner);
      (void)Author::objects.get(authors[0].pk);
    }
    EXPECT_EQ(RequestScope::current(), &outer);
    std::thread([] { EXPECT_EQ(RequestScope::current(), nullptr); }).join();
  }
  EXPECT_EQ(RequestScope::current(), nullptr);
  EXPECT_EQ(db.calls().get, 2);
}

}  // namespace
}  // namespace test_blog
