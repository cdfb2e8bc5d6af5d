#include "dynamodb/partiql/statements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/forwarding_client.h"
#include "dynamodb/partiql/test_database.h"

namespace dynamodb::partiql {
namespace {

using testing::text_of;

class Statements : public ::testing::Test {
 protected:
  std::string run(const std::string& statement, std::vector<AttributeValue> parameters = {}) {
    return database_.run(statement, std::move(parameters));
  }
  // Three items of "a", sk 1 to 3, and one of "b", sk 1.
  void put_some() {
    for (int sk = 1; sk <= 3; ++sk) {
      database_.put(
          {{"pk", "a"}, {"sk", sk}, {"x", sk * 10}, {"g", "g1"}, {"l", -sk}, {"extra", "e"}});
    }
    database_.put({{"pk", "b"}, {"sk", 1}, {"x", 10}});
  }
  std::string sks(const std::string& rest) { return run("SELECT sk FROM \"table\" " + rest); }

  testing::Database database_{};
};

// ---- SELECT

TEST_F(Statements, Select_ReadsByKeyConditions) {
  put_some();
  EXPECT_EQ(sks("WHERE pk = 'a'"), "{sk:1} {sk:2} {sk:3}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND sk = 2"), "{sk:2}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND sk > 1 AND sk < 3"), "{sk:2}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND sk BETWEEN 2 AND 9"), "{sk:2} {sk:3}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND (sk = 3 OR sk = 1)"), "{sk:3} {sk:1}");
  EXPECT_EQ(sks("WHERE pk IN ['b', 'a'] AND sk < 3"), "{sk:1} {sk:1} {sk:2}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND x = 20"), "{sk:2}");
  EXPECT_EQ(sks("WHERE pk = 'nobody'"), "");
}

TEST_F(Statements, Select_FiltersByKeysThatAQueryCannot) {
  put_some();
  EXPECT_EQ(sks("WHERE pk = 'a' AND NOT sk = 1"), "{sk:2} {sk:3}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND sk <> 2 AND sk > 1"), "{sk:3}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND attribute_exists(pk) AND size(pk) = 1"),
            "{sk:1} {sk:2} {sk:3}");
  EXPECT_EQ(run("SELECT x FROM \"table\" WHERE pk = 'a' AND NOT sk = 1"), "{x:20} {x:30}");
}

TEST_F(Statements, Select_WithoutKey_Scans) {
  put_some();
  EXPECT_EQ(sks("WHERE x = 20"), "{sk:2}");
  EXPECT_EQ(database_.execute("SELECT * FROM \"table\"")->items.size(), 4u);
  EXPECT_EQ(sks("WHERE pk > 'a'"), "{sk:1}");
  EXPECT_EQ(sks("WHERE pk = 'b' OR x = 30"),
            database_.run("SELECT sk FROM \"table\" WHERE x = 30 OR 'b' = pk"));
}

TEST_F(Statements, Select_NamesColumnsByTheirLastName) {
  database_.put({{"pk", "a"},
                 {"sk", 1},
                 {"m", Map{{"k", List{AttributeValue(1), AttributeValue(Map{{"z", 2}})}}}},
                 {"l2", List{AttributeValue("p"), AttributeValue("q")}}});
  EXPECT_EQ(run("SELECT pk, m.k[1].z, l2[1], m.k[0], nope FROM \"table\" WHERE pk='a' AND sk=1"),
            "{k[0]:1,l2[1]:q,pk:a,z:2}");
  EXPECT_EQ(run("SELECT nope FROM \"table\" WHERE pk='a'"), "{}");
}

TEST_F(Statements, Select_LooksForNothingInsideKeys) {
  put_some();
  const std::string refused =
      "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup "
      "'.' are not allowed: ";
  EXPECT_EQ(run("SELECT pk.a FROM \"table\" WHERE pk = 'a'"), refused + "Key: pk");
  EXPECT_EQ(sks("WHERE pk = 'a' AND x = 10 AND NOT size(g[1]) = 1"), refused + "IndexKey: g");
}

