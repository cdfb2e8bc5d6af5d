// Response: what a view returns. A net::HttpResponse with factories for the usual kinds.
//
//   return web::Response::json({{"status", "ok"}});          // with "base/json.h"
//   return web::Response::text("Created", 201);
//   return web::Response::redirect(request.url_for("post-list"));
#pragma once
#include <string>
#include <string_view>

#include "base/json_fwd.h"
#include "net/http_message.h"

namespace base {
class JsonWriter;
}

namespace web {

struct Cookie;
struct HttpError;

struct Response : net::HttpResponse {
  Response() = default;
  explicit Response(int http_status) { status = http_status; }

  // application/json: from text that is JSON already, from a writer (which gives its text away),
  // from a value.
  static Response json_text(std::string json, int status = 200);
  static Response json(base::JsonWriter&& writer, int status = 200);
  static Response json(const base::Json& value, int status = 200);
  static Response text(std::string text, int status = 200);  // text/plain
  static Response html(std::string page, int status = 200);  // text/html
  static Response with_type(std::string_view content_type, std::string body, int status = 200);
  static Response empty() { return Response(204); }
  // `location`: a path of this site, or a URL that the caller has checked. Other than its header's
  // characters it is kept; characters outside ASCII and controls are percent-encoded. 303 makes a
  // form's POST a GET.
  static Response redirect(std::string_view location, int status = 302);
  static Response error(const HttpError& error);

  // Chains: Response::text("…").header("Cache-Control", "no-store"). Throws like
  // net::HeaderBlock::set.
  Response& header(std::string_view name, std::string_view value) & {
    headers.set(name, value);
    return *this;
  }
  Response&& header(std::string_view name, std::string_view value) && {
    headers.set(name, value);
    return std::move(*this);
  }
  // Adds the name of a request header that the answer depends on to Vary, where it is not there.
  void add_vary(std::string_view name);
  // Adds a Set-Cookie header; see web/cookies.h.
  Response& add_cookie(const Cookie& cookie) &;
  Response&& add_cookie(const Cookie& cookie) &&;
};

}  // namespace web
