// Results of operations on items as JSON.
#include "dynamodb/wire_json.h"
#include "dynamodb/wire_page.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

// ---- consumed capacity

void write_units(JsonWriter& json, double units, UnitKind kind) {
  json.member("CapacityUnits", units);
  if (kind == UnitKind::read) json.member("ReadCapacityUnits", units);
  if (kind == UnitKind::write) json.member("WriteCapacityUnits", units);
}

void write_arms(JsonWriter& json, std::string_view name,
                const std::map<std::string, double, std::less<>>& arms, UnitKind kind) {
  if (arms.empty()) return;
  json.key(name);
  json.begin_object();
  for (const auto& [index, units] : arms) {
    json.key(index);
    json.begin_object();
    write_units(json, units, kind);
    json.end_object();
  }
  json.end_object();
}

void write_capacity(JsonWriter& json, const ConsumedCapacity& consumed, CapacityDetail detail,
                    UnitKind kind = UnitKind::unnamed) {
  json.begin_object();
  json.member("TableName", consumed.table);
  write_units(json, consumed.total(), kind);
  if (detail == CapacityDetail::indexes) {
    json.key("Table");
    json.begin_object();
    write_units(json, consumed.table_units, kind);
    json.end_object();
    write_arms(json, "GlobalSecondaryIndexes", consumed.global_indexes, kind);
    write_arms(json, "LocalSecondaryIndexes", consumed.local_indexes, kind);
  }
  json.end_object();
}

}  // namespace

void write_capacity_member(JsonWriter& json, const ConsumedCapacity& consumed,
                           CapacityDetail detail) {
  if (detail == CapacityDetail::none) return;
  json.key("ConsumedCapacity");
  write_capacity(json, consumed, detail);
}
void write_capacity_member(JsonWriter& json, const std::vector<ConsumedCapacity>& consumed,
                           CapacityDetail detail, UnitKind kind) {
  if (detail == CapacityDetail::none) return;
  json.key("ConsumedCapacity");
  json.begin_array();
  for (const ConsumedCapacity& of_table : consumed) write_capacity(json, of_table, detail, kind);
  json.end_array();
}

namespace {

std::map<std::string, double, std::less<>> read_arms(const Reader& reader, std::string_view name) {
  std::map<std::string, double, std::less<>> arms;
  for (const auto& [index, json] : reader.members(name)) {
    arms.emplace(index, Reader(json, reader.errors()).real("CapacityUnits"));
  }
  return arms;
}

ConsumedCapacity read_capacity(const Reader& reader) {
  ConsumedCapacity consumed;
  consumed.table = reader.text("TableName");
  // Without details the total is all that is known.
  consumed.table_units = reader.has("Table") ? reader.object("Table").real("CapacityUnits")
                                             : reader.real("CapacityUnits");
  consumed.global_indexes = read_arms(reader, "GlobalSecondaryIndexes");
  consumed.local_indexes = read_arms(reader, "LocalSecondaryIndexes");
  return consumed;
}

std::vector<ConsumedCapacity> read_capacities(const Reader& reader) {
  std::vector<ConsumedCapacity> consumed;
  for (const JsonElement& json : reader.elements("ConsumedCapacity")) {
    consumed.push_back(read_capacity(Reader(json, reader.errors())));
  }
  return consumed;
}

// ---- item collections

void write_metrics(JsonWriter& json, const ItemCollectionMetrics& metrics) {
  json.begin_object();
  write_item(json, "ItemCollectionKey", metrics.key);
  json.key("SizeEstimateRangeGB");
  json.begin_array();
  json.value(metrics.low);
  json.value(metrics.high);
  json.end_array();
  json.end_object();
}

void write_metrics(JsonWriter& json, const CollectionMetrics& tables) {
  if (tables.empty()) return;
  json.key("ItemCollectionMetrics");
  json.begin_object();
  for (const auto& [table, collections] : tables) {
    json.key(table);
    json.begin_array();
    for (const auto& metrics : collections) write_metrics(json, metrics);
    json.end_array();
  }
  json.end_object();
}

ItemCollectionMetrics read_metrics(const Reader& reader) {
  const auto range = reader.reals("SizeEstimateRangeGB");
  ItemCollectionMetrics metrics{.key = read_item(reader, "ItemCollectionKey")};
  if (range.size() == 2) metrics.low = range[0], metrics.high = range[1];
  return metrics;
}

CollectionMetrics read_collections(const Reader& reader) {
  constexpr std::string_view kMember = "ItemCollectionMetrics";
  CollectionMetrics tables;
  const Reader by_table = reader.object(kMember);
  for (const auto& [table, json] : reader.members(kMember)) {
    auto& collections = tables[std::string(table)];
    for (const JsonElement& element : by_table.elements(table))
      collections.push_back(read_metrics(Reader(element, reader.errors())));
  }
  return tables;
}

// ---- items

void write_items(JsonWriter& json, std::string_view name, const ItemList& items) {
  json.key(name);
  std::string& text = json.begin_raw();
  text.reserve(text.size() + items.bytes() + items.bytes() / 2);  // most items' JSON is smaller
  append_checked_json(text, items);
}

// By the tree: what split_page() leaves.
ItemList read_items(const Reader& reader, std::string_view name) {
  ItemList items;
  for (const JsonElement& json : reader.elements(name))
    items.add(read_packed_item(json, reader.errors()).bytes());
  return items;
}

PageResult read_page(const Reader& reader) {
  PageResult result;
  result.items = read_items(reader, "Items");
  result.count = reader.count("Count");
  result.scanned_count = reader.count("ScannedCount");
  if (reader.has("LastEvaluatedKey"))
    result.last_evaluated_key = read_item(reader, "LastEvaluatedKey");
  result.consumed = read_capacity(reader.object("ConsumedCapacity"));
  return result;
}

BatchGetItemResult read_batch(const Reader& reader) {
  BatchGetItemResult result;
  const Reader responses = reader.object("Responses");
  for (const auto& [table, items] : reader.members("Responses"))
    result.items.emplace(table, read_items(responses, table));
  result.unprocessed = read_keys(reader, "UnprocessedKeys");
  result.consumed = read_capacities(reader);
  return result;
}

}  // namespace

