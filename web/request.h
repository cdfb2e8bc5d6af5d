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

namespace web {

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
  std::string_view request_id() const { return request_.request_id; }
  std::optional<std::string_view> header(std::string_view name) const {
    return request_.header(name);
  }
  const net::HttpRequest& raw() const { return request_; }

  // Query parameters in order, decoded. HttpError 400 when the encoding is malformed or there are
  // more than 1000.
  const QueryParameters& query_parameters();
  // The first of that name.
  std::optional<std::string_view> query(std::string_view name);
  std::vector<std::string_view> query_all(std::string_view name);

  // The body as JSON, parsed once. HttpError 415 unless Content-Type is application/json; 400
  // "malformed_json" with the reason.
  const base::Json& json();

  // The path of a named route; see Router::url_for.
  template <class... Args>
  std::string url_for(std::string_view name, const Args&... args) const;

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

  // The name of the matched route, empty before routing and for unnamed routes.
  std::string_view route_name() const { return route_name_; }

 private:
  friend class Application;
  const Router& router() const;  // throws std::logic_error outside an application

  const net::HttpRequest request_;
  const Router* router_ = nullptr;
  std::string_view route_name_;
  std::optional<QueryParameters> query_;
  std::shared_ptr<const base::Json> json_;
  std::vector<std::pair<std::type_index, std::any>> attributes_;
};

}  // namespace web
