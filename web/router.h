// Router: which view answers a path and method, and which path a named route has.
//
//   void urls(web::Router& r) {
//     r.get("/api/posts/", post_list, "post-list");
//     r.get("/api/posts/<uuid:pk>/", post_detail, "post-detail");
//     r.del("/api/posts/<uuid:pk>/", post_delete, "post-detail");
//   }
//
//   web::Response post_detail(web::Request& request, base::Uuid pk);
//
// The order of registration does not matter: at each segment a literal goes before converters, and
// these in the order uuid, int, slug, str, path; what does not lead to a route is tried further.
// HEAD is answered by GET's view, OPTIONS by the list of methods. A path without its trailing slash
// is redirected to the one with it (308) where only that exists.
//
// Thread safety: register on one thread, then match from any.
#pragma once
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "web/path_pattern.h"
#include "web/request.h"
#include "web/response.h"
#include "web/route.h"

namespace web {

class Router {
 public:
  Router();
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // All throw RouteError for a malformed or duplicate pattern, or a name that another pattern has.
  template <class View>
  Route& get(typename ViewTraits<View>::Pattern pattern, View view, std::string_view name = {}) {
    return add("GET", pattern.text(), endpoint(std::move(view)), name);
  }
  template <class View>
  Route& post(typename ViewTraits<View>::Pattern pattern, View view, std::string_view name = {}) {
    return add("POST", pattern.text(), endpoint(std::move(view)), name);
  }
  template <class View>
  Route& put(typename ViewTraits<View>::Pattern pattern, View view, std::string_view name = {}) {
    return add("PUT", pattern.text(), endpoint(std::move(view)), name);
  }
  template <class View>
  Route& patch(typename ViewTraits<View>::Pattern pattern, View view, std::string_view name = {}) {
    return add("PATCH", pattern.text(), endpoint(std::move(view)), name);
  }
  template <class View>
  Route& del(typename ViewTraits<View>::Pattern pattern, View view, std::string_view name = {}) {
    return add("DELETE", pattern.text(), endpoint(std::move(view)), name);
  }
  // The untyped form of all of these.
  Route& add(std::string_view method, std::string_view pattern, Endpoint endpoint,
             std::string_view name = {});

  // Registers what `urls` registers, with `prefix` ("/blog", literal) before each pattern and,
  // where a name space is given,
  // "<name_space>:" before each name.
  void include(std::string_view prefix, const std::function<void(Router&)>& urls,
               std::string_view name_space = {});

  // `path` as sent. HttpError 400 when its percent-encoding is malformed.
  RouteMatch match(std::string_view path) const;

  // The path of the route `name` with its arguments, percent-encoded. Throws std::invalid_argument
  // for an unknown name, a wrong number of arguments, or one that its converter does not accept.
  template <class... Args>
  std::string url_for(std::string_view name, const Args&... args) const {
    const std::array<std::string, sizeof...(Args)> texts = {argument_text(args)...};
    return build_url(name, texts);
  }

  const std::deque<Route>& routes() const { return routes_; }

 private:
  struct Node;

  template <class... Args, std::size_t... I>
  static auto parse_arguments([[maybe_unused]] PathArguments texts, std::index_sequence<I...>) {
    return std::make_tuple(parse_argument<Args>(texts[I])...);
  }
  template <class T>
  static T parse_argument(std::string_view text) {
    auto value = PathArgument<T>::parse(text);
    if (!value) throw HttpError(404, "not_found", "Not found.");  // an integer that does not fit
    return *std::move(value);
  }
  template <class View, class... Args>
  static Endpoint bind(View view, RoutePattern<Args...>*) {
    return [view = std::move(view)](Request& request, PathArguments texts) -> Response {
      auto arguments =
          parse_arguments<std::remove_cvref_t<Args>...>(texts, std::index_sequence_for<Args...>());
      return std::apply([&](auto&... values) { return view(request, std::move(values)...); },
                        arguments);
    };
  }
  template <class View>
  static Endpoint endpoint(View view) {
    return bind(std::move(view), static_cast<typename ViewTraits<View>::Pattern*>(nullptr));
  }

  static std::string argument_text(std::string_view text) { return std::string(text); }
  static std::string argument_text(const base::Uuid& uuid) { return uuid.str(); }
  template <std::integral T>
  static std::string argument_text(T number) {
    return std::to_string(number);
  }

  std::string build_url(std::string_view name, std::span<const std::string> arguments) const;
  static bool match_from(const Node& node, std::string_view rest, RouteMatch& match);
  static bool match_end(const Node& node, RouteMatch& match);

  std::unique_ptr<Node> root_;
  std::deque<Route> routes_;
  struct NamedPattern {
    std::string text;
    std::vector<PathSegment> segments;
  };
  std::map<std::string, NamedPattern, std::less<>> patterns_by_name_;
  std::string prefix_;
  std::string name_space_;
};

template <class... Args>
std::string Request::url_for(std::string_view name, const Args&... args) const {
  return router().url_for(name, args...);
}

}  // namespace web
