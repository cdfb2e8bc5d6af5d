// The file of the embedded backend, which several processes have open: which one a path names, and
// a lock for opening it and for putting it aside.
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <string>

namespace dynamo_backend::search::detail {

struct FileId {
  std::uint64_t device = 0, inode = 0;
  bool exists() const { return inode != 0; }
  friend bool operator==(const FileId&, const FileId&) = default;
};
FileId file_id(const std::string& path);

// Of the folder that the file is in: one backend at a time, in all processes. Where the folder
// takes no lock there is none.
class FolderLock {
 public:
  explicit FolderLock(const std::string& file);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int folder_;
};

}  // namespace dynamo_backend::search::detail
