// An index follows its table: changes in order, several processes, what happens when it cannot.
#include "dynamo_backend/search/sync/index_sync.h"

#include <latch>
#include <thread>

#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/sync_threads.h"
#include "dynamo_backend/search/sync/test_notes.h"
#include "dynamo_backend/search_version.h"
#include "tests/temporary_folder.h"

namespace test_search {
namespace {

using dynamodb::StreamViewType;
using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Round = IndexSync::Round;

class IndexSyncTest : public NotesTest {
 protected:
  // Where a thread builds: rounds until `done`.
  void run_until(IndexSync& sync, const std::function<bool()>& done) {
    while (!done()) {
      sync.round();
      now_ = now_.load() + milliseconds(10);
      std::this_thread::yield();
    }
  }
  const std::thread::id this_thread_ = std::this_thread::get_id();
};

TEST_F(IndexSyncTest, WritesReachTheIndex_WhateverMadeThem) {
  build();
  const auto sync = make_sync();
  auto a = Note::objects.create({.title = "alpha"});
  auto b = Note::objects.create({.title = "beta"});
  auto many = Note::objects.bulk_create({{.title = "one"}, {.title = "two"}});
  catch_up(*sync);
  EXPECT_THAT(drift(), IsEmpty());
  EXPECT_EQ(backend_.text(1, key(a)), "alpha");
  a.title = "gamma";
  a.save();
  Note::objects.filter(f<&Note::pk> == b.pk).update(f<& Note::number> = f<&Note::number> + 1);
  many[0].remove();
  catch_up(*sync);
  EXPECT_THAT(drift(), IsEmpty());
  EXPECT_EQ(backend_.text(1, key(a)), "gamma");
  EXPECT_THAT(backend_.versions_of_documents(1), SizeIs(3));
}

TEST_F(IndexSyncTest, NothingNew_WritesNothing) {
  build();
  const auto sync = make_sync();
  Note::objects.create({.title = "alpha"});
  catch_up(*sync);
  const int writes = backend_.writes;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(sync->round(), Round::caught_up);
  EXPECT_EQ(backend_.writes, writes);
}

TEST_F(IndexSyncTest, ARowMadeAgainUnderItsKey_OutranksItsTombstone) {
  build();
  const auto sync = make_sync();
  auto note = Note::objects.create({.title = "first"});
  for (int i = 0; i < 5; ++i) note.number = i, note.save();
  note.remove();
  catch_up(*sync);
  now_ = now_.load() + milliseconds(1);
  Note again{.title = "second"};
  again.pk = note.pk;
  again.save();
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(note)), "second");
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(IndexSyncTest, AnotherProcessGoesOn_WhereOneWasKilled) {
  build();
  auto first = make_sync({.batch = 3, .builds = false});
  for (int i = 0; i < 10; ++i) Note::objects.create({.title = std::to_string(i)});
  EXPECT_EQ(first->round(), Round::worked);
  const auto second = make_sync();
  EXPECT_EQ(second->round(), Round::standing_by);
  // The first one hangs, and its lease expires.
  now_ = now_.load() + seconds(31);
  catch_up(*second);
  EXPECT_THAT(backend_.versions_of_documents(1), SizeIs(10));
  EXPECT_EQ(first->round(), Round::standing_by);
  EXPECT_THAT(drift(), IsEmpty());
}

// It read changes, was stopped for longer than its lease, and writes what it has read all the same.
TEST_F(IndexSyncTest, OneThatWakesUpLate_DoesNoHarm) {
  build();
  auto note = Note::objects.create({.title = "old"});
  auto gone = Note::objects.create({.title = "gone"});
  const auto late = make_sync(), other = make_sync();
  backend_.on_write = [&](int) {
    backend_.on_write = nullptr;
    now_ = now_.load() + seconds(31);
    note.title = "new";
    note.save();
    gone.remove();
    catch_up(*other);
    EXPECT_EQ(backend_.text(1, key(note)), "new");
  };
  late->round();
  EXPECT_EQ(backend_.text(1, key(note)), "new");
  EXPECT_EQ(backend_.text(1, key(gone)), "");
  note.title = "newest";
  note.save();
  catch_up(*other);
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(IndexSyncTest, SearchDown_NothingIsLostAndSavesDoNotNotice) {
  build();
  const auto sync = make_sync();
  backend_.unavailable = 20;
  Note::objects.create({.title = "a"});
  Note::objects.create({.title = "b"});
  catch_up(*sync);
  EXPECT_EQ(backend_.unavailable, 0);
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(IndexSyncTest, StoppedWhileSearchIsDown_ItGoesOnFromWhatWasKept) {
  build();
  Note::objects.create({.title = "a"});
  backend_.unavailable = 3;
  {
    IndexSync stopped(*connection_, backend_, index_, {.builds = false}, wait(2));
    EXPECT_THROW(stopped.round(), Stopped);
  }
  backend_.unavailable = 0;
  const auto sync = make_sync();
  catch_up(*sync);
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(IndexSyncTest, ARefusedRow_IsADeadLetter_AndOthersGoOn_UntilItIsReplayed) {
  build();
  const auto sync = make_sync();
  auto bad = Note::objects.create({.title = "bad"});
  auto gone = Note::objects.create({.title = "gone"});
  backend_.refused = {key(bad), key(gone)};
  Note::objects.create({.title = "good"});
  catch_up(*sync);
  EXPECT_THAT(dead_letters(index_), SizeIs(2));
  EXPECT_THAT(drift(), SizeIs(2));
  const auto replay = [&] { return replay_dead_letters(*connection_, backend_, index_, wait()); };
  EXPECT_EQ(replay().still_refused, 2u);
  EXPECT_EQ(dead_letters(index_)[0].attempts, 2);

  gone.remove();
  bad.title = "better";
  bad.save();
  backend_.refused.clear();
  EXPECT_EQ(replay().written, 2u);
  EXPECT_THAT(dead_letters(index_), IsEmpty());
  EXPECT_EQ(backend_.text(1, key(bad)), "better");
  EXPECT_EQ(backend_.text(1, key(gone)), "");
}

TEST_F(IndexSyncTest, EveryDeadLetterIsReplayed_HoweverManyThereAre) {
  build();
  const Document first{.key = Uuid::random().str(), .version = 1};
  keep_dead_letter(index_, first, "why");  // makes the table
  std::vector<DeadLetter> letters;
  for (int i = 0; i < 1200; ++i)
    letters.push_back({.index_name = index_.name, .row_key = Uuid::random().str()});
  DeadLetter::objects.bulk_create(letters);
  EXPECT_EQ(replay_dead_letters(*connection_, backend_, index_, wait()).written, 1201u);
  EXPECT_EQ(count_dead_letters(index_), 0u);
}

TEST_F(IndexSyncTest, DeadLettersStay_WhereThereIsNoIndexToWriteTo) {
  keep_dead_letter(index_, {.key = Uuid::random().str(), .version = 1}, "why");
  EXPECT_THROW(replay_dead_letters(*connection_, backend_, index_, wait()), IndexMissing);
  EXPECT_EQ(count_dead_letters(index_), 1u);
}

TEST_F(IndexSyncTest, ChangesGoToAVersionThatIsBeingBuilt_Too) {
  build();
  const auto sync = make_sync();
  Note::objects.create({.title = "before"});
  catch_up(*sync);
  const int building = begin_build(*connection_, backend_, index_);
  const auto after = Note::objects.create({.title = "after"});
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(after)), "after");
  EXPECT_EQ(backend_.text(building, key(after)), "after");
}

// The version is made, and the table read, between the worker's reading of changes and its writing.
TEST_F(IndexSyncTest, AVersionMadeWhileABatchIsOnItsWay_GetsTheBatchOrHasItsRows) {
  build();
  const auto sync = make_sync();
  catch_up(*sync);
  auto note = Note::objects.create({.title = "1"});
  int building = 0;
  backend_.on_write = [&](int) {
    if (building != 0) return;
    building = -1;
    building = begin_build(*connection_, backend_, index_);
    Note::objects.filter(f<&Note::pk> == note.pk).update(f<& Note::title> = "2");
  };
  catch_up(*sync);
  now_ = now_.load() + seconds(2);
  catch_up(*sync);
  EXPECT_EQ(backend_.text(building, key(note)), "2");
}

// ---- what is built by itself

TEST_F(IndexSyncTest, NoIndex_IsBuiltFromTheTable) {
  const auto old = Note::objects.create({.title = "old"});
  now_ = now_.load() + hours(1);
  const auto sync = make_sync({.builds = true});
  run_until(*sync, [&] { return backend_.live() > 0; });
  EXPECT_EQ(backend_.text(backend_.live(), key(old)), "old");
  Note::objects.create({.title = "new"});
  run_until(*sync, [&] { return drift().empty(); });
}

TEST_F(IndexSyncTest, AnIndexThatIsLost_IsBuiltAgain) {
  build();
  const auto sync = make_sync({.builds = true});
  Note::objects.create({.title = "a"});
  catch_up(*sync);
  backend_.lose_everything();
  now_ = now_.load() + hours(1);
  Note::objects.create({.title = "b"});
  run_until(*sync, [&] { return backend_.live() > 0 && drift().empty(); });
  EXPECT_EQ(backend_.live(), 2);
}

TEST_F(IndexSyncTest, DamagedCheckpoints_AreARebuild) {
  build();
  Note::objects.create({.title = "a"});
  backend_.raw(1).checkpoints["stream"] = "nonsense";
  const auto sync = make_sync({.builds = true});
  run_until(*sync, [&] { return backend_.live() == 2 && drift().empty(); });
}

TEST_F(IndexSyncTest, ChangesOlderThanADay_AreARebuild_WhileTheOldIndexIsFedWithWhatIsNew) {
  build();
  auto deleted = Note::objects.create({.title = "deleted"});
  {
    const auto sync = make_sync();
    catch_up(*sync);
  }
  deleted.remove();  // which nobody reads
  for (int i = 0; i < 12; ++i) {
    now_ = now_.load() + hours(5);
    ASSERT_TRUE(engine_->tend_streams_now().has_value());
  }
  const auto fresh = Note::objects.create({.title = "fresh"});
  const auto sync = make_sync({.builds = false});
  sync->round();
  EXPECT_THAT(backend_.versions(index_), SizeIs(1)) << "it must not build";
  // The rebuild's first page waits until the old version has seen the change.
  std::latch seen(1);
  backend_.on_write = [&](int version) {
    if (version == 2 && std::this_thread::get_id() != this_thread_) seen.wait();
  };
  const auto builder = make_sync({.builds = true});
  now_ = now_.load() + seconds(31);
  run_until(*builder, [&] { return backend_.text(1, key(fresh)) == "fresh"; });
  EXPECT_EQ(backend_.text(1, key(deleted)), "deleted");
  EXPECT_EQ(backend_.live(), 1);
  seen.count_down();
  run_until(*builder, [&] { return backend_.live() == 2 && drift().empty(); });
  EXPECT_EQ(backend_.text(2, key(deleted)), "");
}

TEST_F(IndexSyncTest, ATableMadeAnew_IsARebuild) {
  build();
  const auto note = Note::objects.create({.title = "of the first table"});
  auto sync = make_sync({.builds = true});
  catch_up(*sync);
  delete_table<Note>();
  now_ = now_.load() + seconds(2);
  ensure_table<Note>();
  const auto second = Note::objects.create({.title = "of the second"});
  run_until(*sync, [&] {
    return backend_.live() == 2 && backend_.versions_of_documents(2).contains(key(second));
  });
  EXPECT_EQ(backend_.text(2, key(note)), "");
}

// The table goes back in time, and its stream begins anew: what was indexed since is of no row.
TEST_F(IndexSyncTest, ADatabaseThatIsRestored_IsARebuild) {
  const tests::TemporaryFolder folder;
  build();
  const auto sync = make_sync({.builds = true});
  auto changed = Note::objects.create({.title = "before"});
  const auto deleted = Note::objects.create({.title = "deleted"});
  catch_up(*sync);
  engine_->snapshot(folder.path() + "/snapshot").value();
  changed.title = "after";
  changed.save();
  Note(deleted).remove();
  const auto later = Note::objects.create({.title = "later"});
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(later)), "later");

