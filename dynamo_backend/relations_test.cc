// Foreign keys, reverse sides, many-to-many, and what deletion does to them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace test_blog {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// Cascades in a cycle of two models, one of them protected.
struct Chapter;
struct Book : DynamoModel<Book> {
  std::string title{};
  std::optional<Ref<Chapter>> part_of_pk{};
  static constexpr auto schema =
      define<Book>(CharField<&Book::title>{}, ForeignKey<&Book::part_of_pk>{});
};
struct Chapter : DynamoModel<Chapter> {
  Ref<Book> book_pk{};
  static constexpr auto schema = define<Chapter>(ForeignKey<&Chapter::book_pk>{});
};
struct Loan : DynamoModel<Loan> {
  Ref<Book> book_pk{};
  static constexpr auto schema =
      define<Loan>(ForeignKey<&Loan::book_pk>{.on_delete = OnDelete::restrict_});
};

// A many-to-many whose links have a unique value.
struct Seat;
struct Guest : DynamoModel<Guest> {
  std::string name{};
  static constexpr auto schema = define<Guest>(CharField<&Guest::name>{});
};
struct Table : DynamoModel<Table> {
  std::string name{};
  Many<Guest, Seat> guests{};
  static constexpr auto schema =
      define<Table>(CharField<&Table::name>{}, ManyToManyField<&Table::guests>{});
};
struct Seat : DynamoModel<Seat> {
  Ref<Table> table_pk{};
  Ref<Guest> guest_pk{};
  std::string number = "1";
  static constexpr auto schema =
      define<Seat>(ForeignKey<&Seat::table_pk>{}, ForeignKey<&Seat::guest_pk>{},
                   CharField<&Seat::number>{.unique = true});
};

struct Relations : testing::Test {
  Database db;
  Author alice = Author::objects.create({.username = "alice"});
  Author bob = Author::objects.create({.username = "bob"});
  Post post(const Author& author, const std::string& title) {
    db.tick();
    return Post::objects.create({.title = title, .slug = title, .author_pk = author});
  }
  static std::vector<std::string> names(const QuerySet<Tag>& qs) {
    return qs.values_list<&Tag::name>();
  }
};

TEST_F(Relations, RefFetchesOnce) {
  const auto p = Post::objects.get(post(alice, "a").pk);
  db.calls().reset();
  EXPECT_EQ(p.author_pk->username, "alice");
  EXPECT_EQ(p.author_pk->email, "");
  EXPECT_EQ(db.calls().get, 1);
  EXPECT_FALSE(p.editor_pk.has_value());
  Ref<Author> changed = p.author_pk;
  changed.pk = bob.pk;
  EXPECT_EQ(changed->username, "bob");  // another key: the cached row is not taken for it
  EXPECT_THROW((void)Ref<Author>(Uuid::random()).get(), Author::DoesNotExist);
}

TEST_F(Relations, SelectRelatedFetchesInOneBatch) {
  for (int i = 0; i < 6; ++i) post(i % 2 ? alice : bob, "p" + std::to_string(i));
  db.calls().reset();
  int n = 0;
  for (const Post& p : Post::objects.all().select_related<&Post::author_pk, &Post::editor_pk>())
    n += p.author_pk->username.size() >= 3;
  EXPECT_EQ(n, 6);
  EXPECT_EQ(db.calls().get, 0);
  EXPECT_EQ(db.calls().batch_get, 1);
  const auto page = Post::objects.all().select_related<&Post::author_pk>().limit(2).page();
  EXPECT_TRUE(page.items.at(0).author_pk.is_cached());
}

TEST_F(Relations, ReverseSideIsAQueryOnTheIndex) {
  post(alice, "a1");
  post(bob, "b1");
  post(alice, "a2");
  db.calls().reset();
  EXPECT_THAT((alice.posts().values_list<&Post::title>()),
              ElementsAre("a2", "a1"));  // newest first, by the index
  EXPECT_EQ(db.calls().query, 1);
  EXPECT_EQ(db.client().queries.back().index, "author-recent");
  EXPECT_EQ(alice.related<&Post::editor_pk>().count(), 0u);
}

