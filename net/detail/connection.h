// Connection: one client's socket, from accept to close.
//
// A connection is a chain of steps (read, parse, handle, write) of which one runs at a time, so it
// needs no lock. It begins on the I/O thread and moves to the workers with its first request that
// is not for a health endpoint. What another thread may do to it is decided by one atomic word: the
// phase and its deadline. A step moves the word on by compare-exchange; the sweep of the I/O thread
// takes an expired connection by the same means, so that exactly one of them acts.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/detail/body_file.h"
#include "net/detail/body_share.h"
#include "net/detail/request_parser.h"
#include "net/detail/server_core.h"

namespace net::detail {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

struct Peer {
  std::string address;
  ClientKey key;  // counted against connections_per_ip, unless exempt
  bool loopback = false;
  bool exempt = false;  // from limits of one address and of one connection
  bool v6 = false;      // the socket's family
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // REQUIRES: `socket` belongs to core->io.
  Connection(std::shared_ptr<ServerCore> core, Socket socket, Peer peer);
  ~Connection();

  // Enters the table and reads; answers 503 and closes when there are too many connections.
  void start();

  // From any thread, once per request.
  void answer(HttpResponse&& response);
  void answer_internal_error();

  // For ConnectionTable's visitors, under its lock.
  void expire_if_due(std::uint64_t now_ms);
  void close_if_idle();
  void abort();
  std::size_t table_index = 0;

 private:
  enum class Phase : std::uint64_t { idle, head, body, handling, writing, lingering, expired };
  enum class Stage { head, fixed_body, chunked_body };

  // Moves to `phase` until `deadline`. False: the sweep took the connection.
  bool enter(Phase phase, SteadyTime deadline);
  bool expire(std::uint64_t word);
  bool expired() const;
  void send_now(int status, const char* code, const char* message, std::string_view method = {});

  void advance();
  bool receive();
  bool receive_head();
  bool begin_body();
  bool receive_fixed_body();
  bool receive_chunked_body();
  bool make_room(std::size_t& more);
  bool finish_body();
  bool use_body_file(const std::function<void()>& use);
  bool dispatch();
  bool answer_health();
  void write_later();
  bool send_answer();
  bool write_out();
  void add_piece(std::string_view piece);
  bool next_piece();
  bool finish_request();

  void skip_empty_line();
  void wait_for_request();
  bool has_unread() const;
  void hand_over();
  void read_head();
  void read_into(char* data, std::size_t size);
  void on_read(std::size_t size);
  bool enter_body_phase();
  void refuse(const Refusal& refusal);
  void linger();
  void lost();
  void close();
  void log(int status, std::size_t bytes);
  void expect_request();
  void begin_request();

  std::string_view buffered() const { return {in_.data() + begin_, end_ - begin_}; }

  std::shared_ptr<ServerCore> core_;  // first: destroyed after the socket
  Socket socket_;
  const Peer peer_;
  const int fd_;
  bool on_io_thread_ = true;
  bool closed_ = false;
  bool keep_ = true;           // after this answer
  bool unread_input_ = false;  // the client may still be sending what nobody will read
  bool head_timed_ = false;    // started_ is the head's
  bool line_skipped_ = false;  // an empty one, before the request
  bool lingering_ = false;
  Stage stage_ = Stage::head;
  std::size_t served_ = 0;

  std::vector<char> in_;  // the head's views point here
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::string chunks_;  // a chunked body as it arrives
  std::string body_;    // what of it is not in body_file_
  std::unique_ptr<BodyFile> body_file_;
  BodyShare body_share_;
  std::size_t body_received_ = 0;
  std::size_t body_limit_ = 0;
  RequestParser parser_;

  char request_id_[16];  // of the request that is awaited, too
  HttpRequest request_;
  HttpResponse response_;
  std::string out_;
  std::string_view out_body_;  // a large body, sent from where it is
  std::size_t written_ = 0;
  std::size_t streamed_ = 0;  // bytes of a streamed body, for the log
  SteadyTime started_{};      // of the request's head until it is whole, then of the request
  SteadyTime write_started_{};

  std::atomic<int> handoff_{0};  // who comes second, answer() or the handler's return, goes on
  std::atomic<std::uint64_t> word_{0};
  std::uint64_t own_word_ = 0;  // the value this chain stored last
};

}  // namespace net::detail
