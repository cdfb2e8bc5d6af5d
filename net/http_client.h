// HttpClient: HTTP/1.1 requests over TCP, TLS or a unix socket, for calls to services (AWS).
//
//   net::HttpClient client;
//   auto outcome = client.send({.method = "GET", .url = "https://example.com/",
//                               .deadline = net::HttpClient::Clock::now() + 2s});
//   if (!outcome) log(outcome.error().message);
//
// A thread that waits for its answer moves the bytes itself, those of all requests, where nobody
// does; else a thread of the client's own does it. Connections are kept and used again.
// Certificates are verified unless the options say otherwise, TLS is 1.2 or later. Redirects are
// not followed, nothing is sent twice, bodies are not decoded (decompress() in net/gzip.h does
// that): what arrives is what was sent.
//
// Not for: answers that do not fit in memory, HTTP/2.
//
// Thread safety: send() and stop() from any thread; completions run on the client's thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include "base/timestamp.h"

namespace net {

struct OwnedHeader {
  std::string name;
  std::string value;
};

struct ClientRequest {
  std::string method = "POST";
  // http://host[:port]/path?query or https://…, sent as it is. With `unix_socket` its host is only
  // what the Host header says.
  std::string url;
  std::string unix_socket{};  // a path; empty: by TCP
  std::vector<OwnedHeader> headers{};
  std::string body{};
  // For everything: waiting for a connection, name look-up, TLS, sending, receiving.
  std::chrono::steady_clock::time_point deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(30);
  std::size_t max_response_bytes = 32 * 1024 * 1024;  // of the body as sent
};

struct ClientResponse {
  int status = 0;
  std::string header_lines{};  // "Name: value\n" for each header
  std::string body{};
  std::uint32_t body_crc32 = 0;  // CRC-32 of the body as sent, taken as it comes

  // The first header of that name, in any case.
  std::optional<std::string_view> header(std::string_view name) const&;
  std::optional<std::string_view> header(std::string_view name) const&& = delete;
  // When the server says it answered; nullopt: it does not, or in no form of RFC 9110.
  std::optional<base::Timestamp> date() const;
};

enum class ClientErrorKind {
  connect,          // no connection was made: the request was not sent
  untrusted,        // TLS could not be agreed on, or the certificate is not to be trusted; not sent
  timeout,          // the deadline
  broken,           // the connection broke, or what came is not HTTP
  too_large,        // the answer is over max_response_bytes, or its headers are over 64 KiB
  invalid_request,  // a URL or a header that cannot be sent
  stopped,          // the client is being destroyed
};

struct ClientError {
  ClientErrorKind kind;
  bool may_have_been_sent;  // false: the server has surely not seen the request
  std::string message;      // without headers, bodies and the URL's query
};
[[noreturn]] void throw_exception_from_error(const ClientError& error,
                                             const boost::source_location& where);

using ClientOutcome = boost::system::result<ClientResponse, ClientError>;

struct ClientOptions {
  std::size_t connections_per_host = 64;             // further requests wait for one of them
  std::chrono::milliseconds connect_timeout{3'000};  // TCP and TLS; the deadline holds too
  std::chrono::seconds idle_timeout{50};             // for connections that are kept
  std::string ca_file{};                             // PEM; empty: the system's certificates
  bool verify_certificates = true;  // false: whoever answers is believed, for trying things out
  std::string proxy{};  // "http://host:port"; never used for loopback and link-local addresses
};

class HttpClient {
 public:
  using Clock = std::chrono::steady_clock;
  // Called once for each request, on the client's thread (after stop(), within send()): must be
  // quick, not block and not throw. May call send() with a completion.
  using Completion = std::function<void(ClientOutcome)>;

  explicit HttpClient(ClientOptions options = {});
  // As stop(), and waits until all is completed. REQUIRES: not called from a completion; no send()
  // runs, or waits, on another thread.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void send(ClientRequest request, Completion completion);
  // Waits for the outcome. REQUIRES: not called from a completion.
  ClientOutcome send(ClientRequest request);
  // What is in flight completes as `stopped`, soon; what is sent from now on, at once.
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace net
