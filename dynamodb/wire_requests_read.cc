// Requests on items, read from JSON.
#include "dynamodb/arn.h"
#include "dynamodb/wire_json.h"

namespace dynamodb::wire {
namespace {

// The expressions of one request and the placeholders that they share.
class ExpressionReader {
 public:
  explicit ExpressionReader(const Reader& request) : request_(request) {
    refuse_legacy();
    read_names();
    read_values();
  }

  Condition condition(std::string_view member) {
    return parsed<Condition>(member, [&](std::string_view text) {
      return parse_condition(text, placeholders_, member);
    });
  }
  Condition key_condition() {
    return parsed<Condition>("KeyConditionExpression", [&](std::string_view text) {
      return parse_key_condition(text, placeholders_);
    });
  }
  UpdateExpression update() {
    return parsed<UpdateExpression>("UpdateExpression", [&](std::string_view text) {
      return parse_update(text, placeholders_);
    });
  }
  Projection projection() {
    return parsed<Projection>("ProjectionExpression", [&](std::string_view text) {
      return parse_projection(text, placeholders_);
    });
  }

  // After the last expression: that every placeholder was used.
  void finish() {
    for (const char* const member : {"ExpressionAttributeNames", "ExpressionAttributeValues"}) {
      if (!any_ && request_.has(member)) {
        errors().add(validation_error(std::string(member) +
                                      " can only be specified when using expressions"));
      }
    }
    if (auto problem = check_all_used(placeholders_))
      errors().add(validation_error(std::move(*problem)));
  }

 private:
  Errors& errors() { return request_.errors(); }

  // To ignore one would be to ignore a condition, say.
  void refuse_legacy() {
    for (const char* const member :
         {"AttributesToGet", "AttributeUpdates", "Expected", "ConditionalOperator", "KeyConditions",
          "QueryFilter", "ScanFilter"}) {
      if (!request_.has(member)) continue;
      errors().add(validation_error("The legacy parameter " + std::string(member) +
                                    " is not supported; use the expression that replaces it"));
    }
  }

  void read_names() {
    const auto members = request_.members("ExpressionAttributeNames");
    if (members.empty() && request_.has("ExpressionAttributeNames")) {
      errors().add(validation_error("ExpressionAttributeNames must not be empty"));
    }
    for (const auto& [placeholder, json] : members) {
      const auto name = json.string();
      if (!name)
        errors().serialization("The value of ExpressionAttributeNames is not a map of strings");
      placeholders_.names.emplace(placeholder, name.value_or(""));
    }
  }

  void read_values() {
    const auto members = request_.members("ExpressionAttributeValues");
    if (members.empty() && request_.has("ExpressionAttributeValues")) {
      errors().add(validation_error("ExpressionAttributeValues must not be empty"));
    }
    for (const auto& [placeholder, json] : members) {
      Errors of_value;
      AttributeValue value = read_value(json, of_value);
      if (!of_value.first) {
        if (auto problem = check_value(value)) of_value.add(validation_error(std::move(*problem)));
      }
      if (of_value.first && of_value.first->code == ErrorCode::validation) {
        of_value.first->message =
            "ExpressionAttributeValues contains invalid value: " + of_value.first->message +
            " for key " + std::string(placeholder);
      }
      if (of_value.first) errors().add(std::move(*of_value.first));
      placeholders_.values.emplace(placeholder, std::move(value));
    }
  }

  template <class Expression, class Parse>
  Expression parsed(std::string_view member, Parse parse) {
    const auto text = request_.optional_text(member);
    if (!text) return {};
    any_ = true;
    Result<Expression> expression = parse(std::string_view(*text));
    if (expression) return std::move(*expression);
    errors().add(expression.error());
    return {};
  }

