#include "net/http_server.h"

#include <thread>

#include "base/log.h"
#include "net/detail/connection.h"
#include "net/detail/response_format.h"
#include "net/detail/server_run.h"

namespace net {

Responder::Responder(std::shared_ptr<detail::Connection> connection)
    : connection_(std::move(connection)) {}

Responder::~Responder() {
  if (connection_) connection_->answer_internal_error();
}

void Responder::send(HttpResponse response) {
  std::exchange(connection_, nullptr)->answer(std::move(response));
}

HttpServer::HttpServer(ServerOptions options, Handler handler) {
  // One hardware thread is left to the kernel and the clients of a small machine: sharing it costs
  // the slowest answers most.
  const unsigned machine = std::max(2U, std::thread::hardware_concurrency());
  const unsigned workers = options.workers == 0 ? machine - 1 : options.workers;
  core_ = std::make_shared<detail::ServerCore>(std::move(options), std::move(handler), workers);
  run_ = std::make_unique<detail::ServerRun>(*core_, workers);
}

HttpServer::HttpServer(ServerOptions options, SyncHandler handler)
    : HttpServer(std::move(options), Handler([handler = std::move(handler)](
                                                 const HttpRequest& request, Responder responder) {
                   responder.send(handler(request));
                 })) {}

HttpServer::~HttpServer() { run_->finish(); }

void HttpServer::start() { run_->start(core_); }
std::uint16_t HttpServer::port() const { return run_->port(); }
void HttpServer::set_ready(bool ready) { core_->ready = ready && !core_->draining; }
bool HttpServer::stop(std::chrono::milliseconds deadline) { return run_->stop(deadline); }

bool HttpServer::run_until_signal(const std::function<void()>& serving) {
  run_->wait_for_signal([&] {
    start();
    if (serving) serving();
  });
  base::log_info(
      "stopping: requests in flight may finish; a second signal ends the process at once");
  return stop();
}

ServerStats HttpServer::stats() const {
  return {.connections = core_->table.size(),
          .requests = core_->requests,
          .refused = core_->refused,
          .shed = core_->shed,
          .accept_pauses = core_->accept_pauses};
}

}  // namespace net