  engine_->restore(folder.path() + "/snapshot").value();
  now_ = now_.load() + seconds(31);  // past the lease, which went back as well
  run_until(*sync, [&] { return backend_.live() == 2 && drift().empty(); });
  EXPECT_EQ(backend_.text(2, key(changed)), "before");
  EXPECT_EQ(backend_.text(2, key(deleted)), "deleted");
  EXPECT_EQ(backend_.text(2, key(later)), "");
}

// ---- other forms of the model

TEST_F(IndexSyncTest, AnIndexOfAnEarlierForm_IsBuiltAnew_AndTheEarlierProgramLetsItBe) {
  const auto note = Note::objects.create({.title = "a"});
  IndexDefinition earlier = index_;
  earlier.filters.clear();
  ASSERT_NE(earlier.fingerprint(), index_.fingerprint());
  ASSERT_EQ(Rebuild(*connection_, backend_, earlier, {}, wait()).run(), Rebuild::Result::switched);
  const auto sync = make_sync({.builds = true});
  run_until(*sync, [&] { return backend_.live() == 2; });

  IndexSync former(*connection_, backend_, earlier, {.builds = true}, wait());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(former.round(), Round::standing_by);
    now_ = now_.load() + seconds(1);
  }
  EXPECT_EQ(backend_.live(), 2);
  catch_up(*sync);
  EXPECT_THAT(backend_.versions(index_), SizeIs(2));
  EXPECT_THAT(drift(), IsEmpty());
}

