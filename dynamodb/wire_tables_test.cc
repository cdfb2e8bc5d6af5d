// Tables as JSON: requests and descriptions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/test_wire.h"

namespace dynamodb::wire {
namespace {

using ::testing::HasSubstr;

TableDefinition definition() {
  return {
      .name = "posts",
      .key = {{"pk", Type::S}, KeyAttribute{"sk", Type::N}},
      .global_indexes = {{.name = "by-author",
                          .key = {{"author", Type::B}},
                          .projection = ProjectionType::include,
                          .non_key_attributes = {"t"}},
                         {.name = "by-sk",
                          .key = {{"sk", Type::N}, KeyAttribute{"pk", Type::S}},
                          .projection = ProjectionType::keys_only}},
      .local_indexes = {{.name = "recent", .key = {{"pk", Type::S}, KeyAttribute{"at", Type::S}}}}};
}
void expect_equal(const TableDefinition& a, const TableDefinition& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.key, b.key);
  EXPECT_EQ(a.global_indexes, b.global_indexes);
  EXPECT_EQ(a.settings, b.settings);
  EXPECT_EQ(a.local_indexes, b.local_indexes);
}

TEST(WireTables, Definition) {
  expect_equal(round_trip(definition()), definition());
  EXPECT_EQ(
      encode(TableDefinition{.name = "tbl", .key = {{"pk", Type::S}}}),
      R"({"TableName":"tbl","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"})");
}

TEST(WireTables, Definition_KeysAndAttributeDefinitionsMatchExactly) {
  const auto error = [](const char* attributes, const char* keys) {
    const auto read =
        decode<TableDefinition>(R"({"TableName":"tbl","BillingMode":"PAY_PER_REQUEST",)"
                                R"("AttributeDefinitions":[)" +
                                std::string(attributes) + R"(],"KeySchema":[)" + keys + "]}");
    return read ? "" : read.error().message;
  };
  const char* pk = R"({"AttributeName":"pk","AttributeType":"S"})";
  EXPECT_EQ(error(pk, R"({"AttributeName":"pk","KeyType":"HASH"})"), "");
  EXPECT_EQ(error("", R"({"AttributeName":"pk","KeyType":"HASH"})"),
            "Invalid KeySchema: Some index key attribute have no definition");
  EXPECT_THAT(error(pk, R"({"AttributeName":"PK","KeyType":"HASH"})"),
              HasSubstr("not defined in AttributeDefinitions. Keys: [PK], AttributeDefinitions: "
                        "[pk]"));
  EXPECT_EQ(
      error((std::string(pk) + "," + pk).c_str(), R"({"AttributeName":"pk","KeyType":"HASH"})"),
      "Attribute Name is duplicated: pk");
  EXPECT_THAT(error((std::string(pk) + R"(,{"AttributeName":"x","AttributeType":"N"})").c_str(),
                    R"({"AttributeName":"pk","KeyType":"HASH"})"),
              HasSubstr("Number of attributes in KeySchema does not exactly match number of "
                        "attributes defined in AttributeDefinitions"));
  EXPECT_THAT(error(pk, R"({"AttributeName":"pk","KeyType":"RANGE"})"),
              HasSubstr("The first KeySchemaElement is not a HASH key type"));
  EXPECT_EQ(error(pk, ""),
            "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1");
  EXPECT_EQ(
      error(R"({"AttributeName":"pk","AttributeType":"X"})",
            R"({"AttributeName":"pk","KeyType":"HASH"})"),
      "1 validation error detected: Value 'X' at 'attributeDefinitions.1.member.attributeType' "
      "failed to satisfy constraint: Member must satisfy enum value set: [B, N, S]");
}

TEST(WireTables, Description) {
  TableDescription table{.definition = definition(),
                         .status = TableStatus::updating,
                         .id = "b4d7",
                         .item_count = 12,
                         .size_bytes = 3456};
  table.created_at = base::Timestamp(std::chrono::microseconds(1'795'305'323'123'456));
  table.global_indexes = {{definition().global_indexes[0], IndexStatus::creating, true, 3, 4},
                          {definition().global_indexes[1], IndexStatus::deleting, false, 5, 6}};
  table.local_indexes = {
      {.definition = definition().local_indexes[0], .item_count = 7, .size_bytes = 8}};
  for (const char* member : {"Table", "TableDescription"}) {
    const auto read = decode<TableDescription>(encode(table, member));
    ASSERT_TRUE(read) << read.error().message;
    expect_equal(read->definition, table.definition);
    EXPECT_EQ(read->status, TableStatus::updating);
    EXPECT_EQ(read->id, "b4d7");
    EXPECT_EQ(read->created_at, table.created_at);
    EXPECT_EQ(read->item_count, 12U);
    EXPECT_EQ(read->size_bytes, 3456U);
    ASSERT_EQ(read->global_indexes.size(), 2U);
    EXPECT_EQ(read->global_indexes[0].definition, definition().global_indexes[0]);
    EXPECT_EQ(read->global_indexes[0].status, IndexStatus::creating);
    EXPECT_TRUE(read->global_indexes[0].backfilling);
    EXPECT_EQ(read->global_indexes[1].status, IndexStatus::deleting);
    EXPECT_EQ(read->global_indexes[1].size_bytes, 6U);
    EXPECT_EQ(read->local_indexes.at(0).item_count, 7U);
  }
  EXPECT_THAT(encode(table), HasSubstr("\"CreationDateTime\":1795305323.123456,"));
}

TEST(WireTables, Definition_AllSettingsAndTags) {
  auto full = definition();
  full.settings = {.billing_mode = BillingMode::provisioned,
                   .throughput = {5, 6},
                   .table_class = TableClass::standard_infrequent_access,
                   .deletion_protection = true,
                   .encryption = {true, "alias/k"},
                   .stream = StreamViewType::old_image};
  for (auto& index : full.global_indexes) index.throughput = {1, 2};
  full.tags = {{"a", "b"}, {"c", ""}};
  const auto read = round_trip(full);
  expect_equal(read, full);
  EXPECT_EQ(read.tags, full.tags);
}

TEST(WireTables, Definition_KeysOfSeveralAttributes) {
  auto wide = definition();
  wide.global_indexes[0].key = {.partition = {"a", Type::S},
                                .sort = KeyAttribute{"c", Type::N},
                                .more_partition = {{"b", Type::B}},
                                .more_sort = {{"d", Type::S}, {"e", Type::N}}};
  expect_equal(round_trip(wide), wide);
  EXPECT_THAT(encode(wide), HasSubstr(R"({"AttributeName":"b","KeyType":"HASH"},)"
                                      R"({"AttributeName":"c","KeyType":"RANGE"},)"));
}

// As DynamoDB Local tells it; the table's own keys are never without.
TEST(WireTables, Description_OfAnIndexWithoutAttributeDefinitions_IsRead) {
  const auto describe = [](const std::string& definitions) {
    return decode<TableDescription>(
        R"({"Table":{"TableName":"t","AttributeDefinitions":[)" + definitions +
        R"(],"KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"GlobalSecondaryIndexes":[)"
        R"({"IndexName":"by-n","IndexStatus":"DELETING","Projection":{"ProjectionType":"ALL"},)"
        R"("KeySchema":[{"AttributeName":"n","KeyType":"HASH"}]}]}})");
  };
  const auto table = describe(R"({"AttributeName":"pk","AttributeType":"N"})");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->definition.key.partition, (KeyAttribute{"pk", Type::N}));
  ASSERT_EQ(table->global_indexes.size(), 1u);
  EXPECT_EQ(table->global_indexes[0].status, IndexStatus::deleting);
  EXPECT_EQ(table->global_indexes[0].definition.key.partition.name, "n");
  EXPECT_TRUE(describe("").has_error());
}

TEST(WireTables, Definition_WithoutBillingMode_IsProvisioned) {
  const auto read = decode<TableDefinition>(
      R"({"TableName":"tbl","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
      R"("ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":2}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->settings.billing_mode, BillingMode::provisioned);
  EXPECT_EQ(read->settings.throughput, (Throughput{1, 2}));
}

// Recorded from AWS in October 2026: which members are named first, and all of them at once.
TEST(WireTables, Rules_AreReportedTogether) {
  const auto created = [](const std::string& members) {
    const auto read = decode<TableDefinition>(R"({"TableName":"tbl",)" + members + "}");
    return read ? "" : read.error().message;
  };
  const std::string null = "' failed to satisfy constraint: Member must not be null";
  EXPECT_EQ(created(R"("KeySchema":[{}],"AttributeDefinitions":[{}])"),
            "4 validation errors detected: Value null at "
            "'attributeDefinitions.1.member.attributeType" +
                null + "; Value null at 'attributeDefinitions.1.member.attributeName" + null +
                "; Value null at 'keySchema.1.member.attributeName" + null +
                "; Value null at 'keySchema.1.member.keyType" + null);
  const std::string keys =
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)";
  EXPECT_EQ(created(keys + R"("ProvisionedThroughput":{})"),
            "2 validation errors detected: Value null at "
            "'provisionedThroughput.writeCapacityUnits" +
                null + "; Value null at 'provisionedThroughput.readCapacityUnits" + null);
  EXPECT_EQ(created(keys + R"("SSESpecification":{"KMSMasterKeyId":""})"),
            "1 validation error detected: Value '' at 'sSESpecification.kMSMasterKeyId' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1");
  EXPECT_THAT(created(keys + R"("StreamSpecification":{"StreamEnabled":true,"StreamViewType":""})"),
              HasSubstr("enum value set: [OLD_IMAGE, KEYS_ONLY, NEW_AND_OLD_IMAGES, NEW_IMAGE]"));
  EXPECT_EQ(decode_table_name(R"({"TableName":""})").error().message,
            "2 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3; Value '' at 'tableName' failed to "
            "satisfy constraint: Member must satisfy regular expression pattern: "
            "[a-zA-Z0-9_.-]+");
  EXPECT_EQ(decode_table_name("{}").error().message,
            "The parameter 'TableName' is required but was not present in the request");
  EXPECT_EQ(decode<TagResourceRequest>("{}").error().message, "Invalid TableArn");
  EXPECT_EQ(decode<UpdateTimeToLiveRequest>(R"({"TableName":"tbl","TimeToLiveSpecification":{}})")
                .error()
                .message,
            "2 validation errors detected: Value null at 'timeToLiveSpecification.attributeName" +
                null + "; Value null at 'timeToLiveSpecification.enabled" + null);
}

TEST(WireTables, WrongTypes_HaveAwsWords) {
  const auto problem = [](const char* json) {
    const auto read = decode<UpdateTableRequest>(json);
    EXPECT_EQ(read.error().code, ErrorCode::serialization) << json;
    return read.error().message;
  };
  EXPECT_EQ(problem(R"({"TableName":5})"), "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(problem(R"({"WarmThroughput":{"ReadUnitsPerSecond":true}})"),
            "TRUE_VALUE cannot be converted to Long");
  EXPECT_EQ(problem(R"({"GlobalSecondaryIndexUpdates":[1]})"), "Unexpected value type in payload");
  EXPECT_EQ(problem(R"({"ProvisionedThroughput":[]})"),
            "Unrecognized collection type class "
            "com.amazonaws.dynamodb.v20120810.ProvisionedThroughput");
}

TEST(WireTables, Definition_WithVectorIndexes_IsRefused) {
  const auto read = decode<TableDefinition>(
      R"({"TableName":"tbl","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
      R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST",)"
      R"("VectorIndexes":[{"IndexName":"near","Dimensions":3}]})");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("VectorIndexes is not supported"));
}

TEST(WireTables, Throughput_AsText_IsTaken_WhereItIsAnInteger) {
  const auto read = decode<UpdateTableRequest>(
      R"({"TableName":"tbl","ProvisionedThroughput":{"ReadCapacityUnits":"3","WriteCapacityUnits":"4"}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->throughput, (Throughput{3, 4}));
  for (const auto* text : {"", "x", "3x", " 3", "99999999999999999999"}) {
    const auto refused = decode<UpdateTableRequest>(
        R"({"TableName":"tbl","ProvisionedThroughput":{"ReadCapacityUnits":")" + std::string(text) +
        R"(","WriteCapacityUnits":1}})");
    EXPECT_EQ(refused.error().code, ErrorCode::serialization) << text;
  }
}

