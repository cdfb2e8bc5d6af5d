// Trees that were built, not parsed: the same rules hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/expression.h"
#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

using ::testing::HasSubstr;
using V = AttributeValue;

std::string problem(const Condition& condition) {
  return check_condition(condition, "FilterExpression").value_or("");
}

TEST(CheckCondition, Empty_IsFine) { EXPECT_EQ(problem(Condition()), ""); }

TEST(CheckCondition, Comparison_NeedsOrderedConstants_EqualityAny) {
  EXPECT_EQ(problem(compare(ConditionOp::less, Path("a"), V(true))),
            "Invalid FilterExpression: Incorrect operand type for operator or function; operator "
            "or function: <, "
            "operand type: BOOL");
  EXPECT_EQ(problem(compare(ConditionOp::less, Path("a"), V(Binary{"x"}))), "");
  EXPECT_EQ(problem(equal(Path("a"), V(List{}))), "");
  EXPECT_THAT(problem(between(Path("a"), V(Null{}), V(Null{}))),
              HasSubstr("operator or function: BETWEEN"));
}

TEST(CheckCondition, BetweenBounds_AreOrderedAndOfOneType) {
  EXPECT_EQ(problem(between(Path("a"), V(1), V(1))), "");
  EXPECT_EQ(problem(between(Path("a"), V(10), V(9))),
            "Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater "
            "than or equal to lower "
            "bound; lower bound operand: AttributeValue: {N:10}, upper bound operand: "
            "AttributeValue: {N:9}");
  EXPECT_EQ(problem(between(Path("a"), V(1), V("a"))),
            "Invalid FilterExpression: The BETWEEN operator requires same data type for lower and "
            "upper bounds; lower "
            "bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}");
  EXPECT_EQ(problem(between(Path("a"), Path("b"), V(1))), "");
}

TEST(CheckCondition, In_Takes100Candidates) {
  std::vector<Operand> candidates(kMaxInCandidates, V(1));
  EXPECT_EQ(problem(in(Path("a"), candidates)), "");
  candidates.emplace_back(V(1));
  EXPECT_THAT(problem(in(Path("a"), candidates)),
              HasSubstr("too many operands; number of operands: 101"));
  EXPECT_NE(problem(in(Path("a"), {})), "");
}