std::string encode(const GetItemResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  if (result.item) write_item(json, "Item", result.item->view());
  write_capacity_member(json, result.consumed, capacity);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const WriteResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  if (result.attributes) write_item(json, "Attributes", result.attributes->view());
  write_capacity_member(json, result.consumed, capacity);
  if (result.collection) {
    json.key("ItemCollectionMetrics");
    write_metrics(json, *result.collection);
  }
  json.end_object();
  return std::move(json).text();
}

std::string encode(const PageResult& result, CapacityDetail capacity, bool with_items) {
  JsonWriter json;
  json.begin_object();
  if (with_items) write_items(json, "Items", result.items);
  json.member("Count", result.count);
  json.member("ScannedCount", result.scanned_count);
  if (result.last_evaluated_key) write_item(json, "LastEvaluatedKey", *result.last_evaluated_key);
  write_capacity_member(json, result.consumed, capacity);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const BatchGetItemResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  json.key("Responses");
  json.begin_object();
  for (const auto& [table, items] : result.items) write_items(json, table, items);
  json.end_object();
  json.key("UnprocessedKeys");
  write_keys(json, result.unprocessed);
  write_capacity_member(json, result.consumed, capacity);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const BatchWriteItemResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  json.key("UnprocessedItems");
  write_writes(json, result.unprocessed);
  write_metrics(json, result.collections);
  write_capacity_member(json, result.consumed, capacity);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TransactGetItemsResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  json.key("Responses");
  json.begin_array();
  for (const auto& item : result.items) {
    json.begin_object();
    if (item) write_item(json, "Item", item->view());
    json.end_object();
  }
  json.end_array();
  write_capacity_member(json, result.consumed, capacity, UnitKind::read);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TransactWriteItemsResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  write_metrics(json, result.collections);
  write_capacity_member(json, result.consumed, capacity,
                        result.repeated ? UnitKind::read : UnitKind::write);
  json.end_object();
  return std::move(json).text();
}

template <>
Result<GetItemResult> decode(std::string_view json) {
  return decode_root<GetItemResult>(json, [](const Reader& reader) {
    return GetItemResult{read_packed_item(reader, "Item"),
                         read_capacity(reader.object("ConsumedCapacity"))};
  });
}

template <>
Result<WriteResult> decode(std::string_view json) {
  return decode_root<WriteResult>(json, [](const Reader& reader) {
    WriteResult result{.attributes = read_packed_item(reader, "Attributes"),
                       .consumed = read_capacity(reader.object("ConsumedCapacity"))};
    if (reader.has("ItemCollectionMetrics"))
      result.collection = read_metrics(reader.object("ItemCollectionMetrics"));
    return result;
  });
}

template <>
Result<PageResult> decode(std::string_view json) {
  if (auto split = split_page(json)) {
    auto result = decode_root<PageResult>(split->rest, read_page);
    if (result) {
      if (split->items) result->items = std::move(*split->items);
      return result;
    }
  }
  return decode_root<PageResult>(json, read_page);
}

template <>
Result<BatchGetItemResult> decode(std::string_view json) {
  if (auto split = split_page(json)) {
    auto result = decode_root<BatchGetItemResult>(split->rest, read_batch);
    if (result) {
      if (split->tables) result->items = std::move(*split->tables);
      return result;
    }
  }
  return decode_root<BatchGetItemResult>(json, read_batch);
}

template <>
Result<BatchWriteItemResult> decode(std::string_view json) {
  return decode_root<BatchWriteItemResult>(json, [](const Reader& reader) {
    return BatchWriteItemResult{read_writes(reader, "UnprocessedItems"), read_capacities(reader),
                                read_collections(reader)};
  });
}

template <>
Result<TransactGetItemsResult> decode(std::string_view json) {
  return decode_root<TransactGetItemsResult>(json, [](const Reader& reader) {
    TransactGetItemsResult result;
    for (const JsonElement& response : reader.elements("Responses")) {
      result.items.push_back(read_packed_item(Reader(response, reader.errors()), "Item"));
    }
    result.consumed = read_capacities(reader);
    return result;
  });
}

template <>
Result<TransactWriteItemsResult> decode(std::string_view json) {
  return decode_root<TransactWriteItemsResult>(json, [](const Reader& reader) {
    TransactWriteItemsResult result{.consumed = read_capacities(reader),
                                    .collections = read_collections(reader)};
    const auto consumed = reader.elements("ConsumedCapacity");
    result.repeated =
        !consumed.empty() && Reader(consumed.front(), reader.errors()).has("ReadCapacityUnits");
    return result;
  });
}

}  // namespace dynamodb::wire
