#include "web/openapi.h"

#include <algorithm>
#include <set>

#include "base/json_writer.h"
#include "net/text.h"
#include "web/application.h"

namespace web {

namespace builtin {
StaticFolder static_files();
}

namespace {

using base::Json;

Json argument_schema(Converter converter) {
  switch (converter) {
    case Converter::uuid:
      return {{"type", "string"}, {"format", "uuid"}};
    case Converter::integer:
      return {{"type", "integer"}, {"minimum", 0}};
    case Converter::slug:
      return {{"type", "string"}, {"pattern", "^[-a-zA-Z0-9_]+$"}};
    case Converter::str:
    case Converter::path:
      break;
  }
  return {{"type", "string"}};
}

// "/api/posts/<uuid:pk>/" -> "/api/posts/{pk}/", with a parameter for each argument.
std::string path_template(const std::vector<PathSegment>& segments, Json& parameters) {
  std::string path;
  for (const PathSegment& segment : segments) {
    path += '/';
    if (!segment.converter) {
      path += segment.literal;
      continue;
    }
    path += "{" + segment.argument + "}";
    parameters.push_back({{"name", segment.argument},
                          {"in", "path"},
                          {"required", true},
                          {"schema", argument_schema(*segment.converter)}});
  }
  return path;
}

Json content(const std::string& schema, const std::string& media_type = "application/json") {
  if (media_type != "application/json") return {{media_type, {{"schema", {{"type", "string"}}}}}};
  const Json of =
      schema.empty() ? Json{{"type", "object"}} : Json{{"$ref", "#/components/schemas/" + schema}};
  return {{"application/json", {{"schema", of}}}};
}

const char* description_of(int status) {
  switch (status) {
    case 400:
      return "The input is not valid";
    case 401:
      return "Sign in first";
    case 403:
      return "Not allowed";
    case 404:
      return "There is no such thing";
    case 409:
      return "Another row, or another change of this one, is in the way";
    case 413:
      return "The body is too large";
    case 415:
      return "The body is not JSON";
    case 429:
      return "Too often; Retry-After says when it may be asked again";
    case 503:
      return "Not available now; Retry-After says when to try again";
    default:
      return "Success";
  }
}

bool is_public(const Route& route) {
  return route.declared_access && route.declared_access->kind() == Access::Kind::public_;
}

Json operation(const Route& route, const Json& path_parameters, bool first_of_its_name) {
  const RouteSchema schema = route.declared_schema ? *route.declared_schema : RouteSchema{};
  const bool has_body = route.method != "GET" && route.method != "DELETE";
  std::set<int> errors(schema.errors.begin(), schema.errors.end());
  if (has_body) errors.insert({400, 413, 415});
  if (!schema.query.empty()) errors.insert(400);
  if (!path_parameters.empty()) errors.insert(404);
  if (!route.limits.empty()) errors.insert(429);
  Json out = Json::object();
  if (!schema.summary.empty()) out["summary"] = schema.summary;
  if (!route.name.empty() && first_of_its_name) {
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), net::to_lower);
    out["operationId"] = method + "-" + route.name;
  }
  Json parameters = path_parameters;
  for (const QueryField& field : schema.query)
    parameters.push_back({{"name", field.name},
                          {"in", "query"},
                          {"description", field.description},
                          {"schema", field.schema}});
  if (!parameters.empty()) out["parameters"] = parameters;
  if (has_body) out["requestBody"] = {{"required", true}, {"content", content(schema.request)}};
  if (!is_public(route)) {
    errors.insert({401, 403});
    out["security"] = Json::array(
        {{{"session", Json::array()}, {"csrf", Json::array()}}, {{"bearer", Json::array()}}});
  }
  const auto answers = [&out](int status, const Json& body) {
    Json& response = out["responses"][std::to_string(status)];
    response = {{"description", description_of(status)}};
    if (status != 204) response["content"] = body;
  };
  for (const int status : schema.status)
    answers(status, content(schema.response, schema.media_type));
  for (const int status : errors) answers(status, content("Error"));
  return out;
}

Json error_schema() {
  return {{"type", "object"},
          {"required", {"error", "code"}},
          {"properties",
           {{"error", {{"type", "string"}}},
            {"code", {{"type", "string"}}},
            {"request_id", {{"type", "string"}}},
            {"fields",
             {{"type", "object"},
              {"additionalProperties", {{"type", "array"}, {"items", {{"type", "string"}}}}}}}}}};
}

Json security_schemes() {
  return {{"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-session"}}},
          {"csrf", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-CSRFToken"}}},
          {"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
}

Response docs_page(Request& request, const OpenApiOptions& options, std::string_view prefix) {
  const Json document = openapi(request.application().router(), options, prefix);
  Context page;
  page.set("title", options.title);
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, details] : operations.items()) {
      Context turn = page.add("operations");
      std::string name = method;
      std::transform(name.begin(), name.end(), name.begin(),
                     [](char c) { return static_cast<char>(c - ('a' - 'A')); });
      turn.set("method", name).set("path", path);
      turn.set("summary", details.value("summary", ""));
      turn.show("needs_sign_in", details.contains("security"));
      for (const Json& parameter : details.value("parameters", Json::array()))
        turn.add("parameters")
            .set("name", parameter["name"].get_ref<const std::string&>())
            .set("in", parameter["in"].get_ref<const std::string&>())
            .set("type", parameter["schema"].value("type", ""))
            .set("description", parameter.value("description", ""));
      turn.set("details", details.dump(2));
    }
  }
  for (const auto& [name, schema] : document["components"]["schemas"].items())
    page.add("schemas").set("schema", name).set("details", schema.dump(2));
  return render(request, "web/api_docs.html", page);
}

}  // namespace

Route& Route::schema(RouteSchema schema) {
  declared_schema = std::make_shared<const RouteSchema>(std::move(schema));
  return *this;
}

Json openapi(const Router& router, const OpenApiOptions& options, std::string_view prefix) {
  Json document = {{"openapi", "3.1.0"},
                   {"info", {{"title", options.title}, {"version", options.version}}},
                   {"paths", Json::object()}};
  std::map<std::string, int> operation_ids;
  for (const Route& route : router.routes()) {
    if (!route.pattern.starts_with(prefix)) continue;
    Json parameters = Json::array();
    const std::string path = path_template(parse_pattern(route.pattern), parameters);
    std::string method = route.method;
    std::transform(method.begin(), method.end(), method.begin(), net::to_lower);
    const bool first = operation_ids[method + route.name]++ == 0;
    document["paths"][path][method] = operation(route, parameters, first);
  }
  Json& components = document["components"];
  components["securitySchemes"] = security_schemes();
  components["schemas"]["Error"] = error_schema();
  for (const auto& [name, schema] : options.schemas) components["schemas"][name] = schema;
  return document;
}

void add_openapi(Application& application, OpenApiOptions options) {
  application.add_static(builtin::static_files());
  const std::string prefix = application.options().api_prefix;
  const auto shared = std::make_shared<const OpenApiOptions>(std::move(options));
  application.router()
      .add(
          "GET", prefix + "schema/",
          [shared, prefix](Request& request, PathArguments) {
            return Response::json(openapi(request.application().router(), *shared, prefix));
          },
          "api-schema")
      .access(Access::public_)
      .schema({.summary = "This document"});
  application.router()
      .add(
          "GET", prefix + "docs/",
          [shared, prefix](Request& request, PathArguments) {
            return docs_page(request, *shared, prefix);
          },
          "api-docs")
      .access(Access::public_)
      .schema({.summary = "A page of it, for people", .media_type = "text/html"});
}

}  // namespace web
