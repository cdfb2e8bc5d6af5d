#include "auth/cognito_mock/private_file.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace auth::cognito_mock {

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    if (std::filesystem::exists(path)) throw std::runtime_error(path + " cannot be read");
    return std::nullopt;
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_private_file(const std::string& path, std::string_view text) {
  const std::string draft = path + ".new";
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder);
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error(draft + " cannot be written");
  bool done = true;
  while (!text.empty() && done) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    done = n > 0;
    if (done) text.remove_prefix(static_cast<std::size_t>(n));
  }
  done = ::close(fd) == 0 && done;
  if (!done || std::rename(draft.c_str(), path.c_str()) != 0)
    throw std::runtime_error(path + " cannot be written");
}

}  // namespace auth::cognito_mock
