// UpdateItem: what each clause makes of an item, what it refuses, and what it returns.
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class UpdateTest : public ConformanceTest {
 protected:
  void SetUp() override { table_ = make_table(hash_key()); }

  // The item's other attributes after `expression` was applied to {pk, `before`…}.
  Item after(Item before, UpdateExpression expression) {
    before["pk"] = "k";
    put(table_, std::move(before));
    update_item(table_, key_, std::move(expression));
    Item item = get(table_, key_).value();
    item.erase("pk");
    return item;
  }
  Item after(Item before, std::string_view text, Values values = {}) {
    return after(std::move(before), update(text, std::move(values)));
  }

  // That `expression` is refused with `part` and leaves the item as it was.
  testing::AssertionResult refused(Item before, UpdateExpression expression,
                                   std::string_view part) {
    before["pk"] = "k";
    put(table_, before);
    auto result =
        fails(db().update_item({.table = table_, .key = key_, .update = std::move(expression)}),
              ErrorCode::validation, part);
    if (result && get(table_, key_) != before)
      return testing::AssertionFailure() << "refused, but the item changed";
    return result;
  }
  testing::AssertionResult refused(Item before, std::string_view text, Values values,
                                   std::string_view part) {
    return refused(std::move(before), update(text, std::move(values)), part);
  }

  std::optional<Item> returned(Item key, std::string_view text, Values values,
                               ReturnValues wanted) {
    const auto result = db().update_item({.table = table_,
                                          .key = std::move(key),
                                          .update = update(text, std::move(values)),
                                          .return_values = wanted})
                            .value();
    if (!result.attributes) return std::nullopt;
    return unpack(result.attributes->view());
  }

  std::string table_;
  const Item key_{{"pk", "k"}};
};
RUN_ON_EVERY_BACKEND(UpdateTest);

TEST_P(UpdateTest, Set_RightHandSides_ReadTheOldItem) {
  EXPECT_EQ(after({{"a", 1}, {"b", 2}}, "SET a = b, b = a"), (Item{{"a", 2}, {"b", 1}}));
  EXPECT_EQ(after({{"a", 1}}, "SET b = a REMOVE a"), (Item{{"b", 1}}));
  EXPECT_EQ(after({{"l", List{0, 1, 2}}}, "SET l[0] = l[2], x = l[0] REMOVE l[1]"),
            (Item{{"l", List{2, 2}}, {"x", 0}}));
}

TEST_P(UpdateTest, Set_NestedPath_NeedsItsParents) {
  EXPECT_EQ(after({{"a", Map{{"b", Map{}}}}}, "SET a.b.c = :v", {{":v", 1}}),
            (Item{{"a", Map{{"b", Map{{"c", 1}}}}}}));
  const std::string_view part =
      "The document path provided in the update expression is invalid for update";
  EXPECT_TRUE(refused({}, "SET a.b = :v", {{":v", 1}}, part));
  EXPECT_TRUE(refused({{"a", Map{}}}, "SET a.b.c = :v", {{":v", 1}}, part));
  EXPECT_TRUE(refused({{"a", "text"}}, "SET a.b = :v", {{":v", 1}}, part));
  EXPECT_TRUE(refused({{"a", "text"}}, "SET a[0] = :v", {{":v", 1}}, part));
  EXPECT_TRUE(refused({{"a", Map{}}}, "SET a[0] = :v", {{":v", 1}}, part));
  EXPECT_TRUE(refused({{"a", List{}}}, "SET a[0].b = :v", {{":v", 1}}, part));
}

TEST_P(UpdateTest, Set_PastTheEndOfAList_Appends) {
  EXPECT_EQ(after({{"l", List{"a"}}}, "SET l[99] = :v", {{":v", "b"}}),
            (Item{{"l", List{"a", "b"}}}));
  EXPECT_EQ(after({{"l", List{"a"}}}, "SET l[7] = :x, l[5] = :v", {{":v", "b"}, {":x", "c"}}),
            (Item{{"l", List{"a", "b", "c"}}}));
}