TEST_F(Statements, Select_OrdersByTheKey) {
  put_some();
  EXPECT_EQ(sks("WHERE pk = 'a' ORDER BY sk DESC"), "{sk:3} {sk:2} {sk:1}");
  EXPECT_EQ(sks("WHERE pk = 'a' ORDER BY sk"), "{sk:1} {sk:2} {sk:3}");
  EXPECT_EQ(sks("WHERE pk = 'a' ORDER BY pk"), "{sk:3} {sk:2} {sk:1}");
  EXPECT_EQ(sks("WHERE pk IN ['a', 'b'] AND sk IN [3, 1] ORDER BY pk DESC, sk ASC"),
            "{sk:1} {sk:1} {sk:3}");
}

TEST_F(Statements, Select_OfAnIndex_ReadsIt) {
  put_some();
  EXPECT_EQ(run("SELECT * FROM \"table\".\"gsi\" WHERE g = 'g1' AND sk = 2"),
            "{extra:e,g:g1,pk:a,sk:2}");
  EXPECT_EQ(run("SELECT sk FROM \"table\".\"gsi\" WHERE g = 'g1' ORDER BY sk DESC"),
            "{sk:3} {sk:2} {sk:1}");
  EXPECT_EQ(run("SELECT sk FROM \"table\".\"gsi\" WHERE pk = 'a' AND sk = 1"), "{sk:1}");
  EXPECT_EQ(run("SELECT sk FROM \"table\".\"lsi\" WHERE pk = 'a'"), "{sk:3} {sk:2} {sk:1}");
  EXPECT_EQ(run("SELECT x FROM \"table\".\"lsi\" WHERE pk = 'a' AND l = -2"), "{x:20}");
}

TEST_F(Statements, SelectOfAnIndex_RefusesWhatItDoesNotHave) {
  put_some();
  const std::string opening = "ValidationException: ";
  const std::string invalid = opening + "One or more parameter values were invalid: ";
  EXPECT_EQ(run("SELECT * FROM \"table\".\"nope\""),
            opening + "The table does not have the specified index");
  EXPECT_EQ(run("SELECT z, x, extra FROM \"table\".\"gsi\" WHERE g = 'g1'"),
            invalid + "Global secondary index gsi does not project [z, x]");
  EXPECT_EQ(run("SELECT sk FROM \"table\".\"gsi\" WHERE g = 'g1' AND x = 1"),
            invalid + "Secondary index gsi does not project one or more filter attributes: [x]");
  EXPECT_EQ(run("SELECT sk FROM \"table\".\"lsi\" WHERE pk = 'a' AND x = 1"),
            invalid + "Secondary index lsi does not project one or more filter attributes: [x]");
  for (const std::string where :
       {"g = 'g2' OR (g = 'g1' AND x <> 1)", "(g = 'g1' AND x <> 1) OR g = 'g2'",
        "g = 'g2' OR (g = 'g1' AND (x <> 1 OR g <> 'g1'))"}) {
    EXPECT_EQ(run("SELECT sk FROM \"table\".\"gsi\" WHERE " + where),
              invalid + "Secondary index gsi does not project one or more filter attributes: [x]");
  }
  EXPECT_EQ(
      run("SELECT sk FROM \"table\".\"gsi\" WHERE (g = 'g2' AND z = 1) OR (g = 'g1' AND x = z)"),
      invalid + "Secondary index gsi does not project one or more filter attributes: [z, x]");
  EXPECT_EQ(run("SELECT sk FROM \"table\".\"gsi\" WHERE x = 10"), "");
  const auto consistent = execute_statement(
      database_.client(),
      {.statement = {.statement = "SELECT * FROM \"table\".\"gsi\"", .consistent_read = true}});
  EXPECT_EQ(text_of(consistent.error()),
            opening + "Strongly consistent read is not supported on Global Secondary Indexes");
}

TEST_F(Statements, Select_OfNoTable_IsNotFound) {
  EXPECT_EQ(run("SELECT * FROM \"nowhere\""),
            "ResourceNotFoundException: Requested resource not found");
  EXPECT_THAT(run("SELECT * FROM \"t\""),
              ::testing::StartsWith("ValidationException: Table name should be within the length"));
  EXPECT_THAT(run("SELECT pk FROM \"nowhere\" WHERE x < ?", {AttributeValue(true)}),
              ::testing::StartsWith("ValidationException: Incorrect operand type"));
}

