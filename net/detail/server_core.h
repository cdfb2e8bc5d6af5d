// ServerCore: what a server's connections share. Lives as long as the last of them.
#pragma once
#include <atomic>
#include <chrono>

#include <boost/asio/io_context.hpp>

#include "net/detail/connection_table.h"
#include "net/http_server.h"

namespace net::detail {

using Milliseconds = std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

// The clock of deadlines.
inline std::uint64_t to_ms(SteadyTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<Milliseconds>(time.time_since_epoch()).count());
}

// How long `bytes` may take at the slowest rate allowed.
inline Milliseconds time_at_rate(std::size_t bytes, const ServerDeadlines& deadlines) {
  const std::size_t rate = std::max<std::size_t>(deadlines.bytes_per_second, 1);
  return deadlines.rate_grace + Milliseconds(bytes * 1000 / rate);
}

struct ServerCore {
  ServerCore(ServerOptions server_options, HttpServer::Handler request_handler,
             unsigned worker_count)
      : options(std::move(server_options)),
        handler(std::move(request_handler)),
        io(1),
        workers(static_cast<int>(worker_count)),
        table(options.limits.connections, options.limits.connections_per_ip) {}

  const ServerOptions options;
  const HttpServer::Handler handler;
  boost::asio::io_context io;       // the I/O thread's: accepting, deadlines, first requests
  boost::asio::io_context workers;  // every other request
  ConnectionTable table;
  std::atomic<std::size_t> body_memory{0};  // what BodyShares hold
  std::atomic<bool> ready{false};
  std::atomic<bool> draining{false};    // stop() has begun
  std::atomic<bool> finished{false};    // the loops will not run again
  std::atomic<bool> overloaded{false};  // the workers' queue is older than deadlines.shed_after
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> shed{0};
  std::atomic<std::uint64_t> accept_pauses{0};
};

}  // namespace net::detail