TEST(WireTables, Settings_RefusedValues) {
  const auto problem = [](const std::string& members) {
    const auto read = decode<UpdateTableRequest>(R"({"TableName":"tbl",)" + members + "}");
    return read ? "" : read.error().message;
  };
  EXPECT_THAT(problem(R"("BillingMode":"FREE")"),
              HasSubstr("Value 'FREE' at 'billingMode' failed to satisfy constraint: Member must "
                        "satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"));
  EXPECT_THAT(problem(R"("TableClass":"FAST")"), HasSubstr("Invalid table-class parameter"));
  EXPECT_THAT(problem(R"("ProvisionedThroughput":{"ReadCapacityUnits":0,"WriteCapacityUnits":1})"),
              HasSubstr("Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy "
                        "constraint: Member must have value greater than or equal to 1"));
  EXPECT_THAT(problem(R"("StreamSpecification":{"StreamEnabled":true})"),
              HasSubstr("If stream is being enabled then UpdateViewType is required"));
  EXPECT_THAT(
      problem(R"("StreamSpecification":{"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"})"),
      HasSubstr("If stream is being disabled, then UpdateViewType must not be specified"));
  EXPECT_THAT(problem(R"("SSESpecification":{"Enabled":false,"SSEType":"KMS"})"),
              HasSubstr("SSEType can not be specified if Enabled is false"));
  const std::string remove = R"({"Delete":{"IndexName":"abc"}})";
  EXPECT_THAT(problem(R"("GlobalSecondaryIndexUpdates":[)" + remove + "," + remove + "]"),
              HasSubstr("Only one global secondary index update per index is allowed "
                        "simultaneously. Index: abc"));
  EXPECT_THAT(problem(R"("GlobalSecondaryIndexUpdates":[{}])"),
              HasSubstr("One of GlobalSecondaryIndexUpdate.Update"));
}

