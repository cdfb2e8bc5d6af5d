// Connection's answering half: from the whole request to the written answer and what follows it.
#include <boost/asio/post.hpp>

#include "base/log.h"
#include "net/detail/connection.h"
#include "net/detail/response_format.h"

namespace net::detail {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kLargeBody = 32 * 1024;   // copied behind the head up to here
constexpr std::size_t kKeepBuffer = 64 * 1024;  // larger buffers are given back between requests
constexpr std::size_t kMaxDrain = 64 * 1024;

// Bits of handoff_.
constexpr int kHandlerReturned = 1;
constexpr int kAnswered = 2;

}  // namespace

// True when the answer is written; otherwise a later turn writes it.
bool Connection::dispatch() {
  if (core_->options.health_endpoints &&
      (request_.path() == "/healthz" || request_.path() == "/readyz") &&
      (request_.method == "GET" || request_.method == "HEAD")) {
    return answer_health();
  }
  if (!enter(Phase::handling, std::chrono::steady_clock::now() + core_->options.deadlines.handler))
    return lost(), false;
  handoff_.store(0, std::memory_order_relaxed);
  try {
    // A Responder that the exception drops answers 500.
    core_->handler(request_, Responder(shared_from_this()));
  } catch (const std::exception& error) {
    base::log_error("request " + std::string(request_.request_id) +
                    ": the handler threw: " + error.what());
  } catch (...) {
    base::log_error("request " + std::string(request_.request_id) +
                    ": the handler threw something unknown");
  }
  core_->requests.fetch_add(1, std::memory_order_relaxed);
  if ((handoff_.fetch_or(kHandlerReturned) & kAnswered) != 0) write_later();
  return false;
}

void Connection::answer(HttpResponse&& response) {
  response_ = std::move(response);
  if ((handoff_.fetch_or(kAnswered) & kHandlerReturned) == 0) return;
  if (core_->finished) return;  // the loops have ended: dropping the connection closes it
  write_later();
}

// In a turn of its own: requests that have arrived meanwhile are handled first, and their answers
// leave one after the other, which wakes the clients of a busy server less often.
void Connection::write_later() {
  asio::post(core_->workers, [self = shared_from_this()] {
    if (self->send_answer()) self->advance();
  });
}

void Connection::answer_internal_error() {
  answer(error_response(500, "internal", "Internal error", request_.request_id, core_->options));
}

bool Connection::answer_health() {
  const bool good = request_.path() == "/healthz" || core_->ready;
  response_ = {.status = good ? 200 : 503,
               .headers = core_->options.refusal_headers,
               .body = good ? "ok\n" : "not ready\n"};
  response_.headers.set("Content-Type", "text/plain; charset=utf-8");
  response_.headers.set("Cache-Control", "no-store");
  return send_answer();
}

// True when the answer is written and the next request may begin.
bool Connection::send_answer() {
  write_started_ = std::chrono::steady_clock::now();
  if (!enter(Phase::writing, write_started_ + core_->options.deadlines.rate_grace)) {
    log(503, 0);  // the sweep has answered
    return close(), false;
  }
  if (response_.status < 200 || response_.status > 599) {
    base::log_error("request " + std::string(request_.request_id) +
                    ": the handler answered with a status outside 200-599");
    response_ =
        error_response(500, "internal", "Internal error", request_.request_id, core_->options);
  }
  const ServerOptions& options = core_->options;
  ++served_;
  const bool may_go_on = peer_.exempt || served_ < options.limits.requests_per_connection;
  keep_ = keep_ && parser_.head().keep_alive && may_go_on &&
          !core_->draining.load(std::memory_order_relaxed) &&
          (!response_.more || parser_.head().http11);
  out_.clear();
  append_response_head(
      out_, response_,
      {.request_id = options.request_id_header ? request_.request_id : std::string_view(),
       .http11 = parser_.head().http11,
       .keep_alive = keep_});
  out_body_ = {};
  streamed_ = 0;
  if (!sends_body(request_.method, response_.status)) {
    response_.more = nullptr;
  } else if (response_.more) {
    if (!response_.body.empty()) add_piece(response_.body);
  } else {
    if (response_.body.size() <= kLargeBody) {
      out_ += response_.body;
    } else {
      out_body_ = response_.body;
    }
  }
  written_ = 0;
  return write_out();
}

