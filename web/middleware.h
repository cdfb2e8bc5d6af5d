// Middleware: what every request passes on its way to a view and back, and the two kinds that every
// application has.
//
//   app.use([](web::Request& request, const web::Next& next) {
//     web::Response response = next(request);  // never throws: exceptions are answers by now
//     return std::move(response).header("Cache-Control", "no-store");
//   });
//
// Thread safety: a middleware is called by many threads at once.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "web/request.h"
#include "web/response.h"

namespace web {

class Application;

// The rest of the chain.
class Next {
 public:
  Response operator()(Request& request) const;

 private:
  friend class Application;
  Next(const Application& application, std::size_t position)
      : application_(application), position_(position) {}
  const Application& application_;
  const std::size_t position_;
};

using Middleware = std::function<Response(Request&, const Next&)>;

struct SecurityHeaders {
  // Content-Security-Policy of HTML pages; every other answer has one that allows nothing.
  std::string page_policy =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src "
      "'self'; connect-src 'self'; "
      "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";
  // Origins beside this one that forms may lead to, added to form-action.
  std::vector<std::string> form_targets{};
  // Where browsers report what the policy stopped; added to it. Empty: nowhere.
  std::string report_path = "/csp-report/";
  bool strict_transport = false;  // Strict-Transport-Security: only behind HTTPS
};

// What each kind of answer gets.
net::HeaderBlock security_header_block(const SecurityHeaders& options, bool page);

// Adds the headers that the answer does not have yet.
Middleware security_headers(const SecurityHeaders& options = {});

// Whether `host` (with or without port) is one of `allowed`: exact, or ".example.com" for a domain
// and what is below it. `debug` adds localhost, what is below it, and the loopback addresses.
bool host_is_allowed(std::string_view host, const std::vector<std::string>& allowed, bool debug);

// HTTPS only: a page over plain HTTP is redirected (308), a path below `api_prefix` is refused
// (403), since what its client has sent is out already and must not seem to work.
Middleware require_https(std::string api_prefix);

// Answers 400 before routing where host_is_allowed() says no.
Middleware allowed_hosts(std::vector<std::string> allowed, bool debug);

}  // namespace web
