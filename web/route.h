// Route: one method of one path, its view, and what is declared of it.
//
//   r.get("/write/", write_form, "write").access(web::Access::authenticated);
//   r.post("/api/tags/", tag_create, "tag-list")
//       .access(web::Access::permission("demo_app.add_tag"));
//
// Every route declares who may use it; `manage check` names those that do not. Middleware that
// knows users enforces it, before the view.
//
// Thread safety: set up on one thread, then read from any.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <forward_list>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/path_pattern.h"

namespace web {

// A converter's values, in the order of the pattern.
using PathArguments = std::span<const std::string_view>;
using Endpoint = std::function<Response(Request&, PathArguments)>;

class Access {
 public:
  enum class Kind : std::uint8_t { public_, authenticated, staff, permission };
  static const Access public_;        // anyone
  static const Access authenticated;  // whoever is signed in
  static const Access staff;
  static Access permission(std::string name) {  // "demo_app.change_post"
    return Access(Kind::permission, std::move(name));
  }

  Kind kind() const { return kind_; }
  const std::string& permission_name() const { return permission_; }  // empty for other kinds

 private:
  explicit Access(Kind kind, std::string name = {}) : kind_(kind), permission_(std::move(name)) {}
  Kind kind_;
  std::string permission_;
};
inline const Access Access::public_{Kind::public_};
inline const Access Access::authenticated{Kind::authenticated};
inline const Access Access::staff{Kind::staff};

struct RouteSchema;

// How often a route may be asked; see web/rate_limit.h.
struct RateLimit {
  enum class Per : std::uint8_t { address, user };  // of one who has not signed in: the address
  std::string name{};                               // of its counters
  std::int64_t allowed = 60;                        // in a window
  std::chrono::seconds window{60};
  Per per = Per::address;
  // Of the URL: requests without this parameter, or with an empty one, are not counted. For pages
  // that search only where they are asked to.
  std::string parameter{};
};

struct Route {
  std::string method;
  std::string pattern;
  std::string name;
  Endpoint endpoint;
  std::optional<std::size_t> max_body{}, max_fields{};
  std::optional<Access> declared_access{};
  bool is_csrf_exempt = false;
  std::shared_ptr<const RouteSchema> declared_schema{};
  std::vector<RateLimit> limits{};

  Route& access(Access who) {
    declared_access = std::move(who);
    return *this;
  }
  // What the API's document says of it; see web/openapi.h.
  Route& schema(RouteSchema schema);
  // Bytes that this route's request body may have, in place of the server's default.
  Route& body_limit(std::size_t bytes) {
    max_body = bytes;
    return *this;
  }
  // Fields that a form sent to it may have, in place of FormLimits::fields.
  Route& field_limit(std::size_t fields) {
    max_fields = fields;
    return *this;
  }
  // Beside the limits that it has.
  Route& rate_limit(RateLimit limit) {
    limits.push_back(std::move(limit));
    return *this;
  }
  // For views that no cookie authenticates: a callback that checks its own proof.
  Route& csrf_exempt() {
    is_csrf_exempt = true;
    return *this;
  }
};

// What a path leads to. Views into the path and into `decoded`: it can be moved, not copied.
class RouteMatch {
 public:
  RouteMatch() = default;
  RouteMatch(RouteMatch&&) = default;
  RouteMatch& operator=(RouteMatch&&) = default;

  explicit operator bool() const { return routes_ != nullptr; }
  // The route of that method (GET's for HEAD), null where the path has none.
  const Route* route(std::string_view method) const;
  // "GET, HEAD, OPTIONS": what the path answers.
  std::string allowed_methods() const;
  PathArguments arguments() const { return {arguments_.data(), count_}; }

 private:
  friend class Router;
  const std::vector<const Route*>* routes_ = nullptr;
  std::array<std::string_view, kMaxArguments> arguments_{};
  std::size_t count_ = 0;
  std::forward_list<std::string> decoded_;  // allocates for paths with '%' only
};

}  // namespace web
