// Requests and results on tables as JSON. Keys carry their types in memory; in JSON the types stand
// apart, in AttributeDefinitions.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

// Where a table lives, for ARNs: what DynamoDB Local calls itself. Nothing here has a region or an
// account.
constexpr char kArnPrefix[] = "arn:aws:dynamodb:ddblocal:000000000000:table/";

template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

constexpr Names<ProjectionType, 3> kProjectionTypes = {{{ProjectionType::all, "ALL"},
                                                        {ProjectionType::keys_only, "KEYS_ONLY"},
                                                        {ProjectionType::include, "INCLUDE"}}};
constexpr Names<IndexStatus, 3> kIndexStatuses = {{{IndexStatus::creating, "CREATING"},
                                                   {IndexStatus::active, "ACTIVE"},
                                                   {IndexStatus::deleting, "DELETING"}}};
constexpr Names<TableStatus, 4> kTableStatuses = {{{TableStatus::creating, "CREATING"},
                                                   {TableStatus::active, "ACTIVE"},
                                                   {TableStatus::deleting, "DELETING"},
                                                   {TableStatus::updating, "UPDATING"}}};

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == value; });
  return found == names.end() ? std::string_view() : found->second;
}

template <class Enum, std::size_t N>
Enum read_name(const Names<Enum, N>& names, const Reader& reader, std::string_view member,
               Enum otherwise) {
  const auto text = reader.optional_text(member);
  if (!text) return otherwise;
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.second == *text; });
  if (found != names.end()) return found->first;
  reader.errors().add(validation_error(
      "1 validation error detected: Value '" + *text + "' at '" + std::string(member) +
      "' failed to satisfy constraint: Member must satisfy enum value set"));
  return otherwise;
}

// ---- writing

// Every name with every type that a key has it with: a contradiction is for the receiver to refuse,
// not to be lost on the way.
using AttributeDefinitions = std::set<std::pair<std::string, Type>>;

