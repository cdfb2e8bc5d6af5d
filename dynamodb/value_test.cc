#include "dynamodb/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

using ::testing::HasSubstr;

AttributeValue nested_maps(std::size_t containers) {
  AttributeValue value = "leaf";
  for (std::size_t i = 0; i < containers; ++i) value = Map{{"n", std::move(value)}};
  return value;
}
AttributeValue nested_lists(std::size_t containers) {
  AttributeValue value = "leaf";
  for (std::size_t i = 0; i < containers; ++i) value = List{std::move(value)};
  return value;
}

TEST(Value, Type_IsThatOfTheConstructor) {
  EXPECT_EQ(AttributeValue("x").type(), Type::S);
  EXPECT_EQ(AttributeValue(1).type(), Type::N);
  EXPECT_EQ(AttributeValue(Binary{"x"}).type(), Type::B);
  EXPECT_EQ(AttributeValue(true).type(), Type::BOOL);
  EXPECT_EQ(AttributeValue().type(), Type::NUL);
  EXPECT_EQ(AttributeValue(Map{}).type(), Type::M);
  EXPECT_EQ(AttributeValue(List{}).type(), Type::L);
  EXPECT_EQ(AttributeValue(StringSet::make({"a"})).type(), Type::SS);
  EXPECT_EQ(AttributeValue(NumberSet::make({1})).type(), Type::NS);
  EXPECT_EQ(AttributeValue(BinarySet::make({"a"})).type(), Type::BS);
}

TEST(Value, TypeNames_ReadBack) {
  for (int i = 1; i <= 10; ++i) {
    const auto type = static_cast<Type>(i);
    EXPECT_EQ(parse_type(type_name(type)), type);
  }
  EXPECT_EQ(type_name(Type::NUL), "NULL");
  EXPECT_EQ(parse_type("s"), std::nullopt);
  EXPECT_EQ(parse_type(""), std::nullopt);
}

TEST(Value, Equality_OfNumbersByValue_OfSetsWithoutOrder) {
  EXPECT_EQ(AttributeValue(*Number::parse("1.0")), AttributeValue(1));
  EXPECT_EQ(AttributeValue(NumberSet::make({3, *Number::parse("1e1"), 3})),
            AttributeValue(NumberSet::make({10, 3})));
  EXPECT_EQ(AttributeValue(StringSet::make({"b", "a"})),
            AttributeValue(StringSet::make({"a", "b", "a"})));
  EXPECT_NE(AttributeValue("1"), AttributeValue(1));
  EXPECT_NE(AttributeValue(StringSet::make({"a"})), AttributeValue(BinarySet::make({"a"})));
  EXPECT_NE(AttributeValue(List{1, 2}), AttributeValue(List{2, 1}));
}

TEST(Value, NumberSet_IsSortedByValue) {
  const auto set = NumberSet::make({10, 9, -1, *Number::parse("0.5")});
  EXPECT_EQ(set.members, (std::vector<Number>{-1, *Number::parse("0.5"), 9, 10}));
}

TEST(Value, Check_EmptySet_IsRefusedAtAnyDepth) {
  EXPECT_THAT(check_value(StringSet{}).value_or(""), HasSubstr("An string set  may not be empty"));
  EXPECT_THAT(check_value(NumberSet{}).value_or(""), HasSubstr("An number set  may not be empty"));
  EXPECT_THAT(check_value(BinarySet{}).value_or(""), HasSubstr("Binary sets should not be empty"));
  EXPECT_TRUE(check_value(List{Map{{"a", StringSet{}}}}));
  EXPECT_TRUE(check_item({{"a", List{NumberSet{}}}}));
}

TEST(Value, Check_EmptyStringBinaryListAndMap_AreFine) {
  for (const AttributeValue& value : {AttributeValue(""), AttributeValue(Binary{}),
                                      AttributeValue(List{}), AttributeValue(Map{})}) {
    EXPECT_EQ(check_value(value), std::nullopt);
  }
}

TEST(Value, Check_LeafAtLevel32_IsFine_AtLevel33_IsRefused) {
  for (const auto nested : {nested_maps, nested_lists}) {
    EXPECT_EQ(check_value(nested(31)), std::nullopt);
    EXPECT_THAT(check_value(nested(32)).value_or(""),
                HasSubstr("Nesting Levels have exceeded supported limits"));
    EXPECT_EQ(check_item({{"a", nested(31)}}), std::nullopt);
    EXPECT_TRUE(check_item({{"a", nested(32)}}));
  }
}

TEST(Value, Check_Names_Are1To65535Bytes) {
  EXPECT_EQ(check_item({{std::string(kMaxAttributeNameSize, 'n'), 1}}), std::nullopt);
  EXPECT_TRUE(check_item({{std::string(kMaxAttributeNameSize + 1, 'n'), 1}}));
  EXPECT_TRUE(check_item({{"", 1}}));
  EXPECT_TRUE(check_value(Map{{"", 1}}));
}

TEST(Value, Check_InvalidUtf8_IsRefused_InBinariesFine) {
  EXPECT_TRUE(check_value("\xFF"));
  EXPECT_TRUE(check_value(StringSet::make({"ok", "\xC3"})));
  EXPECT_TRUE(check_item({{"\xE2\x82", 1}}));
  EXPECT_EQ(check_value(Binary{"\xFF"}), std::nullopt);
  EXPECT_EQ(check_value(BinarySet::make({"\xFF"})), std::nullopt);
}

}  // namespace
}  // namespace dynamodb
