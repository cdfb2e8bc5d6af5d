// SafeHtml: markup that goes into a page as it is.
//
// Text put into a page is escaped; the only way around that is a value of this type. Construct one
// from a function whose every input is escaped or checked, and nowhere else: `SafeHtml(` in the
// source is what a review looks for.
//
// Thread safety: a value.
#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace web {

class SafeHtml {
 public:
  SafeHtml() = default;
  explicit SafeHtml(std::string markup) : markup_(std::move(markup)) {}

  const std::string& str() const& { return markup_; }
  std::string str() && { return std::move(markup_); }
  bool empty() const { return markup_.empty(); }

  SafeHtml& operator+=(const SafeHtml& other) {
    markup_ += other.markup_;
    return *this;
  }

 private:
  std::string markup_;
};

// Appends `text` so that it is text in an element and in a quoted attribute's value.
void append_escaped_html(std::string& out, std::string_view text);
SafeHtml escape_html(std::string_view text);

}  // namespace web
