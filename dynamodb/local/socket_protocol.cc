#include "dynamodb/local/socket_protocol.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr char kSocketName[] = "engine.sock";
constexpr std::size_t kHeaderSize = 4 + 1;

bool send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool receive_all(int fd, char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(fd, out, size, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// The address of the socket in `directory`. Paths in socket addresses end at 107 bytes, so the
// directory is named by a descriptor that must stay open while the address is used.
struct Address {
  explicit Address(const std::string& directory)
      : folder(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    name.sun_family = AF_UNIX;
    const std::string path = "/proc/self/fd/" + std::to_string(folder.fd()) + "/" + kSocketName;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&name); }
  Socket folder;
  sockaddr_un name{};
};

Socket make_socket() { return Socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}
void Socket::shut_down() const { ::shutdown(fd_, SHUT_RD); }

bool Socket::send(const Frame& frame) const {
  std::string bytes;
  bytes.reserve(kHeaderSize + frame.body.size());
  append_u32(bytes, static_cast<std::uint32_t>(frame.body.size() + 1));
  bytes += static_cast<char>(frame.tag);
  bytes += frame.body;
  return send_all(fd_, bytes);
}

std::optional<Frame> Socket::receive() const {
  char header[kHeaderSize];
  if (!receive_all(fd_, header, sizeof header)) return std::nullopt;
  const std::uint64_t length = read_big_endian({header, 4});
  if (length < 1 || length > kMaxFrame) return std::nullopt;
  Frame frame{.tag = static_cast<std::uint8_t>(header[4]), .body = std::string(length - 1, '\0')};
  if (!receive_all(fd_, frame.body.data(), frame.body.size())) return std::nullopt;
  return frame;
}

Socket listen_in(const std::string& directory) {
  remove_socket(directory);  // of a process that was killed: the caller holds the directory
  const Address address(directory);
  Socket socket = make_socket();
  if (!socket) return {};
  // Before bind: the file never exists with wider permissions (Linux takes the descriptor's mode).
  ::fchmod(socket.fd(), S_IRUSR | S_IWUSR);
  if (::bind(socket.fd(), address.get(), sizeof address.name) != 0 ||
      ::listen(socket.fd(), 64) != 0)
    return {};
  return socket;
}

Socket connect_to(const std::string& directory) {
  const Address address(directory);
  Socket socket = make_socket();
  if (!socket || ::connect(socket.fd(), address.get(), sizeof address.name) != 0) return {};
  return socket;
}

void remove_socket(const std::string& directory) {
  ::unlink((directory + "/" + kSocketName).c_str());
}

}  // namespace dynamodb::local
