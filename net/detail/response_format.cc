#include "net/detail/response_format.h"

#include <atomic>
#include <charconv>
#include <ctime>
#include <random>

namespace net::detail {
namespace {

// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", made once per second and thread.
std::string_view date_header() {
  thread_local std::time_t made_for = 0;
  thread_local char text[48];
  thread_local std::size_t size = 0;
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != made_for) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    // Not %a and %b: they follow the process's locale.
    const int written = std::snprintf(
        text, sizeof text, "Date: %s, %02d %s %04d %02d:%02d:%02d GMT\r\n", kDays[utc.tm_wday],
        utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    size = static_cast<std::size_t>(written);
    made_for = now.tv_sec;
  }
  return {text, size};
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

std::uint64_t mix(std::uint64_t x) {  // splitmix64's finaliser: one to one, so ids stay unique
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

std::uint64_t random_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

void append_json_member(std::string& out, std::string_view name, std::string_view plain) {
  out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":\"").append(plain).append("\"");
}

}  // namespace

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

void append_response_head(std::string& out, const HttpResponse& response,
                          const HeadFormat& format) {
  if (response.status == 200) {
    out += "HTTP/1.1 200 OK\r\n";
  } else {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  }
  out += date_header();
  const bool may_have_body = sends_body({}, response.status);
  if (may_have_body && response.more) {
    // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
    if (format.http11) out += "Transfer-Encoding: chunked\r\n";
  } else if (may_have_body) {
    out += "Content-Length: ";
    append_number(out, response.body.size());
    out += "\r\n";
  }
  if (!format.keep_alive) {
    out += "Connection: close\r\n";
  } else if (!format.http11) {
    out += "Connection: keep-alive\r\n";
  }
  if (!format.request_id.empty())
    out.append("X-Request-Id: ").append(format.request_id).append("\r\n");
  out += response.headers.text();
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
  char digits[16];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, piece.size(), 16);
  out.append(digits, end).append("\r\n").append(piece).append("\r\n");
}

bool sends_body(std::string_view method, int status) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

HttpResponse error_response(int status, std::string_view code, std::string_view message,
                            std::string_view request_id, const ServerOptions& options) {
  if (options.refusal_page) return options.refusal_page(status, code, message);
  HttpResponse response{.status = status, .headers = options.refusal_headers};
  response.headers.set("Content-Type", "application/json");
  if (status == 503) response.headers.add("Retry-After", "1");
  append_json_member(response.body, "error", message);
  append_json_member(response.body, "code", code);
  append_json_member(response.body, "request_id", request_id);
  response.body += '}';
  return response;
}

void write_request_id(char (&out)[16]) {
  static const std::uint64_t seed = random_seed();
  static std::atomic<std::uint64_t> counter{0};
  static constexpr char kHex[] = "0123456789abcdef";
  std::uint64_t id = mix(seed + counter.fetch_add(1, std::memory_order_relaxed));
  for (char& digit : out) {
    digit = kHex[id & 15];
    id >>= 4;
  }
}

}  // namespace net::detail
