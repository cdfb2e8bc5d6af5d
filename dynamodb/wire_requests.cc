// Requests on items, written as JSON.
#include "dynamodb/expression_printer.h"
#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

// Writes a request's expressions through one printer, then the names and values that they need.
class ExpressionWriter {
 public:
  explicit ExpressionWriter(JsonWriter& json) : json_(json) {}

  void condition(std::string_view member, const Condition& condition) {
    if (!condition.empty()) json_.member(member, printer_.print(condition));
  }
  void update(const UpdateExpression& update) {
    if (!update.empty()) json_.member("UpdateExpression", printer_.print(update));
  }
  void projection(const Projection& projection) {
    if (!projection.empty()) json_.member("ProjectionExpression", printer_.print(projection));
  }
  void finish() {
    if (!printer_.names().empty()) {
      json_.key("ExpressionAttributeNames");
      json_.begin_object();
      for (const auto& [placeholder, name] : printer_.names()) json_.member(placeholder, name);
      json_.end_object();
    }
    if (!printer_.values().empty()) {
      json_.key("ExpressionAttributeValues");
      json_.begin_object();
      for (const auto& [placeholder, value] : printer_.values()) {
        std::string text;
        append_json(text, value);
        json_.key(placeholder);
        json_.raw(text);
      }
      json_.end_object();
    }
  }

 private:
  JsonWriter& json_;
  ExpressionPrinter printer_{};
};

std::string_view name_of(ReturnValues values) {
  switch (values) {
    case ReturnValues::none:
      return "NONE";
    case ReturnValues::all_old:
      return "ALL_OLD";
    case ReturnValues::updated_old:
      return "UPDATED_OLD";
    case ReturnValues::all_new:
      return "ALL_NEW";
    case ReturnValues::updated_new:
      return "UPDATED_NEW";
  }
  return "NONE";
}

std::string_view name_of(Select select) {
  switch (select) {
    case Select::default_:
      return "";
    case Select::all_attributes:
      return "ALL_ATTRIBUTES";
    case Select::all_projected_attributes:
      return "ALL_PROJECTED_ATTRIBUTES";
    case Select::specific_attributes:
      return "SPECIFIC_ATTRIBUTES";
    case Select::count:
      return "COUNT";
  }
  return "";
}

constexpr char kCapacity[] = "ReturnConsumedCapacity";

void write_return_metrics(JsonWriter& json, bool wanted) {
  if (wanted) json.member("ReturnItemCollectionMetrics", "SIZE");
}

// What put, update, delete and condition check have in common; the caller has begun the object and
// ends it.
template <class Request>
void write_common(JsonWriter& json, const Request& request) {
  json.member("TableName", request.table);
  if constexpr (std::is_same_v<Request, PutItemRequest>) {
    write_item(json, "Item", request.item);
  } else {
    write_item(json, "Key", request.key);
  }
  ExpressionWriter expressions(json);
  if constexpr (std::is_same_v<Request, UpdateItemRequest>) expressions.update(request.update);
  expressions.condition("ConditionExpression", request.condition);
  expressions.finish();
  if constexpr (!std::is_same_v<Request, ConditionCheck>) {
    if (request.return_values != ReturnValues::none)
      json.member("ReturnValues", name_of(request.return_values));
  }
  if (request.return_old_on_condition_failure)
    json.member("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
  if constexpr (!std::is_same_v<Request, ConditionCheck>)
    write_return_metrics(json, request.return_collection_metrics);
}

template <class Request>
std::string encode_write(const Request& request) {
  JsonWriter json;
  json.begin_object();
  write_common(json, request);
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}

void write_get(JsonWriter& json, const GetItemRequest& request) {
  json.member("TableName", request.table);
  write_item(json, "Key", request.key);
  write_projection(json, request.projection);
}

template <class Request>
std::string encode_page(const Request& request) {
  JsonWriter json;
  json.begin_object();
  json.member("TableName", request.table);
  if (!request.index.empty()) json.member("IndexName", request.index);
  ExpressionWriter expressions(json);
  if constexpr (std::is_same_v<Request, QueryRequest>) {
    expressions.condition("KeyConditionExpression", request.key_condition);
  }
  expressions.condition("FilterExpression", request.filter);
  expressions.projection(request.projection);
  expressions.finish();
  if (request.select != Select::default_) json.member("Select", name_of(request.select));
  if (request.consistent_read) json.member("ConsistentRead", true);
  if (request.limit) json.member("Limit", std::uint64_t{*request.limit});
  if (!request.exclusive_start_key.empty())
    write_item(json, "ExclusiveStartKey", request.exclusive_start_key);
  if constexpr (std::is_same_v<Request, QueryRequest>) {
    if (!request.forward) json.member("ScanIndexForward", false);
  } else {
    if (request.segment) json.member("Segment", std::uint64_t{*request.segment});
    if (request.total_segments)
      json.member("TotalSegments", std::uint64_t{*request.total_segments});
  }
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}

}  // namespace

