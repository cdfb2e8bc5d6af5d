// What becomes of documents that the index does not take at once, or never.
#include "dynamo_backend/search/sync/document_writer.h"

#include "dynamo_backend/search/sync/dead_letters.h"
#include "dynamo_backend/search/sync/test_notes.h"

namespace test_search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class DocumentWriterTest : public NotesTest {
 protected:
  DocumentWriterTest() : version_(backend_.make_version(index_)) {}
  static Document document(const std::string& key, std::int64_t version = 1) {
    return {.key = key, .version = version, .texts = {key}, .filters = {{}}};
  }
  DocumentWriter writer(Wait wait) { return {backend_, index_, std::move(wait)}; }
  const std::vector<Checkpoint> checkpoint_{{"shard", "5"}};
  const int version_;
};

TEST_F(DocumentWriterTest, AnIndexThatDoesNotAnswer_IsTriedForEver) {
  backend_.unavailable = 40;
  auto writes = writer(wait());
  writes.write(version_, {document("a")}, checkpoint_);
  EXPECT_THAT(backend_.versions_of_documents(version_), ElementsAre(Pair("a", 1)));
  EXPECT_EQ(backend_.checkpoints(index_, version_), checkpoint_);
  // Pauses double up to half a minute, less at most half of each at random.
  EXPECT_GT(waited_.load(), seconds(30 * 15));
  EXPECT_LT(waited_.load(), seconds(40 * 30));
}

TEST_F(DocumentWriterTest, AskedToStop_ItStops) {
  backend_.unavailable = 1000;
  auto writes = writer(wait(3));
  EXPECT_THROW(writes.write(version_, {document("a")}, checkpoint_), Stopped);
  EXPECT_THAT(backend_.checkpoints(index_, version_), IsEmpty());
}

TEST_F(DocumentWriterTest, OnlyWhatFailedIsWrittenAgain_AndTheCheckpointAtTheEnd) {
  backend_.failing = {{"b", 2}};
  int checkpoints_seen = 0;
  backend_.on_write = [&](int) {
    checkpoints_seen += static_cast<int>(backend_.raw(version_).checkpoints.size());
  };
  auto writes = writer(wait());
  writes.write(version_, {document("a"), document("b"), document("c")}, checkpoint_);
  EXPECT_EQ(backend_.writes, 3);
  EXPECT_EQ(checkpoints_seen, 0);
  EXPECT_EQ(writes.written(), 3u);
  EXPECT_EQ(backend_.checkpoints(index_, version_), checkpoint_);
}

TEST_F(DocumentWriterTest, WhatIsRefusedIsADeadLetter_AndTheRestGoesOn) {
  backend_.refused = {"b"};
  auto writes = writer(wait());
  writes.write(version_, {document("a"), document("b", 7)}, checkpoint_);
  EXPECT_THAT(backend_.versions_of_documents(version_), ElementsAre(Pair("a", 1)));
  EXPECT_EQ(backend_.checkpoints(index_, version_), checkpoint_);
  EXPECT_EQ(writes.refused(), 1u);
  const auto letters = dead_letters(index_);
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].row_key, "b");
  EXPECT_EQ(letters[0].row_version, 7);
  EXPECT_EQ(letters[0].reason, "title: not in this test");
  EXPECT_EQ(letters[0].attempts, 1);
  EXPECT_EQ(letters[0].since, now_.load());

  const auto first = now_.load();
  now_ = first + seconds(10);
  writes.write(version_, {document("b", 8)}, {});
  const auto again = dead_letters(index_);
  ASSERT_THAT(again, SizeIs(1));
  EXPECT_EQ(again[0].attempts, 2);
  EXPECT_EQ(again[0].row_version, 8);
  EXPECT_EQ(again[0].since, first);
  EXPECT_EQ(again[0].last, first + seconds(10));
  EXPECT_EQ(count_dead_letters(index_), 1u);
}

TEST_F(DocumentWriterTest, ADocumentThatFailsForMinutesWhileOthersPass_IsADeadLetter) {
  backend_.failing = {{"b", 1000}};
  auto writes = writer(wait());
  writes.write(version_, {document("a"), document("b")}, checkpoint_);
  EXPECT_GT(waited_.load(), seconds(60));
  EXPECT_THAT(dead_letters(index_), SizeIs(1));
  EXPECT_EQ(backend_.checkpoints(index_, version_), checkpoint_);
}

TEST_F(DocumentWriterTest, WhereEveryDocumentFails_TheIndexIsBusy_NotTheDocument) {
  backend_.failing = {{"a", 30}, {"b", 30}};
  auto writes = writer(wait());
  writes.write(version_, {document("a"), document("b")}, checkpoint_);
  EXPECT_THAT(dead_letters(index_), IsEmpty());
  EXPECT_THAT(backend_.versions_of_documents(version_), SizeIs(2));
}

TEST_F(DocumentWriterTest, AVersionThatIsGone_IsTold) {
  auto writes = writer(wait());
  EXPECT_THROW(writes.write(99, {document("a")}, {}), IndexMissing);
}

TEST(WithoutRepeats, KeepsTheHighestVersionOfEachKey_OfEqualOnesTheLast) {
  std::vector<Document> documents{{.key = "a", .version = 2},
                                  {.key = "b", .version = 1},
                                  {.key = "a", .version = 1},
                                  {.key = "c", .version = 1},
                                  {.key = "b", .version = 1, .deleted = true}};
  const auto kept = without_repeats(documents);
  ASSERT_THAT(kept, SizeIs(3));
  EXPECT_EQ(kept[0].key, "a");
  EXPECT_EQ(kept[0].version, 2);
  EXPECT_EQ(kept[1].key, "c");
  EXPECT_EQ(kept[2].key, "b");
  EXPECT_TRUE(kept[2].deleted);
}

}  // namespace
}  // namespace test_search
