#include "dynamo_backend/search/local/local_backend.h"

#include <filesystem>
#include <map>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "dynamo_backend/search/local/detail/index_file.h"
#include "dynamo_backend/search/local/detail/match_text.h"
#include "dynamo_backend/search/local/detail/rank.h"
#include "dynamo_backend/search/local/detail/searcher.h"
#include "dynamo_backend/search/local/detail/stored_values.h"
#include "dynamo_backend/search/local/detail/writer.h"

namespace dynamo_backend::search {
namespace {

using detail::Analyzer;
using detail::Database;
using detail::FileLock;
using detail::PhysicalIndex;
using detail::SqliteError;
using detail::Transaction;
using State = IndexVersion::State;

constexpr std::chrono::hours kPurgeInterval{1};
constexpr std::size_t kMostIdleReaders = 8;

struct Handle {
  explicit Handle(const std::string& file) : db(file), analyzer(db), counts(db) {
    detail::add_functions(db);
    detail::add_rank_functions(db);
  }
  Database db;
  Analyzer analyzer;
  detail::PhraseCounts counts;
};

std::int64_t micros(base::Timestamp time) { return time.time_since_epoch().count(); }

class LocalBackend : public Backend {
 public:
  explicit LocalBackend(LocalOptions options) : options_(std::move(options)) {
    const std::lock_guard lock(write_mutex_);
    reopen();
  }

  // ---- versions
  std::vector<IndexVersion> versions(const IndexDefinition& index, bool count_documents) override {
    return read<std::vector<IndexVersion>>([&](Handle& at) {
      const Transaction snapshot(at.db, Transaction::Kind::read);
      std::vector<IndexVersion> all;
      for (PhysicalIndex& physical : physical_indexes(at.db, index.name)) {
        if (count_documents) {
          const detail::Query query =
              at.db.query("SELECT COUNT(*) FROM " + physical.table('d') + " WHERE deleted = 0");
          query->step();
          physical.version.documents = static_cast<std::uint64_t>(query->integer(0));
        }
        all.push_back(std::move(physical.version));
      }
      return all;
    });
  }

  int make_version(const IndexDefinition& index) override {
    return write_transaction<int>([&](Database& db) { return add_version(db, index); });
  }
  void switch_to(const IndexDefinition& index, int version) override {
    write_transaction<int>([&](Database& db) {
      set_live(db, index, version);
      return 0;
    });
    checkpoint_log();
  }
  void drop(const IndexDefinition& index, int version) override {
    write_transaction<int>([&](Database& db) {
      for (const PhysicalIndex& physical : physical_indexes(db, index.name)) {
        if (physical.version.number != version) continue;
        if (physical.version.state == State::live)
          throw BackendRefused(physical_name(index, version) +
                               " is the live version: switch to another one before it is dropped.");
        drop_version(db, physical);
        writer_->forget(physical);
      }
      return 0;
    });
  }

  // ---- writing
  std::vector<Outcome> write(const IndexDefinition& index, int version,
                             std::span<const Document> documents,
                             std::span<const Checkpoint> checkpoints) override {
    return guarded<std::vector<Outcome>>([&] {
      const std::lock_guard lock(write_mutex_);
      const base::Timestamp now = options_.now();
      require_open();
      auto outcomes = writer_->write(index, version, documents, checkpoints, micros(now));
      purge_now_and_then(index, version, now);
      return outcomes;
    });
  }

  std::vector<Checkpoint> checkpoints(const IndexDefinition& index, int version) override {
    return read<std::vector<Checkpoint>>([&](Handle& at) {
      const Transaction snapshot(at.db, Transaction::Kind::read);
      const PhysicalIndex physical = find_version(at.db, index, version);
      std::vector<Checkpoint> all;
      const detail::Query query =
          at.db.query("SELECT name, position FROM checkpoints WHERE version_id = ?1 ORDER BY name");
      query->bind(1, physical.id);
      while (query->step())
        all.push_back({std::string(query->text(0)), std::string(query->text(1))});
      return all;
    });
  }

  // Every search sees what was committed before it.
  void refresh(const IndexDefinition&, int) override {}

  // ---- reading
  Results search(const IndexDefinition& index, const Request& request) override {
    return read<Results>([&](Handle& at) {
      const detail::Deadline deadline(at.db, options_.search_timeout);
      return run_search(at.db, at.analyzer, at.counts, index, request);
    });
  }

  std::vector<std::string> suggest(const IndexDefinition& index,
                                   std::span<const std::string> words) override {
    return read<std::vector<std::string>>([&](Handle& at) {
      const detail::Deadline deadline(at.db, options_.search_timeout);
      const Transaction snapshot(at.db, Transaction::Kind::read);
      const PhysicalIndex physical = find_live(at.db, index);
      const detail::Vocabulary vocabulary(at.db, at.analyzer, physical);
      std::vector<std::string> out;
      for (const std::string& word : words) {
        if (vocabulary.documents_of(word) > 0) {
          out.push_back(word);
          continue;
        }
        const auto near = vocabulary.near(word);
        out.push_back(near.empty() ? "" : near.front().word);
      }
      return out;
    });
  }

