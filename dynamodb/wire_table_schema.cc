// Keys and indexes as JSON. Keys carry their types in memory; in JSON the types stand apart, in
// AttributeDefinitions.
#include "dynamodb/wire_tables.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

constexpr Names<ProjectionType, 3> kProjectionTypes = {{{ProjectionType::all, "ALL"},
                                                        {ProjectionType::keys_only, "KEYS_ONLY"},
                                                        {ProjectionType::include, "INCLUDE"}}};

void write_key_part(JsonWriter& json, const KeyAttribute& key, const char* role) {
  json.begin_object();
  json.member("AttributeName", key.name);
  json.member("KeyType", role);
  json.end_object();
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

void collect(const KeySchema& key, AttributeDefinitions& types) {
  types.emplace(key.partition.name, key.partition.type);
  for (const auto& part : key.more_partition) types.emplace(part.name, part.type);
  if (key.sort) types.emplace(key.sort->name, key.sort->type);
  for (const auto& part : key.more_sort) types.emplace(part.name, part.type);
}

AttributeDefinitions types_of(const TableDefinition& definition) {
  AttributeDefinitions types;
  collect(definition.key, types);
  for (const auto& index : definition.global_indexes) collect(index.key, types);
  for (const auto& index : definition.local_indexes) collect(index.key, types);
  return types;
}

void write_attribute_definitions(JsonWriter& json, const AttributeDefinitions& types) {
  json.key("AttributeDefinitions");
  json.begin_array();
  for (const auto& [name, type] : types) {
    json.begin_object();
    json.member("AttributeName", name);
    json.member("AttributeType", type_name(type));
    json.end_object();
  }
  json.end_array();
}

void write_key_schema(JsonWriter& json, const KeySchema& key) {
  json.key("KeySchema");
  json.begin_array();
  write_key_part(json, key.partition, "HASH");
  for (const auto& part : key.more_partition) write_key_part(json, part, "HASH");
  if (key.sort) write_key_part(json, *key.sort, "RANGE");
  for (const auto& part : key.more_sort) write_key_part(json, part, "RANGE");
  json.end_array();
}

void write_index(JsonWriter& json, const IndexDefinition& index) {
  json.member("IndexName", index.name);
  write_key_schema(json, index.key);
  json.key("Projection");
  json.begin_object();
  json.member("ProjectionType", name_of(kProjectionTypes, index.projection));
  if (!index.non_key_attributes.empty()) {
    json.key("NonKeyAttributes");
    json.begin_array();
    for (const auto& name : index.non_key_attributes) json.value(name);
    json.end_array();
  }
  json.end_object();
}

DefinitionReader::DefinitionReader(const Reader& reader, Of of) : reader_(reader), of_(of) {
  std::set<std::string> seen;
  for (const JsonElement& json : reader.elements("AttributeDefinitions")) {
    const Reader definition(json, reader.errors());
    std::string name = definition.text("AttributeName");
    if (!seen.insert(name).second) refuse("Attribute Name is duplicated: " + name);
    types_.emplace_back(std::move(name),
                        parse_type(definition.text("AttributeType")).value_or(Type::S));
  }
}

void DefinitionReader::refuse(std::string message) {
  reader_.errors().add(validation_error(std::move(message)));
}

KeySchema DefinitionReader::table_key() {
  if (of_ == Of::description) return key_schema(reader_, /*is_simple=*/true, /*need_types=*/true);
  const std::size_t size = reader_.elements("KeySchema").size();
  if (size > types_.size())
    refuse("Invalid KeySchema: Some index key attribute have no definition");
  KeySchema key = key_schema(reader_, /*is_simple=*/true, /*need_types=*/true);
  if (size != types_.size() && !reader_.has("GlobalSecondaryIndexes") &&
      !reader_.has("LocalSecondaryIndexes")) {
    refuse(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not "
        "exactly match number of attributes defined in AttributeDefinitions");
  }
  return key;
}

KeySchema DefinitionReader::key_schema(const Reader& reader, bool is_simple, bool need_types) {
  const auto parts = reader.elements("KeySchema");
  check_elements(parts, is_simple, need_types);
  KeySchema key;
  bool is_first = true;
  for (const JsonElement& json : parts) {
    const Reader part(json, reader.errors());
    if (is_first) {
      key.partition = key_part(part);
    } else if (part.text("KeyType") == "HASH") {
      key.more_partition.push_back(key_part(part));
    } else if (!key.sort) {
      key.sort = key_part(part);
    } else {
      key.more_sort.push_back(key_part(part));
    }
    is_first = false;
  }
  return key;
}

// DynamoDB: definitions, then names, then roles.
void DefinitionReader::check_elements(const std::vector<JsonElement>& parts, bool is_simple,
                                      bool need_types) {
  std::vector<std::string> names, roles, defined;
  for (const JsonElement& json : parts) {
    const Reader part(json, reader_.errors());
    names.push_back(part.text("AttributeName"));
    roles.push_back(part.text("KeyType"));
  }
  for (const auto& [name, type] : types_) defined.push_back(name);
  const std::set<std::string> distinct(names.begin(), names.end());
  const std::set<std::string> known(defined.begin(), defined.end());
  if (need_types && !std::includes(known.begin(), known.end(), distinct.begin(), distinct.end())) {
    refuse(
        "One or more parameter values were invalid: Some index key attributes are not defined in "
        "AttributeDefinitions. Keys: [" +
        joined(names) + "], AttributeDefinitions: [" + joined(defined) + "]");
  }
  if (distinct.size() < names.size()) {
    refuse(names.size() == 2 && (is_simple || roles.back() == "RANGE")
               ? "Both the Hash Key and the Range Key element in the KeySchema have the same name"
               : "The KeySchema contains multiple key attributes with the same name");
  }
  if (roles.empty()) return;
  if (roles.front() != "HASH")
    refuse("Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
  if (is_simple && roles.size() > 1 && roles[1] != "RANGE")
    refuse("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
  const auto range = std::find(roles.begin(), roles.end(), "RANGE");
  if (std::find(range, roles.end(), "HASH") != roles.end()) {
    refuse(
        "One or more parameter values were invalid: All HASH key attributes must precede RANGE key "
        "attributes in the KeySchema");
  }
}

IndexDefinition DefinitionReader::index(const Reader& reader, const KeySchema* table) {
  const Reader projection = reader.object("Projection");
  IndexDefinition index{.name = reader.text("IndexName"),
                        .key = key_schema(reader, table, of_ == Of::request)};
  if (table != nullptr) {
    if (auto problem = check_local_index(*table, index)) refuse(std::move(*problem));
  }
  if (!projection.has("ProjectionType"))
    refuse("One or more parameter values were invalid: Unknown ProjectionType: null");
  index.projection =
      read_name(kProjectionTypes, projection, "ProjectionType", "projection.projectionType")
          .value_or(ProjectionType::all);
  index.non_key_attributes = projection.texts("NonKeyAttributes");
  if (auto problem = check_index_projection(index)) refuse(std::move(*problem));
  return index;
}

void DefinitionReader::check_used() {
  if (used_.size() == types_.size()) return;
  std::vector<std::string> defined;
  for (const auto& [name, type] : types_) defined.push_back(name);
  refuse(
      "One or more parameter values were invalid: Some AttributeDefinitions are not used. "
      "AttributeDefinitions: [" +
      joined(defined) + "], keys used: [" + joined({used_.begin(), used_.end()}) + "]");
}

KeyAttribute DefinitionReader::key_part(const Reader& part) {
  KeyAttribute key{part.text("AttributeName")};
  for (const auto& [name, type] : types_) {
    if (name == key.name) key.type = type;
  }
  used_.insert(key.name);
  return key;
}

}  // namespace dynamodb::wire
