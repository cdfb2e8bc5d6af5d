// prefetch(): what it reads, in how many calls, and what is served from it.
#include <chrono>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"
#include "tests/no_threads.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// One-to-ones from tables whose keys are not one text.
struct Badge : DynamoTable<Badge> {
  std::string office{}, number{};
  Ref<Author> author_pk{};
  static constexpr auto schema =
      define<Badge>({.table_name = "prefetch_badges"}, PartitionKey<&Badge::office>{},
                    SortKey<&Badge::number>{}, OneToOneField<&Badge::author_pk>{});
};
struct Locker : DynamoTable<Locker> {
  std::int64_t number = 0;
  Ref<Author> author_pk{};
  static constexpr auto schema =
      define<Locker>({.table_name = "prefetch_lockers"}, PartitionKey<&Locker::number>{},
                     OneToOneField<&Locker::author_pk>{});
};

struct Prefetch : testing::Test {
  Database db;
  std::vector<Author> authors{};
  std::vector<Tag> tags{};
  std::vector<Post> posts{};

  // Each author has three posts, a post three labels, a category and two comments.
  void fill(int count) {
    for (int i = 0; i < 5; ++i)
      tags.push_back(Tag::objects.create({.name = "t" + std::to_string(i)}));
    const auto category = Category::objects.create({.name = "c"});
    for (int i = 0; i < count; ++i) {
      const auto author = Author::objects.create({.username = "u" + std::to_string(i)});
      Profile::objects.create({.author_pk = author, .follower_count = i});
      authors.push_back(author);
      for (int j = 0; j < 3; ++j) {
        db.tick();
        const std::string name = "p" + std::to_string(i) + std::to_string(j);
        posts.push_back(Post::objects.create({.title = name, .slug = name, .author_pk = author}));
        for (int t = 0; t < 3; ++t)
          posts.back().labels.add(tags[static_cast<std::size_t>((i + j + t) % 5)]);
        posts.back().categories.add(category, {.order = j});
        for (int c = 0; c < 2; ++c) Comment::objects.create({.post_pk = posts.back(), .body = "x"});
      }
    }
    db.calls().reset();
  }
  int reads() { return db.calls().reads(); }
  // Reads that the work takes, beside those of the page of rows itself.
  template <class Rows>
  int calls_of(const Rows& rows) {
    db.calls().reset();
    (void)rows.to_vector();
    return reads();
  }
};

TEST_F(Prefetch, ServesEveryKindOfRelationWithoutACall) {
  fill(4);
  const auto rows =
      Author::objects
          .prefetch("profile", "posts", "posts__labels", "posts__categories", "posts__comments")
          .to_vector();
  db.calls().reset();
  ASSERT_EQ(rows.size(), 4u);
  for (const Author& a : rows) {
    EXPECT_EQ(a.related_one<&Profile::author_pk>().author_pk.pk, a.pk);
    const auto of_author = a.related<&Post::author_pk>();
    EXPECT_EQ(of_author.count(), 3u);
    EXPECT_TRUE(of_author.exists());
    std::vector<std::string> seen;
    for (const Post& p : of_author) {
      seen.push_back(p.title);
      EXPECT_EQ(p.labels.all().count(), 3u);
      EXPECT_EQ(p.categories.all().get().name, "c");
      EXPECT_EQ(p.related<&Comment::post_pk>().to_vector().size(), 2u);
    }
    EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));  // newest first, as declared
  }
  EXPECT_EQ(reads(), 0);
}

TEST_F(Prefetch, EqualsWhatIsReadWithoutIt) {
  fill(4);
  for (const Post& p : Post::objects.prefetch("author_pk", "labels", "comments", "categories")) {
    const Post plain = Post::objects.get(p.pk);
    const auto names = [](const auto& qs) { return qs.template values_list<&Tag::name>(); };
    EXPECT_EQ(names(p.labels.all()), names(plain.labels.all()));
    EXPECT_EQ(names(p.labels.all().order_by("-name").limit(2)),
              names(plain.labels.all().order_by("-name").limit(2)));
    EXPECT_EQ(p.author_pk->username, plain.author_pk->username);
    EXPECT_EQ(p.related<&Comment::post_pk>().count(), 2u);
  }
}

TEST_F(Prefetch, TypedForms) {
  fill(2);
  const auto post = Post::objects.prefetch<&Post::author_pk, &Post::labels, &Comment::post_pk>()
                        .order_by("title")
                        .first();
  db.calls().reset();
  EXPECT_EQ(post->author_pk->username, "u0");
  EXPECT_EQ(post->labels.all().count(), 3u);
  EXPECT_EQ(post->related<&Comment::post_pk>().count(), 2u);
  EXPECT_EQ(reads(), 0);
  const auto author = Author::objects.prefetch<&Post::author_pk>().first();
  db.calls().reset();
  EXPECT_EQ(author->related<&Post::author_pk>().count(), 3u);
  EXPECT_EQ(reads(), 0);
}

