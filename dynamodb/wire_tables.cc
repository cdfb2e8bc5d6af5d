// Requests and results on tables as JSON.
#include "dynamodb/wire_tables.h"

#include <cmath>

#include "dynamodb/arn.h"
#include "dynamodb/wire_shapes.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

constexpr char kInvalid[] = "One or more parameter values were invalid: ";

constexpr Names<IndexStatus, 3> kIndexStatuses = {{{IndexStatus::creating, "CREATING"},
                                                   {IndexStatus::active, "ACTIVE"},
                                                   {IndexStatus::deleting, "DELETING"}}};
constexpr Names<TableStatus, 4> kTableStatuses = {{{TableStatus::creating, "CREATING"},
                                                   {TableStatus::active, "ACTIVE"},
                                                   {TableStatus::deleting, "DELETING"},
                                                   {TableStatus::updating, "UPDATING"}}};

// What a description says, `other` where that is a status without an enumerator here.
template <class Enum, std::size_t N>
Enum described_status(const Names<Enum, N>& names, const Reader& reader, std::string_view member,
                      Enum other) {
  const auto text = reader.optional_text(member);
  if (!text) return Enum::active;
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.second == *text; });
  return found == names.end() ? other : found->first;
}

// ---- writing

AllThroughput throughput_of(const IndexDefinition& index) {
  return {index.throughput, index.on_demand_limit, index.warm_throughput};
}

void write_definitions(JsonWriter& json, std::string_view member,
                       const std::vector<IndexDefinition>& indexes) {
  if (indexes.empty()) return;
  json.key(member);
  json.begin_array();
  for (const auto& index : indexes) {
    json.begin_object();
    write_index(json, index);
    write_throughput(json, throughput_of(index));
    json.end_object();
  }
  json.end_array();
}

std::string arn_of(const TableDescription& table) {
  return table.arn.empty() ? table_arn(table.definition.name) : table.arn;
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
      write_described_throughput(json, table.definition.settings.billing_mode,
                                 throughput_of(index.definition));
    }
    json.member("ItemCount", index.item_count);
    json.member("IndexSizeBytes", index.size_bytes);
    json.member("IndexArn", arn_of(table) + "/index/" + index.definition.name);
    json.end_object();
  }
  json.end_array();
}

// ---- reading

// Refuses a list that is there and empty.
std::vector<JsonElement> read_list(const Reader& reader, std::string_view member) {
  auto elements = reader.elements(member);
  if (reader.has(member) && elements.empty()) {
    reader.errors().add(
        validation_error(kInvalid + ("List of " + std::string(member)) + " is empty"));
  }
  return elements;
}

void read_index_throughput(const Reader& reader, IndexDefinition& index) {
  index.throughput = read_throughput(reader).value_or(Throughput{});
  index.on_demand_limit = read_on_demand_limit(reader, "index : " + index.name, /*may_lift=*/true)
                              .value_or(Throughput{});
  index.warm_throughput = read_warm_throughput(reader).value_or(Throughput{});
}

TableDefinition read_definition(const Reader& reader) {
  TableDefinition definition;
  definition.name = read_table_name(reader);
  definition.settings = read_billing(reader);
  if (auto problem = check_billing(definition))
    reader.errors().add(validation_error(std::move(*problem)));
  // A table without the index that was asked for would fail later, and far from here.
  if (reader.has("VectorIndexes")) {
    reader.errors().add(validation_error(std::string(kInvalid) + "VectorIndexes is not supported"));
  }
  DefinitionReader definitions(reader, DefinitionReader::Of::request);
  definition.key = definitions.table_key();
  const auto local_indexes = read_list(reader, "LocalSecondaryIndexes");
  for (const JsonElement& json : local_indexes) {
    definition.local_indexes.push_back(
        definitions.index(Reader(json, reader.errors()), &definition.key));
  }
  const auto global_indexes = read_list(reader, "GlobalSecondaryIndexes");
  for (const JsonElement& json : global_indexes) {
    const Reader index(json, reader.errors());
    definition.global_indexes.push_back(definitions.index(index));
    read_index_throughput(index, definition.global_indexes.back());
  }
  read_other_settings(reader, definition.settings);
  definition.tags = read_tags(reader);
  definitions.check_used();
  return definition;
}

