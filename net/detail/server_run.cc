#include "net/detail/server_run.h"

#include <csignal>
#include <future>

#include <boost/asio/post.hpp>
#include <sys/socket.h>

#include "base/log.h"

namespace net::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Milliseconds kAcceptRest{100};

asio::ip::address parse_address(const std::string& host) {
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error)
    throw ServerError("\"" + host + "\" is not an IP address: give a numeric one, or localhost");
  return address;
}

std::string printable(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" +
         std::to_string(endpoint.port());
}

[[noreturn]] void fail(const tcp::endpoint& endpoint, const error_code& error) {
  std::string message = printable(endpoint);
  if (error == asio::error::address_in_use) {
    message += " is in use: stop the server that listens there, or choose another port";
  } else if (error == asio::error::access_denied) {
    message += " is not allowed: ports below 1024 need a privilege; choose a higher one";
  } else if (error.value() == EADDRNOTAVAIL) {
    message += " is not an address of this machine";
  } else {
    message += " cannot be listened on: " + error.message();
  }
  throw ServerError(message);
}

bool is_out_of_resources(const error_code& error) {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOBUFS ||
         error.value() == ENOMEM;
}

Peer describe(const tcp::endpoint& endpoint, const ServerOptions& options) {
  asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  Peer peer{.address = address.to_string(),
            .loopback = address.is_loopback(),
            .v6 = endpoint.address().is_v6()};
  peer.exempt = options.is_exempt && options.is_exempt(peer.address);
  if (!peer.exempt) peer.key = client_key(peer.address);
  return peer;
}

constexpr int kReserve = 4;               // threads
constexpr Milliseconds kWatchPeriod{10};  // a queue that stands still for so long calls one of them
constexpr Milliseconds kReserveTurn{100};  // then it looks whether it is still needed

// Signals are for the thread that waits for them.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

// A deadline is kept to within this time.
Milliseconds tick_period(const ServerDeadlines& deadlines) {
  const Milliseconds shortest =
      std::min({deadlines.header, deadlines.body, deadlines.rate_grace, deadlines.handler,
                deadlines.idle, deadlines.linger, deadlines.shed_after});
  return std::clamp(shortest / 4, Milliseconds(5), Milliseconds(250));
}

}  // namespace

ServerRun::ServerRun(ServerCore& core, unsigned worker_count)
    : core_(core),
      worker_count_(worker_count),
      acceptor_(core.io),
      tick_(core.io),
      accept_rest_(core.io),
      watch_(core.io),
      tick_every_(tick_period(core.options.deadlines)) {
  listen();
}

void ServerRun::listen() {
  const tcp::endpoint endpoint(parse_address(core_.options.host), core_.options.port);
  error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (error) fail(endpoint, error);
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  acceptor_.set_option(tcp::no_delay(true));  // what it accepts inherits it
  acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) fail(endpoint, error);
  port_ = acceptor_.local_endpoint().port();
}

void ServerRun::start(const std::shared_ptr<ServerCore>& core) {
  weak_core_ = core;
  probe_sent_ = std::chrono::steady_clock::now();
  io_work_ = std::make_unique<Work>(core_.io.get_executor());
  workers_work_ = std::make_unique<Work>(core_.workers.get_executor());
  core_.ready = true;
  accept();
  tick();
  watch_queue();
  running_ = worker_count_ + 1 + kReserve;
  resting_ = kReserve;
  threads_.emplace_back([this] { run_thread(core_.io); });
  for (unsigned i = 0; i < worker_count_; ++i)
    threads_.emplace_back([this] { run_thread(core_.workers); });
  for (int i = 0; i < kReserve; ++i) threads_.emplace_back([this] { run_reserve(); });
}

void ServerRun::run_thread(asio::io_context& loop) {
  block_signals();
  while (true) {
    try {
      loop.run();
      break;
    } catch (const std::exception& error) {
      // Its connection is closed by its destructor; the loop goes on.
      base::log_error(std::string("a connection failed: ") + error.what());
    }
  }
  thread_ends();
}

void ServerRun::run_reserve() {
  block_signals();
  while (true) {
    reserve_.acquire();
    if (ending_) break;
    try {
      core_.workers.run_for(kReserveTurn);
    } catch (const std::exception& error) {
      base::log_error(std::string("a connection failed: ") + error.what());
    }
    ++resting_;
  }
  thread_ends();
}

void ServerRun::thread_ends() {
  const std::lock_guard lock(mutex_);
  --running_;
  thread_ended_.notify_all();
}