TEST_F(Prefetch, TheNumberOfCallsDoesNotGrowWithTheRows) {
  fill(25);  // 75 posts
  const auto by = [&](std::size_t n, auto... names) {
    return calls_of(Post::objects.order_by("title").limit(n).prefetch(names...)) -
           calls_of(Post::objects.order_by("title").limit(n));
  };
  for (const std::size_t n : {10u, 25u, 75u}) {
    EXPECT_EQ(by(n, "author_pk"), 1) << n;
    EXPECT_EQ(by(n, "labels"), 2) << n;  // the links, and the tags
    EXPECT_EQ(by(n, "comments"), 1) << n;
    EXPECT_EQ(by(n, "author_pk", "labels", "comments", "categories"), 6) << n;
  }
  const auto by_author = [&](std::size_t n, auto... names) {
    return calls_of(Author::objects.order_by("username").limit(n).prefetch(names...)) -
           calls_of(Author::objects.order_by("username").limit(n));
  };
  for (const std::size_t n : {5u, 25u}) {
    EXPECT_EQ(by_author(n, "profile"), 2) << n;  // the claims, and the rows
    EXPECT_EQ(by_author(n, "posts"), 1) << n;
    EXPECT_EQ(by_author(n, "posts__labels"), 3) << n;
  }
}

TEST_F(Prefetch, ALargeTableIsQueriedPerRow) {
  fill(2);
  std::vector<Comment> many(2000, Comment{.post_pk = posts[5], .body = std::string(600, 'x')});
  Comment::objects.bulk_create(many);
  for (int round = 0; round < 2; ++round) {
    db.calls().reset();
    const auto rows = Post::objects.order_by("title").limit(4).prefetch("comments").to_vector();
    EXPECT_EQ(db.calls().query, 4) << round;
    EXPECT_EQ(db.calls().scan, round == 0 ? 2 : 1) << round;  // one is the posts' own
    db.calls().reset();
    for (const Post& p : rows) EXPECT_EQ(p.related<&Comment::post_pk>().count(), 2u);
    EXPECT_EQ(reads(), 0);
  }
  const auto busy = Post::objects.prefetch("comments").filter(f<&Post::pk> == posts[5].pk).get();
  EXPECT_EQ(busy.related<&Comment::post_pk>().count(), 2002u);
}

TEST_F(Prefetch, ARowWithoutRelatedRowsAsksNothingEither) {
  Author::objects.create({.username = "lonely"});
  Author::objects.create({.username = "alone"});
  const auto rows = Author::objects.prefetch("posts", "profile").to_vector();
  db.calls().reset();
  for (const Author& a : rows) {
    EXPECT_EQ(a.related<&Post::author_pk>().count(), 0u);
    EXPECT_EQ(a.try_related_one<&Profile::author_pk>(), std::nullopt);
  }
  EXPECT_EQ(reads(), 0);
}

TEST_F(Prefetch, FilterAndConsistentAskAnew_AndSoDoesAChange) {
  fill(1);
  const auto post = *Post::objects.prefetch("labels").order_by("title").first();
  const auto author = *Author::objects.prefetch("posts").first();
  db.calls().reset();
  EXPECT_EQ(post.labels.filter(f<&Tag::name> == "t0").count(), 1u);
  EXPECT_GT(reads(), 0);
  EXPECT_EQ(post.labels.all().consistent().count(), 3u);
  post.labels.remove(tags[0]);
  EXPECT_EQ(post.labels.all().count(), 2u);
  post.labels.add(tags[0], tags[3]);
  EXPECT_EQ(post.labels.all().count(), 4u);
  author.related<&Post::author_pk>().create({.title = "new", .slug = "new"});
  EXPECT_EQ(author.related<&Post::author_pk>().count(), 4u);
  const Author copy = *Author::objects.prefetch("posts").first();
  const Author of_copy = copy;
  db.calls().reset();
  EXPECT_EQ(of_copy.related<&Post::author_pk>().count(), 4u);
  EXPECT_EQ(reads(), 0);
}

