// PartiQL's operations as DynamoDB's JSON: the body of a request in, the body of the answer out.
//
// For servers. Each call blocks until its statements are done, writes included: call it where that
// may take the time of an fsync. Errors of single statements in a batch are part of its answer.
// Thread safety: functions without state; see Client.
#pragma once
#include <string>
#include <string_view>

#include "dynamodb/partiql/statements.h"

namespace dynamodb::partiql {

Result<std::string> execute_statement(Client& client, std::string_view request_json);
Result<std::string> batch_execute_statement(Client& client, std::string_view request_json);
Result<std::string> execute_transaction(Client& client, std::string_view request_json);

// "DuplicateItem", "ValidationError", …: the short name that a batch gives an error.
std::string_view short_error_name(ErrorCode code);

}  // namespace dynamodb::partiql
