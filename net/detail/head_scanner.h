// HeadScanner: finds the end of a request's header block and measures its lines, before parsing.
//
// Refuses what must not reach a parser: lines that end in a bare LF, folded lines, and lines or
// blocks over the limits.
#pragma once
#include <cstring>
#include <string_view>

#include "net/detail/request_parser.h"

namespace net::detail {

class HeadScanner {
 public:
  explicit HeadScanner(const ServerLimits& limits) : limits_(limits) {}

  void reset() { line_ = headers_ = seen_ = size_ = lines_ = 0; }

  // `text` begins at the request line; a later call brings the same text and more.
  ParseStatus scan(std::string_view text, Refusal& refusal) {
    while (true) {
      const void* found = seen_ < text.size()
                              ? std::memchr(text.data() + seen_, '\n', text.size() - seen_)
                              : nullptr;
      if (!found) {
        seen_ = text.size();
        const std::size_t arrived = without_cr(text).size();
        return over_limit(arrived, refusal) ? ParseStatus::refused : ParseStatus::need_more;
      }
      const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
      if (!line_is_good(text, end, refusal)) return ParseStatus::refused;
      const bool empty = end == line_ + 1;
      line_ = seen_ = end + 1;
      if (empty) {
        size_ = line_;
        return ParseStatus::complete;
      }
      if (lines_++ == 0) headers_ = line_;
    }
  }

  std::size_t size() const { return size_; }

 private:
  bool line_is_good(std::string_view text, std::size_t end, Refusal& refusal) const {
    if (end == line_ || text[end - 1] != '\r') {
      refusal = {.message = "A line does not end in CRLF."};
      return false;
    }
    if (end - 1 == line_ && lines_ == 0) {
      refusal = {.message = "The request begins with an empty line."};
      return false;
    }
    if (lines_ > 0 && (text[line_] == ' ' || text[line_] == '\t')) {
      refusal = {.message = "A header is folded."};
      return false;
    }
    return !over_limit(end - 1, refusal);
  }

  static std::string_view without_cr(std::string_view text) {
    if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
    return text;
  }

  // `end`: where the current line ends so far, its CR not counted.
  bool over_limit(std::size_t end, Refusal& refusal) const {
    const std::size_t length = end > line_ ? end - line_ : 0;
    if (lines_ == 0) {
      if (length <= limits_.request_line) return false;
      refusal = {414, "uri_too_long", "The request line is too long."};
      return true;
    }
    if (length == 0) return false;  // the empty line counts for nothing
    if (length <= limits_.header_line && line_ + length - headers_ <= limits_.all_headers)
      return false;
    refusal = {431, "headers_too_large", "The headers are too large."};
    return true;
  }

  const ServerLimits& limits_;
  std::size_t line_ = 0;     // where the current line begins
  std::size_t headers_ = 0;  // where the first header begins
  std::size_t seen_ = 0;     // searched up to here
  std::size_t size_ = 0;     // of the whole block with its empty line
  std::size_t lines_ = 0;    // complete lines before the current one
};

}  // namespace net::detail
