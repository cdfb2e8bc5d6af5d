#include "dynamodb/partiql/wire.h"

#include "dynamodb/wire.h"
#include "dynamodb/wire_json.h"
#include "dynamodb/wire_shapes.h"

namespace dynamodb::partiql {
namespace {

using base::JsonWriter;
using wire::CapacityDetail;
using wire::Errors;
using wire::JsonElement;
using wire::Reader;

// What is wrong with a parameter's value is its statement's error; JSON of another shape than a
// value's is the request's.
void read_parameters(const Reader& reader, StatementRequest& statement) {
  for (const JsonElement& element : reader.elements("Parameters")) {
    Errors errors{.of_depth = true};
    AttributeValue value = wire::read_value(element, errors);
    if (!errors.first) {
      if (auto problem = check_value(value)) errors.add(validation_error(std::move(*problem)));
    }
    if (errors.first && errors.first->code != ErrorCode::validation) {
      reader.errors().add(std::move(*errors.first));
    } else if (errors.first && !statement.refused) {
      statement.refused = std::move(errors.first);
    }
    statement.parameters.push_back(std::move(value));
  }
}

StatementRequest read_statement(const Reader& reader) {
  StatementRequest statement{.statement = reader.text("Statement")};
  read_parameters(reader, statement);
  statement.consistent_read = reader.boolean("ConsistentRead");
  statement.return_old_on_condition_failure =
      reader.text("ReturnValuesOnConditionCheckFailure") == "ALL_OLD";
  return statement;
}

std::vector<StatementRequest> read_statements(const Reader& reader, std::string_view member) {
  std::vector<StatementRequest> statements;
  for (const JsonElement& element : reader.elements(member))
    statements.push_back(read_statement(Reader(element, reader.errors())));
  return statements;
}

std::string encode(const ExecuteStatementResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  json.key("Items");
  json.begin_array();
  for (std::size_t i = 0; i < result.items.size(); ++i) {
    std::string item;
    wire::append_json(item, result.items[i]);
    json.raw(item);
  }
  json.end_array();
  if (result.next_token) json.member("NextToken", *result.next_token);
  if (result.last_evaluated_key)
    wire::write_item(json, "LastEvaluatedKey", *result.last_evaluated_key);
  wire::write_capacity_member(json, result.consumed, capacity);
  json.end_object();
  return std::move(json).text();
}

void write_error(JsonWriter& json, const Error& error) {
  json.key("Error");
  json.begin_object();
  json.member("Code", short_error_name(error.code));
  json.member("Message", error.message);
  if (error.item) wire::write_item(json, "Item", error.item->view());
  json.end_object();
}

std::string encode(const BatchExecuteStatementResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  json.key("Responses");
  json.begin_array();
  for (const BatchStatementResponse& response : result.responses) {
    json.begin_object();
    if (response.error) write_error(json, *response.error);
    if (!response.table.empty()) json.member("TableName", response.table);
    if (response.item) wire::write_item(json, "Item", response.item->view());
    json.end_object();
  }
  json.end_array();
  wire::write_capacity_member(json, result.consumed, capacity);
  json.end_object();
  return std::move(json).text();
}

std::string encode(const ExecuteTransactionResult& result, CapacityDetail capacity) {
  JsonWriter json;
  json.begin_object();
  json.key("Responses");
  json.begin_array();
  for (const auto& item : result.items) {
    json.begin_object();
    if (item) wire::write_item(json, "Item", item->view());
    json.end_object();
  }
  json.end_array();
  wire::write_capacity_member(json, result.consumed, capacity,
                              result.wrote ? wire::UnitKind::write : wire::UnitKind::read);
  json.end_object();
  return std::move(json).text();
}

// Reads the request, runs it, writes the result.
template <class Request, class Read, class Run>
Result<std::string> answer(std::string_view request_json, wire::Operation operation, Read read,
                           Run run) {
  const auto request = wire::decode_request<Request>(request_json, operation, read);
  if (request.has_error()) return request.error();
  const auto capacity = wire::decode_capacity_detail(request_json);
  if (capacity.has_error()) return capacity.error();
  const auto result = run(*request);
  if (result.has_error()) return result.error();
  return encode(*result, *capacity);
}

}  // namespace

Result<std::string> execute_statement(Client& client, std::string_view request_json) {
  return answer<ExecuteStatementRequest>(
      request_json, wire::Operation::execute_statement,
      [](const Reader& reader) {
        ExecuteStatementRequest request{.statement = read_statement(reader)};
        request.next_token = reader.optional_text("NextToken");
        if (const auto limit = reader.integer("Limit"))
          request.limit = static_cast<std::uint32_t>(*limit);
        return request;
      },
      [&client](const ExecuteStatementRequest& request) {
        return execute_statement(client, request);
      });
}

Result<std::string> batch_execute_statement(Client& client, std::string_view request_json) {
  struct Request {
    std::vector<StatementRequest> statements{};
  };
  return answer<Request>(
      request_json, wire::Operation::batch_execute_statement,
      [](const Reader& reader) { return Request{read_statements(reader, "Statements")}; },
      [&client](const Request& request) {
        return batch_execute_statement(client, request.statements);
      });
}

Result<std::string> execute_transaction(Client& client, std::string_view request_json) {
  return answer<ExecuteTransactionRequest>(
      request_json, wire::Operation::execute_transaction,
      [](const Reader& reader) {
        return ExecuteTransactionRequest{
            .statements = read_statements(reader, "TransactStatements"),
            .client_request_token = reader.text("ClientRequestToken")};
      },
      [&client](const ExecuteTransactionRequest& request) {
        return execute_transaction(client, request);
      });
}

// DynamoDB: API reference, BatchStatementError, "Code".
std::string_view short_error_name(ErrorCode code) {
  if (code == ErrorCode::validation || code == ErrorCode::serialization) return "ValidationError";
  if (code == ErrorCode::unavailable) return "InternalServerError";
  std::string_view name = error_name(code);
  constexpr std::string_view kSuffix = "Exception";
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return name;
}

}  // namespace dynamodb::partiql
