// The parameters that expressions replaced, compiled into the same trees.
//
// DynamoDB: AttributesToGet -> ProjectionExpression; Expected -> ConditionExpression;
// AttributeUpdates
// -> UpdateExpression; KeyConditions -> KeyConditionExpression; QueryFilter and ScanFilter ->
// FilterExpression; ConditionalOperator joins the conditions of Expected and filters. Attribute
// names are whole: dots in them are no paths, and no word is reserved. All errors go to the
// reader's. Internal to wire_*.cc. REQUIRES: the types of members are right, and their rules are
// kept.
#pragma once
#include <string_view>

#include "dynamodb/wire_json.h"

namespace dynamodb::wire {

Projection read_attributes_to_get(const Reader& request);
Condition read_expected(const Reader& request);
UpdateExpression read_attribute_updates(const Reader& request);
// `member` is QueryFilter or ScanFilter.
Condition read_filter(const Reader& request, std::string_view member);
// One condition an attribute, on the attribute first: as as_key_condition() gives them, but for
// operators that no key condition may have, which stand for themselves.
Condition read_key_conditions(const Reader& request);

}  // namespace dynamodb::wire
