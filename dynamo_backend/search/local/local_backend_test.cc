// The embedded backend: the suite of all backends in memory and in a file, and what a file alone
// can suffer.
#include "dynamo_backend/search/local/local_backend.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <sqlite3.h>

#include "dynamo_backend/search/test_backend_suite.h"
#include "tests/temporary_folder.h"

namespace dynamo_backend::search {
namespace {

BackendFactory in_memory() {
  return {[] { return open_local_backend(); }};
}
BackendFactory in_a_file() {
  return {[] {
    // Both live until the test program ends.
    static const tests::TemporaryFolder folder;
    static const auto backend = open_local_backend({.file = folder.path() + "/search.db"});
    return backend;
  }};
}
INSTANTIATE_TEST_SUITE_P(Local, BackendSuite, testing::Values(in_memory(), in_a_file()),
                         [](const auto& suite) { return suite.index == 0 ? "Memory" : "File"; });

class LocalFileTest : public testing::Test {
 protected:
  LocalFileTest() {
    index_.name = "posts";
    index_.model = &model_info<search_suite::Article>();
    index_.texts = {{"title", 1}};
    index_.filters = {{"section", FilterType::text, false}};
  }
  void open() {
    backend_.reset();
    backend_ = open_local_backend({.file = file_, .now = [this] { return now_; }});
  }
  int write(const std::string& title) {
    const int version = backend_->make_version(index_);
    backend_->switch_to(index_, version);
    write(version, {{.key = "a", .version = 1, .texts = {title}, .filters = {{Value("news")}}}});
    return version;
  }
  void write(int version, const std::vector<Document>& documents) {
    const std::vector<Checkpoint> checkpoints{{"shard", "1"}};
    backend_->write(index_, version, documents, checkpoints);
  }
  std::uint64_t found(const std::string& typed) {
    return backend_->search(index_, {.query = parse_query_text(typed)}).total;
  }
  // A statement by a connection of its own, as of another process.
  void execute(const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  tests::TemporaryFolder folder_;
  std::string file_ = folder_.path() + "/search.db";
  base::Timestamp now_ = *base::parse_iso("2026-01-01T00:00:00Z");
  IndexDefinition index_;
  std::shared_ptr<Backend> backend_;
};

TEST_F(LocalFileTest, Index_OutlivesTheProcess) {
  open();
  const int version = write("words");
  open();
  EXPECT_EQ(found("words"), 1u);
  EXPECT_EQ(backend_->checkpoints(index_, version).size(), 1u);
}

TEST_F(LocalFileTest, FileOfGarbage_IsPutAside) {
  std::ofstream(file_) << std::string(10'000, 'x');
  open();
  EXPECT_TRUE(backend_->versions(index_).empty());
  EXPECT_TRUE(std::filesystem::exists(file_ + ".damaged"));
  write("words");
  EXPECT_EQ(found("words"), 1u);
}

TEST_F(LocalFileTest, DamageWhileOpen_IsIndexMissing_AndThenAnEmptyIndex) {
  open();
  const int version = write("words");
  execute("PRAGMA wal_checkpoint(TRUNCATE)");
  backend_.reset();
  {  // every page but the first two
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2 * 4096);
    for (auto left = std::filesystem::file_size(file_) - 2 * 4096; left > 0; --left)
      file.put('\x55');
  }
  // It depends on the page whether opening finds it, or using it.
  open();
  bool missing = false;
  try {
    missing = backend_->versions(index_).empty();
    if (!missing) found("words");
  } catch (const IndexMissing&) {
    missing = true;
  }
  EXPECT_TRUE(missing);
  EXPECT_TRUE(std::filesystem::exists(file_ + ".damaged"));
  EXPECT_TRUE(backend_->versions(index_).empty());
  EXPECT_THROW(backend_->checkpoints(index_, version), IndexMissing);
  write("anew");
  EXPECT_EQ(found("anew"), 1u);
}

TEST_F(LocalFileTest, FileOfAnotherLayout_IsBegunAnew) {
  open();
  write("words");
  backend_.reset();
  execute("PRAGMA user_version = 4711");
  open();
  EXPECT_TRUE(backend_->versions(index_).empty());
}

TEST_F(LocalFileTest, MissingFolder_IsUnavailable) {
  EXPECT_THROW(open_local_backend({.file = folder_.path() + "/none/search.db"}), Unavailable);
}

TEST_F(LocalFileTest, OtherProcess_SeesWhatWasWritten) {
  open();
  const auto other = open_local_backend({.file = file_});
  const int version = write("words");
  EXPECT_EQ(other->search(index_, {.query = parse_query_text("words")}).total, 1u);
  other->write(
      index_, version,
      std::vector<Document>{{.key = "b", .version = 1, .texts = {"words"}, .filters = {{}}}}, {});
  EXPECT_EQ(found("words"), 2u);
}

TEST_F(LocalFileTest, FileThatAnotherProcessBeganAnew_IsFollowed) {
  open();
  const int version = write("words");
  const auto other = open_local_backend({.file = file_});
  const auto total = [&](Backend& of, const std::string& typed) {
    return of.search(index_, {.query = parse_query_text(typed)}).total;
  };
  ASSERT_EQ(total(*other, "words"), 1u);
  execute("PRAGMA user_version = 4711");
  open();  // puts it aside
  EXPECT_THROW(total(*other, "words"), IndexMissing);
  EXPECT_THROW(other->checkpoints(index_, version), IndexMissing);
  write("anew");
  EXPECT_EQ(total(*other, "anew"), 1u);
  EXPECT_TRUE(std::filesystem::exists(file_ + "-wal"));
  other->write(index_, version,
               std::vector<Document>{
                   {.key = "b", .version = 1, .texts = {"anew"}, .filters = {{Value("news")}}}},
               {});
  EXPECT_EQ(found("anew"), 2u);
  EXPECT_EQ(total(*open_local_backend({.file = file_}), "anew"), 2u);
}

TEST_F(LocalFileTest, DamageThatTwoProcessesSee_IsPutAsideOnce) {
  open();
  write("words");
  const auto other = open_local_backend({.file = file_});
  execute("PRAGMA wal_checkpoint(TRUNCATE)");
  execute("UPDATE indexes SET name = 'posts'");  // what is remembered of the file is read again
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    for (auto left = std::filesystem::file_size(file_) - 4096; left > 0; --left) file.put('\x55');
  }
  EXPECT_THROW(found("words"), IndexMissing);
  EXPECT_THROW(other->search(index_, {.query = parse_query_text("words")}), IndexMissing);
  write("anew");
  EXPECT_EQ(found("anew"), 1u);
  EXPECT_EQ(other->search(index_, {.query = parse_query_text("anew")}).total, 1u);
  EXPECT_TRUE(std::filesystem::exists(file_ + ".damaged"));
}

TEST_F(LocalFileTest, FileThatIsDeleted_IsMadeAgain) {
  open();
  write("words");
  const auto other = open_local_backend({.file = file_});
  std::filesystem::remove(file_);
  EXPECT_TRUE(backend_->versions(index_).empty());
  write("anew");
  EXPECT_EQ(found("anew"), 1u);
  EXPECT_EQ(other->search(index_, {.query = parse_query_text("anew")}).total, 1u);
  EXPECT_EQ(found("words"), 0u);
}

TEST_F(LocalFileTest, DocumentWithoutFilters_IsWrittenAgain) {
  index_.filters.clear();
  open();
  const int version = backend_->make_version(index_);
  backend_->switch_to(index_, version);
  write(version, {{.key = "a", .version = 1, .texts = {"first"}}});
  write(version, {{.key = "a", .version = 2, .texts = {"second"}}});
  EXPECT_EQ(found("first"), 0u);
  EXPECT_EQ(found("second"), 1u);
}

// A document's size is that of the texts it has, not of those it had: it counts in the rank.
TEST_F(LocalFileTest, DocumentThatWasLong_RanksAsTheShortOneItIs) {
  open();
  const int version = backend_->make_version(index_);
  backend_->switch_to(index_, version);
  std::string padding;
  for (int i = 0; i < 200; ++i) padding += " padding" + std::to_string(i);
  const auto document = [](std::int64_t of, const std::string& title) {
    return Document{.key = "a", .version = of, .texts = {title}, .filters = {{}}};
  };
  write(version, {document(1, "word" + padding)});
  write(version, {document(2, "word")});
  write(version, {{.key = "b", .version = 1, .texts = {"word" + padding}, .filters = {{}}},
                  {.key = "c", .version = 1, .texts = {"other"}, .filters = {{}}}});
  const auto hits = backend_->search(index_, {.query = parse_query_text("word")}).hits;
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits[0].key, "a");
  EXPECT_GT(hits[0].score, hits[1].score);
}

// The rank depends on how many documents have each word, which connections remember: after any
// change, wherever it was made, the scores are those of a connection that remembers nothing.
TEST_F(LocalFileTest, Scores_AreOfTheDocumentsThatThereAre) {
  open();
  const auto other = open_local_backend({.file = file_});
  const auto document = [](const std::string& key, std::int64_t of, const std::string& title) {
    return Document{.key = key, .version = of, .texts = {title}, .filters = {{}}};
  };
  const auto scores = [&](Backend& of, const std::string& typed) {
    std::map<std::string, double> all;
    Request request{.query = parse_query_text(typed), .match = Match::any_word_with_typos};
    for (const Hit& hit : of.search(index_, request).hits) all[hit.key] = hit.score;
    return all;
  };
  std::map<std::string, double> last;
  const auto expect_fresh = [&](const std::string& what) {
    SCOPED_TRACE(what);
    const auto fresh = open_local_backend({.file = file_});
    const auto now = scores(*fresh, "rare common");
    EXPECT_NE(now, last);
    last = now;
    EXPECT_EQ(scores(*backend_, "common"), scores(*fresh, "common"));
    EXPECT_EQ(scores(*backend_, "rare common"), now);  // the count of one is remembered
    EXPECT_EQ(scores(*backend_, "common rare"), now);
    EXPECT_EQ(scores(*other, "rare common"), now);
  };
  const int version = backend_->make_version(index_);
  backend_->switch_to(index_, version);
  write(version, {document("a", 1, "common rare"), document("b", 1, "common words"),
                  document("c", 1, "other words")});
  expect_fresh("first");
  other->write(index_, version, std::vector{document("d", 1, "common words")}, {});
  expect_fresh("written by another connection");
  other->write(index_, version, std::vector{document("d", 2, "simple words")}, {});
  expect_fresh("updated, with as many words");
  write(version, {{.key = "b", .version = 2, .deleted = true}});
  expect_fresh("deleted");
  const int next = other->make_version(index_);
  other->write(index_, next, std::vector{document("a", 1, "common rare")}, {});
  other->switch_to(index_, next);
  expect_fresh("another version");
}

TEST_F(LocalFileTest, Scores_InMemory_AreOfTheDocumentsThatThereAre) {
  const auto document = [](const std::string& key) {
    return Document{.key = key, .version = 1, .texts = {"words"}, .filters = {{}}};
  };
  const auto score_after = [&](bool search_between) {
    const auto memory = open_local_backend();
    const int version = memory->make_version(index_);
    memory->switch_to(index_, version);
    memory->write(index_, version, std::vector{document("a")}, {});
    const Request request{.query = parse_query_text("words")};
    if (search_between) memory->search(index_, request);
    memory->write(index_, version, std::vector{document("b"), document("c")}, {});
    return memory->search(index_, request).hits.at(0).score;
  };
  EXPECT_EQ(score_after(true), score_after(false));
}

TEST_F(LocalFileTest, Tombstones_AreForgottenInTime) {
  open();
  const int version = write("words");
  write(version, {{.key = "a", .version = 5, .deleted = true}});
  const auto late = [&] {
    const std::vector<Document> documents{
        {.key = "a", .version = 4, .texts = {"late"}, .filters = {{}}}};
    return backend_->write(index_, version, documents, {}).at(0).status;
  };
  now_ += std::chrono::hours(47);
  EXPECT_EQ(late(), Outcome::Status::older);
  now_ += std::chrono::hours(2);
  write(version, {});
  EXPECT_EQ(late(), Outcome::Status::written);
}

TEST_F(LocalFileTest, OtherFields_NeedAnIndexThatWasBuiltForThem) {
  open();
  const int version = write("words");
  index_.filters.push_back({"tags", FilterType::text, true});
  // What does not need the new field goes on.
  EXPECT_EQ(found("words"), 1u);
  EXPECT_THROW(
      backend_->search(index_, {.query = parse_query_text("words"), .facets = {{.field = "tags"}}}),
      IndexMissing);
  EXPECT_THROW(write(version, {}), IndexMissing);
  index_.texts.push_back({"body", 1});
  EXPECT_THROW(found("words"), IndexMissing);
}

TEST_F(LocalFileTest, TextsThatStay_AreNotWrittenAgain) {
  open();
  const int version = write("words");
  for (int i = 2; i < 50; ++i)
    write(version, {{.key = "a", .version = i, .texts = {"words"}, .filters = {{Value("news")}}}});
  // Each writing of texts makes a segment of FTS5 at first: there is but the first one.
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &db), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(
      sqlite3_prepare_v2(db, "SELECT COUNT(DISTINCT segid) FROM t1_idx", -1, &statement, nullptr),
      SQLITE_OK);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_LE(sqlite3_column_int(statement, 0), 1);
  sqlite3_finalize(statement);
  sqlite3_close(db);
  EXPECT_EQ(backend_->search(index_, {.query = parse_query_text("words")}).hits.at(0).version, 49);
}

