#include "web/cors.h"

#include <algorithm>
#include <stdexcept>

namespace web {
namespace {

constexpr const char* kPreflightSeconds = "600";

// "https://app.example.com:8443": as browsers send it, and nothing else.
bool is_origin(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  if (text.substr(0, scheme) != "https" && text.substr(0, scheme) != "http") return false;
  const std::string_view host = text.substr(scheme + 3);
  return !host.empty() && host.find_first_of("/?#@* \\") == std::string_view::npos;
}

Response preflight() {
  Response response = Response::empty();
  response.header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  response.header("Access-Control-Allow-Headers", "Authorization, Content-Type");
  response.header("Access-Control-Max-Age", kPreflightSeconds);
  return response;
}

}  // namespace

Middleware cors(std::vector<std::string> allowed_origins) {
  for (const std::string& origin : allowed_origins) {
    if (!is_origin(origin))
      throw std::invalid_argument("cors_allowed_origins: \"" + origin +
                                  "\" is no origin such as https://app.example.com");
  }
  return [allowed = std::move(allowed_origins)](Request& request, const Next& next) {
    const auto origin = request.header("Origin");
    const bool is_allowed =
        origin && std::find(allowed.begin(), allowed.end(), *origin) != allowed.end();
    const bool is_preflight = is_allowed && request.method() == "OPTIONS" &&
                              request.header("Access-Control-Request-Method").has_value();
    Response response = is_preflight ? preflight() : next(request);
    response.add_vary("Origin");
    if (is_allowed) response.header("Access-Control-Allow-Origin", *origin);
    return response;
  };
}

}  // namespace web
