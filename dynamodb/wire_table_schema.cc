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

DefinitionReader::DefinitionReader(const Reader& reader) : reader_(reader) {
  for (const JsonElement& json : reader.elements("AttributeDefinitions")) {
    const Reader definition(json, reader.errors());
    const std::string type = definition.text("AttributeType");
    const auto parsed = parse_type(type);
    if (!parsed) {
      reader.errors().add(
          validation_error("1 validation error detected: Value '" + type +
                           "' at 'attributeDefinitions.member.attributeType' failed to satisfy "
                           "constraint: Member must satisfy enum value set: [B, N, S]"));
    }
    const std::string name = definition.text("AttributeName");
    if (!types_.emplace(name, parsed.value_or(Type::S)).second) {
      reader.errors().add(validation_error("Attribute Name is duplicated: " + name));
    }
  }
}

KeySchema DefinitionReader::key_schema(const Reader& reader) {
  KeySchema key;
  const auto parts = reader.elements("KeySchema");
  if (parts.empty()) {
    reader.errors().add(validation_error(
        "Invalid KeySchema: The KeySchema must have one HASH and at most one RANGE key"));
  }
  bool is_first = true;
  for (const JsonElement& json : parts) {
    const Reader part(json, reader.errors());
    const std::string role = part.text("KeyType");
    if (role != "HASH" && role != "RANGE") {
      reader.errors().add(
          validation_error("1 validation error detected: Value '" + role +
                           "' at 'keySchema.member.keyType' failed to satisfy constraint: Member "
                           "must satisfy enum value set: [HASH, RANGE]"));
    }
    if (is_first && role != "HASH") {
      reader.errors().add(
          validation_error("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"));
    }
    if (role == "HASH" && key.sort) {
      reader.errors().add(validation_error(
          "One or more parameter values were invalid: All HASH key attributes must precede RANGE "
          "key attributes in the KeySchema"));
    }
    if (is_first) {
      key.partition = key_part(part);
    } else if (role == "HASH") {
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

IndexDefinition DefinitionReader::index(const Reader& reader) {
  const Reader projection = reader.object("Projection");
  IndexDefinition index{.name = reader.text("IndexName"), .key = key_schema(reader)};
  if (!projection.has("ProjectionType")) {
    reader.errors().add(validation_error(
        "One or more parameter values were invalid: Unknown ProjectionType: null"));
  }
  index.projection =
      read_name(kProjectionTypes, projection, "ProjectionType", "projection.projectionType")
          .value_or(ProjectionType::all);
  index.non_key_attributes = projection.texts("NonKeyAttributes");
  return index;
}

void DefinitionReader::check_defined() {
  if (undefined_.empty()) return;
  reader_.errors().add(validation_error(
      "One or more parameter values were invalid: Some index key attributes are not defined in "
      "AttributeDefinitions. Keys: [" +
      undefined_ + "], AttributeDefinitions: [" + list(types_) + "]"));
}

void DefinitionReader::check_used() {
  if (used_.size() == types_.size()) return;
  if (!reader_.has("GlobalSecondaryIndexes") && !reader_.has("LocalSecondaryIndexes")) {
    reader_.errors().add(validation_error(
        "One or more parameter values were invalid: Number of attributes in KeySchema does not "
        "exactly match number of attributes defined in AttributeDefinitions"));
  }
  reader_.errors().add(
      validation_error("One or more parameter values were invalid: Some AttributeDefinitions are "
                       "not used. AttributeDefinitions: [" +
                       list(types_) + "], keys used: [" + list(used_) + "]"));
}

std::string DefinitionReader::list(const std::map<std::string, Type>& types) {
  std::string names;
  for (const auto& [name, type] : types) names += (names.empty() ? "" : ", ") + name;
  return names;
}

KeyAttribute DefinitionReader::key_part(const Reader& part) {
  KeyAttribute key{part.text("AttributeName")};
  const auto found = types_.find(key.name);
  if (found == types_.end()) {
    undefined_ += (undefined_.empty() ? "" : ", ") + key.name;
  } else {
    key.type = found->second;
    used_.insert(*found);
  }
  return key;
}

}  // namespace dynamodb::wire
