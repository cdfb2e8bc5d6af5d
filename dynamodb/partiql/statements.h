// PartiQL for DynamoDB over any Client: ExecuteStatement, BatchExecuteStatement and
// ExecuteTransaction.
//
// A statement becomes the calls that DynamoDB makes of it: SELECT one Query for each partition that
// its WHERE clause names, or a Scan; INSERT, UPDATE and DELETE one conditional write. Names and
// values travel as trees, so nothing of a text is pasted into another. Each statement asks the
// Client for its table's description. All calls block until they are done, writes included. Not for
// models: they have querysets. Thread safety: functions without state; see Client.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dynamodb/client.h"

namespace dynamodb::partiql {

struct StatementRequest {
  std::string statement{};                   // 1 to 8192 bytes
  std::vector<AttributeValue> parameters{};  // one for each `?`, in order
  bool consistent_read = false;
  bool return_old_on_condition_failure = false;  // puts the stored item into the error
  std::optional<Error> refused{};  // why the parameters cannot be taken: the statement's answer
};

struct ExecuteStatementRequest {
  StatementRequest statement{};
  std::optional<std::string> next_token{};  // of the result before, for the same statement
  std::optional<std::uint32_t> limit{};     // items evaluated, not returned
};
struct ExecuteStatementResult {
  ItemList items{};  // what was selected; of a write, what RETURNING asked for
  std::optional<std::string> next_token{};  // absent: this was the end
  std::optional<Item> last_evaluated_key{};
  ConsumedCapacity consumed{};
};

struct BatchStatementResponse {
  std::optional<Error> error{};
  std::string table{};  // empty: the statement did not reach it
  std::optional<PackedItem> item{};
};
struct BatchExecuteStatementResult {
  std::vector<BatchStatementResponse> responses{};  // aligned with the request
  std::vector<ConsumedCapacity> consumed{};         // one per table
};

struct ExecuteTransactionRequest {
  std::vector<StatementRequest> statements{};  // 1 to 100, all reads or all writes
  std::string client_request_token{};
};
struct ExecuteTransactionResult {
  std::vector<std::optional<PackedItem>> items{};  // of reads, aligned with the request
  std::vector<ConsumedCapacity> consumed{};
  bool wrote = false;  // consumed units are of writes; not where a token was repeated
};

Result<ExecuteStatementResult> execute_statement(Client& client,
                                                 const ExecuteStatementRequest& request);
// 1 to 25 statements, all reads or all writes, each on another item by its full key. Fails as a
// whole only for what is wrong with the batch. Statements run one after the other.
Result<BatchExecuteStatementResult> batch_execute_statement(
    Client& client, const std::vector<StatementRequest>& statements);
Result<ExecuteTransactionResult> execute_transaction(Client& client,
                                                     const ExecuteTransactionRequest& request);

}  // namespace dynamodb::partiql
