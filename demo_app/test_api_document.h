// The API's document as a test reads it: what it says of a request, and what of that does not hold.
//
// Knows the keywords of JSON Schema that our schemas are written with; another one is a problem.
// Thread safety: one thread at a time.
#pragma once
#include <algorithm>
#include <regex>
#include <string>

#include "demo_app/api_schemas.h"
#include "demo_app/test_api.h"
#include "dynamo_backend/text.h"
#include "web/openapi.h"

namespace demo_app {

class ApiDocument {
 public:
  explicit ApiDocument(const web::Router& router)
      : router_(router), document_(web::openapi(router, {.schemas = api_schemas()}, "/api/")) {}

  const Json& json() const { return document_; }

  // nullptr: no route of the API.
  const Json* operation(const std::string& method, const std::string& target) const {
    const web::Route* const route = find_route(method, target.substr(0, target.find('?')));
    if (!route || route->method != method || !route->pattern.starts_with("/api/")) return nullptr;
    static const std::regex kArgument("<[a-z]+:([a-z_]+)>");
    const std::string path = std::regex_replace(route->pattern, kArgument, "{$1}");
    return &document_.at("paths").at(path).at(dynamo_backend::ascii_lower(method));
  }

  // "" where the answer is one that the document tells of; requests that are no operation of it are
  // not asked about. What is accepted must also be what the document says is taken.
  std::string problem(const std::string& method, const std::string& target, const std::string& sent,
                      const TestResponse& response) const {
    const Json* const of = operation(method, target);
    if (!of || response.status == 308) return "";
    const std::string status = std::to_string(response.status);
    if (!of->at("responses").contains(status)) return "status " + status + " is not declared";
    if (const Json& answer = of->at("responses")[status]; answer.contains("content")) {
      const Json& schema = answer["content"]["application/json"]["schema"];
      if (const std::string wrong = problem(schema, response.json()); !wrong.empty()) return wrong;
    } else if (!response.body.empty()) {
      return "a body that is not declared";
    }
    if (response.status >= 300 || !of->contains("requestBody")) return "";
    return problem(of->at("requestBody")["content"]["application/json"]["schema"],
                   base::parse_json(sent));
  }

  // "" where `instance` is as `schema` says.
  std::string problem(const Json& schema, const Json& instance) const {
    if (schema.contains("$ref")) return problem(resolve(schema["$ref"]), instance);
    for (const auto& [keyword, value] : schema.items())
      if (const std::string wrong = check(keyword, value, schema, instance); !wrong.empty())
        return wrong;
    return "";
  }

  const Json& resolve(const std::string& reference) const {
    return document_.at(Json::json_pointer(reference.substr(1)));
  }

 private:
  const web::Route* find_route(const std::string& method, const std::string& path) const {
    try {
      const web::RouteMatch match = router_.match(path);
      return match ? match.route(method) : nullptr;
    } catch (const web::HttpError&) {  // its encoding is broken
      return nullptr;
    }
  }
  static bool is_of_type(const std::string& type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "boolean") return value.is_boolean();
    return type == "null" && value.is_null();
  }
  static bool is_of_types(const Json& types, const Json& value) {
    if (types.is_string()) return is_of_type(types, value);
    return std::any_of(types.begin(), types.end(),
                       [&](const Json& type) { return is_of_type(type, value); });
  }
  static bool has_format(const std::string& format, const std::string& text) {
    if (format == "uuid") return base::Uuid::parse(text).has_value();
    if (format == "date-time") return base::parse_iso(text).has_value();
    return format == "int64";
  }

  std::string check(const std::string& keyword, const Json& value, const Json& schema,
                    const Json& instance) const {
    const auto unless = [&](bool holds) {
      return holds ? "" : instance.dump() + " against " + keyword + " " + value.dump();
    };
    if (keyword == "type") return unless(is_of_types(value, instance));
    if (keyword == "required") {
      return unless(!instance.is_object() ||
                    std::all_of(value.begin(), value.end(),
                                [&](const std::string& name) { return instance.contains(name); }));
    }
    if (keyword == "properties") return each_property(value, instance);
    if (keyword == "additionalProperties") return each_other(value, schema, instance);
    if (keyword == "items") return each_item(value, instance);
    if (!instance.is_string()) return keyword == "minimum" ? unless(instance >= value) : "";
    const std::string& text = instance.get_ref<const std::string&>();
    if (keyword == "format") return unless(has_format(value, text));
    if (keyword == "pattern")
      return unless(std::regex_search(text, std::regex(value.get<std::string>())));
    if (keyword == "minLength") return unless(dynamo_backend::count_characters(text) >= value);
    if (keyword == "maxLength") return unless(dynamo_backend::count_characters(text) <= value);
    return "an unknown keyword: " + keyword;
  }
  std::string each_property(const Json& properties, const Json& instance) const {
    for (const auto& [name, schema] : properties.items()) {
      if (!instance.is_object() || !instance.contains(name)) continue;
      if (const std::string wrong = problem(schema, instance[name]); !wrong.empty())
        return name + ": " + wrong;
    }
    return "";
  }
  std::string each_other(const Json& others, const Json& schema, const Json& instance) const {
    if (!instance.is_object()) return "";
    for (const auto& [name, value] : instance.items()) {
      if (schema.contains("properties") && schema["properties"].contains(name)) continue;
      const std::string wrong =
          others.is_boolean() ? "no member of the schema" : problem(others, value);
      if (!wrong.empty()) return name + ": " + wrong;
    }
    return "";
  }
  std::string each_item(const Json& items, const Json& instance) const {
    if (!instance.is_array()) return "";
    for (const Json& item : instance)
      if (const std::string wrong = problem(items, item); !wrong.empty()) return wrong;
    return "";
  }

  const web::Router& router_;
  const Json document_;
};

}  // namespace demo_app
