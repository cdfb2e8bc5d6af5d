// ServerRun: a server's acceptor, threads, and the I/O thread's tick that keeps deadlines and
// notices overload.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <semaphore>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/detail/connection.h"

namespace net::detail {

class ServerRun {
 public:
  // Binds and listens; throws ServerError.
  ServerRun(ServerCore& core, unsigned worker_count);

  void start(const std::shared_ptr<ServerCore>& core);
  bool stop(Milliseconds deadline);
  // Calls `serve` once signals are caught, then waits for one.
  void wait_for_signal(const std::function<void()>& serve);
  // Joins every thread, waiting for handlers, and lets what is queued end.
  void finish();
  std::uint16_t port() const { return port_; }

 private:
  using Work = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

  void listen();
  void accept();
  void on_accept(Socket socket);
  void rest_from_accepting();
  void tick();
  void notice_overload(SteadyTime now);
  void watch_queue();
  void run_thread(boost::asio::io_context& loop);
  void run_reserve();
  void thread_ends();

  ServerCore& core_;
  std::weak_ptr<ServerCore> weak_core_;
  const unsigned worker_count_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer tick_;
  boost::asio::steady_timer accept_rest_;
  boost::asio::steady_timer watch_;
  const Milliseconds tick_every_;
  std::uint16_t port_ = 0;

  std::atomic<bool> probe_waits_{false};  // a task that tells the age of the workers' queue
  SteadyTime probe_sent_{};

  // Threads that rest until the workers are held up by handlers that block, then work the queue
  // with them.
  std::counting_semaphore<> reserve_{0};
  std::atomic<int> resting_{0};
  std::atomic<bool> queue_moved_{true};  // since watch_queue() last looked
  std::atomic<bool> stopping_{false};    // stop() was called
  std::atomic<bool> ending_{false};

  std::unique_ptr<Work> io_work_;
  std::unique_ptr<Work> workers_work_;
  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable thread_ended_;
  std::size_t running_ = 0;
};

}  // namespace net::detail
