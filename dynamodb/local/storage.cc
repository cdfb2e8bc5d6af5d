#include "dynamodb/local/storage.h"

#include <cstdarg>
#include <cstdio>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>
#include <unistd.h>

#include "base/log.h"

namespace dynamodb::local {
namespace {

// RocksDB's warnings, in the process's log instead of a file of their own: RocksDB 7.8 with
// assertions (Debian's) aborts when it writes on to such a file after the disk was full.
class ForwardingLogger : public rocksdb::Logger {
 public:
  ForwardingLogger() : Logger(rocksdb::WARN_LEVEL) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[512];
    if (std::vsnprintf(text, sizeof text, format, arguments) > 0)
      base::log(base::LogLevel::debug, text);
  }
};

// RocksDB would wait for room by itself, polling every five seconds and answering Resume() with
// "busy" until then.
class ManualRecovery : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

constexpr int kWriteBuffers = 4;
constexpr int kResumeAttempts = 3;

rocksdb::Options database_options(const EngineOptions& options, rocksdb::Env* env) {
  rocksdb::Options db;
  db.env = env;
  db.create_if_missing = true;
  db.listeners.push_back(std::make_shared<ManualRecovery>());
  db.write_buffer_size = options.write_buffer_bytes;
  db.max_write_buffer_number = kWriteBuffers;
  db.max_background_jobs = 2;
  db.max_subcompactions = 2;
  db.compression = rocksdb::kLZ4Compression;
  db.level_compaction_dynamic_level_bytes = true;
  db.bytes_per_sync = 1 << 20;
  // What a crash leaves to replay, and what close() has to flush, stays small.
  db.max_total_wal_size = 2 * options.write_buffer_bytes;
  db.avoid_flush_during_shutdown = false;
  // A torn tail of the log was never acknowledged; anything else wrong with it is corruption and
  // must not be passed over.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.skip_stats_update_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log = std::make_shared<ForwardingLogger>();
  rocksdb::BlockBasedTableOptions table;
  rocksdb::LRUCacheOptions cache(options.cache_bytes, /*_num_shard_bits=*/-1,
                                 /*_strict_capacity_limit=*/false, /*_high_pri_pool_ratio=*/0.0);
  table.block_cache = rocksdb::NewLRUCache(cache);
  // RocksDB would ask the kernel to read ahead for blocks that are in the cache, too.
  table.max_auto_readahead_size = 0;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.format_version = 5;
  // A point read costs one hash probe in the block instead of a binary search.
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  db.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return db;
}

[[noreturn]] void fail_to_open(const std::string& directory, const rocksdb::Status& status) {
  const std::string text = status.ToString();
  // RocksDB has no status of its own for this; these are its texts for a lock of another process
  // and of this one.
  if (text.find("While lock file") != std::string::npos ||
      text.find("lock hold by current process") != std::string::npos) {
    throw OpenException(OpenFailure::in_use,
                        "the data directory " + directory + " is in use by another process");
  }
  throw OpenException(OpenFailure::unusable,
                      "the data directory " + directory + " cannot be opened: " + text);
}

// Makes the directory, readable by its owner alone, and says plainly what is wrong with it.
void prepare_directory(const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code ec;
  const bool existed = fs::exists(directory, ec);
  if (existed && !fs::is_directory(directory, ec)) {
    throw OpenException(OpenFailure::unusable,
                        "the data directory " + directory + " is not a directory");
  }
  std::vector<fs::path> changed;  // the folders that get one within
  for (fs::path made = fs::absolute(directory); !fs::exists(made, ec); made = made.parent_path())
    changed.push_back(made.parent_path());
  if (!existed) fs::create_directories(directory, ec);
  if (ec) {
    throw OpenException(OpenFailure::unusable,
                        "the data directory " + directory + " cannot be made: " + ec.message());
  }
  for (const fs::path& folder : changed) {
    if (sync_folder(folder)) continue;
    throw OpenException(OpenFailure::unusable, "the data directory " + directory +
                                                   " was made, but " + folder.string() +
                                                   " cannot be synced");
  }
  // Its files are readable by all as RocksDB makes them. A folder of another owner keeps its mode.
  fs::permissions(directory, fs::perms::owner_all, ec);
}

}  // namespace

