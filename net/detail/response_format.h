// The text of a response's head, with the headers that are the server's own.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_server.h"

namespace net::detail {

std::string_view reason_phrase(int status);

struct HeadFormat {
  std::string_view request_id;  // empty: no X-Request-Id
  bool http11 = true;           // what the client speaks
  bool keep_alive = true;
};

// A piece of a chunked body; an empty one ends it.
void append_chunk(std::string& out, std::string_view piece);

// Appends status line and headers with the empty line. 1xx, 204 and 304 get no Content-Length.
void append_response_head(std::string& out, const HttpResponse& response, const HeadFormat& format);

// True where the answer to `method` carries `response`'s body.
bool sends_body(std::string_view method, int status);

// What the server answers by itself: options.refusal_page's, or
// {"error":…,"code":…,"request_id":…} with options.refusal_headers.
HttpResponse error_response(int status, std::string_view code, std::string_view message,
                            std::string_view request_id, const ServerOptions& options);

// Sixteen hexadecimal digits, unique in the process and different in each process.
void write_request_id(char (&out)[16]);

}  // namespace net::detail
