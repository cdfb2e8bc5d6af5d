#include "web/router.h"

#include <algorithm>

#include "net/text.h"

namespace web {

// One segment further along a pattern.
struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::array<std::unique_ptr<Node>, kConverters> converters;
  std::vector<const Route*> routes;  // of the pattern that ends here
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

// ---- Registration

Route& Router::add(std::string_view method, std::string_view pattern, Endpoint endpoint,
                   std::string_view name) {
  const std::string full_pattern = prefix_ + std::string(pattern);
  const std::string full_name = name.empty() || name_space_.empty()
                                    ? std::string(name)
                                    : name_space_ + ":" + std::string(name);
  Node* node = root_.get();
  std::vector<PathSegment> segments = parse_pattern(full_pattern);
  for (const PathSegment& segment : segments) {
    auto& next = segment.converter ? node->converters[static_cast<std::size_t>(*segment.converter)]
                                   : node->literals[segment.literal];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  for (const Route* route : node->routes) {
    if (route->method != method) continue;
    throw RouteError("the route " + std::string(method) + " \"" + full_pattern +
                     "\" is registered twice (before as \"" + route->pattern + "\")");
  }
  if (!full_name.empty()) {
    const auto [known, is_new] =
        patterns_by_name_.try_emplace(full_name, NamedPattern{full_pattern, std::move(segments)});
    if (!is_new && known->second.text != full_pattern) {
      throw RouteError("the route name \"" + full_name + "\" has two patterns: \"" +
                       known->second.text + "\" and \"" + full_pattern + "\"");
    }
  }
  routes_.push_back({.method = std::string(method),
                     .pattern = full_pattern,
                     .name = full_name,
                     .endpoint = std::move(endpoint)});
  node->routes.push_back(&routes_.back());
  return routes_.back();
}

void Router::include(std::string_view prefix, const std::function<void(Router&)>& urls,
                     std::string_view name_space) {
  if (!prefix.empty() && (prefix.front() != '/' || prefix.back() == '/' ||
                          prefix.find_first_of("<>") != std::string_view::npos)) {
    throw RouteError("the prefix \"" + std::string(prefix) +
                     "\" must be literal, begin with '/' and not end with it");
  }
  const std::string outer_prefix = prefix_;
  const std::string outer_name_space = name_space_;
  prefix_ += prefix;
  if (!name_space.empty())
    name_space_ += (name_space_.empty() ? "" : ":") + std::string(name_space);
  urls(*this);
  prefix_ = outer_prefix;
  name_space_ = outer_name_space;
}

// ---- Matching

RouteMatch Router::match(std::string_view path) const {
  RouteMatch match;
  if (path.find('%') != std::string_view::npos && !net::percent_decode(path)) {
    throw HttpError(400, "malformed_path", "The path is not valid percent-encoded UTF-8.");
  }
  if (!path.empty() && path.front() == '/') match_from(*root_, path.substr(1), match);
  return match;
}

bool Router::match_end(const Node& node, RouteMatch& match) {
  if (node.routes.empty()) return false;
  match.routes_ = &node.routes;
  return true;
}

// Recursion is as deep as the deepest pattern, not as the path.
bool Router::match_from(const Node& node, std::string_view rest, RouteMatch& match) {
  const std::size_t slash = rest.find('/');
  const bool last = slash == std::string_view::npos;
  std::string_view segment = rest.substr(0, slash);
  const auto decoded = [&match](std::string_view text) -> std::string_view {
    if (text.find('%') == std::string_view::npos) return text;
    return match.decoded_.emplace_front(net::percent_decode(text).value());  // validated by match()
  };
  segment = decoded(segment);
  const auto go_on = [&](const Node& next) {
    return last ? match_end(next, match) : match_from(next, rest.substr(slash + 1), match);
  };
  if (const auto literal = node.literals.find(segment);
      literal != node.literals.end() && go_on(*literal->second))
    return true;
  for (std::size_t i = 0; i < kConverters; ++i) {
    const auto converter = static_cast<Converter>(i);
    if (!node.converters[i]) continue;
    const bool takes_rest = converter == Converter::path;
    const std::string_view value = takes_rest ? decoded(rest) : segment;
    if (!converter_accepts(converter, value)) continue;
    match.arguments_[match.count_++] = value;
    if (takes_rest ? match_end(*node.converters[i], match) : go_on(*node.converters[i]))
      return true;
    --match.count_;
  }
  return false;
}

const Route* RouteMatch::route(std::string_view method) const {
  if (!routes_) return nullptr;
  const auto find = [this](std::string_view wanted) {
    const auto found = std::find_if(routes_->begin(), routes_->end(),
                                    [&](const Route* r) { return r->method == wanted; });
    return found == routes_->end() ? nullptr : *found;
  };
  const Route* const exact = find(method);
  return exact || method != "HEAD" ? exact : find("GET");
}

std::string RouteMatch::allowed_methods() const {
  std::string methods;
  for (const std::string_view method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    if (route(method)) methods.append(method).append(", ");
  }
  return methods + "OPTIONS";
}

// ---- Reversal

std::string Router::build_url(std::string_view name, std::span<const std::string> arguments) const {
  const auto found = patterns_by_name_.find(name);
  if (found == patterns_by_name_.end())
    throw std::invalid_argument("there is no route named \"" + std::string(name) + "\"");
  std::string url;
  std::size_t used = 0;
  for (const PathSegment& segment : found->second.segments) {
    url += '/';
    if (!segment.converter) {
      net::append_percent_encoded(url, segment.literal);
      continue;
    }
    if (used == arguments.size())
      throw std::invalid_argument("url_for(\"" + std::string(name) + "\") lacks <" +
                                  segment.argument + ">");
    const std::string& value = arguments[used++];
    if (!converter_accepts(*segment.converter, value)) {
      throw std::invalid_argument("url_for(\"" + std::string(name) + "\"): \"" + value +
                                  "\" is no value for <" + segment.argument + ">");
    }
    net::append_percent_encoded(url, value, *segment.converter == Converter::path ? "/" : "");
  }
  if (used != arguments.size())
    throw std::invalid_argument("url_for(\"" + std::string(name) + "\") has too many arguments");
  return url;
}

}  // namespace web
