#include "dynamodb/wire_shapes.h"

#include <algorithm>

namespace dynamodb::wire {
namespace {

using Kind = Shape::Kind;

constexpr Shape kString{.kind = Kind::string};
constexpr Shape kBoolean{.kind = Kind::boolean};
constexpr Shape kBlob{.kind = Kind::blob};
constexpr Shape kStrings{.kind = Kind::list, .element = &kString};
constexpr Shape kBlobs{.kind = Kind::list, .element = &kBlob};

// ---- values

extern const Shape kValue;
const Shape kValueList{.kind = Kind::list, .element = &kValue};
const Shape kValueMap{.kind = Kind::map, .java = "AttributeValue", .element = &kValue};
const Field kValueFields[] = {
    {"S", &kString},     {"N", &kString},     {"B", &kBlob},     {"SS", &kStrings},
    {"NS", &kStrings},   {"BS", &kBlobs},     {"M", &kValueMap}, {"L", &kValueList},
    {"NULL", &kBoolean}, {"BOOL", &kBoolean},
};
const Shape kValue{.kind = Kind::structure, .java = "AttributeValue", .fields = kValueFields};

// ---- enumerations, as AWS's messages list them

constexpr std::string_view kCapacityNames[] = {"INDEXES", "TOTAL", "NONE"};
constexpr std::string_view kMetricsNames[] = {"SIZE", "NONE"};
constexpr std::string_view kReturnNames[] = {"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE",
                                             "UPDATED_NEW"};
constexpr std::string_view kOnFailureNames[] = {"ALL_OLD", "NONE"};
constexpr std::string_view kSelectNames[] = {"SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES",
                                             "ALL_PROJECTED_ATTRIBUTES"};
constexpr std::string_view kOperatorNames[] = {"OR", "AND"};
constexpr std::string_view kActionNames[] = {"ADD", "DELETE", "PUT"};
constexpr std::string_view kComparisonNames[] = {
    "IN",       "NULL", "BETWEEN", "LT",          "NOT_CONTAINS", "EQ",      "GT",
    "NOT_NULL", "NE",   "LE",      "BEGINS_WITH", "GE",           "CONTAINS"};

constexpr Shape kCapacity{.kind = Kind::string, .values = kCapacityNames};
constexpr Shape kMetrics{.kind = Kind::string, .values = kMetricsNames};
// The misspelling is AWS's.
constexpr Shape kReturnValues{
    .kind = Kind::string,
    .values = kReturnNames,
    .new_values =
        "Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"};
constexpr Shape kReturnValuesOfUpdate = [] {
  Shape shape = kReturnValues;
  shape.checked_first = true;
  return shape;
}();
constexpr Shape kOnFailure{.kind = Kind::string, .values = kOnFailureNames};
constexpr Shape kSelect{.kind = Kind::string, .values = kSelectNames};
constexpr Shape kConditionalOperator{.kind = Kind::string,
                                     .values = kOperatorNames,
                                     .new_values = "Member must satisfy enum value set: [ALL, OR]",
                                     .checked_first = true};
constexpr Shape kAction{.kind = Kind::string, .values = kActionNames};
constexpr Shape kComparison{.kind = Kind::string, .values = kComparisonNames};

// ---- what requests share

constexpr Shape kTableName{.kind = Kind::string, .is_name = true, .may_be_arn = true};
constexpr Shape kIndexName{.kind = Kind::string, .is_name = true};
constexpr Shape kLimit{
    .kind = Kind::integer, .min_value = 1, .max_value = std::numeric_limits<std::int32_t>::max()};
constexpr Shape kSegment{.kind = Kind::integer, .min_value = 0, .max_value = 999'999};
constexpr Shape kTotalSegments{.kind = Kind::integer, .min_value = 1, .max_value = 1'000'000};
constexpr Shape kToken{.kind = Kind::string, .min_length = 1, .max_length = 36};
constexpr Shape kNames{.kind = Kind::map, .java = "java.lang.String", .element = &kString};
constexpr Shape kAttributesToGet{
    .kind = Kind::list, .element = &kString, .min_length = 1, .max_length = 255};

// Of a filter or key condition, where the operator must be there, and of Expected.
const Field kConditionFields[] = {{"AttributeValueList", &kValueList},
                                  {"ComparisonOperator", &kComparison, /*required=*/true}};
const Shape kCondition{.kind = Kind::structure, .java = "Condition", .fields = kConditionFields};
const Shape kConditions{.kind = Kind::map, .java = "Condition", .element = &kCondition};
const Field kExpectedFields[] = {{"AttributeValueList", &kValueList},
                                 {"ComparisonOperator", &kComparison},
                                 {"Exists", &kBoolean},
                                 {"Value", &kValue}};
const Shape kExpectedValue{
    .kind = Kind::structure, .java = "ExpectedAttributeValue", .fields = kExpectedFields};
const Shape kExpected{
    .kind = Kind::map, .java = "ExpectedAttributeValue", .element = &kExpectedValue};
const Field kUpdateFields[] = {{"Action", &kAction}, {"Value", &kValue}};
const Shape kValueUpdate{
    .kind = Kind::structure, .java = "AttributeValueUpdate", .fields = kUpdateFields};
const Shape kUpdates{.kind = Kind::map, .java = "AttributeValueUpdate", .element = &kValueUpdate};

// ---- requests

const Field kGetFields[] = {
    {"AttributesToGet", &kAttributesToGet},
    {"ReturnConsumedCapacity", &kCapacity},
    {"Key", &kValueMap, true},
    {"TableName", &kTableName, true},
    {"ConsistentRead", &kBoolean},
    {"ProjectionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
};

const Field kPutFields[] = {
    {"ReturnConsumedCapacity", &kCapacity},
    {"ReturnValues", &kReturnValues},
    {"ReturnItemCollectionMetrics", &kMetrics},
    {"TableName", &kTableName, true},
    {"Item", &kValueMap, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"ConditionalOperator", &kConditionalOperator},
    {"Expected", &kExpected},
    {"ConditionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};

const Field kDeleteFields[] = {
    {"ReturnConsumedCapacity", &kCapacity},
    {"ReturnValues", &kReturnValues},
    {"ReturnItemCollectionMetrics", &kMetrics},
    {"TableName", &kTableName, true},
    {"Key", &kValueMap, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"ConditionalOperator", &kConditionalOperator},
    {"Expected", &kExpected},
    {"ConditionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};

const Field kUpdateItemFields[] = {
    {"ReturnConsumedCapacity", &kCapacity},
    {"TableName", &kTableName, true},
    {"ReturnItemCollectionMetrics", &kMetrics},
    {"ReturnValues", &kReturnValuesOfUpdate},
    {"ConditionalOperator", &kConditionalOperator},
    {"Key", &kValueMap, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"Expected", &kExpected},
    {"AttributeUpdates", &kUpdates},
    {"ConditionExpression", &kString},
    {"UpdateExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};

const Field kQueryFields[] = {
    {"Select", &kSelect},
    {"IndexName", &kIndexName},
    {"ReturnConsumedCapacity", &kCapacity},
    {"QueryFilter", &kConditions},
    {"TableName", &kTableName, true},
    {"ConditionalOperator", &kConditionalOperator},
    {"AttributesToGet", &kAttributesToGet},
    {"Limit", &kLimit},
    {"KeyConditions", &kConditions},
    {"ExclusiveStartKey", &kValueMap},
    {"ConsistentRead", &kBoolean},
    {"ScanIndexForward", &kBoolean},
    {"KeyConditionExpression", &kString},
    {"FilterExpression", &kString},
    {"ProjectionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};

const Field kScanFields[] = {
    {"Select", &kSelect},
    {"IndexName", &kIndexName},
    {"TotalSegments", &kTotalSegments},
    {"ReturnConsumedCapacity", &kCapacity},
    {"TableName", &kTableName, true},
    {"ConditionalOperator", &kConditionalOperator},
    {"ScanFilter", &kConditions},
    {"Segment", &kSegment},
    {"Limit", &kLimit},
    {"AttributesToGet", &kAttributesToGet},
    {"ExclusiveStartKey", &kValueMap},
    {"ConsistentRead", &kBoolean},
    {"FilterExpression", &kString},
    {"ProjectionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};

// ---- batches

const Shape kKeys{.kind = Kind::list, .element = &kValueMap, .min_length = 1, .max_length = 100};
const Field kKeysFields[] = {
    {"Keys", &kKeys, true},
    {"AttributesToGet", &kAttributesToGet},
    {"ConsistentRead", &kBoolean},
    {"ProjectionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
};
const Shape kKeysAndAttributes{
    .kind = Kind::structure, .java = "KeysAndAttributes", .fields = kKeysFields};
const Shape kGetRequests{.kind = Kind::map,
                         .java = "KeysAndAttributes",
                         .element = &kKeysAndAttributes,
                         .keyed_by_table = true,
                         .echoed_as_json = true};
const Field kBatchGetFields[] = {
    {"RequestItems", &kGetRequests, true},
    {"ReturnConsumedCapacity", &kCapacity},
};

const Field kDeleteRequestFields[] = {{"Key", &kValueMap, true}};
const Shape kDeleteRequest{
    .kind = Kind::structure, .java = "DeleteRequest", .fields = kDeleteRequestFields};
const Field kPutRequestFields[] = {{"Item", &kValueMap, true}};
const Shape kPutRequest{.kind = Kind::structure, .java = "PutRequest", .fields = kPutRequestFields};
const Field kWriteFields[] = {{"PutRequest", &kPutRequest}, {"DeleteRequest", &kDeleteRequest}};
const Shape kWrite{.kind = Kind::structure, .java = "WriteRequest", .fields = kWriteFields};
const Shape kWrites{.kind = Kind::list, .element = &kWrite};
const Shape kWriteRequests{.kind = Kind::map,
                           .java = "java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>",
                           .element = &kWrites,
                           .keyed_by_table = true,
                           .min_list = 1,
                           .max_list = 25};
const Field kBatchWriteFields[] = {
    {"ReturnConsumedCapacity", &kCapacity},
    {"ReturnItemCollectionMetrics", &kMetrics},
    {"RequestItems", &kWriteRequests, true},
};

// ---- transactions

const Field kTransactPutFields[] = {
    {"Item", &kValueMap, true},
    {"TableName", &kTableName, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"ConditionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};
const Field kTransactUpdateFields[] = {
    {"Key", &kValueMap, true},
    {"TableName", &kTableName, true},
    {"UpdateExpression", &kString, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"ConditionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};
const Field kTransactDeleteFields[] = {
    {"Key", &kValueMap, true},
    {"TableName", &kTableName, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"ConditionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};
const Field kCheckFields[] = {
    {"Key", &kValueMap, true},
    {"TableName", &kTableName, true},
    {"ConditionExpression", &kString, true},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
    {"ExpressionAttributeNames", &kNames},
    {"ExpressionAttributeValues", &kValueMap},
};
const Shape kTransactPut{.kind = Kind::structure, .java = "Put", .fields = kTransactPutFields};
const Shape kTransactUpdate{
    .kind = Kind::structure, .java = "Update", .fields = kTransactUpdateFields};
const Shape kTransactDelete{
    .kind = Kind::structure, .java = "Delete", .fields = kTransactDeleteFields};
const Shape kCheck{.kind = Kind::structure, .java = "ConditionCheck", .fields = kCheckFields};
const Field kActionFields[] = {{"ConditionCheck", &kCheck},
                               {"Put", &kTransactPut},
                               {"Delete", &kTransactDelete},
                               {"Update", &kTransactUpdate}};
const Shape kTransactAction{
    .kind = Kind::structure, .java = "TransactWriteItem", .fields = kActionFields};
const Shape kTransactActions{
    .kind = Kind::list, .element = &kTransactAction, .min_length = 1, .max_length = 100};
const Field kTransactWriteFields[] = {
    {"ClientRequestToken", &kToken},
    {"ReturnConsumedCapacity", &kCapacity},
    {"ReturnItemCollectionMetrics", &kMetrics},
    {"TransactItems", &kTransactActions, true},
};

const Field kTransactGetFields[] = {
    {"Key", &kValueMap, true},
    {"TableName", &kTableName, true},
    {"ProjectionExpression", &kString},
    {"ExpressionAttributeNames", &kNames},
};
const Shape kTransactGet{.kind = Kind::structure, .java = "Get", .fields = kTransactGetFields};
const Field kGetItemFields[] = {{"Get", &kTransactGet, true}};
const Shape kTransactGetItem{
    .kind = Kind::structure, .java = "TransactGetItem", .fields = kGetItemFields};
const Shape kTransactGets{
    .kind = Kind::list, .element = &kTransactGetItem, .min_length = 1, .max_length = 100};
const Field kTransactGetsFields[] = {
    {"ReturnConsumedCapacity", &kCapacity},
    {"TransactItems", &kTransactGets, true},
};

// ---- PartiQL

constexpr Shape kStatementText{.kind = Kind::string, .min_length = 1, .max_length = 8192};
constexpr Shape kNextToken{.kind = Kind::string, .min_length = 1, .max_length = 32768};
const Shape kParameters{.kind = Kind::list, .element = &kValue, .min_length = 1};
const Field kStatementFields[] = {
    {"Statement", &kStatementText, true},
    {"Parameters", &kParameters},
    {"ConsistentRead", &kBoolean},
    {"NextToken", &kNextToken},
    {"ReturnConsumedCapacity", &kCapacity},
    {"Limit", &kLimit},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
};

const Field kBatchStatementFields[] = {
    {"Statement", &kStatementText, true},
    {"Parameters", &kParameters},
    {"ConsistentRead", &kBoolean},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
};
const Shape kBatchStatement{
    .kind = Kind::structure, .java = "BatchStatementRequest", .fields = kBatchStatementFields};
const Shape kBatchStatements{
    .kind = Kind::list, .element = &kBatchStatement, .min_length = 1, .max_length = 25};
const Field kStatementsFields[] = {
    {"Statements", &kBatchStatements, true},
    {"ReturnConsumedCapacity", &kCapacity},
};

const Field kTransactStatementFields[] = {
    {"Statement", &kStatementText, true},
    {"Parameters", &kParameters},
    {"ReturnValuesOnConditionCheckFailure", &kOnFailure},
};
const Shape kTransactStatement{
    .kind = Kind::structure, .java = "ParameterizedStatement", .fields = kTransactStatementFields};
const Shape kTransactStatements{
    .kind = Kind::list, .element = &kTransactStatement, .min_length = 1, .max_length = 100};
const Field kTransactStatementsFields[] = {
    {"ClientRequestToken", &kToken},
    {"ReturnConsumedCapacity", &kCapacity},
    {"TransactStatements", &kTransactStatements, true},
};

Shape request(std::span<const Field> fields) { return {.kind = Kind::structure, .fields = fields}; }

}  // namespace

const Shape& shape_of(Operation operation) {
  // In the enumerators' order.
  static const Shape kRequests[] = {request(kGetFields),
                                    request(kPutFields),
                                    request(kUpdateItemFields),
                                    request(kDeleteFields),
                                    request(kQueryFields),
                                    request(kScanFields),
                                    request(kBatchGetFields),
                                    request(kBatchWriteFields),
                                    request(kTransactGetsFields),
                                    request(kTransactWriteFields),
                                    request(kStatementFields),
                                    request(kStatementsFields),
                                    request(kTransactStatementsFields)};
  const auto position = static_cast<std::size_t>(operation);
  return position < std::size(kRequests) ? kRequests[position] : table_shape_of(operation);
}

}  // namespace dynamodb::wire
