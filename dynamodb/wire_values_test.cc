// Attribute values and items as JSON, both ways.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/test_random_values.h"
#include "dynamodb/wire.h"
#include "dynamodb/wire_messages.h"

namespace dynamodb::wire {
namespace {

using dynamodb::testing::RandomValues;
using ::testing::HasSubstr;

std::string json_of(const Item& item) {
  std::string text;
  append_json(text, item);
  return text;
}

TEST(WireValues, EveryType_AsDynamoDbWritesIt) {
  EXPECT_EQ(
      json_of({{"b", Binary{"a\xFF"}},
               {"bs", BinarySet::make({"", "x", "xyz"})},
               {"f", false},
               {"l", List{1, List{}}},
               {"m", Map{{"k", "\"\n"}}},
               {"n", *Number::parse("-1.50")},
               {"ns", NumberSet::make({10, 9})},
               {"s", "é"},
               {"ss", StringSet::make({"b", "a"})},
               {"z", Null{}}}),
      R"({"b":{"B":"Yf8="},"bs":{"BS":["","eA==","eHl6"]},"f":{"BOOL":false},"l":{"L":[{"N":"1"},{"L":[]}]},)"
      R"("m":{"M":{"k":{"S":"\"\n"}}},"n":{"N":"-1.5"},"ns":{"NS":["9","10"]},"s":{"S":"é"},"ss":{"SS":["a","b"]},)"
      R"("z":{"NULL":true}})");
  EXPECT_EQ(json_of({}), "{}");
}

TEST(WireValues, Property_RoundTrip_AsTreeAndPacked) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE(seed);
  RandomValues random(seed);
  for (int i = 0; i < 2'000; ++i) {
    const Item item = random.item();
    const std::string json = json_of(item);
    const auto tree = decode_item(json);
    ASSERT_TRUE(tree) << tree.error().message << json;
    ASSERT_EQ(*tree, item) << json;
    ASSERT_EQ(*decode_packed_item(json), PackedItem(item)) << json;
  }
}

// Texts are written in steps, for which room is made in steps.
TEST(WireValues, LongTexts_OfEveryLength_RoundTrip) {
  for (std::size_t size = 0; size < 3000; size += 7) {
    std::string text;
    while (text.size() < size)
      text += text.size() % 3 == 0 ? "\x01" : text.size() % 5 == 0 ? "日" : "x";
    const Item item{{"a", text}, {text + "b", List{text, Binary{text}}}};
    const auto read = decode_item(json_of(item));
    ASSERT_TRUE(read) << size;
    ASSERT_EQ(*read, item) << size;
  }
}

std::string refusal(std::string_view json, ErrorCode code) {
  const auto tree = decode_value(json);
  const auto packed = decode_packed_item("{\"a\":" + std::string(json) + "}");
  EXPECT_FALSE(tree) << json;
  EXPECT_FALSE(packed) << json;
  if (tree || packed) return "";
  EXPECT_EQ(tree.error().code, code) << json << tree.error().message;
  EXPECT_EQ(packed.error().code, code) << json << packed.error().message;
  return tree.error().message;
}

TEST(WireValues, WrongJsonTypes_AreSerializationErrors) {
  for (const char* json :
       {R"({"N":5})", R"({"S":5})", R"({"S":{}})", R"({"BOOL":"maybe"})", R"({"NULL":"x"})",
        R"({"L":{}})", R"({"M":[]})", R"({"SS":"a"})", R"({"SS":[1]})", R"({"NS":[1]})",
        R"({"B":1})", R"("x")", R"([])", R"(5)"}) {
    refusal(json, ErrorCode::serialization);
  }
}

TEST(WireValues, Base64_IsStrict) {
  for (const char* base64 : {"YQ", "YQ=", "Y===", "====", "YQ==YQ==", "Y Q=", "YR==", "YWJ=",
                             "Y\\u0000==", "-_-_", "é==="}) {
    EXPECT_THAT(refusal(R"({"B":")" + std::string(base64) + "\"}", ErrorCode::serialization),
                ::testing::AnyOf(HasSubstr("Base64"), HasSubstr("base-64")))
        << base64;
  }
  EXPECT_EQ(decode_value(R"({"B":""})")->as<Binary>().bytes, "");
  EXPECT_EQ(decode_value(R"({"B":"+/8="})")->as<Binary>().bytes, "\xFB\xFF");
}