TEST_P(UpdateTest, Set_MissingSource_IsRefused) {
  const std::string_view part = "refers to an attribute that does not exist in the item";
  EXPECT_TRUE(refused({}, "SET a = b", {}, part));
  EXPECT_TRUE(refused({}, "SET a = a + :v", {{":v", 1}}, part));
  EXPECT_TRUE(refused({{"l", List{}}}, "SET a = l[0]", {}, part));
}

TEST_P(UpdateTest, Set_Arithmetic_IsExactDecimal) {
  EXPECT_EQ(after({{"n", number("0.1")}}, "SET n = n + :v", {{":v", number("0.2")}}),
            (Item{{"n", number("0.3")}}));
  EXPECT_EQ(after({{"n", 5}}, "SET n = :v - n", {{":v", 3}}), (Item{{"n", -2}}));
  EXPECT_EQ(after({{"n", number("99999999999999999999999999999999999999")}}, "SET n = n - :v",
                  {{":v", 1}}),
            (Item{{"n", number("99999999999999999999999999999999999998")}}));
  EXPECT_TRUE(refused({{"n", "5"}}, "SET n = n + :v", {{":v", 1}}, "incorrect data type"));
}

// DynamoDB refuses what it cannot hold exactly, rather than rounding.
TEST_P(UpdateTest, Arithmetic_OutOfRange_IsRefused) {
  EXPECT_TRUE(refused({{"n", number("1E37")}}, "SET n = n + :v", {{":v", number("0.1")}},
                      "38 significant digits"));
  EXPECT_TRUE(refused({{"n", number("9.9E125")}}, "SET n = n + :v", {{":v", number("9.9E125")}},
                      "overflow"));
  EXPECT_TRUE(refused({{"n", number("1E37")}}, "ADD n :v", {{":v", number("0.1")}},
                      "38 significant digits"));
}

TEST_P(UpdateTest, IfNotExists_TakesThePathOrTheOther) {
  EXPECT_EQ(after({{"n", 5}}, "SET n = if_not_exists(n, :v)", {{":v", 1}}), (Item{{"n", 5}}));
  EXPECT_EQ(after({}, "SET n = if_not_exists(n, :v)", {{":v", 1}}), (Item{{"n", 1}}));
  EXPECT_EQ(after({{"o", 7}}, "SET n = if_not_exists(n, o)"), (Item{{"n", 7}, {"o", 7}}));
  EXPECT_EQ(after({}, "SET n = if_not_exists(n, :z) + :v", {{":z", 0}, {":v", 1}}),
            (Item{{"n", 1}}));
}

TEST_P(UpdateTest, ListAppend_JoinsListsInBothOrders) {
  EXPECT_EQ(after({{"l", List{1}}}, "SET l = list_append(l, :v)", {{":v", List{2, 3}}}),
            (Item{{"l", List{1, 2, 3}}}));
  EXPECT_EQ(after({{"l", List{1}}}, "SET l = list_append(:v, l)", {{":v", List{2, 3}}}),
            (Item{{"l", List{2, 3, 1}}}));
  EXPECT_EQ(
      after({}, "SET l = list_append(if_not_exists(l, :e), :v)", {{":e", List{}}, {":v", List{1}}}),
      (Item{{"l", List{1}}}));
  EXPECT_TRUE(refused({{"l", "text"}}, "SET l = list_append(l, :v)", {{":v", List{2}}},
                      "incorrect data type"));
  EXPECT_TRUE(refused({}, "SET l = list_append(l, :v)", {{":v", List{2}}}, "does not exist"));
}

// L! takes it.
TEST_P(UpdateTest, ListAppend_WithinListAppend_IsRefused) {
  UpdateExpression expression;
  const SetOperand list{AttributeValue(List{1})};
  expression.set.push_back({Path("l"), list_append(list_append(list, list), list)});
  EXPECT_TRUE(refused({}, std::move(expression), "not allowed to be used this way"));
}

