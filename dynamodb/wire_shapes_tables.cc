// The shapes of requests on tables and tags. Where AWS lists members and rules in an order of its
// own, so do these: recorded in October 2026.
#include "dynamodb/wire_shapes.h"

namespace dynamodb::wire {
namespace {

using Kind = Shape::Kind;

constexpr Shape kString{.kind = Kind::string};
constexpr Shape kBoolean{.kind = Kind::boolean};
constexpr Shape kFilled{.kind = Kind::string, .min_length = 1};
constexpr Shape kTableName{
    .kind = Kind::string, .is_name = true, .may_be_arn = true, .length_first = true};
constexpr Shape kIndexName{.kind = Kind::string, .is_name = true, .length_first = true};

// ---- keys

constexpr std::string_view kTypeNames[] = {"B", "N", "S"};
constexpr std::string_view kRoleNames[] = {"HASH", "RANGE"};
constexpr Shape kKeyName{.kind = Kind::string, .min_length = 1, .max_length = 255};
constexpr Shape kType{.kind = Kind::string, .values = kTypeNames};
constexpr Shape kRole{.kind = Kind::string, .values = kRoleNames};

const Field kAttributeFields[] = {{"AttributeType", &kType, true},
                                  {"AttributeName", &kKeyName, true}};
const Shape kAttribute{
    .kind = Kind::structure, .java = "AttributeDefinition", .fields = kAttributeFields};
const Shape kAttributes{.kind = Kind::list, .element = &kAttribute};

const Field kKeyFields[] = {{"AttributeName", &kKeyName, true}, {"KeyType", &kRole, true}};
const Shape kKeyElement{.kind = Kind::structure, .java = "KeySchemaElement", .fields = kKeyFields};
const Shape kKeySchema{
    .kind = Kind::list, .element = &kKeyElement, .min_length = 1, .max_length = 2};
// Of a GSI, whose two keys may have four attributes each: too many have words of their own.
const Shape kGlobalKeySchema{.kind = Kind::list, .element = &kKeyElement, .min_length = 1};

// ---- throughput

constexpr Shape kUnits{.kind = Kind::long_integer, .min_value = 1, .may_be_text = true};
constexpr Shape kLong{.kind = Kind::long_integer};

const Field kThroughputFields[] = {{"WriteCapacityUnits", &kUnits, true},
                                   {"ReadCapacityUnits", &kUnits, true}};
const Shape kThroughput{
    .kind = Kind::structure, .java = "ProvisionedThroughput", .fields = kThroughputFields};
const Field kOnDemandFields[] = {{"MaxReadRequestUnits", &kLong}, {"MaxWriteRequestUnits", &kLong}};
const Shape kOnDemand{
    .kind = Kind::structure, .java = "OnDemandThroughput", .fields = kOnDemandFields};
const Field kWarmFields[] = {{"ReadUnitsPerSecond", &kLong}, {"WriteUnitsPerSecond", &kLong}};
const Shape kWarm{.kind = Kind::structure, .java = "WarmThroughput", .fields = kWarmFields};

// ---- indexes

constexpr std::string_view kProjectionNames[] = {"ALL", "INCLUDE", "KEYS_ONLY"};
constexpr Shape kProjectionType{.kind = Kind::string, .values = kProjectionNames};
constexpr Shape kNonKeyAttributes{.kind = Kind::list, .element = &kString, .min_length = 1};
const Field kProjectionFields[] = {{"ProjectionType", &kProjectionType},
                                   {"NonKeyAttributes", &kNonKeyAttributes}};
const Shape kProjection{.kind = Kind::structure, .java = "Projection", .fields = kProjectionFields};

const Field kLocalIndexFields[] = {{"IndexName", &kIndexName, true},
                                   {"KeySchema", &kKeySchema, true},
                                   {"Projection", &kProjection, true}};
const Shape kLocalIndex{
    .kind = Kind::structure, .java = "LocalSecondaryIndex", .fields = kLocalIndexFields};
const Shape kLocalIndexes{.kind = Kind::list, .element = &kLocalIndex};

const Field kGlobalIndexFields[] = {
    {"IndexName", &kIndexName, true},   {"KeySchema", &kGlobalKeySchema, true},
    {"Projection", &kProjection, true}, {"ProvisionedThroughput", &kThroughput},
    {"OnDemandThroughput", &kOnDemand}, {"WarmThroughput", &kWarm},
};
const Shape kGlobalIndex{
    .kind = Kind::structure, .java = "GlobalSecondaryIndex", .fields = kGlobalIndexFields};
const Shape kGlobalIndexes{.kind = Kind::list, .element = &kGlobalIndex};

const Field kUpdateIndexFields[] = {{"IndexName", &kIndexName, true},
                                    {"ProvisionedThroughput", &kThroughput},
                                    {"OnDemandThroughput", &kOnDemand},
                                    {"WarmThroughput", &kWarm}};
const Shape kUpdateIndex{.kind = Kind::structure,
                         .java = "UpdateGlobalSecondaryIndexAction",
                         .fields = kUpdateIndexFields};
const Field kCreateIndexFields[] = {
    {"Projection", &kProjection, true},      {"IndexName", &kIndexName, true},
    {"ProvisionedThroughput", &kThroughput}, {"KeySchema", &kGlobalKeySchema, true},
    {"OnDemandThroughput", &kOnDemand},      {"WarmThroughput", &kWarm},
};
const Shape kCreateIndex{.kind = Kind::structure,
                         .java = "CreateGlobalSecondaryIndexAction",
                         .fields = kCreateIndexFields};
const Field kDeleteIndexFields[] = {{"IndexName", &kIndexName, true}};
const Shape kDeleteIndex{.kind = Kind::structure,
                         .java = "DeleteGlobalSecondaryIndexAction",
                         .fields = kDeleteIndexFields};
const Field kIndexUpdateFields[] = {
    {"Update", &kUpdateIndex}, {"Create", &kCreateIndex}, {"Delete", &kDeleteIndex}};
const Shape kIndexUpdate{
    .kind = Kind::structure, .java = "GlobalSecondaryIndexUpdate", .fields = kIndexUpdateFields};
const Shape kIndexUpdates{.kind = Kind::list, .element = &kIndexUpdate};

// ---- settings

constexpr std::string_view kBillingNames[] = {"PROVISIONED", "PAY_PER_REQUEST"};
constexpr std::string_view kViewNames[] = {"OLD_IMAGE", "KEYS_ONLY", "NEW_AND_OLD_IMAGES",
                                           "NEW_IMAGE"};
constexpr std::string_view kEncryptionNames[] = {"AES256", "KMS"};
constexpr Shape kBillingMode{.kind = Kind::string, .values = kBillingNames};
constexpr Shape kViewType{.kind = Kind::string, .values = kViewNames};
constexpr Shape kEncryptionType{.kind = Kind::string, .values = kEncryptionNames};

const Field kStreamFields[] = {{"StreamEnabled", &kBoolean, true}, {"StreamViewType", &kViewType}};
const Shape kStream{
    .kind = Kind::structure, .java = "StreamSpecification", .fields = kStreamFields};
const Field kEncryptionFields[] = {
    {"Enabled", &kBoolean}, {"SSEType", &kEncryptionType}, {"KMSMasterKeyId", &kFilled}};
const Shape kEncryption{
    .kind = Kind::structure, .java = "SSESpecification", .fields = kEncryptionFields};

const Field kTagFields[] = {{"Key", &kString}, {"Value", &kString}};
const Shape kTag{.kind = Kind::structure, .java = "Tag", .fields = kTagFields};
const Shape kTags{.kind = Kind::list, .element = &kTag};

// ---- requests

constexpr Field kTableField{
    .name = "TableName",
    .shape = &kTableName,
    .absent = "The parameter 'TableName' is required but was not present in the request"};
constexpr Field kArnField{.name = "ResourceArn", .shape = &kString, .absent = "Invalid TableArn"};

const Field kCreateFields[] = {
    {"AttributeDefinitions", &kAttributes, true},
    kTableField,
    {"BillingMode", &kBillingMode},
    {"ProvisionedThroughput", &kThroughput},
    {"KeySchema", &kKeySchema, true},
    {"GlobalSecondaryIndexes", &kGlobalIndexes},
    {"LocalSecondaryIndexes", &kLocalIndexes},
    {"StreamSpecification", &kStream},
    {"SSESpecification", &kEncryption},
    {"Tags", &kTags},
    {"TableClass", &kString},
    {"DeletionProtectionEnabled", &kBoolean},
    {"OnDemandThroughput", &kOnDemand},
    {"WarmThroughput", &kWarm},
};
const Field kUpdateFields[] = {
    {"AttributeDefinitions", &kAttributes},
    kTableField,
    {"ProvisionedThroughput", &kThroughput},
    {"BillingMode", &kBillingMode},
    {"GlobalSecondaryIndexUpdates", &kIndexUpdates},
    {"StreamSpecification", &kStream},
    {"SSESpecification", &kEncryption},
    {"TableClass", &kString},
    {"DeletionProtectionEnabled", &kBoolean},
    {"OnDemandThroughput", &kOnDemand},
    {"WarmThroughput", &kWarm},
};

constexpr Shape kListLimit{.kind = Kind::integer, .min_value = 1, .max_value = 100};
constexpr Shape kStartName{.kind = Kind::string, .is_name = true};
const Field kListFields[] = {{"Limit", &kListLimit}, {"ExclusiveStartTableName", &kStartName}};

const Field kTableFields[] = {kTableField};

constexpr Shape kTagKeys{.kind = Kind::list, .element = &kString};
const Field kTagResourceFields[] = {kArnField, {"Tags", &kTags, true}};
const Field kUntagResourceFields[] = {kArnField, {"TagKeys", &kTagKeys, true}};
const Field kListTagsFields[] = {kArnField, {"NextToken", &kString}};

const Field kTimeToLiveFields[] = {{"AttributeName", &kKeyName, true},
                                   {"Enabled", &kBoolean, true}};
const Shape kTimeToLive{
    .kind = Kind::structure, .java = "TimeToLiveSpecification", .fields = kTimeToLiveFields};
const Field kUpdateTimeToLiveFields[] = {kTableField,
                                         {"TimeToLiveSpecification", &kTimeToLive, true}};

constexpr Shape kRecoveryDays{.kind = Kind::integer, .min_value = 1, .max_value = 35};
const Field kRecoveryFields[] = {{"PointInTimeRecoveryEnabled", &kBoolean, true},
                                 {"RecoveryPeriodInDays", &kRecoveryDays}};
const Shape kRecovery{
    .kind = Kind::structure, .java = "PointInTimeRecoverySpecification", .fields = kRecoveryFields};
const Field kBackupsFields[] = {kTableField,
                                {"PointInTimeRecoverySpecification", &kRecovery, true}};

Shape request(std::span<const Field> fields) { return {.kind = Kind::structure, .fields = fields}; }

}  // namespace

const Shape& table_shape_of(Operation operation) {
  // In the enumerators' order, from the first of tables.
  static const Shape kRequests[] = {
      request(kCreateFields),   request(kUpdateFields),           request(kListFields),
      request(kTableFields),    request(kTagResourceFields),      request(kUntagResourceFields),
      request(kListTagsFields), request(kUpdateTimeToLiveFields), request(kBackupsFields)};
  return kRequests[static_cast<std::size_t>(operation) -
                   static_cast<std::size_t>(Operation::create_table)];
}

}  // namespace dynamodb::wire
