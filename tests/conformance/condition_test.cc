// Conditions of writes: which hold, which are refused, and that a failed one changes nothing.
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class ConditionTest : public ConformanceTest {};
RUN_ON_EVERY_BACKEND(ConditionTest);

TEST_P(ConditionTest, FailedCondition_ChangesNothingAndLeavesNoGhost) {
  const auto table = make_table(hash_key());
  const Item stored{{"pk", "a"}, {"v", 1}}, key{{"pk", "a"}}, missing{{"pk", "b"}};
  put(table, stored);
  const Condition wrong = condition("v = :v", {{":v", 2}});
  const auto failed = ErrorCode::conditional_check_failed;
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = key, .condition = wrong}), failed,
                    "conditional request failed"));
  EXPECT_TRUE(
      fails(db().update_item(
                {.table = table, .key = key, .update = update("REMOVE v"), .condition = wrong}),
            failed));
  EXPECT_TRUE(fails(db().delete_item({.table = table, .key = key, .condition = wrong}), failed));
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = missing, .condition = wrong}), failed));
  EXPECT_TRUE(fails(db().update_item({.table = table,
                                      .key = missing,
                                      .update = update("SET v = :v", {{":v", 2}}),
                                      .condition = wrong}),
                    failed));
  EXPECT_TRUE(
      fails(db().delete_item({.table = table, .key = missing, .condition = wrong}), failed));
  EXPECT_EQ(scan_all({.table = table}), std::vector{stored});
}

TEST_P(ConditionTest, Condition_OnMissingItem_SeesNoAttributesNotEvenTheKey) {
  const auto table = make_table(hash_key());
  const auto allows = [&](Condition c) {
    return db()
        .delete_item({.table = table, .key = {{"pk", "a"}}, .condition = std::move(c)})
        .has_value();
  };
  EXPECT_TRUE(allows(condition("attribute_not_exists(pk)")));
  EXPECT_FALSE(allows(condition("pk = :v", {{":v", "a"}})));
  EXPECT_TRUE(allows(condition("v <> :v", {{":v", 1}})));
  EXPECT_TRUE(allows(condition("NOT v = :v", {{":v", 1}})));
  EXPECT_FALSE(allows(condition("v < :v", {{":v", 1}})));
}

TEST_P(ConditionTest, Put_AttributeNotExists_InsertsOnce) {
  const auto table = make_table(hash_and_range_key());
  const auto insert = [&](const char* sk) {
    return db().put_item({.table = table,
                          .item = {{"pk", "a"}, {"sk", sk}},
                          .condition = attribute_not_exists("pk")});
  };
  EXPECT_TRUE(succeeds(insert("1")));
  EXPECT_TRUE(fails(insert("1"), ErrorCode::conditional_check_failed));
  // The condition looks at the item with the whole key, not at the partition.
  EXPECT_TRUE(succeeds(insert("2")));
}

