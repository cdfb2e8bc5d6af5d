#include "web/content_coding.h"

#include <optional>

#include "net/text.h"

namespace web {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "q=0", "q=0.000"
bool is_zero(std::string_view parameter) {
  parameter = trimmed(parameter);
  return parameter.size() >= 3 && net::to_lower(parameter[0]) == 'q' && parameter[1] == '=' &&
         parameter.find_first_not_of("0.", 2) == std::string_view::npos;
}

}  // namespace

ContentCoding choose_coding(std::string_view accept_encoding) {
  std::optional<bool> brotli, gzip;
  bool others = false;
  std::string_view rest = accept_encoding;
  while (!rest.empty()) {
    const std::string_view element = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(element.size() + 1, rest.size()));
    const std::size_t semicolon = element.find(';');
    const std::string_view name = trimmed(element.substr(0, semicolon));
    const bool accepted =
        semicolon == std::string_view::npos || !is_zero(element.substr(semicolon + 1));
    if (net::equals_ignoring_case(name, "br")) brotli = accepted;
    if (net::equals_ignoring_case(name, "gzip")) gzip = accepted;
    if (name == "*") others = accepted;
  }
  if (brotli.value_or(others)) return ContentCoding::brotli;
  return gzip.value_or(others) ? ContentCoding::gzip : ContentCoding::identity;
}

std::string_view coding_name(ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip:
      return "gzip";
    case ContentCoding::brotli:
      return "br";
    case ContentCoding::identity:
      break;
  }
  return "";
}

}  // namespace web
