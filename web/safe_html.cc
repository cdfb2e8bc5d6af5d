#include "web/safe_html.h"

namespace web {

void append_escaped_html(std::string& out, std::string_view text) {
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t special = std::min(text.find_first_of("&<>\"'", start), text.size());
    out.append(text, start, special - start);
    if (special == text.size()) return;
    switch (text[special]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += "&#39;";
    }
    start = special + 1;
  }
}

SafeHtml escape_html(std::string_view text) {
  std::string markup;
  append_escaped_html(markup, text);
  return SafeHtml(std::move(markup));
}

}  // namespace web