TEST(WireValues, WhatDynamoDbRefuses_IsAValidationError) {
  EXPECT_THAT(refusal("{}", ErrorCode::validation), HasSubstr("Supplied AttributeValue is empty"));
  EXPECT_THAT(refusal(R"({"X":"a"})", ErrorCode::validation),
              HasSubstr("Supplied AttributeValue is empty"));
  EXPECT_THAT(refusal(R"({"S":"a","N":"1"})", ErrorCode::validation),
              HasSubstr("more than one datatypes set"));
  EXPECT_THAT(refusal(R"({"NULL":false})", ErrorCode::validation),
              HasSubstr("Null attribute value types must have the value of true"));
  EXPECT_THAT(refusal(R"({"N":"abc"})", ErrorCode::validation),
              HasSubstr("cannot be converted to a numeric value: abc"));
  EXPECT_THAT(refusal(R"({"SS":["a","b","a"]})", ErrorCode::validation),
              HasSubstr("Input collection [a, b, a] contains duplicates."));
  EXPECT_THAT(refusal(R"({"BS":["Yg==","Yg=="]})", ErrorCode::validation),
              HasSubstr("Input collection [Yg==, Yg==]of type BS contains duplicates."));
  EXPECT_THAT(refusal(R"({"NS":["1","1.0"]})", ErrorCode::validation),
              HasSubstr("Input collection contains duplicates"));
  EXPECT_EQ(*decode_value(R"({"S":"a","Unknown":1,"N":null})"), AttributeValue("a"));
}

TEST(WireValues, UnreadableText_IsASerializationError) {
  for (const char* json : {"", "{", "{\"a\":}", "nul", "{\"a\":{\"S\":\"\xFF\"}}",
                           R"({"a":{"S":"x"}} x)", R"({"a":{"S":"x"},"a":{"S":"y"}})",
                           R"({"a":{"M":{"k":{"S":"x"},"k":{"S":"y"}}}})", "[]", "\"x\"", "null"}) {
    const auto item = decode_packed_item(json);
    ASSERT_FALSE(item) << json;
    EXPECT_EQ(item.error().code, ErrorCode::serialization) << json;
    EXPECT_FALSE(decode<GetItemResult>(json)) << json;
  }
}

TEST(WireValues, Nesting_LegalIsRead_AbsurdIsRefused) {
  const auto nested = [](int containers) {
    std::string json = R"({"S":"leaf"})";
    for (int i = 0; i < containers; ++i) json = R"({"L":[)" + json + "]}";
    return json;
  };
  EXPECT_EQ(check_value(*decode_value(nested(31))), std::nullopt);
  EXPECT_TRUE(check_value(*decode_value(nested(32))));  // readable, so that the error is DynamoDB's
  EXPECT_FALSE(decode_value(nested(400)));
  EXPECT_FALSE(decode_value(std::string(100'000, '[')));
}

// A value of two types has both looked at: if either were looked at twice, each level would double
// the work.
TEST(WireValues, TwoTypesAtEveryLevel_AreRefused) {
  std::string json = R"({"S":"leaf"})";
  for (int i = 0; i < 200; ++i) json = R"({"M":{"a":)" + json + R"(},"S":"x"})";
  EXPECT_THAT(refusal(json, ErrorCode::validation), HasSubstr("more than one datatypes set"));
}

TEST(WireValues, TypesAreLookedAt_BeforeTheirNumber) {
  EXPECT_THAT(refusal(R"({"S":"x","M":{"a":{"N":"abc"}}})", ErrorCode::validation),
              HasSubstr("cannot be converted to a numeric value: abc"));
  EXPECT_NE(refusal(R"({"S":"x","N":5})", ErrorCode::serialization), "");
}

// So many that comparing each with each other would not end.
TEST(WireValues, Repeats_AmongAnyNumberOfMembers_AreRefused) {
  std::string json;
  for (int i = 0; i < 300'000; ++i) json += "\"" + std::to_string(i) + "\",";
  const std::string item = R"({"TableName":"tbl","Key":{"k":{"SS":[)" + json + R"("0"]}}})";
  set_cohort(Cohort::us_east_1_october_2026);  // its messages list the members up to the repeated
  const auto request = decode<GetItemRequest>(item);
  set_cohort(Cohort::us_east_1_may_2026);
  ASSERT_FALSE(request);
  EXPECT_THAT(request.error().message, ::testing::EndsWith("contains duplicates."));
}

}  // namespace
}  // namespace dynamodb::wire
