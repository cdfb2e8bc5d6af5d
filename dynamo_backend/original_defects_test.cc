// The defects of the original system's data layer (reference/data-layer.md), each as the behaviour
// that users expect instead.
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

Post make_post(const Author& author, const std::string& title, std::int64_t views = 0,
               bool published = false) {
  return Post::objects.create({.title = title,
                               .slug = title,
                               .author_pk = author,
                               .published = published,
                               .view_count = views});
}

TEST(OriginalDefect01, OrderComesBeforeLimit_OnScanIndexAndKeys) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  std::vector<Uuid> keys;
  for (int i = 0; i < 40; ++i) {
    db.tick();
    keys.push_back(make_post(alice, "p" + std::to_string(i), (i * 7) % 40).pk);
  }
  const auto views = [](const QuerySet<Post>& qs) { return qs.values_list<&Post::view_count>(); };
  const std::vector<std::int64_t> best{39, 38, 37};
  EXPECT_EQ(views(Post::objects.order_by("-view_count").limit(3)), best);
  EXPECT_EQ(views(Post::objects.limit(3).order_by("-view_count")),
            best);  // whatever the order of the calls
  EXPECT_EQ(views(alice.posts().order_by("-view_count").limit(3)), best);
  EXPECT_EQ(views(Post::objects.filter(f<&Post::pk>.in(keys)).order_by("-view_count").limit(3)),
            best);
  EXPECT_EQ(Post::objects.all().latest("created_at").title, "p39");
  EXPECT_EQ(Post::objects.first()->title, "p39");  // Meta ordering is -created_at
  EXPECT_EQ(Post::objects.all().reverse().first()->title, "p0");
}

TEST(OriginalDefect02, FiltersFollowRelations) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"}),
             bob = Author::objects.create({.username = "bob"});
  make_post(alice, "a");
  const auto b = make_post(bob, "b");
  const auto tag = Tag::objects.create({.name = "c++"});
  b.labels.add(tag);
  EXPECT_EQ(Post::objects.get({{"author__username", "alice"}}).title, "a");
  EXPECT_EQ(Post::objects.get({{"author_pk__username", "bob"}}).title, "b");
  EXPECT_EQ(Post::objects.get(f<&Post::author_pk, &Author::username> == "alice").title, "a");
  EXPECT_EQ(Post::objects.get({{"labels__name", "c++"}}).title, "b");
  EXPECT_EQ(Post::objects.filter({{"author__username", "nobody"}}).count(), 0u);
  EXPECT_THROW((void)Post::objects.filter({{"author__slug", "x"}}), FieldError);
}

TEST(OriginalDefect03, OrHoldsInExistsCountUpdateAndRemove) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  for (const char* title : {"one", "Two", "three"}) make_post(alice, title);
  const auto either = f<&Post::title> == "one" || f<&Post::title> == "three";
  EXPECT_TRUE(Post::objects.filter(either).exists());
  EXPECT_EQ(Post::objects.filter(either).count(), 2u);
  EXPECT_EQ(Post::objects.filter(f<&Post::title>.icontains("tW")).count(), 1u);
  EXPECT_EQ(Post::objects.filter(either).update(f<& Post::body> = "seen"), 2u);
  EXPECT_EQ(Post::objects.filter(f<&Post::body> == "seen").count(), 2u);
  EXPECT_EQ(Post::objects.filter(either).remove(), 2u);
  EXPECT_EQ(Post::objects.get().title, "Two");
}

TEST(OriginalDefect03, CursorOfAnOr_DoesNotOpenTheAnd) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  for (int i = 0; i < 5; ++i) make_post(alice, "t" + std::to_string(i), i);
  const auto a = f<&Post::view_count> >= 0, b = f<&Post::title>.startswith("t");
  const auto page = Post::objects.filter(a || b).limit(2).page();
  ASSERT_TRUE(page.next);
  EXPECT_THROW((void)Post::objects.filter(a && b).limit(2).page(page.next), InvalidCursor);
  EXPECT_NO_THROW((void)Post::objects.filter(a || b).limit(2).page(page.next));
}

TEST(OriginalDefect04, CreateNeverOverwrites) {
  Database db;
  Tag first{.name = "first"};
  first.save();
  Tag second{.name = "second"};
  second.pk = first.pk;
  EXPECT_THROW(second.save(), IntegrityError);
  EXPECT_EQ(Tag::objects.get(first.pk).name, "first");
}

TEST(OriginalDefect05, SaveWritesWhatChanged_SoThatNoUpdateIsLost) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  auto mine = make_post(alice, "title");
  Post::objects.filter(f<&Post::pk> == mine.pk)
      .update(f<& Post::view_count> = f<&Post::view_count> + 5);
  mine.body = "text";
  mine.save();
  const auto row = Post::objects.get(mine.pk);
  EXPECT_EQ(row.view_count, 5);
  EXPECT_EQ(row.body, "text");
}