TEST_F(Statements, Parameters_MustMatchInNumber) {
  put_some();
  EXPECT_EQ(sks("WHERE pk = 'a' AND sk = 3"),
            run("SELECT sk FROM \"table\" WHERE pk = ? AND sk = ?",
                {AttributeValue("a"), AttributeValue(3)}));
  for (const std::size_t count : {0u, 1u, 3u}) {
    EXPECT_EQ(run("SELECT sk FROM \"table\" WHERE pk = ? AND sk = ?",
                  std::vector<AttributeValue>(count, AttributeValue("a"))),
              "ValidationException: Number of parameters in request and statement don't match.");
  }
  EXPECT_EQ(run("SELECT sk FROM \"table\" WHERE pk = ?", {AttributeValue(1)}),
            "ValidationException: Key attribute's data type should match its data type in table's "
            "schema: Key pk");
}

// ---- pages

TEST_F(Statements, Pages_AreReadToTheEndByTheirTokens) {
  put_some();
  for (const std::string statement :
       {"SELECT pk, sk FROM \"table\"", "SELECT pk, sk FROM \"table\" WHERE pk IN ['b', 'a']",
        "SELECT pk, sk FROM \"table\" WHERE pk IN ['a', 'b'] ORDER BY pk DESC, sk DESC",
        "SELECT pk, sk FROM \"table\" WHERE pk IN ['a', 'b'] AND NOT sk = 2",
        "SELECT pk, sk FROM \"table\".\"gsi\" WHERE g = 'g1'"}) {
    for (std::uint32_t limit = 1; limit <= 5; ++limit) {
      std::string all;
      ExecuteStatementRequest request{.statement = {.statement = statement}, .limit = limit};
      int pages = 0;
      for (; pages < 10; ++pages) {
        const auto page = execute_statement(database_.client(), request);
        ASSERT_TRUE(page) << page.error().message;
        ASSERT_LE(page->items.size(), limit);
        if (!page->items.empty()) all += (all.empty() ? "" : " ") + text_of(page->items);
        request.next_token = page->next_token;
        if (!page->next_token) break;
      }
      ASSERT_LT(pages, 10);
      EXPECT_EQ(all, run(statement)) << statement << " by " << limit;
    }
  }
}

TEST_F(Statements, Page_CrossesPartitions) {
  put_some();
  const auto page = execute_statement(
      database_.client(),
      {.statement = {.statement = "SELECT pk, sk FROM \"table\" WHERE pk IN ['b', 'a']"},
       .limit = 2});
  EXPECT_EQ(text_of(page->items), "{pk:b,sk:1} {pk:a,sk:1}");
  ASSERT_TRUE(page->last_evaluated_key);
  EXPECT_EQ(page->last_evaluated_key->at("pk"), AttributeValue("a"));
}

TEST_F(Statements, NextToken_BelongsToItsStatement) {
  put_some();
  const StatementRequest statement{.statement = "SELECT * FROM \"table\" WHERE pk = ?",
                                   .parameters = {AttributeValue("a")}};
  const auto page =
      execute_statement(database_.client(), {.statement = statement, .limit = 1}).value();
  const auto again = [&](StatementRequest other, std::string token) {
    const auto result = execute_statement(
        database_.client(),
        {.statement = std::move(other), .next_token = std::move(token), .limit = 2});
    return result ? text_of(result->items).substr(0, 7) : text_of(result.error());
  };
  EXPECT_EQ(again(statement, *page.next_token), "{extra:");
  StatementRequest other = statement;
  other.statement += ' ';
  EXPECT_EQ(again(other, *page.next_token),
            "ValidationException: NextToken does not match request");
  other = statement;
  other.parameters[0] = AttributeValue("b");
  EXPECT_EQ(again(other, *page.next_token),
            "ValidationException: NextToken does not match request");
  for (std::size_t i = 0; i < page.next_token->size(); ++i) {
    std::string damaged = *page.next_token;
    damaged[i] = damaged[i] == '0' ? '1' : '0';
    ASSERT_EQ(again(statement, damaged), "ValidationException: Invalid NextToken") << i;
    ASSERT_EQ(again(statement, page.next_token->substr(0, i)),
              "ValidationException: Invalid NextToken")
        << i;
  }
  EXPECT_EQ(again(statement, "garbage"), "ValidationException: Invalid NextToken");
}