bool Connection::write_out() {
  const std::size_t total = out_.size() + out_body_.size();
  while (written_ < total) {
    const std::size_t head = std::min(written_, out_.size());
    const std::array<asio::const_buffer, 2> rest = {
        asio::buffer(out_.data() + head, out_.size() - head),
        asio::buffer(out_body_.data() + (written_ - head), out_body_.size() - (written_ - head))};
    error_code error;
    written_ +=
        out_body_.empty() ? socket_.write_some(rest[0], error) : socket_.write_some(rest, error);
    if (error == asio::error::would_block) {
      if (!enter(Phase::writing, write_started_ + time_at_rate(written_, core_->options.deadlines)))
        return lost(), false;
      socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code failed) {
        if (failed) return self->lost();
        if (self->write_out()) self->advance();
      });
      return false;
    }
    if (error) return lost(), false;
  }
  if (response_.more) return next_piece();
  return finish_request();
}

void Connection::add_piece(std::string_view piece) {
  streamed_ += piece.size();
  if (parser_.head().http11)
    append_chunk(out_, piece);
  else
    out_ += piece;
}

// Makes the next piece of a streamed body, and writes it in a turn of its own: other connections of
// this loop come between.
bool Connection::next_piece() {
  if (!enter(Phase::writing, std::chrono::steady_clock::now() + core_->options.deadlines.handler))
    return lost(), false;
  out_.clear();
  written_ = 0;
  std::string piece;
  bool more = false;
  try {
    more = response_.more(piece);
  } catch (const std::exception& error) {
    base::log_error("request " + std::string(request_.request_id) +
                    ": the answer broke off: " + error.what());
    return lost(), false;
  }
  if (!piece.empty()) add_piece(piece);
  if (!more) {
    response_.more = nullptr;
    if (parser_.head().http11) append_chunk(out_, {});
  }
  write_started_ = std::chrono::steady_clock::now();
  if (!enter(Phase::writing, write_started_ + core_->options.deadlines.rate_grace))
    return lost(), false;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    if (self->write_out()) self->advance();
  });
  return false;
}

bool Connection::finish_request() {
  const std::size_t size = streamed_ > 0 ? streamed_ : response_.body.size();
  log(response_.status, sends_body(request_.method, response_.status) ? size : 0);
  if (!keep_) {
    if (!unread_input_ && begin_ == end_ && chunks_.empty()) return close(), false;
    return linger(), false;
  }
  if (stage_ == Stage::chunked_body && !chunks_.empty()) {
    if (in_.size() < chunks_.size()) in_.resize(chunks_.size());
    std::copy(chunks_.begin(), chunks_.end(), in_.begin());
    begin_ = 0;
    end_ = chunks_.size();
    chunks_.clear();
  }
  stage_ = Stage::head;
  head_timed_ = false;
  parser_.reset();
  expect_request();
  line_skipped_ = false;
  body_file_.reset();
  body_share_.resize(0);
  if (body_.capacity() > kKeepBuffer) body_ = std::string();
  if (response_.body.capacity() > kKeepBuffer) response_.body = std::string();
  return true;
}

void Connection::refuse(const Refusal& refusal) {
  request_.body = {};
  response_ = error_response(refusal.status, refusal.code, refusal.message, request_.request_id,
                             core_->options);
  if (refusal.status == 405)
    response_.headers.set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  keep_ = false;
  unread_input_ = true;
  ++(refusal.status == 503 ? core_->shed : core_->refused);
  send_answer();
}

// The answer is out: reads on for a while, so that closing does not destroy it on its way (RFC
// 9112, 9.6).
void Connection::linger() {
  if (!lingering_) {
    lingering_ = true;
    body_received_ = 0;
    stage_ = Stage::head;
    error_code ignored;  // the peer may be gone already
    socket_.shutdown(Socket::shutdown_send, ignored);
    if (!enter(Phase::lingering,
               std::chrono::steady_clock::now() + core_->options.deadlines.linger))
      return close();
  }
  if (body_received_ > kMaxDrain) return close();
  read_into(in_.data(), in_.size());
}

void Connection::log(int status, std::size_t bytes) {
  if (!core_->options.access_log) return;
  const auto duration = std::chrono::steady_clock::now() - started_;
  core_->options.access_log(
      {.method = request_.method,
       .target = request_.target,
       .status = status,
       .bytes = bytes,
       .duration = std::chrono::duration_cast<std::chrono::microseconds>(duration),
       .peer = response_.client.empty() ? peer_.address : response_.client,
       .request_id = request_.request_id});
}

}  // namespace net::detail
