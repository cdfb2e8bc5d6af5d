// NextToken: where a SELECT goes on. Opaque text, bound to the statement and its parameters.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "dynamodb/partiql/statements.h"

namespace dynamodb::partiql {

struct Position {
  std::size_t read = 0;  // of the plan
  Item start{};          // ExclusiveStartKey of it; empty: from its start
};

std::string encode_next_token(const StatementRequest& statement, const Position& position);
// Errors are DynamoDB's: a text that is no token, or another statement's.
Result<Position> decode_next_token(const StatementRequest& statement, std::string_view token);

}  // namespace dynamodb::partiql