TEST(CheckCondition, Takes300Operators) {
  Condition all;
  for (int i = 0; i < 150; ++i) all = all && attribute_exists("a");
  EXPECT_EQ(problem(all), "");   // 149 ANDs and 150 functions
  EXPECT_EQ(problem(!all), "");  // 300
  EXPECT_THAT(problem(!!all), HasSubstr("too many operators"));
  Condition deep = attribute_exists("a");
  for (int i = 0; i < 10'000; ++i) deep = !deep;
  EXPECT_THAT(problem(deep), HasSubstr("too many operators"));
}

TEST(CheckCondition, FirstOperand_IsDistinct) {
  EXPECT_EQ(problem(contains(Path("a").at(1).child("b"), Path("a").at(1).child("b"))),
            "Invalid FilterExpression: The first operand must be distinct from the remaining "
            "operands for this operator "
            "or function; operator: contains, first operand: [a, [1], b]");
  EXPECT_NE(problem(equal(Path("a"), Path("a"))), "");
  EXPECT_NE(problem(in(Path("a"), {V(1), Path("a")})), "");
  EXPECT_EQ(problem(equal(V(1), V(1))), "");
}

TEST(CheckCondition, FunctionOperands) {
  EXPECT_THAT(problem(begins_with("a", V(1))), HasSubstr("begins_with, operand type: N"));
  EXPECT_EQ(problem(begins_with("a", V("x"))), "");
  EXPECT_THAT(
      problem(Condition({.op = ConditionOp::attribute_type, .operands = {Path("a"), V("X")}})),
      HasSubstr("Invalid attribute type name found; type: X"));
  EXPECT_THAT(problem(Condition({.op = ConditionOp::attribute_exists, .operands = {V("a")}})),
              HasSubstr("requires a document path; operator or function: attribute_exists"));
}

TEST(CheckCondition, MalformedNodes_AreRefused) {
  EXPECT_NE(problem(Condition({.op = ConditionOp::equal, .operands = {Path("a")}})), "");
  EXPECT_NE(problem(Condition({.op = ConditionOp::and_})), "");
  EXPECT_NE(problem(Condition({.op = ConditionOp::not_, .children = {Condition()}})), "");
  EXPECT_NE(problem(equal(Path(std::vector<Path::Step>{std::uint32_t{1}}), V(1))), "");
  EXPECT_NE(problem(equal(Path(std::vector<Path::Step>{}), V(1))), "");
}

TEST(CheckCondition, Constants_AreCheckedAsValues) {
  EXPECT_THAT(problem(equal(Path("a"), V(StringSet{}))),
              HasSubstr("An string set  may not be empty"));
  EXPECT_NE(problem(equal(Path("a"), V("\xFF"))), "");
}

TEST(CheckUpdate, OverlappingPaths_AreRefused_BeforeConflictingOnes) {
  UpdateExpression update;
  update.set = {{Path("a").child("b"), {V(1)}}};
  update.remove = {Path("a").at(0)};
  EXPECT_EQ(check_update(update).value_or(""),
            "Invalid UpdateExpression: Two document paths conflict with each other; must remove or "
            "rewrite one of these "
            "paths; path one: [a, b], path two: [a, [0]]");
  update.add = {{Path("a"), V(1)}};
  EXPECT_EQ(check_update(update).value_or(""),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or "
            "rewrite one of these "
            "paths; path one: [a, b], path two: [a]");
  update.remove.clear();
  update.add = {{Path("a").child("c"), V(1)}};
  EXPECT_EQ(check_update(update), std::nullopt);
}

// So many that comparing each with each other would not end.
TEST(CheckUpdate, AnyNumberOfPaths_AreCompared) {
  UpdateExpression update;
  for (int i = 0; i < 100'000; ++i) update.set.push_back({"a" + std::to_string(i), {V(1)}});
  EXPECT_EQ(check_update(update), std::nullopt);
}

TEST(CheckUpdate, Clash_IsFoundBetweenOtherPaths) {
  for (const Path& other :
       {Path("b"), Path("b").child("m"), Path("b").child("m").at(7), Path("b").at(1)}) {
    UpdateExpression update{.remove = {Path("b").child("m").child("x"), Path("a").at(0),
                                       Path("b").child("a"), Path("b").child("z"), Path("b.m"),
                                       Path("c"), other}};
    EXPECT_THAT(check_update(update).value_or(""), HasSubstr("with each other")) << other.str();
    update.remove.pop_back();
    EXPECT_EQ(check_update(update), std::nullopt);
  }
}

TEST(CheckUpdate, AddAndDelete_TakeNumbersAndSets) {
  const auto add = [](V value) {
    return check_update({.add = {{Path("a"), std::move(value)}}}).value_or("");
  };
  const auto del = [](V value) {
    return check_update({.del = {{Path("a"), std::move(value)}}}).value_or("");
  };
  EXPECT_EQ(add(1), "");
  EXPECT_EQ(add(StringSet::make({"a"})), "");
  EXPECT_EQ(del(NumberSet::make({1})), "");
  EXPECT_EQ(add("x"),
            "Invalid UpdateExpression: Incorrect operand type for operator or function; operator: "
            "ADD, operand "
            "type: STRING");
  EXPECT_THAT(del(1), HasSubstr("operator: DELETE, operand type: NUMBER"));
  EXPECT_THAT(add(List{}), HasSubstr("operand type: LIST"));
  EXPECT_THAT(add(StringSet{}), HasSubstr("An string set  may not be empty"));
}

TEST(CheckUpdate, Functions_NestOnlyAsDynamoDbAllows) {
  const auto set = [](SetOperand value) {
    return check_update({.set = {{Path("a"), std::move(value)}}}).value_or("");
  };
  EXPECT_EQ(set(list_append(if_not_exists("b", {V(List{})}), {V(List{1})})), "");
  EXPECT_EQ(set(plus(if_not_exists("b", {V(0)}), {V(1)})), "");
  EXPECT_THAT(set(list_append(list_append({Path("b")}, {Path("c")}), {Path("d")})),
              HasSubstr("not allowed to be used this way in an expression; function: list_append"));
  EXPECT_NE(set(plus(plus({V(1)}, {V(2)}), {V(3)})), "");
  EXPECT_THAT(set(list_append({V("x")}, {Path("b")})), HasSubstr("list_append, operand type: S"));
  EXPECT_THAT(set(minus({Path("b")}, {V(Map{})})),
              HasSubstr("operator or function: -, operand type: M"));
}

TEST(CheckProjection, OverlappingPaths_AreRefused) {
  EXPECT_EQ(check_projection({"a", "b", Path("c").at(0), Path("c").at(1)}), std::nullopt);
  EXPECT_EQ(check_projection({Path("a").child("b"), "a"}).value_or(""),
            "Invalid ProjectionExpression: Two document paths overlap with each other; must remove "
            "or rewrite one of "
            "these paths; path one: [a, b], path two: [a]");
  EXPECT_THAT(check_projection({"a", "a"}).value_or(""), HasSubstr("overlap"));
  EXPECT_THAT(check_projection({Path("a").child("b"), Path("a").at(1)}).value_or(""),
              HasSubstr("conflict"));
  EXPECT_NE(check_projection({""}), std::nullopt);
}

TEST(Path, DeeperThan32_IsRefused) {
  Path path("a");
  for (int i = 0; i < 31; ++i) path = path.child("b");
  EXPECT_EQ(check_projection({path}), std::nullopt);
  EXPECT_THAT(check_projection({path.at(0)}).value_or(""), HasSubstr("too many nesting levels"));
}

}  // namespace
}  // namespace dynamodb
