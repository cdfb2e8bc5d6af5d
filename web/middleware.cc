#include "web/middleware.h"

#include <algorithm>

#include "net/text.h"

namespace web {
namespace {

bool equals(std::string_view a, std::string_view b) { return net::equals_ignoring_case(a, b); }

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && equals(text.substr(text.size() - suffix.size()), suffix);
}

std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  host = has_port ? host.substr(0, colon) : host;
  return !host.empty() && host.back() == '.' ? host.substr(0, host.size() - 1) : host;
}

bool is_loopback_address(std::string_view host) {
  return host == "[::1]" || net::is_loopback(host);
}

bool is_page(const net::HeaderBlock& headers) {
  const auto type = headers.get("Content-Type");
  return type && type->substr(0, 9) == "text/html";
}

void add_missing(net::HeaderBlock& headers, const net::HeaderBlock& wanted) {
  const bool overlap =
      headers.any_of([&](const net::HeaderField& field) { return wanted.contains(field.name); });
  if (!overlap) return headers.add_all(wanted);
  wanted.any_of([&](const net::HeaderField& field) {
    if (!headers.contains(field.name)) headers.add(field.name, field.value);
    return false;
  });
}

}  // namespace

net::HeaderBlock security_header_block(const SecurityHeaders& options, bool page) {
  net::HeaderBlock block;
  block.add("X-Content-Type-Options", "nosniff");
  block.add("Referrer-Policy", "strict-origin-when-cross-origin");
  block.add("Cross-Origin-Opener-Policy", "same-origin");
  block.add("Cross-Origin-Resource-Policy", "same-origin");
  block.add("Permissions-Policy", "geolocation=(), camera=(), microphone=()");
  block.add("X-Frame-Options", "DENY");
  std::string policy =
      page ? options.page_policy : "default-src 'none'; frame-ancestors 'none'; sandbox";
  for (const std::string& target : options.form_targets) {
    constexpr std::string_view kDirective = "form-action 'self'";
    if (const std::size_t at = policy.find(kDirective); at != std::string::npos)
      policy.insert(at + kDirective.size(), " " + target);
  }
  if (page && !options.report_path.empty()) policy += "; report-uri " + options.report_path;
  block.add("Content-Security-Policy", policy);
  if (options.strict_transport)
    block.add("Strict-Transport-Security", "max-age=63072000; includeSubDomains");
  return block;
}

Middleware security_headers(const SecurityHeaders& options) {
  return [page = security_header_block(options, true),
          other = security_header_block(options, false)](Request& request, const Next& next) {
    Response response = next(request);
    add_missing(response.headers, is_page(response.headers) ? page : other);
    return response;
  };
}

Middleware require_https(std::string api_prefix) {
  return [api_prefix = std::move(api_prefix)](Request& request, const Next& next) {
    // Metrics are read on this machine, past the proxy, and guarded by their route.
    if (request.is_secure() || request.path() == "/metrics") return next(request);
    if (request.path().starts_with(api_prefix))
      return Response::error(HttpError(403, "https_required", "Use https:// for this."));
    return Response::redirect(
        "https://" + std::string(request.host()) + std::string(request.target()), 308);
  };
}

bool host_is_allowed(std::string_view host, const std::vector<std::string>& allowed, bool debug) {
  if (!net::is_host(host)) return false;
  host = without_port(host);
  if (host.empty()) return false;
  if (debug &&
      (equals(host, "localhost") || ends_with(host, ".localhost") || is_loopback_address(host)))
    return true;
  return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& entry) {
    if (entry == "*") return true;
    if (entry.empty() || entry.front() != '.') return equals(host, entry);
    return equals(host, std::string_view(entry).substr(1)) || ends_with(host, entry);
  });
}

Middleware allowed_hosts(std::vector<std::string> allowed, bool debug) {
  return [allowed = std::move(allowed), debug](Request& request, const Next& next) {
    if (host_is_allowed(request.host(), allowed, debug)) return next(request);
    std::string message = "The host of this request is not allowed.";
    if (debug) message += " Add it to allowed_hosts in the settings.";
    return Response::error(HttpError(400, "disallowed_host", message));
  };
}

}  // namespace web