TEST_F(Relations, ManyToManyWithAnAutomaticJoinTable) {
  const auto p = post(alice, "p"), q = post(alice, "q");
  const auto cpp = Tag::objects.create({.name = "c++"}), web = Tag::objects.create({.name = "web"}),
             db_tag = Tag::objects.create({.name = "db"});
  p.labels.add(cpp, web);
  p.labels.add(cpp);  // again: one link
  q.labels.add(web);
  EXPECT_EQ(db.rows_in("posts_labels"), 3u);
  EXPECT_THAT(names(p.labels.all()), UnorderedElementsAre("c++", "web"));
  EXPECT_THAT(names(p.labels.all().order_by("-name").limit(1)), ElementsAre("web"));
  EXPECT_EQ(web.related<&Post::labels>().count(), 2u);
  EXPECT_EQ(Post::objects.filter(f<&Post::labels>.contains(web) && f<&Post::labels>.contains(cpp))
                .get()
                .title,
            "p");
  EXPECT_EQ((Post::objects.filter(f<&Post::labels, &Tag::name> == "c++").get().title), "p");
  EXPECT_EQ(Post::objects.filter(!f<&Post::labels>.contains(cpp)).get().title, "q");
  p.labels.remove(web);
  p.labels.remove(web);
  EXPECT_THAT(names(p.labels.all()), ElementsAre("c++"));
  p.labels.set({web, db_tag});
  EXPECT_THAT(names(p.labels.all()), UnorderedElementsAre("web", "db"));
  p.labels.clear();
  EXPECT_EQ(p.labels.all().count(), 0u);
  EXPECT_EQ(q.labels.all().count(), 1u);
  EXPECT_THROW(Post{}.labels.add(cpp), std::logic_error);
}

TEST_F(Relations, ARowThatIsNotSavedCannotBeLinked) {
  const auto p = post(alice, "p");
  const auto cpp = Tag::objects.create({.name = "c++"});
  p.labels.add(cpp);
  EXPECT_THROW(p.labels.add(Tag{.name = "new"}), std::logic_error);
  EXPECT_THROW(p.labels.set({Tag{.name = "new"}}), std::logic_error);
  EXPECT_THAT(names(p.labels.all()), ElementsAre("c++"));
  EXPECT_EQ(db.rows_in("posts_labels"), 1u);
  const Post unsaved{.title = "new", .slug = "new"};
  EXPECT_THROW(alice.related<&Post::author_pk>().add(unsaved), std::logic_error);
  EXPECT_THROW(alice.related<&Post::editor_pk>().set({unsaved}), std::logic_error);
}

TEST_F(Relations, OnlyReadsTheKeysOfWhatIsFetchedWithIt) {
  post(alice, "p");
  const auto qs = Post::objects.only<&Post::title>();
  auto row = qs.select_related<&Post::author_pk>().get();
  EXPECT_EQ(qs.prefetch("author_pk").get().author_pk->username, "alice");
  db.calls().reset();
  EXPECT_EQ(row.author_pk->username, "alice");
  EXPECT_EQ(db.calls().reads(), 0);
  row.author_pk = bob;
  row.save();
  EXPECT_EQ(Post::objects.get(row.pk).author_pk, Ref<Author>(bob));
}

TEST_F(Relations, WhatWasFetchedForARowIsNotItsCopys) {
  post(alice, "p");
  auto copy = Author::objects.filter(f<&Author::username> == "alice").prefetch("posts").get();
  EXPECT_EQ(copy.posts().to_vector().size(), 1u);
  copy.pk = {};
  copy.username = "copy";
  copy = Author::objects.create(copy);
  EXPECT_TRUE(copy.posts().to_vector().empty());
}

TEST_F(Relations, ManyToManyThroughAModelOfItsOwn) {
  const auto p = post(alice, "p");
  const auto news = Category::objects.create({.name = "news"}),
             tech = Category::objects.create({.name = "tech"});
  PostCategory::objects.create(
      {.post_pk = p, .category_pk = news, .order = 7});  // by hand, with its own key
  p.categories.add(news, tech);
  EXPECT_EQ(PostCategory::objects.count(), 2u);
  EXPECT_EQ(PostCategory::objects.get(f<&PostCategory::category_pk> == news).order, 7);
  EXPECT_EQ(p.categories.all().count(), 2u);
  EXPECT_EQ(news.related<&Post::categories>().get().title, "p");
  p.categories.remove(news);
  EXPECT_EQ(p.categories.all().get().name, "tech");
}

