// Streams of tables as an engine keeps them: immutable states in a catalog of their own, for a
// stream outlives its table by 24 hours.
//
// One counter gives out the sequence numbers of records, and numbers the shards too: what is later
// has the greater number, in the whole database. A stream has one open shard, which takes all
// records; a shard is succeeded by a child every four hours.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "dynamodb/local/storage.h"
#include "dynamodb/streams.h"

namespace dynamodb::local {

// How long records, closed shards and closed streams can be read.
inline constexpr std::chrono::hours kStreamRetention{24};
inline constexpr std::chrono::hours kShardLifetime{4};

struct ShardState {
  std::uint64_t number = 0;  // its StartingSequenceNumber, which no record has
  std::string id{};
  std::string parent_id{};
  std::uint64_t trimmed_before = 0;  // records with smaller numbers are gone
  std::uint64_t end = 0;             // EndingSequenceNumber, which no record has; 0: open
  base::Timestamp created_at{};
  base::Timestamp closed_at{};  // with `end`
  bool is_open() const { return end == 0; }
};

struct StreamState {
  StreamName name{};
  std::uint32_t table_number = 0;
  StreamViewType view_type = StreamViewType::keys_only;
  std::vector<std::string> key{};  // names: the partition key, then the sort key
  base::Timestamp created_at{};
  std::vector<ShardState> shards{};  // in order; never empty
  bool is_open() const { return shards.back().is_open(); }
};
using StreamPtr = std::shared_ptr<const StreamState>;

// Thread safety: as Catalog.
class StreamCatalog {
 public:
  // Throws OpenException.
  explicit StreamCatalog(Storage& storage);

  StreamPtr find(const StreamName& name) const;  // null where there is none
  StreamPtr latest(std::uint32_t table_number) const;
  std::vector<StreamPtr> all() const { return after({}, {}, static_cast<std::size_t>(-1)); }
  // In order of name, after `name`; `table` empty: of all tables.
  std::vector<StreamPtr> after(const StreamName& name, std::string_view table,
                               std::size_t limit) const;
  // Every record that is answered for has a smaller number, every later one will not.
  std::uint64_t committed_end() const { return committed_end_.load(); }

  // ---- the pipeline's part
  std::uint64_t take_number() { return next_number_++; }
  // Before a commit, with the batch that holds what was numbered.
  void write_numbers(rocksdb::WriteBatch& batch);
  // The same whatever is on the disk already: for files that replace what is.
  void write_reservation(rocksdb::WriteBatch& batch);
  void publish_numbers();
  static void write(rocksdb::WriteBatch& batch, const StreamState& stream);
  static void write_removal(rocksdb::WriteBatch& batch, const StreamState& stream);
  static std::string keys_prefix();  // of all states
  void publish(StreamPtr stream);
  void publish_removal(const StreamName& name);
  // Takes the streams of another catalog, whose data replaces this one's, with what
  // write_reservation() wrote: numbers do not go back.
  void adopt(const StreamCatalog& other);

 private:
  mutable std::shared_mutex mutex_;
  std::map<StreamName, StreamPtr> streams_;
  std::uint64_t next_number_ = 1;
  std::uint64_t reserved_ = 1;        // on the disk: a later process starts here
  std::uint64_t being_reserved_ = 1;  // in the batch that is being committed
  std::atomic<std::uint64_t> committed_end_{1};
};

// "1" and the number in 20 digits: AWS's have at least 21.
std::string sequence_number_text(std::uint64_t number);
// nullopt: no text that the function above gives.
std::optional<std::uint64_t> parse_sequence_number(std::string_view text);

}  // namespace dynamodb::local