void write_projection(JsonWriter& json, const Projection& projection) {
  ExpressionWriter expressions(json);
  expressions.projection(projection);
  expressions.finish();
}

void write_keys(JsonWriter& json, const std::map<std::string, KeysAndAttributes>& tables) {
  json.begin_object();
  for (const auto& [table, wanted] : tables) {
    json.key(table);
    json.begin_object();
    json.key("Keys");
    json.begin_array();
    for (const Item& key : wanted.keys) {
      std::string text;
      append_json(text, key);
      json.raw(text);
    }
    json.end_array();
    write_projection(json, wanted.projection);
    if (wanted.consistent_read) json.member("ConsistentRead", true);
    json.end_object();
  }
  json.end_object();
}

void write_writes(JsonWriter& json,
                  const std::map<std::string, std::vector<WriteRequest>>& tables) {
  json.begin_object();
  for (const auto& [table, writes] : tables) {
    json.key(table);
    json.begin_array();
    for (const WriteRequest& write : writes) {
      const auto* put = std::get_if<PutRequest>(&write);
      json.begin_object();
      json.key(put != nullptr ? "PutRequest" : "DeleteRequest");
      json.begin_object();
      if (put != nullptr) {
        write_item(json, "Item", put->item);
      } else {
        write_item(json, "Key", std::get<DeleteRequest>(write).key);
      }
      json.end_object();
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

std::string encode(const GetItemRequest& request) {
  JsonWriter json;
  json.begin_object();
  write_get(json, request);
  if (request.consistent_read) json.member("ConsistentRead", true);
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}
std::string encode(const PutItemRequest& request) { return encode_write(request); }
std::string encode(const UpdateItemRequest& request) { return encode_write(request); }
std::string encode(const DeleteItemRequest& request) { return encode_write(request); }
std::string encode(const QueryRequest& request) { return encode_page(request); }
std::string encode(const ScanRequest& request) { return encode_page(request); }

std::string encode(const BatchGetItemRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.key("RequestItems");
  write_keys(json, request.tables);
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}

std::string encode(const BatchWriteItemRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.key("RequestItems");
  write_writes(json, request.tables);
  write_return_metrics(json, request.return_collection_metrics);
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TransactGetItemsRequest& request) {
  JsonWriter json;
  json.begin_object();
  json.key("TransactItems");
  json.begin_array();
  for (const GetItemRequest& get : request.gets) {
    json.begin_object();
    json.key("Get");
    json.begin_object();
    write_get(json, get);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}

std::string encode(const TransactWriteItemsRequest& request) {
  constexpr std::string_view kActions[] = {"Put", "Update", "Delete",
                                           "ConditionCheck"};  // in the variant's order
  JsonWriter json;
  json.begin_object();
  json.key("TransactItems");
  json.begin_array();
  for (const TransactWriteAction& action : request.actions) {
    json.begin_object();
    json.key(kActions[action.index()]);
    json.begin_object();
    std::visit([&](const auto& part) { write_common(json, part); }, action);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  if (!request.client_request_token.empty())
    json.member("ClientRequestToken", request.client_request_token);
  write_return_metrics(json, request.return_collection_metrics);
  json.member(kCapacity, "INDEXES");
  json.end_object();
  return std::move(json).text();
}

}  // namespace dynamodb::wire
