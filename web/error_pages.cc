#include "web/error_pages.h"

#include <algorithm>

#include "base/json.h"
#include "base/log.h"
#include "web/application.h"
#include "web/redaction.h"
#include "web/trusted_proxies.h"

namespace web {
namespace {

std::string_view title_of(int status) {
  switch (status) {
    case 400:
      return "Bad request";
    case 401:
      return "Sign in first";
    case 403:
      return "Not allowed";
    case 404:
      return "Page not found";
    case 405:
      return "Method not allowed";
    case 429:
      return "Too many requests";
    case 500:
      return "Internal error";
    case 503:
      return "Not available at the moment";
    default:
      return "Error";
  }
}

bool asks_for_a_page(const Request& request, std::string_view api_prefix) {
  return !request.path().starts_with(api_prefix) &&
         request.raw().header_list("Accept").find("text/html") != std::string::npos;
}

bool is_json_error(const Response& response) {
  return response.status >= 400 && response.headers.get("Content-Type") == "application/json";
}

// What the error's JSON says to people.
std::string message_of(const Response& response) {
  try {
    const base::Json error = base::parse_json(response.body);
    return error.is_object() ? error.value("error", "") : "";
  } catch (const base::JsonError&) {
    return "";  // a view's own JSON
  }
}

std::string debug_page(Request& request, const UnexpectedError& error) {
  Context context;
  context.set("type", error.type).set("message", error.message);
  context.set("method", request.method()).set("path", request.path());
  context.set("request_id", request.request_id());
  if (const Route* const route = request.route())
    context.set("route", route->pattern).show("has_route");
  const auto show = [&](std::string_view section, std::string_view name, std::string_view value,
                        bool is_secret) {
    context.add(section).set("name", name).set("value", is_secret ? kRedacted : value);
  };
  for (const auto& [name, value] : request.query_parameters())
    show("query", name, value, is_secret_name(name));
  for (const net::HeaderField& field : request.raw().headers)
    show("headers", field.name, field.value, is_secret_header(field.name));
  return request.application().templates().render("web/debug_error.html", context);
}

// The project's page for this status, or web's.
std::string_view page_name(const Templates& templates, const std::string& own) {
  return templates.has(own)            ? std::string_view(own)
         : templates.has("error.html") ? "error.html"
                                       : "web/error.html";
}

Response error_page(Request& request, const Response& error) {
  const Templates& templates = request.application().templates();
  const bool is_servers = error.status >= 500;
  Context context;
  context.set("status", error.status).set("title", title_of(error.status));
  if (error.status != 500) context.set("message", message_of(error));
  if (is_servers) context.set("request_id", request.request_id()).show("show_request_id");
  const std::string own = std::to_string(error.status) + ".html";
  const std::string_view name = page_name(templates, own);
  if (is_servers) return Response::html(templates.render(name, context), error.status);
  return render(request, name, context, error.status);
}

// The page in the error's place, with the error's own headers.
Response as_page(Request& request, Response error, bool debug) {
  Response page;
  try {
    const auto* const unexpected = request.get<UnexpectedError>();
    page = debug && unexpected && is_from_this_machine(request)
               ? Response::html(debug_page(request, *unexpected), error.status)
               : error_page(request, error);
  } catch (const std::exception& failure) {
    base::log_error("request " + std::string(request.request_id()) +
                    ": making an error page failed: " + failure.what());
    return error;
  }
  error.body = std::move(page.body);
  error.header("Content-Type", "text/html; charset=utf-8");
  return error;
}

}  // namespace

bool is_from_this_machine(const Request& request) {
  const auto& headers = request.raw().headers;
  return request.peer_is_loopback() &&
         std::none_of(headers.begin(), headers.end(), [](const net::HeaderField& field) {
           return is_forwarding_header(field.name);
         });
}

Middleware error_pages(std::string api_prefix, bool debug) {
  return [api_prefix = std::move(api_prefix), debug](Request& request, const Next& next) {
    Response response = next(request);
    if (!is_json_error(response) || !asks_for_a_page(request, api_prefix)) return response;
    return as_page(request, std::move(response), debug);
  };
}

}  // namespace web