TEST_F(Relations, ConditionsOnRowsOfAnotherQuery) {
  post(alice, "a");
  post(bob, "b");
  const auto authors = Author::objects.filter(f<&Author::username>.startswith("a"));
  EXPECT_EQ(Post::objects.filter(f<&Post::author_pk>.in(authors)).get().title, "a");
  EXPECT_EQ(Post::objects.exclude(f<&Post::author_pk>.in(authors)).get().title, "b");
}

TEST_F(Relations, LookupsGoBackwardsByRelatedName) {
  const auto p = post(alice, "a1");
  post(bob, "b1");
  const auto tag = Tag::objects.create({.name = "t"});
  p.labels.add(tag);
  EXPECT_EQ(Author::objects.get({{"posts__title", "a1"}}).username, "alice");
  EXPECT_EQ(Author::objects.get({{"posts", p}}).username, "alice");
  EXPECT_EQ(Author::objects.get({{"posts__labels__name", "t"}}).username, "alice");
  EXPECT_EQ(Tag::objects.get({{"posts__title__startswith", "a"}}).name, "t");
  EXPECT_EQ(Tag::objects.get({{"posts__author__username", "alice"}}).name, "t");
  EXPECT_EQ(Post::objects.filter({{"author__posts__title", "b1"}}).get().title, "b1");
  EXPECT_THROW((void)Author::objects.filter({{"postings__title", "a1"}}), FieldError);
}

TEST_F(Relations, SelfReferencesAndNullKeys) {
  const auto root = Category::objects.create({.name = "root"}),
             kid = Category::objects.create({.name = "kid", .parent_pk = root});
  EXPECT_EQ(root.related<&Category::parent_pk>().get().name, "kid");
  EXPECT_EQ(
      (Category::objects.filter(f<&Category::parent_pk, &Category::name> == "root").get().name),
      "kid");
  EXPECT_EQ(Category::objects.get({{"parent__isnull", true}}).name, "root");
  EXPECT_EQ(Category::objects.exclude({{"parent__name", "root"}}).get().name,
            "root");  // a null key is not the root's
}

TEST_F(Relations, DeletingAnAuthorTakesPostsCommentsAndLinksAlong) {
  const auto p = post(alice, "p"), theirs = post(bob, "theirs");
  Comment::objects.create({.post_pk = p, .body = "x"});
  Comment::objects.create({.post_pk = theirs, .body = "stays"});
  Profile::objects.create({.author_pk = alice, .website = "https://example.com"});
  const auto tag = Tag::objects.create({.name = "t"});
  p.labels.add(tag);
  theirs.labels.add(tag);
  p.categories.add(Category::objects.create({.name = "c"}));
  Post::objects.filter(f<&Post::pk> == theirs.pk).update(f<& Post::editor_pk> = alice);
  alice.remove();
  EXPECT_EQ(Post::objects.get().title, "theirs");
  EXPECT_EQ(Post::objects.get().editor_pk, std::nullopt);  // set_null
  EXPECT_EQ(Comment::objects.get().body, "stays");
  EXPECT_EQ(Profile::objects.count(), 0u);
  EXPECT_EQ(PostCategory::objects.count(), 0u);
  EXPECT_EQ(db.rows_in("posts_labels"), 1u);
  EXPECT_NO_THROW(Author::objects.create({.username = "alice"}));  // its claim went with it
}

TEST_F(Relations, ProtectedRowsStopADeletionBeforeItBegins) {
  const auto p = post(alice, "p");
  Contract::objects.create({.author_pk = alice});
  try {
    alice.remove();
    FAIL();
  } catch (const ProtectedError& e) {
    EXPECT_THAT(e.what(), HasSubstr("Contract.author_pk points to it"));
  }
  EXPECT_EQ(Post::objects.count(), 1u);
  EXPECT_THROW(Author::objects.all().remove(), ProtectedError);
  EXPECT_EQ(Author::objects.count(), 2u);
  Contract::objects.all().remove();
  EXPECT_EQ(Author::objects.all().remove(), 2u);
  EXPECT_EQ(Post::objects.count(), 0u);
}

