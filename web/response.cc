#include "web/response.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/json_writer.h"
#include "web/cookies.h"
#include "web/http_error.h"

namespace web {

Response Response::with_type(std::string_view content_type, std::string body, int status) {
  Response response(status);
  response.headers.add("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

Response Response::json_text(std::string json, int status) {
  return with_type("application/json", std::move(json), status);
}

Response Response::json(base::JsonWriter&& writer, int status) {
  return json_text(std::move(writer).text(), status);
}

Response Response::json(const base::Json& value, int status) {
  base::JsonWriter writer;
  writer.value(value);
  return json_text(std::move(writer).text(), status);
}

Response Response::text(std::string text, int status) {
  return with_type("text/plain; charset=utf-8", std::move(text), status);
}

Response Response::html(std::string page, int status) {
  return with_type("text/html; charset=utf-8", std::move(page), status);
}

Response Response::redirect(std::string_view location, int status) {
  Response response(status);
  // Everything that RFC 3986 allows in a URL, and '%' because the location is encoded already.
  response.headers.add("Location", net::percent_encode(location, "%:/?#[]@!$&'()*+,;="));
  return response;
}

void Response::add_vary(std::string_view name) {
  std::string names;
  bool is_there = false;
  headers.any_of([&](const net::HeaderField& field) {
    if (!net::equals_ignoring_case(field.name, "Vary")) return false;
    names.append(names.empty() ? "" : ", ").append(field.value);
    for (std::string_view rest = field.value; !rest.empty() && !is_there;) {
      const std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
      is_there = rest.substr(0, end) == "*" || net::equals_ignoring_case(rest.substr(0, end), name);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return is_there;
  });
  if (is_there) return;
  headers.set("Vary", names.append(names.empty() ? "" : ", ").append(name));
}

Response& Response::add_cookie(const Cookie& cookie) & {
  headers.add("Set-Cookie", encode_cookie(cookie));
  return *this;
}

Response&& Response::add_cookie(const Cookie& cookie) && {
  add_cookie(cookie);
  return std::move(*this);
}

Response Response::error(const HttpError& error) {
  base::JsonWriter writer;
  writer.begin_object();
  writer.member("error", std::string_view(error.what()));
  writer.member("code", std::string_view(error.code));
  if (!error.fields.empty()) {
    writer.key("fields");
    writer.begin_object();
    for (const auto& [name, messages] : error.fields) {
      writer.key(name);
      writer.begin_array();
      for (const std::string& message : messages) writer.value(std::string_view(message));
      writer.end_array();
    }
    writer.end_object();
  }
  writer.end_object();
  Response response = json(std::move(writer), error.status);
  response.headers.add_all(error.headers);
  return response;
}

}  // namespace web
