// HttpRequest and HttpResponse: what the HTTP server hands to its handler and takes back.
//
// A request is a set of views over the connection's buffer: nothing is copied or allocated. A
// response's headers are kept as the text that goes over the wire, one string. The framing headers
// (Content-Length, Transfer-Encoding, Connection) and Date and X-Request-Id are the server's own.
//
// Thread safety: values; one thread at a time.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/text.h"

namespace net {

struct HeaderField {
  std::string_view name;
  std::string_view value;
};

// Every view stays valid until the request is answered.
struct HttpRequest {
  std::string_view method;  // one of GET HEAD POST PUT PATCH DELETE OPTIONS
  std::string_view
      target;  // path and query as sent, never decoded; begins with '/' (or is "*" of OPTIONS)
  std::string_view host;                   // the Host header, empty where HTTP/1.0 sent none
  std::span<const HeaderField> headers{};  // in the order sent
  std::string_view body;  // whole, chunked encoding removed; a large one is a mapped file
  std::string_view peer;  // the socket's address without port: "127.0.0.1", "2001:db8::1"
  bool peer_is_loopback = false;
  std::string_view request_id;  // sixteen characters, unique in the process

  // The first header of that name, in any case.
  std::optional<std::string_view> header(std::string_view name) const;
  // All headers of that name as the one list that they are (RFC 9110, 5.3); empty without one.
  std::string header_list(std::string_view name) const;
  // The target without its query, and the query without its '?'.
  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const;
};

// Response headers. Adding one checks it, so that a bad value throws before anything is sent.
class HeaderBlock {
 public:
  // Throws std::invalid_argument when `name` is no token or one of the server's own, or `value`
  // holds a control character.
  void add(std::string_view name, std::string_view value);
  // add(), in place of every earlier header of that name.
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void add_all(const HeaderBlock& other) { text_ += other.text_; }

  std::optional<std::string_view> get(std::string_view name) const&;
  std::optional<std::string_view> get(std::string_view name) const&& = delete;
  bool contains(std::string_view name) const { return get(name).has_value(); }
  bool empty() const { return text_.empty(); }

  // Calls `visit(HeaderField)` for each header in order; stops when it returns true, and says so.
  template <class Visitor>
  bool any_of(Visitor&& visit) const {
    for (std::string_view rest = text_; !rest.empty();) {
      const std::size_t end = rest.find("\r\n");
      const std::size_t colon = rest.find(": ");
      if (visit(HeaderField{rest.substr(0, colon), rest.substr(colon + 2, end - colon - 2)}))
        return true;
      rest.remove_prefix(end + 2);
    }
    return false;
  }

  // "Name: value\r\n" for each header.
  const std::string& text() const& { return text_; }
  const std::string& text() const&& = delete;

 private:
  std::string text_;
};

struct HttpResponse {
  int status = 200;
  HeaderBlock headers{};
  std::string body{};  // not sent for HEAD, 204 and 304
  // Of an answer that is too large to be held: called for each further piece, which it appends,
  // once the one before is on its way; false: this was the last. Sent in chunks. Called on a worker
  // thread, which it may block; where it throws, the connection ends, so that what came is not
  // taken for all of it.
  std::function<bool(std::string& piece)> more{};
  std::string client{};  // whom the access log names in place of the peer; empty: the peer
};

}  // namespace net
