#include "dynamo_backend/migrations/migration.h"

#include <algorithm>

#include "base/json.h"
#include "dynamo_backend/migrations/object_reader.h"

namespace dynamo_backend::migrations {
namespace {

using base::Json;

constexpr std::size_t kWidth = 100;
constexpr base::JsonLimits kLimits{.max_depth = 64, .max_keys = 1'000'000};

std::string one_line(const Json& json) {
  if (json.is_object()) {
    std::string text;
    for (const auto& [key, value] : json.items())
      text += (text.empty() ? "" : ", ") + Json(key).dump() + ": " + one_line(value);
    return "{" + text + "}";
  }
  if (json.is_array()) {
    std::string text;
    for (const Json& value : json) text += (text.empty() ? "" : ", ") + one_line(value);
    return "[" + text + "]";
  }
  return json.dump();
}

// What fits a line stands on one; else a line for each member. A change of one field is then a
// change of one line.
void print(std::string& out, const Json& json, std::size_t indent, std::size_t before) {
  const std::string line = one_line(json);
  if (!json.is_structured() || json.empty() || before + line.size() + 1 <= kWidth) {
    out += line;
    return;
  }
  const std::string margin(indent + 2, ' ');
  out += json.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& [key, value] : json.items()) {
    out += (first ? "\n" : ",\n") + margin;
    first = false;
    const std::string name = json.is_object() ? Json(key).dump() + ": " : "";
    out += name;
    print(out, value, indent + 2, margin.size() + name.size());
  }
  out += "\n" + std::string(indent, ' ') + (json.is_object() ? "}" : "]");
}

// ":12", the line of a mistake in the syntax; empty where the mistake is another.
std::string line_of_mistake(std::string_view text) {
  try {
    const Json ignored = Json::parse(text);
  } catch (const Json::parse_error& error) {
    const auto before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    return ":" + std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
  } catch (const Json::exception&) {
    // a number that is out of range
  }
  return "";
}

Operation read_operation(const Json& json, const MigrationId& id, std::size_t number) {
  try {
    return operation_from_json(json, id.app);
  } catch (const MigrationError& error) {
    throw MigrationError("operation " + std::to_string(number) + ": " + error.what());
  }
}

Migration read(const Json& json, MigrationId id) {
  ObjectReader reader(json, "migration");
  Migration migration{.id = std::move(id), .description = reader.text_or_empty("description")};
  for (const std::string& text : reader.texts("dependencies"))
    migration.dependencies.push_back(parse_id(text));
  reader.take("operations");
  for (const Json& operation : reader.array("operations"))
    migration.operations.push_back(
        read_operation(operation, migration.id, migration.operations.size() + 1));
  reader.finish();
  return migration;
}

}  // namespace

MigrationId parse_id(std::string_view text) {
  const auto dot = text.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == text.size())
    throw MigrationError("\"" + std::string(text) +
                         "\" names no migration; write app.name, as in \"demo_app.0001_initial\"");
  return {std::string(text.substr(0, dot)), std::string(text.substr(dot + 1))};
}

int Migration::number() const {
  int number = 0;
  for (const char c : id.name) {
    if (c < '0' || c > '9' || number > 99'999'999) break;
    number = 10 * number + (c - '0');
  }
  return number;
}

void apply(const Migration& migration, ProjectState& state) {
  for (const Operation& operation : migration.operations) {
    try {
      apply(operation, migration.id.app, state);
    } catch (const MigrationError& error) {
      throw MigrationError(migration.id.str() + ": " + describe(operation) + ": " + error.what());
    }
  }
}

static Json json_of(const std::vector<Operation>& operations) {
  Json json = Json::array();
  for (const Operation& operation : operations) json.push_back(to_json(operation));
  return json;
}

std::string to_text(const std::vector<Operation>& operations) {
  std::string out;
  print(out, json_of(operations), 0, kWidth);
  return out;
}

std::string to_text(const Migration& migration) {
  Json json = Json::object();
  if (!migration.description.empty()) json["description"] = migration.description;
  json["dependencies"] = Json::array();
  for (const MigrationId& id : migration.dependencies) json["dependencies"].push_back(id.str());
  json["operations"] = json_of(migration.operations);
  std::string out = "{";
  for (const auto& [key, value] : json.items()) {
    const std::string name = Json(key).dump() + ": ";
    out += (out.size() == 1 ? "\n  " : ",\n  ") + name;
    print(out, value, 2, key == "operations" ? kWidth : 2 + name.size());
  }
  return out + "\n}\n";
}

Migration migration_from_text(std::string_view text, MigrationId id, std::string_view origin) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // an editor's mark of UTF-8
  try {
    return read(base::parse_json(text, kLimits), std::move(id));
  } catch (const base::JsonError& error) {
    throw MigrationError(std::string(origin) + line_of_mistake(text) + ": " + error.what());
  } catch (const MigrationError& error) {
    throw MigrationError(std::string(origin) + ": " + error.what());
  }
}

}  // namespace dynamo_backend::migrations
