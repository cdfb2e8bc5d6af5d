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

// One backend at a time has the file's, in all processes: it is of a file of its own beside it. In
// memory (no name), and where none can be made, there is none.
class FileLock {
 public:
  explicit FileLock(const std::string& file);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace dynamo_backend::search::detail
