#include "dynamodb/partiql/wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/partiql/test_database.h"
#include "dynamodb/test_random_values.h"

namespace dynamodb::partiql {
namespace {

class Wire : public ::testing::Test {
 protected:
  static std::string text(const Result<std::string>& answer) {
    return answer ? *answer : testing::text_of(answer.error());
  }
  std::string execute(std::string_view json) {
    return text(execute_statement(database_.client(), json));
  }
  std::string batch(std::string_view json) {
    return text(batch_execute_statement(database_.client(), json));
  }
  std::string transaction(std::string_view json) {
    return text(execute_transaction(database_.client(), json));
  }

  testing::Database database_{};
};

TEST_F(Wire, ExecuteStatement_ReadsAllItsMembers) {
  for (int sk = 1; sk <= 2; ++sk) database_.put({{"pk", "a"}, {"sk", sk}});
  const std::string answer =
      execute(R"({"Statement":"SELECT sk FROM \"table\" WHERE pk=?","Parameters":[{"S":"a"}],)"
              R"("ConsistentRead":true,"Limit":1,"ReturnConsumedCapacity":"TOTAL"})");
  EXPECT_THAT(answer,
              ::testing::MatchesRegex(
                  R"(\{"Items":\[\{"sk":\{"N":"1"\}\}\],"NextToken":"[0-9a-f]+",)"
                  R"("LastEvaluatedKey":\{"pk":\{"S":"a"\},"sk":\{"N":"1"\}\},)"
                  R"("ConsumedCapacity":\{"TableName":"table","CapacityUnits":1(\.0)?\}\})"));
  EXPECT_EQ(execute(R"({"Statement":"INSERT INTO hash VALUE {'pk':'x'}"})"), R"({"Items":[]})");
}

TEST_F(Wire, FailedCondition_CarriesTheItem) {
  database_.put({{"pk", "a"}}, "hash");
  const auto answer = execute_statement(
      database_.client(), R"({"Statement":"UPDATE hash SET n=1 WHERE pk='a' AND n=2",)"
                          R"("ReturnValuesOnConditionCheckFailure":"ALL_OLD"})");
  EXPECT_EQ(wire::encode(answer.error()),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
            R"("message":"The conditional request failed","Item":{"pk":{"S":"a"}}})");
}

TEST_F(Wire, DuplicateItem_HasItsNameBothWays) {
  database_.put({{"pk", "a"}}, "hash");
  const auto answer =
      execute_statement(database_.client(), R"({"Statement":"INSERT INTO hash VALUE {'pk':'a'}"})");
  const std::string json = wire::encode(answer.error());
  EXPECT_EQ(json, R"({"__type":"com.amazonaws.dynamodb.v20120810#DuplicateItemException",)"
                  R"("message":"Duplicate primary key exists in table"})");
  EXPECT_EQ(wire::decode_error(json).code, ErrorCode::duplicate_item);
}

TEST_F(Wire, Batch_AnswersWithErrorsInside) {
  database_.put({{"pk", "a"}}, "hash");
  EXPECT_EQ(
      batch(R"({"Statements":[{"Statement":"SELECT * FROM hash WHERE pk='a'"},)"
            R"({"Statement":"SELECT * FROM hash WHERE pk='b'"},{"Statement":"SELECT"},)"
            R"({"Statement":"SELECT * FROM hash WHERE pk=?","Parameters":[{"SS":["a","a"]}]}]})"),
      R"({"Responses":[{"TableName":"hash","Item":{"pk":{"S":"a"}}},{"TableName":"hash"},)"
      R"({"Error":{"Code":"ValidationError","Message":"Statement wasn't well formed, can't be )"
      R"(processed: Unexpected term"}},{"Error":{"Code":"ValidationError","Message":)"
      R"("One or more parameter values were invalid: Input collection [a, a] contains duplicates."}}]})");
}

TEST_F(Wire, Transaction_AnswersWithResponses) {
  database_.put({{"pk", "a"}}, "hash");
  EXPECT_EQ(transaction(R"({"TransactStatements":[{"Statement":"SELECT * FROM hash WHERE pk='a'"},)"
                        R"({"Statement":"SELECT * FROM hash WHERE pk='b'"}]})"),
            R"({"Responses":[{"Item":{"pk":{"S":"a"}}},{}]})");
  EXPECT_EQ(transaction(R"({"TransactStatements":[{"Statement":"DELETE FROM hash WHERE pk='a'"}],)"
                        R"("ClientRequestToken":"t"})"),
            R"({"Responses":[]})");
  EXPECT_EQ(
      transaction(
          R"({"TransactStatements":[{"Statement":"SELEC","Parameters":[{"SS":["a","a"]}]}]})"),
      "ValidationException: One or more parameter values were invalid: Input collection [a, "
      "a] contains duplicates.");
}

