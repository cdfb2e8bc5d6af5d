// Reply: how a call of the API is answered, once, from any thread.
//
// Adds what every answer of DynamoDB's carries: x-amzn-RequestId, x-amz-crc32, the content type,
// and for a browser's request the CORS headers.
#pragma once
#include <string>
#include <string_view>

#include "dynamodb/error.h"
#include "dynamodb/server/delay_line.h"
#include "net/http_server.h"

namespace dynamodb::server {

// How to answer one request. Views point to what outlives the server.
struct ReplyFormat {
  std::string_view content_type = "application/x-amz-json-1.0";
  std::string_view allow_origin{};  // empty: no CORS headers
  bool gzip = false;                // where the client takes it and the answer is large
};

// An answer with DynamoDB's headers around `body`.
net::HttpResponse make_response(int status, std::string body, const ReplyFormat& format);
// {"__type":"com.amazon.coral.service#<type>","message":<message>}; no message where it is empty.
std::string service_error(std::string_view type, std::string_view message = {});
// 400, 500 or 503.
int http_status(ErrorCode code);

class Reply {
 public:
  Reply(net::Responder responder, ReplyFormat format)
      : responder_(std::move(responder)), format_(format) {}
  Reply(Reply&&) noexcept = default;

  // Holds the answer back. REQUIRES: `line` outlives it.
  void delay(DelayLine& line, std::chrono::milliseconds time) {
    line_ = &line;
    delay_ = time;
  }

  // REQUIRES: of these, one is called once. The request's views end with it.
  void ok(std::string json) { send(200, std::move(json)); }
  void error(const Error& error);
  void refuse(std::string_view type, std::string_view message = {}) {
    send(400, service_error(type, message));
  }

 private:
  void send(int status, std::string json);

  net::Responder responder_;
  ReplyFormat format_;
  DelayLine* line_ = nullptr;
  std::chrono::milliseconds delay_{0};
};

}  // namespace dynamodb::server
