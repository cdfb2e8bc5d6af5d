// IndexSync: keeps one model's index as its table is: reads the table's changes and writes them to
// the version that is searched and to those that are being built.
//
// One process at a time does it (a lease); the others stand by. Saves know nothing of it. An index
// that is not there, that was made for an earlier form of the model, or that missed changes for
// more than a day, is built from the table on a thread of its own, beside the changes.
//
// Each change is written at least once, those of a row in their order. Documents carry their row's
// version and an older one never replaces a newer, so that repeats and late comers do no harm.
// Thread safety: one thread at a time; look_again_at() from any.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>

#include "dynamo_backend/changes/lease.h"
#include "dynamo_backend/search/sync/document_writer.h"
#include "dynamo_backend/search/sync/index_state.h"
#include "dynamo_backend/search/sync/rebuild.h"

namespace dynamo_backend::search::sync {

struct SyncOptions {
  // Between rounds that find nothing: from the first, doubling, to the longest.
  std::chrono::milliseconds first_idle{10}, longest_idle{200};
  changes::ReaderOptions reader{};
  changes::LeaseOptions lease{};
  std::size_t batch = 1000;  // changes a round
  RebuildOptions rebuild{};  // where it builds
  bool builds = true;        // else it waits for a rebuild by somebody else
  // How often versions are looked at where nothing changes.
  std::chrono::milliseconds versions_interval{1000};
};

class IndexSync {
 public:
  // REQUIRES: `connection` and `backend` outlive it.
  IndexSync(const Connection& connection, Backend& backend, IndexDefinition index,
            SyncOptions options, Wait wait);
  // Its end stops a rebuild and gives the lease back.

  enum class Round : std::uint8_t {
    worked,       // there may be more
    caught_up,    // there was nothing
    standing_by,  // another process does it, or nothing can be done
  };
  // One round. Throws what the database and the backend throw, NoStream and Stopped; the next round
  // begins at what was kept.
  Round round();
  // Rounds until it is time to stop. Throws nothing: what rounds throw is in the log.
  void run();

  // Keys whose documents may not be what their rows are, such as those that a search found and the
  // table did not have: the next round compares them and mends the index.
  void look_again_at(std::vector<std::string> document_keys);

  const IndexDefinition& index() const { return index_; }

 private:
  void open();
  bool recover(const IndexState& state);
  void start_rebuild();
  bool must_reopen();
  struct Change {
    dynamodb::StreamEvent event{};
    std::int64_t version = 0;
  };
  struct Changes {
    std::vector<Document> documents{};
    std::unordered_map<std::string, Change> last{};  // of each key
    std::set<std::string> unversioned{};             // rows that need a version (row_version.h)
    std::set<std::string> doubtful{};  // keys whose document may not be what their row is
  };
  Changes changes_of(const std::vector<dynamodb::StreamRecord>& records) const;
  void write(const changes::Batch& batch);
  void repair_doubtful();
  void note(const changes::Batch& batch);
  bool wait(std::chrono::milliseconds time);

  const Connection& connection_;
  Backend& backend_;
  const IndexDefinition index_;
  const SyncOptions options_;
  const Wait wait_;
  const std::string table_;
  changes::Lease lease_;
  DocumentWriter writer_;
  std::vector<Target> versions_{};  // as they were when the reader was made
  std::vector<Target> targets_{};   // those of them that the changes are written to
  std::unique_ptr<changes::ChangeReader> reader_{};
  base::Timestamp next_look_{}, next_rebuild_{};
  bool needs_rebuild_ = false, told_outdated_ = false;
  std::atomic<bool> rebuilding_{false};

  std::mutex doubtful_mutex_{};
  std::vector<std::string> doubtful_{};
  std::jthread rebuild_thread_{};  // last: it is stopped and joined first
};

}  // namespace dynamo_backend::search::sync
