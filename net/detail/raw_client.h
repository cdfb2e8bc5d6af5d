// RawClient: a TCP client for the server's tests that sends any bytes. Waits at most ten seconds
// for anything.
#pragma once
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace net::detail {

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval ten_seconds{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &ten_seconds, sizeof ten_seconds);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &ten_seconds, sizeof ten_seconds);
    if (receive_buffer > 0)
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      ::close(fd_);
      throw std::runtime_error("cannot connect");
    }
  }
  RawClient(RawClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() {
    if (fd_ >= 0) ::close(fd_);
  }

  // False when the server has closed.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = TEMP_FAILURE_RETRY(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL));
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }

  // Everything until the server closes.
  std::string read_all() {
    while (receive()) {
    }
    return std::exchange(held_, {});
  }
  // True when the server closes without sending anything more.
  bool is_closed() { return read_all().empty() && closed_; }

  // One response with its body; "" when the server closes instead. `to_head`: it has none.
  std::string read_response(bool to_head = false) {
    std::size_t end;
    while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return {};
    }
    end += 4;
    const std::size_t length_at = held_.find("Content-Length: ");
    if (!to_head && length_at < end) {
      std::size_t length = 0;
      std::from_chars(held_.data() + length_at + 16, held_.data() + end, length);
      end += length;
    }
    while (held_.size() < end) {
      if (!receive()) return {};
    }
    std::string response = held_.substr(0, end);
    held_.erase(0, end);
    return response;
  }
  std::string ask(std::string_view request) {
    send(request);
    return read_response();
  }

 private:
  bool receive() {
    char data[16 * 1024];
    const ssize_t n = TEMP_FAILURE_RETRY(::recv(fd_, data, sizeof data, 0));
    if (n > 0) held_.append(data, static_cast<std::size_t>(n));
    closed_ = n == 0 || (n < 0 && errno == ECONNRESET);
    return n > 0;
  }

  int fd_;
  std::string held_;
  bool closed_ = false;
};

inline int status_of(std::string_view response) {
  int status = 0;
  if (response.size() > 12) std::from_chars(response.data() + 9, response.data() + 12, status);
  return status;
}

inline std::string body_of(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(response.substr(end + 4));
}

}  // namespace net::detail