TEST_F(Wire, Parameters_FirstProblemInTheTextCounts) {
  const auto select = [this](const std::string& value) {
    return execute(R"({"Statement":"SELECT * FROM hash WHERE pk='a' AND x=?","Parameters":[)" +
                   value + "]}");
  };
  const std::string leaf = R"({"N":"1e99999999999"})";
  std::string deep = leaf;
  for (int i = 0; i < 32; ++i) deep = R"({"M":{"n":)" + deep + "}}";
  const auto nested = ::testing::HasSubstr("Nesting Levels have exceeded supported limits");
  const auto numeric =
      ::testing::EndsWith("The parameter cannot be converted to a numeric value: 1e99999999999");
  EXPECT_THAT(select(leaf), numeric);
  EXPECT_THAT(select(deep), nested);
  EXPECT_THAT(select(R"({"M":{"a":)" + deep + R"(,"b":)" + leaf + "}}"), nested);
  EXPECT_THAT(select(R"({"M":{"a":)" + leaf + R"(,"b":)" + deep + "}}"), numeric);
}

TEST_F(Wire, BadRequests_AreRefused) {
  EXPECT_THAT(execute("{"), ::testing::StartsWith("SerializationException"));
  EXPECT_EQ(execute(R"({"Statement":5})"),
            "SerializationException: NUMBER_VALUE cannot be converted to String");
  EXPECT_THAT(execute("{}"), ::testing::EndsWith("Value null at 'statement' failed to satisfy "
                                                 "constraint: Member must not be null"));
  EXPECT_THAT(execute(R"({"Statement":""})"),
              ::testing::EndsWith("Member must have length greater than or equal to 1"));
  EXPECT_THAT(execute(R"({"Statement":"SELECT * FROM hash","Limit":0})"),
              ::testing::EndsWith("Member must have value greater than or equal to 1"));
  EXPECT_THAT(execute(R"({"Statement":"SELECT * FROM hash","Parameters":[]})"),
              ::testing::EndsWith("Member must have length greater than or equal to 1"));
  EXPECT_THAT(execute(R"({"Statement":"SELECT * FROM hash","NextToken":"x"})"),
              ::testing::EndsWith("Invalid NextToken"));
  EXPECT_THAT(execute(R"({"Statement":"SELECT * FROM hash","ReturnConsumedCapacity":"X"})"),
              ::testing::EndsWith("Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"));
  EXPECT_THAT(execute(R"({"Statement":"SELECT","ReturnValuesOnConditionCheckFailure":"X"})"),
              ::testing::EndsWith("Member must satisfy enum value set: [ALL_OLD, NONE]"));
}

TEST_F(Wire, MembersThatBreakRules_AreToldTogether) {
  const std::string one = "ValidationException: 1 validation error detected: ";
  const std::string fails = " failed to satisfy constraint: Member must ";
  const std::string is_null = fails + "not be null",
                    is_empty = fails + "have length greater than or equal to 1";
  EXPECT_EQ(batch("{}"), one + "Value null at 'statements'" + is_null);
  EXPECT_EQ(batch(R"({"Statements":[]})"), one + "Value '[]' at 'statements'" + is_empty);
  EXPECT_EQ(batch(R"({"Statements":{}})"),
            "SerializationException: Start of structure or map found where not expected");
  EXPECT_EQ(batch(R"({"Statements":[{"Statement":"SELECT"},{"Statement":"","Parameters":[]}]})"),
            "ValidationException: 2 validation errors detected: Value '' at "
            "'statements.2.member.statement'" +
                is_empty + "; Value '[]' at 'statements.2.member.parameters'" + is_empty);
  std::string many = R"({"Statement":"SELECT"})";
  for (int i = 1; i < 26; ++i) many += R"(,{"Statement":"SELECT"})";
  EXPECT_THAT(batch(R"({"Statements":[)" + many + "]}"),
              AllOf(::testing::HasSubstr(
                        "Value '[BatchStatementRequest(statement=SELECT, parameters=null, "),
                    ::testing::EndsWith("Member must have length less than or equal to 25")));
  EXPECT_EQ(transaction("{}"), one + "Value null at 'transactStatements'" + is_null);
  EXPECT_EQ(transaction(R"({"TransactStatements":[{}]})"),
            one + "Value null at 'transactStatements.1.member.statement'" + is_null);
  EXPECT_EQ(
      transaction(R"({"TransactStatements":[{"Statement":"SELECT"}],"ClientRequestToken":""})"),
      one + "Value '' at 'clientRequestToken'" + is_empty);
  EXPECT_EQ(execute(R"({"Statement":"SELECT","NextToken":"","Limit":0})"),
            "ValidationException: 2 validation errors detected: Value '' at 'nextToken'" +
                is_empty + "; Value '0' at 'limit'" + fails +
                "have value greater than or equal to 1");
}

}  // namespace
}  // namespace dynamodb::partiql