TEST_P(UpdateTest, ListAppend_ConstantOfAnotherType_IsRefused) {
  UpdateExpression expression;
  expression.set.push_back({Path("l"), list_append({Path("l")}, {AttributeValue("text")})});
  EXPECT_TRUE(refused({{"l", List{}}}, std::move(expression), "Incorrect operand type"));
}

TEST_P(UpdateTest, Remove_ListElements_ReferToOldPositions) {
  EXPECT_EQ(after({{"l", List{0, 1, 2, 3, 4}}}, "REMOVE l[1], l[3]"), (Item{{"l", List{0, 2, 4}}}));
  EXPECT_EQ(after({{"l", List{0}}}, "REMOVE l[0], l[9]"), (Item{{"l", List{}}}));
}

TEST_P(UpdateTest, Remove_MissingLeafIsSilentMissingParentIsNot) {
  EXPECT_EQ(after({{"a", Map{}}, {"n", 1}}, "REMOVE b, a.x"), (Item{{"a", Map{}}, {"n", 1}}));
  const std::string_view part = "document path";
  EXPECT_TRUE(refused({}, "REMOVE a.b", {}, part));
  EXPECT_TRUE(refused({{"a", 1}}, "REMOVE a.b", {}, part));
  EXPECT_TRUE(refused({{"a", Map{}}}, "REMOVE a.b.c", {}, part));
}

TEST_P(UpdateTest, Add_SumsNumbersAndUnitesSets) {
  EXPECT_EQ(after({{"n", 5}}, "ADD n :v", {{":v", -7}}), (Item{{"n", -2}}));
  EXPECT_EQ(after({}, "ADD n :v", {{":v", 3}}), (Item{{"n", 3}}));
  EXPECT_EQ(after({{"s", StringSet::make({"a", "b"})}}, "ADD s :v",
                  {{":v", StringSet::make({"b", "c"})}}),
            (Item{{"s", StringSet::make({"a", "b", "c"})}}));
  EXPECT_EQ(after({{"s", NumberSet::make({1, 10})}}, "ADD s :v",
                  {{":v", NumberSet::make({number("1.0"), 9})}}),
            (Item{{"s", NumberSet::make({1, 9, 10})}}));
  EXPECT_EQ(after({}, "ADD s :v", {{":v", BinarySet::make({"x"})}}),
            (Item{{"s", BinarySet::make({"x"})}}));
}

TEST_P(UpdateTest, AddAndDelete_AnotherType_AreRefused) {
  const std::string_view part = "incorrect data type";
  EXPECT_TRUE(refused({{"n", "5"}}, "ADD n :v", {{":v", 1}}, part));
  EXPECT_TRUE(
      refused({{"s", StringSet::make({"1"})}}, "ADD s :v", {{":v", NumberSet::make({1})}}, part));
  EXPECT_TRUE(refused({{"s", List{"1"}}}, "ADD s :v", {{":v", StringSet::make({"1"})}}, part));
  EXPECT_TRUE(refused({{"s", StringSet::make({"1"})}}, "DELETE s :v",
                      {{":v", NumberSet::make({1})}}, part));
  EXPECT_TRUE(refused({{"n", 1}}, "DELETE n :v", {{":v", NumberSet::make({1})}}, part));
}

// The type of the operand alone is wrong: no item can make it right.
TEST_P(UpdateTest, AddAndDelete_OperandsThatNeverFit_AreRefused) {
  UpdateExpression add_text, delete_number, empty_set;
  add_text.add.push_back({Path("v"), AttributeValue("text")});
  delete_number.del.push_back({Path("v"), AttributeValue(1)});
  empty_set.add.push_back({Path("v"), AttributeValue(StringSet{})});
  EXPECT_TRUE(refused({}, std::move(add_text), "Incorrect operand type"));
  EXPECT_TRUE(refused({}, std::move(delete_number), "Incorrect operand type"));
  EXPECT_TRUE(refused({}, std::move(empty_set), "empty"));
}