// Of a described table, whose settings are read.
void read_described_indexes(const Reader& reader, TableDefinition& definition) {
  DefinitionReader definitions(reader, DefinitionReader::Of::description);
  definition.key = definitions.table_key();
  for (const JsonElement& json : reader.elements("LocalSecondaryIndexes")) {
    definition.local_indexes.push_back(
        definitions.index(Reader(json, reader.errors()), &definition.key));
  }
  for (const JsonElement& json : reader.elements("GlobalSecondaryIndexes")) {
    const Reader reader_of_index(json, reader.errors());
    IndexDefinition index = definitions.index(reader_of_index);
    const AllThroughput throughput =
        read_described_throughput(reader_of_index, definition.settings.billing_mode);
    index.throughput = throughput.units;
    index.on_demand_limit = throughput.on_demand_limit;
    index.warm_throughput = throughput.warm;
    definition.global_indexes.push_back(std::move(index));
  }
}

std::vector<IndexDescription> read_descriptions(const Reader& reader, std::string_view member,
                                                const std::vector<IndexDefinition>& definitions) {
  std::vector<IndexDescription> result;
  for (const JsonElement& json : reader.elements(member)) {
    const Reader index(json, reader.errors());
    // An index whose throughput is UPDATING answers queries.
    result.push_back({definitions[result.size()],
                      described_status(kIndexStatuses, index, "IndexStatus", IndexStatus::active),
                      index.boolean("Backfilling"), index.count("ItemCount"),
                      index.count("IndexSizeBytes")});
  }
  return result;
}

TableDescription read_description(const Reader& reader) {
  TableDescription table;
  table.definition.name = reader.text("TableName");
  read_described_settings(reader, table);
  // DynamoDB's answer to DeleteTable describes the table without its keys.
  if (reader.has("KeySchema")) {
    read_described_indexes(reader, table.definition);
    table.global_indexes =
        read_descriptions(reader, "GlobalSecondaryIndexes", table.definition.global_indexes);
    table.local_indexes =
        read_descriptions(reader, "LocalSecondaryIndexes", table.definition.local_indexes);
  }
  // ARCHIVED, INACCESSIBLE_ENCRYPTION_CREDENTIALS and the like: not to be used yet.
  table.status = described_status(kTableStatuses, reader, "TableStatus", TableStatus::updating);
  table.arn = reader.text("TableArn");
  table.id = reader.text("TableId");
  table.created_at = read_time(reader, "CreationDateTime").value_or(base::Timestamp());
  table.item_count = reader.count("ItemCount");
  table.size_bytes = reader.count("TableSizeBytes");
  return table;
}

// The changes of indexes: at most one that creates or deletes, any number of throughput.
class IndexChanges {
 public:
  IndexChanges(const Reader& reader, UpdateTableRequest& request)
      : reader_(reader), request_(request), definitions_(reader, DefinitionReader::Of::request) {}

  void read() {
    request_.attribute_types = definitions_.types();
    for (const JsonElement& json : read_list(reader_, "GlobalSecondaryIndexUpdates"))
      read(Reader(json, reader_.errors()));
    if (changes_ > 1) {
      reader_.errors().add(
          limit_exceeded("Subscriber limit exceeded: Only 1 online index can be created or deleted "
                         "simultaneously per table"));
    }
  }

 private:
  void refuse(const std::string& what) { reader_.errors().add(validation_error(kInvalid + what)); }

  void read(const Reader& change) {
    const int actions = change.has("Create") + change.has("Delete") + change.has("Update");
    if (actions == 0) {
      refuse(
          "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
          "GlobalSecondaryIndexUpdate.Delete must not be null");
    }
    if (actions > 1)
      refuse(
          "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate "
          "object");
    if (change.has("Create")) create(change.object("Create"));
    if (change.has("Delete")) {
      request_.delete_index = name_in(change.object("Delete"));
      ++changes_;
    }
    if (change.has("Update")) update(change.object("Update"));
  }

  void create(const Reader& index) {
    name_in(index);
    request_.create_index = definitions_.index(index);
    read_index_throughput(index, *request_.create_index);
    ++changes_;
  }

  void update(const Reader& index) {
    const std::string name = name_in(index);
    const auto units = read_throughput(index);
    const auto limit = read_on_demand_limit(index, "index : " + name, /*may_lift=*/true);
    const auto warm = read_warm_throughput(index);
    if (units) request_.index_throughput.emplace(name, *units);
    if (limit) request_.index_on_demand_limit.emplace(name, *limit);
    if (warm) request_.index_warm_throughput.emplace(name, *warm);
    if (!warm && index.has("WarmThroughput")) {
      refuse(
          "WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond "
          "specified for index: " +
          name);
    }
    // An update of nothing: whether there is such an index is looked at first.
    if (!units && !limit && !warm) request_.index_throughput.emplace(name, Throughput{});
  }

