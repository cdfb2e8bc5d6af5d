// Pipeline: the one thread through which every change of an engine goes.
//
// Writes queue up while a group is being committed; the next group takes them all, evaluates them
// in order (each sees what the earlier ones of the group wrote), commits them as one RocksDB batch
// with one fsync and only then answers them: failures too, for a failed condition may reveal a
// write that a crash could still undo.
#pragma once
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "dynamodb/item_view.h"
#include "dynamodb/local/catalog.h"
#include "dynamodb/local/storage.h"

namespace dynamodb::local {

// What the writes of one group see and make. One thread.
class Group {
 public:
  Group(Storage& storage, Catalog& catalog, const base::NowFunction& now)
      : storage_(storage), catalog_(catalog), clock_(now) {}

  TablePtr table(std::string_view name) const { return catalog_.find(name); }
  Catalog& catalog() const { return catalog_; }
  rocksdb::WriteBatch& batch() { return batch_; }

  // What stands under a key, earlier writes of the group included. Valid until the next write to
  // that key.
  Result<std::optional<std::string_view>> read(const std::string& key);
  // Rows and tokens, which later writes of the group may read.
  void put(const std::string& key, std::string value);
  void remove(const std::string& key);
  // Index entries, which no write reads.
  void put_entry(const std::string& key, std::string_view value) {
    batch_.Put(key, rocksdb::Slice(value.data(), value.size()));
  }
  void remove_entry(const std::string& key) { batch_.Delete(key); }
  // Moves the counts of a table (index 0) or index.
  void count(const TableState& table, std::uint16_t index, std::int64_t items, std::int64_t bytes);

  // The time of the group, the same for all its writes.
  base::Timestamp now();
  // The next number of a stream's record or shard: greater than all before.
  std::uint64_t take_number();

  // What the group keeps in memory, about: what it writes, and what its writes read.
  std::size_t bytes() const { return batch_.GetDataSize() + read_bytes_; }
  Result<void> commit();

 private:
  Storage& storage_;
  Catalog& catalog_;
  const base::NowFunction& clock_;
  std::optional<base::Timestamp> now_{};
  bool took_numbers_ = false;
  std::size_t read_bytes_ = 0;
  rocksdb::WriteBatch batch_;
  std::unordered_map<std::string, std::optional<std::string>> overlay_;
  std::map<std::uint32_t, TableCounts> counts_;
};

// A change on its way. evaluate() and finish() run on the pipeline's thread, in this order;
// finish() alone when the pipeline stops first.
class Write {
 public:
  virtual ~Write() = default;
  // Reads and writes through `group`; keeps its outcome for finish().
  virtual void evaluate(Group& group) = 0;
  // Answers. `failure`: the commit did not succeed, or the pipeline has stopped.
  virtual void finish(const Error* failure) = 0;
  // A change of the catalog has a group of its own, so that no other write sees half of it.
  virtual bool alone() const { return false; }
};

class Pipeline {
 public:
  Pipeline(Storage& storage, Catalog& catalog, base::NowFunction now);
  // Finishes what was submitted.
  ~Pipeline() { stop(); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void submit(std::unique_ptr<Write> write);
  // Finishes what was submitted and joins; later writes are answered `unavailable`.
  void stop();

 private:
  using Queue = std::deque<std::unique_ptr<Write>>;
  void run();
  // Evaluates writes from the front of `writes` into one group, commits it and answers them.
  void process_group(Queue& writes);

  Storage& storage_;
  Catalog& catalog_;
  const base::NowFunction now_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Queue queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dynamodb::local