TEST_P(UpdateTest, Delete_TakesMembersOut) {
  const Item before{{"s", StringSet::make({"a", "b"})}};
  EXPECT_EQ(after(before, "DELETE s :v", {{":v", StringSet::make({"b", "z"})}}),
            (Item{{"s", StringSet::make({"a"})}}));
  // A set is never empty: without members the attribute is gone.
  EXPECT_EQ(after(before, "DELETE s :v", {{":v", StringSet::make({"a", "b"})}}), Item());
  EXPECT_EQ(after({{"n", 1}}, "DELETE s :v", {{":v", StringSet::make({"a"})}}), (Item{{"n", 1}}));
}

TEST_P(UpdateTest, AllClauses_Together) {
  EXPECT_EQ(
      after({{"a", 1}, {"b", 2}, {"n", 3}, {"s", NumberSet::make({1, 2})}},
            "SET a = :v REMOVE b ADD n :v DELETE s :s", {{":v", 10}, {":s", NumberSet::make({2})}}),
      (Item{{"a", 10}, {"n", 13}, {"s", NumberSet::make({1})}}));
}

TEST_P(UpdateTest, KeyAttributes_AreRefused) {
  const std::string_view part = "Cannot update attribute pk. This attribute is part of the key";
  EXPECT_TRUE(refused({}, "SET pk = :v", {{":v", "k"}}, part));
  EXPECT_TRUE(refused({}, "REMOVE pk", {}, part));
  EXPECT_TRUE(refused({}, "ADD pk :v", {{":v", 1}}, part));
}

TEST_P(UpdateTest, OverlappingPaths_AreRefused) {
  const auto remove_both = [](Path a, Path b) {
    UpdateExpression expression;
    expression.remove = {std::move(a), std::move(b)};
    return expression;
  };
  EXPECT_TRUE(refused({}, remove_both("a", "a"), "overlap"));
  EXPECT_TRUE(refused({}, remove_both("a", Path("a").child("b")), "overlap"));
  EXPECT_TRUE(refused({}, remove_both(Path("a").at(0), Path("a").child("b")), "conflict"));
  UpdateExpression set_and_remove;
  set_and_remove.set.push_back({Path("a"), {AttributeValue(1)}});
  set_and_remove.remove = {Path("a")};
  EXPECT_TRUE(refused({}, std::move(set_and_remove), "overlap"));
  // Neighbours do not overlap.
  EXPECT_EQ(after({{"a", Map{{"x", 1}, {"y", 2}, {"z", 3}}}}, "REMOVE a.x, a.y"),
            (Item{{"a", Map{{"z", 3}}}}));
}

TEST_P(UpdateTest, ValuesThatCannotBeStored_AreRefused) {
  AttributeValue deep = 1;
  for (int i = 0; i < 32; ++i) deep = List{deep};
  const auto set = [](Path path, AttributeValue value) {
    UpdateExpression expression;
    expression.set.push_back({std::move(path), {std::move(value)}});
    return expression;
  };
  EXPECT_TRUE(refused({}, set("a", deep), "Nesting Levels"));
  EXPECT_TRUE(refused({}, set("a", NumberSet{}), "empty"));
  // 32 levels can be stored at the top, not one level down.
  const AttributeValue deepest = deep.as<List>().front();
  EXPECT_EQ(after({}, set("a", deepest)), (Item{{"a", deepest}}));
  EXPECT_TRUE(refused({{"m", Map{}}}, set(Path("m").child("x"), deepest), "Nesting Levels"));
}

TEST_P(UpdateTest, MissingItem_IsCreatedByWhatSetsOrAdds) {
  const Item a{{"pk", "a"}}, b{{"pk", "b"}}, c{{"pk", "c"}};
  update_item(table_, a, update("SET v = :v", {{":v", 1}}));
  update_item(table_, b, update("ADD n :v", {{":v", 1}}));
  update_item(table_, c, {});
  EXPECT_EQ(get(table_, a), (Item{{"pk", "a"}, {"v", 1}}));
  EXPECT_EQ(get(table_, b), (Item{{"pk", "b"}, {"n", 1}}));
  EXPECT_EQ(get(table_, c), c);
}