// What the parser makes of any text is a query that FTS5 takes.
TEST_F(LocalFileTest, AnyText_IsAQuery) {
  open();
  write("alpha beta gamma");
  const std::vector<std::string> pieces{
      "\"",  "*", "(",   ")",    ":",  "^",  "-",      "+",  "AND ",     "OR ",
      "NOT", " ", "'",   "é",    "ß",  "東", "{",      "}",  "NEAR",     ",2",
      "a",   "1", "alp", "\x01", "\n", "\\", "title:", "½²", "e\xCC\x81"};
  std::uint64_t state = 42;
  const auto below = [&](std::size_t n) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<std::size_t>(state >> 33) % n;
  };
  for (int i = 0; i < 3000; ++i) {
    std::string typed;
    for (std::size_t n = below(12); n > 0; --n) typed += pieces[below(pieces.size())];
    for (const Match match :
         {Match::every_word, Match::every_word_with_typos, Match::any_word_with_typos}) {
      Request request{.match = match, .highlight = {"title"}};
      request.query = parse_query_text(typed);
      EXPECT_NO_THROW(backend_->search(index_, request)) << typed;
    }
  }
}

TEST_F(LocalFileTest, SlowSearch_IsUnavailable) {
  backend_ = open_local_backend({.file = file_, .search_timeout = std::chrono::milliseconds(0)});
  const int version = backend_->make_version(index_);
  backend_->switch_to(index_, version);
  std::vector<Document> documents;
  for (int i = 0; i < 5000; ++i)
    documents.push_back(
        {.key = std::to_string(i), .version = 1, .texts = {"words"}, .filters = {{Value("news")}}});
  write(version, documents);
  EXPECT_THROW(found("words"), Unavailable);
}

}  // namespace
}  // namespace dynamo_backend::search
