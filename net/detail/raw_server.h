// RawServer: a server for the client's tests that answers with any bytes, or none. It serves one
// connection after the other on a thread of its own.
#pragma once
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace net::detail {

class RawServer {
 public:
  class Peer {
   public:
    explicit Peer(int fd) : fd_(fd) {}
    // One request with the body that its Content-Length names; "" when the client has closed.
    std::string read_request() {
      std::size_t end;
      while ((end = held_.find("\r\n\r\n")) == std::string::npos) {
        if (!receive()) return {};
      }
      end += 4;
      const std::size_t at = held_.find("Content-Length: ");
      if (at < end) end += std::stoul(held_.substr(at + 16));
      while (held_.size() < end) {
        if (!receive()) return {};
      }
      std::string request = held_.substr(0, end);
      held_.erase(0, end);
      return request;
    }
    void send(std::string_view bytes) {
      (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    // Until the client closes.
    void wait_for_close() {
      while (receive()) held_.clear();
    }
    int fd() const { return fd_; }

   private:
    bool receive() {
      char data[16 * 1024];
      const ssize_t n = TEMP_FAILURE_RETRY(::recv(fd_, data, sizeof data, 0));
      if (n > 0) held_.append(data, static_cast<std::size_t>(n));
      return n > 0;
    }
    int fd_;
    std::string held_;
  };
  using Handler = std::function<void(Peer&)>;

  // Listens on a free port of loopback.
  explicit RawServer(Handler handler) : handler_(std::move(handler)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listen(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  // Listens on a unix socket at `path`.
  RawServer(const std::string& path, Handler handler) : handler_(std::move(handler)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    listen(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  // Waits for the connection being served.
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view target = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(target);
  }

 private:
  void listen(int family, const sockaddr* address, socklen_t size) {
    fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(fd_, address, size) != 0 || ::listen(fd_, 16) != 0) {
      ::close(fd_);
      throw std::runtime_error("cannot listen");
    }
    thread_ = std::thread([this] {
      for (int peer; (peer = ::accept(fd_, nullptr, nullptr)) >= 0; ::close(peer)) {
        const timeval ten_seconds{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &ten_seconds, sizeof ten_seconds);
        Peer served(peer);
        handler_(served);
      }
    });
  }

  Handler handler_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace net::detail
