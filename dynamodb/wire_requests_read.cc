// Requests on items, read from JSON, in the order of AWS's checks: see wire_shapes.h for the first
// two phases; what is here is the third, in which values and expressions are understood.
#include "dynamodb/arn.h"
#include "dynamodb/expression_parser.h"
#include "dynamodb/limits.h"
#include "dynamodb/wire_expressions.h"
#include "dynamodb/wire_json.h"
#include "dynamodb/wire_legacy.h"
#include "dynamodb/wire_shapes.h"

namespace dynamodb::wire {
namespace {

// ---- parameters that exclude each other

constexpr std::string_view kProjectionParameter[] = {"ProjectionExpression"};
constexpr std::string_view kProjectionLegacy[] = {"AttributesToGet"};
constexpr std::string_view kConditionParameter[] = {"ConditionExpression"};
constexpr std::string_view kConditionLegacy[] = {"Expected", "ConditionalOperator"};
constexpr std::string_view kUpdateParameters[] = {"UpdateExpression", "ConditionExpression"};
constexpr std::string_view kUpdateLegacy[] = {"AttributeUpdates", "Expected",
                                              "ConditionalOperator"};
constexpr std::string_view kQueryParameters[] = {"ProjectionExpression", "FilterExpression",
                                                 "KeyConditionExpression"};
constexpr std::string_view kQueryLegacy[] = {"AttributesToGet", "QueryFilter",
                                             "ConditionalOperator", "KeyConditions"};
constexpr std::string_view kScanParameters[] = {"ProjectionExpression", "FilterExpression"};
constexpr std::string_view kScanLegacy[] = {"AttributesToGet", "ScanFilter", "ConditionalOperator"};

constexpr ExpressionParameters kOfReads{kProjectionParameter, kProjectionLegacy};
constexpr ExpressionParameters kOfWrites{kConditionParameter, kConditionLegacy};
constexpr ExpressionParameters kOfUpdates{kUpdateParameters, kUpdateLegacy};
constexpr ExpressionParameters kOfQueries{kQueryParameters, kQueryLegacy};
constexpr ExpressionParameters kOfScans{kScanParameters, kScanLegacy};

// ---- enumerations: their names are right

ReturnValues read_return_values(const Reader& reader) {
  const std::string name = reader.text("ReturnValues");
  if (name == "ALL_OLD") return ReturnValues::all_old;
  if (name == "UPDATED_OLD") return ReturnValues::updated_old;
  if (name == "ALL_NEW") return ReturnValues::all_new;
  if (name == "UPDATED_NEW") return ReturnValues::updated_new;
  return ReturnValues::none;
}

bool read_return_on_failure(const Reader& reader) {
  return reader.text("ReturnValuesOnConditionCheckFailure") == "ALL_OLD";
}

bool read_return_metrics(const Reader& reader) {
  return reader.text("ReturnItemCollectionMetrics") == "SIZE";
}

Select read_select(const Reader& reader) {
  const std::string name = reader.text("Select");
  if (name == "ALL_ATTRIBUTES") return Select::all_attributes;
  if (name == "ALL_PROJECTED_ATTRIBUTES") return Select::all_projected_attributes;
  if (name == "SPECIFIC_ATTRIBUTES") return Select::specific_attributes;
  if (name == "COUNT") return Select::count;
  return Select::default_;
}

// ---- one item

template <class Request>
void read_row(const Reader& reader, Request& request) {
  if constexpr (std::is_same_v<Request, PutItemRequest>) {
    request.item = read_item(reader, "Item");
  } else {
    request.key = read_item(reader, "Key");
  }
}

template <class Request>
void read_write_expressions(ExpressionReader& expressions, Request& request) {
  expressions.read_placeholders();
  if constexpr (std::is_same_v<Request, UpdateItemRequest>) {
    auto update = expressions.update();
    if (!update.empty()) request.update = std::move(update);
  }
  auto condition = expressions.condition("ConditionExpression");
  if (!condition.empty()) request.condition = std::move(condition);
  expressions.finish();
}

// DynamoDB: an item's size counts before Expected does.
void check_size(const Reader& reader, const PutItemRequest& request) {
  if (!reader.has("Expected") || reader.errors().first) return;
  if (const PackedItem item(request.item); item_size(item.view()) > kMaxItemSize)
    reader.errors().add(validation_error("Item size has exceeded the maximum allowed size"));
}

// DynamoDB: after the expressions of the same write.
template <class Request>
void check_nesting_of_row(const Reader& reader, const Request& request) {
  const auto& row = [&]() -> const Item& {
    if constexpr (std::is_same_v<Request, PutItemRequest>)
      return request.item;
    else
      return request.key;
  }();
  if (auto problem = check_nesting(row)) reader.errors().add(validation_error(*problem));
}

template <class Request>
Request read_write(const Reader& reader) {
  constexpr bool is_update = std::is_same_v<Request, UpdateItemRequest>;
  Request request;
  request.table = read_table_name(reader);
  ExpressionReader expressions(reader, is_update ? kOfUpdates : kOfWrites);
  read_row(reader, request);
  request.return_values = read_return_values(reader);
  request.return_old_on_condition_failure = read_return_on_failure(reader);
  request.return_collection_metrics = read_return_metrics(reader);
  if constexpr (is_update) {
    if (reader.has("AttributeUpdates")) request.update = read_attribute_updates(reader);
  } else if (request.return_values != ReturnValues::none &&
             request.return_values != ReturnValues::all_old) {
    reader.errors().add(validation_error(kOnlyOldValues));
  }
  if constexpr (std::is_same_v<Request, PutItemRequest>) check_size(reader, request);
  request.condition = read_expected(reader);
  read_write_expressions(expressions, request);
  check_nesting_of_row(reader, request);
  return request;
}

GetItemRequest read_get(const Reader& reader) {
  GetItemRequest request;
  request.table = read_table_name(reader);
  request.consistent_read = reader.boolean("ConsistentRead");
  ExpressionReader expressions(reader, kOfReads);
  request.key = read_item(reader, "Key");
  request.projection = read_attributes_to_get(reader);
  expressions.read_placeholders();
  if (reader.has("ProjectionExpression")) request.projection = expressions.projection();
  expressions.finish();
  return request;
}

// ---- pages

// DynamoDB: what is wrong with a value of a start key is said to be wrong with the key, but for
// numbers and repeats.
void read_start_key(const Reader& reader, Item& key) {
  const auto json = reader.member("ExclusiveStartKey");
  if (!json) return;
  Errors of_key{.wording = reader.errors().wording};
  key = read_item(*json, of_key);
  if (of_key.first && of_key.first->code == ErrorCode::validation) {
    std::string& message = of_key.first->message;
    for (const char* const part :
         {"Supplied AttributeValue", "Null attribute value", "An string set", "Binary sets"}) {
      if (message.find(part) == std::string::npos) continue;
      message = "The provided starting key is invalid: " + message;
      break;
    }
  }
  if (of_key.first) reader.errors().add(std::move(*of_key.first));
  // In a request, no attributes mean no start key. A name that no schema has stands for the key
  // that is there and empty: it has the same errors.
  if (key.empty()) key.emplace("", Null{});
}

// What a query and a scan have in common before their own parts.
template <class Request>
void read_page(const Reader& reader, Request& request) {
  request.table = read_table_name(reader);
  request.index = reader.text("IndexName");
  request.select = read_select(reader);
  request.consistent_read = reader.boolean("ConsistentRead");
  if (const auto limit = reader.integer("Limit")) {
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
    request.limit = static_cast<std::uint32_t>(std::min(*limit, kMost));
  }
}

template <class Request>
void read_page_expressions(const Reader& reader, ExpressionReader& expressions, Request& request) {
  auto filter = expressions.condition("FilterExpression");
  if (!filter.empty()) request.filter = std::move(filter);
  if (reader.has("ProjectionExpression")) request.projection = expressions.projection();
  expressions.finish();
  const std::string_view projection = reader.has("ProjectionExpression") ? "ProjectionExpression"
                                      : reader.has("AttributesToGet")    ? "AttributesToGet"
                                                                         : "";
  if (auto problem = check_select(request.select, !request.index.empty(), projection))
    reader.errors().add(validation_error(*problem));
}

QueryRequest read_query(const Reader& reader) {
  QueryRequest request;
  read_page(reader, request);
  request.forward = !reader.has("ScanIndexForward") || reader.boolean("ScanIndexForward");
  ExpressionReader expressions(reader, kOfQueries);
  request.filter = read_filter(reader, "QueryFilter");
  request.projection = read_attributes_to_get(reader);
  read_start_key(reader, request.exclusive_start_key);
  if (!reader.has("KeyConditions") && !reader.has("KeyConditionExpression")) {
    reader.errors().add(validation_error(
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
        "request."));
  }
  expressions.read_placeholders();
  const Condition parsed = expressions.key_condition();
  read_page_expressions(reader, expressions, request);
  if (reader.has("KeyConditions")) {
    request.key_condition = read_key_conditions(reader);
  } else if (!parsed.empty()) {
    auto key_condition = as_key_condition(parsed);
    if (key_condition.has_error()) reader.errors().add(key_condition.error());
    if (key_condition.has_value()) request.key_condition = std::move(*key_condition);
  }
  return request;
}

std::optional<std::uint32_t> read_segment(const Reader& reader, std::string_view name) {
  const auto value = reader.integer(name);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

ScanRequest read_scan(const Reader& reader) {
  ScanRequest request;
  read_page(reader, request);
  ExpressionReader expressions(reader, kOfScans);
  request.projection = read_attributes_to_get(reader);
  request.filter = read_filter(reader, "ScanFilter");
  read_start_key(reader, request.exclusive_start_key);
  request.segment = read_segment(reader, "Segment");
  request.total_segments = read_segment(reader, "TotalSegments");
  if (auto problem = check_segments(request)) reader.errors().add(validation_error(*problem));
  expressions.read_placeholders();
  read_page_expressions(reader, expressions, request);
  return request;
}

// ---- batches

// DynamoDB: a request is of one kind, whatever the tables.
void check_one_kind(const Reader& reader, std::string_view name) {
  bool expressions = false, legacy = false;
  for (const auto& [table, json] : reader.members(name)) {
    const Reader keys(json, reader.errors());
    expressions = expressions || keys.has("ProjectionExpression");
    legacy = legacy || keys.has("AttributesToGet");
  }
  if (!expressions || !legacy) return;
  reader.errors().add(validation_error(
      "Can not use both expression and non-expression parameters in the same request: "
      "Non-expression parameters: {AttributesToGet} Expression parameters: "
      "{ProjectionExpression}"));
}

void check_not_empty(const Reader& reader, std::string_view operation) {
  if (!reader.members("RequestItems").empty()) return;
  reader.errors().add(validation_error(
      reader.errors().wording == Wording::old
          ? "The requestItems parameter is required for " + std::string(operation)
          : "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1"));
}

// A table by its name and by its ARN.
Error named_twice(std::string_view table) {
  return validation_error(
      "One or more parameter values were invalid: a table is named more than once: " +
      std::string(table));
}

constexpr char kManyRequests[] =
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "
    "supported datatypes";

WriteRequest read_batch_write(const Reader& reader) {
  const bool put = reader.has("PutRequest"), del = reader.has("DeleteRequest");
  if (put == del) reader.errors().add(validation_error(kManyRequests));
  if (put) return PutRequest{read_item(reader.object("PutRequest"), "Item")};
  return DeleteRequest{read_item(reader.object("DeleteRequest"), "Key")};
}

// ---- transactions

// An action of a transaction: it has no legacy parameters, and returns nothing but on failure.
template <class Request>
Request read_transacted(const Reader& reader) {
  constexpr bool is_update = std::is_same_v<Request, UpdateItemRequest>;
  Request request;
  request.table = read_table_name(reader);
  ExpressionReader expressions(reader,
                               {is_update ? kOfUpdates.expressions : kOfWrites.expressions, {}});
  read_row(reader, request);
  request.return_old_on_condition_failure = read_return_on_failure(reader);
  read_write_expressions(expressions, request);
  check_nesting_of_row(reader, request);
  return request;
}

GetItemRequest read_transacted_get(const Reader& reader) {
  GetItemRequest request;
  request.table = read_table_name(reader);
  ExpressionReader expressions(reader, {kProjectionParameter, {}});
  request.key = read_item(reader, "Key");
  expressions.read_placeholders();
  request.projection = expressions.projection();
  expressions.finish();
  return request;
}

std::optional<TransactWriteAction> read_action(const Reader& reader) {
  std::optional<TransactWriteAction> action;
  const auto take = [&]<class Request>(std::string_view member, Request*) {
    if (!reader.has(member)) return;
    if (action) {
      reader.errors().add(
          validation_error("TransactItems can only contain one of Check, Put, Update or Delete"));
    }
    action = read_transacted<Request>(reader.object(member));
  };
  take("ConditionCheck", static_cast<ConditionCheck*>(nullptr));
  take("Put", static_cast<PutItemRequest*>(nullptr));
  take("Update", static_cast<UpdateItemRequest*>(nullptr));
  take("Delete", static_cast<DeleteItemRequest*>(nullptr));
  if (!action) {
    reader.errors().add(
        validation_error("Invalid Request: TransactWriteRequest should contain Delete or Put or "
                         "Update request"));
  }
  return action;
}

}  // namespace

std::map<std::string, KeysAndAttributes> read_keys(const Reader& reader, std::string_view name) {
  std::map<std::string, KeysAndAttributes> tables;
  for (const auto& [table, json] : reader.members(name)) {
    const Reader wanted(json, reader.errors());
    KeysAndAttributes keys;
    keys.consistent_read = wanted.boolean("ConsistentRead");
    ExpressionReader expressions(wanted, kOfReads);
    for (const JsonElement& key : wanted.elements("Keys"))
      keys.keys.push_back(read_item(key, reader.errors()));
    keys.projection = read_attributes_to_get(wanted);
    expressions.read_placeholders();
    if (wanted.has("ProjectionExpression")) keys.projection = expressions.projection();
    expressions.finish();
    if (!tables.emplace(table_name_of(table), std::move(keys)).second)
      reader.errors().add(named_twice(table));
  }
  return tables;
}

std::map<std::string, std::vector<WriteRequest>> read_writes(const Reader& reader,
                                                             std::string_view name) {
  std::map<std::string, std::vector<WriteRequest>> tables;
  const Reader requests = reader.object(name);
  for (const auto& [table, json] : reader.members(name)) {
    const auto [at, is_new] = tables.try_emplace(std::string(table_name_of(table)));
    if (!is_new) reader.errors().add(named_twice(table));
    for (const JsonElement& write : requests.elements(table))
      at->second.push_back(read_batch_write(Reader(write, reader.errors())));
  }
  return tables;
}

template <>
Result<GetItemRequest> decode(std::string_view json) {
  return decode_request<GetItemRequest>(json, Operation::get_item, read_get);
}
template <>
Result<PutItemRequest> decode(std::string_view json) {
  return decode_request<PutItemRequest>(json, Operation::put_item, read_write<PutItemRequest>);
}
template <>
Result<UpdateItemRequest> decode(std::string_view json) {
  return decode_request<UpdateItemRequest>(json, Operation::update_item,
                                           read_write<UpdateItemRequest>);
}
template <>
Result<DeleteItemRequest> decode(std::string_view json) {
  return decode_request<DeleteItemRequest>(json, Operation::delete_item,
                                           read_write<DeleteItemRequest>);
}
template <>
Result<QueryRequest> decode(std::string_view json) {
  return decode_request<QueryRequest>(json, Operation::query, read_query);
}
template <>
Result<ScanRequest> decode(std::string_view json) {
  return decode_request<ScanRequest>(json, Operation::scan, read_scan);
}
template <>
Result<BatchGetItemRequest> decode(std::string_view json) {
  return decode_request<BatchGetItemRequest>(
      json, Operation::batch_get_item, [](const Reader& reader) {
        check_not_empty(reader, "BatchGetItem");
        check_one_kind(reader, "RequestItems");
        return BatchGetItemRequest{read_keys(reader, "RequestItems")};
      });
}
template <>
Result<BatchWriteItemRequest> decode(std::string_view json) {
  return decode_request<BatchWriteItemRequest>(
      json, Operation::batch_write_item, [](const Reader& reader) {
        check_not_empty(reader, "BatchWriteItem");
        return BatchWriteItemRequest{.tables = read_writes(reader, "RequestItems"),
                                     .return_collection_metrics = read_return_metrics(reader)};
      });
}
template <>
Result<TransactGetItemsRequest> decode(std::string_view json) {
  return decode_request<TransactGetItemsRequest>(
      json, Operation::transact_get_items, [](const Reader& reader) {
        TransactGetItemsRequest request;
        for (const JsonElement& element : reader.elements("TransactItems")) {
          const Reader action(element, reader.errors());
          request.gets.push_back(read_transacted_get(action.object("Get")));
        }
        return request;
      });
}
template <>
Result<TransactWriteItemsRequest> decode(std::string_view json) {
  return decode_request<TransactWriteItemsRequest>(
      json, Operation::transact_write_items, [](const Reader& reader) {
        TransactWriteItemsRequest request;
        request.client_request_token = reader.text("ClientRequestToken");
        request.return_collection_metrics = read_return_metrics(reader);
        for (const JsonElement& element : reader.elements("TransactItems")) {
          if (auto action = read_action(Reader(element, reader.errors())))
            request.actions.push_back(std::move(*action));
        }
        return request;
      });
}

Result<CapacityDetail> decode_capacity_detail(std::string_view request_json) {
  return decode_root<CapacityDetail>(request_json, [](const Reader& reader) {
    const std::string name = reader.optional_text("ReturnConsumedCapacity").value_or("NONE");
    if (name == "INDEXES") return CapacityDetail::indexes;
    if (name == "TOTAL") return CapacityDetail::total;
    if (name != "NONE") {
      reader.errors().add(validation_error(constraint_message(
          Wording::old, {{.path = {{"ReturnConsumedCapacity"}},
                          .value = "'" + name + "'",
                          .rule = "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"}})));
    }
    return CapacityDetail::none;
  });
}

}  // namespace dynamodb::wire
