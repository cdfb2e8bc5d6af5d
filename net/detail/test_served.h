// For tests of the client: a server of ours, and what holds its handlers back.
#pragma once
#include <atomic>
#include <future>
#include <string>
#include <string_view>

#include "net/http_server.h"

namespace net::detail {

// A server of ours on a free port.
class Served {
 public:
  explicit Served(HttpServer::SyncHandler handler)
      : server_({.port = 0, .workers = 4}, std::move(handler)) {
    server_.start();
  }
  std::string url(std::string_view target = "/") const {
    return "http://127.0.0.1:" + std::to_string(server_.port()) + std::string(target);
  }
  ServerStats stats() const { return server_.stats(); }

 private:
  HttpServer server_;
};

// Holds handlers back until it is opened.
class Gate {
 public:
  ~Gate() { open(); }
  void wait() { opened_.wait(); }
  void open() {
    if (!open_.exchange(true)) door_.set_value();
  }

 private:
  std::promise<void> door_;
  std::shared_future<void> opened_ = door_.get_future().share();
  std::atomic<bool> open_ = false;
};

}  // namespace net::detail
