// Storage: the RocksDB database under an engine, opened with this engine's options.
//
// Thread safety: any thread; one writer at a time (the pipeline).
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/write_batch.h>

#include "dynamodb/error.h"
#include "dynamodb/local/engine.h"
#include "dynamodb/local/index_history.h"

namespace dynamodb::local {

// Makes what was made, renamed or removed in a folder last; false where it cannot.
bool sync_folder(const std::filesystem::path& folder);

// A directory whose files are only read.
struct OpenReadOnly {
  std::string directory{};
};

class Storage {
 public:
  // Throws OpenException.
  explicit Storage(const EngineOptions& options);
  // Throws OpenException. Commits fail.
  explicit Storage(const OpenReadOnly& options);
  // Flushes and closes.
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  // The value at `key`; nullopt where there is none.
  Result<std::optional<std::string>> read(std::string_view key) const;
  // The same into a buffer of the caller's; false where there is none.
  Result<bool> read(std::string_view key, rocksdb::PinnableSlice& value) const;
  // Commits `batch`: on the disk when this returns without error. After an error the batch may or
  // may not survive a crash; the next commit first tries to make the database writable again.
  Result<void> commit(rocksdb::WriteBatch& batch);
  std::unique_ptr<rocksdb::Iterator> iterate(const rocksdb::ReadOptions& options) const;
  rocksdb::DB& db() const { return *db_; }
  // What global indexes are to show to a reader who is to see them `lag` late; null: what is there.
  std::shared_ptr<const rocksdb::Snapshot> index_view(std::chrono::milliseconds lag) const {
    return history_ && lag.count() > 0 ? history_->view(lag) : nullptr;
  }
  // For a replacement of everything, which the indexes show at once.
  void forget_index_history() {
    if (history_) history_->clear();
  }
  bool in_memory() const { return memory_ != nullptr; }

 private:
  // Whether what Resume() writes at most can be written.
  rocksdb::Status probe();
  // Once, after Resume() where the last commit failed.
  rocksdb::Status write(rocksdb::WriteBatch& batch);

  std::unique_ptr<rocksdb::Env> memory_;  // must outlive db_
  std::unique_ptr<rocksdb::DB> db_;
  std::optional<IndexHistory> history_{};  // where it is kept
  rocksdb::WriteOptions write_options_;
  std::size_t probe_bytes_ = 0;
  bool failed_ = false;  // the last commit did
  bool read_only_ = false;
};

Error storage_error(const rocksdb::Status& status);

}  // namespace dynamodb::local
