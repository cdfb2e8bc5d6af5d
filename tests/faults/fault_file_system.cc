#include "tests/faults/fault_file_system.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace faults {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::chrono::milliseconds kLate{30};

std::string folder_of(const std::string& name) {
  return std::filesystem::path(name).parent_path().lexically_normal().string();
}
std::string normal(const std::string& name) {
  std::string path = std::filesystem::path(name).lexically_normal().string();
  if (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

class TrackedFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  TrackedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name, FaultFileSystem& fs,
              std::uint64_t size)
      : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), fs_(fs), size_(size) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (auto status = fs_.may_append(); !status.ok()) return status;
    auto status = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (status.ok()) fs_.grown(name_, size_ += data.size());
    return status;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    auto status = FSWritableFileOwnerWrapper::Truncate(size, options, debug);
    if (status.ok()) fs_.grown(name_, size_ = size);
    return status;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (auto status = fs_.may_write(); !status.ok()) return status;
    auto status = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (status.ok()) fs_.synced(name_, size_);
    return status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  std::string name_;
  FaultFileSystem& fs_;
  std::uint64_t size_;
};

class TrackedDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  TrackedDirectory(std::unique_ptr<rocksdb::FSDirectory> directory, std::string name,
                   FaultFileSystem& fs)
      : FSDirectoryWrapper(std::move(directory)), name_(std::move(name)), fs_(fs) {}
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    if (auto status = fs_.may_write(); !status.ok()) return status;
    auto status = FSDirectoryWrapper::Fsync(options, debug);
    if (status.ok()) fs_.directory_synced(name_);
    return status;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  std::string name_;
  FaultFileSystem& fs_;
};

}  // namespace

IOStatus FaultFileSystem::may_write() {
  if (writes_left_ >= 0 && writes_left_.fetch_sub(1) <= 0) powerless_ = true;
  return powerless_ ? IOStatus::IOError("no power") : IOStatus::OK();
}

IOStatus FaultFileSystem::may_append() {
  if (auto status = may_write(); !status.ok() || !full_) return status;
  // The fault is in the delay: a flush that began may fail when there is room again. Nothing waits
  // for it to pass.
  if (std::this_thread::get_id() != filler_) std::this_thread::sleep_for(kLate);
  return IOStatus::NoSpace("the disk is full");
}

void FaultFileSystem::grown(const std::string& name, std::uint64_t size) {
  std::lock_guard lock(mutex_);
  files_[name].size = size;
}
void FaultFileSystem::synced(const std::string& name, std::uint64_t size) {
  std::lock_guard lock(mutex_);
  files_[name].synced = std::max(files_[name].synced, size);
}
void FaultFileSystem::directory_synced(const std::string& directory) {
  std::lock_guard lock(mutex_);
  std::erase_if(unsynced_names_,
                [&](const auto& entry) { return folder_of(entry.first) == normal(directory); });
}

void FaultFileSystem::remember(const std::string& name) {
  if (unsynced_names_.contains(name)) return;
  Before before{.existed = std::filesystem::exists(name)};
  if (before.existed) {
    std::ostringstream content;
    content << std::ifstream(name, std::ios::binary).rdbuf();
    before.content = content.str();
  }
  unsynced_names_.emplace(name, std::move(before));
}

IOStatus FaultFileSystem::NewWritableFile(const std::string& name,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file,
                                          IODebugContext* debug) {
  if (auto status = may_write(); !status.ok()) return status;
  {
    std::lock_guard lock(mutex_);
    remember(normal(name));
    files_[normal(name)] = {};
  }
  std::unique_ptr<rocksdb::FSWritableFile> real;
  auto status = FileSystemWrapper::NewWritableFile(name, options, &real, debug);
  if (status.ok()) *file = std::make_unique<TrackedFile>(std::move(real), normal(name), *this, 0);
  return status;
}

IOStatus FaultFileSystem::ReopenWritableFile(const std::string& name,
                                             const rocksdb::FileOptions& options,
                                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                                             IODebugContext* debug) {
  if (auto status = may_write(); !status.ok()) return status;
  std::unique_ptr<rocksdb::FSWritableFile> real;
  auto status = FileSystemWrapper::ReopenWritableFile(name, options, &real, debug);
  if (status.ok()) {
    std::error_code ec;
    const auto size = std::filesystem::file_size(name, ec);
    *file = std::make_unique<TrackedFile>(std::move(real), normal(name), *this, ec ? 0 : size);
  }
  return status;
}

IOStatus FaultFileSystem::ReuseWritableFile(const std::string& name, const std::string& old_name,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            IODebugContext* debug) {
  if (auto status = RenameFile(old_name, name, options.io_options, debug); !status.ok())
    return status;
  return ReopenWritableFile(name, options, file, debug);
}

IOStatus FaultFileSystem::NewDirectory(const std::string& name, const IOOptions& options,
                                       std::unique_ptr<rocksdb::FSDirectory>* directory,
                                       IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> real;
  auto status = FileSystemWrapper::NewDirectory(name, options, &real, debug);
  if (status.ok())
    *directory = std::make_unique<TrackedDirectory>(std::move(real), normal(name), *this);
  return status;
}

IOStatus FaultFileSystem::RenameFile(const std::string& from, const std::string& to,
                                     const IOOptions& options, IODebugContext* debug) {
  if (auto status = may_write(); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  remember(normal(from));
  remember(normal(to));
  auto status = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (status.ok()) {
    files_[normal(to)] = files_[normal(from)];
    files_.erase(normal(from));
  }
  return status;
}

IOStatus FaultFileSystem::DeleteFile(const std::string& name, const IOOptions& options,
                                     IODebugContext* debug) {
  if (powerless_) return IOStatus::IOError("no power");
  {
    std::lock_guard lock(mutex_);
    files_.erase(normal(name));
    unsynced_names_.erase(normal(name));
  }
  return FileSystemWrapper::DeleteFile(name, options, debug);
}

void FaultFileSystem::drop_unsynced() {
  std::lock_guard lock(mutex_);
  for (const auto& [name, file] : files_) {
    std::error_code ec;
    if (std::filesystem::exists(name, ec) && file.synced < std::filesystem::file_size(name, ec)) {
      std::filesystem::resize_file(name, file.synced);
    }
  }
  for (const auto& [name, before] : unsynced_names_) {
    if (before.existed) {
      std::ofstream(name, std::ios::binary | std::ios::trunc) << before.content;
    } else {
      std::error_code ec;
      std::filesystem::remove(name, ec);
    }
  }
  files_.clear();
  unsynced_names_.clear();
  writes_left_ = -1;
  powerless_ = false;
}

}  // namespace faults
