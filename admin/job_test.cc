// Bulk jobs: batches, cancelling, resuming, undoing; and what a deletion would take.
#include "admin/bulk_job.h"
#include "admin/deletion_preview.h"
#include "admin/row_edit.h"
#include "admin/test_models.h"
#include "admin/views.h"
#include "dynamo_backend/test_client.h"

namespace magazine {
namespace {

using admin::BulkJob;
using admin::Selection;
using testing::ElementsAre;
using testing::HasSubstr;

class JobTest : public AdminTest {
 protected:
  JobTest() {
    admin::models(Registry::instance());
    ensure_tables();
  }
  void articles(int count) {
    for (int i = 0; i < count; ++i) article("a" + std::to_string(i), ann, false);
  }
  BulkJob job(const std::string& action, const Selection& selection) {
    return make_job(of("magazine/article"), action, selection, 0, {"user-1", "Eve"});
  }
  BulkJob now(const BulkJob& j) { return BulkJob::objects.get(j.pk); }
  std::size_t published() {
    return Article::objects.filter(f<&Article::timeline> == "all" && f<&Article::published> == true)
        .count();
  }
  // An action that makes a difference when it is done twice; `also` runs with each row.
  void register_counting(std::function<void(const Article&)> also = {}) {
    tick = std::chrono::milliseconds(1);
    admin::site().add<Article>(
        {.actions = {admin::action<Article>("count", "Count", [also](Article& a) {
           ++a.words;
           if (also) also(a);
         })}});
  }
  void pass(std::chrono::seconds time) { clock_reads += time / tick; }
  // By a process that dies after some writes, if it has not done by then, and by the next.
  bool run_killed(const BulkJob& j, int writes) {
    bool killed = false;
    test_blog::RecordingClient failing(*engine);
    failing.writes_left = writes;
    try {
      const ScopedConnection through(failing, {.now = [this] { return connection->now(); },
                                               .sleep = [](auto) { std::this_thread::yield(); }});
      admin::run_batch(j.pk);
    } catch (const DatabaseError&) {
      killed = true;
      pass(std::chrono::minutes(1));
      admin::run_batch(j.pk);
    }
    return killed;
  }
  std::set<std::int64_t> counts() {
    std::set<std::int64_t> found;
    for (const Article& a : Article::objects.filter(f<&Article::timeline> == "all"))
      found.insert(a.words);
    return found;
  }
  Writer ann = Writer::objects.create({.name = "Ann"});
};

TEST_F(JobTest, Filter_IsWorkedOffInBatchesThatResume) {
  articles(130);
  const BulkJob j = job("publish", {});
  EXPECT_TRUE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).done, 100);
  EXPECT_EQ(now(j).state, "waiting");
  EXPECT_EQ(published(), 100u);
  EXPECT_FALSE(admin::run_batch(j.pk));  // as another process would
  EXPECT_EQ(now(j).done, 130);
  EXPECT_EQ(now(j).state, "done");
  EXPECT_EQ(published(), 130u);
}

TEST_F(JobTest, FilterOfTheList_ChoosesItsRowsAlone) {
  articles(3);
  const Writer bob = Writer::objects.create({.name = "Bob"});
  article("bobs", bob, false);
  Selection selection;
  selection.request.filters = {{"writer_pk", bob.pk.str()}};
  EXPECT_FALSE(admin::run_batch(job("publish", selection).pk));
  EXPECT_EQ(published(), 1u);
}

TEST_F(JobTest, CancelledJob_KeepsWhatItDid_AndIsUndone) {
  articles(130);
  const BulkJob j = job("publish", {});
  admin::run_batch(j.pk);
  admin::cancel_job(j.pk);
  EXPECT_EQ(now(j).state, "cancelled");
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(published(), 100u);
  Article changed =
      Article::objects.filter(f<&Article::timeline> == "all" && f<&Article::published> == true)
          .first()
          .value();
  changed.published = false;  // another took it back by hand, and published it anew
  changed.save();
  const BulkJob undo = make_undo(now(j), {"user-1", "Eve"});
  EXPECT_FALSE(admin::run_batch(undo.pk));
  EXPECT_EQ(now(undo).done, 99);
  EXPECT_EQ(now(undo).skipped, 1);
  EXPECT_EQ(published(), 0u);
}

