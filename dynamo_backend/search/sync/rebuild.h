// Rebuild: fills a new version of an index from its table, and makes it the live one.
//
// Beside the searches and the changes that go on: readers of changes (index_sync.h) write to the
// new version, too, so that nothing that is written meanwhile is missing. It is switched to when it
// has seen nearly all changes; the version before is kept for going back. What was done is kept
// with the version: a rebuild that ended halfway goes on from there. Thread safety: run() once, on
// any thread; progress() from any.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "dynamo_backend/changes/lease.h"
#include "dynamo_backend/search/sync/document_writer.h"
#include "dynamo_backend/search/sync/index_state.h"

namespace dynamo_backend::search::sync {

struct RebuildOptions {
  unsigned segments =
      1;               // of the table that are read at once, 1 to 64; of one that goes on: as begun
  bool reset = false;  // what an earlier run left unfinished is thrown away
  bool keep_old = true;  // the version that was live before
};

class Rebuild {
 public:
  enum class Result : std::uint8_t {
    switched,
    elsewhere,  // another process is at it
    stopped,
  };

  // REQUIRES: the arguments outlive it.
  Rebuild(const Connection& connection, Backend& backend, const IndexDefinition& index,
          RebuildOptions options, Wait wait);

  // Waits for an index that does not answer. Throws NoStream, IndexMissing, BackendRefused,
  // DatabaseError.
  Result run();

  struct Progress {
    int version = 0;
    std::uint64_t rows = 0;   // read, those of earlier runs included
    std::uint64_t total = 0;  // an estimate; 0: not known
    bool catching_up = false;
  };
  Progress progress() const;

 private:
  struct Segment {
    std::uint64_t rows = 0;
    dynamodb::Item after{};
    bool done = false;
  };

  Result run_once();
  int choose_version();
  void load_segments(int version);
  void fill(int version);
  void fill_segment(int version, std::size_t number);
  dynamodb::PageResult read_page(std::size_t number);
  void catch_up(int version);
  bool is_live(int version) const;
  void switch_to(int version);
  void drop_others(int version);
  void keep_lease();
  bool wait(std::chrono::milliseconds time);

  const Connection& connection_;
  Backend& backend_;
  const IndexDefinition& index_;
  const RebuildOptions options_;
  const Wait wait_;
  const std::string table_;
  std::mutex lease_mutex_{};
  changes::Lease lease_;
  int before_ = 0;                   // the version that was live
  std::vector<Segment> segments_{};  // each its thread's
  std::atomic<bool> lost_{false}, failed_{false};
  std::atomic<int> version_{0};
  int lost_version_ = 0;  // changes that it needs are gone from the stream
  std::atomic<std::uint64_t> rows_{0}, total_{0};
  std::atomic<bool> catching_up_{false};
};

// Makes the version that was live before the live one again; its changes since then follow. Its
// number; throws ModelError where there is none.
int roll_back(Backend& backend, const IndexDefinition& index);

}  // namespace dynamo_backend::search::sync
