#include "net/detail/request_parser.h"

#include <charconv>
#include <limits>
#include <optional>

#include <boost/beast/http/basic_parser.hpp>

#include "net/detail/head_scanner.h"

namespace net::detail {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr std::size_t kMaxChunkLine = 256;
constexpr std::size_t kMaxTrailers = 8 * 1024;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

// Digits only: no sign, space or list; at most 2^63 - 1.
bool parse_content_length(std::string_view text, std::uint64_t& length) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.front() == '-') return false;
  if (const auto [stop, error] = std::from_chars(text.data(), end, value);
      error != std::errc() || stop != end)
    return false;
  length = static_cast<std::uint64_t>(value);
  return true;
}

// Beast's parser, which tells us each part; every check of ours that fails sets `refusal`.
class BeastParser : public http::basic_parser<true> {
 public:
  BeastParser(const ServerLimits& limits, RequestHead& head, Refusal& refusal)
      : limits_(limits), head_(head), refusal_(refusal) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // HeadScanner limits sizes
    body_limit(boost::none);                                  // ours is checked per chunk
  }

  std::string* body = nullptr;
  std::size_t body_max = 0;
  bool at_chunk_header = true;

 private:
  void refuse(error_code& ec, const char* message, int status = 400,
              const char* code = "bad_request") {
    refusal_ = {status, code, message};
    ec = http::error::bad_field;
  }

  void on_request_impl(http::verb, boost::beast::string_view method,
                       boost::beast::string_view target, int version, error_code& ec) override {
    head_.method = view(method);
    head_.target = view(target);
    head_.http11 = version == 11;
    for (const char c : head_.target) {
      if (static_cast<unsigned char>(c) > 0x7E || c == '#' || c == '"' || c == '<' || c == '>') {
        return refuse(ec, "The request target holds a character that must be percent-encoded.");
      }
    }
  }

  void on_field_impl(http::field field, boost::beast::string_view name,
                     boost::beast::string_view value, error_code& ec) override {
    if (in_trailers_) return;  // checked for form by Beast and for size by us, and dropped
    if (head_.fields.size() >= limits_.header_count) {
      return refuse(ec, "The request has too many headers.", 431, "headers_too_large");
    }
    head_.fields.push_back({view(name), view(value)});
    switch (field) {
      case http::field::host:
        return on_host(view(value), ec);
      case http::field::content_length:
        return on_content_length(view(value), ec);
      case http::field::transfer_encoding:
        return on_transfer_encoding(view(value), ec);
      case http::field::expect:
        return on_expect(view(value), ec);
      case http::field::authorization:
        if (has_authorization_) return refuse(ec, "The request has two Authorization headers.");
        has_authorization_ = true;
        return;
      default:
        return;
    }
  }

  void on_host(std::string_view value, error_code& ec) {
    if (has_host_) return refuse(ec, "The request has two Host headers.");
    if (!is_host(value)) return refuse(ec, "The Host header is malformed.");
    has_host_ = true;
    head_.host = value;
  }
  void on_content_length(std::string_view value, error_code& ec) {
    if (has_length_) return refuse(ec, "The request has two Content-Length headers.");
    if (!parse_content_length(value, head_.content_length))
      return refuse(ec, "The Content-Length header is malformed.");
    has_length_ = true;
  }
  void on_transfer_encoding(std::string_view value, error_code& ec) {
    if (!head_.http11 || head_.chunked || !equals_ignoring_case(value, "chunked")) {
      return refuse(ec, "The only Transfer-Encoding is chunked, on HTTP/1.1.");
    }
    head_.chunked = true;
  }
  void on_expect(std::string_view value, error_code& ec) {
    if (!equals_ignoring_case(value, "100-continue")) {
      return refuse(ec, "The only expectation is 100-continue.", 417, "expectation_failed");
    }
    head_.expect_continue = head_.http11;
  }

  void on_header_impl(error_code& ec) override {
    if (head_.http11 && !has_host_) return refuse(ec, "The request has no Host header.");
    if (head_.chunked && has_length_)
      return refuse(ec, "The request has both Content-Length and Transfer-Encoding.");
    in_trailers_ = true;
    head_.keep_alive = keep_alive();
  }

  void on_chunk_header_impl(std::uint64_t size, boost::beast::string_view extensions,
                            error_code& ec) override {
    if (extensions.size() > kMaxChunkLine) return refuse(ec, "A chunk's size line is too long.");
    if (size > body_max - body->size())
      return refuse(ec, "The request body is too large.", 413, "body_too_large");
    at_chunk_header = false;
  }
  std::size_t on_chunk_body_impl(std::uint64_t remain, boost::beast::string_view part,
                                 error_code&) override {
    body->append(part.data(), part.size());
    at_chunk_header = remain == part.size();
    return part.size();
  }

  void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view part, error_code&) override {
    return part.size();
  }
  void on_finish_impl(error_code&) override {}

  const ServerLimits& limits_;
  RequestHead& head_;
  Refusal& refusal_;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_authorization_ = false;
  bool in_trailers_ = false;
};

