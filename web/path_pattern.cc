#include "web/path_pattern.h"

#include <algorithm>

#include "net/text.h"

namespace web {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_slug_character(char c) {
  const char lower = net::to_lower(c);
  return is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '_';
}

[[noreturn]] void fail(std::string_view pattern, const std::string& what) {
  throw RouteError("the route pattern \"" + std::string(pattern) + "\" " + what);
}

PathSegment parse_segment(std::string_view pattern, std::string_view segment) {
  if (segment.find_first_of("<>") == std::string_view::npos)
    return {.literal = std::string(segment)};
  if (segment.front() != '<' || segment.back() != '>' ||
      segment.find('<', 1) != std::string_view::npos) {
    fail(pattern, "mixes text and a converter in the segment \"" + std::string(segment) + "\"");
  }
  const std::string_view inside = segment.substr(1, segment.size() - 2);
  const std::size_t colon = inside.find(':');
  PathSegment result{.converter = Converter::str,
                     .argument = std::string(inside.substr(colon + 1))};
  if (colon != std::string_view::npos) result.converter = find_converter(inside.substr(0, colon));
  if (!result.converter) {
    fail(pattern, "names an unknown converter in \"" + std::string(segment) +
                      "\": there are str, slug, int, uuid and path");
  }
  if (result.argument.empty()) fail(pattern, "has a converter without a name");
  return result;
}

}  // namespace

bool converter_accepts(Converter converter, std::string_view text) {
  if (text.empty()) return false;
  switch (converter) {
    case Converter::uuid:
      return base::Uuid::parse(text).has_value();
    case Converter::integer:
      return std::all_of(text.begin(), text.end(), is_digit);
    case Converter::slug:
      return std::all_of(text.begin(), text.end(), is_slug_character);
    case Converter::str:
    case Converter::path:
      return true;
  }
  return false;
}

std::vector<PathSegment> parse_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern.front() != '/') fail(pattern, "does not begin with '/'");
  std::vector<PathSegment> segments;
  std::size_t arguments = 0;
  for (std::string_view rest = pattern.substr(1);;) {
    const std::size_t slash = rest.find('/');
    const std::string_view text = rest.substr(0, slash);
    if (text.empty() && slash != std::string_view::npos) fail(pattern, "has an empty segment");
    PathSegment segment = parse_segment(pattern, text);
    if (segment.converter == Converter::path && slash != std::string_view::npos)
      fail(pattern, "goes on after a path converter");
    if (segment.converter && ++arguments > kMaxArguments)
      fail(pattern, "has more than eight converters");
    segments.push_back(std::move(segment));
    if (slash == std::string_view::npos) return segments;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace web