// ---- writes of outsiders

TEST_F(IndexSyncTest, AnOutsiderThatDropsTheVersion_IsFollowed) {
  build();
  const auto sync = make_sync();
  const auto note = Note::objects.create({.title = "ours"});
  catch_up(*sync);
  dynamodb::Item item{{"pk", key(note)}, {"title", "theirs"}, {"number", 0}};
  engine_->put_item({.table = "t_notes", .item = item}).value();
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(note)), "theirs");
  item["title"] = "theirs again";
  engine_->put_item({.table = "t_notes", .item = item}).value();
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(note)), "theirs again");
  EXPECT_THAT(drift(), IsEmpty());
  EXPECT_THAT(dead_letters(index_), IsEmpty());
}

TEST_F(IndexSyncTest, AnOutsiderThatDropsTheVersionOnce_GetsItBack) {
  build();
  const auto sync = make_sync();
  const auto note = Note::objects.create({.title = "ours"});
  catch_up(*sync);
  engine_->put_item({.table = "t_notes", .item = {{"pk", key(note)}, {"title", "theirs"}}}).value();
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, key(note)), "theirs");
  EXPECT_THAT(drift(), IsEmpty());
}

TEST_F(IndexSyncTest, ARowThatLostItsVersionAndWasDeleted_LeavesNoDocument) {
  build();
  for (const bool at_once : {false, true}) {
    const auto sync = make_sync();
    const auto note = Note::objects.create({.title = "ours"});
    catch_up(*sync);
    engine_->put_item({.table = "t_notes", .item = {{"pk", key(note)}, {"title", "theirs"}}})
        .value();
    if (!at_once) sync->round();
    engine_->put_item({.table = "t_notes", .item = {{"pk", key(note)}, {"title", "theirs"}}})
        .value();
    engine_->delete_item({.table = "t_notes", .key = stored_key(note)}).value();
    catch_up(*sync);
    EXPECT_EQ(backend_.text(1, key(note)), "") << at_once;
    EXPECT_THAT(drift(), IsEmpty()) << at_once;
  }
}

