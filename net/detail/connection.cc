#include "net/detail/connection.h"

#include <cstring>

#include <boost/asio/post.hpp>
#include <sys/socket.h>

#include "base/log.h"
#include "net/detail/response_format.h"

namespace net::detail {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kFirstBuffer = 4 * 1024;
constexpr std::size_t kBodyRead = 64 * 1024;
constexpr std::size_t kChunkRead = 16 * 1024;
constexpr std::size_t kSmallRead = 4 * 1024;  // while bodies have no memory left
constexpr int kPipelineDepth = 16;  // requests of one connection before others have their turn

enum class HealthPrefix { no, yes, unknown };

// Whether a request that begins with `text` is for a health endpoint.
HealthPrefix health_prefix(std::string_view text) {
  for (const std::string_view line :
       {"GET /healthz", "GET /readyz", "HEAD /healthz", "HEAD /readyz"}) {
    if (text.size() <= line.size()) {
      if (line.substr(0, text.size()) == text) return HealthPrefix::unknown;
    } else if (text.substr(0, line.size()) == line &&
               (text[line.size()] == ' ' || text[line.size()] == '?')) {
      return HealthPrefix::yes;
    }
  }
  return HealthPrefix::no;
}

void reset_on_close(int fd) {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerCore> core, Socket socket, Peer peer)
    : core_(std::move(core)),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      fd_(socket_.native_handle()),
      in_(kFirstBuffer),
      body_share_(core_->body_memory, core_->options.limits.all_bodies_in_memory),
      parser_(core_->options.limits) {
  error_code ignored;  // a socket that fails here fails to read
  socket_.non_blocking(true, ignored);
}

Connection::~Connection() { close(); }

void Connection::start() {
  expect_request();
  if (!core_->table.add(*this, peer_.key)) {
    ++core_->shed;
    send_now(503, "too_many_connections", "There are too many connections.");
    return close();
  }
  head_timed_ = true;  // from the accept, not from the first byte
  started_ = std::chrono::steady_clock::now();
  if (!enter(Phase::idle, started_ + core_->options.deadlines.header)) return lost();
  read_head();
}

// ---- Deadlines

bool Connection::enter(Phase phase, SteadyTime deadline) {
  const std::uint64_t next = (to_ms(deadline) << 3) | static_cast<std::uint64_t>(phase);
  std::uint64_t expected = own_word_;
  if (!word_.compare_exchange_strong(expected, next)) return false;
  own_word_ = next;
  return true;
}

bool Connection::expired() const { return static_cast<Phase>(word_.load() & 7) == Phase::expired; }

bool Connection::expire(std::uint64_t word) {
  return word_.compare_exchange_strong(word, static_cast<std::uint64_t>(Phase::expired));
}

void Connection::expire_if_due(std::uint64_t now_ms) {
  const std::uint64_t word = word_.load();
  const auto phase = static_cast<Phase>(word & 7);
  if (phase == Phase::expired || (word >> 3) > now_ms || !expire(word)) return;
  switch (phase) {
    case Phase::head:  // request_ may be being made
      send_now(408, "request_timeout", "The request took too long to arrive.");
      break;
    case Phase::body:
      send_now(408, "request_timeout", "The request took too long to arrive.", request_.method);
      break;
    case Phase::handling:
      send_now(503, "handler_timeout", "The answer took too long to make.", request_.method);
      break;
    case Phase::writing:
      reset_on_close(fd_);
      break;
    default:
      break;
  }
  if (phase != Phase::idle && phase != Phase::lingering) ++core_->refused;
  ::shutdown(fd_, SHUT_RDWR);
}

// Whether bytes of a request have arrived: it is in flight then, and is served though the server
// stops.
bool Connection::has_unread() const {
  char byte = 0;
  return ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void Connection::close_if_idle() {
  if (static_cast<Phase>(word_.load() & 7) != Phase::idle || has_unread()) return;
  // The pending read ends, and with it the connection. A request that was read a moment ago, and
  // whose handler has yet to run, is still answered.
  ::shutdown(fd_, SHUT_RD);
}

void Connection::abort() {
  word_.store(static_cast<std::uint64_t>(Phase::expired));
  ::shutdown(fd_, SHUT_RDWR);
}

// Written by the sweep, which owns the connection from expire() on. What does not fit the socket's
// buffer is lost: the connection ends anyway.
void Connection::send_now(int status, const char* code, const char* message,
                          std::string_view method) {
  const std::string_view request_id(request_id_, sizeof request_id_);
  const HttpResponse response = error_response(status, code, message, request_id, core_->options);
  std::string text;
  append_response_head(
      text, response,
      {.request_id = core_->options.request_id_header ? request_id : std::string_view(),
       .keep_alive = false});
  if (sends_body(method, status)) text += response.body;
  [[maybe_unused]] const ssize_t sent =
      ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

// ---- Reading

void Connection::advance() {
  for (int done = 0; done < kPipelineDepth; ++done) {
    if (!receive() || !dispatch()) return;
  }
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->advance(); });
}

// True when a whole request is there; otherwise a read runs or the connection ends.
bool Connection::receive() {
  switch (stage_) {
    case Stage::head:
      return receive_head();
    case Stage::fixed_body:
      return receive_fixed_body();
    case Stage::chunked_body:
      return receive_chunked_body();
  }
  return false;
}

bool Connection::receive_head() {
  skip_empty_line();
  if (begin_ == end_) return wait_for_request(), false;
  ParseStatus status = ParseStatus::need_more;
  const HealthPrefix health = on_io_thread_ ? health_prefix(buffered()) : HealthPrefix::yes;
  if (health == HealthPrefix::yes) status = parser_.parse_head(buffered());
  if (status == ParseStatus::complete) return begin_body();
  if (!std::exchange(head_timed_, true)) started_ = std::chrono::steady_clock::now();
  if (health == HealthPrefix::no) return hand_over(), false;
  if (status == ParseStatus::refused) return refuse(parser_.refusal()), false;
  if (!enter(Phase::head, started_ + core_->options.deadlines.header)) return lost(), false;
  read_head();
  return false;
}

// RFC 9112, 2.2: one before a request is ignored, which some clients send behind a body.
void Connection::skip_empty_line() {
  if (line_skipped_ || buffered().substr(0, 2) != "\r\n") return;
  line_skipped_ = true;
  head_timed_ = false;
  begin_ += 2;
  parser_.reset();
}

void Connection::wait_for_request() {
  begin_ = end_ = 0;
  if (in_.size() > kFirstBuffer) in_ = std::vector<char>(kFirstBuffer);
  if (core_->draining && !has_unread()) return close();
  if (!enter(Phase::idle, std::chrono::steady_clock::now() + core_->options.deadlines.idle))
    return lost();
  read_head();
}

// From here on the connection belongs to their loop.
void Connection::hand_over() {
  if (core_->overloaded)
    return refuse({503, "overloaded", "The server is busy. Try again shortly."});
  error_code error;
  const auto handle = socket_.release(error);
  if (error) return close();
  on_io_thread_ = false;
  socket_ = Socket(core_->workers);
  socket_.assign(peer_.v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), handle, error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return close();
  asio::post(core_->workers, [self = shared_from_this()] { self->advance(); });
}

// Decides how the body is read. True when all of it is buffered.
bool Connection::begin_body() {
  const RequestHead& head = parser_.head();
  begin_ += parser_.head_size();
  begin_request();
  const std::string_view method = head.method;
  if (method == "TRACE" || method == "CONNECT") {
    return refuse({405, "method_not_allowed", "The method is not allowed."}), false;
  }
  static constexpr std::string_view kMethods[] = {"GET",   "POST",   "HEAD",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};
  if (std::find(std::begin(kMethods), std::end(kMethods), method) == std::end(kMethods)) {
    return refuse({501, "not_implemented", "The method is not known."}), false;
  }
  if (!head.has_body()) return true;

  const ServerOptions& options = core_->options;
  body_limit_ =
      options.body_limit ? options.body_limit(method, request_.path()) : options.limits.body;
  if (head.content_length > body_limit_) {
    return refuse({413, "body_too_large", "The request body is too large."}), false;
  }
  const std::string_view rest = buffered();
  if (!head.chunked && rest.size() >= head.content_length) {
    request_.body = rest.substr(0, head.content_length);
    begin_ += head.content_length;
    return true;
  }
  if (head.expect_continue && rest.empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code error;
    if (socket_.write_some(asio::buffer(kContinue), error) != kContinue.size())
      return close(), false;
  }
  body_.clear();
  body_file_.reset();
  stage_ = head.chunked ? Stage::chunked_body : Stage::fixed_body;
  (head.chunked ? chunks_ : body_).assign(rest);
  body_received_ = rest.size();
  begin_ = end_;
  return receive();
}

bool Connection::receive_fixed_body() {
  const std::uint64_t length = parser_.head().content_length;
  // Grows with what arrives, so that a declared length alone takes no memory.
  std::size_t more = std::min<std::size_t>(length - body_received_, kBodyRead);
  if (!make_room(more)) return false;
  if (body_received_ == length) return finish_body();
  if (!enter_body_phase()) return lost(), false;
  const std::size_t held = body_.size();
  body_.resize(held + more);
  read_into(body_.data() + held, more);
  return false;
}

bool Connection::receive_chunked_body() {
  std::size_t consumed = 0;
  const std::size_t spooled = body_file_ ? body_file_->size() : 0;
  const ParseStatus status = parser_.parse_chunked(chunks_, body_limit_ - spooled, consumed, body_);
  chunks_.erase(0, consumed);
  if (status == ParseStatus::refused) return refuse(parser_.refusal()), false;
  std::size_t more = status == ParseStatus::complete ? 0 : kChunkRead;
  if (!make_room(more)) return false;
  if (status == ParseStatus::complete) return finish_body();
  if (!enter_body_phase()) return lost(), false;
  const std::size_t held = chunks_.size();
  chunks_.resize(held + more);
  read_into(chunks_.data() + held, more);
  return false;
}

// Makes room to read `more` bytes, perhaps fewer. What is too large for memory, or finds none left
// by other bodies, moves to the body's file. False: refused.
bool Connection::make_room(std::size_t& more) {
  if (!body_file_ && body_.size() <= core_->options.limits.body_in_memory &&
      body_share_.resize(body_.size() + more))
    return true;
  const bool stored = use_body_file([this] {
    if (!body_file_) body_file_ = std::make_unique<BodyFile>(core_->options.body_folder);
    body_file_->append(body_);
    body_ = {};
  });
  if (!stored) return false;
  body_share_.resize(0);
  if (!body_share_.resize(more)) more = std::min(more, kSmallRead);
  return true;
}

bool Connection::finish_body() {
  request_.body = body_;
  return !body_file_ || use_body_file([this] { request_.body = body_file_->content(); });
}

bool Connection::use_body_file(const std::function<void()>& use) {
  try {
    use();
    return true;
  } catch (const std::system_error& error) {
    base::log_error("a request's body cannot be stored: " + std::string(error.what()));
    refuse({503, "storage_unavailable", "The request body cannot be stored now."});
    return false;
  }
}

bool Connection::enter_body_phase() {
  const ServerDeadlines& deadlines = core_->options.deadlines;
  return enter(Phase::body,
               started_ + std::min(deadlines.body, time_at_rate(body_received_, deadlines)));
}

void Connection::read_head() {
  if (end_ == in_.size() && begin_ > 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == in_.size())
    in_.resize(in_.size() * 2);  // HeadScanner refuses before this grows large
  read_into(in_.data() + end_, in_.size() - end_);
}

void Connection::read_into(char* data, std::size_t size) {
  socket_.async_read_some(asio::buffer(data, size),
                          [self = shared_from_this(), size](error_code error, std::size_t n) {
                            if (error) return self->lost();
                            if (self->stage_ == Stage::chunked_body)
                              self->chunks_.resize(self->chunks_.size() - size + n);
                            if (self->stage_ == Stage::fixed_body)
                              self->body_.resize(self->body_.size() - size + n);
                            self->on_read(n);
                          });
}

void Connection::on_read(std::size_t size) {
  if (lingering_) {
    body_received_ += size;
    return linger();
  }
  if (stage_ == Stage::head) {
    end_ += size;
  } else {
    body_received_ += size;
  }
  advance();
}

// It has its id before it comes: the sweep, which may answer for what never comes whole, and the
// log name it alike.
void Connection::expect_request() {
  write_request_id(request_id_);
  request_ = {};
  request_.request_id = {request_id_, sizeof request_id_};
  response_.client.clear();
}

void Connection::begin_request() {
  const RequestHead& head = parser_.head();
  started_ = std::chrono::steady_clock::now();
  request_ = HttpRequest{.method = head.method,
                         .target = head.target,
                         .host = head.host,
                         .headers = head.fields,
                         .body = {},
                         .peer = peer_.address,
                         .peer_is_loopback = peer_.loopback,
                         .request_id = {request_id_, sizeof request_id_}};
}

// ---- Ending

// The client is gone, or the sweep has ended the connection.
void Connection::lost() {
  const auto phase = static_cast<Phase>(own_word_ & 7);
  if (expired() && (phase == Phase::head || phase == Phase::body)) log(408, 0);
  if (phase == Phase::writing) log(response_.status, 0);
  close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  core_->table.remove(*this, peer_.key);  // first: what is in the table has an open socket
  error_code ignored;                     // nothing can be done about a socket that does not close
  socket_.close(ignored);
}

}  // namespace net::detail
