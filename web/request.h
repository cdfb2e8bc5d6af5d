// Request: what a view reads. Views over the server's buffer, decoded when asked for.
//
// Thread safety: one thread at a time, the one that runs the view. Nothing taken from a request by
// view may outlive it.
#pragma once
#include <any>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "base/json_fwd.h"
#include "net/http_message.h"
#include "web/http_error.h"
#include "web/route.h"

namespace web {

class Application;
class Router;

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

class Request {
 public:
  explicit Request(const net::HttpRequest& request) : request_(request) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method() const { return request_.method; }
  std::string_view path() const { return request_.path(); }    // as sent, percent-encoded
  std::string_view target() const { return request_.target; }  // path and query as sent
  std::string_view query_string() const { return request_.query(); }
  std::string_view host() const { return request_.host; }
  std::string_view body() const { return request_.body; }
  std::string_view peer() const {
    return request_.peer;
  }  // the socket's address: no header can change it
  bool peer_is_loopback() const { return request_.peer_is_loopback; }
  // Where the request came from: the peer, or what a trusted proxy says of its own peer.
  std::string_view client_address() const {
    return client_address_.empty() ? peer() : std::string_view(client_address_);
  }
  // Whether the client speaks HTTPS, by the word of a trusted proxy: this server speaks plain HTTP.
  bool is_secure() const { return is_secure_; }
  std::string_view request_id() const { return request_.request_id; }
  // The first header of that name. A proxy's headers (web/trusted_proxies.h) are not there where
  // no trusted proxy sent them.
  std::optional<std::string_view> header(std::string_view name) const;
  // See web/cookies.h.
  std::optional<std::string_view> cookie(std::string_view name) const;
  const net::HttpRequest& raw() const { return request_; }

  // Query parameters in order, decoded. HttpError 400 when the encoding is malformed or there are
  // more than 1000.
  const QueryParameters& query_parameters();
  // The first of that name.
  std::optional<std::string_view> query(std::string_view name);
  std::vector<std::string_view> query_all(std::string_view name);

  // The body as it was sent. HttpError 415 where it is compressed: nothing here unpacks it.
  std::string_view uncompressed_body() const;
  // The body as JSON, parsed once. HttpError 415 unless Content-Type is application/json and it is
  // not compressed; 400 "malformed_json" with the reason.
  const base::Json& json();

  // The path of a named route; see Router::url_for.
  template <class... Args>
  std::string url_for(std::string_view name, const Args&... args) const;

  // The application that answers. Throws std::logic_error where there is none.
  const Application& application() const;

  // What middleware leaves for views, one value of each type (a user, a session).
  template <class T>
  T& set(T value) {
    for (auto& [type, held] : attributes_) {
      if (type == typeid(T)) return held.template emplace<T>(std::move(value));
    }
    return attributes_.emplace_back(typeid(T), std::any())
        .second.template emplace<T>(std::move(value));
  }
  template <class T>
  T* get() {
    for (auto& [type, held] : attributes_) {
      if (type == typeid(T)) return std::any_cast<T>(&held);
    }
    return nullptr;
  }

  // The route that will answer, for middleware to read what is declared of it; null where the path
  // has none of this method. HttpError 400 when the path is malformed.
  const Route* route() { return route_match().route(method()); }
  // Its name, empty for unnamed routes.
  std::string_view route_name() {
    const Route* const found = route();
    return found ? std::string_view(found->name) : std::string_view();
  }

 private:
  friend class Application;
  const Router& router() const;
  const RouteMatch& route_match();
  // The route, where it has been looked for.
  const Route* matched_route() const {
    return route_match_ ? route_match_->route(method()) : nullptr;
  }

  const net::HttpRequest request_;
  const Application* application_ = nullptr;
  std::optional<RouteMatch> route_match_;
  std::string client_address_{};
  bool is_secure_ = false;
  bool is_from_proxy_ = false;  // a trusted one
  std::optional<QueryParameters> query_;
  std::shared_ptr<const base::Json> json_;
  std::vector<std::pair<std::type_index, std::any>> attributes_;
};

}  // namespace web
