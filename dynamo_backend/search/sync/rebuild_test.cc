// A new version from the table, beside searches and writes.
#include "dynamo_backend/search/sync/rebuild.h"

#include <latch>
#include <thread>

#include "dynamo_backend/search/sync/test_notes.h"
#include "tests/search/flaky_backend.h"

namespace test_search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Result = Rebuild::Result;

class RebuildTest : public NotesTest {
 protected:
  // A while ago: rebuilds count on nobody to tell them of these.
  void make_notes(int count) {
    std::vector<Note> notes;
    for (int i = 0; i < count; ++i) notes.push_back({.title = "note " + std::to_string(i)});
    Note::objects.bulk_create(std::move(notes));
    now_ = now_.load() + std::chrono::minutes(10);
  }
  Result rebuild(RebuildOptions options = {}) {
    return Rebuild(*connection_, backend_, index_, options, wait()).run();
  }
  std::vector<int> versions() {
    std::vector<int> numbers;
    for (const auto& version : backend_.versions(index_)) numbers.push_back(version.number);
    return numbers;
  }
};

TEST_F(RebuildTest, HasAllRows_AndIsSearched) {
  make_notes(2500);
  EXPECT_EQ(rebuild(), Result::switched);
  EXPECT_EQ(backend_.live(), 1);
  EXPECT_THAT(backend_.versions_of_documents(1), SizeIs(2500));
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(RebuildTest, InSegments_TheSame) {
  make_notes(2500);
  EXPECT_EQ(rebuild({.segments = 5}), Result::switched);
  EXPECT_THAT(drift(), IsEmpty());
  EXPECT_THAT(backend_.versions_of_documents(1), SizeIs(2500));
}

TEST_F(RebuildTest, KeepsTheVersionBefore_AndNoOlderOne) {
  make_notes(3);
  for (int i = 0; i < 3; ++i) rebuild();
  EXPECT_EQ(backend_.live(), 3);
  EXPECT_THAT(versions(), ElementsAre(2, 3));
  rebuild({.keep_old = false});
  EXPECT_THAT(versions(), ElementsAre(4));
}

TEST_F(RebuildTest, RollingBack_SearchesTheVersionBefore_WhichCatchesUp) {
  EXPECT_THROW(roll_back(backend_, index_), ModelError);
  make_notes(3);
  rebuild();
  EXPECT_THROW(roll_back(backend_, index_), ModelError);
  rebuild();
  const auto sync = make_sync();
  const auto note = Note::objects.create({.title = "since then"});
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(note)), "");
  EXPECT_EQ(roll_back(backend_, index_), 1);
  now_ = now_.load() + seconds(2);
  catch_up(*sync);
  EXPECT_EQ(backend_.live(), 1);
  EXPECT_THAT(drift(), IsEmpty());
}