TEST_F(Statements, LargePartitions_ComeInPages) {
  for (int sk = 0; sk < 12; ++sk)
    database_.put({{"pk", sk < 6 ? "a" : "b"}, {"sk", sk}, {"x", std::string(300'000, 'x')}});
  ExecuteStatementRequest request{
      .statement = {.statement = "SELECT sk FROM \"table\" WHERE pk IN ['a', 'b']"}};
  std::size_t items = 0, pages = 0;
  do {
    const auto page = execute_statement(database_.client(), request).value();
    items += page.items.size();
    ++pages;
    request.next_token = page.next_token;
  } while (request.next_token);
  EXPECT_EQ(items, 12u);
  EXPECT_GE(pages, 3u);
}

TEST_F(Statements, Page_EndsByWhatWasEvaluated) {
  for (const char* const pk : {"a", "b", "c"}) {
    for (int sk = 1; sk <= 3; ++sk)
      database_.put({{"pk", pk}, {"sk", sk}, {"x", std::string(300'000, 'x')}});
  }
  for (const std::string filter : {"", " AND sk > 0", " AND x = 'y'", " AND NOT sk = 1"}) {
    ExecuteStatementRequest request{
        .statement = {.statement =
                          "SELECT sk FROM \"table\" WHERE pk IN ['a', 'b', 'c']" + filter}};
    const auto page = execute_statement(database_.client(), request).value();
    ASSERT_TRUE(page.next_token) << filter;
    request.next_token = page.next_token;
    const auto last = execute_statement(database_.client(), request).value();
    EXPECT_FALSE(last.next_token) << filter;
    EXPECT_EQ(page.items.size(), 2 * last.items.size()) << filter;
  }
}

// ---- writes

TEST_F(Statements, Insert_WritesANewItem) {
  EXPECT_EQ(run("INSERT INTO \"table\" VALUE {'pk': 'a', 'sk': ?, 'm': {'k': [1, <<'x'>>]}}",
                {AttributeValue(1)}),
            "");
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}), "{m:{k:[1,<x>]},pk:a,sk:1}");
  EXPECT_EQ(run("INSERT INTO \"table\" VALUE {'pk': 'a', 'sk': 1}"),
            "DuplicateItemException: Duplicate primary key exists in table");
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}), "{m:{k:[1,<x>]},pk:a,sk:1}");
}

TEST_F(Statements, Insert_NeedsTheKey) {
  EXPECT_EQ(run("INSERT INTO \"table\" VALUE {'pk': 'a'}"),
            "ValidationException: Key attribute should be present in the item: Key sk");
  EXPECT_EQ(run("INSERT INTO \"table\" VALUE {'pk': 'a', 'sk': 'x'}"),
            "ValidationException: Key attribute's data type should match its data type in table's "
            "schema: Key sk");
  EXPECT_EQ(run("INSERT INTO \"table\" VALUE ?", {AttributeValue(Map{})}),
            "ValidationException: Unsupported format in item expression. Please use struct format "
            "{...} to express item values for insert statement. at 1:27:1");
}

TEST_F(Statements, Update_ChangesAnItem) {
  database_.put({{"pk", "a"},
                 {"sk", 1},
                 {"n", 5},
                 {"s", StringSet::make({"a", "b"})},
                 {"l2", List{AttributeValue(1)}},
                 {"m", Map{{"x", 1}, {"y", 2}}}});
  const std::string where = " WHERE pk = 'a' AND sk = 1 ";
  EXPECT_EQ(run("UPDATE \"table\" SET n = n - 1, m.x = 'new' SET l2 = list_append(l2, [2]) "
                "REMOVE m.y SET s = set_add(s, <<'c'>>)" +
                where),
            "");
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}),
            "{l2:[1,2],m:{x:new},n:4,pk:a,s:<a,b,c>,sk:1}");
  EXPECT_EQ(run("UPDATE \"table\" SET s = set_delete(s, <<'a','b','c'>>)" + where +
                "RETURNING ALL NEW *"),
            "{l2:[1,2],m:{x:new},n:4,pk:a,sk:1}");
  EXPECT_EQ(run("UPDATE \"table\" SET m.x = 'newer'" + where + "RETURNING MODIFIED NEW *"),
            "{m:{x:newer}}");
  EXPECT_EQ(run("UPDATE \"table\" SET n = 9" + where + "RETURNING MODIFIED OLD *"), "{n:4}");
  EXPECT_EQ(run("FROM \"table\"" + where + "REMOVE l2 RETURNING ALL OLD *"),
            "{l2:[1,2],m:{x:newer},n:9,pk:a,sk:1}");
}