bool sync_folder(const std::filesystem::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool done = ::fsync(fd) == 0;
  ::close(fd);
  return done;
}

Error storage_error(const rocksdb::Status& status) {
  return internal_error("the database's storage failed: " + status.ToString());
}

Storage::Storage(const EngineOptions& options) {
  rocksdb::Env* env =
      options.environment != nullptr ? options.environment : rocksdb::Env::Default();
  const bool in_memory = options.directory.empty();
  if (in_memory) {
    memory_.reset(rocksdb::NewMemEnv(env));
    env = memory_.get();
  } else {
    prepare_directory(options.directory);
  }
  write_options_.sync = !in_memory;
  probe_bytes_ = kWriteBuffers * options.write_buffer_bytes;  // what Resume() writes at most
  rocksdb::DB* db = nullptr;
  const std::string path = in_memory ? "/memory" : options.directory;
  const auto status = rocksdb::DB::Open(database_options(options, env), path, &db);
  if (!status.ok()) fail_to_open(path, status);
  db_.reset(db);
  if (options.index_history.count() > 0) history_.emplace(*db_, options.now, options.index_history);
}

Storage::Storage(const OpenReadOnly& options) : read_only_(true) {
  rocksdb::Options db = database_options({}, rocksdb::Env::Default());
  db.create_if_missing = false;
  rocksdb::DB* opened = nullptr;
  const auto status = rocksdb::DB::OpenForReadOnly(db, options.directory, &opened);
  if (!status.ok()) fail_to_open(options.directory, status);
  db_.reset(opened);
}

Storage::~Storage() {
  history_.reset();  // a database with snapshots cannot be closed
  if (memory_ == nullptr && !read_only_) {
    if (const auto status = db_->Flush({}); !status.ok()) {
      base::log_warning("flush on close failed, the log keeps the data: " + status.ToString());
    }
  }
  if (const auto status = db_->Close(); !status.ok()) {
    base::log_warning("close failed: " + status.ToString());
  }
}

Result<bool> Storage::read(std::string_view key, rocksdb::PinnableSlice& value) const {
  const auto status =
      db_->Get({}, db_->DefaultColumnFamily(), rocksdb::Slice(key.data(), key.size()), &value);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return storage_error(status);
  return true;
}

Result<std::optional<std::string>> Storage::read(std::string_view key) const {
  rocksdb::PinnableSlice value;
  const auto found = read(key, value);
  if (found.has_error()) return found.error();
  if (!*found) return std::optional<std::string>();
  return std::optional<std::string>(value.ToString());
}

// RocksDB stops writing after a write that failed; Resume() flushes and starts a new log. Should
// that fail for the same cause (a full disk, say) the database could not be resumed at all, so a
// file is written first to see whether the cause is gone.
rocksdb::Status Storage::probe() {
  const std::string probe = db_->GetName() + "/write.probe";
  rocksdb::Env* env = db_->GetEnv();
  auto status =
      rocksdb::WriteStringToFile(env, std::string(probe_bytes_, '\0'), probe, /*should_sync=*/true);
  if (const auto removed = env->DeleteFile(probe); status.ok()) status = removed;
  return status;
}

rocksdb::Status Storage::write(rocksdb::WriteBatch& batch) {
  if (failed_) {
    if (auto status = db_->Resume(); !status.ok()) return status;
  }
  if (history_) history_->before_commit();
  auto status = db_->Write(write_options_, &batch);
  if (failed_ && status.ok()) base::log_warning("the database accepts writes again");
  failed_ = !status.ok();
  return status;
}

Result<void> Storage::commit(rocksdb::WriteBatch& batch) {
  // A flush that began before the cause was gone may fail after it, and stop the database again.
  int attempts = failed_ ? kResumeAttempts : 1;
  rocksdb::Status status = failed_ ? probe() : rocksdb::Status::OK();
  if (!status.ok()) return storage_error(status);
  do {
    status = write(batch);
  } while (!status.ok() && --attempts > 0);
  if (status.ok()) return {};
  base::log_error("a commit failed: " + status.ToString());
  return storage_error(status);
}

std::unique_ptr<rocksdb::Iterator> Storage::iterate(const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options));
}

}  // namespace dynamodb::local