  // ---- comparing
  std::vector<BucketSum> checksums(const IndexDefinition& index, int version) override {
    std::vector<BucketSum> sums(kBuckets);
    for_each_document(index, version, [&](std::string_view key, std::int64_t of) {
      BucketSum& sum = sums[bucket_of(key)];
      ++sum.documents;
      sum.sum += check_of(key, of);
    });
    return sums;
  }
  std::vector<Entry> entries(const IndexDefinition& index, int version,
                             const Buckets& buckets) override {
    std::vector<Entry> all;
    for_each_document(index, version, [&](std::string_view key, std::int64_t of) {
      if (buckets[bucket_of(key)]) all.push_back({std::string(key), of});
    });
    return all;
  }

  Health health() override {
    try {
      return read<Health>([&](Handle& at) {
        at.db.query("SELECT COUNT(*) FROM indexes")->run();
        std::string detail = std::string("SQLite ") + sqlite3_libversion() + ", " + place();
        std::error_code none;
        const auto size = std::filesystem::file_size(options_.file, none);
        if (!none) detail += ", " + std::to_string(size >> 20) + " MB";
        return Health{true, std::move(detail)};
      });
    } catch (const std::exception& error) {
      return {false, error.what()};
    }
  }

 private:
  std::string place() const { return options_.file.empty() ? "in memory" : options_.file; }
  bool in_memory() const { return options_.file.empty(); }

  // ---- connections
  // REQUIRES: the write mutex, of all of these; the file's lock, of open() and put_aside().
  void open() {
    auto handle = std::make_unique<Handle>(options_.file);
    Database& db = handle->db;
    if (!in_memory()) db.execute("PRAGMA journal_mode = WAL");
    // A crash of the machine may take the last transactions, and their checkpoints with them.
    db.execute("PRAGMA synchronous = NORMAL");
    db.execute("PRAGMA cache_size = -65536");
    db.execute("PRAGMA wal_autocheckpoint = 4000");
    std::int64_t layout = 0, tables = 0;
    {
      const detail::Query query = db.query("PRAGMA user_version");
      if (query->step()) layout = query->integer(0);
    }
    {
      const detail::Query query = db.query("SELECT COUNT(*) FROM sqlite_master");
      if (query->step()) tables = query->integer(0);
    }
    if (tables > 0 && layout != detail::kLayout)
      throw SqliteError(SQLITE_NOTADB, "it is of another version of the program");
    Transaction transaction(db, Transaction::Kind::write);
    detail::create_catalogue(db);
    db.execute("PRAGMA user_version = " + std::to_string(detail::kLayout));
    transaction.commit();
    writer_.emplace(db, handle->analyzer);
    write_handle_ = std::move(handle);
    const std::lock_guard lock(readers_mutex_);
    file_ = detail::file_id(options_.file);
  }

  void close() {
    writer_.reset();
    write_handle_.reset();
    const std::lock_guard lock(readers_mutex_);
    ++generation_;
    idle_readers_.clear();
    file_ = {};
  }

  void reopen() {
    const FileLock lock(options_.file);
    close();
    if (!in_memory() && !detail::file_id(options_.file).exists()) remove_log();
    try {
      open();
    } catch (const SqliteError& error) {
      if (!error.is_damage()) throw Unavailable(place() + ": " + error.what());
      put_aside(error.what());
    }
  }

  void remove_log() {
    std::error_code ignored;  // what is not there need not be removed
    for (const char* suffix : {"-wal", "-shm"})
      std::filesystem::remove(options_.file + suffix, ignored);
  }

  void put_aside(const std::string& why) {
    base::log_error("The full-text index " + place() + " is damaged (" + why +
                    "): it is put aside as " + place() +
                    ".damaged, and will be rebuilt from the tables.");
    close();
    remove_log();
    std::error_code ignored;  // what is not there need not be moved
    std::filesystem::rename(options_.file, options_.file + ".damaged", ignored);
    try {
      open();
    } catch (const SqliteError& error) {
      throw Unavailable(place() + ": " + error.what());
    }
  }

  // It would not have been opened again.
  void require_open() const {
    if (!write_handle_) throw SqliteError(SQLITE_CANTOPEN, "it cannot be opened");
  }

  // Another process may have put the file aside, and someone may have deleted it: what is written
  // to it then nobody sees.
  bool is_replaced() {
    const std::lock_guard lock(readers_mutex_);
    return !file_.exists() || file_ != detail::file_id(options_.file);
  }
  void follow_file() {
    if (in_memory() || !is_replaced()) return;
    const std::lock_guard lock(write_mutex_);
    if (!is_replaced()) return;  // another call was here before
    base::log_warning("The full-text index " + place() + " was replaced: it is opened again.");
    reopen();
  }

