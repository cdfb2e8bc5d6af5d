#include "net/http_message.h"

#include <algorithm>
#include <stdexcept>

namespace net {
namespace {

bool is_servers_own(std::string_view name) {
  switch (name.size()) {
    case 4:
      return equals_ignoring_case(name, "Date");
    case 10:
      return equals_ignoring_case(name, "Connection");
    case 12:
      return equals_ignoring_case(name, "X-Request-Id");
    case 14:
      return equals_ignoring_case(name, "Content-Length");
    case 17:
      return equals_ignoring_case(name, "Transfer-Encoding");
    default:
      return false;
  }
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

}  // namespace

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  for (const HeaderField& field : headers) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string HttpRequest::header_list(std::string_view name) const {
  std::string list;
  for (const HeaderField& field : headers) {
    if (!equals_ignoring_case(field.name, name)) continue;
    if (!list.empty()) list += ", ";
    list += field.value;
  }
  return list;
}

std::string_view HttpRequest::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

void HeaderBlock::add(std::string_view name, std::string_view value) {
  if (!is_token(name)) throw std::invalid_argument("a response header's name is not a token");
  if (is_servers_own(name))
    throw std::invalid_argument("the server writes the header " + std::string(name) + " itself");
  if (std::any_of(value.begin(), value.end(), is_control)) {
    throw std::invalid_argument("the value of response header " + std::string(name) +
                                " holds a control character");
  }
  text_.reserve(text_.size() + name.size() + value.size() + 4);
  text_.append(name).append(": ").append(value).append("\r\n");
}

void HeaderBlock::set(std::string_view name, std::string_view value) {
  // `value` may be a view of this very text.
  const std::string copy(value);
  remove(name);
  add(name, copy);
}

void HeaderBlock::remove(std::string_view name) {
  for (std::size_t start = 0; start < text_.size();) {
    const std::size_t end = text_.find("\r\n", start) + 2;
    const std::size_t colon = text_.find(':', start);
    if (equals_ignoring_case(std::string_view(text_).substr(start, colon - start), name)) {
      text_.erase(start, end - start);
    } else {
      start = end;
    }
  }
}

std::optional<std::string_view> HeaderBlock::get(std::string_view name) const& {
  std::optional<std::string_view> found;
  any_of([&](const HeaderField& field) {
    if (!equals_ignoring_case(field.name, name)) return false;
    found = field.value;
    return true;
  });
  return found;
}

}  // namespace net