// ---- Accepting

void ServerRun::accept() {
  acceptor_.async_accept(core_.io, [this](error_code error, Socket socket) {
    if (!acceptor_.is_open()) return;
    if (is_out_of_resources(error)) return rest_from_accepting();
    try {
      if (!error) on_accept(std::move(socket));
    } catch (const std::exception& failure) {
      base::log_error(std::string("a connection could not be accepted: ") + failure.what());
    }
    accept();
  });
}

void ServerRun::on_accept(Socket socket) {
  error_code error;
  const tcp::endpoint endpoint = socket.remote_endpoint(error);
  if (error) return;  // gone already
  std::make_shared<Connection>(weak_core_.lock(), std::move(socket),
                               describe(endpoint, core_.options))
      ->start();
}

// Out of file descriptors: the waiting connection stays in the kernel's queue, and would be
// reported at once again.
void ServerRun::rest_from_accepting() {
  if (core_.accept_pauses++ % 100 == 0)
    base::log_warning("no file descriptor left to accept a connection");
  accept_rest_.expires_after(kAcceptRest);
  accept_rest_.async_wait([this](error_code error) {
    if (!error && acceptor_.is_open()) accept();
  });
}

// ---- The tick

void ServerRun::tick() {
  tick_.expires_after(tick_every_);
  tick_.async_wait([this](error_code error) {
    if (error) return;
    const SteadyTime now = std::chrono::steady_clock::now();
    core_.table.for_each([&](Connection& connection) {
      if (core_.draining) connection.close_if_idle();
      connection.expire_if_due(to_ms(now));
    });
    notice_overload(now);
    tick();
  });
}

void ServerRun::notice_overload(SteadyTime now) {
  if (probe_waits_) {
    core_.overloaded = now - probe_sent_ > core_.options.deadlines.shed_after;
    return;
  }
  core_.overloaded = false;
  probe_waits_ = true;
  probe_sent_ = now;
  asio::post(core_.workers, [this] { probe_waits_ = false; });
}

// Few workers answer fastest while handlers are quick; one that blocks must not hold up the others'
// requests.
void ServerRun::watch_queue() {
  watch_.expires_after(kWatchPeriod);
  watch_.async_wait([this](error_code error) {
    if (error) return;
    if (core_.table.size() > 0) {
      if (queue_moved_.exchange(false)) {
        asio::post(core_.workers, [this] { queue_moved_ = true; });
      } else if (resting_ > 0) {
        --resting_;
        reserve_.release();
      }
    }
    watch_queue();
  });
}

// ---- Stopping

bool ServerRun::stop(Milliseconds deadline) {
  const SteadyTime end = std::chrono::steady_clock::now() + deadline;
  core_.ready = false;
  error_code ignored;  // closing cannot fail in a way that matters here
  if (threads_.empty()) return acceptor_.close(ignored), true;
  if (!stopping_.exchange(true)) {
    if (core_.options.stopping) core_.options.stopping();
    std::promise<void> closed;
    asio::post(core_.io, [&] {
      acceptor_.close(ignored);  // first: whose idle connection is closed is not let in again
      core_.draining = true;
      core_.table.for_each([](Connection& connection) { connection.close_if_idle(); });
      closed.set_value();
    });
    closed.get_future().wait();
  }
  if (!core_.table.wait_empty(end)) {
    core_.table.for_each([](Connection& connection) { connection.abort(); });
    core_.table.wait_empty(std::chrono::steady_clock::now() + Milliseconds(200));
  }
  io_work_.reset();
  workers_work_.reset();
  core_.io.stop();
  core_.workers.stop();
  if (!ending_.exchange(true)) reserve_.release(kReserve);
  std::unique_lock lock(mutex_);
  return thread_ended_.wait_for(lock, Milliseconds(500), [this] { return running_ == 0; });
}

void ServerRun::finish() {
  stop(Milliseconds(0));
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  core_.finished = true;
  // Queued steps hold connections, which hold the core: they see their sockets closed, and end.
  core_.table.for_each([](Connection& connection) { connection.abort(); });
  for (asio::io_context* loop : {&core_.io, &core_.workers}) {
    loop->restart();
    while (loop->poll() > 0) {
    }
  }
}

void ServerRun::wait_for_signal(const std::function<void()>& serve) {
  asio::io_context loop(1);
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([](error_code, int) {});
  serve();
  loop.run();
  // From here on the default action of a signal, the end of the process, is what is wanted.
}

}  // namespace net::detail
