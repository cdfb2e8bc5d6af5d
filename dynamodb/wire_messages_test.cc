#include "dynamodb/wire_messages.h"

#include <gtest/gtest.h>

namespace dynamodb::wire {
namespace {

const std::vector<ConstraintProblem> kProblems = {
    {.path = {{"RequestItems"}, {"Tbl", false}, {"member", false}, {"Keys"}},
     .value = "'[]'",
     .rule = "Member must have length greater than or equal to 1",
     .first = true},
    {.path = {{"ReturnValues"}}, .value = "'x'", .rule = "Member must …"}};

TEST(WireMessages, Old_EchoesAndListsAll) {
  EXPECT_EQ(constraint_message(Wording::old, kProblems),
            "2 validation errors detected: Value '[]' at 'requestItems.Tbl.member.keys' failed to "
            "satisfy constraint: Member must have length greater than or equal to 1; Value 'x' at "
            "'returnValues' failed to satisfy constraint: Member must …");
  EXPECT_EQ(value_message(Wording::old, "m"), "m");
}

TEST(WireMessages, New_StopsAtTheFirst) {
  const std::string first =
      "1 validation error detected: Value at 'RequestItems.Tbl.member.Keys' failed to satisfy "
      "constraint: Member must have length greater than or equal to 1";
  EXPECT_EQ(constraint_message(Wording::bare, kProblems), first);
  EXPECT_EQ(constraint_message(Wording::enveloped, kProblems), first);
  EXPECT_EQ(value_message(Wording::bare, "m"), "m");
  EXPECT_EQ(value_message(Wording::enveloped, "m"), "1 validation error detected: m");
}

TEST(WireMessages, New_WithoutAFirst_EchoesAndListsAll) {
  std::vector<ConstraintProblem> problems = {
      {.path = {{"Select"}}, .value = "'y'", .rule = "Member must …"}, kProblems[1]};
  problems[1].new_rule = "Member must not";
  EXPECT_EQ(constraint_message(Wording::bare, problems),
            "2 validation errors detected: Value 'y' at 'select' failed to satisfy constraint: "
            "Member must …; Failed to satisfy constraint: Member must not");
  problems[1].first = true;
  EXPECT_EQ(constraint_message(Wording::bare, problems),
            "Failed to satisfy constraint: Member must not");
  EXPECT_EQ(constraint_message(Wording::enveloped, problems),
            "1 validation error detected: Failed to satisfy constraint: Member must not");
}

TEST(WireMessages, New_AbsentMembersKeepTheOldWords) {
  EXPECT_EQ(constraint_message(
                Wording::bare,
                {{.path = {{"TableName"}}, .value = "null", .rule = "Member must not be null"}}),
            "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
            "Member must not be null");
}

TEST(WireMessages, Cohorts) {
  EXPECT_EQ(wording_of(Operation::put_item, Cohort::us_east_1_may_2026), Wording::old);
  EXPECT_EQ(wording_of(Operation::put_item, Cohort::us_east_1_october_2026), Wording::enveloped);
  EXPECT_EQ(wording_of(Operation::query, Cohort::us_east_1_october_2026), Wording::bare);
  EXPECT_EQ(wording_of(Operation::scan, Cohort::us_east_1_october_2026), Wording::old);
}

}  // namespace
}  // namespace dynamodb::wire
