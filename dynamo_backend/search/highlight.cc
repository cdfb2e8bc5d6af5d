#include "dynamo_backend/search/highlight.h"

#include "dynamo_backend/search/backend.h"

namespace dynamo_backend::search {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      out += c;
  }
}

}  // namespace

std::string highlight_html(std::string_view marked) {
  std::string out;
  bool open = false;
  for (std::size_t i = 0; i < marked.size(); ++i) {
    if (marked[i] == kMarkBegin) {
      if (!open && marked.find(kMarkEnd, i) != std::string_view::npos) {
        out += "<mark>";
        open = true;
      }
    } else if (marked[i] == kMarkEnd) {
      if (open) out += "</mark>";
      open = false;
    } else {
      append_escaped(out, marked[i]);
    }
  }
  return out;
}

}  // namespace dynamo_backend::search