TEST_F(Statements, Update_AddsUpAnyNumberOfTerms) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"n", 5}, {"m", Map{{"x", 7}}}, {"t", "text"}});
  const std::string where = " WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *";
  EXPECT_EQ(run("UPDATE \"table\" SET n = n + m.x - sk + 10" + where), "{n:21}");
  EXPECT_EQ(run("UPDATE \"table\" SET n = n - (m.x - 1) - if_not_exists(q, 5)" + where), "{n:10}");
  EXPECT_EQ(run("UPDATE \"table\" SET n = 1 + 2 + 3" + where), "{n:6}");
  EXPECT_EQ(run("UPDATE \"table\" SET n = n + t + 1" + where),
            "ValidationException: An operand in the update expression has an incorrect data type");
  EXPECT_EQ(run("UPDATE \"table\" SET n = if_not_exists(q, 1 + 2)" + where),
            "ValidationException: The function is not allowed to be used this way in an "
            "expression; function: +");
}

// Takes what an expression's text can say, as AWS does; and has another write come in between.
class OverTheWire : public ForwardingClient {
 public:
  using Client::update_item;
  using ForwardingClient::ForwardingClient;

  Result<GetItemResult> get_item(const GetItemRequest& request) override {
    auto result = inner_.get_item(request);
    if (between) inner_.put_item(*std::exchange(between, std::nullopt)).value();
    return result;
  }
  void update_item(UpdateItemRequest request, Completion<UpdateItemResult> done) override {
    auto read = wire::decode<UpdateItemRequest>(wire::encode(request));
    if (read.has_error()) return done(read.error());
    inner_.update_item(*std::move(read), std::move(done));
  }
  std::optional<PutItemRequest> between{};
};

TEST_F(Statements, Update_AddsUpAnyNumberOfTerms_OverAClientWhoseExpressionsTakeTwo) {
  const auto item = [](int n) {
    return Item{{"pk", "a"}, {"sk", 1}, {"n", n}, {"m", Map{{"x", 7}}}, {"t", "text"}};
  };
  database_.put(item(5));
  OverTheWire client(database_.client());
  const auto run = [&](const std::string& set, const std::string& more = "") {
    const auto result = execute_statement(
        client,
        {.statement = {.statement = "UPDATE \"table\" SET " + set + " WHERE pk = 'a' AND sk = 1" +
                                    more + " RETURNING MODIFIED NEW *"}});
    return result ? text_of(result->items) : text_of(result.error());
  };
  EXPECT_EQ(run("n = n + m.x - sk + 10, u = 1"), "{n:21,u:1}");
  EXPECT_EQ(run("n = n - (m.x - 1) - if_not_exists(q, 5)"), "{n:10}");
  EXPECT_EQ(run("n = n + t + 1"),
            "ValidationException: An operand in the update expression has an incorrect data type");
  EXPECT_EQ(run("n = n + m.x + 1", " AND n = 11"),
            "ConditionalCheckFailedException: The conditional request failed");
  client.between = PutItemRequest{.table = "table", .item = item(100)};
  EXPECT_EQ(run("n = n + m.x + 1"), "{n:108}");
}

