// Application: routes, middleware and exception answers, put together. What a server or a
// TestClient runs.
//
//   web::Application app({.debug = true});
//   urls(app.router());
//   app.on_exception<ValidationError>([](web::Request&, const ValidationError& e) { … });
//   app.serve({.port = 8000});
//
// A request goes through: security headers, compression, error pages, allowed hosts, HTTPS and CORS
// where they are asked for, the middleware in the order of use(), the route's view. An exception
// becomes an answer at the innermost place, so that middleware sees it as one: HttpError as itself,
// what on_exception() knows by its function, anything else logged with the request id and answered
// 500.
//
// Thread safety: set up on one thread; then handle() from any. Outlives the server that runs it.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "net/http_server.h"
#include "web/access_log.h"
#include "web/metrics.h"
#include "web/middleware.h"
#include "web/router.h"
#include "web/signing.h"
#include "web/static_files.h"
#include "web/templates.h"
#include "web/trusted_proxies.h"

namespace web {

struct ApplicationOptions {
  bool debug = false;
  // "example.com", or ".example.com" for what is below it too; debug adds localhost and loopback.
  std::vector<std::string> allowed_hosts{};
  SecurityHeaders security{};
  // What cookies and links are signed with. Empty: made at random, and so are good in this process
  // only.
  SecretKeys secret_keys{};
  bool secure_ssl = false;                          // HTTPS only, and Strict-Transport-Security
  std::vector<std::string> trusted_proxies{};       // see web/trusted_proxies.h
  std::vector<std::string> cors_allowed_origins{};  // see web/cors.h; none: CORS is off
  std::string api_prefix = "/api/";                 // whose errors are never pages
  bool access_log = false;                          // to standard output
  LogFormat log_format = LogFormat::text;
};

// Where a server of the application listens.
struct Listening {
  std::string host;
  std::uint16_t port = 0;

  std::string url() const;  // "http://127.0.0.1:8000", without '/' at its end
};

class Application {
 public:
  explicit Application(ApplicationOptions options = {});
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  Router& router() { return router_; }
  const Router& router() const { return router_; }
  const ApplicationOptions& options() const { return options_; }
  const SecretKeys& secret_keys() const { return options_.secret_keys; }

  // Pages that render() finds; add the folders of an application's own before those of its parts,
  // whose pages they replace.
  Templates& templates() { return templates_; }
  const Templates& templates() const { return templates_; }
  // Serves the folder's files below /static/; see web/static_files.h.
  void add_static(StaticFolder folder);
  // Serves metrics at /metrics, as Prometheus reads them: to this machine, and to who sends
  // `token` (unless empty) as a bearer token.
  void add_metrics(std::string token = {});
  Metrics& metrics() { return metrics_; }
  const StaticFiles& static_files() const { return static_files_; }
  // Called for every page, in this order.
  void add_context_processor(ContextProcessor processor) {
    context_processors_.push_back(std::move(processor));
  }
  const std::vector<ContextProcessor>& context_processors() const { return context_processors_; }

  // Adds a middleware inside those added before.
  void use(Middleware middleware) { middleware_.push_back(std::move(middleware)); }

  // Answers exceptions of type E or derived from it. The last registered is asked first.
  template <class E, class Function>
  void on_exception(Function answer) {
    static_assert(std::is_base_of_v<std::exception, E>,
                  "on_exception<E> is for classes derived from std::exception");
    exception_answers_.push_back(
        [answer = std::move(answer)](Request& request,
                                     const std::exception& thrown) -> std::optional<Response> {
          const auto* known = dynamic_cast<const E*>(&thrown);
          return known ? std::optional<Response>(answer(request, *known)) : std::nullopt;
        });
  }

  // Called when the address is known and no request has come yet; one that throws keeps the server
  // from serving.
  void on_listening(std::function<void(const Listening&)> hook) {
    listening_hooks_.push_back(std::move(hook));
  }
  // Calls the hooks: by who makes the server, before it serves.
  void listening(const Listening& address) const;

  // The whole chain. Never throws but for lack of memory.
  Response handle(Request& request) const;
  Response handle(const net::HttpRequest& request) const;

  // `base` with what the application adds: body limits of its routes, headers of refusals, trusted
  // proxies, the access log.
  net::ServerOptions server_options(net::ServerOptions base = {});
  net::HttpServer::SyncHandler handler() const;
  // Writes what the access log holds, and ends it: before the process ends in another way than by
  // returning from main().
  void stop_access_log();
  // Serves until SIGTERM or SIGINT. Where a handler outlives the 25 seconds for requests in flight,
  // it ends the process.
  void serve(net::ServerOptions options = {});

 private:
  friend class Next;
  using ExceptionAnswer = std::function<std::optional<Response>(Request&, const std::exception&)>;

  Response run(Request& request, std::size_t position) const;
  Response route(Request& request) const;
  Response answer_exception(Request& request) const;
  static Response answer_unknown(Request& request, const std::type_info& type, const char* what);
  void add_csp_reports();

  const ApplicationOptions options_;
  const TrustedProxies trusted_proxies_;
  mutable Metrics metrics_;
  Router router_;
  StaticFiles static_files_;
  bool serves_static_ = false;
  Templates templates_;
  std::vector<ContextProcessor> context_processors_;
  std::vector<Middleware> middleware_;
  std::vector<ExceptionAnswer> exception_answers_;
  std::vector<std::function<void(const Listening&)>> listening_hooks_;
  std::unique_ptr<AccessLog> access_log_;
};

}  // namespace web