// L! creates it, and refuses the nested REMOVE.
TEST_P(UpdateTest, MissingItem_IsNotCreatedByWhatOnlyRemoves) {
  update_item(table_, key_, update("REMOVE v"));
  update_item(table_, key_, update("DELETE s :v", {{":v", StringSet::make({"a"})}}));
  update_item(table_, key_, update("REMOVE a.b.c"));
  EXPECT_EQ(get(table_, key_), std::nullopt);
}

TEST_P(UpdateTest, ReturnValues_WholeItem) {
  EXPECT_EQ(returned(key_, "SET a = :v", {{":v", 1}}, ReturnValues::all_old), std::nullopt);
  EXPECT_EQ(returned(key_, "SET b = :v", {{":v", 2}}, ReturnValues::all_old),
            (Item{{"pk", "k"}, {"a", 1}}));
  EXPECT_EQ(returned(key_, "SET a = :v", {{":v", 3}}, ReturnValues::all_new),
            (Item{{"pk", "k"}, {"a", 3}, {"b", 2}}));
  EXPECT_EQ(returned(key_, "SET a = :v", {{":v", 3}}, ReturnValues::none), std::nullopt);
  // L! gives an item: a removal from a missing item makes none.
  EXPECT_EQ(returned({{"pk", "missing"}}, "REMOVE a", {}, ReturnValues::all_new), std::nullopt);
}

TEST_P(UpdateTest, ReturnValues_TouchedAttributes) {
  put(table_, {{"pk", "k"}, {"a", 1}, {"b", 2}, {"c", 3}});
  EXPECT_EQ(returned(key_, "SET a = :v, d = :v REMOVE b", {{":v", 9}}, ReturnValues::updated_old),
            (Item{{"a", 1}, {"b", 2}}));
  // UPDATED_NEW leaves out what was removed.
  EXPECT_EQ(returned(key_, "SET a = :v REMOVE c", {{":v", 8}}, ReturnValues::updated_new),
            (Item{{"a", 8}}));
  EXPECT_EQ(returned(key_, "REMOVE d", {}, ReturnValues::updated_new), std::nullopt);
  EXPECT_EQ(returned(key_, "SET z = :v", {{":v", 1}}, ReturnValues::updated_old), std::nullopt);
  EXPECT_EQ(returned({{"pk", "new"}}, "SET z = :v", {{":v", 1}}, ReturnValues::updated_new),
            (Item{{"z", 1}}));
  EXPECT_EQ(returned(key_, "ADD a :v", {{":v", 2}}, ReturnValues::updated_new), (Item{{"a", 10}}));
}

// L! gives whole top-level attributes.
TEST_P(UpdateTest, ReturnValues_TouchedNestedPathsOnly) {
  put(table_, {{"pk", "k"}, {"m", Map{{"x", 1}, {"y", 2}}}, {"l", List{0, 1, 2}}});
  EXPECT_EQ(returned(key_, "SET m.x = :v, l[2] = :v", {{":v", 9}}, ReturnValues::updated_old),
            (Item{{"m", Map{{"x", 1}}}, {"l", List{2}}}));
  EXPECT_EQ(returned(key_, "SET m.x = :v, l[2] = :v", {{":v", 8}}, ReturnValues::updated_new),
            (Item{{"m", Map{{"x", 8}}}, {"l", List{8}}}));
}

TEST_P(UpdateTest, FailedExpression_IsNotAFailedCondition) {
  put(table_, {{"pk", "k"}, {"a", "text"}});
  // The condition is looked at first.
  const auto result = db().update_item({.table = table_,
                                        .key = key_,
                                        .update = update("SET a.b = :v", {{":v", 1}}),
                                        .condition = condition("attribute_not_exists(a)")});
  EXPECT_TRUE(fails(result, ErrorCode::conditional_check_failed));
}

}  // namespace conformance
