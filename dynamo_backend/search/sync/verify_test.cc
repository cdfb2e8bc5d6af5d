// Table and index compared, and brought together again.
#include "dynamo_backend/search/sync/verify.h"

#include <algorithm>

#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/status.h"
#include "dynamo_backend/search/sync/test_notes.h"
#include "dynamo_backend/search_version.h"

namespace test_search {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class VerifyTest : public NotesTest {
 protected:
  VerifyTest() {
    for (int i = 0; i < 600; ++i) notes_.push_back({.title = std::to_string(i)});
    notes_ = Note::objects.bulk_create(std::move(notes_));
    build();
  }
  std::int64_t stored(const Note& note) { return backend_.versions_of_documents(1).at(key(note)); }
  void write(Document document) { backend_.raw(1).documents[document.key] = std::move(document); }
  static Document document(const std::string& key, std::int64_t version) {
    return {.key = key, .version = version, .texts = {"damaged"}, .filters = {{}}};
  }
  Verification look(milliseconds patience = milliseconds(0)) {
    return verify(*connection_, backend_, index_, {.patience = patience, .segments = 3}, wait());
  }
  std::size_t repair() {
    std::vector<std::string> keys;
    for (const auto& difference : look().differences) keys.push_back(difference.key);
    return repair_keys(*connection_, backend_, index_, keys, wait());
  }
  std::vector<Note> notes_{};
};

TEST_F(VerifyTest, WhatAgrees_HasNoDifferences) {
  const auto result = look();
  EXPECT_EQ(result.rows, 600u);
  EXPECT_EQ(result.documents, 600u);
  EXPECT_THAT(result.differences, IsEmpty());
  EXPECT_FALSE(result.more);
}

TEST_F(VerifyTest, EveryKindOfDifference_IsFoundAndMended) {
  const std::string missing = key(notes_[0]), stale = key(notes_[1]), ahead = key(notes_[2]),
                    buried = key(notes_[3]), ghost = Uuid::random().str();
  const std::int64_t now = stored(notes_[0]);
  backend_.raw(1).documents.erase(missing);
  write(document(stale, now - 5));
  write(document(ahead, now + 5'000'000'000));
  write({.key = buried, .version = now + 3'600'000'000, .deleted = true});
  now_ = now_.load() + seconds(1);
  write(document(ghost, 3));
  EXPECT_THAT(look().differences,
              UnorderedElementsAre(Difference{missing, now, {}}, Difference{stale, now, now - 5},
                                   Difference{ahead, now, now + 5'000'000'000},
                                   Difference{buried, now, {}}, Difference{ghost, {}, 3}));
  EXPECT_EQ(repair(), 5u);
  const auto sync = make_sync();
  catch_up(*sync);  // of what was given a higher version
  EXPECT_THAT(drift(), IsEmpty());
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(backend_.text(1, key(notes_[static_cast<std::size_t>(i)])), std::to_string(i));
  // The next save outranks it, as ever.
  Note note = Note::objects.get(notes_[3].pk);
  note.title = "again";
  note.save();
  catch_up(*sync);
  EXPECT_EQ(backend_.text(1, buried), "again");
}

// A higher version would not help it.
TEST_F(VerifyTest, ARefusedRow_KeepsItsVersion) {
  const auto version = [&] {
    const auto read = engine_->get_item({.table = "t_notes", .key = stored_key(notes_[0])});
    return std::string(read->item->view().find(kSearchVersion)->text());
  };
  const std::string before = version();
  backend_.raw(1).documents.erase(key(notes_[0]));
  backend_.refused = {key(notes_[0])};
  EXPECT_EQ(repair(), 1u);
  EXPECT_EQ(version(), before);
}

TEST_F(VerifyTest, ChangesOnTheirWay_AreNoDifferences) {
  const auto sync = make_sync();
  notes_[0].title = "new";
  notes_[0].save();
  notes_[1].remove();
  Note::objects.create({.title = "made"});
  EXPECT_THAT(look().differences, SizeIs(3));
  int looks = 0;
  const Wait meanwhile = [&](milliseconds) {
    if (++looks == 3) catch_up(*sync);
    return true;
  };
  EXPECT_THAT(
      verify(*connection_, backend_, index_, {.patience = seconds(10)}, meanwhile).differences,
      IsEmpty());
  EXPECT_EQ(looks, 3);
}

// The index follows it, a change behind at each look.
TEST_F(VerifyTest, ARowThatIsWrittenAllTheTime_IsNoDifference) {
  const auto sync = make_sync();
  catch_up(*sync);
  const std::string lost = key(notes_[1]);
  backend_.raw(1).documents.erase(lost);
  const auto write_again = [&] {
    now_ = now_.load() + seconds(1);
    notes_[0].number += 1;
    notes_[0].save();
  };
  write_again();
  const Wait meanwhile = [&](milliseconds) {
    catch_up(*sync);
    write_again();
    return true;
  };
  const auto result = verify(*connection_, backend_, index_, {.patience = seconds(2)}, meanwhile);
  ASSERT_THAT(result.differences, SizeIs(1));
  EXPECT_EQ(result.differences[0].key, lost);
  // One that nobody follows is.
  EXPECT_THAT(verify(*connection_, backend_, index_, {.patience = seconds(2)},
                     [&](milliseconds) { return write_again(), true; })
                  .differences,
              SizeIs(2));
}

// The first that are told may be no more than changes on their way.
TEST_F(VerifyTest, WhatWasLeftOut_IsLookedAtOnceTheOthersAgree) {
  std::sort(notes_.begin(), notes_.end(),
            [](const Note& a, const Note& b) { return key(a) < key(b); });
  std::vector<Document> late;
  for (const std::size_t i : {0u, 1u, 599u}) {
    late.push_back(backend_.raw(1).documents.at(key(notes_[i])));
    backend_.raw(1).documents.erase(key(notes_[i]));
  }
  const Wait meanwhile = [&](milliseconds) {
    write(late[0]), write(late[1]);
    return true;
  };
  const auto result =
      verify(*connection_, backend_, index_, {.patience = seconds(1), .most = 2}, meanwhile);
  ASSERT_THAT(result.differences, SizeIs(1));
  EXPECT_EQ(result.differences[0].key, key(notes_[599]));
  EXPECT_FALSE(result.more);
}

TEST_F(VerifyTest, AVersionThatIsSwitchedToMeanwhile_IsTheOneThatCounts) {
  backend_.raw(1).documents.erase(key(notes_[5]));
  const Wait switching = [&](milliseconds) {
    if (backend_.live() == 1) build();
    return true;
  };
  EXPECT_THAT(
      verify(*connection_, backend_, index_, {.patience = seconds(10)}, switching).differences,
      IsEmpty());
}

TEST_F(VerifyTest, PatienceEnds) {
  backend_.raw(1).documents.erase(key(notes_[5]));
  EXPECT_THAT(look(seconds(2)).differences, SizeIs(1));
  EXPECT_EQ(waited_.load(), seconds(2));
  EXPECT_THROW(verify(*connection_, backend_, index_, {.patience = seconds(2)}, wait(0)), Stopped);
}

TEST_F(VerifyTest, NoIndex_IsMissing) {
  backend_.lose_everything();
  EXPECT_THROW(look(), IndexMissing);
}

TEST_F(VerifyTest, RepairingWhatAgrees_DoesNothing) {
  const int writes = backend_.writes;
  EXPECT_EQ(repair_keys(*connection_, backend_, index_, {key(notes_[0])}, wait()), 0u);
  EXPECT_EQ(repair_keys(*connection_, backend_, index_, {}, wait()), 0u);
  EXPECT_EQ(backend_.writes, writes);
}

// ---- status

TEST_F(VerifyTest, Status_TellsWhatThereIs) {
  const auto status = [&] { return index_status(*connection_, backend_, index_); };
  auto before = status();
  EXPECT_EQ(before.index, "t_notes");
  EXPECT_EQ(before.model, "test.Note");
  ASSERT_THAT(before.versions, SizeIs(1));
  EXPECT_EQ(before.rows, 600u);
  EXPECT_FALSE(before.worker);
  EXPECT_FALSE(before.verified);

  auto sync = make_sync();
  catch_up(*sync);
  const auto caught_up = now_.load();
  now_ = now_.load() + seconds(6);
  sync->round();  // the heartbeat writes it down
  now_ = now_.load() + seconds(3);
  Note::objects.create({.title = "waiting"});
  Note::objects.create({.title = "waiting"});
  now_ = now_.load() + seconds(4);
  const auto behind = status();
  ASSERT_TRUE(behind.worker);
  EXPECT_EQ(behind.worker->pid, ::getpid());
  EXPECT_EQ(behind.backlog, 2u);
  ASSERT_TRUE(behind.caught_up);
  EXPECT_GE(behind.lag, seconds(4)) << "since the oldest was made, to the second";
  EXPECT_LE(behind.lag, seconds(5));
  EXPECT_GE(*behind.caught_up, caught_up);
  EXPECT_EQ(behind.written, 0u + 600u);

  keep_dead_letter(index_, document("x", 1), "why");
  backend_.raw(1).documents.erase(key(notes_[5]));
  look();
  catch_up(*sync);
  const auto after = status();
  EXPECT_EQ(after.backlog, 0u);
  EXPECT_EQ(after.lag, milliseconds(0));
  EXPECT_EQ(after.dead_letters, 1u);
  EXPECT_EQ(after.verified, now_.load());
  EXPECT_EQ(after.differences, 3u);
  const std::string metrics = metrics_text({after});
  EXPECT_THAT(metrics, HasSubstr("ddbdjango_search_documents{index=\"t_notes\"} "));
  EXPECT_THAT(metrics, HasSubstr("ddbdjango_search_backlog{index=\"t_notes\"} 0\n"));
  EXPECT_THAT(metrics, HasSubstr("ddbdjango_search_differences{index=\"t_notes\"} 3\n"));
  sync.reset();
  EXPECT_FALSE(status().worker);
}

}  // namespace
}  // namespace test_search