TEST_P(ConditionTest, Condition_EveryOperator_FollowsDynamoDb) {
  const auto table = make_table(hash_key());
  put(table, {{"pk", "a"},
              {"n", 5},
              {"s", "hello"},
              {"b", Binary{"hello"}},
              {"hi", 7},
              {"t", true},
              {"nul", Null{}},
              {"e", "é😀"},
              {"ss", StringSet::make({"x", "y"})},
              {"ns", NumberSet::make({1, 2})},
              {"l", List{1, "two"}},
              {"m", Map{{"k", 1}}}});
  struct Case {
    std::string_view text;
    AttributeValue v;
    bool holds;
  };
  const std::vector<Case> kCases = {
      {"n = :v", number("5.0"), true},
      {"n = :v", "5", false},
      {"n <> :v", "5", true},
      {"n < :v", 10, true},
      {"n < :v", "9", false},
      {"n >= :v", 5, true},
      {"s > :v", "Hello", true},
      {"s < :v", "hello!", true},
      {"b <= :v", Binary{"hello"}, true},
      {"t = :v", true, true},
      {"t <> :v", false, true},
      {"nul = :v", Null{}, true},
      {"ss = :v", StringSet::make({"y", "x"}), true},
      {"ns = :v", NumberSet::make({2, number("1.0")}), true},
      {"ss = :v", StringSet::make({"x"}), false},
      {"l = :v", List{1, "two"}, true},
      {"l = :v", List{"two", 1}, false},
      {"m = :v", Map{{"k", 1}}, true},
      {"m.k = :v", 1, true},
      {"l[1] = :v", "two", true},
      {"l[2] = :v", "two", false},
      {"n BETWEEN :v AND hi", 5, true},
      {"n BETWEEN :v AND hi", 6, false},
      {"n BETWEEN :v AND s", 5, false},
      {"n IN (s, :v)", 5, true},
      {"n IN (s, :v)", 6, false},
      {"begins_with(s, :v)", "he", true},
      {"begins_with(s, :v)", "e", false},
      {"begins_with(b, :v)", Binary{"he"}, true},
      {"begins_with(s, :v)", Binary{"he"}, false},
      {"contains(s, :v)", "ell", true},
      {"contains(ss, :v)", "x", true},
      {"contains(ns, :v)", 2, true},
      {"contains(ns, :v)", "2", false},
      {"contains(l, :v)", "two", true},
      {"contains(l, :v)", 3, false},
      {"attribute_type(l, :v)", "L", true},
      {"attribute_type(nul, :v)", "NULL", true},
      {"attribute_type(l, :v)", "M", false},
      {"size(s) = :v", 5, true},
      {"size(l) > :v", 1, true},
      // size() counts UTF-16 code units; a number has none, and then no comparison holds.
      {"size(e) = :v", 3, true},
      {"size(n) < :v", 100, false},
      {"size(n) <> :v", 100, false},
      {"size(s) = :v", "5", false},
      {"attribute_exists(m.k) AND n = :v", 5, true},
      {"attribute_exists(m.z) OR n = :v", 5, true},
      {"NOT n = :v AND n = n2", 5, false},
      {"n = :v OR s = :v AND t = :v", 5, true},
      {"NOT (n = :v OR s = :v)", 6, true},
      {"absent < :v", 9, false},
      {"NOT absent < :v", 9, true},
      {"absent <> :v", 9, true},
      {"absent IN (:v)", 9, false},
  };
  for (const auto& each : kCases) {
    const auto result = db().transact_write_items(
        {.actions = {ConditionCheck{.table = table,
                                    .key = {{"pk", "a"}},
                                    .condition = condition(each.text, {{":v", each.v}})}}});
    EXPECT_EQ(result.has_value(), each.holds) << each.text << " with " << text_of(each.v);
  }
}

TEST_P(ConditionTest, Condition_WrongTree_IsAValidationError) {
  const auto table = make_table(hash_key());
  const auto refused = [&](Condition c, std::string_view part) {
    return fails(db().put_item({.table = table, .item = {{"pk", "a"}}, .condition = std::move(c)}),
                 ErrorCode::validation, part);
  };
  const AttributeValue one = 1, two = 2;
  EXPECT_TRUE(refused(compare(ConditionOp::less, Path("a"), AttributeValue(true)),
                      "Incorrect operand type"));
  EXPECT_TRUE(refused(between(Path("a"), two, one),
                      "upper bound to be greater than or equal to lower bound"));
  EXPECT_TRUE(refused(between(Path("a"), one, AttributeValue("2")), "same data type"));
  EXPECT_TRUE(refused(begins_with(Path("a"), one), "Incorrect operand type"));
  EXPECT_TRUE(refused(contains(Path("a"), Path("a")), "must be distinct"));
  EXPECT_TRUE(refused(in(Path("a"), std::vector<Operand>(101, one)), "IN operator"));
  Condition many;
  for (int i = 0; i < 400; ++i) many = many && equal(Path("a"), one);
  EXPECT_TRUE(refused(many, {}));  // too many operators; as text, too long
}

TEST_P(ConditionTest, ReturnOldOnConditionFailure_PutsTheItemIntoTheError) {
  const auto table = make_table(hash_key());
  const Item stored{{"pk", "a"}, {"v", 1}}, key{{"pk", "a"}};
  put(table, stored);
  const Condition wrong = condition("v = :v", {{":v", 2}});
  const auto put_error = [&](Item item, bool wanted) {
    return db()
        .put_item({.table = table,
                   .item = std::move(item),
                   .condition = wrong,
                   .return_old_on_condition_failure = wanted})
        .error();
  };
  EXPECT_EQ(put_error(key, true).item, PackedItem(stored));
  EXPECT_EQ(put_error(key, false).item, std::nullopt);
  EXPECT_EQ(put_error({{"pk", "missing"}}, true).item, std::nullopt);
  EXPECT_EQ(db().update_item({.table = table,
                              .key = key,
                              .update = update("REMOVE v"),
                              .condition = wrong,
                              .return_old_on_condition_failure = true})
                .error()
                .item,
            PackedItem(stored));
  EXPECT_EQ(db().delete_item({.table = table,
                              .key = key,
                              .condition = wrong,
                              .return_old_on_condition_failure = true})
                .error()
                .item,
            PackedItem(stored));
}

}  // namespace conformance