TEST(WireTables, Update_AllSettings) {
  const UpdateTableRequest request{.table = "tbl",
                                   .billing_mode = BillingMode::provisioned,
                                   .throughput = Throughput{1, 2},
                                   .warm_throughput = Throughput{0, 5},
                                   .index_throughput = {{"abc", {3, 4}}},
                                   .index_on_demand_limit = {{"abc", {5, 6}}},
                                   .index_warm_throughput = {{"abd", {7, 8}}},
                                   .table_class = TableClass::standard,
                                   .deletion_protection = false,
                                   .stream = StreamViewType::keys_only};
  const auto read = round_trip(request);
  EXPECT_EQ(read.billing_mode, request.billing_mode);
  EXPECT_EQ(read.throughput, request.throughput);
  EXPECT_EQ(read.warm_throughput, request.warm_throughput);
  EXPECT_EQ(read.index_throughput, request.index_throughput);
  EXPECT_EQ(read.index_on_demand_limit, request.index_on_demand_limit);
  EXPECT_EQ(read.index_warm_throughput, request.index_warm_throughput);
  EXPECT_EQ(read.table_class, request.table_class);
  EXPECT_EQ(read.deletion_protection, request.deletion_protection);
  EXPECT_EQ(read.stream, request.stream);
  EXPECT_FALSE(read.encryption.has_value());
}

