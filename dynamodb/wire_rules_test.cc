// Refused requests on items: what is wrong with them, in which order and in whose words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/test_wire.h"
#include "dynamodb/wire_messages.h"

namespace dynamodb::wire {
namespace {

using ::testing::HasSubstr;

TEST(WireRules, WrongTypes_AreSerializationErrors) {
  for (const char* json : {R"({"TableName":5})", R"({"Key":[]})", R"({"ConsistentRead":"maybe"})",
                           R"({"ProjectionExpression":1})", R"({"ExpressionAttributeNames":[]})",
                           R"({"ExpressionAttributeNames":{"#a":1},"ProjectionExpression":"#a"})",
                           R"({"TableName":"a","TableName":"b"})", R"({"x":{"y":1,"y":2}})"}) {
    EXPECT_NE(error<GetItemRequest>(json, ErrorCode::serialization), "") << json;
  }
  EXPECT_NE(error<QueryRequest>(R"({"Limit":"5"})", ErrorCode::serialization), "");
  EXPECT_NE(error<BatchGetItemRequest>(R"({"RequestItems":{"tbl":[]}})", ErrorCode::serialization),
            "");
  EXPECT_NE(
      error<BatchWriteItemRequest>(R"({"RequestItems":{"tbl":{}}})", ErrorCode::serialization), "");
}

TEST(WireRules, WhatIsNoObject_HasNoMessage) {
  for (const char* json : {"", "hi", "[]", "5", "{", "null", "\"x\""}) {
    const auto decoded = decode<GetItemRequest>(json);
    ASSERT_FALSE(decoded) << json;
    EXPECT_EQ(decoded.error().code, ErrorCode::serialization) << json;
    EXPECT_EQ(decoded.error().message, "") << json;
  }
}

TEST(WireRules, WrongTypes_HaveTheWordsOfAwsForTheirPlace) {
  const auto get = [](const std::string& json) {
    return error<GetItemRequest>(json, ErrorCode::serialization);
  };
  EXPECT_EQ(get(R"({"TableName":23})"), "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(get(R"({"TableName":34.5})"), "DECIMAL_VALUE cannot be converted to String");
  EXPECT_EQ(get(R"({"TableName":true})"), "TRUE_VALUE cannot be converted to String");
  EXPECT_EQ(get(R"({"TableName":[]})"), "Unrecognized collection type class java.lang.String");
  EXPECT_EQ(get(R"({"TableName":{}})"), "Start of structure or map found where not expected");
  EXPECT_EQ(get(R"({"ConsistentRead":1})"), "NUMBER_VALUE cannot be converted to Boolean");
  EXPECT_EQ(get(R"({"ConsistentRead":"23"})"), "Unexpected token received from parser");
  EXPECT_EQ(get(R"({"AttributesToGet":"a"})"), "Unexpected field type");
  EXPECT_EQ(get(R"({"Key":"a"})"), "Unexpected field type");
  EXPECT_EQ(get(R"({"Key":[]})"),
            "Unrecognized collection type java.util.Map<java.lang.String, "
            "com.amazonaws.dynamodb.v20120810.AttributeValue>");
  EXPECT_EQ(get(R"({"Key":{"a":"x"}})"), "Unexpected value type in payload");
  EXPECT_EQ(get(R"({"Key":{"a":[]}})"),
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue");
  EXPECT_EQ(get(R"({"Key":{"a":{"N":5}}})"), "NUMBER_VALUE cannot be converted to String");
  EXPECT_EQ(get(R"({"Key":{"a":{"B":5}}})"),
            "only base-64-encoded strings are convertible to bytes");
  EXPECT_EQ(get(R"({"Key":{"a":{"BS":["23456"]}}})"),
            "Base64 encoded length is expected a multiple of 4 bytes but found: 5");
  EXPECT_EQ(get(R"({"Key":{"a":{"B":"=+/="}}})"),
            "Invalid last non-pad Base64 character dectected");
  EXPECT_EQ(error<ScanRequest>(R"({"Limit":"5"})", ErrorCode::serialization),
            "STRING_VALUE cannot be converted to Integer");
  const auto batch = error<BatchGetItemRequest>(R"({"RequestItems":{"tbl":{"Keys":[5]}}})",
                                                ErrorCode::serialization);
  EXPECT_THAT(batch, HasSubstr("ParameterizedTypeImpl cannot be cast to class java.lang.Class"));
  EXPECT_EQ(error<TransactWriteItemsRequest>(R"({"TransactItems":[{"Put":5}]})",
                                             ErrorCode::serialization),
            "Unexpected field type");
}

TEST(WireRules, Types_AreCheckedBeforeRules) {
  EXPECT_EQ(error<PutItemRequest>(R"({"TableName":"","ReturnValues":5})", ErrorCode::serialization),
            "NUMBER_VALUE cannot be converted to String");
}

TEST(WireRules, Rules_AreReportedTogether) {
  EXPECT_EQ(error<TransactWriteItemsRequest>(
                R"({"TransactItems":[],"ReturnConsumedCapacity":"a","ClientRequestToken":")" +
                std::string(37, 'x') + "\"}"),
            "3 validation errors detected: Value 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' at "
            "'clientRequestToken' failed to satisfy constraint: Member must have length less than "
            "or equal to 36; Value 'a' at 'returnConsumedCapacity' failed to satisfy constraint: "
            "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value '[]' at "
            "'transactItems' failed to satisfy constraint: Member must have length greater than or "
            "equal to 1");
  EXPECT_EQ(error<TransactWriteItemsRequest>(
                R"({"TransactItems":[{"Put":{"TableName":"tbl","Item":{}}}],)"
                R"("ClientRequestToken":""})"),
            "1 validation error detected: Value '' at 'clientRequestToken' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(error<GetItemRequest>("{}"),
            "2 validation errors detected: Value null at 'key' failed to satisfy constraint: "
            "Member must not be null; Value null at 'tableName' failed to satisfy constraint: "
            "Member must not be null");
  EXPECT_EQ(error<DeleteItemRequest>(R"({"TableName":"bad table!","Key":{}})"),
            "1 validation error detected: Value 'bad table!' at 'tableName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  EXPECT_THAT(error<QueryRequest>(R"({"TableName":"tbl","QueryFilter":{"a":{}}})"),
              HasSubstr("Value null at 'queryFilter.a.member.comparisonOperator' failed"));
  EXPECT_EQ(error<TransactWriteItemsRequest>(R"({"TransactItems":[]})"),
            "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1");
  EXPECT_EQ(
      error<TransactWriteItemsRequest>(R"({"TransactItems":[{"Delete":{"TableName":"tbl"}}]})"),
      "1 validation error detected: Value null at 'transactItems.1.member.delete.key' failed "
      "to satisfy constraint: Member must not be null");
}

class NewestTexts : public ::testing::Test {
 protected:
  void SetUp() override { set_cohort(Cohort::us_east_1_october_2026); }
  void TearDown() override { set_cohort(Cohort::us_east_1_may_2026); }
};

TEST_F(NewestTexts, Rules_OfLengthsAndRanges_ComeFirstAndAlone) {
  const auto tells = [](const std::string& member, const std::string& rule) {
    return "1 validation error detected: Value at '" + member +
           "' failed to satisfy constraint: Member must have " + rule;
  };
  const std::string one = " greater than or equal to 1";
  EXPECT_EQ(error<PutItemRequest>(R"({"ReturnValues":"INVALID","TableName":"","Item":{}})"),
            tells("TableName", "length" + one));
  EXPECT_EQ(error<QueryRequest>(R"({"TableName":"tbl","Select":"a","Limit":0})"),
            tells("Limit", "value" + one));
  EXPECT_EQ(error<BatchGetItemRequest>(R"({"RequestItems":{"tbl":{"Keys":[]}}})"),
            tells("RequestItems.tbl.member.Keys", "length" + one));
  EXPECT_EQ(error<BatchGetItemRequest>(R"({"RequestItems":{}})"),
            tells("RequestItems", "length" + one));
}

TEST_F(NewestTexts, Rules_OfEnumerators_AreReportedTogether) {
  const std::string capacity =
      "Value 'a' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy "
      "enum value set: [INDEXES, TOTAL, NONE]";
  const std::string values =
      "Failed to satisfy constraint: Member must satisfy enum value set: [ALL_OLD, UPDATED_OLD, "
      "ALL_NEW, UPDATE_NEW, NONE]";
  const std::string both =
      R"({"TableName":"tbl","Key":{},"ReturnValues":"a","ReturnConsumedCapacity":"a"})";
  EXPECT_EQ(error<DeleteItemRequest>(both),
            "2 validation errors detected: " + capacity + "; " + values);
  EXPECT_EQ(error<UpdateItemRequest>(both), "1 validation error detected: " + values);
}

TEST_F(NewestTexts, Rules_OfARequestWithoutItsKey_AreTheOldLayers) {
  EXPECT_EQ(
      error<UpdateItemRequest>(
          R"({"TableName":"","ReturnValues":"a","ConditionalOperator":"XOR"})"),
      "4 validation errors detected: Value '' at 'tableName' failed to satisfy constraint: "
      "Member must have length greater than or equal to 1; Value 'a' at 'returnValues' failed "
      "to satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, "
      "ALL_OLD, NONE, UPDATED_NEW]; Value 'XOR' at 'conditionalOperator' failed to satisfy "
      "constraint: Member must satisfy enum value set: [OR, AND]; Value null at 'key' failed "
      "to satisfy constraint: Member must not be null");
}

std::string nested(int levels) {
  std::string value = R"({"S":"x"})";
  for (int i = 0; i < levels; ++i) value = R"({"M":{"n":)" + value + "}}";
  return value;
}

TEST_F(NewestTexts, Rules_OfAVeryDeepRequest_AreTheOldLayers) {
  const auto del = [](int levels) {
    return error<DeleteItemRequest>(R"({"TableName":"tbl","ReturnValues":"a","Key":{"k":)" +
                                    nested(levels) + "}}");
  };
  EXPECT_THAT(del(40), HasSubstr("UPDATE_NEW"));
  EXPECT_THAT(del(100), HasSubstr("Value 'a' at 'returnValues' failed"));
}

TEST_F(NewestTexts, ConditionalOperator_IsRefusedBeforeOtherEnumerators) {
  EXPECT_EQ(error<QueryRequest>(R"({"TableName":"tbl","Select":"a","ConditionalOperator":"XOR"})"),
            "Failed to satisfy constraint: Member must satisfy enum value set: [ALL, OR]");
}

TEST_F(NewestTexts, Nesting_IsCheckedAfterTheExpressionsOfTheSameWrite) {
  constexpr char kTooDeep[] =
      "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
      "beyond supported limit";
  const auto put = [](const std::string& item) {
    return R"({"Put":{"TableName":"tbl","Item":{)" + item + "}}}";
  };
  const std::string wrong = R"({"Delete":{"TableName":"tbl","Key":{"k":)" + nested(32) +
                            R"j(},"ConditionExpression":"a("}})j";
  const auto transact = [](const std::string& first, const std::string& second) {
    return error<TransactWriteItemsRequest>(R"({"TransactItems":[)" + first + "," + second + "]}");
  };
  const std::string deep = put(R"("a":)" + nested(32)), unnamed = put(R"("":{"S":"x"})");
  EXPECT_EQ(transact(deep, wrong), kTooDeep);
  EXPECT_THAT(transact(wrong, deep), HasSubstr("Syntax error"));
  EXPECT_EQ(transact(unnamed, deep), "Empty attribute name");
  EXPECT_EQ(transact(deep, unnamed), kTooDeep);
  EXPECT_EQ(error<PutItemRequest>(R"({"TableName":"tbl","Item":{"a":)" + nested(32) + "}}"),
            std::string("1 validation error detected: ") + kTooDeep);
  EXPECT_EQ(error<PutItemRequest>(R"({"TableName":"tbl","Item":{"a":)" + nested(31) + "}}"), "");
}

TEST(WireRules, Rules_OfMay2026_EchoAndListAll) {
  EXPECT_EQ(error<PutItemRequest>(R"({"TableName":"","Item":{},"ReturnValues":"INVALID"})"),
            "2 validation errors detected: Value 'INVALID' at 'returnValues' failed to satisfy "
            "constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, "
            "UPDATED_NEW]; Value '' at 'tableName' failed to satisfy constraint: Member must have "
            "length greater than or equal to 1");
  EXPECT_EQ(error<BatchGetItemRequest>(R"({"RequestItems":{}})"),
            "The requestItems parameter is required for BatchGetItem");
  EXPECT_EQ(error<PutItemRequest>(
                R"({"TableName":"tbl","Item":{},"ExpressionAttributeValues":{":a":{"S":"x"}}})"),
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null");
}

TEST(WireRules, Rules_OfTablesInBatches_EchoTheRequest) {
  EXPECT_EQ(
      error<BatchGetItemRequest>(
          R"({"RequestItems":{"a!":{"Keys":[{"k":{"S":"x"}}]}},"ReturnConsumedCapacity":"a"})"),
      R"(2 validation errors detected: Value '{"a!":{"Keys":[{"k":{"S":"x"}}]}}' at )"
      "'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: [Member must "
      "have length less than or equal to 255, Member must have length greater than or equal to 3, "
      "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]; Value 'a' at "
      "'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: "
      "[INDEXES, TOTAL, NONE]");
  EXPECT_EQ(
      error<BatchWriteItemRequest>(
          R"({"RequestItems":{"a":[{"DeleteRequest":{"Key":{"k":{"S":"x"}}}}]}})"),
      "1 validation error detected: Value '{a=[WriteRequest(putRequest=null, "
      "deleteRequest=DeleteRequest(key={k=AttributeValue(s=x, n=null, b=null, sS=null, nS=null, "
      "bS=null, m=null, l=null, nULL=null, bOOL=null)}))]}' at 'requestItems' failed to satisfy "
      "constraint: Map keys must satisfy constraint: [Member must have length less than or equal "
      "to 255, Member must have length greater than or equal to 3, Member must satisfy regular "
      "expression pattern: [a-zA-Z0-9_.-]+]");
  EXPECT_THAT(error<BatchWriteItemRequest>(R"({"RequestItems":{"tbl":[]}})"),
              HasSubstr("Map value must satisfy constraint: [Member must have length less than or "
                        "equal to 25, Member must have length greater than or equal to 1]"));
  EXPECT_EQ(error<BatchWriteItemRequest>(R"({"RequestItems":{}})"),
            "The requestItems parameter is required for BatchWriteItem");
}

TEST(WireRules, Rules_EchoIsBounded) {
  std::string writes;
  for (int i = 0; i < 20'000; ++i) {
    writes += std::string(i > 0 ? "," : "") + R"({"DeleteRequest":{"Key":{"k":{"S":"x"}}}})";
  }
  const auto message = error<BatchWriteItemRequest>(R"({"RequestItems":{"tbl":[)" + writes + "]}}");
  EXPECT_LT(message.size(), 100'000U);
  EXPECT_THAT(message, HasSubstr("Member must have length less than or equal to 25"));
}

TEST(WireRules, Limits_AreBounded) {
  const std::string rest = R"("TableName":"tbl"})";
  EXPECT_EQ(error<ScanRequest>(R"({"Limit":0,)" + rest),
            "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1");
  EXPECT_NE(error<ScanRequest>(R"({"Limit":-1,)" + rest), "");
  EXPECT_NE(error<ScanRequest>(R"({"Limit":2147483648,)" + rest), "");
  EXPECT_NE(error<ScanRequest>(R"({"TotalSegments":0,"Segment":0,)" + rest), "");
  EXPECT_EQ(decode<ScanRequest>(R"({"Limit":1.5,)" + rest)->limit, 1U);
}

TEST(WireRules, SubstitutionVariables_AreTwoMegabytesAtMost) {
  const std::size_t most = 2 * 1024 * 1024;
  const auto scan = [](std::size_t name, const std::string& value) {
    return error<ScanRequest>(
        R"({"TableName":"tbl","FilterExpression":"#a = :v","ExpressionAttributeNames":{"#a":")" +
        std::string(name, 'n') + R"("},"ExpressionAttributeValues":{":v":)" + value + "}}");
  };
  const auto text = [](std::size_t size) { return R"({"S":")" + std::string(size, 'x') + R"("})"; };
  EXPECT_EQ(scan(1, text(most - 5)), "");
  EXPECT_EQ(scan(1, text(most - 4)), "ExpressionAttributeValues exceeds max size");
  EXPECT_EQ(scan(1001, text(most - 1004)), "ExpressionAttributeValues exceeds max size");
  EXPECT_EQ(scan(most, text(1)), "ExpressionAttributeNames exceeds max size");
  std::string list = text(100'000);
  for (int i = 1; i < 21; ++i) list += ',' + text(100'000);
  EXPECT_EQ(scan(1, R"({"L":[)" + list + "]}"), "ExpressionAttributeValues exceeds max size");
}

constexpr std::string_view kEnvelope = "1 validation error detected: ";

// The checks after types and rules, one below the other: each line repairs what the line before it
// was refused for.
TEST_F(NewestTexts, Put_OrderOfChecks) {
  const auto put = [](const std::string& rest) {
    const std::string message = error<PutItemRequest>(R"({"TableName":"tbl",)" + rest + "}");
    EXPECT_THAT(message, ::testing::StartsWith(kEnvelope));
    return message.substr(kEnvelope.size());
  };
  const std::string bad = R"("Item":{"a":{}},)", good = R"("Item":{"a":{"S":"x"}},)";
  const std::string values = R"("ExpressionAttributeValues":)";
  EXPECT_THAT(put(bad + R"("Expected":{"a":{}},"ConditionExpression":"",)" + values + "{}"),
              HasSubstr("Non-expression parameters: {Expected} Expression parameters: "
                        "{ConditionExpression}"));
  EXPECT_EQ(put(bad + values + "{}"),
            "ExpressionAttributeValues can only be specified when using expressions");
  EXPECT_EQ(put(bad + R"("ReturnValues":"ALL_NEW","ConditionExpression":"",)" + values + "{}"),
            "Supplied AttributeValue is empty, must contain exactly one of the supported "
            "datatypes");
  EXPECT_EQ(put(good + R"("ReturnValues":"ALL_NEW","ConditionExpression":"",)" + values + "{}"),
            "ReturnValues can only be ALL_OLD or NONE");
  EXPECT_EQ(put(good + R"("ConditionExpression":"",)" + values + "{}"),
            "ExpressionAttributeValues must not be empty");
  EXPECT_EQ(put(good + R"("ConditionExpression":"",)" + values + R"({":b":{},"b":{"S":"a"}})"),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\"");
  EXPECT_EQ(put(good + R"("ConditionExpression":"",)" + values + R"({":b":{"N":"x"}})"),
            "The parameter cannot be converted to a numeric value: x");
  EXPECT_EQ(put(good + R"("ConditionExpression":"",)" + values + R"({":b":{"N":"1"}})"),
            "Invalid ConditionExpression: The expression can not be empty;");
  EXPECT_EQ(put(good + R"j("ConditionExpression":"attribute_exists(a)",)j" + values +
                R"({":b":{"N":"1"}})"),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}");
}

TEST(WireRules, Query_OrderOfChecks) {
  const auto query = [](const std::string& rest) {
    return error<QueryRequest>(R"({"TableName":"tbl",)" + rest + "}");
  };
  const std::string expression = R"j("KeyConditionExpression":"attribute_exists(a)",)j";
  EXPECT_EQ(query(R"("QueryFilter":{"a":{"ComparisonOperator":"EQ"}},"AttributesToGet":["a","a"])"),
            "One or more parameter values were invalid: Invalid number of argument(s) for the EQ "
            "ComparisonOperator");
  EXPECT_EQ(query(R"("AttributesToGet":["a","a"],"ExclusiveStartKey":{"a":{}})"),
            "One or more parameter values were invalid: Duplicate value in attribute name: a");
  EXPECT_EQ(query(R"("ExclusiveStartKey":{"a":{}})"),
            "The provided starting key is invalid: Supplied AttributeValue is empty, must contain "
            "exactly one of the supported datatypes");
  EXPECT_EQ(query(R"("ExclusiveStartKey":{"a":{"N":"x"}})"),
            "The parameter cannot be converted to a numeric value: x");
  EXPECT_EQ(query(R"("Select":"COUNT")"),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request.");
  EXPECT_EQ(query(expression + R"("FilterExpression":"")"),
            "Invalid FilterExpression: The expression can not be empty;");
  EXPECT_EQ(query(expression + R"("FilterExpression":"a > b")"),
            "Invalid operator used in KeyConditionExpression: attribute_exists");
  EXPECT_EQ(query(R"("KeyConditions":{})"), "Conditions can be of length 1 or 2 only");
}

// DynamoDB: two layers read values; which of them depends on the operation.
TEST_F(NewestTexts, Values_AreRefusedInTheWordsOfTheirLayer) {
  const auto values = [](const std::string& value) {
    return R"("ExpressionAttributeValues":{":b":)" + value + "}}";
  };
  const auto scan = [&](const std::string& value) {
    return error<ScanRequest>(R"({"TableName":"tbl","FilterExpression":"a = :b",)" + values(value));
  };
  const auto get = [](const std::string& value) {
    return error<GetItemRequest>(R"({"TableName":"tbl","Key":{"k":)" + value + "}}");
  };
  const auto old = [](const std::string& message) {
    return "ExpressionAttributeValues contains invalid value: " + message + " for key :b";
  };
  const std::string invalid = "One or more parameter values were invalid: ";
  const std::string not_numeric = "The parameter cannot be converted to a numeric value";
  EXPECT_EQ(scan(R"({"SS":[]})"), old(invalid + "An string set  may not be empty"));
  EXPECT_EQ(scan(R"({"N":"b"})"), old(not_numeric + ": b"));
  EXPECT_EQ(scan(R"({"N":""})"), old(not_numeric));
  EXPECT_EQ(get(R"({"N":""})"), not_numeric + ": ");
  EXPECT_THAT(scan(R"({"N":"1e2147483647"})"), HasSubstr("Number underflow"));
  EXPECT_EQ(scan(R"({"N":"1e2147483648"})"), old(not_numeric + ": 1e2147483648"));
  EXPECT_THAT(get(R"({"N":"1e2147483648"})"), HasSubstr("Number overflow"));
  const std::string strings = R"({"SS":["b","a","b","c"]})",
                    binaries = R"({"BS":["/w==","AA==","AA=="]})",
                    numbers = R"({"NS":["2","1","2"]})";
  EXPECT_EQ(scan(strings), old(invalid + "Input collection [b, a, b, c] contains duplicates."));
  EXPECT_EQ(get(strings),
            invalid + R"(Input collection ["a", "b", "b", "c"] contains duplicates.)");
  EXPECT_EQ(scan(binaries),
            old(invalid + "Input collection [/w==, AA==, AA==]of type BS contains duplicates."));
  EXPECT_EQ(get(binaries),
            invalid + R"(Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.)");
  EXPECT_EQ(scan(numbers), old("Input collection contains duplicates"));
  EXPECT_EQ(get(numbers), invalid + "Input collection contains duplicates.");
}

}  // namespace
}  // namespace dynamodb::wire