TEST_F(JobTest, DeletedRows_ComeBackByUndo) {
  const Article one = article("one", ann), two = article("two", ann);
  Selection selection{.keys = {one.pk.str(), two.pk.str()}};
  const BulkJob j = job("delete_selected", selection);
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).done, 2);
  EXPECT_FALSE(Article::objects.filter(f<&Article::pk> == one.pk).exists());
  EXPECT_FALSE(admin::run_batch(make_undo(now(j), {"user-1", "Eve"}).pk));
  EXPECT_EQ(Article::objects.get(one.pk).title, "one");
  EXPECT_EQ(Article::objects.get(two.pk).body, two.body);
}

TEST_F(JobTest, DeletedRows_ComeBackWithTheirLinks) {
  const Label red = Label::objects.create({.name = "red"}),
              gone = Label::objects.create({.name = "gone"});
  Article few = article("few", ann), many = article("many", ann);
  std::vector<Label> labels;  // more than a transaction takes
  for (int i = 0; i < 120; ++i) labels.push_back({.name = "l" + std::to_string(i)});
  labels = Label::objects.bulk_create(std::move(labels));
  many.labels.set(labels);
  few.labels.set(std::vector{red, gone});
  const BulkJob j = job("delete_selected", {.keys = {few.pk.str(), many.pk.str()}});
  EXPECT_FALSE(admin::run_batch(j.pk));
  Label(gone).remove();
  EXPECT_FALSE(admin::run_batch(make_undo(now(j), {"user-1", "Eve"}).pk));
  const auto& field = model_info<Article>().field("labels");
  EXPECT_THAT(admin::linked_keys(model_info<Article>(), field, few.pk), ElementsAre(red.pk));
  EXPECT_EQ(admin::linked_keys(model_info<Article>(), field, many.pk).size(), 120u);
}

TEST_F(JobTest, LeasedJob_IsNotWorkedOnTwice_UntilTheLeaseIsOver) {
  articles(2);
  BulkJob j = job("publish", {});
  j.state = "running";
  j.leased_until = connection->now() + std::chrono::hours(1);
  j.save();
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).done, 0);
  clock_reads += 100;  // minutes
  admin::run_batch(j.pk);
  EXPECT_EQ(now(j).state, "done");
}

TEST_F(JobTest, BatchOfAKilledProcess_IsDoneToEachRowOnce) {
  register_counting();
  articles(5);
  for (int writes = 0;; ++writes) {
    ASSERT_LT(writes, 20);
    const BulkJob j = job("count", {});
    const bool killed = run_killed(j, writes);
    EXPECT_THAT(counts(), ElementsAre(writes + 1)) << "killed after " << writes << " writes";
    EXPECT_EQ(now(j).done, 5);
    EXPECT_EQ(now(j).state, "done");
    if (!killed) break;
  }
}

TEST_F(JobTest, DeletionAndUndo_OfKilledProcesses_CountEachRowOnce) {
  tick = std::chrono::milliseconds(1);
  Selection chosen;
  for (const char* title : {"one", "two", "three"})
    chosen.keys.push_back(article(title, ann).pk.str());
  for (const Selection& selection : {chosen, Selection()}) {  // and all of the list
    bool killed = true;
    for (int writes = 0; killed; ++writes) {
      ASSERT_LT(writes, 20);
      const BulkJob j = job("delete_selected", selection);
      killed = run_killed(j, writes);
      EXPECT_EQ(now(j).done, 3) << "killed after " << writes << " writes";
      EXPECT_THAT(counts(), testing::IsEmpty());
      const BulkJob undo = make_undo(now(j), {"user-1", "Eve"});
      run_killed(undo, writes);
      EXPECT_EQ(now(undo).done, 3) << "killed after " << writes << " writes";
      EXPECT_EQ(published(), 3u);
    }
  }
}

TEST_F(JobTest, BatchThatAnotherTookMeanwhile_IsLeftToIt) {
  BulkJob j;
  int rows = 0;
  register_counting([&](const Article&) {
    if (++rows != 5) return;
    pass(std::chrono::minutes(1));        // the process hangs
    EXPECT_TRUE(admin::run_batch(j.pk));  // as another would
  });
  articles(130);
  j = job("count", {});
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).done, 100);
  EXPECT_EQ(now(j).state, "waiting");
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).done, 130);
  EXPECT_THAT(counts(), ElementsAre(1));
}

TEST_F(JobTest, LeaseOfAnother_IsNotTakenAway) {
  BulkJob j;
  std::optional<Timestamp> theirs;
  register_counting([&](const Article&) {
    if (theirs) return;
    pass(std::chrono::minutes(1));
    BulkJob taken = now(j);
    theirs = taken.leased_until = connection->now() + std::chrono::seconds(30);
    taken.save();
  });
  articles(3);
  j = job("count", {});
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).leased_until, theirs);
  EXPECT_EQ(now(j).state, "running");
  EXPECT_EQ(now(j).done, 0);
}