TEST_F(IndexSyncTest, ARowMadeAgainByASlowerClock_IsFound) {
  build();
  const auto sync = make_sync();
  for (const bool at_once : {false, true}) {
    auto note = Note::objects.create({.title = "first"});
    catch_up(*sync);
    const std::int64_t version = backend_.versions_of_documents(1).at(key(note));
    note.remove();
    if (!at_once) catch_up(*sync);
    engine_
        ->put_item({.table = "t_notes",
                    .item = {{"pk", key(note)},
                             {"title", "second"},
                             {"number", 0},
                             {std::string(kSearchVersion), version - 5'000'000}}})
        .value();
    catch_up(*sync);
    EXPECT_EQ(backend_.text(1, key(note)), "second") << at_once;
    EXPECT_THAT(drift(), IsEmpty()) << at_once;
  }
}

// A write that gets through, and a repair that does not.
TEST_F(IndexSyncTest, DoubtfulKeys_AreLookedAtUntilTheyAgree) {
  build();
  const auto sync = make_sync();
  const Document ghost{
      .key = Uuid::random().str(), .version = 5, .texts = {"boo"}, .filters = {{}}};
  backend_.write(index_, 1, std::span(&ghost, 1), {});
  backend_.lost = 1;
  sync->look_again_at({ghost.key});
  EXPECT_THROW(sync->round(), Unavailable);
  catch_up(*sync);
  EXPECT_THAT(drift(), IsEmpty());
}

