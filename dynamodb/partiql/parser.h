// Reads PartiQL statements into trees, with DynamoDB's error messages.
//
// Limits: 8192 bytes a statement, kMaxDepth levels of nesting. Errors are ValidationException.
#pragma once
#include <cstddef>
#include <string_view>

#include "dynamodb/error.h"
#include "dynamodb/partiql/statement.h"

namespace dynamodb::partiql {

// DynamoDB: API reference, ExecuteStatement, "Statement".
inline constexpr std::size_t kMaxStatementSize = 8192;
// Levels of parentheses, literals and chained operators: a bound for whatever walks a tree. Values
// of items go no deeper than 32.
inline constexpr std::size_t kMaxDepth = 200;

Result<Statement> parse_statement(std::string_view text);

}  // namespace dynamodb::partiql