TEST_F(Statements, ConditionsAsValues_AreEvaluated) {
  put_some();  // x: 10, 20, 30
  EXPECT_EQ(sks("WHERE pk = 'a' AND (x > 10) = (x < 30)"), "{sk:2}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND (x > 10) <> attribute_exists(x)"), "{sk:1}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND attribute_exists(x) <> 1"), "{sk:1} {sk:2} {sk:3}");
  EXPECT_EQ(sks("WHERE pk = 'a' AND attribute_exists(x) = 'true'"), "");
  // Each level doubles what is evaluated; the number of operators bounds it.
  std::string nested = "(x = 1)";
  for (int i = 0; i < 12; ++i) nested = '(' + nested + " = (x = 1))";
  EXPECT_THAT(sks("WHERE " + nested), ::testing::HasSubstr("too many operators"));
}

TEST_F(Statements, UpdateOfNothing_ReturnsNoRow) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"n", 5}});
  const std::string where = " WHERE pk = 'a' AND sk = 1 ";
  EXPECT_EQ(database_.execute("UPDATE \"table\" REMOVE n" + where + "RETURNING MODIFIED NEW *")
                ->items.size(),
            0u);
  EXPECT_EQ(database_.execute("UPDATE \"table\" SET q = 1" + where + "RETURNING MODIFIED OLD *")
                ->items.size(),
            0u);
}

TEST_F(Statements, Update_OfAMissingItem_Fails) {
  EXPECT_EQ(run("UPDATE \"table\" SET n = 1 WHERE pk = 'a' AND sk = 1"),
            "ConditionalCheckFailedException: The conditional request failed");
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}), "");
}

TEST_F(Statements, Writes_HoldTheirWholeCondition) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"n", 5}});
  const std::string failed = "ConditionalCheckFailedException: The conditional request failed";
  EXPECT_EQ(run("UPDATE \"table\" SET n = 6 WHERE (pk = 'a' AND sk = 1) AND n > 5"), failed);
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 AND n > 5"), failed);
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 AND (n > 5 OR q = 1)"), failed);
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}), "{n:5,pk:a,sk:1}");
  const auto told = execute_statement(
      database_.client(),
      {.statement = {.statement = "UPDATE \"table\" SET n=6 WHERE pk='a' AND sk=1 AND n=7",
                     .return_old_on_condition_failure = true}});
  ASSERT_TRUE(told.error().item);
  EXPECT_EQ(text_of(told.error().item->view()), "{n:5,pk:a,sk:1}");
}

TEST_F(Statements, Writes_NeedTheWholeKeyOnce) {
  const std::string incomplete =
      "ValidationException: Where clause does not contain a mandatory equality on all key "
      "attributes";
  for (const char* rest :
       {"", " WHERE pk = 'a'", " WHERE pk = 'a' AND sk > 1", " WHERE pk = 'a' OR sk = 1",
        " WHERE pk = 'a' AND sk IN [1]", " WHERE n = 1"}) {
    EXPECT_EQ(run("UPDATE \"table\" SET n = 1" + std::string(rest)), incomplete) << rest;
    EXPECT_EQ(run("DELETE FROM \"table\"" + std::string(rest)), incomplete) << rest;
  }
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 AND sk = 2"),
            "ValidationException: Multiple conditions on same key sk. Only single item "
            "Update/Insert/Delete are supported");
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 AND sk = 1"), "");
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = '1'"),
            "ValidationException: Key attribute's data type should match its data type in table's "
            "schema: Key sk");
  EXPECT_EQ(run("DELETE FROM \"table\".\"gsi\" WHERE pk = 'a'"),
            "ValidationException: This operation is not supported on an index");
}

TEST_F(Statements, Delete_RemovesAnItem) {
  database_.put({{"pk", "a"}, {"sk", 1}, {"n", 5}});
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *"),
            "{n:5,pk:a,sk:1}");
  EXPECT_EQ(database_.stored({{"pk", "a"}, {"sk", 1}}), "");
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *"), "");
  EXPECT_EQ(run("DELETE FROM \"table\" WHERE pk = 'a' AND sk = 1 AND n = 1"), "");
}

TEST_F(Statements, Exists_IsForTransactions) {
  EXPECT_EQ(run("EXISTS(SELECT * FROM \"table\" WHERE pk = 'a' AND sk = 1 AND n = 1)"),
            "ValidationException: EXISTS can only be used in ExecuteTransaction write requests.");
}

}  // namespace
}  // namespace dynamodb::partiql
