#include "web/test_client.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace web {

base::Json TestResponse::json() const { return base::parse_json(body); }

TestResponse TestClient::request(std::string_view method, std::string_view target,
                                 const TestRequest& request) {
  std::vector<net::HeaderField> fields;
  std::string_view host = "localhost";
  const auto add = [&](std::string_view name, std::string_view value) {
    if (net::equals_ignoring_case(name, "Host")) host = value;
    fields.push_back({name, value});
  };
  for (const auto& [name, value] : default_headers) add(name, value);
  for (const auto& [name, value] : request.headers) add(name, value);
  std::string cookie_header;
  for (const auto& [name, value] : cookies)
    cookie_header += (cookie_header.empty() ? "" : "; ") + name + "=" + value;
  if (!cookie_header.empty()) add("Cookie", cookie_header);
  if (!request.content_type.empty()) add("Content-Type", request.content_type);
  Response response =
      application_.handle(net::HttpRequest{.method = method,
                                           .target = target,
                                           .host = host,
                                           .headers = fields,
                                           .body = request.body,
                                           .peer = peer,
                                           .peer_is_loopback = net::is_loopback(peer),
                                           .request_id = "test"});
  keep_cookies(response.headers);
  const bool has_body = method != "HEAD" && response.status != 204 && response.status != 304;
  if (has_body && response.more) {
    while (response.more(response.body)) {
    }
  }
  return {.status = response.status,
          .headers = std::move(response.headers),
          .body = has_body ? std::move(response.body) : std::string()};
}

void TestClient::keep_cookies(const net::HeaderBlock& headers) {
  headers.any_of([this](const net::HeaderField& field) {
    if (!net::equals_ignoring_case(field.name, "Set-Cookie")) return false;
    const std::size_t equals = field.value.find('=');
    const std::size_t end = field.value.find(';');
    const std::string name(field.value.substr(0, equals));
    if (field.value.find("; Max-Age=0") != std::string_view::npos)
      cookies.erase(name);
    else
      cookies[name] = field.value.substr(equals + 1, end - equals - 1);
    return false;
  });
}

TestResponse TestClient::get(std::string_view target, HeaderList headers) {
  return request("GET", target, {.headers = std::move(headers)});
}
TestResponse TestClient::head(std::string_view target, HeaderList headers) {
  return request("HEAD", target, {.headers = std::move(headers)});
}
TestResponse TestClient::options(std::string_view target, HeaderList headers) {
  return request("OPTIONS", target, {.headers = std::move(headers)});
}
TestResponse TestClient::del(std::string_view target, HeaderList headers) {
  return request("DELETE", target, {.headers = std::move(headers)});
}
TestResponse TestClient::post(std::string_view target, const base::Json& body, HeaderList headers) {
  return send_json("POST", target, body, std::move(headers));
}
TestResponse TestClient::put(std::string_view target, const base::Json& body, HeaderList headers) {
  return send_json("PUT", target, body, std::move(headers));
}
TestResponse TestClient::patch(std::string_view target, const base::Json& body,
                               HeaderList headers) {
  return send_json("PATCH", target, body, std::move(headers));
}

TestResponse TestClient::post_form(std::string_view target, const HeaderList& fields,
                                   HeaderList headers) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body += '&';
    net::append_percent_encoded(body, name);
    body += '=';
    net::append_percent_encoded(body, value);
  }
  return request("POST", target,
                 {.body = std::move(body),
                  .content_type = "application/x-www-form-urlencoded",
                  .headers = std::move(headers)});
}

TestResponse TestClient::send_json(std::string_view method, std::string_view target,
                                   const base::Json& body, HeaderList headers) {
  base::JsonWriter writer;
  writer.value(body);
  return request(method, target,
                 {.body = std::move(writer).text(),
                  .content_type = "application/json",
                  .headers = std::move(headers)});
}

}  // namespace web