TEST(OriginalDefect06, IndexesHaveTheTypeOfTheirField) {
  Database db;
  const auto table = db.client().describe_table("posts").value();
  for (const auto& index : table.definition.global_indexes)
    EXPECT_EQ(index.key.partition.type, dynamodb::Type::S) << index.name;
  struct Local {
    static dynamodb::Type type_of(const ModelInfo& m, std::string_view name) {
      for (const auto& i : table_definition(m).global_indexes)
        if (i.name == name) return i.key.partition.type;
      return dynamodb::Type::NUL;
    }
  };
  EXPECT_EQ(Local::type_of(model_info<Category>(), "name-index"), dynamodb::Type::S);
}

TEST(OriginalDefect07, CountersAreAtomic) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = make_post(alice, "counted");
  db.calls().reset();
  const auto after = Post::objects.filter(f<&Post::pk> == post.pk)
                         .update_returning(f<& Post::view_count> = f<&Post::view_count> + 1);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->view_count, 1);
  EXPECT_EQ(after->version, post.version);
  EXPECT_EQ(db.calls().update, 1);
  EXPECT_EQ(db.calls().reads(), 0);
  EXPECT_EQ(Post::objects.filter(f<&Post::pk> == post.pk)
                .update(f<& Post::view_count> = f<&Post::view_count> + 1),
            1u);
  EXPECT_EQ(db.calls().update, 2);
  EXPECT_EQ(db.calls().reads(), 0);
  std::vector<std::thread> threads;
  for (int t = 0; t < 32; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i)
        Post::objects.filter(f<&Post::pk> == post.pk)
            .update(f<& Post::view_count> = f<&Post::view_count> + 1);
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(Post::objects.get(post.pk).view_count, 322);
}

TEST(OriginalDefect08, UnprocessedKeysAreAskedForAgain_WithPausesAndAnEnd) {
  int pauses = 0;
  Database db({.scan_policy = ScanPolicy::allow});
  std::vector<Uuid> keys;
  for (int i = 0; i < 10; ++i)
    keys.push_back(Tag::objects.create({.name = "t" + std::to_string(i)}).pk);
  ScopedConnection counted(db.client(), {.sleep = [&](auto) { ++pauses; }});
  db.client().leave_unprocessed = 3;
  EXPECT_EQ(Tag::objects.filter(f<&Tag::pk>.in(keys)).to_vector().size(), 10u);
  EXPECT_EQ(pauses, 3);
}

TEST(OriginalDefect10, NothingButTheTableIsWrittenBySave) {
  Database db;
  Tag tag{.name = "x"};
  tag.save();
  EXPECT_EQ(db.calls().writes(), 1);
  EXPECT_EQ(db.calls().transact, 1);  // the row and its unique claim
}

TEST(OriginalDefect11, PkInCountsExistsAndRemovesWhatIsThere) {
  Database db;
  const auto here = Tag::objects.create({.name = "here"});
  const std::vector<Uuid> keys{Uuid::random(), here.pk, Uuid::random()};
  const auto qs = Tag::objects.filter(f<&Tag::pk>.in(keys));
  EXPECT_TRUE(qs.exists());
  EXPECT_EQ(qs.count(), 1u);
  EXPECT_EQ(qs.remove(), 1u);
  EXPECT_EQ(qs.remove(), 0u);
  EXPECT_FALSE(qs.exists());
}

TEST(OriginalDefect12, AKeyWithFurtherConditionsIsOneGetItem) {
  Database db;
  const auto alice = Author::objects.create({.username = "alice"});
  const auto post = make_post(alice, "x", 0, true);
  db.calls().reset();
  EXPECT_EQ(Post::objects.filter(f<&Post::pk> == post.pk && f<&Post::published> == true).count(),
            1u);
  EXPECT_EQ(Post::objects.filter({{"pk", post.pk}, {"published", false}}).count(), 0u);
  EXPECT_EQ(db.calls().get, 2);
  EXPECT_EQ(db.calls().reads(), 2);
}

TEST(OriginalDefect13, RepeatedKeysAreAskedForOnce) {
  Database db;
  const auto tag = Tag::objects.create({.name = "x"}), other = Tag::objects.create({.name = "y"});
  const std::vector<Uuid> keys{tag.pk, other.pk, tag.pk, tag.pk};
  EXPECT_EQ(Tag::objects.filter(f<&Tag::pk>.in(keys)).to_vector().size(), 2u);
  EXPECT_EQ(db.client().batch_gets.back().tables.begin()->second.keys.size(), 2u);
}

}  // namespace
}  // namespace test_blog
