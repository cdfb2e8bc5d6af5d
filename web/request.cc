#include "web/request.h"

#include "base/json.h"
#include "web/application.h"
#include "web/cookies.h"
#include "web/trusted_proxies.h"

namespace web {
namespace {

constexpr std::size_t kMaxQueryParameters = 1000;

std::string decode(std::string_view text) {
  if (text.find_first_of("%+") == std::string_view::npos && net::is_valid_utf8(text))
    return std::string(text);
  auto decoded = net::percent_decode(text, true);
  if (!decoded)
    throw HttpError(400, "malformed_query", "The query string is not valid percent-encoded UTF-8.");
  return *std::move(decoded);
}

QueryParameters parse_query(std::string_view text) {
  QueryParameters parameters;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string_view pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (pair.empty()) continue;
    if (parameters.size() == kMaxQueryParameters) {
      throw HttpError(400, "malformed_query", "The query string has more than 1000 parameters.");
    }
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    parameters.emplace_back(decode(pair.substr(0, equals)), decode(value));
  }
  return parameters;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

const QueryParameters& Request::query_parameters() {
  if (!query_) query_ = parse_query(query_string());
  return *query_;
}

std::optional<std::string_view> Request::query(std::string_view name) {
  for (const auto& [key, value] : query_parameters()) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Request::query_all(std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : query_parameters()) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::string_view Request::uncompressed_body() const {
  const std::string coding = request_.header_list("Content-Encoding");
  if (coding.empty() || net::equals_ignoring_case(coding, "identity")) return body();
  HttpError error(415, "unsupported_content_encoding", "The body must be sent uncompressed.");
  error.headers.add("Accept-Encoding", "identity");
  throw error;
}

const base::Json& Request::json() {
  if (json_) return *json_;
  const std::string_view type = header("Content-Type").value_or(std::string_view());
  if (!net::equals_ignoring_case(trimmed(type.substr(0, type.find(';'))), "application/json")) {
    throw HttpError(415, "unsupported_media_type", "The body must be sent as application/json.");
  }
  try {
    json_ = std::make_shared<const base::Json>(base::parse_json(uncompressed_body()));
  } catch (const base::JsonError& error) {
    throw HttpError(400, "malformed_json",
                    std::string("The body is not valid JSON: ") + error.what() + ".");
  }
  return *json_;
}

std::optional<std::string_view> Request::header(std::string_view name) const {
  if (!is_from_proxy_ && is_forwarding_header(name)) return std::nullopt;
  return request_.header(name);
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  for (const net::HeaderField& field : request_.headers) {
    if (!net::equals_ignoring_case(field.name, "Cookie")) continue;
    if (const auto value = find_cookie(field.value, name)) return value;
  }
  return std::nullopt;
}

const RouteMatch& Request::route_match() {
  if (!route_match_) route_match_ = router().match(path());
  return *route_match_;
}

const Application& Request::application() const {
  if (!application_) throw std::logic_error("this request does not belong to an application");
  return *application_;
}

const Router& Request::router() const { return application().router(); }

}  // namespace web