TEST_F(Prefetch, WhatIsKeptOfARelationSeesItsChanges) {
  fill(1);
  const auto author = *Author::objects.prefetch("posts").first();
  const auto of_author = author.related<&Post::author_pk>();
  const auto post = *Post::objects.prefetch("labels").order_by("title").first();
  const auto labels = post.labels.all();
  const auto tag = *Tag::objects.prefetch("posts").filter(f<&Tag::name> == "t0").first();
  const auto of_tag = tag.related<&Post::labels>();
  db.calls().reset();
  EXPECT_EQ(of_author.count(), 3u);
  EXPECT_EQ(labels.count(), 3u);
  const std::size_t tagged = of_tag.count();
  EXPECT_EQ(reads(), 0);
  of_author.create({.title = "new", .slug = "new"});
  EXPECT_EQ(of_author.count(), 4u);
  post.labels.remove(tags[0]);
  EXPECT_EQ(labels.count(), 2u);
  of_tag.clear();
  EXPECT_GT(tagged, 0u);
  EXPECT_EQ(of_tag.count(), 0u);
}

TEST_F(Prefetch, WhereNoThreadCanBeStarted_OneReadsThemAll) {
  fill(2);
  std::vector<Comment> many(2000, Comment{.post_pk = posts[5], .body = std::string(600, 'x')});
  Comment::objects.bulk_create(many);
  // Each answer takes so long that threads are worth while.
  std::function<void()> slow = [&] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2);
    while (std::chrono::steady_clock::now() < end) continue;
    db.client().after_read = slow;
  };
  db.client().after_read = slow;
  const tests::NoThreads no_threads;
  EXPECT_THROW(std::thread([] {}), std::system_error);
  const auto rows = Post::objects.order_by("title").limit(5).prefetch("comments").to_vector();
  db.client().after_read = nullptr;
  db.calls().reset();
  for (const Post& p : rows) EXPECT_EQ(p.related<&Comment::post_pk>().count(), 2u);
  EXPECT_EQ(rows.size(), 5u);
  EXPECT_EQ(reads(), 0);
}

TEST_F(Prefetch, PagesAreFilledToo) {
  fill(2);
  const auto page = Post::objects.prefetch("labels", "author_pk").order_by("title").limit(4).page();
  db.calls().reset();
  for (const Post& p : page.items) {
    EXPECT_EQ(p.labels.all().count(), 3u);
    EXPECT_FALSE(p.author_pk->username.empty());
  }
  EXPECT_EQ(reads(), 0);
}

TEST_F(Prefetch, MoreThanAHundredRowsTakeAnotherBatch) {
  const auto tag = Tag::objects.create({.name = "t"});
  std::vector<Author> many;
  for (int i = 0; i < 120; ++i) many.push_back({.username = "u" + std::to_string(i)});
  many = Author::objects.bulk_create(many);
  std::vector<Post> of_many;
  for (const Author& a : many) of_many.push_back({.title = "p", .slug = "p", .author_pk = a});
  of_many = Post::objects.bulk_create(of_many);
  db.calls().reset();
  std::size_t n = 0;
  for (const Post& p : Post::objects.prefetch("author_pk")) n += p.author_pk.is_cached();
  EXPECT_EQ(n, 120u);
  EXPECT_EQ(db.calls().batch_get, 2);
  EXPECT_EQ(db.calls().get, 0);
}

TEST_F(Prefetch, AnUnknownNameListsWhatThereIs) {
  try {
    (void)Author::objects.prefetch("posts__editors");
    FAIL();
  } catch (const FieldError& e) {
    EXPECT_THAT(e.what(), HasSubstr("prefetch(\"editors\") on Post"));
    EXPECT_THAT(e.what(), HasSubstr("labels"));
    EXPECT_THAT(e.what(), HasSubstr("comments"));
  }
  EXPECT_THROW((void)Post::objects.prefetch("title"), FieldError);
}

TEST_F(Prefetch, OneToOnesOfAnyKey) {
  ensure_table<Badge>();
  ensure_table<Locker>();
  for (int i = 0; i < 4; ++i) {
    const std::string name = "u" + std::to_string(i);
    authors.push_back(Author::objects.create({.username = name}));
    Badge::objects.create({.office = "Brno/2", .number = name, .author_pk = authors.back()});
    Locker::objects.create({.number = i, .author_pk = authors.back()});
  }
  const auto rows = Author::objects.prefetch<&Badge::author_pk>().to_vector();
  const auto others = Author::objects.prefetch<&Locker::author_pk>().to_vector();
  ASSERT_EQ(rows.size(), 4u);
  db.calls().reset();
  for (const Author& a : rows) {
    const auto badges = a.related<&Badge::author_pk>().to_vector();
    ASSERT_EQ(badges.size(), 1u);
    EXPECT_EQ(badges[0].number, a.username);
  }
  for (const Author& a : others) {
    const auto lockers = a.related<&Locker::author_pk>().to_vector();
    ASSERT_EQ(lockers.size(), 1u);
    EXPECT_EQ("u" + std::to_string(lockers[0].number), a.username);
  }
  EXPECT_EQ(reads(), 0);
}

}  // namespace
}  // namespace test_blog
