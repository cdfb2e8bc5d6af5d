#include "net/detail/body_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace net::detail {
namespace {

[[noreturn]] void fail(const char* doing) {
  throw std::system_error(errno, std::generic_category(), doing);
}

// Not every file system makes files without a name: there it is taken away at once.
int open_unnamed(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
  std::string name = folder + "/body.XXXXXX";
  const int named = ::mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) ::unlink(name.c_str());
  return named;
}

}  // namespace

BodyFile::BodyFile(const std::string& folder) {
  fd_ = open_unnamed(folder.empty() ? std::filesystem::temp_directory_path().string() : folder);
  if (fd_ < 0) fail("a temporary file cannot be made");
}

BodyFile::~BodyFile() {
  if (mapped_) ::munmap(mapped_, size_);
  ::close(fd_);
}

void BodyFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("a temporary file cannot be written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::size_t>(written);
  }
}

std::string_view BodyFile::content() {
  if (size_ == 0) return {};
  if (!mapped_) {
    void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd_, 0);
    if (mapped == MAP_FAILED) fail("a temporary file cannot be mapped");
    mapped_ = mapped;
  }
  return {static_cast<const char*>(mapped_), size_};
}

}  // namespace net::detail
