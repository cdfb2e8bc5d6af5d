// Predicates as DynamoDB conditions, where DynamoDB's meaning is the same.
#pragma once
#include <optional>
#include <vector>

#include "dynamo_backend/predicate.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

// How much of an expression's limits (4096 bytes, 300 operators, 100 candidates of an IN, 2 MB of
// names and values) is left.
struct ExpressionBudget {
  std::size_t operators = 100;
  std::size_t values = 200;
  // Of values. DynamoDB Local takes 1 MB of them in one expression.
  std::size_t bytes = 512 * 1024;
};

// The condition for all of `predicate`, and what it takes off `budget`; nullopt where DynamoDB
// cannot say it (icontains, …), where it names one of `forbidden` (a Query's key attributes), or
// where the budget is too small.
std::optional<dynamodb::Condition> to_condition(const Predicate& predicate,
                                                const std::vector<const FieldInfo*>& forbidden,
                                                ExpressionBudget& budget);

}  // namespace dynamo_backend