void collect(const KeySchema& key, AttributeDefinitions& types) {
  types.emplace(key.partition.name, key.partition.type);
  if (key.sort) types.emplace(key.sort->name, key.sort->type);
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

AttributeDefinitions types_of(const TableDefinition& definition) {
  AttributeDefinitions types;
  collect(definition.key, types);
  for (const auto& index : definition.global_indexes) collect(index.key, types);
  for (const auto& index : definition.local_indexes) collect(index.key, types);
  return types;
}

void write_key_part(JsonWriter& json, const KeyAttribute& key, const char* role) {
  json.begin_object();
  json.member("AttributeName", key.name);
  json.member("KeyType", role);
  json.end_object();
}

void write_key_schema(JsonWriter& json, const KeySchema& key) {
  json.key("KeySchema");
  json.begin_array();
  write_key_part(json, key.partition, "HASH");
  if (key.sort) write_key_part(json, *key.sort, "RANGE");
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

void write_definitions(JsonWriter& json, std::string_view member,
                       const std::vector<IndexDefinition>& indexes) {
  if (indexes.empty()) return;
  json.key(member);
  json.begin_array();
  for (const auto& index : indexes) {
    json.begin_object();
    write_index(json, index);
    json.end_object();
  }
  json.end_array();
}

void write_no_throughput(JsonWriter& json) {
  json.key("ProvisionedThroughput");
  json.begin_object();
  json.member("NumberOfDecreasesToday", 0);
  json.member("ReadCapacityUnits", 0);
  json.member("WriteCapacityUnits", 0);
  json.end_object();
}

void write_descriptions(JsonWriter& json, std::string_view member, const TableDescription& table,
                        const std::vector<IndexDescription>& indexes, bool global) {
  if (indexes.empty()) return;
  json.key(member);
  json.begin_array();
  for (const IndexDescription& index : indexes) {
    json.begin_object();
    write_index(json, index.definition);
    if (global) {
      json.member("IndexStatus", name_of(kIndexStatuses, index.status));
      if (index.backfilling) json.member("Backfilling", true);
      write_no_throughput(json);
    }
    json.member("ItemCount", index.item_count);
    json.member("IndexSizeBytes", index.size_bytes);
    json.member("IndexArn", kArnPrefix + table.definition.name + "/index/" + index.definition.name);
    json.end_object();
  }
  json.end_array();
}

// Seconds since the epoch, to the microsecond.
std::string epoch_seconds(base::Timestamp time) {
  const auto micros = time.time_since_epoch().count();
  const auto magnitude =
      micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  std::string fraction = std::to_string(magnitude % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return (micros < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000) + '.' + fraction;
}

// ---- reading

class DefinitionReader {
 public:
  explicit DefinitionReader(const Reader& reader) : reader_(reader) {
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
        reader.errors().add(validation_error("Cannot create table: the attribute " + name +
                                             " is defined twice in AttributeDefinitions"));
      }
    }
  }

  KeySchema key_schema(const Reader& reader) {
    const auto parts = reader.elements("KeySchema");
    KeySchema key;
    if (parts.empty() || parts.size() > 2) {
      reader.errors().add(validation_error(
          "Invalid KeySchema: The KeySchema must have one HASH and at most one RANGE key"));
      return key;
    }
    key.partition = key_part(
        parts[0], "HASH", "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (parts.size() == 2) {
      key.sort = key_part(parts[1], "RANGE",
                          "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    }
    return key;
  }

  IndexDefinition index(const Reader& reader) {
    const Reader projection = reader.object("Projection");
    return {reader.text("IndexName"), key_schema(reader),
            read_name(kProjectionTypes, projection, "ProjectionType", ProjectionType::all),
            projection.texts("NonKeyAttributes")};
  }

  std::vector<IndexDefinition> indexes(std::string_view member) {
    std::vector<IndexDefinition> result;
    for (const JsonElement& json : reader_.elements(member))
      result.push_back(index(Reader(json, reader_.errors())));
    return result;
  }

  // DynamoDB: every key attribute is defined, and in CreateTable nothing else is.
  void check_defined() {
    if (!undefined_.empty()) {
      reader_.errors().add(validation_error(
          "One or more parameter values were invalid: Some index key attributes are not defined in "
          "AttributeDefinitions. Keys: [" +
          undefined_ + "], AttributeDefinitions: [" + list(types_) + "]"));
    }
  }
  void check_used() {
    if (used_.size() < types_.size()) {
      reader_.errors().add(
          validation_error("One or more parameter values were invalid: Some AttributeDefinitions "
                           "are not used. AttributeDefinitions: [" +
                           list(types_) + "], keys used: [" + list(used_) + "]"));
    }
  }

 private:
  static std::string list(const std::map<std::string, Type>& types) {
    std::string names;
    for (const auto& [name, type] : types) names += (names.empty() ? "" : ", ") + name;
    return names;
  }

  KeyAttribute key_part(const JsonElement& json, std::string_view role, const char* otherwise) {
    const Reader part(json, reader_.errors());
    if (part.text("KeyType") != role) reader_.errors().add(validation_error(otherwise));
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

  const Reader& reader_;
  std::map<std::string, Type> types_{}, used_{};
  std::string undefined_{};
};

enum class Purpose { create, describe };

TableDefinition read_definition(const Reader& reader, Purpose purpose) {
  DefinitionReader definitions(reader);
  TableDefinition definition;
  definition.name = reader.text("TableName");
  definition.key = definitions.key_schema(reader);
  definition.global_indexes = definitions.indexes("GlobalSecondaryIndexes");
  definition.local_indexes = definitions.indexes("LocalSecondaryIndexes");
  definitions.check_defined();
  if (purpose == Purpose::create) definitions.check_used();
  return definition;
}

std::vector<IndexDescription> read_descriptions(const Reader& reader, std::string_view member,
                                                const std::vector<IndexDefinition>& definitions) {
  std::vector<IndexDescription> result;
  for (const JsonElement& json : reader.elements(member)) {
    const Reader index(json, reader.errors());
    result.push_back({definitions[result.size()],
                      read_name(kIndexStatuses, index, "IndexStatus", IndexStatus::active),
                      index.boolean("Backfilling"), index.count("ItemCount"),
                      index.count("IndexSizeBytes")});
  }
  return result;
}

TableDescription read_description(const Reader& reader) {
  TableDescription table;
  // DynamoDB's answer to DeleteTable describes the table without its keys.
  if (reader.has("KeySchema")) {
    table.definition = read_definition(reader, Purpose::describe);
  } else {
    table.definition.name = reader.text("TableName");
  }
  table.status = read_name(kTableStatuses, reader, "TableStatus", TableStatus::active);
  table.id = reader.text("TableId");
  table.created_at = base::Timestamp(
      std::chrono::microseconds(std::llround(reader.real("CreationDateTime") * 1e6)));
  table.item_count = reader.count("ItemCount");
  table.size_bytes = reader.count("TableSizeBytes");
  if (reader.has("KeySchema")) {
    table.global_indexes =
        read_descriptions(reader, "GlobalSecondaryIndexes", table.definition.global_indexes);
    table.local_indexes =
        read_descriptions(reader, "LocalSecondaryIndexes", table.definition.local_indexes);
  }
  return table;
}

UpdateTableRequest read_update(const Reader& reader) {
  UpdateTableRequest request;
  request.table = reader.text("TableName");
  const auto changes = reader.elements("GlobalSecondaryIndexUpdates");
  if (changes.size() > 1) {
    reader.errors().add(
        limit_exceeded("Subscriber limit exceeded: Only 1 online index can be created or deleted "
                       "simultaneously per table"));
  }
  DefinitionReader definitions(reader);
  for (const JsonElement& json : changes) {
    const Reader change(json, reader.errors());
    if (change.has("Create")) request.create_index = definitions.index(change.object("Create"));
    definitions.check_defined();
    if (change.has("Delete")) request.delete_index = change.object("Delete").text("IndexName");
  }
  return request;
}

}  // namespace

std::string encode(const TableDefinition& definition) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", definition.name);
  write_attribute_definitions(json, types_of(definition));
  write_key_schema(json, definition.key);
  json.member("BillingMode", "PAY_PER_REQUEST");
  write_definitions(json, "GlobalSecondaryIndexes", definition.global_indexes);
  write_definitions(json, "LocalSecondaryIndexes", definition.local_indexes);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const UpdateTableRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", request.table);
  if (request.create_index) {
    AttributeDefinitions types;
    collect(request.create_index->key, types);
    write_attribute_definitions(json, types);
  }
  json.key("GlobalSecondaryIndexUpdates");
  json.begin_array();
  if (request.create_index) {
    json.begin_object();
    json.key("Create");
    json.begin_object();
    write_index(json, *request.create_index);
    json.end_object();
    json.end_object();
  }
  if (request.delete_index) {
    json.begin_object();
    json.key("Delete");
    json.begin_object();
    json.member("IndexName", *request.delete_index);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ListTablesRequest& request) {
  JsonWriter json;
  json.begin_object();
  if (!request.exclusive_start_table_name.empty()) {
    json.member("ExclusiveStartTableName", request.exclusive_start_table_name);
  }
  json.member("Limit", std::uint64_t{request.limit});
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ListTablesResult& result) {
  JsonWriter json;
  json.begin_object();
  json.key("TableNames");
  json.begin_array();
  for (const auto& name : result.table_names) json.value(name);
  json.end_array();
  if (result.last_evaluated_table_name)
    json.member("LastEvaluatedTableName", *result.last_evaluated_table_name);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TableDescription& table, std::string_view member) {
  JsonWriter json;
  json.begin_object();
  json.key(member);
  json.begin_object();
  json.member("TableName", table.definition.name);
  json.member("TableStatus", name_of(kTableStatuses, table.status));
  json.member("TableId", table.id);
  json.member("TableArn", kArnPrefix + table.definition.name);
  json.key("CreationDateTime");
  json.raw(epoch_seconds(table.created_at));
  write_attribute_definitions(json, types_of(table.definition));
  write_key_schema(json, table.definition.key);
  json.member("ItemCount", table.item_count);
  json.member("TableSizeBytes", table.size_bytes);
  json.key("BillingModeSummary");
  json.begin_object();
  json.member("BillingMode", "PAY_PER_REQUEST");
  json.end_object();
  write_no_throughput(json);
  write_descriptions(json, "GlobalSecondaryIndexes", table, table.global_indexes, true);
  write_descriptions(json, "LocalSecondaryIndexes", table, table.local_indexes, false);
  json.end_object();
  json.end_object();
  return std::move(json).text();
}

std::string encode_table_name(std::string_view table) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", table);
  json.end_object();
  return std::move(json).text();
}

Result<std::string> decode_table_name(std::string_view json) {
  return decode_root<std::string>(json,
                                  [](const Reader& reader) { return reader.text("TableName"); });
}

template <>
Result<TableDefinition> decode(std::string_view json) {
  return decode_root<TableDefinition>(
      json, [](const Reader& reader) { return read_definition(reader, Purpose::create); });
}
template <>
Result<UpdateTableRequest> decode(std::string_view json) {
  return decode_root<UpdateTableRequest>(json, read_update);
}
template <>
Result<ListTablesRequest> decode(std::string_view json) {
  return decode_root<ListTablesRequest>(json, [](const Reader& reader) {
    return ListTablesRequest{reader.text("ExclusiveStartTableName"),
                             reader.limited("Limit", "limit", 1).value_or(100)};
  });
}
template <>
Result<ListTablesResult> decode(std::string_view json) {
  return decode_root<ListTablesResult>(json, [](const Reader& reader) {
    return ListTablesResult{reader.texts("TableNames"),
                            reader.optional_text("LastEvaluatedTableName")};
  });
}
template <>
Result<TableDescription> decode(std::string_view json) {
  return decode_root<TableDescription>(json, [](const Reader& reader) {
    return read_description(reader.object(reader.has("Table") ? "Table" : "TableDescription"));
  });
}

}  // namespace dynamodb::wire
