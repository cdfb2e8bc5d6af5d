// Served: an in-memory engine behind the API on a free port, for tests over real sockets.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "dynamodb/local/engine.h"
#include "dynamodb/server/api.h"
#include "net/detail/raw_client.h"
#include "net/http_server.h"

namespace dynamodb::server {

inline constexpr char kAnySignature[] =
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/"
    "aws4_request, SignedHeaders=host, Signature=0\r\n";
inline constexpr char kJsonType[] = "Content-Type: application/x-amz-json-1.0\r\n";

// The text of a request; `headers` are whole lines.
inline std::string post(std::string_view headers, std::string_view body) {
  std::string text = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  text.append(headers).append("Content-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

// A well-formed call of an operation.
inline std::string call(std::string_view operation, std::string_view body,
                        std::string_view more_headers = {}) {
  std::string headers = "X-Amz-Target: DynamoDB_20120810.";
  headers.append(operation).append("\r\n").append(kJsonType).append(kAnySignature);
  return post(headers.append(more_headers), body);
}

class Served {
 public:
  explicit Served(ApiOptions options = {}, net::ServerOptions server_options = {})
      : engine_(local::Engine::open(
            {.now = [this] { return base::now() + std::chrono::milliseconds(moved_); },
             .housekeeping_interval = std::chrono::seconds(0),
             .index_history = kMaxIndexLag})),
        api_(*engine_, std::move(options)) {
    server_options.port = 0;
    server_.emplace(api_.server_options(std::move(server_options)), api_.handler());
    server_->start();
  }

  std::uint16_t port() const { return server_->port(); }
  Client& client() { return *engine_; }
  local::Engine& engine() { return *engine_; }
  void advance_clock(std::chrono::milliseconds by) { moved_ += by.count(); }
  // One request on a connection of its own.
  std::string ask(std::string_view request) const {
    return net::detail::RawClient(port()).ask(request);
  }
  std::string body(std::string_view operation, std::string_view json,
                   std::string_view more_headers = {}) const {
    return net::detail::body_of(ask(call(operation, json, more_headers)));
  }
  // A table of partition key pk: S.
  void make_table(const std::string& name) {
    engine_->create_table({.name = name, .key = {.partition = {.name = "pk"}}}).value();
  }

 private:
  std::atomic<std::int64_t> moved_{0};  // ms, by which the engine's clock was moved on
  std::unique_ptr<local::Engine> engine_;
  Api api_;
  std::optional<net::HttpServer> server_;
};

}  // namespace dynamodb::server
