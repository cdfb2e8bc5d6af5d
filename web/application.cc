#include "web/application.h"

#include <cstdlib>

#include <boost/core/demangle.hpp>
#include <unistd.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "base/secrets.h"
#include "web/compression.h"
#include "web/cors.h"
#include "web/csp_report.h"
#include "web/error_pages.h"

namespace web {

namespace builtin {
TemplateFolder templates();
}

namespace {

Response not_found() { return Response::error(HttpError(404, "not_found", "Not found.")); }

Response options_answer(std::string allowed) { return Response::empty().header("Allow", allowed); }

// The same path with a slash behind it. Never "//host", which a browser takes for another site.
std::optional<Response> redirect_to_slash(const Request& request, const Router& router) {
  const std::string_view path = request.path();
  if (path.empty() || path.back() == '/' || path.substr(0, 2) == "//" ||
      path.find('\\') != std::string_view::npos) {
    return std::nullopt;
  }
  std::string location(path);
  location += '/';
  if (!router.match(location)) return std::nullopt;
  location += request.target().substr(path.size());
  return Response::redirect(location, 308);
}

ApplicationOptions with_defaults(ApplicationOptions options) {
  if (options.secure_ssl) options.security.strict_transport = true;
  if (options.secret_keys.current.empty()) options.secret_keys.current = base::random_token();
  return options;
}

}  // namespace

Response Next::operator()(Request& request) const { return application_.run(request, position_); }

Application::Application(ApplicationOptions options)
    : options_(with_defaults(std::move(options))),
      trusted_proxies_(options_.trusted_proxies),
      static_files_(options_.debug),
      templates_({.static_url = [this](std::string_view name) { return static_files_.url(name); },
                  .url = [this](std::string_view name) { return router_.url_for(name); }},
                 options_.debug) {
  templates_.add_default(builtin::templates());
  use(security_headers(options_.security));
  use(compression());
  use(error_pages(options_.api_prefix, options_.debug));
  use(allowed_hosts(options_.allowed_hosts, options_.debug));
  if (options_.secure_ssl) use(require_https(options_.api_prefix));
  if (!options_.cors_allowed_origins.empty()) use(cors(options_.cors_allowed_origins));
  if (!options_.security.report_path.empty()) add_csp_reports();
}

void Application::add_csp_reports() {
  router_
      .add("POST", options_.security.report_path,
           [](Request& request, PathArguments) {
             log_csp_report(request);
             return Response::empty();
           })
      .access(Access::public_)
      .csrf_exempt()
      .body_limit(kMaxCspReport);
}

void Application::add_metrics(std::string token) {
  router_
      .get("/metrics",
           [this, token = std::move(token)](Request& request) {
             const std::string bearer = "Bearer " + token;
             const bool has_token =
                 !token.empty() &&
                 base::secrets_equal(request.header("Authorization").value_or(""), bearer);
             if (!has_token && !is_from_this_machine(request)) return not_found();
             return Response::with_type("text/plain; version=0.0.4; charset=utf-8", metrics_.text())
                 .header("Cache-Control", "no-store");
           })
      .access(Access::public_);
}

void Application::add_static(StaticFolder folder) {
  static_files_.add(std::move(folder));
  if (std::exchange(serves_static_, true)) return;
  router_
      .get(
          "/static/<path:name>",
          [this](Request& request, std::string_view name) {
            return static_files_.serve(request, name);
          },
          "static")
      .access(Access::public_);
}

Response Application::handle(Request& request) const {
  request.application_ = this;
  if (trusted_proxies_.contains(request.peer())) {
    TrustedProxies::Origin origin = trusted_proxies_.origin(request.raw());
    request.client_address_ = std::move(origin.client_address);
    request.is_secure_ = origin.is_secure;
    request.is_from_proxy_ = true;
  }
  const Metrics::InFlight counted(metrics_);
  Response response = run(request, 0);
  metrics_.observe(request.matched_route(), request.method(), response.status, counted.elapsed());
  response.client = request.client_address_;
  return response;
}

Response Application::handle(const net::HttpRequest& raw) const {
  Request request(raw);
  return handle(request);
}

Response Application::run(Request& request, std::size_t position) const {
  try {
    if (position == middleware_.size()) return route(request);
    return middleware_[position](request, Next(*this, position + 1));
  } catch (...) {
    return answer_exception(request);
  }
}

Response Application::route(Request& request) const {
  if (request.target() == "*")
    return options_answer("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  const RouteMatch& match = request.route_match();
  if (!match) return redirect_to_slash(request, router_).value_or(not_found());
  if (const Route* found = match.route(request.method()))
    return found->endpoint(request, match.arguments());
  const std::string allowed = match.allowed_methods();
  if (request.method() == "OPTIONS") return options_answer(allowed);
  return Response::error(HttpError(405, "method_not_allowed", "The method is not allowed here."))
      .header("Allow", allowed);
}

// REQUIRES: inside a catch block.
Response Application::answer_exception(Request& request) const {
  try {
    throw;
  } catch (const std::exception& thrown) {
    try {
      for (auto answer = exception_answers_.rbegin(); answer != exception_answers_.rend();
           ++answer) {
        if (auto response = (*answer)(request, thrown)) return *std::move(response);
      }
      if (const auto* error = dynamic_cast<const HttpError*>(&thrown))
        return Response::error(*error);
    } catch (const std::exception& second) {
      base::log_error("request " + std::string(request.request_id()) +
                      ": answering an exception failed: " + second.what());
    }
    return answer_unknown(request, typeid(thrown), thrown.what());
  } catch (...) {
    return answer_unknown(request, typeid(void), "an object that is no std::exception");
  }
}

Response Application::answer_unknown(Request& request, const std::type_info& type,
                                     const char* what) {
  request.set(UnexpectedError{.type = boost::core::demangle(type.name()), .message = what});
  base::log_error("request " + std::string(request.request_id()) + " " +
                  std::string(request.method()) + " " + std::string(request.path()) +
                  " failed: " + what);
  base::JsonWriter writer;
  writer.begin_object();
  writer.member("error", "Internal error");
  writer.member("code", "internal");
  writer.member("request_id", request.request_id());
  writer.end_object();
  return Response::json(std::move(writer), 500);
}

net::ServerOptions Application::server_options(net::ServerOptions base) {
  templates_.load();
  base.refusal_headers.add_all(security_header_block(options_.security, false));
  base.body_limit = [this, fallback = base.limits.body](std::string_view method,
                                                        std::string_view path) {
    try {
      const RouteMatch match = router_.match(path);
      const Route* const found = match.route(method);
      return found ? found->max_body.value_or(fallback) : fallback;
    } catch (const HttpError&) {
      return fallback;  // a malformed path: the request itself is answered 400
    }
  };
  base.is_exempt = [this](std::string_view address) {
    return net::is_loopback(address) || trusted_proxies_.contains(address);
  };
  if (options_.access_log) {
    if (!access_log_) access_log_ = std::make_unique<AccessLog>(STDOUT_FILENO, options_.log_format);
    base.access_log = [log = access_log_.get()](const net::AccessRecord& record) {
      log->add(record);
    };
    base.stopping = [log = access_log_.get()] { log->hurry(); };
  }
  return base;
}

std::string Listening::url() const {
  const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  return "http://" + (bare_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void Application::listening(const Listening& address) const {
  for (const auto& hook : listening_hooks_) hook(address);
}

net::HttpServer::SyncHandler Application::handler() const {
  return [this](const net::HttpRequest& request) { return handle(request); };
}

void Application::serve(net::ServerOptions options) {
  const std::string host = options.host;
  net::HttpServer server(server_options(std::move(options)), handler());
  listening({host, server.port()});
  if (server.run_until_signal()) return;
  base::log_error("a request did not end in time: ending the process without it");
  stop_access_log();
  std::_Exit(EXIT_FAILURE);  // the server cannot be destroyed under a handler that runs
}

void Application::stop_access_log() {
  if (access_log_) access_log_->stop();
}

}  // namespace web