  std::string name_in(const Reader& index) {
    std::string name = index.text("IndexName");
    if (!names_.insert(name).second) {
      refuse("Only one global secondary index update per index is allowed simultaneously. Index: " +
             name);
    }
    return name;
  }

  const Reader& reader_;
  UpdateTableRequest& request_;
  DefinitionReader definitions_;
  std::set<std::string> names_{};
  int changes_ = 0;
};

UpdateTableRequest read_update(const Reader& reader) {
  UpdateTableRequest request;
  request.table = read_table_name(reader);
  read_settings_update(reader, request);
  IndexChanges(reader, request).read();
  return request;
}

void write_index_changes(JsonWriter& json, const UpdateTableRequest& request) {
  // What changes of each index's throughput.
  std::map<std::string, AllThroughput> updates;
  for (const auto& [name, units] : request.index_throughput) updates[name].units = units;
  for (const auto& [name, limit] : request.index_on_demand_limit)
    updates[name].on_demand_limit = limit;
  for (const auto& [name, warm] : request.index_warm_throughput) updates[name].warm = warm;
  if (!request.create_index && !request.delete_index && updates.empty()) return;
  json.key("GlobalSecondaryIndexUpdates");
  json.begin_array();
  if (request.create_index) {
    json.begin_object();
    json.key("Create");
    json.begin_object();
    write_index(json, *request.create_index);
    write_throughput(json, throughput_of(*request.create_index));
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
  for (const auto& [name, throughput] : updates) {
    json.begin_object();
    json.key("Update");
    json.begin_object();
    json.member("IndexName", name);
    write_throughput(json, throughput);
    json.end_object();
    json.end_object();
  }
  json.end_array();
}

}  // namespace

// As seconds since the epoch, to the microsecond.
void write_time(JsonWriter& json, std::string_view member, base::Timestamp time) {
  const auto micros = time.time_since_epoch().count();
  const auto magnitude =
      micros < 0 ? 0 - static_cast<std::uint64_t>(micros) : static_cast<std::uint64_t>(micros);
  std::string fraction = std::to_string(magnitude % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  json.key(member);
  json.raw((micros < 0 ? "-" : "") + std::to_string(magnitude / 1'000'000) + '.' + fraction);
}

std::optional<base::Timestamp> read_time(const Reader& reader, std::string_view member) {
  if (!reader.has(member)) return std::nullopt;
  return base::Timestamp(std::chrono::microseconds(std::llround(reader.real(member) * 1e6)));
}

std::string read_table_name(const Reader& reader) {
  return std::string(table_name_of(reader.text("TableName")));
}

std::string encode(const TableDefinition& definition) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", definition.name);
  write_attribute_definitions(json, types_of(definition));
  write_key_schema(json, definition.key);
  write_settings(json, definition.settings);
  write_definitions(json, "GlobalSecondaryIndexes", definition.global_indexes);
  write_definitions(json, "LocalSecondaryIndexes", definition.local_indexes);
  if (!definition.tags.empty()) write_tags(json, definition.tags);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const UpdateTableRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", request.table);
  auto types = request.attribute_types;
  if (request.create_index) {
    AttributeDefinitions of_index;
    collect(request.create_index->key, of_index);
    types.insert(of_index.begin(), of_index.end());
  }
  if (!types.empty()) write_attribute_definitions(json, {types.begin(), types.end()});
  write_settings_update(json, request);
  write_index_changes(json, request);
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
  json.member("TableArn", arn_of(table));
  // The answer to DeleteTable describes the table without them.
  if (!table.definition.key.partition.name.empty()) {
    write_time(json, "CreationDateTime", table.created_at);
    write_attribute_definitions(json, types_of(table.definition));
    write_key_schema(json, table.definition.key);
  }
  json.member("ItemCount", table.item_count);
  json.member("TableSizeBytes", table.size_bytes);
  write_described_settings(json, table);
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
  return decode_request<std::string>(json, Operation::of_table,
                                     [](const Reader& reader) { return read_table_name(reader); });
}

template <>
Result<TableDefinition> decode(std::string_view json) {
  return decode_request<TableDefinition>(json, Operation::create_table, read_definition);
}
template <>
Result<UpdateTableRequest> decode(std::string_view json) {
  return decode_request<UpdateTableRequest>(json, Operation::update_table, read_update);
}
template <>
Result<ListTablesRequest> decode(std::string_view json) {
  return decode_request<ListTablesRequest>(json, Operation::list_tables, [](const Reader& reader) {
    return ListTablesRequest{reader.text("ExclusiveStartTableName"),
                             static_cast<std::uint32_t>(reader.integer("Limit").value_or(100))};
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