TEST_F(Relations, CyclesAreDeletedToo) {
  auto a = Category::objects.create({.name = "a"}),
       b = Category::objects.create({.name = "b", .parent_pk = a});
  a.parent_pk = b;
  a.save();
  a.remove();
  EXPECT_EQ(Category::objects.get().parent_pk, std::nullopt);
}

TEST_F(Relations, AProtectedRowStopsADeletionThroughACycleOfTwoModels) {
  Registry registry;
  registry.add<Chapter>();
  registry.add<Book>();
  registry.add<Loan>();
  for (const ModelInfo* m : registry.models()) Registry::instance().add(*m);
  ensure_tables(registry);
  auto first = Book::objects.create({.title = "first"});
  const auto chapter = Chapter::objects.create({.book_pk = first});
  const auto second = Book::objects.create({.title = "second", .part_of_pk = chapter});
  Loan::objects.create({.book_pk = second});
  EXPECT_THROW(first.remove(), ProtectedError);
  EXPECT_EQ(Book::objects.count(), 2u);
  EXPECT_EQ(Chapter::objects.count(), 1u);
}

TEST_F(Relations, AChildThatIsPointedToAnotherParentMeanwhileStays) {
  auto p = post(alice, "p");
  const auto other = post(alice, "other");
  const auto comment = Comment::objects.create({.post_pk = p, .body = "x"});
  db.client().before_write = [&] {
    Comment::objects.filter(f<&Comment::pk> == comment.pk).update(f<& Comment::post_pk> = other);
  };
  p.remove();
  EXPECT_EQ(Comment::objects.get().post_pk.pk, other.pk);
}

TEST_F(Relations, RemoveLeavesRowsThatWereChangedMeanwhile_WithTheirChildren) {
  const auto p = post(alice, "p");
  Comment::objects.create({.post_pk = p, .body = "x"});
  db.client().after_read = [&] {
    Post::objects.filter(f<&Post::pk> == p.pk).update(f<& Post::title> = "changed");
  };
  EXPECT_EQ(Post::objects.filter(f<&Post::title> == "p").remove(), 0u);
  EXPECT_EQ(Post::objects.get().title, "changed");
  EXPECT_EQ(Comment::objects.count(), 1u);
}

TEST_F(Relations, RemoveByWhatDynamoDBCannotCheckLooksAgainToo) {
  const auto old = Category::objects.create({.name = "Old"});
  const auto rename = [&](std::string name) {
    return [name, pk = old.pk] {
      Category::objects.filter(f<&Category::pk> == pk).update(f<& Category::name> = name);
    };
  };
  const auto olds = Category::objects.filter(f<&Category::name>.icontains("ol"));
  db.client().before_write = rename("changed");
  EXPECT_EQ(olds.remove(), 0u);
  EXPECT_EQ(Category::objects.count(), 1u);
  rename("Old")();
  db.client().before_write = rename("older");  // meets it still
  EXPECT_EQ(olds.remove(), 1u);
  EXPECT_EQ(Category::objects.count(), 0u);
}

TEST_F(Relations, ALinkWhoseUniqueValueIsTakenIsAnIntegrityError) {
  Registry registry;
  registry.add<Guest>();
  registry.add<Table>();
  registry.add<Seat>();
  ensure_tables(registry);
  const auto table = Table::objects.create({.name = "t"});
  const auto one = Guest::objects.create({.name = "one"}),
             two = Guest::objects.create({.name = "two"});
  table.guests.add(one);
  EXPECT_NO_THROW(table.guests.add(one));
  EXPECT_THROW(table.guests.add(two), IntegrityError);
  EXPECT_EQ(Seat::objects.count(), 1u);
}

TEST_F(Relations, UnlinkingARowMovesItsVersion) {
  const auto p = post(bob, "p");
  Post::objects.filter(f<&Post::pk> == p.pk).update(f<& Post::editor_pk> = alice);
  auto read = Post::objects.get(p.pk);
  alice.remove();
  EXPECT_EQ(Post::objects.get(p.pk).version, read.version + 1);
  read.title = "stale";
  EXPECT_THROW(read.save(), ConflictError);
}

