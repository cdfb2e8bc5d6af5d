// Reads DynamoDB's expression texts into trees, with AWS's error messages.
//
// Placeholders are resolved while parsing and remembered as used; check_all_used() then refuses
// what no expression named. Limits: 4096 bytes a text, bounded nesting. Errors are
// ValidationException.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "dynamodb/error.h"
#include "dynamodb/expression.h"

namespace dynamodb {

// ExpressionAttributeNames and ExpressionAttributeValues of one request, and which of them its
// expressions used.
struct Placeholders {
  std::map<std::string, std::string, std::less<>> names{};      // "#n" -> attribute name
  std::map<std::string, AttributeValue, std::less<>> values{};  // ":v" -> value
  std::set<std::string, std::less<>> used{};
};

Result<Condition> parse_condition(std::string_view text, Placeholders& placeholders,
                                  std::string_view kind = "ConditionExpression");
// A KeyConditionExpression: comparisons of attributes with values, BETWEEN and begins_with, joined
// by AND.
Result<Condition> parse_key_condition(std::string_view text, Placeholders& placeholders);
// The second half of it: whether a condition that was parsed is one, attributes first.
Result<Condition> as_key_condition(const Condition& parsed);
Result<UpdateExpression> parse_update(std::string_view text, Placeholders& placeholders);
Result<Projection> parse_projection(std::string_view text, Placeholders& placeholders);

// The syntax of the maps' keys.
std::optional<std::string> check_keys(const Placeholders& placeholders);
// The same, and that every entry was used.
std::optional<std::string> check_all_used(const Placeholders& placeholders);

// Whether DynamoDB reserves `name` (any case): it then needs a `#` placeholder.
bool is_reserved_word(std::string_view name);

}  // namespace dynamodb
