// RequestParser: Beast's HTTP/1.1 parser behind the checks that it leaves out.
//
// Before Beast sees a header block, its lines are measured and must end in CRLF and not be folded;
// while Beast reads it, each field is held to RFC 9112: one Host, digits only in Content-Length,
// `chunked` alone in Transfer-Encoding and only on 1.1. No body starts on a guess, so that nothing
// can be smuggled past a proxy that reads another way.
//
// parse_head() until complete; then, for a chunked body, parse_chunked() until complete; then
// reset() for the next request.
//
// Thread safety: one thread at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.h"

namespace net::detail {

enum class ParseStatus { need_more, complete, refused };

struct Refusal {
  int status = 400;
  const char* code = "bad_request";
  const char* message = "";
};

// Views of the text given to parse_head().
struct RequestHead {
  std::string_view method;
  std::string_view target;  // origin form or "*": the authority of an absolute form is cut off
  std::string_view host;
  std::vector<HeaderField> fields;
  bool http11 = true;
  bool keep_alive = true;
  bool chunked = false;
  bool expect_continue = false;
  std::uint64_t content_length = 0;

  bool has_body() const { return chunked || content_length > 0; }
};

class RequestParser {
 public:
  explicit RequestParser(const ServerLimits& limits);
  ~RequestParser();

  void reset();

  // `text`: everything that arrived since the request began. Calling again with more text looks at
  // the new part only.
  ParseStatus parse_head(std::string_view text);
  std::size_t head_size() const;  // REQUIRES: parse_head() is complete.
  const RequestHead& head() const;

  // Moves decoded bytes from `text` to `body`, at most `limit` in all, and adds to `consumed` how
  // much of `text` it used.
  ParseStatus parse_chunked(std::string_view text, std::size_t limit, std::size_t& consumed,
                            std::string& body);

  const Refusal& refusal() const;  // REQUIRES: refused.

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace net::detail
