// A file system for RocksDB that fails on purpose: power loss (what was not synced is gone) and a
// full disk.
//
// It writes through to real files and remembers, for each, how much of it an fsync has made safe,
// and for each folder which names its own fsync has. drop_unsynced() then makes the folder what a
// power cut would leave. Thread safety: any thread.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace faults {

class FaultFileSystem : public rocksdb::FileSystemWrapper {
 public:
  FaultFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "FaultFileSystem"; }

  // From now on nothing is written: the machine has no power.
  void cut_power() { powerless_ = true; }
  // As cut_power(), after `writes` more writes.
  void cut_power_after(long writes) { writes_left_ = writes; }
  // REQUIRES: no database is open. Leaves only what was synced, and allows writes again.
  void drop_unsynced();
  // While full, no file grows. Names can still be made, as on a disk without free blocks. Other
  // threads than the caller's learn it late.
  void set_full(bool full) {
    filler_ = std::this_thread::get_id();
    full_ = full;
  }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(const std::string& name, const std::string& old_name,
                                      const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* directory,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // ---- what its files and folders report
  rocksdb::IOStatus may_write();
  rocksdb::IOStatus may_append();
  void grown(const std::string& name, std::uint64_t size);
  void synced(const std::string& name, std::uint64_t size);
  void directory_synced(const std::string& directory);

 private:
  struct File {
    std::uint64_t size = 0;
    std::uint64_t synced = 0;
  };
  // What stood under a name before its folder was last synced: restored at a power cut. `content`
  // is absent where nothing did.
  struct Before {
    bool existed = false;
    std::string content{};
  };
  void remember(const std::string& name);  // REQUIRES: mutex_ held

  std::mutex mutex_;
  std::map<std::string, File> files_;
  std::map<std::string, Before> unsynced_names_;
  std::atomic<bool> powerless_ = false;
  std::atomic<bool> full_ = false;
  std::atomic<std::thread::id> filler_{};
  std::atomic<long> writes_left_ = -1;
};

}  // namespace faults
