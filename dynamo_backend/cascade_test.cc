// What is deleted with a row: in one transaction where it is small, as a job that survives its
// process where it is large.
#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/test_blog.h"
#include "dynamo_backend/transaction.h"
#include "tests/run_and_kill.h"
#include "tests/temporary_folder.h"

namespace test_blog {
namespace {

using testing::HasSubstr;

// restrict_, beside a cascade from the same owner.
struct Shelf : DynamoModel<Shelf> {
  std::string name{};
  static constexpr auto schema =
      define<Shelf>({.table_name = "cascade_shelf"}, CharField<&Shelf::name>{});
};
struct Volume : DynamoModel<Volume> {
  Ref<Shelf> shelf_pk{};
  std::optional<Ref<Volume>> before_pk{};
  static constexpr auto schema = define<Volume>(
      {.table_name = "cascade_volume"}, ForeignKey<&Volume::shelf_pk>{.related_name = "volumes"},
      ForeignKey<&Volume::before_pk>{.on_delete = OnDelete::restrict_, .related_name = "after"});
};
struct Reply : DynamoModel<Reply> {
  std::optional<Ref<Reply>> to_pk{};
  static constexpr auto schema = define<Reply>(
      {.table_name = "cascade_reply"}, ForeignKey<&Reply::to_pk>{.related_name = "replies"});
};
struct Branch : DynamoModel<Branch> {
  std::string name{};
  std::optional<Ref<Branch>> parent_pk{};
  static constexpr auto schema = define<Branch>(
      {.table_name = "cascade_branch"}, CharField<&Branch::name>{.unique = true},
      ForeignKey<&Branch::parent_pk>{.on_delete = OnDelete::set_null, .related_name = "children"});
};
// A one-to-one that is set to null, with its claim.
struct Badge : DynamoModel<Badge> {
  std::optional<Ref<Shelf>> shelf_pk{};
  static constexpr auto schema =
      define<Badge>({.table_name = "cascade_badge"},
                    OneToOneField<&Badge::shelf_pk>{.on_delete = OnDelete::set_null});
};

struct Cascade : testing::Test {
  Database db;
  Author author(const std::string& name) { return Author::objects.create({.username = name}); }
  Post post(const Author& by, const std::string& title, int comments) {
    db.tick();
    const auto p = Post::objects.create({.title = title, .slug = title, .author_pk = by});
    Comment::objects.bulk_create(std::vector<Comment>(static_cast<std::size_t>(comments),
                                                      Comment{.post_pk = p, .body = "x"}));
    return p;
  }
  void shelves() {
    Registry registry;
    registry.add<Shelf>();
    registry.add<Volume>();
    registry.add<Badge>();
    ensure_tables(registry);
  }
  std::size_t jobs() {
    try {
      return CascadeJob::objects.count();
    } catch (const DatabaseError&) {
      return 0;  // no table: there has been none
    }
  }
  // No row points to one that is not there.
  void expect_no_orphans() {
    for (const Comment& c : Comment::objects.all())
      EXPECT_TRUE(Post::objects.try_get(c.post_pk.pk)) << "an orphan of a post";
    for (const Post& p : Post::objects.all())
      EXPECT_TRUE(Author::objects.try_get(p.author_pk.pk)) << "an orphan of an author";
  }
};

TEST_F(Cascade, Z6_ASmallOneIsOneTransaction) {
  auto alice = author("alice");
  const auto tag = Tag::objects.create({.name = "t"});
  for (int i = 0; i < 3; ++i) {
    const auto p = post(alice, "p" + std::to_string(i), 4);
    p.labels.add(tag);
    p.categories.add(Category::objects.create({.name = "c"}));
  }
  const auto bob = author("bob");
  const auto edited = post(bob, "edited", 0);
  Post::objects.filter(f<&Post::pk> == edited.pk).update(f<& Post::editor_pk> = alice);
  Profile::objects.create({.author_pk = alice});
  db.calls().reset();
  alice.remove();
  EXPECT_EQ(db.calls().transact, 1);
  EXPECT_EQ(db.calls().writes(), 1);
  EXPECT_EQ(Post::objects.get().title, "edited");
  EXPECT_EQ(Post::objects.get().editor_pk, std::nullopt);
  EXPECT_EQ(Comment::objects.count() + Profile::objects.count() + PostCategory::objects.count(),
            0u);
  EXPECT_EQ(db.rows_in("posts_labels"), 0u);
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 2u);  // of bob and the tag
  EXPECT_EQ(jobs(), 0u);
}

TEST_F(Cascade, ASmallQuerysetIsOneTransaction_AllOrNothing) {
  const auto alice = author("alice");
  for (int i = 0; i < 5; ++i) post(alice, "p" + std::to_string(i), 3);
  db.calls().reset();
  db.client().writes_left = 0;
  EXPECT_THROW(Post::objects.all().remove(), DatabaseError);
  db.client().writes_left = -1;
  EXPECT_EQ(Post::objects.count(), 5u);
  EXPECT_EQ(Comment::objects.count(), 15u);
  db.calls().reset();
  EXPECT_EQ(Post::objects.all().remove(), 5u);
  EXPECT_EQ(db.calls().transact, 1);
  EXPECT_EQ(db.calls().writes(), 1);
  EXPECT_EQ(Comment::objects.count(), 0u);
}

TEST_F(Cascade, ARowWithoutOthersIsOneDelete) {
  const auto alice = author("alice");
  auto p = post(alice, "p", 0);
  db.calls().reset();
  p.remove();
  EXPECT_EQ(db.calls().remove, 1);
  EXPECT_EQ(db.calls().transact, 0);
  EXPECT_TRUE(p.is_new());
}

TEST_F(Cascade, WhatChangesMeanwhileIsLookedAtAgain) {
  const auto alice = author("alice");
  const auto other = post(alice, "other", 0);
  auto p = post(alice, "p", 2);
  const auto first = Comment::objects.first();
  db.client().before_write = [&] {
    Comment::objects.filter(f<&Comment::pk> == first->pk).update(f<& Comment::post_pk> = other);
    Comment::objects.create({.post_pk = p, .body = "late"});
  };
  p.remove();
  EXPECT_EQ(Comment::objects.get().post_pk.pk, other.pk);
  EXPECT_EQ(Post::objects.count(), 1u);
}

TEST_F(Cascade, AChildThatComesDuringTheCommitGoesToo) {
  const auto alice = author("alice");
  auto p = post(alice, "p", 0);
  // Nothing that was looked at changes: the commit holds.
  db.client().before_write = [&] { Comment::objects.create({.post_pk = p, .body = "late"}); };
  p.remove();
  EXPECT_EQ(Comment::objects.count(), 0u);
}

TEST_F(Cascade, RestrictLetsGoWhatIsDeletedAnyway) {
  shelves();
  auto shelf = Shelf::objects.create({.name = "s"});
  auto first = Volume::objects.create({.shelf_pk = shelf});
  const auto second = Volume::objects.create({.shelf_pk = shelf, .before_pk = first});
  EXPECT_THROW(first.remove(), ProtectedError);
  const auto elsewhere = Shelf::objects.create({.name = "e"});
  auto third = Volume::objects.create({.shelf_pk = elsewhere, .before_pk = second});
  EXPECT_THROW(shelf.remove(), ProtectedError);
  EXPECT_EQ(Volume::objects.count(), 3u);
  third.remove();
  shelf.remove();
  EXPECT_EQ(Volume::objects.count(), 0u);
}

TEST_F(Cascade, OneOfManyThatHoldARowBackIsEnough) {
  auto alice = author("alice");
  Contract::objects.bulk_create(std::vector<Contract>(500, Contract{.author_pk = alice}));
  db.calls().reset();
  EXPECT_THROW(alice.remove(), ProtectedError);
  EXPECT_LE(db.calls().batch_get, 2);
  db.calls().reset();
  EXPECT_THROW(transaction([&](Transaction& t) { t.remove(alice); }), ProtectedError);
  EXPECT_LE(db.calls().batch_get, 2);
  EXPECT_EQ(db.calls().writes(), 0);
}

TEST_F(Cascade, AOneToOneIsSetToNullWithItsClaim) {
  shelves();
  auto shelf = Shelf::objects.create({.name = "s"});
  const auto badge = Badge::objects.create({.shelf_pk = shelf});
  const std::size_t claims = db.rows_in("dynamo_backend_unique");
  shelf.remove();
  EXPECT_EQ(Badge::objects.get(badge.pk).shelf_pk, std::nullopt);
  EXPECT_EQ(db.rows_in("dynamo_backend_unique"), claims - 1);
}

// A root and those under it, more than one transaction takes: no row is unlinked from the condition
// that it met.
TEST_F(Cascade, RowsThatAreUnlinkedByTheirOwnRemoval_GoAll) {
  const auto root = Category::objects.create({.name = "root"});
  std::vector<Category> under(250);
  for (Category& c : under) c.name = "under", c.parent_pk = root;
  Category::objects.bulk_create(under);
  const auto other = Category::objects.create({.name = "other"});
  EXPECT_EQ(
      Category::objects
          .filter(f<&Category::pk> == root.pk || f<&Category::parent_pk> == Ref<Category>(root))
          .remove(),
      251u);
  EXPECT_EQ(Category::objects.get().pk, other.pk);
}

// As many, with their unique names, as take several transactions.
TEST_F(Cascade, RowsThatAreUnlinkedByTheirOwnRemoval_GoInHalvesToo) {
  ensure_table<Branch>();
  db.client().reverse_batches = true;
  const auto root = Branch::objects.create({.name = "root"});
  std::vector<Branch> under(60);
  for (std::size_t i = 0; i < under.size(); ++i)
    under[i].name = std::to_string(i), under[i].parent_pk = root;
  Branch::objects.bulk_create(under);
  const auto all = Branch::objects.filter(f<&Branch::pk> == root.pk ||
                                          f<&Branch::parent_pk> == Ref<Branch>(root));
  EXPECT_EQ(all.remove(), 61u);
  EXPECT_EQ(Branch::objects.count(), 0u);
}

// What points elsewhere once the transaction is made is no child of the row that goes.
TEST_F(Cascade, ATransactionMayMoveRowsOffTheOneItRemoves) {
  auto alice = author("alice");
  const auto bob = author("bob");
  auto kept = post(alice, "kept", 1);
  post(alice, "gone", 1);
  transaction([&](Transaction& t) {
    kept.author_pk = bob;
    t.save(kept);
    t.remove(alice);
  });
  EXPECT_EQ(Post::objects.get().title, "kept");
  EXPECT_EQ(Comment::objects.count(), 1u);
}

TEST_F(Cascade, ALargeOneThatAFunctionRefuses_IsNotDoneLater) {
  auto alice = author("alice");
  post(alice, "p", 200);
  {
    const auto refusing = signals<Comment>().pre_delete.connect(
        [](const Comment&) { throw std::runtime_error("comments stay"); });
    EXPECT_THROW(alice.remove(), std::runtime_error);
  }
  EXPECT_EQ(jobs(), 0u);
  resume_cascades();
  EXPECT_EQ(Comment::objects.count(), 200u);
}

TEST_F(Cascade, ALargeOneIsAJobThatEndsWithIt) {
  auto alice = author("alice");
  for (int i = 0; i < 3; ++i) post(alice, "p" + std::to_string(i), 700);
  const auto bob = author("bob");
  post(bob, "theirs", 120);
  alice.remove();
  EXPECT_EQ(Comment::objects.count(), 120u);
  EXPECT_EQ(Post::objects.get().title, "theirs");
  EXPECT_EQ(CascadeJob::objects.count(), 0u);
  EXPECT_NO_THROW(author("alice"));
}

TEST_F(Cascade, Z6_KilledAnywhere_TheJobIsFinishedByWhoComesNext) {
  for (int failing = 0;; ++failing) {
    auto carol = author("carol");
    const auto tag = Tag::objects.get_or_create(f<&Tag::name> == "t").first;
    for (int i = 0; i < 3; ++i) post(carol, "p" + std::to_string(i), 60).labels.add(tag);
    db.client().writes_left = failing;
    bool done = true;
    try {
      carol.remove();
    } catch (const DatabaseError&) {
      done = false;
    }
    db.client().writes_left = -1;
    expect_no_orphans();
    if (!done) {
      const bool begun = Comment::objects.count() < 180 || Post::objects.count() < 3;
      EXPECT_TRUE(jobs() == 1 || !begun) << failing;
      if (jobs() == 0) {
        carol.remove();  // it had not begun
      } else {
        EXPECT_EQ(resume_cascades().finished, 1u) << failing;
      }
    }
    EXPECT_EQ(jobs(), 0u);
    EXPECT_EQ(Author::objects.count(), 0u) << failing;
    EXPECT_EQ(Post::objects.count() + Comment::objects.count(), 0u) << failing;
    EXPECT_EQ(db.rows_in("posts_labels"), 0u);
    EXPECT_EQ(db.rows_in("dynamo_backend_unique"), 1u);  // the tag's
    if (done) break;
    ASSERT_LT(failing, 400);
    if (failing >= 12 && failing % 20 != 0) failing += 18;  // the middle is all alike
  }
}

// A process of its own that deletes an author with 184 rows, and is killed before a write: run by
// the test below with the folder and the number of the write.
TEST(CascadeOfAProcess, DISABLED_DeletesAndDies) {
  const char* const folder = std::getenv("CASCADE_FOLDER");
  ASSERT_NE(folder, nullptr);
  int last = std::atoi(std::getenv("CASCADE_WRITE"));
  const auto engine = dynamodb::local::Engine::open({.directory = folder});
  RecordingClient client(*engine);
  const ScopedConnection connection(client, {.scan_policy = ScanPolicy::allow});
  Registry registry;
  models(registry);
  ensure_tables(registry);
  auto carol = Author::objects.create({.username = "carol"});
  for (int i = 0; i < 3; ++i) {
    const auto p = Post::objects.create({.title = "p", .slug = "p", .author_pk = carol});
    Comment::objects.bulk_create(std::vector<Comment>(60, Comment{.post_pk = p, .body = "x"}));
  }
  std::function<void()> count = [&] {
    if (--last == 0) std::raise(SIGKILL);
    client.before_write = count;
  };
  client.before_write = count;
  carol.remove();
}

TEST(CascadeOfAProcess, ThatIsKilledIsFinishedByTheNextOne) {
  models(Registry::instance());
  for (const int last : {3, 4, 30, 100, 183, 186}) {
    const tests::TemporaryFolder folder;
    // This program once more, for one test: a child that starts an engine with its threads is not
    // to be a fork of a program that has some.
    const pid_t child = tests::start(
        "/proc/self/exe",
        {"--gtest_also_run_disabled_tests",
         "--gtest_filter=CascadeOfAProcess.DISABLED_DeletesAndDies"},
        -1, {"CASCADE_FOLDER=" + folder.path(), "CASCADE_WRITE=" + std::to_string(last)});
    ASSERT_FALSE(tests::ended_by_itself(child)) << last;
    const auto engine = dynamodb::local::Engine::open({.directory = folder.path()});
    const ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
    for (const Comment& c : Comment::objects.all())
      EXPECT_TRUE(Post::objects.try_get(c.post_pk.pk)) << last;
    EXPECT_EQ(resume_cascades().finished, 1u) << last;
    EXPECT_EQ(Author::objects.count() + Post::objects.count() + Comment::objects.count(), 0u);
    EXPECT_EQ(CascadeJob::objects.count(), 0u);
  }
}

TEST_F(Cascade, KilledAgainWhileItIsResumed) {
  auto carol = author("carol");
  for (int i = 0; i < 3; ++i) post(carol, "p" + std::to_string(i), 60);
  db.client().writes_left = 20;
  EXPECT_THROW(carol.remove(), DatabaseError);
  for (int round = 0; round < 100 && jobs() > 0; ++round) {
    db.client().writes_left = 15;
    try {
      resume_cascades();
    } catch (const DatabaseError&) {
    }
    db.client().writes_left = -1;
    expect_no_orphans();
  }
  EXPECT_EQ(jobs(), 0u);
  EXPECT_EQ(Author::objects.count() + Post::objects.count() + Comment::objects.count(), 0u);
}

TEST_F(Cascade, AJobThatIsProtectedMeanwhileSaysSoAndStays) {
  auto carol = author("carol");
  for (int i = 0; i < 3; ++i) post(carol, "p" + std::to_string(i), 60);
  db.client().writes_left = 30;
  EXPECT_THROW(carol.remove(), DatabaseError);
  db.client().writes_left = -1;
  const auto contract = Contract::objects.create({.author_pk = carol});
  EXPECT_EQ(resume_cascades().blocked, 1u);
  EXPECT_THAT(CascadeJob::objects.get().problem, HasSubstr("Contract.author_pk"));
  Contract::objects.all().remove();
  std::vector<std::int64_t> progress;
  EXPECT_EQ(
      resume_cascades([&](const CascadeJob& job) { progress.push_back(job.deleted); }).finished,
      1u);
  EXPECT_FALSE(progress.empty());
  EXPECT_EQ(Author::objects.count(), 0u);
}

TEST_F(Cascade, AResumingCanBeStopped_AndGoesOnLater) {
  auto carol = author("carol");
  for (int i = 0; i < 3; ++i) post(carol, "p" + std::to_string(i), 60);
  db.client().writes_left = 20;
  EXPECT_THROW(carol.remove(), DatabaseError);
  db.client().writes_left = -1;
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(resume_cascades({}, source.get_token()).finished, 0u);
  EXPECT_EQ(jobs(), 1u);
  expect_no_orphans();
  EXPECT_EQ(resume_cascades().finished, 1u);
  EXPECT_EQ(Author::objects.count() + Post::objects.count() + Comment::objects.count(), 0u);
}

TEST_F(Cascade, TwoMayResumeAtOnce) {
  auto carol = author("carol");
  for (int i = 0; i < 4; ++i) post(carol, "p" + std::to_string(i), 60);
  db.client().writes_left = 40;
  EXPECT_THROW(carol.remove(), DatabaseError);
  db.client().writes_left = -1;
  std::thread other([] { resume_cascades(); });
  resume_cascades();
  other.join();
  EXPECT_EQ(jobs(), 0u);
  EXPECT_EQ(Author::objects.count() + Post::objects.count() + Comment::objects.count(), 0u);
}

TEST_F(Cascade, ProtectedOnesStopALargeQuerysetBeforeItBegins) {
  for (int i = 0; i < 130; ++i) author("u" + std::to_string(i));
  Contract::objects.create({.author_pk = *Author::objects.last()});
  EXPECT_THROW(Author::objects.all().remove(), ProtectedError);
  EXPECT_EQ(Author::objects.count(), 130u);
  Contract::objects.all().remove();
  EXPECT_EQ(Author::objects.all().remove(), 130u);
  EXPECT_EQ(Author::objects.count(), 0u);
}

TEST_F(Cascade, AChainAsLongAsATable) {
  Registry registry;
  registry.add<Reply>();
  ensure_tables(registry);
  constexpr std::size_t kLong = 10'000;
  std::vector<Reply> replies(kLong);
  for (auto& r : replies) r.pk = Uuid::random();
  for (std::size_t i = 0; i < kLong; ++i) {
    dynamodb::Item item{{"pk", replies[i].pk.str()}};
    if (i > 0) item.emplace("to_pk", replies[i - 1].pk.str());
    db.put("cascade_reply", std::move(item));
  }
  Reply::objects.get(replies[0].pk).remove();
  EXPECT_EQ(Reply::objects.count(), 0u);
  EXPECT_EQ(jobs(), 0u);
}

TEST_F(Cascade, CyclesThatAreLarge) {
  const auto root = Category::objects.create({.name = "root"});
  std::vector<Category> many(150, Category{.name = "kid", .parent_pk = root});
  Category::objects.bulk_create(many);
  Category::objects.filter(f<&Category::pk> == root.pk)
      .update(f<& Category::parent_pk> =
                  *Category::objects.filter(f<&Category::name> == "kid").first());
  auto gone = root;
  gone.remove();
  EXPECT_EQ(Category::objects.count(), 150u);
  EXPECT_EQ(Category::objects.filter(f<&Category::parent_pk>.isnull()).count(), 150u);
}

}  // namespace
}  // namespace test_blog
