// OpenAPI 3.1 of an application's API, from its routes: paths and the types of their arguments,
// methods, who may use them, how often; and what routes say of themselves.
//
//   r.post("/api/tags/", tag_create, "tag-list")
//       .access(web::Access::authenticated)
//       .schema({.summary = "Make a tag", .request = "TagInput", .response = "Tag",
//                .status = {201}, .errors = {409}});
//
//   web::add_openapi(app, {.title = "Blog", .schemas = {{"Tag", tag_schema}, …}});
//
// GET /api/schema/ is the document, /api/docs/ a page of it, which needs no script.
//
// Thread safety: add_openapi() at set-up, after nothing in particular: routes are read when asked.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "web/route.h"

namespace web {

class Application;
class Router;

struct QueryField {
  std::string name{};
  std::string description{};
  base::Json schema = {{"type", "string"}};
};

// Request and response name one of OpenApiOptions::schemas; empty: any JSON object.
struct RouteSchema {
  std::string summary{};
  std::string request{};
  std::string response{};
  std::string media_type = "application/json";  // of the answer; another kind has no schema
  std::vector<int> status = {200};              // of success
  // Beside those that a route's body, arguments, access and limits bring: 409 of what must be
  // unique.
  std::vector<int> errors{};
  std::vector<QueryField> query{};
};

struct OpenApiOptions {
  std::string title = "API";
  std::string version = "1";
  std::map<std::string, base::Json> schemas{};  // JSON Schema, by name
};

// The document, of the routes below `prefix`.
base::Json openapi(const Router& router, const OpenApiOptions& options, std::string_view prefix);

// Registers /api/schema/ and /api/docs/, below the application's api_prefix.
void add_openapi(Application& application, OpenApiOptions options);

}  // namespace web