// What follows the CRLF of the chunk before: the size line, and for the last chunk the trailers.
const char* chunk_line_fault(std::string_view text) {
  if (text == "\r") return nullptr;  // its LF has yet to arrive
  if (text.substr(0, 2) == "\r\n") text.remove_prefix(2);
  const std::size_t digits =
      std::min(text.find_first_not_of("0123456789abcdefABCDEF"), text.size());
  if (digits > 16) return "A chunk's size has too many digits.";
  if (digits < text.size() && (digits == 0 || (text[digits] != '\r' && text[digits] != ';'))) {
    return "A chunk's size is malformed.";
  }
  const std::size_t end = text.find('\n');
  if (std::min(end, text.size()) > kMaxChunkLine) return "A chunk's size line is too long.";
  if (end == std::string_view::npos) return nullptr;
  if (end == 0 || text[end - 1] != '\r') return "A chunk's size line does not end in CRLF.";
  const bool last = text.find_first_not_of('0') == digits;
  if (!last) return nullptr;
  const std::size_t trailers_end = std::min(text.find("\r\n\r\n", end - 1), text.size());
  if (trailers_end > end + kMaxTrailers) return "The trailers are too large.";
  for (std::size_t i = end; i < trailers_end; i = text.find('\n', i + 1)) {
    if (i + 1 < trailers_end && (text[i + 1] == ' ' || text[i + 1] == '\t'))
      return "A trailer is folded.";
  }
  return nullptr;
}

// Whether the size line, or the trailers of the last chunk, have yet to end. Beast gets whole ones:
// 1.81 asserts on a last chunk that grows by a byte at a time. REQUIRES: no chunk_line_fault().
bool is_chunk_line_unfinished(std::string_view text) {
  if (text.substr(0, 2) == "\r\n") text.remove_prefix(2);
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return true;
  const std::size_t zeros = text.find_first_not_of('0');  // the line's end at the latest
  const bool last = zeros > 0 && (text[zeros] == '\r' || text[zeros] == ';');
  return last && text.find("\r\n\r\n", end - 1) == std::string_view::npos;
}

}  // namespace

class RequestParser::Impl {
 public:
  explicit Impl(const ServerLimits& limits) : limits_(limits), scanner_(limits) {}

  void reset() {
    scanner_.reset();
    beast_.reset();
    head_.method = head_.target = head_.host = {};
    head_.fields.clear();
    head_.http11 = head_.keep_alive = true;
    head_.chunked = head_.expect_continue = false;
    head_.content_length = 0;
  }

  ParseStatus parse_head(std::string_view text) {
    const ParseStatus scanned = scanner_.scan(text, refusal_);
    if (scanned != ParseStatus::complete) return scanned;
    refusal_ = {.message = "The request is malformed."};
    beast_.emplace(limits_, head_, refusal_);
    error_code ec;
    beast_->put(boost::asio::buffer(text.data(), scanner_.size()), ec);
    if (ec || !beast_->is_header_done()) return ParseStatus::refused;
    return check_target() ? ParseStatus::complete : ParseStatus::refused;
  }

  ParseStatus parse_chunked(std::string_view text, std::size_t limit, std::size_t& consumed,
                            std::string& body) {
    beast_->body = &body;
    beast_->body_max = limit;
    while (!beast_->is_done()) {
      if (text.empty()) return ParseStatus::need_more;
      if (beast_->at_chunk_header) {
        if (const char* fault = chunk_line_fault(text)) {
          refusal_ = {.message = fault};
          return ParseStatus::refused;
        }
        if (is_chunk_line_unfinished(text)) return ParseStatus::need_more;
      }
      refusal_ = {.message = "The chunked body is malformed."};
      error_code ec;
      const std::size_t used = beast_->put(boost::asio::buffer(text.data(), text.size()), ec);
      consumed += used;
      text.remove_prefix(used);
      if (ec == http::error::need_more) return ParseStatus::need_more;
      if (ec) return ParseStatus::refused;
    }
    return ParseStatus::complete;
  }

  const HeadScanner& scanner() const { return scanner_; }
  const RequestHead& head() const { return head_; }
  const Refusal& refusal() const { return refusal_; }

 private:
  // Brings an absolute form to its origin form: its authority must be the Host (RFC 9112, 3.2.2).
  bool check_target() {
    std::string_view& target = head_.target;
    if (target.front() == '/') return true;
    if (head_.method == "CONNECT" || (target == "*" && head_.method == "OPTIONS")) return true;
    refusal_ = {.message = "The request target is not a path."};
    std::size_t scheme = 0;
    if (equals_ignoring_case(target.substr(0, 7), "http://")) scheme = 7;
    if (equals_ignoring_case(target.substr(0, 8), "https://")) scheme = 8;
    if (scheme == 0) return false;
    const std::size_t path = target.find('/', scheme);
    if (!equals_ignoring_case(target.substr(scheme, path - scheme), head_.host)) {
      refusal_.message = "The authority of the request target is not the Host header.";
      return false;
    }
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
    return true;
  }

  const ServerLimits& limits_;
  HeadScanner scanner_;
  std::optional<BeastParser> beast_;
  RequestHead head_;
  Refusal refusal_;
};

RequestParser::RequestParser(const ServerLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;
void RequestParser::reset() { impl_->reset(); }
ParseStatus RequestParser::parse_head(std::string_view text) { return impl_->parse_head(text); }
std::size_t RequestParser::head_size() const { return impl_->scanner().size(); }
const RequestHead& RequestParser::head() const { return impl_->head(); }
ParseStatus RequestParser::parse_chunked(std::string_view text, std::size_t limit,
                                         std::size_t& consumed, std::string& body) {
  return impl_->parse_chunked(text, limit, consumed, body);
}
const Refusal& RequestParser::refusal() const { return impl_->refusal(); }

}  // namespace net::detail