struct Label : DynamoTable<Label> {
  std::string name{}, text{};
  static constexpr auto schema =
      define<Label>({.app_label = "test", .table_name = "labels", .opensearch_sync = true},
                    PartitionKey<&Label::name>{}, CharField<&Label::text>{.searchable = true});
};

TEST_F(IndexSyncTest, ADeletedRowThatCouldHaveNoDocument_HoldsNothingUp) {
  ensure_table<Label>();
  const IndexDefinition labels = index_definition(*connection_, model_info<Label>());
  ASSERT_EQ(Rebuild(*connection_, backend_, labels, {}, wait()).run(), Rebuild::Result::switched);
  IndexSync sync(*connection_, backend_, labels, {.builds = false}, wait());
  auto longest = Label::objects.create({.name = std::string(600, 'x'), .text = "long"});
  longest.remove();
  Label::objects.create({.name = "short", .text = "found"});
  catch_up(sync);
  EXPECT_EQ(backend_.text(1, "short"), "found");
}

TEST_F(IndexSyncTest, KeysThatSearchesFindInVain_AreDeleted) {
  build();
  const auto sync = make_sync();
  const auto there = Note::objects.create({.title = "there"});
  catch_up(*sync);
  const Document ghost{
      .key = Uuid::random().str(), .version = 5, .texts = {"boo"}, .filters = {{}}};
  backend_.write(index_, 1, std::span(&ghost, 1), {});
  EXPECT_THAT(drift(), SizeIs(1));
  sync->look_again_at({ghost.key, key(there)});
  sync->round();
  EXPECT_THAT(drift(), IsEmpty());
  EXPECT_EQ(backend_.text(1, key(there)), "there");
}

TEST_F(IndexSyncTest, TwoModelsWithOneIndex_AreAnError) {
  EXPECT_THROW(SyncThreads(*connection_, backend_, {index_, index_}), ImproperlyConfigured);
}

TEST_F(IndexSyncTest, AStreamWithoutImages_IsAnErrorThatSaysWhatToDo) {
  engine_->update_table({.table = "t_notes", .stream = std::optional<StreamViewType>()}).value();
  engine_->update_table({.table = "t_notes", .stream = StreamViewType::keys_only}).value();
  build();
  const auto sync = make_sync();
  Note::objects.create({.title = "a"});
  try {
    sync->round();
    FAIL();
  } catch (const changes::NoStream& e) {
    EXPECT_THAT(e.what(), testing::HasSubstr("t_notes does not show new and old images"));
  }
}

}  // namespace
}  // namespace test_search
