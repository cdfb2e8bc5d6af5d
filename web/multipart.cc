#include "web/multipart.h"

#include <algorithm>

#include "net/text.h"
#include "web/http_error.h"

namespace web {
namespace {

using namespace std::string_view_literals;

[[noreturn]] void malformed(std::string_view reason) {
  throw HttpError(400, "malformed_form", "The form " + std::string(reason) + ".");
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// One `name=value` after ';', and takes it off `text`. A value is a token or a quoted string.
struct Parameter {
  std::string_view name;
  std::string value;
};

std::string read_quoted(std::string_view& text) {
  std::string value;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    // A client escapes a quote or a backslash; any other backslash is part of a Windows path.
    if (text.front() == '\\' && text.size() > 1 && (text[1] == '"' || text[1] == '\\'))
      text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) malformed("has a header with an unended quotation");
  text.remove_prefix(1);
  return value;
}

std::optional<Parameter> next_parameter(std::string_view& text) {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  if (text.front() != ';') malformed("has a header whose parameters ';' does not separate");
  text = trimmed(text.substr(1));
  if (text.empty()) return std::nullopt;
  const std::size_t equals = text.find('=');
  Parameter parameter{.name = trimmed(text.substr(0, equals)), .value = {}};
  if (equals == std::string_view::npos || !net::is_token(parameter.name))
    malformed("has a header with a malformed parameter");
  text = trimmed(text.substr(equals + 1));
  if (!text.empty() && text.front() == '"') {
    parameter.value = read_quoted(text);
  } else {
    const std::size_t end = std::min(text.find_first_of("; \t"), text.size());
    parameter.value = text.substr(0, end);
    text.remove_prefix(end);
  }
  return parameter;
}

// What browsers do to names in quotes (WHATWG HTML, "escape a multipart/form-data name").
std::string unescaped(std::string text) {
  constexpr std::pair<std::string_view, char> kEscapes[] = {
      {"%22", '"'}, {"%0D", '\r'}, {"%0A", '\n'}};
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const auto* const found =
        std::find_if(std::begin(kEscapes), std::end(kEscapes),
                     [&](const auto& escape) { return rest.starts_with(escape.first); });
    out += found == std::end(kEscapes) ? rest.front() : found->second;
    rest.remove_prefix(found == std::end(kEscapes) ? 1 : found->first.size());
  }
  return out;
}

std::string without_folders(const std::string& path) {
  const std::size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

bool is_boundary_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         "'()+_,-./:=? "sv.find(c) != std::string_view::npos;
}

std::string boundary_of(std::string_view content_type, const FormLimits& limits) {
  std::string boundary;
  std::string_view rest =
      content_type.substr(std::min(content_type.find(';'), content_type.size()));
  while (const auto parameter = next_parameter(rest)) {
    if (!net::equals_ignoring_case(parameter->name, "boundary")) continue;
    if (!boundary.empty()) malformed("has two boundaries in its Content-Type");
    boundary = parameter->value;
  }
  if (boundary.empty()) malformed("has no boundary in its Content-Type");
  if (boundary.size() > limits.boundary)
    malformed("has a boundary of more than " + std::to_string(limits.boundary) + " characters");
  if (boundary.back() == ' ' ||
      !std::all_of(boundary.begin(), boundary.end(), is_boundary_character))
    malformed("has a boundary with characters that RFC 2046 does not allow");
  return boundary;
}

// What follows a boundary on its line.
struct LineEnd {
  bool closing = false;  // "--"
  std::size_t size = 0;  // up to and with the CRLF, where not closing
};

// nullopt: the line goes on, so that this is no boundary.
std::optional<LineEnd> line_end(std::string_view text) {
  if (text.starts_with("--")) return LineEnd{.closing = true, .size = 2};
  const std::size_t end = std::min(text.find_first_not_of(" \t"), text.size());
  if (!text.substr(end).starts_with("\r\n")) return std::nullopt;
  return LineEnd{.closing = false, .size = end + 2};
}

}  // namespace

Multipart::Multipart(std::string_view body, std::string_view content_type, const FormLimits& limits)
    : rest_(body), delimiter_("\r\n--" + boundary_of(content_type, limits)), limits_(limits) {
  const std::string_view at_start = std::string_view(delimiter_).substr(2);
  if (body.starts_with(at_start) && line_end(body.substr(at_start.size()))) {
    rest_.remove_prefix(at_start.size());
    return;
  }
  const std::size_t first = find_delimiter();
  rest_.remove_prefix(first + delimiter_.size());
}

std::size_t Multipart::find_delimiter() const {
  for (std::size_t at = rest_.find(delimiter_); at != std::string_view::npos;
       at = rest_.find(delimiter_, at + 1)) {
    if (line_end(rest_.substr(at + delimiter_.size()))) return at;
  }
  malformed("ends before its closing boundary");
}

std::optional<MultipartPart> Multipart::next() {
  const LineEnd end = line_end(rest_).value();  // find_delimiter() has seen it
  if (end.closing) return std::nullopt;
  rest_.remove_prefix(end.size);
  MultipartPart part = read_headers();
  const std::size_t size = find_delimiter();
  part.content = rest_.substr(0, size);
  rest_.remove_prefix(size + delimiter_.size());
  return part;
}

MultipartPart Multipart::read_headers() {
  MultipartPart part;
  bool named = false;
  const std::string_view window = rest_.substr(0, limits_.part_headers + 4);
  const std::size_t size = window.find("\r\n\r\n");
  if (size == std::string_view::npos)
    malformed(window.size() < rest_.size() ? "has a part whose headers are longer than " +
                                                 std::to_string(limits_.part_headers) + " bytes"
                                           : "has a part without an end of its headers");
  if (rest_.substr(0, size).find(delimiter_) != std::string_view::npos)
    malformed("has a part without an end of its headers");
  for (std::string_view lines = rest_.substr(0, size); !lines.empty();) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    read_header(lines.substr(0, end), part, named);
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  if (!named) malformed("has a part without Content-Disposition");
  rest_.remove_prefix(size + 4);
  return part;
}

void Multipart::read_header(std::string_view line, MultipartPart& part, bool& named) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !net::is_token(line.substr(0, colon)))
    malformed("has a part with a malformed header");
  if (line.find_first_of("\r\n\0"sv) != std::string_view::npos || !net::is_valid_utf8(line))
    malformed("has a part whose header is not a line of UTF-8");
  const std::string_view name = line.substr(0, colon);
  std::string_view value = trimmed(line.substr(colon + 1));
  if (net::equals_ignoring_case(name, "Content-Type")) {
    part.content_type = value;
    return;
  }
  if (!net::equals_ignoring_case(name, "Content-Disposition")) return;
  if (named) malformed("has a part with two Content-Disposition headers");
  named = true;
  const std::size_t type = std::min(value.find(';'), value.size());
  if (!net::equals_ignoring_case(trimmed(value.substr(0, type)), "form-data"))
    malformed("has a part that is not form-data");
  value.remove_prefix(type);
  while (auto parameter = next_parameter(value)) {
    const bool is_file_name = net::equals_ignoring_case(parameter->name, "filename");
    if (is_file_name) {
      if (part.is_file) malformed("has a part with two file names");
      part.is_file = true;
      part.file_name = without_folders(unescaped(std::move(parameter->value)));
    } else if (net::equals_ignoring_case(parameter->name, "name")) {
      if (!part.name.empty()) malformed("has a part with two names");
      part.name = unescaped(std::move(parameter->value));
    }
  }
  if (part.name.empty()) malformed("has a part without a name");
}

}  // namespace web