// What is written between the reading of a page and the switch is in the new version.
TEST_F(RebuildTest, WritesMadeMeanwhile_AreNotMissed) {
  make_notes(1500);
  rebuild();
  const auto sync = make_sync();
  catch_up(*sync);
  const auto rows = Note::objects.all().to_vector();
  int pages = 0;
  backend_.on_write = [&](int version) {
    if (version != 2 || ++pages > 4) return;
    const auto hook = std::exchange(backend_.on_write, nullptr);
    const auto at = static_cast<std::size_t>(pages) * 10;
    Note::objects.filter(f<&Note::pk> == rows[at].pk).update(f<& Note::title> = "changed");
    Note row = Note::objects.get(rows[at + 1].pk);
    row.remove();
    Note::objects.create({.title = "new"});
    catch_up(*sync);
    backend_.on_write = hook;
  };
  EXPECT_EQ(rebuild(), Result::switched);
  EXPECT_GE(pages, 3);
  catch_up(*sync);
  EXPECT_EQ(backend_.live(), 2);
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(RebuildTest, StoppedHalfway_ItGoesOn) {
  make_notes(5000);
  EXPECT_EQ(Rebuild(*connection_, backend_, index_, {}, wait(3)).run(), Result::stopped);
  const auto done = backend_.versions_of_documents(1).size();
  EXPECT_GT(done, 0u);
  EXPECT_LT(done, 5000u);
  const int writes = backend_.writes;
  EXPECT_EQ(rebuild({.segments = 7}), Result::switched);
  EXPECT_EQ(backend_.live(), 1);
  EXPECT_LT(backend_.writes - writes, 9) << "it read everything again";
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(RebuildTest, Reset_ThrowsAwayWhatWasLeftUnfinished) {
  make_notes(5000);
  Rebuild(*connection_, backend_, index_, {}, wait(3)).run();
  EXPECT_EQ(rebuild({.reset = true}), Result::switched);
  EXPECT_EQ(backend_.live(), 2);
  EXPECT_THAT(versions(), ElementsAre(2));
}

// The version that is being built may be what tells that the live one missed changes.
TEST_F(RebuildTest, Reset_ThrowsNothingAwayBeforeThereIsAnother) {
  make_notes(5000);
  Rebuild(*connection_, backend_, index_, {}, wait(3)).run();
  backend_.makes_versions = false;
  EXPECT_EQ(Rebuild(*connection_, backend_, index_, {.reset = true}, wait(3)).run(),
            Result::stopped);
  EXPECT_THAT(versions(), ElementsAre(1));
  backend_.makes_versions = true;
  EXPECT_EQ(rebuild({.reset = true}), Result::switched);
  EXPECT_THAT(versions(), ElementsAre(2));
}

TEST_F(RebuildTest, OneProcessBuilds_AnotherIsTold) {
  make_notes(5);
  std::optional<Result> second;
  backend_.on_write = [&](int) {
    if (!second) second = Result::stopped, second = rebuild();
  };
  EXPECT_EQ(rebuild(), Result::switched);
  EXPECT_EQ(second, Result::elsewhere);
  EXPECT_EQ(versions(), std::vector<int>{1});
}

TEST_F(RebuildTest, WithoutAWorker_AVersionThatLacksManyChangesIsNotSwitchedTo) {
  make_notes(1);
  int waits = 0;
  const Wait counting = [&](milliseconds time) {
    now_ = now_.load() + time;
    return ++waits < 20;
  };
  bool once = true;
  backend_.on_write = [&](int) {
    if (std::exchange(once, false)) make_notes(1200);
  };
  EXPECT_EQ(Rebuild(*connection_, backend_, index_, {}, counting).run(), Result::stopped);
  EXPECT_EQ(backend_.live(), 0);
  catch_up(*make_sync());
  EXPECT_EQ(rebuild(), Result::switched);
  EXPECT_THAT(drift(), IsEmpty());
}

// One call of the index in fifteen fails, before it was done or after.
TEST_F(RebuildTest, SearchThatDoesNotAnswerNowAndThen_IsWaitedFor) {
  make_notes(2500);
  rebuild();
  for (unsigned seed = 0; seed < 30; ++seed) {
    tests::FlakyBackend flaky(backend_, seed, 15);
    Rebuild again(*connection_, flaky, index_, {.segments = 1 + seed % 3}, wait());
    ASSERT_EQ(again.run(), Result::switched) << seed;
    EXPECT_EQ(backend_.live(), again.progress().version);
    EXPECT_THAT(versions(), SizeIs(2));
    ASSERT_THAT(drift(), IsEmpty()) << seed;
  }
}

TEST_F(RebuildTest, NoStream_SaysWhatToDo) {
  engine_->update_table({.table = "t_notes", .stream = std::optional<dynamodb::StreamViewType>()})
      .value();
  EXPECT_THROW(rebuild(), changes::NoStream);
  EXPECT_THAT(versions(), IsEmpty());
}

}  // namespace
}  // namespace test_search