TEST_F(Relations, ACursorOfLinksSurvivesThatTheyShrink) {
  const auto p = post(alice, "p");
  std::vector<Tag> tags;
  for (int i = 0; i < 5; ++i)
    tags.push_back(Tag::objects.create({.name = "t" + std::to_string(i)}));
  for (const bool ordered : {false, true}) {
    p.labels.set(tags);
    const auto all = ordered ? p.labels.all().order_by("-name") : p.labels.all();
    const auto whole = names(all);
    const auto tag = [&](std::size_t i) { return Tag::objects.get(f<&Tag::name> == whole[i]); };
    const auto page = all.limit(2).page();
    ASSERT_TRUE(page.next);
    p.labels.remove(tag(1));  // the page's last
    const auto rest = all.limit(3).page(page.next);
    ASSERT_EQ(rest.items.size(), 3u);
    EXPECT_EQ(rest.items[0].name, whole[2]);
    const auto back = all.limit(5).page(rest.prev);
    ASSERT_EQ(back.items.size(), 1u);
    EXPECT_EQ(back.items[0].name, whole[0]);
    for (const std::size_t i : {0u, 2u, 3u}) p.labels.remove(tag(i));
    EXPECT_EQ(all.limit(2).page(page.next).items.at(0).name, whole[4]);
    p.labels.clear();
    EXPECT_TRUE(all.limit(2).page(page.next).items.empty());
    p.labels.add(tag(0));
    EXPECT_TRUE(all.limit(2).page(page.next).items.empty());
  }
}

TEST_F(Relations, ADeletionThatFailsAnywhereIsCompletedByAnother) {
  for (int failing = 0;; ++failing) {
    const auto carol = Author::objects.create({.username = "carol"});
    const auto tag = Tag::objects.get_or_create(f<&Tag::name> == "t").first;
    for (int i = 0; i < 3; ++i) {
      const auto p = post(carol, "p" + std::to_string(i));
      p.labels.add(tag);
      std::vector<Comment> comments(5, Comment{.post_pk = p, .body = "x"});
      Comment::objects.bulk_create(comments);
    }
    db.client().writes_left = failing;
    bool done = true;
    auto row = carol;
    try {
      row.remove();
    } catch (const DatabaseError&) {
      done = false;
    }
    db.client().writes_left = -1;
    if (!done) {
      EXPECT_EQ(Author::objects.filter(f<&Author::username> == "carol").count(),
                1u);  // the parent goes last
      // No child is without its parent.
      for (const Comment& c : Comment::objects.all())
        EXPECT_TRUE(Post::objects.try_get(c.post_pk.pk)) << failing;
      row.remove();
    }
    EXPECT_EQ(Author::objects.count(), 2u);
    EXPECT_EQ(Post::objects.count(), 0u);
    EXPECT_EQ(Comment::objects.count(), 0u);
    EXPECT_EQ(db.rows_in("posts_labels"), 0u);
    if (done) break;
    ASSERT_LT(failing, 50);
  }
}

TEST_F(Relations, AConsistentQuerysRelationsAreReadConsistently) {
  const auto profile = Profile::objects.create({.author_pk = alice});
  const auto hers = Profile::objects.filter(f<&Profile::pk> == profile.pk &&
                                            f<&Profile::author_pk, &Author::username> == "alice");
  db.calls().reset();
  EXPECT_EQ(hers.get().pk, profile.pk);
  EXPECT_EQ(db.calls().query, 1);  // of the index of names, which follows its table with a delay
  db.calls().reset();
  EXPECT_EQ(hers.consistent().get().pk, profile.pk);
  EXPECT_EQ(db.calls().query, 0);
  EXPECT_EQ(db.calls().scan, 1);
  EXPECT_THAT(hers.consistent().explain(), HasSubstr("Scan of test_blog_author"));
  const ScopedConnection strict(db.client(), {.scan_policy = ScanPolicy::forbid});
  EXPECT_NO_THROW((void)hers.get());
  EXPECT_THROW((void)hers.consistent().get(), ScanForbidden);
}

}  // namespace
}  // namespace test_blog