TEST(WireTables, Description_BillingModeSummary_OnlyAfterOnDemand) {
  TableDescription table{.definition = definition()};
  table.definition.settings = {.billing_mode = BillingMode::provisioned, .throughput = {5, 6}};
  EXPECT_EQ(encode(table).find("BillingModeSummary"), std::string::npos);
  EXPECT_THAT(encode(table), HasSubstr(R"("ProvisionedThroughput":{"NumberOfDecreasesToday":0,)"
                                       R"("ReadCapacityUnits":5,"WriteCapacityUnits":6})"));
  table.definition.settings = {};
  table.on_demand_since = base::Timestamp(std::chrono::seconds(1'795'305'323));
  EXPECT_THAT(encode(table),
              HasSubstr(R"("BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST",)"
                        R"("LastUpdateToPayPerRequestDateTime":1795305323.000000})"));
}

TEST(WireTables, TableName_MayBeAnArn) {
  constexpr char kArn[] = R"({"TableName":"arn:aws:dynamodb:us-east-1:123456789012:table/posts"})";
  EXPECT_EQ(decode_table_name(kArn).value(), "posts");
  EXPECT_EQ(decode<ScanRequest>(kArn).value().table, "posts");
  EXPECT_THAT(decode_table_name(R"({"TableName":"arn:aws:s3:::posts"})").error().message,
              HasSubstr("Value 'arn:aws:s3:::posts' at 'tableName' failed to satisfy"));
}

TEST(WireTables, ContinuousBackups) {
  EXPECT_EQ(encode(ContinuousBackups{}),
            R"({"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED",)"
            R"("PointInTimeRecoveryDescription":{"PointInTimeRecoveryStatus":"DISABLED"}}})");
  ContinuousBackups on{.point_in_time_recovery = true, .recovery_period_days = 3};
  on.earliest = on.latest = base::Timestamp(std::chrono::seconds(1'795'305'323));
  const auto read = round_trip(on);
  EXPECT_TRUE(read.point_in_time_recovery);
  EXPECT_EQ(read.recovery_period_days, 3U);
  EXPECT_EQ(read.latest, on.latest);
}

TEST(WireTables, Description_OfADeletedTable_HasNoKeys) {
  const auto read = decode<TableDescription>(
      R"({"TableDescription":{"TableName":"t","TableStatus":"DELETING"}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->definition.name, "t");
  EXPECT_EQ(read->status, TableStatus::deleting);
}

TEST(WireTables, Description_OfAnotherStatus_IsReadAsOneThatChanges) {
  const auto read = decode<TableDescription>(
      R"({"Table":{"TableName":"t","TableStatus":"INACCESSIBLE_ENCRYPTION_CREDENTIALS"}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->status, TableStatus::updating);
  TableDescription table{.definition = definition()};
  table.global_indexes = {{.definition = definition().global_indexes[0]},
                          {.definition = definition().global_indexes[1]}};
  std::string json = encode(table, "Table");
  const std::string active = R"("IndexStatus":"ACTIVE")";
  ASSERT_NE(json.find(active), std::string::npos) << json;
  json.replace(json.find(active), active.size(), R"("IndexStatus":"UPDATING")");
  const auto scaled = decode<TableDescription>(json);
  ASSERT_TRUE(scaled) << scaled.error().message;
  EXPECT_EQ(scaled->global_indexes.at(0).status, IndexStatus::active);
}

TEST(WireTables, Description_MayDefineMoreThanKeys) {
  const auto read = decode<TableDescription>(
      R"({"Table":{"TableName":"tbl","KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
      R"("AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},)"
      R"({"AttributeName":"gone","AttributeType":"N"}]}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->definition.key.partition.name, "pk");
}

TEST(WireTables, UpdateListAndName) {
  const auto created = round_trip(
      UpdateTableRequest{.table = "tbl", .create_index = definition().global_indexes[0]});
  EXPECT_EQ(created.create_index, definition().global_indexes[0]);
  EXPECT_EQ(created.delete_index, std::nullopt);
  EXPECT_EQ(round_trip(UpdateTableRequest{.table = "tbl", .delete_index = "idx"}).delete_index,
            "idx");
  const auto listed = round_trip(ListTablesRequest{"abc", 7});
  EXPECT_EQ(listed.exclusive_start_table_name, "abc");
  EXPECT_EQ(listed.limit, 7U);
  const auto names = round_trip(ListTablesResult{{"a", "b"}, "b"});
  EXPECT_EQ(names.table_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(names.last_evaluated_table_name, "b");
  EXPECT_EQ(*decode_table_name(encode_table_name("tbl")), "tbl");
  EXPECT_EQ(decode<ListTablesRequest>("{}")->limit, 100U);
}

}  // namespace
}  // namespace dynamodb::wire
