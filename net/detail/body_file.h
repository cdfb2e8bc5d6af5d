// BodyFile: a request's body that is too large for memory, in a file without a name.
//
// The file ends with the object, whatever becomes of the process.
//
// Thread safety: one thread at a time.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace net::detail {

class BodyFile {
 public:
  // In `folder`, or the system's for temporary files. Throws std::system_error.
  explicit BodyFile(const std::string& folder);
  ~BodyFile();
  BodyFile(const BodyFile&) = delete;
  BodyFile& operator=(const BodyFile&) = delete;

  // Throws std::system_error: the disk is full.
  void append(std::string_view bytes);
  std::size_t size() const { return size_; }
  // All of it, mapped. Nothing can be appended afterwards. Throws std::system_error.
  std::string_view content();

 private:
  int fd_ = -1;
  std::size_t size_ = 0;
  void* mapped_ = nullptr;
};

}  // namespace net::detail
