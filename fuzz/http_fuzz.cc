// Requests on a connection. Read whole or in pieces they are the same requests; nothing is read
// past what arrived, and limits hold.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "net/detail/request_parser.h"

using namespace net::detail;

namespace {

constexpr std::size_t kBodyLimit = 1 << 16;

const net::ServerLimits& limits() {
  static const net::ServerLimits kLimits{.request_line = 256,
                                         .header_line = 256,
                                         .all_headers = 1024,
                                         .header_count = 16,
                                         .body = kBodyLimit};
  return kLimits;
}

// What a connection would hand to its handlers, and how it ended.
struct Read {
  std::vector<std::string> requests{};
  std::string end{};  // "more" or "refused"
  friend bool operator==(const Read&, const Read&) = default;
};

std::string summary(const RequestHead& head) {
  std::string text(head.method);
  text.append(" ").append(head.target).append("\n").append(head.host).append("\n");
  for (const auto& field : head.fields)
    text.append(field.name).append(":").append(field.value).append("\n");
  text += head.http11 ? "1.1" : "1.0";
  text += head.keep_alive ? " keep" : " close";
  text += head.chunked ? " chunked" : "";
  text += head.expect_continue ? " expect" : "";
  return text + " " + std::to_string(head.content_length) + "\n";
}

void check_head(const RequestHead& head) {
  FUZZ_CHECK(!head.method.empty());
  FUZZ_CHECK(head.target == "*" || head.method == "CONNECT" || head.target.front() == '/');
  FUZZ_CHECK(!(head.chunked && head.content_length > 0));
  FUZZ_CHECK(head.fields.size() <= limits().header_count);
  std::size_t hosts = 0;
  for (const auto& field : head.fields) {
    FUZZ_CHECK(!field.name.empty());
    FUZZ_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
    const auto lower = [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); };
    std::string name(field.name);
    std::transform(name.begin(), name.end(), name.begin(), lower);
    hosts += name == "host";
  }
  FUZZ_CHECK(hosts == 1 || (hosts == 0 && !head.http11));
}

// Reads `text` as if it arrived `piece` bytes at a time.
Read read(std::string_view text, std::size_t piece) {
  Read result;
  RequestParser parser(limits());
  std::size_t begin = 0, arrived = 0;
  const auto refused = [&] {
    result.end = "refused";  // which of several faults is told may depend on the pieces
    FUZZ_CHECK(parser.refusal().status >= 400 && parser.refusal().status < 500);
    return result;
  };
  const auto more = [&] {
    if (arrived == text.size()) return false;
    arrived = std::min(text.size(), arrived + piece);
    return true;
  };
  while (true) {
    parser.reset();
    ParseStatus status = parser.parse_head(text.substr(begin, arrived - begin));
    while (status == ParseStatus::need_more) {
      if (!more()) return result.end = "more", result;
      status = parser.parse_head(text.substr(begin, arrived - begin));
    }
    if (status == ParseStatus::refused) return refused();
    const RequestHead& head = parser.head();
    check_head(head);
    FUZZ_CHECK(parser.head_size() > 0 && parser.head_size() <= arrived - begin);
    std::string request = summary(head);
    begin += parser.head_size();
    if (head.chunked) {
      std::string body;
      while (true) {
        std::size_t consumed = 0;
        status =
            parser.parse_chunked(text.substr(begin, arrived - begin), kBodyLimit, consumed, body);
        FUZZ_CHECK(consumed <= arrived - begin && body.size() <= kBodyLimit);
        begin += consumed;
        if (status == ParseStatus::refused) return refused();
        if (status == ParseStatus::complete) break;
        if (!more()) return result.end = "more", result;
      }
      request += body;
    } else {
      while (arrived - begin < head.content_length) {
        if (!more()) return result.end = "more", result;
      }
      request.append(text.substr(begin, head.content_length));
      begin += head.content_length;
    }
    result.requests.push_back(std::move(request));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::size_t piece = 1 + fuzz::take_byte(text) % 64;
  // A body's first part may wait in the head's buffer: as connection.cc, one request at a time.
  FUZZ_CHECK(read(text, std::max<std::size_t>(text.size(), 1)) == read(text, piece));
  return 0;
}
