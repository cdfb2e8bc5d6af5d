// The legacy parameters: what they mean, and what is refused. Requests are whole, as strangers send
// them.
#include "dynamodb/wire_legacy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_printer.h"

namespace dynamodb::wire {
namespace {

using ::testing::HasSubstr;

constexpr char kInvalid[] = "One or more parameter values were invalid: ";

Result<ScanRequest> scan(const std::string& members) {
  return decode<ScanRequest>(R"({"TableName":"tbl",)" + members + "}");
}
Result<UpdateItemRequest> update(const std::string& members) {
  return decode<UpdateItemRequest>(R"({"TableName":"tbl","Key":{},)" + members + "}");
}

// Whether a filter of one condition holds for `item`.
bool holds(const std::string& condition, const Item& item) {
  const auto request = scan(R"("ScanFilter":{"a":)" + condition + "}");
  EXPECT_TRUE(request) << request.error().message;
  const PackedItem packed(item);
  return request && evaluate(request->filter, packed.view());
}
std::string refusal(const std::string& condition) {
  const auto request = scan(R"("ScanFilter":{"a":)" + condition + "}");
  return request ? "" : request.error().message;
}
std::string with(const std::string& name, const std::string& values) {
  return R"({"ComparisonOperator":")" + name + R"(","AttributeValueList":[)" + values + "]}";
}

TEST(Legacy, Comparisons) {
  const Item five{{"a", 5}};
  EXPECT_TRUE(holds(with("EQ", R"({"N":"5.0"})"), five));
  EXPECT_FALSE(holds(with("EQ", R"({"S":"5"})"), five));
  EXPECT_TRUE(holds(with("NE", R"({"S":"5"})"), five));
  EXPECT_TRUE(holds(with("NE", R"({"N":"5"})"), {}));
  EXPECT_FALSE(holds(with("NE", R"({"N":"5"})"), five));
  EXPECT_TRUE(holds(with("LT", R"({"N":"6"})"), five));
  EXPECT_FALSE(holds(with("LT", R"({"N":"5"})"), five));
  EXPECT_TRUE(holds(with("LE", R"({"N":"5"})"), five));
  EXPECT_TRUE(holds(with("GT", R"({"N":"4"})"), five));
  EXPECT_TRUE(holds(with("GE", R"({"N":"5"})"), five));
  EXPECT_FALSE(holds(with("GE", R"({"N":"5"})"), {}));
  EXPECT_TRUE(holds(with("BETWEEN", R"({"N":"5"},{"N":"6"})"), five));
  EXPECT_FALSE(holds(with("BETWEEN", R"({"N":"6"},{"N":"7"})"), five));
  EXPECT_TRUE(holds(with("IN", R"({"N":"4"},{"N":"5"})"), five));
  EXPECT_FALSE(holds(with("IN", R"({"N":"4"})"), five));
  EXPECT_TRUE(holds(with("EQ", R"({"SS":["y","x"]})"), {{"a", StringSet::make({"x", "y"})}}));
  EXPECT_TRUE(holds(with("EQ", R"({"L":[]})"), {{"a", List{}}}));
}

TEST(Legacy, Null_IsAboutBeingThere) {
  EXPECT_TRUE(holds(R"({"ComparisonOperator":"NULL"})", {}));
  EXPECT_FALSE(holds(R"({"ComparisonOperator":"NULL"})", {{"a", Null{}}}));
  EXPECT_TRUE(holds(R"({"ComparisonOperator":"NOT_NULL"})", {{"a", Null{}}}));
}

TEST(Legacy, Contains_AndItsOpposite) {
  const Item text{{"a", "hello"}}, list{{"a", List{2, "x"}}}, set{{"a", NumberSet::make({2, 4})}};
  EXPECT_TRUE(holds(with("CONTAINS", R"({"S":"ell"})"), text));
  EXPECT_TRUE(holds(with("CONTAINS", R"({"N":"2"})"), list));
  EXPECT_TRUE(holds(with("CONTAINS", R"({"N":"4"})"), set));
  EXPECT_FALSE(holds(with("CONTAINS", R"({"N":"1"})"), text));
  EXPECT_TRUE(holds(with("NOT_CONTAINS", R"({"N":"1"})"), text));
  EXPECT_FALSE(holds(with("NOT_CONTAINS", R"({"S":"ell"})"), text));
  // DynamoDB: what is missing neither contains nor does not contain.
  EXPECT_FALSE(holds(with("NOT_CONTAINS", R"({"S":"x"})"), {}));
  EXPECT_TRUE(holds(with("BEGINS_WITH", R"({"S":"he"})"), text));
}

TEST(Legacy, Names_AreWhole) {
  const auto request = scan(R"("ScanFilter":{"a.b[0]":{"ComparisonOperator":"NOT_NULL"}})");
  ASSERT_TRUE(request);
  const PackedItem item(Item{{"a.b[0]", 1}});
  EXPECT_TRUE(evaluate(request->filter, item.view()));
}

TEST(Legacy, Arguments_AreCounted) {
  for (const char* name : {"EQ", "NE", "LE", "LT", "GE", "GT", "CONTAINS", "NOT_CONTAINS",
                           "BEGINS_WITH", "IN", "BETWEEN"}) {
    EXPECT_EQ(refusal(with(name, "")), std::string(kInvalid) +
                                           "Invalid number of argument(s) for the " + name +
                                           " ComparisonOperator");
  }
  for (const char* name : {"NULL", "NOT_NULL", "BETWEEN"}) {
    EXPECT_THAT(refusal(with(name, R"({"S":"a"})")), HasSubstr("Invalid number of argument(s)"));
  }
  EXPECT_THAT(refusal(with("EQ", R"({"S":"a"},{"S":"a"})")),
              HasSubstr("Invalid number of argument(s)"));
}

// DynamoDB: only an expression's IN stops at 100.
TEST(Legacy, In_TakesAnyNumberOfCandidates) {
  std::string candidates;
  for (int i = 0; i < 31'000; ++i)
    candidates += std::string(i > 0 ? "," : "") + R"({"N":")" + std::to_string(i) + R"("})";
  for (const int each : {0, 99, 100, 30'999})
    EXPECT_TRUE(holds(with("IN", candidates), {{"a", each}})) << each;
  EXPECT_FALSE(holds(with("IN", candidates), {{"a", 31'000}}));
  const auto request = scan(R"("ScanFilter":{"a":)" + with("IN", candidates) + "}");
  EXPECT_EQ(check_condition(request->filter, "ScanFilter"), std::nullopt);
}

// DynamoDB: the limit of operators is of expressions. So many attributes that looking for each
// among all would not end.
TEST(Legacy, Conditions_MayBeAnyNumber) {
  std::string expected, filter;
  Item item;
  constexpr int kMany = 50'000;
  for (int i = 0; i < kMany; ++i) {
    const std::string separator = i > 0 ? "," : "", name = std::to_string(i);
    expected += separator + "\"b" + name + R"(":{"Exists":false})";
    filter += separator + "\"a" + name + R"(":{"ComparisonOperator":"NULL"})";
    item["a" + name] = 1;
  }
  const PackedItem packed(item);
  const auto request = update(R"("Expected":{)" + expected + "}");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(check_condition(request->condition, "ConditionExpression"), std::nullopt);
  EXPECT_TRUE(evaluate(request->condition, packed.view()));
  const auto any = scan(R"("ConditionalOperator":"OR","ScanFilter":{)" + filter + "}");
  ASSERT_TRUE(any) << any.error().message;
  EXPECT_EQ(check_condition(any->filter, "FilterExpression"), std::nullopt);
  EXPECT_FALSE(evaluate(any->filter, packed.view()));
  item.erase("a" + std::to_string(kMany - 1));
  const PackedItem one_less(item);
  EXPECT_TRUE(evaluate(any->filter, one_less.view()));
}

TEST(Legacy, KeyConditions_OfAnyNumber_AreNoExpression) {
  std::string conditions;
  for (int i = 0; i < 400; ++i)
    conditions += std::string(i > 0 ? "," : "") + "\"a" + std::to_string(i) +
                  "\":" + with("EQ", R"({"N":"1"})");
  const auto query =
      decode<QueryRequest>(R"({"TableName":"tbl","KeyConditions":{)" + conditions + "}}");
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(check_condition(query->key_condition, "KeyConditionExpression"), std::nullopt);
}

TEST(Legacy, Arguments_HaveTheRightTypes) {
  for (const char* name : {"LE", "LT", "GE", "GT", "IN"}) {
    EXPECT_EQ(refusal(with(name, R"({"BOOL":true})")),
              std::string(kInvalid) + "ComparisonOperator " + name +
                  " is not valid for BOOL AttributeValue type");
  }
  EXPECT_THAT(refusal(with("BEGINS_WITH", R"({"N":"1"})")), HasSubstr("is not valid for N"));
  EXPECT_THAT(refusal(with("CONTAINS", R"({"SS":["a"]})")), HasSubstr("is not valid for SS"));
  EXPECT_EQ(refusal(with("CONTAINS", R"({"BOOL":true})")), "");
  EXPECT_EQ(refusal(with("EQ", R"({"M":{}})")), "");
  EXPECT_EQ(
      refusal(with("IN", R"({"S":"b"},{"N":"1"})")),
      std::string(kInvalid) + "AttributeValues inside AttributeValueList must be of same type");
  EXPECT_EQ(refusal(with("BETWEEN", R"({"S":"b"},{"S":"a"})")),
            "The BETWEEN condition was provided a range where the lower bound is greater than the "
            "upper bound");
}

TEST(Legacy, ConditionalOperator_JoinsTwoOrMore) {
  const std::string two =
      R"("ScanFilter":{"a":{"ComparisonOperator":"NULL"},"b":{"ComparisonOperator":"NOT_NULL"}})";
  const PackedItem none(Item{{"c", 1}});
  EXPECT_FALSE(evaluate(scan(two)->filter, none.view()));
  EXPECT_FALSE(evaluate(scan(two + R"(,"ConditionalOperator":"AND")")->filter, none.view()));
  EXPECT_TRUE(evaluate(scan(two + R"(,"ConditionalOperator":"OR")")->filter, none.view()));
  EXPECT_EQ(scan(R"("ConditionalOperator":"OR")").error().message,
            "ConditionalOperator cannot be used without Filter or Expected");
  EXPECT_EQ(
      scan(R"("ConditionalOperator":"OR","ScanFilter":{"a":{"ComparisonOperator":"NULL"}})")
          .error()
          .message,
      "ConditionalOperator can only be used when Filter or Expected has two or more elements");
}

TEST(Legacy, Expected) {
  const auto expected = [](const std::string& json, const Item& item) {
    const auto request = update(R"("Expected":{"a":)" + json + "}");
    EXPECT_TRUE(request) << request.error().message;
    const PackedItem packed(item);
    return request && evaluate(request->condition, packed.view());
  };
  EXPECT_TRUE(expected(R"({"Value":{"N":"1"}})", {{"a", 1}}));
  EXPECT_FALSE(expected(R"({"Value":{"N":"1"}})", {}));
  EXPECT_TRUE(expected(R"({"Value":{"N":"1"},"Exists":true})", {{"a", 1}}));
  EXPECT_TRUE(expected(R"({"Exists":false})", {}));
  EXPECT_FALSE(expected(R"({"Exists":false})", {{"a", 1}}));
  EXPECT_TRUE(expected(R"({"ComparisonOperator":"LT","Value":{"N":"2"}})", {{"a", 1}}));
  EXPECT_TRUE(expected(with("BEGINS_WITH", R"({"S":"x"})"), {{"a", "xy"}}));
}

TEST(Legacy, Expected_PartsThatDoNotGoTogether) {
  const auto refused = [](const std::string& json) {
    const auto request = update(R"("Expected":{"a":)" + json + "}");
    return request ? "" : request.error().message;
  };
  const std::string of = " for Attribute: a";
  EXPECT_EQ(refused("{}"), kInvalid + ("Value must be provided when Exists is null" + of));
  EXPECT_EQ(refused(R"({"Exists":true})"),
            kInvalid + ("Value must be provided when Exists is true" + of));
  EXPECT_EQ(refused(R"({"Exists":false,"Value":{"S":"a"}})"),
            kInvalid + ("Value cannot be used when Exists is false" + of));
  EXPECT_EQ(
      refused(R"({"ComparisonOperator":"LT"})"),
      kInvalid + ("Value or AttributeValueList must be used with ComparisonOperator: LT" + of));
  EXPECT_EQ(refused(R"({"Exists":true,"ComparisonOperator":"LT"})"),
            kInvalid + ("Exists and ComparisonOperator cannot be used together" + of));
  EXPECT_EQ(refused(R"({"AttributeValueList":[],"Value":{"S":"a"},"ComparisonOperator":"LT"})"),
            kInvalid + ("Value and AttributeValueList cannot be used together" + of));
  EXPECT_EQ(refused(R"({"AttributeValueList":[]})"),
            kInvalid + ("AttributeValueList can only be used with a ComparisonOperator" + of));
  EXPECT_THAT(refused(R"({"ComparisonOperator":"BETWEEN","Value":{"S":"a"}})"),
              HasSubstr("Invalid number of argument(s) for the BETWEEN"));
}

TEST(Legacy, AttributeUpdates) {
  const auto request = update(
      R"("AttributeUpdates":{"p":{"Value":{"S":"new"}},"n":{"Action":"ADD","Value":{"N":"2"}},)"
      R"("l":{"Action":"ADD","Value":{"L":[{"N":"2"}]}},"s":{"Action":"DELETE","Value":{"SS":["a"]}},)"
      R"("gone":{"Action":"DELETE"},"fresh":{"Action":"ADD","Value":{"L":[]}}})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(check_update(request->update), std::nullopt);
  Item item{{"n", 1}, {"l", List{1}}, {"s", StringSet::make({"a", "b"})}, {"gone", 1}};
  ASSERT_TRUE(apply_update(request->update, item));
  EXPECT_EQ(item, (Item{{"p", "new"},
                        {"n", 3},
                        {"l", List{1, 2}},
                        {"s", StringSet::make({"b"})},
                        {"fresh", List{}}}));
}

TEST(Legacy, AttributeUpdates_OfAnotherType_HaveTheirOwnWords) {
  const auto request = update(R"("AttributeUpdates":{"n":{"Action":"ADD","Value":{"N":"2"}}})");
  ASSERT_TRUE(request);
  Item item{{"n", "text"}};
  EXPECT_EQ(apply_update(request->update, item).error().message,
            "Type mismatch for attribute to update");
}

TEST(Legacy, AttributeUpdates_Refused) {
  const auto refused = [](const std::string& json) {
    const auto request = update(R"("AttributeUpdates":{"a":)" + json + "}");
    return request ? "" : request.error().message;
  };
  for (const char* json : {R"({"x":1})", R"({"Action":"PUT"})", R"({"Action":"ADD"})"}) {
    EXPECT_EQ(refused(json),
              std::string(kInvalid) +
                  "Only DELETE action is allowed when no attribute value is specified");
  }
  EXPECT_EQ(refused(R"({"Action":"DELETE","Value":{"N":"1"}})"),
            std::string(kInvalid) + "DELETE action with value is not supported for the type N");
  EXPECT_EQ(refused(R"({"Action":"ADD","Value":{"S":"1"}})"),
            std::string(kInvalid) + "ADD action is not supported for the type S");
  EXPECT_THAT(refused(R"({"Action":"add"})"),
              HasSubstr("at 'attributeUpdates.a.member.action' failed to satisfy constraint"));
}

TEST(Legacy, KeyConditions_AreThoseOfAnExpression) {
  const auto request = decode<QueryRequest>(
      R"({"TableName":"tbl","KeyConditions":{"p":)" + with("EQ", R"({"S":"x"})") + R"(,"s":)" +
      with("BETWEEN", R"({"N":"1"},{"N":"2"})") + R"(},"AttributesToGet":["a","b.c"]})");
  ASSERT_TRUE(request) << request.error().message;
  ExpressionPrinter printer;
  EXPECT_EQ(printer.print(request->key_condition), "#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2");
  EXPECT_EQ(request->projection, (Projection{"a", "b.c"}));
}

TEST(Legacy, KeyConditions_MayBeManyForAKeyOfSeveralAttributes) {
  const auto request = decode<QueryRequest>(
      R"({"TableName":"tbl","IndexName":"abc","KeyConditions":{"p":)" + with("EQ", R"({"S":"x"})") +
      R"(,"s":)" + with("EQ", R"({"S":"y"})") + R"(,"t":)" + with("GT", R"({"N":"1"})") + "}}");
  ASSERT_TRUE(request) << request.error().message;
  ExpressionPrinter printer;
  EXPECT_EQ(printer.print(request->key_condition), "#n0 = :v0 AND #n1 = :v1 AND #n2 > :v2");
}

TEST(Legacy, KeyConditions_GoWithAFilterExpression) {
  EXPECT_TRUE(decode<QueryRequest>(R"({"TableName":"tbl","KeyConditions":{"p":)" +
                                   with("EQ", R"({"S":"x"})") +
                                   R"j(},"FilterExpression":"attribute_exists(a)"})j"));
}

}  // namespace
}  // namespace dynamodb::wire
