// Notes in an index: the database, the model and the clock of this folder's tests.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/models.h"
#include "dynamo_backend/search/sync/index_sync.h"
#include "dynamo_backend/search/sync/test_backend.h"
#include "dynamo_backend/search/sync/verify.h"
#include "dynamo_backend/tables.h"
#include "dynamo_backend/test_client.h"
#include "dynamodb/local/engine.h"

namespace test_search {

using namespace dynamo_backend;
using namespace dynamo_backend::search;
using namespace dynamo_backend::search::sync;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Note : DynamoModel<Note> {
  std::string title{};
  std::int64_t number = 0;

  static constexpr auto schema = define<Note>(
      {.app_label = "test", .table_name = "notes", .opensearch_sync = true},
      CharField<&Note::title>{.searchable = true}, IntegerField<&Note::number>{.filterable = true});
};

class NotesTest : public testing::Test {
 protected:
  NotesTest() { ensure_table<Note>(); }

  // Goes on at once, and moves the clock; false after `rounds` of them.
  Wait wait(int rounds = 1'000'000) {
    return [this, left = std::make_shared<std::atomic<int>>(rounds)](milliseconds time) {
      waited_ = waited_.load() + time;
      now_ = now_.load() + time;
      return (*left)-- > 0;
    };
  }
  std::unique_ptr<IndexSync> make_sync(SyncOptions options = {.builds = false}) {
    return std::make_unique<IndexSync>(*connection_, backend_, index_, options, wait());
  }
  // A live version that has all rows.
  void build() {
    ASSERT_EQ(Rebuild(*connection_, backend_, index_, {}, wait()).run(), Rebuild::Result::switched);
  }
  // Rounds until there is nothing more to do.
  void catch_up(IndexSync& sync) {
    for (int i = 0; i < 1000; ++i)
      if (sync.round() != IndexSync::Round::worked) return;
    FAIL() << "it never ends";
  }
  // What differs between the table and the live version, with a look, and no more.
  std::vector<Difference> drift() {
    return verify(*connection_, backend_, index_, {.patience = milliseconds(0)}, wait())
        .differences;
  }
  static std::string key(const Note& note) { return note.pk.str(); }
  dynamodb::Item stored_key(const Note& note) { return {{"pk", key(note)}}; }

  std::atomic<base::Timestamp> now_{base::parse_iso("2026-03-01T12:00:00Z").value()};
  std::atomic<milliseconds> waited_{milliseconds(0)};
  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open(
      {.now = [this] { return now_.load(); }, .housekeeping_interval = seconds(0)});
  ScopedConnection connection_{*engine_,
                               {.table_prefix = "t_",
                                .scan_policy = ScanPolicy::allow,
                                .now = [this] { return now_.load(); },
                                .sleep = [](milliseconds) {}}};
  const IndexDefinition index_ = index_definition(*connection_, model_info<Note>());
  MemoryBackend backend_{};
};

}  // namespace test_search