TEST_F(JobTest, LongBatch_KeepsItsLease_AndIsCancelledAtItsEnd) {
  BulkJob j;
  bool nested = false;
  register_counting([&](const Article&) {
    if (std::exchange(nested, true)) return;
    pass(std::chrono::seconds(15));
    admin::cancel_job(j.pk);
    EXPECT_FALSE(admin::run_batch(j.pk));
    nested = false;
  });
  articles(130);
  j = job("count", {});
  EXPECT_TRUE(admin::run_batch(j.pk));
  EXPECT_THAT(counts(), ElementsAre(0, 1));
  EXPECT_EQ(now(j).done, 100);
  EXPECT_FALSE(admin::run_batch(j.pk));
  EXPECT_EQ(now(j).state, "cancelled");
}

TEST_F(JobTest, Undo_OfMoreThanABatch_TakesEachRowBack) {
  register_counting();
  articles(130);
  const BulkJob j = job("count", {});
  while (admin::run_batch(j.pk)) {
  }
  const BulkJob undo = make_undo(now(j), {"user-1", "Eve"});
  while (admin::run_batch(undo.pk)) {
  }
  EXPECT_EQ(now(undo).done, 130);
  EXPECT_THAT(counts(), ElementsAre(0));
}

TEST_F(JobTest, Start_ResumesWhatAKilledProcessLeft_OnceItsLeaseIsOver) {
  articles(130);
  const BulkJob waiting = job("publish", {});
  EXPECT_TRUE(admin::run_batch(waiting.pk));  // and killed between two batches
  BulkJob running = job("publish", {});       // this one within a batch
  running.state = "running";
  running.leased_until = connection->now() + std::chrono::hours(1);
  running.save();
  web::Application application;
  admin::configure(application);
  application.listening({"127.0.0.1", 80});
  while (!now(waiting).is_over() || !now(running).is_over()) std::this_thread::yield();
  EXPECT_EQ(now(waiting).done, 130);
  EXPECT_EQ(now(running).state, "done");
  EXPECT_EQ(published(), 130u);
}

TEST_F(JobTest, Selection_IsSealedForItsModel) {
  const auto& articles_admin = of("magazine/article");
  Selection selection;
  selection.request.filters = {{"published", "true"}};
  const std::string text = sealed(articles_admin, selection);
  EXPECT_EQ(text.find("published"), std::string::npos);
  EXPECT_THAT(unsealed(articles_admin, text).request.filters,
              ElementsAre(std::pair("published", "true")));
  std::string changed = text;
  changed[text.size() / 2] = changed[text.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_THROW(unsealed(articles_admin, changed), InvalidCursor);
  EXPECT_THROW(unsealed(of("magazine/note"), text), InvalidCursor);
}

TEST_F(JobTest, Threads_WorkAJobOffToItsEnd) {
  articles(250);
  const BulkJob j = job("publish", {});
  {
    admin::JobThreads threads;
    threads.start(j.pk);
    while (!now(j).is_over()) std::this_thread::yield();
  }
  EXPECT_EQ(now(j).done, 250);
}

TEST_F(JobTest, DeletionPreview_ListsWhatGoesWithTheRow) {
  const Article a = article("one", ann);
  Note::objects.create({.article_pk = a, .text = "a note"});
  const Label label = Label::objects.create({.name = "red"});
  a.labels.add(label);
  const std::shared_ptr<void> row = std::make_shared<Writer>(ann);
  const auto preview = admin::preview_deletion(model_info<Writer>(), {&row, 1});
  EXPECT_EQ(preview.protected_by, "");
  std::map<std::string, std::size_t> counts;
  for (const auto& [model, count] : preview.counts) counts[model->name] = count;
  EXPECT_EQ(counts["Writer"], 1u);
  EXPECT_EQ(counts["Article"], 1u);
  EXPECT_EQ(counts["Note"], 1u);
  EXPECT_EQ(counts["Label"], 0u);
  EXPECT_THAT(preview.texts, ElementsAre("writer: Ann", "article: one", "note: a note"));
  EXPECT_TRUE(preview.complete);
  EXPECT_FALSE(admin::preview_deletion(model_info<Writer>(), {&row, 1}, 2).complete);
}

}  // namespace
}  // namespace magazine
