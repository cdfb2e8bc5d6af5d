// ChangeReader: the changes of a table, read from its stream: on from where a reader before it came
// to, each change at least once, those of an item in the order in which they were made.
//
// A stream is a graph of shards. A shard is read once its parent has been read to its end, so that
// no child is ahead of its parent; shards side by side are read in turns. Positions are the
// caller's to keep, together with what it made of the changes: who loses one loses both. Streams
// keep changes for 24 hours; what was not read by then is lost, and the reader says so.
// Not for many processes at once: a Lease (lease.h) lets one of them read.
// Thread safety: one thread at a time.
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dynamo_backend/changes/positions.h"
#include "dynamo_backend/connection.h"
#include "dynamodb/streams.h"

namespace dynamo_backend::changes {

// Changes between the positions and what the stream still tells are missing: what was made of the
// changes must be made anew from the table.
struct ChangesLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The table has no stream that is switched on.
struct NoStream : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct ReaderOptions {
  // Between two reads of one shard. DynamoDB: five a second.
  std::chrono::milliseconds shard_interval{0};
  // How often a stream is looked at for shards that nobody announced, and how soon again when the
  // children of a closed shard are not there yet.
  std::chrono::seconds discovery_interval{60};
  std::chrono::milliseconds children_interval{1000};
};

struct Batch {
  std::vector<dynamodb::StreamRecord> records{};
  Positions positions{};   // behind the records
  bool caught_up = false;  // no shard had anything more
};

class ChangeReader {
 public:
  // `table`: with its prefix. REQUIRES: `connection` outlives the reader.
  ChangeReader(const Connection& connection, std::string table, Positions from,
               ReaderOptions options = {});

  // Where a reader begins whose caller has yet to read the table as it is: all changes that are
  // made from here on, and some before. Throws NoStream, DatabaseError.
  static Positions starting_now(const Connection& connection, const std::string& table);

  // Throws what the first read() would, and reads nothing.
  void check();
  // What comes next, at most about `limit` records; after the last ones, none: wait and call again.
  // Throws ChangesLost, NoStream, DatabaseError; a reader that threw is of no use any more: another
  // one goes on from the positions that were kept.
  Batch read(std::size_t limit = 1000);

 private:
  struct ShardState {
    std::string parent{};
    std::string start{};  // its first sequence number
    std::optional<std::string> iterator{};
    base::Timestamp next_read{};
  };
  // What reading a shard once came to.
  enum class Progress : std::uint8_t { nothing, records, closed };

  void discover();
  std::vector<dynamodb::Shard> list_shards() const;
  void adopt(const dynamodb::Shard& shard, bool parent_is_listed);
  bool may_be_read(const std::string& id, const ShardState& shard) const;
  std::vector<std::string> turns() const;
  Progress read_shard(const std::string& id, ShardState& shard, std::size_t limit, Batch& batch);
  void open_iterator(const std::string& id, ShardState& shard) const;
  [[noreturn]] void fail(dynamodb::Error error, const char* doing) const;

  const Connection& connection_;
  const std::string table_;
  const ReaderOptions options_;
  Positions positions_;
  std::string arn_{};
  std::map<std::string, ShardState> shards_{};  // that the stream lists
  std::string turn_{};                          // the shard after which the next read begins
  base::Timestamp next_discovery_{};
};

// What lies behind the positions, as far as `most` changes. Throws as read() does.
struct Backlog {
  std::size_t changes = 0;
  base::Timestamp oldest{};  // when the first of them was made; DynamoDB: to the second
};
Backlog backlog(const Connection& connection, const std::string& table, const Positions& positions,
                std::size_t most);
// Their number alone.
std::size_t count_changes(const Connection& connection, const std::string& table,
                          const Positions& positions, std::size_t most);

}  // namespace dynamo_backend::changes
