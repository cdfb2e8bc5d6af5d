#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/partiql/test_database.h"

namespace dynamodb::partiql {
namespace {

using testing::text_of;

class Transactions : public ::testing::Test {
 protected:
  // The items, "-" for none, or the error.
  std::string run(const std::vector<std::string>& statements, const std::string& token = "") {
    ExecuteTransactionRequest request{.client_request_token = token};
    for (const std::string& statement : statements)
      request.statements.push_back({.statement = statement});
    const auto result = execute_transaction(database_.client(), request);
    if (result.has_error()) return text_of(result.error());
    std::string text;
    for (const auto& item : result->items) text += item ? text_of(item->view()) : "-";
    return text;
  }
  static std::string failed(int index, const std::string& message) {
    return "ValidationException: Validation failed in TransactStatements[" + std::to_string(index) +
           "]: " + message;
  }
  static std::string canceled(const std::string& codes) {
    return "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons "
           "for specific reasons [" +
           codes + "]";
  }

  testing::Database database_{};
};

const std::string kItem = "\"table\" WHERE pk = 'a' AND sk = 1";
constexpr char kMismatch[] =
    "{ValidationError: The provided key element does not match the schema}";

TEST_F(Transactions, Reads_AreAligned) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"m", Map{{"x", 1}}}});
  EXPECT_EQ(run({"SELECT m.x FROM " + kItem, "SELECT * FROM \"hash\" WHERE pk = 'a'",
                 "SELECT * FROM \"table\" WHERE pk IN ['a'] AND sk = 2"}),
            "{x:1}--");
}

TEST_F(Transactions, Writes_AreAllOrNothing) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"n", 1}});
  EXPECT_EQ(run({"INSERT INTO \"hash\" VALUE {'pk': 'x'}",
                 "UPDATE \"table\" SET n = n + 1 WHERE pk='a' AND sk=1",
                 "DELETE FROM \"hash\" WHERE pk = 'none'"}),
            "");
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}), "{n:2,pk:a,sk:1}");
  EXPECT_EQ(run({"INSERT INTO \"hash\" VALUE {'pk': 'x'}", "INSERT INTO \"hash\" VALUE {'pk': 'y'}",
                 "UPDATE \"table\" SET n = 9 WHERE pk='a' AND sk=1 AND n = 7"}),
            canceled("DuplicateItem, None, ConditionalCheckFailed") +
                " {DuplicateItem: Duplicate primary key exists in table} {None} "
                "{ConditionalCheckFailed: The conditional request failed}");
  EXPECT_EQ(database_.stored({{"pk", "y"}}, "hash"), "");
}

TEST_F(Transactions, Exists_IsACondition) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"n", 1}});
  const std::string insert = "INSERT INTO \"hash\" VALUE {'pk': 'x'}";
  EXPECT_EQ(run({"EXISTS(SELECT * FROM " + kItem + " AND q IS MISSING)", insert}), "");
  EXPECT_EQ(database_.stored({{"pk", "x"}}, "hash"), "{pk:x}");
  const std::string other = "INSERT INTO \"hash\" VALUE {'pk': 'y'}";
  EXPECT_EQ(run({other, "EXISTS(SELECT * FROM " + kItem + " AND n IS MISSING)"}),
            canceled("None, ConditionalCheckFailed") +
                " {None} {ConditionalCheckFailed: The conditional request failed}");
  EXPECT_THAT(run({other, "EXISTS(SELECT * FROM \"hash\" WHERE pk = 'none' AND n IS MISSING)"}),
              ::testing::StartsWith(canceled("None, ConditionalCheckFailed")));
  EXPECT_THAT(run({other, "EXISTS(SELECT * FROM " + kItem + " AND pk = 'b' AND n = 1)"}),
              ::testing::StartsWith(canceled("None, ConditionalCheckFailed")));
  const std::string single = "EXISTS() must contain a single item read with additional condition";
  EXPECT_EQ(run({"EXISTS(SELECT * FROM " + kItem + ")", other}), failed(0, single));
  EXPECT_EQ(run({other, "EXISTS(SELECT * FROM \"table\" WHERE pk = 'a' AND n = 1)"}),
            failed(1, single));
  EXPECT_EQ(database_.stored({{"pk", "y"}}, "hash"), "");
}

