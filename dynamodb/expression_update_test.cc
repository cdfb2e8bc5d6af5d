#include <gtest/gtest.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_parser.h"

namespace dynamodb {
namespace {

constexpr char kInvalidPath[] =
    "The document path provided in the update expression is invalid for update";
constexpr char kNoAttribute[] =
    "The provided expression refers to an attribute that does not exist in the item";
constexpr char kOperandType[] = "An operand in the update expression has an incorrect data type";

const Item kItem = {{"pk", "k"},
                    {"a", 1},
                    {"b", 2},
                    {"s", "text"},
                    {"l", List{0, 1, 2, 3}},
                    {"m", Map{{"x", 1}, {"l", List{"p", "q"}}}},
                    {"ss", StringSet::make({"x", "y"})},
                    {"ns", NumberSet::make({1, 2})},
                    {"bs", BinarySet::make({"p"})}};

using Values = std::map<std::string, AttributeValue, std::less<>>;

UpdateExpression parsed(std::string_view text, const Values& values) {
  Placeholders placeholders{.values = values};
  auto update = parse_update(text, placeholders);
  EXPECT_TRUE(update) << update.error().message;
  return update ? *update : UpdateExpression{};
}

// What `text` makes of kItem: only the attributes that differ; removed ones are NULL.
Item changes(std::string_view text, const Values& values = {}) {
  Item item = kItem, changed;
  const auto result = apply_update(parsed(text, values), item);
  EXPECT_TRUE(result) << result.error().message;
  for (const auto& [name, value] : item) {
    if (!kItem.contains(name) || kItem.at(name) != value) changed.emplace(name, value);
  }
  for (const auto& [name, value] : kItem) {
    if (!item.contains(name)) changed.emplace(name, Null{});
  }
  return changed;
}
std::string failure(std::string_view text, const Values& values = {}) {
  Item item = kItem;
  const auto result = apply_update(parsed(text, values), item);
  if (result) return "";
  EXPECT_EQ(result.error().code, ErrorCode::validation);
  return result.error().message;
}

TEST(Update, RightHandSides_ReadTheOldItem) {
  EXPECT_EQ(changes("SET a = b, b = a"), (Item{{"a", 2}, {"b", 1}}));
  EXPECT_EQ(changes("SET c = a + :v ADD a :v", {{":v", 5}}), (Item{{"a", 6}, {"c", 6}}));
  EXPECT_EQ(changes("SET c = l REMOVE l"), (Item{{"c", kItem.at("l")}, {"l", Null{}}}));
}

TEST(Update, Set_NestedPaths) {
  EXPECT_EQ(changes("SET m.y = :v", {{":v", 9}}).at("m").as<Map>().at("y"), AttributeValue(9));
  EXPECT_EQ(changes("SET m.l[1] = :v", {{":v", "z"}}).at("m").as<Map>().at("l"),
            AttributeValue(List{"p", "z"}));
  EXPECT_EQ(failure("SET m.gone.x = :v", {{":v", 1}}), kInvalidPath);
  EXPECT_EQ(failure("SET nope.x = :v", {{":v", 1}}), kInvalidPath);
  EXPECT_EQ(failure("SET s.x = :v", {{":v", 1}}), kInvalidPath);
  EXPECT_EQ(failure("SET s[0] = :v", {{":v", 1}}), kInvalidPath);
  EXPECT_EQ(failure("SET m[0] = :v", {{":v", 1}}), kInvalidPath);
  EXPECT_EQ(failure("SET l.x = :v", {{":v", 1}}), kInvalidPath);
  EXPECT_EQ(failure("SET nope[0] = :v", {{":v", 1}}), kInvalidPath);
}

TEST(Update, Set_PastTheEndOfAList_AppendsInOrderOfPosition) {
  EXPECT_EQ(changes("SET l[99] = :a", {{":a", "a"}}).at("l"),
            AttributeValue(List{0, 1, 2, 3, "a"}));
  EXPECT_EQ(
      changes("SET l[99] = :a, l[50] = :b, l[1] = :c", {{":a", "a"}, {":b", "b"}, {":c", "c"}})
          .at("l"),
      AttributeValue(List{0, "c", 2, 3, "b", "a"}));
  EXPECT_EQ(failure("SET l[99].x = :a", {{":a", 1}}), kInvalidPath);
}

TEST(Update, Remove_SeveralPositions_AreThoseOfTheOldList) {
  EXPECT_EQ(changes("REMOVE l[0], l[2]").at("l"), AttributeValue(List{1, 3}));
  EXPECT_EQ(changes("REMOVE l[2], l[0], l[9]").at("l"), AttributeValue(List{1, 3}));
  EXPECT_EQ(changes("REMOVE l[4] SET l[7] = :v", {{":v", "new"}}).at("l"),
            AttributeValue(List{0, 1, 2, 3, "new"}));
  EXPECT_EQ(changes("REMOVE l[1] SET l[2] = :v", {{":v", "new"}}).at("l"),
            AttributeValue(List{0, "new", 3}));
}

TEST(Update, Remove_MissingLeafIsSilent_MissingParentIsAnError) {
  EXPECT_EQ(changes("REMOVE nope, m.nope, m.l[7]"), Item{});
  EXPECT_EQ(changes("REMOVE a, m.x").at("m"), AttributeValue(Map{{"l", List{"p", "q"}}}));
  EXPECT_EQ(failure("REMOVE nope.x"), kInvalidPath);
  EXPECT_EQ(failure("REMOVE m.nope.x"), kInvalidPath);
  EXPECT_EQ(failure("REMOVE s[0]"), kInvalidPath);
}

TEST(Update, Arithmetic) {
  EXPECT_EQ(changes("SET a = a + :v", {{":v", *Number::parse("0.5")}}),
            (Item{{"a", *Number::parse("1.5")}}));
  EXPECT_EQ(changes("SET a = b - a, m.x = :v - m.x", {{":v", 10}}).at("m").as<Map>().at("x"),
            AttributeValue(9));
  EXPECT_EQ(failure("SET a = s + :v", {{":v", 1}}), kOperandType);
  EXPECT_EQ(failure("SET a = nope + :v", {{":v", 1}}), kNoAttribute);
  EXPECT_EQ(failure("SET a = a + :v", {{":v", *Number::parse("1e125")}}),
            "Attempting to store more than 38 significant digits in a Number");
}

TEST(Update, PathAsValue_ThatDoesNotExist_IsAnError) {
  EXPECT_EQ(failure("SET a = nope"), kNoAttribute);
  EXPECT_EQ(failure("SET a = m.nope"), kNoAttribute);
  EXPECT_EQ(failure("SET a = l[9]"), kNoAttribute);
}

TEST(Update, IfNotExists_TakesTheOldValueOrTheOther) {
  EXPECT_EQ(changes("SET a = if_not_exists(a, :v)", {{":v", 9}}), Item{});
  EXPECT_EQ(changes("SET c = if_not_exists(c, :v)", {{":v", 9}}), (Item{{"c", 9}}));
  EXPECT_EQ(changes("SET c = if_not_exists(c, :v) + :v", {{":v", 1}}), (Item{{"c", 1 + 1}}));
  EXPECT_EQ(changes("SET c = if_not_exists(nope, a)"), (Item{{"c", 1}}));
  EXPECT_EQ(failure("SET c = if_not_exists(nope, gone)"), kNoAttribute);
}

TEST(Update, ListAppend_BothWays_ListsOnly) {
  EXPECT_EQ(changes("SET l = list_append(l, :v)", {{":v", List{"x"}}}).at("l"),
            AttributeValue(List{0, 1, 2, 3, "x"}));
  EXPECT_EQ(changes("SET l = list_append(:v, l)", {{":v", List{"x"}}}).at("l"),
            AttributeValue(List{"x", 0, 1, 2, 3}));
  EXPECT_EQ(
      changes("SET c = list_append(if_not_exists(c, :e), :v)", {{":e", List{}}, {":v", List{1}}}),
      (Item{{"c", List{1}}}));
  EXPECT_EQ(failure("SET l = list_append(s, :v)", {{":v", List{}}}), kOperandType);
  EXPECT_EQ(failure("SET l = list_append(nope, :v)", {{":v", List{}}}), kNoAttribute);
}

TEST(Update, Add_NumbersAndSets) {
  EXPECT_EQ(changes("ADD a :v, c :v", {{":v", -3}}), (Item{{"a", -2}, {"c", -3}}));
  EXPECT_EQ(changes("ADD ss :v", {{":v", StringSet::make({"z", "x"})}}).at("ss"),
            AttributeValue(StringSet::make({"x", "y", "z"})));
  EXPECT_EQ(changes("ADD ns :v", {{":v", NumberSet::make({10, -1})}}).at("ns"),
            AttributeValue(NumberSet::make({-1, 1, 2, 10})));
  EXPECT_EQ(changes("ADD bs :v, t :v", {{":v", BinarySet::make({"q"})}}),
            (Item{{"bs", BinarySet::make({"p", "q"})}, {"t", BinarySet::make({"q"})}}));
  EXPECT_EQ(changes("ADD m.x :v", {{":v", 1}}).at("m").as<Map>().at("x"), AttributeValue(2));
  EXPECT_EQ(failure("ADD s :v", {{":v", 1}}), kOperandType);
  EXPECT_EQ(failure("ADD ss :v", {{":v", NumberSet::make({1})}}), kOperandType);
  EXPECT_EQ(failure("ADD l :v", {{":v", 1}}), kOperandType);
}

TEST(Update, Delete_FromSets_LastMemberRemovesTheAttribute) {
  EXPECT_EQ(changes("DELETE ss :v", {{":v", StringSet::make({"x", "other"})}}),
            (Item{{"ss", StringSet::make({"y"})}}));
  EXPECT_EQ(changes("DELETE ss :v", {{":v", StringSet::make({"x", "y"})}}), (Item{{"ss", Null{}}}));
  EXPECT_EQ(changes("DELETE nope :v", {{":v", StringSet::make({"x"})}}), Item{});
  EXPECT_EQ(failure("DELETE ss :v", {{":v", NumberSet::make({1})}}), kOperandType);
  EXPECT_EQ(failure("DELETE s :v", {{":v", StringSet::make({"t"})}}), kOperandType);
}

TEST(Update, NestingPastTheLimit_IsRefused) {
  AttributeValue deep = 1;
  for (int i = 0; i < 30; ++i) deep = List{deep};  // 31 levels
  EXPECT_EQ(failure("SET m.x = :v", {{":v", deep}}), "");
  EXPECT_EQ(failure("SET m.l[0] = :v", {{":v", deep}}),
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested "
            "levels beyond "
            "supported limit");
}

TEST(Update, TouchedPaths_AreAllTargets) {
  const auto update = parsed("SET a = :n, m.x = :n REMOVE l[0] ADD b :n DELETE ss :s",
                             {{":n", 1}, {":s", StringSet::make({"x"})}});
  EXPECT_EQ(touched_paths(update),
            (Projection{"a", Path("m").child("x"), Path("l").at(0), "b", "ss"}));
}

TEST(Update, CreatesItem_UnlessItOnlyRemoves) {
  const Values values = {{":n", 1}, {":s", StringSet::make({"x"})}};
  EXPECT_TRUE(creates_item({}));
  EXPECT_TRUE(creates_item(parsed("SET a = :n REMOVE b", values)));
  EXPECT_TRUE(creates_item(parsed("ADD a :n", values)));
  EXPECT_FALSE(creates_item(parsed("REMOVE a", values)));
  EXPECT_FALSE(creates_item(parsed("REMOVE a DELETE ss :s", values)));
}

}  // namespace
}  // namespace dynamodb
