#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/forwarding_client.h"
#include "dynamodb/partiql/test_database.h"

namespace dynamodb::partiql {
namespace {

using testing::text_of;

class Transactions : public ::testing::Test {
 protected:
  // The items, "-" for none, or the error.
  std::string run(const std::vector<std::string>& statements, const std::string& token = "") {
    return run_on(database_.client(), statements, token);
  }
  static std::string run_on(Client& client, const std::vector<std::string>& statements,
                            const std::string& token = "") {
    ExecuteTransactionRequest request{.client_request_token = token};
    for (const std::string& statement : statements)
      request.statements.push_back({.statement = statement});
    const auto result = execute_transaction(client, request);
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

// Takes sums of two terms only, as DynamoDB's expressions do.
class ShortSums : public ForwardingClient {
 public:
  using Client::transact_write_items;
  using ForwardingClient::ForwardingClient;
  std::function<void()> before_write{};  // once

  void transact_write_items(TransactWriteItemsRequest request,
                            Completion<TransactWriteItemsResult> done) override {
    for (const auto& action : request.actions) {
      const auto* update = std::get_if<UpdateItemRequest>(&action);
      if (update == nullptr) continue;
      for (const auto& [path, value] : update->update.set) {
        const auto* sum = std::get_if<Arithmetic>(&value.value);
        if (sum != nullptr && std::holds_alternative<Arithmetic>(sum->left->value))
          return done(validation_error("Invalid UpdateExpression: Syntax error; token: \"+\""));
      }
    }
    if (before_write) std::exchange(before_write, nullptr)();
    inner_.transact_write_items(std::move(request), std::move(done));
  }
};

TEST_F(Transactions, SumsOfThreeTerms_OverAClientThatTakesTwo) {
  ShortSums client(database_.client());
  const auto put = [&](int n) { database_.put({{"pk", "a"}, {"n", n}, {"m", 5}}, "hash"); };
  const auto update = [](const std::string& more) {
    return "UPDATE \"hash\" SET n = n + m + 1 WHERE pk = 'a'" + more;
  };
  const std::string insert = "INSERT INTO \"hash\" VALUE {'pk': 'x'}";
  put(1);
  EXPECT_EQ(run_on(client, {update(" AND n = 2"), insert}),
            canceled("ConditionalCheckFailed, None") +
                " {ConditionalCheckFailed: The conditional request failed} {None}");
  EXPECT_EQ(database_.stored({{"pk", "x"}}, "hash"), "");
  EXPECT_EQ(run_on(client, {"UPDATE \"hash\" SET n = n + none + 1 WHERE pk = 'a'", insert}),
            run({"UPDATE \"hash\" SET n = n + none + 1 WHERE pk = 'a'", insert}));
  client.before_write = [&] { put(10); };  // between the read and the write
  EXPECT_EQ(run_on(client, {update(" AND n > 0"), insert}), "");
  EXPECT_EQ(database_.stored({{"pk", "a"}}, "hash"), "{m:5,n:16,pk:a}");
  EXPECT_EQ(database_.stored({{"pk", "x"}}, "hash"), "{pk:x}");
  // Another statement's failure is told at once.
  EXPECT_EQ(run_on(client, {update(""), insert}),
            canceled("None, DuplicateItem") +
                " {None} {DuplicateItem: Duplicate primary key exists in table}");
  EXPECT_EQ(database_.stored({{"pk", "a"}}, "hash"), "{m:5,n:16,pk:a}");
}

}  // namespace
}  // namespace dynamodb::partiql