  const Reader& request_;
  Placeholders placeholders_{};
  bool any_ = false;
};

// The enumerator that the member names; `enumerators` pairs names with values, as AWS's messages
// list them.
template <class Enum, std::size_t N>
Enum read_enum(const Reader& reader, std::string_view member, std::string_view camel,
               const std::pair<std::string_view, Enum> (&enumerators)[N], Enum otherwise) {
  const auto text = reader.optional_text(member);
  if (!text) return otherwise;
  std::string names;
  for (const auto& [name, value] : enumerators) {
    if (name == *text) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  reader.errors().add(validation_error(
      "1 validation error detected: Value '" + *text + "' at '" + std::string(camel) +
      "' failed to satisfy constraint: Member must satisfy enum value set: [" + names + "]"));
  return otherwise;
}

ReturnValues read_return_values(const Reader& reader) {
  constexpr std::pair<std::string_view, ReturnValues> kNames[] = {
      {"ALL_NEW", ReturnValues::all_new},
      {"UPDATED_OLD", ReturnValues::updated_old},
      {"ALL_OLD", ReturnValues::all_old},
      {"NONE", ReturnValues::none},
      {"UPDATED_NEW", ReturnValues::updated_new}};
  return read_enum(reader, "ReturnValues", "returnValues", kNames, ReturnValues::none);
}

bool read_return_on_failure(const Reader& reader) {
  constexpr std::pair<std::string_view, bool> kNames[] = {{"ALL_OLD", true}, {"NONE", false}};
  return read_enum(reader, "ReturnValuesOnConditionCheckFailure",
                   "returnValuesOnConditionCheckFailure", kNames, false);
}

Select read_select(const Reader& reader) {
  constexpr std::pair<std::string_view, Select> kNames[] = {
      {"SPECIFIC_ATTRIBUTES", Select::specific_attributes},
      {"COUNT", Select::count},
      {"ALL_ATTRIBUTES", Select::all_attributes},
      {"ALL_PROJECTED_ATTRIBUTES", Select::all_projected_attributes}};
  return read_enum(reader, "Select", "select", kNames, Select::default_);
}

template <class Request>
Request read_write(const Reader& reader) {
  Request request;
  request.table = read_table_name(reader);
  ExpressionReader expressions(reader);
  if constexpr (std::is_same_v<Request, UpdateItemRequest>) request.update = expressions.update();
  request.condition = expressions.condition("ConditionExpression");
  expressions.finish();
  if constexpr (std::is_same_v<Request, PutItemRequest>) {
    request.item = read_item(reader, "Item");
  } else {
    request.key = read_item(reader, "Key");
  }
  if constexpr (!std::is_same_v<Request, ConditionCheck>)
    request.return_values = read_return_values(reader);
  request.return_old_on_condition_failure = read_return_on_failure(reader);
  return request;
}

GetItemRequest read_get(const Reader& reader) {
  GetItemRequest request;
  request.table = read_table_name(reader);
  request.consistent_read = reader.boolean("ConsistentRead");
  ExpressionReader expressions(reader);
  request.projection = expressions.projection();
  expressions.finish();
  request.key = read_item(reader, "Key");
  return request;
}

template <class Request>
Request read_page(const Reader& reader) {
  Request request;
  request.table = read_table_name(reader);
  request.index = reader.text("IndexName");
  request.select = read_select(reader);
  request.consistent_read = reader.boolean("ConsistentRead");
  request.limit = reader.limited("Limit", "limit", 1);
  ExpressionReader expressions(reader);
  if constexpr (std::is_same_v<Request, QueryRequest>) {
    request.forward = !reader.has("ScanIndexForward") || reader.boolean("ScanIndexForward");
    request.key_condition = expressions.key_condition();
  } else {
    request.segment = reader.limited("Segment", "segment", 0);
    request.total_segments = reader.limited("TotalSegments", "totalSegments", 1);
  }
  request.filter = expressions.condition("FilterExpression");
  request.projection = expressions.projection();
  expressions.finish();
  request.exclusive_start_key = read_item(reader, "ExclusiveStartKey");
  return request;
}

constexpr char kOneAction[] = "TransactItems can only contain one of Check, Put, Update or Delete";

std::optional<TransactWriteAction> read_action(const Reader& reader) {
  std::optional<TransactWriteAction> action;
  const auto take = [&]<class Request>(std::string_view member, Request*) {
    if (!reader.has(member)) return;
    if (action) reader.errors().add(validation_error(kOneAction));
    action = read_write<Request>(reader.object(member));
  };
  take("ConditionCheck", static_cast<ConditionCheck*>(nullptr));
  take("Put", static_cast<PutItemRequest*>(nullptr));
  take("Update", static_cast<UpdateItemRequest*>(nullptr));
  take("Delete", static_cast<DeleteItemRequest*>(nullptr));
  if (!action) reader.errors().add(validation_error(kOneAction));
  return action;
}

WriteRequest read_batch_write(const Reader& reader) {
  const bool put = reader.has("PutRequest"), del = reader.has("DeleteRequest");
  if (put == del) {
    reader.errors().add(
        validation_error("Supplied AttributeValue has more than one datatypes set, must contain "
                         "exactly one of PutRequest and "
                         "DeleteRequest"));
  }
  if (put) return PutRequest{read_item(reader.object("PutRequest"), "Item")};
  return DeleteRequest{read_item(reader.object("DeleteRequest"), "Key")};
}

}  // namespace

std::map<std::string, KeysAndAttributes> read_keys(const Reader& reader, std::string_view name) {
  std::map<std::string, KeysAndAttributes> tables;
  for (const auto& [table, json] : reader.members(name)) {
    const Reader wanted(json, reader.errors());
    KeysAndAttributes keys;
    keys.consistent_read = wanted.boolean("ConsistentRead");
    ExpressionReader expressions(wanted);
    keys.projection = expressions.projection();
    expressions.finish();
    for (const JsonElement& key : wanted.elements("Keys"))
      keys.keys.push_back(read_item(key, reader.errors()));
    tables.emplace(table_name_of(table), std::move(keys));
  }
  return tables;
}

std::map<std::string, std::vector<WriteRequest>> read_writes(const Reader& reader,
                                                             std::string_view name) {
  std::map<std::string, std::vector<WriteRequest>> tables;
  const Reader requests = reader.object(name);
  for (const auto& [table, json] : reader.members(name)) {
    auto& writes = tables[std::string(table_name_of(table))];
    for (const JsonElement& write : requests.elements(table)) {
      writes.push_back(read_batch_write(Reader(write, reader.errors())));
    }
  }
  return tables;
}

template <>
Result<GetItemRequest> decode(std::string_view json) {
  return decode_root<GetItemRequest>(json, read_get);
}
template <>
Result<PutItemRequest> decode(std::string_view json) {
  return decode_root<PutItemRequest>(json, read_write<PutItemRequest>);
}
template <>
Result<UpdateItemRequest> decode(std::string_view json) {
  return decode_root<UpdateItemRequest>(json, read_write<UpdateItemRequest>);
}
template <>
Result<DeleteItemRequest> decode(std::string_view json) {
  return decode_root<DeleteItemRequest>(json, read_write<DeleteItemRequest>);
}
template <>
Result<QueryRequest> decode(std::string_view json) {
  return decode_root<QueryRequest>(json, read_page<QueryRequest>);
}
template <>
Result<ScanRequest> decode(std::string_view json) {
  return decode_root<ScanRequest>(json, read_page<ScanRequest>);
}
template <>
Result<BatchGetItemRequest> decode(std::string_view json) {
  return decode_root<BatchGetItemRequest>(json, [](const Reader& reader) {
    return BatchGetItemRequest{read_keys(reader, "RequestItems")};
  });
}
template <>
Result<BatchWriteItemRequest> decode(std::string_view json) {
  return decode_root<BatchWriteItemRequest>(json, [](const Reader& reader) {
    return BatchWriteItemRequest{read_writes(reader, "RequestItems")};
  });
}
template <>
Result<TransactGetItemsRequest> decode(std::string_view json) {
  return decode_root<TransactGetItemsRequest>(json, [](const Reader& reader) {
    TransactGetItemsRequest request;
    for (const JsonElement& element : reader.elements("TransactItems")) {
      request.gets.push_back(read_get(Reader(element, reader.errors()).object("Get")));
    }
    return request;
  });
}
template <>
Result<TransactWriteItemsRequest> decode(std::string_view json) {
  return decode_root<TransactWriteItemsRequest>(json, [](const Reader& reader) {
    TransactWriteItemsRequest request;
    request.client_request_token = reader.text("ClientRequestToken");
    for (const JsonElement& element : reader.elements("TransactItems")) {
      if (auto action = read_action(Reader(element, reader.errors())))
        request.actions.push_back(std::move(*action));
    }
    return request;
  });
}

Result<CapacityDetail> decode_capacity_detail(std::string_view request_json) {
  return decode_root<CapacityDetail>(request_json, [](const Reader& reader) {
    constexpr std::pair<std::string_view, CapacityDetail> kNames[] = {
        {"INDEXES", CapacityDetail::indexes},
        {"TOTAL", CapacityDetail::total},
        {"NONE", CapacityDetail::none}};
    return read_enum(reader, "ReturnConsumedCapacity", "returnConsumedCapacity", kNames,
                     CapacityDetail::none);
  });
}

}  // namespace dynamodb::wire
