// The suite of all backends: documents, checkpoints and versions, and comparing them with a table.
#pragma once
#include "dynamo_backend/search/test_backend_fixture.h"

namespace dynamo_backend::search {

// ---- writing

TEST_P(BackendSuite, LowerVersions_AreOlder) {
  const int version = make_live();
  Article article{.key = "a", .title = "second", .version = 2};
  EXPECT_THAT(write(version, {document(article)}), ElementsAre(Status::written));
  article = {.key = "a", .title = "first", .version = 1};
  EXPECT_THAT(write(version, {document(article)}), ElementsAre(Status::older));
  EXPECT_THAT(found("first"), IsEmpty());
  article = {.key = "a", .title = "again", .version = 2};
  EXPECT_THAT(write(version, {document(article)}), ElementsAre(Status::written));
  EXPECT_THAT(found("again"), ElementsAre("a"));
  EXPECT_THAT(found("second"), IsEmpty());
}

TEST_P(BackendSuite, Tombstones_OutrankLateWrites) {
  const int version = write_live({{.key = "a", .title = "words", .version = 5}});
  EXPECT_THAT(write(version, {tombstone("a", 6)}), ElementsAre(Status::written));
  EXPECT_THAT(found("words"), IsEmpty());
  EXPECT_THAT(found(""), IsEmpty());
  EXPECT_THAT(write(version, {document({.key = "a", .title = "words", .version = 5})}),
              ElementsAre(Status::older));
  EXPECT_THAT(found("words"), IsEmpty());
  EXPECT_THAT(write(version, {document({.key = "a", .title = "anew", .version = 7})}),
              ElementsAre(Status::written));
  EXPECT_THAT(found("anew"), ElementsAre("a"));
  // Of a row that was never there.
  EXPECT_THAT(
      write(version, {tombstone("b", 3), document({.key = "b", .title = "late", .version = 2})}),
      ElementsAre(Status::written, Status::older));
  EXPECT_THAT(found("late"), IsEmpty());
}

TEST_P(BackendSuite, OneKeyTwiceInABatch_EndsWithTheHigherVersion) {
  const int version = make_live();
  write(version, {document({.key = "a", .title = "one", .version = 1}),
                  document({.key = "a", .title = "three", .version = 3}),
                  document({.key = "a", .title = "two", .version = 2})});
  EXPECT_THAT(found("three"), ElementsAre("a"));
  EXPECT_THAT(found("one"), IsEmpty());
  EXPECT_THAT(found(""), ElementsAre("a"));
}

TEST_P(BackendSuite, Filters_ChangeWithoutTheTexts) {
  const int version = write_live({{.key = "a", .title = "words", .rating = 1, .version = 1}});
  write(version, {document({.key = "a", .title = "words", .rating = 2, .version = 2})});
  EXPECT_THAT(filtered(is("rating", 2), "words"), ElementsAre("a"));
  EXPECT_THAT(filtered(is("rating", 1), "words"), IsEmpty());
  EXPECT_EQ(search({}, "words").hits.at(0).version, 2);
}

TEST_P(BackendSuite, ModelWithoutFilters_IsWrittenTwice) {
  index_.filters.clear();
  const int version = make_live();
  write(version, {{.key = "a", .version = 1, .texts = {"first", "words"}}});
  EXPECT_THAT(write(version, {{.key = "a", .version = 2, .texts = {"second", "words"}}}),
              ElementsAre(Status::written));
  EXPECT_THAT(found("second"), ElementsAre("a"));
  EXPECT_THAT(found("first"), IsEmpty());
  write(version, {tombstone("a", 3)});
  EXPECT_THAT(found(""), IsEmpty());
}

TEST_P(BackendSuite, RankFollowsTheTextsThatAreThereNow) {
  std::string filler;
  for (int i = 0; i < 60; ++i) filler += "filler ";
  const int version = write_live({{.key = "a", .body = "streams", .version = 1},
                                  {.key = "b", .body = "streams of tables", .version = 1}});
  EXPECT_THAT(keys(search({}, "streams")), ElementsAre("a", "b"));
  write(version, {document({.key = "a", .body = "streams " + filler, .version = 2})});
  EXPECT_THAT(keys(search({}, "streams")), ElementsAre("b", "a"));
}

TEST_P(BackendSuite, LongTextsAndManyDocuments_AreTaken) {
  std::string body;
  for (int i = 0; body.size() < 300'000; ++i) body += "w" + std::to_string(i) + " ";
  const int version = make_live();
  std::vector<Document> documents{document({.key = "long", .title = "long", .body = body})};
  for (int i = 0; i < 500; ++i)
    documents.push_back(document({.key = "k" + std::to_string(i), .title = "short"}));
  const auto statuses = write(version, documents);
  EXPECT_EQ(std::count(statuses.begin(), statuses.end(), Status::written), 501);
  EXPECT_THAT(found("w40000"), ElementsAre("long"));
  EXPECT_EQ(search({}, "short").total, 500u);
}

// ---- checkpoints

TEST_P(BackendSuite, Checkpoints_AreKeptWithTheVersion) {
  const int first = make_live();
  write(first, {document({.key = "a"})}, {{"shard-1", "100"}, {"shard-2", "7"}});
  write(first, {}, {{"shard-1", "200"}});
  EXPECT_THAT(backend_->checkpoints(index_, first),
              ElementsAre(Checkpoint{"shard-1", "200"}, Checkpoint{"shard-2", "7"}));
  const int second = backend_->make_version(index_);
  EXPECT_THAT(backend_->checkpoints(index_, second), IsEmpty());
  write(first, {}, {{"shard-1", ""}});
  EXPECT_THAT(backend_->checkpoints(index_, first), ElementsAre(Checkpoint{"shard-2", "7"}));
}

// ---- versions

TEST_P(BackendSuite, Versions_AreBuiltBesideTheLiveOne_AndSwitched) {
  using State = IndexVersion::State;
  EXPECT_THAT(backend_->versions(index_), IsEmpty());
  EXPECT_THROW(search({}, "x"), IndexMissing);
  const int first = write_live({{.key = "a", .title = "old words"}});
  const int second = backend_->make_version(index_);
  EXPECT_GT(second, first);
  write(second, {document({.key = "a", .title = "new words"}), document({.key = "b"})});
  EXPECT_THAT(found("old"), ElementsAre("a"));
  EXPECT_THAT(found("new"), IsEmpty());
  backend_->switch_to(index_, second);
  EXPECT_THAT(found("new"), ElementsAre("a"));
  const auto versions = backend_->versions(index_, /*count_documents=*/true);
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_EQ(versions[0].number, first);
  EXPECT_EQ(versions[0].state, State::old);
  EXPECT_EQ(versions[0].documents, 1u);
  EXPECT_EQ(versions[1].state, State::live);
  EXPECT_EQ(versions[1].documents, 2u);
  EXPECT_EQ(versions[1].fingerprint, index_.fingerprint());
  EXPECT_EQ(backend_->versions(index_)[1].documents, 0u);  // not counted
  backend_->switch_to(index_, first);                      // back
  EXPECT_THAT(found("old"), ElementsAre("a"));
}

TEST_P(BackendSuite, DroppedVersions_AreGone_AndTheirNumbersNotUsedAgain) {
  make_live();
  const int second = backend_->make_version(index_);
  write(second, {document({.key = "a"})}, {{"shard", "1"}});
  backend_->drop(index_, second);
  backend_->drop(index_, second);
  EXPECT_EQ(backend_->versions(index_).size(), 1u);
  EXPECT_THROW(write(second, {document({.key = "a"})}), IndexMissing);
  EXPECT_THROW(backend_->checkpoints(index_, second), IndexMissing);
  EXPECT_THROW(backend_->switch_to(index_, second), IndexMissing);
  EXPECT_GT(backend_->make_version(index_), second);
}

TEST_P(BackendSuite, TheLiveVersion_IsNotDropped) {
  const int live = write_live({{.key = "a", .title = "words"}});
  EXPECT_THROW(backend_->drop(index_, live), BackendRefused);
  EXPECT_THAT(found("words"), ElementsAre("a"));
}

// ---- comparing

TEST_P(BackendSuite, ChecksumsAndEntries_AreOfKeysAndVersions) {
  std::vector<Article> articles;
  for (int i = 0; i < 300; ++i)
    articles.push_back({.key = "k" + std::to_string(i), .version = i + 1});
  const int version = write_live(articles);
  write(version, {tombstone("k7", 100), tombstone("never", 1)});
  std::vector<BucketSum> expected(kBuckets);
  for (const Article& a : articles) {
    if (a.key == "k7") continue;
    BucketSum& sum = expected[bucket_of(a.key)];
    ++sum.documents;
    sum.sum += check_of(a.key, a.version);
  }
  EXPECT_EQ(backend_->checksums(index_, version), expected);
  const auto in_order = [](const std::vector<Entry>& entries) {
    return std::is_sorted(entries.begin(), entries.end(),
                          [](const Entry& a, const Entry& b) { return a.key < b.key; });
  };
  Buckets odd;
  for (unsigned bucket = 1; bucket < kBuckets; bucket += 2) odd.set(bucket);
  const auto some = backend_->entries(index_, version, odd);
  const auto others = backend_->entries(index_, version, ~odd);
  EXPECT_TRUE(in_order(some) && in_order(others));
  EXPECT_EQ(some.size() + others.size(), 299u);
  for (const Entry& entry : some) EXPECT_TRUE(odd[bucket_of(entry.key)]) << entry.key;
  EXPECT_THAT(backend_->entries(index_, version, {}), IsEmpty());
  EXPECT_THROW(backend_->checksums(index_, 4711), IndexMissing);
}

TEST_P(BackendSuite, Health_IsAvailable) {
  const Health health = backend_->health();
  EXPECT_TRUE(health.available) << health.detail;
  EXPECT_FALSE(health.detail.empty());
}

// ---- threads

TEST_P(BackendSuite, SearchesAndWrites_GoOnSideBySide) {
  const int version = write_live({{.key = "steady", .title = "steady words"}});
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      try {
        for (int i = 0; i < 20; ++i) {
          if (t == 0) {
            const std::vector<Document> documents{
                document({.key = "k" + std::to_string(i), .title = "more words"})};
            backend_->write(index_, version, documents, {});
          } else if (found("steady") != Strings{"steady"}) {
            ++failures;
          }
        }
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  backend_->refresh(index_, version);
  EXPECT_EQ(search({}, "words").total, 21u);
}

}  // namespace dynamo_backend::search
