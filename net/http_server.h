// HttpServer: HTTP/1.1 over TCP with the limits and deadlines of a server that faces the internet.
//
// `workers` threads share one loop; a request is parsed and handled on the same thread, and
// handlers may block. One more thread accepts, keeps the deadlines, answers /healthz and /readyz on
// connections that ask for nothing else, and sheds new connections with 503 when the workers' queue
// stands still, so that all this works while every worker is busy. Requests on one connection are
// handled one after the other; a pipelining client waits in the kernel's buffers.
//
//   net::HttpServer server({.port = 8000}, [](const net::HttpRequest&) {
//     return net::HttpResponse{.body = "hi"};
//   });
//   server.run_until_signal();
//
// Not for: TLS and HTTP/2 (a proxy's work), answers that do not fit in memory.
//
// Thread safety: handlers run on many threads at once; port(), set_ready(), stats() from any
// thread; stop() from any but a handler's.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "net/http_message.h"

namespace net {

namespace detail {
class Connection;
struct ServerCore;
class ServerRun;
}  // namespace detail

// Sizes in bytes. What is over is refused with the status named, and the connection closed.
struct ServerLimits {
  std::size_t request_line = 8 * 1024;  // 414
  std::size_t header_line = 8 * 1024;   // 431
  std::size_t all_headers = 32 * 1024;  // 431
  std::size_t header_count = 100;       // 431
  std::size_t body = 1024 * 1024;       // 413; ServerOptions::body_limit overrides it per request
  std::size_t body_in_memory = 1024 * 1024;  // what is larger goes to a file as it arrives
  std::size_t all_bodies_in_memory = 64 * 1024 * 1024;  // beyond, bodies go to files sooner
  std::size_t connections = 10'000;                     // closed with 503
  std::size_t connections_per_ip = 200;                 // closed with 503; IPv6 counts by /64
  std::size_t requests_per_connection = 1000;
};

// Deadlines are of whole steps, not of single reads: sending byte by byte gains nothing.
struct ServerDeadlines {
  using Milliseconds = std::chrono::milliseconds;
  Milliseconds header{10'000};     // from the first byte (or the accept) to the end of the headers
  Milliseconds body{60'000};       // the whole body
  Milliseconds rate_grace{5'000};  // then bodies and answers move at bytes_per_second or more
  std::size_t bytes_per_second = 1024;
  Milliseconds handler{30'000};    // then 503; the handler's own answer is dropped
  Milliseconds idle{60'000};       // between requests
  Milliseconds linger{2'000};      // for a refused client to read the refusal
  Milliseconds shed_after{2'000};  // age of the workers' queue from which new connections get 503
};

// One answered (or refused) request. Views live as long as the call.
struct AccessRecord {
  std::string_view method;  // empty where the request could not be read
  std::string_view target;
  int status = 0;
  std::size_t bytes = 0;  // of the body
  std::chrono::microseconds duration{};
  std::string_view peer;  // or HttpResponse::client
  std::string_view request_id;
};

struct ServerOptions {
  std::string host = "127.0.0.1";  // a numeric address or "localhost"
  std::uint16_t port = 8000;       // 0: any free port
  unsigned workers = 0;  // 0: one fewer than the machine's hardware threads, at least 1; more join
                         // while they block
  ServerLimits limits{};
  ServerDeadlines deadlines{};
  // Whose connections are exempt from connections_per_ip and requests_per_connection: this
  // machine's and a proxy's speak for many clients. Must not throw.
  std::function<bool(std::string_view address)> is_exempt = is_loopback;
  bool health_endpoints = true;   // answer /healthz and /readyz
  bool request_id_header = true;  // X-Request-Id on every answer
  HeaderBlock refusal_headers{};  // added to what the server answers by itself
  // Makes what the server answers by itself, in place of its JSON page; `code` is such as
  // "body_too_large". Called on any thread. Must not throw.
  std::function<HttpResponse(int status, std::string_view code, std::string_view message)>
      refusal_page{};
  // Bytes allowed for the body of this method and path, for requests that have one. Must not throw.
  std::function<std::size_t(std::string_view method, std::string_view path)> body_limit{};
  // Where files of large bodies are made, without a name, so that nothing is left of them. Empty:
  // the system's folder for temporary files.
  std::string body_folder{};
  // Called on worker threads after each answer. Must be quick and not throw.
  std::function<void(const AccessRecord&)> access_log{};
  // Called once, as stop() begins and before a connection is closed for it: the process may end at
  // any moment from here on. Must not throw.
  std::function<void()> stopping{};
};

struct ServerStats {
  std::size_t connections = 0;      // open
  std::uint64_t requests = 0;       // answered by the handler
  std::uint64_t refused = 0;        // refused for a bad request, a limit or a deadline
  std::uint64_t shed = 0;           // answered 503 for overload or a connection limit
  std::uint64_t accept_pauses = 0;  // times that accepting rested for want of file descriptors
};

// The address is in use, not this machine's, or not an address.
struct ServerError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Answers one request, once, from any thread. Dropped without an answer it answers 500.
class Responder {
 public:
  explicit Responder(std::shared_ptr<detail::Connection> connection);
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  // The request's views end here. REQUIRES: not called before.
  void send(HttpResponse response);

 private:
  std::shared_ptr<detail::Connection> connection_;
};

class HttpServer {
 public:
  using Handler = std::function<void(const HttpRequest&, Responder)>;
  using SyncHandler = std::function<HttpResponse(const HttpRequest&)>;

  // Binds and listens; throws ServerError. A handler that throws is logged and answered 500.
  HttpServer(ServerOptions options, Handler handler);
  HttpServer(ServerOptions options, SyncHandler handler);
  // stop() at once; waits for handlers that run.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  void start();
  std::uint16_t port() const;
  // What /readyz answers; true from start() on until stop().
  void set_ready(bool ready);
  ServerStats stats() const;

  // Stops accepting, lets requests in flight finish until `deadline` from now, closes everything.
  // False: a handler still runs, its thread could not be joined. Calling it again is allowed.
  bool stop(std::chrono::milliseconds deadline = std::chrono::seconds(25));

  // start(), then stop() on SIGTERM or SIGINT; its result. A second signal ends the process at
  // once, with nothing called: ServerOptions::stopping is where to get ready for it. `serving` is
  // called when requests are answered and a signal would be caught.
  bool run_until_signal(const std::function<void()>& serving = {});

 private:
  std::shared_ptr<detail::ServerCore> core_;
  std::unique_ptr<detail::ServerRun> run_;
};

}  // namespace net
