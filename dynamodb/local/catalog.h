// Catalog: the tables of an engine, as immutable states that readers hold while they work.
//
// Invariant: only the write pipeline changes the catalog, after the change is on the disk.
// Thread safety: find() and the listings from any thread.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/timestamp.h"
#include "dynamodb/local/storage.h"
#include "dynamodb/local/stream_state.h"
#include "dynamodb/table.h"

namespace dynamodb::local {

struct IndexState {
  IndexDefinition definition{};
  std::uint16_t number = 0;  // in row keys; never used again in this table
  bool global = true;
  IndexStatus status = IndexStatus::active;
};

// Which attribute tells when a row expires.
struct TimeToLiveState {
  std::string attribute{};       // empty: rows do not expire
  std::uint64_t generation = 0;  // tells one enabling from the next
  bool filling = false;          // rows of before may lack their entry in the index of expiries
};

struct TableState {
  std::string name{};
  KeySchema key{};
  std::uint32_t number =
      0;  // in row keys; never used again: a table made anew under this name has another
  std::uint16_t next_index_number = 1;
  std::string id{};
  base::Timestamp created_at{};
  std::vector<IndexState> indexes{};
  TimeToLiveState ttl{};
  // The latest, open or closed; null: it never had one. Kept by StreamCatalog, not in the table's
  // record.
  StreamPtr stream{};
  TableSettings settings{};
  Tags tags{};
  std::optional<base::Timestamp> on_demand_since{}, table_class_changed_at{};
  // Point-in-time recovery is a flag here: since when it is on.
  std::optional<base::Timestamp> recovery_since{};
  std::uint32_t recovery_period_days = 35;

  const IndexState* index(std::string_view index_name) const;
  bool has_local_index() const;
  TableDefinition definition() const;
};
using TablePtr = std::shared_ptr<const TableState>;

// Rows and bytes of a table (index 0) and of each of its indexes. Kept exact by the pipeline.
struct Counts {
  std::uint64_t items = 0;
  std::uint64_t bytes = 0;
};
using TableCounts = std::map<std::uint16_t, Counts>;

// AWS's two texts: operations on items do not name the table, those on tables do.
Error table_not_found();
Error table_not_found(const std::string& table);

class Catalog {
 public:
  // Reads what `storage` holds. Throws OpenException where it is another format or damaged.
  explicit Catalog(Storage& storage);

  // Changes when all tables are replaced: what was read while it changed is to be read again. Waits
  // while a replacement is going on.
  std::uint64_t generation() const;

  TablePtr find(std::string_view name) const;  // null where there is none
  std::vector<std::string> names_after(std::string_view name, std::size_t limit) const;  // in order
  std::vector<TablePtr> all() const;
  TableCounts counts(const TableState& table) const;
  TableDescription describe(const TableState& table) const;
  StreamCatalog& streams() { return streams_; }
  const StreamCatalog& streams() const { return streams_; }
  // What DeleteTable answers: the name without keys and indexes.
  static TableDescription describe_deleted(const TableState& table);

  // ---- the pipeline's part: what goes into a batch, and what is told to readers once it is
  // committed
  std::uint32_t next_table_number() const { return next_table_number_; }
  void write(rocksdb::WriteBatch& batch, const TableState& table) const;
  void write_new(rocksdb::WriteBatch& batch, const TableState& table) const;
  void write_removal(rocksdb::WriteBatch& batch, const TableState& table) const;
  static void write_counts(rocksdb::WriteBatch& batch, std::uint32_t table,
                           const TableCounts& counts);
  // With a table its stream.
  void publish(TablePtr table);
  // With a stream its table, where that is still there and has no later one.
  void publish_stream(const StreamPtr& stream);
  void publish_stream_removal(const StreamState& stream);
  void publish_removal(const TableState& table);
  void publish_counts(std::uint32_t table, TableCounts counts);

  // While one exists, data and tables are being replaced.
  class Replacement {
   public:
    explicit Replacement(Catalog& catalog) : generation_(catalog.generation_) { step(); }
    ~Replacement() { step(); }
    Replacement(const Replacement&) = delete;
    Replacement& operator=(const Replacement&) = delete;

   private:
    void step() {
      ++generation_;
      generation_.notify_all();
    }
    std::atomic<std::uint64_t>& generation_;
  };
  // Takes the tables of another catalog for its own; numbers of tables do not go back.
  void adopt(Catalog& other);
  static std::string next_number_key();

 private:
  void replace_stream(const StreamState& stream, const StreamPtr& by);

  StreamCatalog streams_;
  mutable std::shared_mutex mutex_;
  std::map<std::string, TablePtr, std::less<>> tables_;
  std::map<std::uint32_t, TableCounts> counts_;
  std::uint32_t next_table_number_ = 1;
  std::atomic<std::uint64_t> generation_{0};  // odd: a replacement is going on
};

}  // namespace dynamodb::local