TEST_F(Transactions, WhatAStatementCannotBe_FailsTheRequest) {
  const std::string insert = "INSERT INTO \"hash\" VALUE {'pk': 'x'}";
  const std::string needs_key =
      "Select statements within ExecuteTransaction must specify the primary key in the where "
      "clause.";
  EXPECT_EQ(run({"SELECT * FROM \"table\" WHERE pk = 'a'"}), failed(0, needs_key));
  EXPECT_EQ(run({"SELECT * FROM " + kItem + " AND n = 1"}), failed(0, needs_key));
  EXPECT_EQ(run({"SELECT * FROM " + kItem + " AND pk = 'b'"}), failed(0, needs_key));
  EXPECT_EQ(run({"SELECT * FROM \"table\".\"gsi\" WHERE g = 'a' AND sk = 1"}),
            failed(0, "Reads on indices are not supported within transactions."));
  EXPECT_EQ(
      run({insert, "UPDATE \"table\" SET n = 1 WHERE pk = 'a' AND sk = 1 RETURNING ALL NEW *"}),
      failed(1, "RETURNING clause is not supported in ExecuteTransaction."));
  EXPECT_EQ(run({insert, "SELECT * FROM \"hash\" WHERE"}),
            failed(1, "Statement wasn't well formed, can't be processed: Unexpected term"));
  EXPECT_EQ(run({insert, "SELECT * FROM \"hash\" WHERE pk = 'a'"}),
            "ValidationException: ExecuteTransaction API does not support both read and write "
            "operations in the same request.");
  EXPECT_EQ(run({insert, "DELETE FROM \"hash\" WHERE pk = 'x'"}),
            "ValidationException: Transaction request cannot include multiple operations on one "
            "item");
  EXPECT_THAT(run({}), ::testing::EndsWith("greater than or equal to 1"));
  EXPECT_THAT(run(std::vector<std::string>(101, insert)),
              ::testing::EndsWith("less than or equal to 100"));
  EXPECT_EQ(database_.stored({{"pk", "x"}}, "hash"), "");
}

TEST_F(Transactions, MissingTablesAndKeys_CancelIt) {
  const std::string insert = "INSERT INTO \"hash\" VALUE {'pk': 'x'}";
  EXPECT_EQ(run({insert, "UPDATE \"nowhere\" SET n = 1 WHERE pk = 'a' RETURNING ALL NEW *"}),
            canceled("None, ResourceNotFound") +
                " {None} {ResourceNotFound: Requested resource not found}");
  EXPECT_EQ(run({insert, "UPDATE \"table\" SET n = 1 WHERE pk = 'a'",
                 "DELETE FROM \"table\" WHERE pk = 'a' AND sk = 'x'",
                 "INSERT INTO \"table\" VALUE {'pk': 'a'}"}),
            canceled("None, ValidationError, ValidationError, ValidationError") + " {None} " +
                kMismatch + ' ' + kMismatch +
                " {ValidationError: One or more parameter values were invalid: Missing the key sk "
                "in the item}");
  EXPECT_EQ(run({"SELECT * FROM \"hash\" WHERE pk = 'a'", "SELECT * FROM \"hash\" WHERE pk = 1"}),
            canceled("None, ValidationError") + " {None} " + kMismatch);
  EXPECT_EQ(database_.stored({{"pk", "x"}}, "hash"), "");
}

TEST_F(Transactions, RepeatedToken_AppliesOnce) {
  database_.put({{"pk", "a"}, {"n", 0}}, "hash");
  const std::string add = "UPDATE \"hash\" SET n = n + 1 WHERE pk = 'a'";
  EXPECT_EQ(run({add}, "token"), "");
  EXPECT_EQ(run({add}, "token"), "");
  EXPECT_EQ(database_.stored({{"pk", "a"}}, "hash"), "{n:1,pk:a}");
  EXPECT_THAT(run({"UPDATE \"hash\" SET n = n + 2 WHERE pk = 'a'"}, "token"),
              ::testing::StartsWith("IdempotentParameterMismatchException"));
}

}  // namespace
}  // namespace dynamodb::partiql
