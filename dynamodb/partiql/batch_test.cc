#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/partiql/test_database.h"
#include "dynamodb/partiql/wire.h"

namespace dynamodb::partiql {
namespace {

using testing::text_of;

constexpr char kNeedsKey[] =
    "ValidationError Select statements within BatchExecuteStatement must specify the primary key "
    "in "
    "the where clause.";

class Batch : public ::testing::Test {
 protected:
  // One line for each statement: its table, then the item or the error.
  std::vector<std::string> run(const std::vector<std::string>& statements) {
    std::vector<StatementRequest> requests;
    for (const std::string& statement : statements) requests.push_back({.statement = statement});
    const auto result = batch_execute_statement(database_.client(), requests);
    if (result.has_error()) return {text_of(result.error())};
    std::vector<std::string> lines;
    for (const auto& response : result->responses) {
      std::string line = response.table.empty() ? "" : response.table + ' ';
      if (response.item) line += text_of(response.item->view());
      if (response.error) {
        line += std::string(short_error_name(response.error->code)) + ' ' + response.error->message;
      }
      lines.push_back(line);
    }
    return lines;
  }

  testing::Database database_{};
};

TEST_F(Batch, Reads_AnswerEachStatement) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"x", 1}});
  EXPECT_THAT(run({"SELECT x FROM \"table\" WHERE pk = 'a' AND sk = 1",
                   "SELECT * FROM \"table\" WHERE pk = 'none' AND sk IN [1]",
                   "SELECT * FROM \"table\" WHERE pk = 'a'",
                   "SELECT * FROM \"table\" WHERE pk = 'a' AND sk = 1 AND x = 1",
                   "SELECT * FROM \"table\".\"gsi\" WHERE g = 'a' AND sk = 1",
                   "SELECT * FROM \"nowhere\" WHERE pk = 'a'", "SLECT * FROM \"table\"",
                   "EXISTS(SELECT * FROM \"table\" WHERE pk = 'a')"}),
              ::testing::ElementsAre(
                  "table {x:1}", "table ", kNeedsKey, kNeedsKey, kNeedsKey,
                  "ResourceNotFound Requested resource not found",
                  "ValidationError Statement wasn't well formed, can't be processed: Expected data "
                  "manipulation",
                  "ValidationError EXISTS can only be used in ExecuteTransaction write requests."));
}

TEST_F(Batch, Writes_FailOneByOne) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"x", 1}});
  database_.put({{"pk", "a"}, {"sk", 2}, {"x", 2}});
  EXPECT_THAT(run({"INSERT INTO \"table\" VALUE {'pk': 'a', 'sk': 1}",
                   "INSERT INTO \"table\" VALUE {'pk': 'new', 'sk': 1}",
                   "UPDATE \"table\" SET x = 3 WHERE pk = 'none' AND sk = 1",
                   "UPDATE \"table\" SET x = 3 WHERE pk = 'a' AND sk = 2 RETURNING MODIFIED NEW *",
                   "DELETE FROM \"table\" WHERE pk = 'a'",
                   "DELETE FROM \"hash\" WHERE pk = 'a' RETURNING ALL OLD *"}),
              ::testing::ElementsAre(
                  "table DuplicateItem Duplicate primary key exists in table", "table ",
                  "table ConditionalCheckFailed The conditional request failed", "table {x:3}",
                  "ValidationError Where clause does not contain a mandatory equality on all key "
                  "attributes",
                  "hash "));
  EXPECT_EQ(database_.stored({{"pk", "new"}, {"sk", 1}}), "{pk:new,sk:1}");
}

TEST_F(Batch, FailedCondition_HasTheItemWhereItIsAskedFor) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"x", 1}});
  StatementRequest request{.statement =
                               "UPDATE \"table\" SET x = 3 WHERE pk = 'a' AND sk = 1 AND x = 9"};
  for (const bool wanted : {false, true}) {
    request.return_old_on_condition_failure = wanted;
    const auto result = batch_execute_statement(database_.client(), {request});
    ASSERT_TRUE(result);
    const auto& error = result->responses.at(0).error;
    ASSERT_TRUE(error);
    EXPECT_EQ(error->item.has_value(), wanted);
  }
}

TEST_F(Batch, WhatIsWrongWithTheBatch_FailsIt) {
  const std::string select = "SELECT * FROM \"hash\" WHERE pk = ";
  EXPECT_THAT(run({select + "'a'", "DELETE FROM \"hash\" WHERE pk = 'b'"}),
              ::testing::ElementsAre("ValidationException: Read and write requests together in the "
                                     "same batch is not supported."));
  EXPECT_THAT(run({select + "'a'", select + "'a'"}),
              ::testing::ElementsAre(
                  "ValidationException: Provided list of item keys contains duplicates"));
  EXPECT_THAT(
      run({"INSERT INTO \"hash\" VALUE {'pk': 'a'}", "DELETE FROM \"hash\" WHERE pk = 'a'"}),
      ::testing::ElementsAre(
          "ValidationException: Provided list of item keys contains duplicates"));
  EXPECT_EQ(database_.stored({{"pk", "a"}}, "hash"), "");
  EXPECT_THAT(run({}), ::testing::ElementsAre(::testing::HasSubstr("greater than or equal to 1")));
  std::vector<std::string> many;
  for (int i = 0; i < 26; ++i) many.push_back(select + '\'' + std::to_string(i) + '\'');
  EXPECT_THAT(run(many), ::testing::ElementsAre(::testing::HasSubstr("less than or equal to 25")));
  many.pop_back();
  EXPECT_EQ(run(many).size(), 25u);
}

TEST_F(Batch, Capacity_IsPerTableAndStatement) {
  database_.put({{"pk", "a"}}, "hash");
  const auto result = batch_execute_statement(
      database_.client(),
      {{.statement = "SELECT * FROM \"hash\" WHERE pk = 'a'", .consistent_read = true},
       {.statement = "SELECT * FROM \"hash\" WHERE pk = 'b'"}});
  ASSERT_EQ(result->consumed.size(), 1u);
  EXPECT_EQ(result->consumed[0].total(), 1.5);
}

}  // namespace
}  // namespace dynamodb::partiql