  // A connection of the pool, for one call.
  class Reader {
   public:
    explicit Reader(LocalBackend& backend) : backend_(backend) {
      const std::lock_guard lock(backend_.readers_mutex_);
      generation_ = backend_.generation_;
      if (!backend_.idle_readers_.empty()) {
        handle_ = std::move(backend_.idle_readers_.back());
        backend_.idle_readers_.pop_back();
      }
    }
    ~Reader() {
      if (!handle_) return;
      const std::lock_guard lock(backend_.readers_mutex_);
      if (generation_ == backend_.generation_ && backend_.idle_readers_.size() < kMostIdleReaders)
        backend_.idle_readers_.push_back(std::move(handle_));
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Handle& handle() {
      if (!handle_) {
        handle_ = std::make_unique<Handle>(backend_.options_.file);
        handle_->db.execute("PRAGMA query_only = 1");
        // No mmap: a file that is cut off would end the process. Pages of an index of a hundred
        // megabytes, at most, are kept here.
        handle_->db.execute("PRAGMA cache_size = -65536");
      }
      return *handle_;
    }

   private:
    LocalBackend& backend_;
    std::unique_ptr<Handle> handle_{};
    std::uint64_t generation_ = 0;
  };

  template <class R, class Fn>
  R read(const Fn& fn) {
    return guarded<R>([&] {
      if (in_memory()) {
        const std::lock_guard lock(write_mutex_);
        return fn(*write_handle_);
      }
      Reader reader(*this);
      return fn(reader.handle());
    });
  }

  template <class R, class Fn>
  R write_transaction(const Fn& fn) {
    return guarded<R>([&] {
      const std::lock_guard lock(write_mutex_);
      require_open();
      Transaction transaction(write_handle_->db, Transaction::Kind::write);
      R result = fn(write_handle_->db);
      transaction.commit();
      return result;
    });
  }

  // SQLite's errors as those of search. Damage begins the file anew.
  template <class R, class Fn>
  R guarded(const Fn& fn) {
    follow_file();
    std::uint64_t generation = 0;
    {
      const std::lock_guard lock(readers_mutex_);
      generation = generation_;
    }
    try {
      return fn();
    } catch (const SqliteError& error) {
      if (error.code() == SQLITE_INTERRUPT)
        throw Unavailable("The search took longer than " +
                          std::to_string(options_.search_timeout.count()) + " ms.");
      if (!error.is_damage()) throw Unavailable(place() + ": " + error.what());
      begin_anew(generation, error.what());
      throw IndexMissing(place() + " was damaged (" + error.what() +
                         ") and has been put aside: the full-text index is rebuilt.");
    }
  }

  void begin_anew(std::uint64_t generation, const std::string& why) {
    const std::lock_guard lock(write_mutex_);
    {
      const std::lock_guard readers(readers_mutex_);
      if (generation != generation_) return;  // another call was here before
    }
    {
      const FileLock file(options_.file);
      if (!is_replaced()) return put_aside(why);
    }
    reopen();  // another process was here before: what is there is another file
  }

  // ---- the rest
  // Pages are read faster from the file itself than through the log. It may fail: later, then.
  void checkpoint_log() {
    if (in_memory()) return;
    const std::lock_guard lock(write_mutex_);
    if (!write_handle_) return;
    sqlite3_wal_checkpoint_v2(write_handle_->db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                              nullptr, nullptr);
  }

  void purge_now_and_then(const IndexDefinition& index, int version, base::Timestamp now) {
    base::Timestamp& last = last_purges_[physical_name(index, version)];
    if (now - last < kPurgeInterval) return;
    last = now;
    writer_->purge_tombstones(find_version(write_handle_->db, index, version),
                              micros(now - options_.keep_tombstones));
  }

  template <class Fn>
  void for_each_document(const IndexDefinition& index, int version, const Fn& fn) {
    read<int>([&](Handle& at) {
      const Transaction snapshot(at.db, Transaction::Kind::read);
      const PhysicalIndex physical = find_version(at.db, index, version);
      const detail::Query query = at.db.query("SELECT key, version FROM " + physical.table('d') +
                                              " WHERE deleted = 0 ORDER BY key");
      while (query->step()) fn(query->text(0), query->integer(1));
      return 0;
    });
  }

  const LocalOptions options_;
  std::mutex write_mutex_;
  std::unique_ptr<Handle> write_handle_{};
  std::optional<detail::Writer> writer_{};
  std::map<std::string, base::Timestamp> last_purges_{};
  std::mutex readers_mutex_;  // within the write mutex, where both are held
  std::vector<std::unique_ptr<Handle>> idle_readers_{};
  std::uint64_t generation_ = 0;  // of the file; raised when it is opened again
  detail::FileId file_{};         // that is open
};

}  // namespace

std::shared_ptr<Backend> open_local_backend(LocalOptions options) {
  return std::make_shared<LocalBackend>(std::move(options));
}

}  // namespace dynamo_backend::search
