#include "dynamodb/partiql/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/partiql/test_statements.h"

namespace dynamodb::partiql {
namespace {

using testing::print;

constexpr char kOpening[] = "Statement wasn't well formed, can't be processed: ";

std::string printed(std::string_view text) {
  const auto statement = parse_statement(text);
  return statement ? print(*statement) : "refused: " + statement.error().message;
}

std::string refusal(std::string_view text) {
  const auto statement = parse_statement(text);
  if (statement) return "parsed: " + print(*statement);
  EXPECT_EQ(statement.error().code, ErrorCode::validation);
  return statement.error().message;
}
std::string syntax(std::string_view detail) { return kOpening + std::string(detail); }

TEST(Parser, Select_HasColumnsSourceConditionAndOrder) {
  EXPECT_EQ(
      printed("select a, b.c[0].\"D d\"['e'] from t.\"i\" where x = 1 order by x, y desc;"),
      R"(SELECT "a", "b"."c"[0]."D d"."e" FROM "t"."i" WHERE ("x" = 1) ORDER BY "x" ASC, "y" DESC)");
  EXPECT_EQ(printed("SELECT * FROM t"), R"(SELECT * FROM "t")");
}

TEST(Parser, Writes_HaveTheirClauses) {
  EXPECT_EQ(printed("insert into t value {'a': [1, <<2>>], 'b': ?, 'c': NULL}"),
            R"(INSERT INTO "t" VALUE {'a': [1, <<2>>], 'b': ?, 'c': NULL})");
  EXPECT_EQ(printed("UPDATE t SET a=1, b[1]=b[1]-1 SET c='it''s' REMOVE d REMOVE e.f "
                    "WHERE k=1 RETURNING MODIFIED OLD *"),
            R"(UPDATE "t" SET "a" = 1 SET "b"[1] = ("b"[1] - 1) SET "c" = 'it''s' REMOVE "d" )"
            R"(REMOVE "e"."f" WHERE ("k" = 1) RETURNING MODIFIED OLD *)");
  EXPECT_EQ(printed("DELETE FROM t WHERE k=1 RETURNING ALL OLD *"),
            R"(DELETE FROM "t" WHERE ("k" = 1) RETURNING ALL OLD *)");
  EXPECT_EQ(printed("FROM t WHERE k=1 SET a=2 RETURNING ALL NEW *"),
            R"(UPDATE "t" SET "a" = 2 WHERE ("k" = 1) RETURNING ALL NEW *)");
}

TEST(Parser, Operators_BindAsInSql) {
  const auto where = [](std::string_view text) {
    return printed("SELECT * FROM t WHERE " + std::string(text)).substr(24);
  };
  EXPECT_EQ(where("a OR b AND NOT c = d"), R"(("a" OR ("b" AND (NOT ("c" = "d")))))");
  EXPECT_EQ(where("a BETWEEN 1 AND 2 AND b"), R"((("a" BETWEEN 1 AND 2) AND "b"))");
  EXPECT_EQ(where("a NOT BETWEEN 1 AND 2"), R"((NOT ("a" BETWEEN 1 AND 2)))");
  EXPECT_EQ(where("a NOT IN (1, 2)"), R"((NOT ("a" IN [1, 2])))");
  EXPECT_EQ(where("a IS NOT MISSING"), R"((NOT ("a" IS MISSING)))");
  EXPECT_EQ(where("a != 1 + 2 - 3"), R"(("a" <> ((1 + 2) - 3)))");
  EXPECT_EQ(where("a = b < c"), R"(("a" = ("b" < "c")))");
  EXPECT_EQ(where("a > -/* c */-1 AND b < - 5"), R"((("a" > 1) AND ("b" < -5)))");
  EXPECT_EQ(where("a OR b OR c"), R"(("a" OR "b" OR "c"))");
}

TEST(Parser, Comments_AreBlanks) {
  EXPECT_EQ(printed("SELECT/**/* FROM t -- the table\nWHERE a/* b */= '--/*' --"),
            R"(SELECT * FROM "t" WHERE ("a" = '--/*'))");
}

// As AWS words them.
TEST(Parser, BrokenStatements_TellWhatIsWrong) {
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = 1 foo"),
            syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = 1 e5"), syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = 1)"), syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("DELETE FROM t WHERE a = 1 ORDER BY a"),
            syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("SELECT * FROM t ORDER BY a WHERE a = 1"),
            syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("INSERT INTO t x VALUE {'a': 1}"), syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("SELECT * FROM t; SELECT * FROM t"),
            syntax("Unexpected token after expression"));
  EXPECT_EQ(refusal("FROM t SET a = 1 WHERE b = 2"), syntax("Unexpected token after expression"));
  for (const char* text :
       {"SELECT * FROM t WHERE", "SELECT * FROM t WHERE;", "UPDATE t SET a = 1 WHERE  ",
        "DELETE FROM t WHERE", "SELECT * FROM t WHERE NOT", "SELECT * FROM t WHERE (",
        "SELECT * FROM"}) {
    EXPECT_EQ(refusal(text), syntax("Unexpected term")) << text;
  }
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = 1 AND"),
            syntax("Missing right-hand side expression of infix operator"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE ORDER BY a"), syntax("Unexpected keyword"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE IS NULL"), syntax("Unexpected operator"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a = LIKE"), syntax("Unexpected operator"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a IS FOO"), syntax("Expected type name"));
  EXPECT_EQ(refusal("SELECT * FROM t WHERE a.inner = 1"), syntax("Invalid path dot component"));
  EXPECT_EQ(refusal("SLECT * FROM t"), syntax("Expected data manipulation"));
  for (const char* text : {"DELETE FROM", "DELETE FROM;", "DELETE FROM WHERE a = 1"})
    EXPECT_EQ(refusal(text), syntax("Expected identifier for simple path")) << text;
  for (const char* text :
       {"SELECT * FROM t WHERE a = 1e2147483648", "SELECT * FROM t WHERE a = 1.5e-2147483647",
        "SELECT * FROM t WHERE a = 1 # note", "SELECT * FROM t WHERE a = 1 /* note",
        "SELECT * FROM t WHERE a = 'open", "SELECT * FROM \"open", "SELECT \xC3\xA9 FROM t"}) {
    EXPECT_EQ(refusal(text), syntax("")) << text;
  }
}

TEST(Parser, WhatDynamoDbLacks_IsNamed) {
  for (const char* text : {"SELECT * FROM t x", "SELECT * FROM t AS x", "UPDATE t x SET a = 3",
                           "DELETE FROM t x", "SELECT a AS b FROM t"}) {
    EXPECT_EQ(refusal(text), "Aliasing is not supported") << text;
  }
  EXPECT_EQ(refusal("SELECT * FROM a, b"),
            "Only select from a single table or index is supported.");
  EXPECT_EQ(refusal("SELECT * FROM a.b.c"),
            "A path may contain at most 2 components in the FROM clause");
  EXPECT_EQ(refusal("SELECT * FROM \"\""), "Path component cannot be an empty string");
  EXPECT_EQ(refusal("SELECT * FROM 'a'"), "Unexpected from source");
  EXPECT_EQ(refusal("SELECT COUNT(*) FROM t"), "Unexpected path component at 1:8:5");
  EXPECT_EQ(refusal("SELECT * FROM t LIMIT 1"), "Unsupported clause: LIMIT at 1:23:1");
  EXPECT_EQ(refusal("INSERT INTO t {'a': 1}"), "Unsupported operation: InsertOp");
  EXPECT_EQ(refusal("SELECT a[*].b FROM t"),
            "Wildcard path components like a[*].b are not supported");
  EXPECT_EQ(refusal("SELECT a[b] FROM t"), "Unexpected path component at 1:10:1");
  EXPECT_EQ(refusal("SELECT a[ FROM t"),
            "Statement wasn't well formed, can't be processed: Unexpected keyword");
  EXPECT_EQ(refusal("SELECT * FROM t HAVING n > 1"), "Unsupported clause: HAVING at 1:26:1");
  EXPECT_EQ(refusal("SELECT l[-1] FROM t"),
            "List index is not within the allowable range; index: [-1] at 1:11:1");
  EXPECT_EQ(refusal("SELECT l[2147483648] FROM t"),
            "List index is not within the allowable range; index: [2147483648] at 1:10:10");
  EXPECT_EQ(refusal("CREATE TABLE t"), "Unsupported operation: CreateTable");
  EXPECT_EQ(refusal("x IS INT4"), "Unsupported operation: IsType");
  EXPECT_EQ(refusal("x"), "Unsupported operation: VariableReference");
  EXPECT_EQ(refusal("INSERT INTO t VALUE {'a': 1} RETURNING ALL OLD *"),
            "RETURNING is not supported in INSERT");
  EXPECT_EQ(refusal("DELETE FROM t WHERE a = 1 RETURNING MODIFIED NEW *"),
            "Invalid returning clause: RETURNING MODIFIED NEW *. Only RETURNING ALL OLD * is "
            "allowed in DELETE statements.");
}

TEST(Parser, Places_CountCharactersOfTheirLine) {
  EXPECT_EQ(refusal("SELECT \"\xC3\xA9\",\n  'x' FROM t"), "Unexpected path component at 2:3:3");
  EXPECT_EQ(refusal("SELECT \"\xC3\xA9\", 'x' FROM t"), "Unexpected path component at 1:13:3");
}

TEST(Parser, Parameters_AreCountedInOrder) {
  const auto statement = parse_statement("UPDATE t SET a = ? WHERE k = ? AND b IN [?, 1]");
  ASSERT_TRUE(statement);
  EXPECT_EQ(statement->parameters, 3u);
  const auto& update = std::get<Update>(statement->body);
  EXPECT_EQ(update.actions[0].value->parameter, 0u);
}

TEST(Parser, LongStatement_IsValidationError) {
  const std::string open = "SELECT * FROM t WHERE a = '", close = "'";
  const std::string fits(kMaxStatementSize - open.size() - close.size(), 'x');
  EXPECT_TRUE(parse_statement(open + fits + close));
  EXPECT_THAT(refusal(open + fits + "x" + close),
              ::testing::EndsWith("Member must have length less than or equal to 8192"));
  EXPECT_THAT(refusal(""),
              ::testing::EndsWith("Member must have length greater than or equal to 1"));
}

TEST(Parser, M3_DeepNesting_IsValidationError) {
  const auto repeated = [](std::string_view text, std::size_t times) {
    std::string result;
    for (; times > 0; --times) result += text;
    return result;
  };
  const std::string open = "SELECT * FROM t WHERE a = ";
  for (const std::string& text :
       {repeated("(", 8000), repeated("[", 8000), repeated("{'a':", 1600), repeated("<<", 4000),
        repeated("(NOT (", 1300), repeated("- ", 4000), repeated("1+", 4000) + '1',
        repeated("1<", 4000) + '1', repeated("1=", 4000) + '1', repeated("f(", 4000),
        repeated("(-[", 2600)}) {
    EXPECT_EQ(refusal(open + text), "Nesting Levels have exceeded supported limits")
        << text.substr(0, 6);
  }
  EXPECT_TRUE(parse_statement(open + repeated("1 OR a = ", 800) + '1'));
}

TEST(Parser, RandomStatements_PrintedAndParsed_AreTheSame) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::RandomStatements random(seed);
  int parsed_ones = 0;
  for (int i = 0; i < 3000; ++i) {
    const Statement statement = random.statement();
    const std::string text = print(statement);
    if (text.size() > kMaxStatementSize) continue;
    const auto parsed = parse_statement(text);
    ASSERT_TRUE(parsed) << parsed.error().message << "\n" << text;
    ASSERT_EQ(print(*parsed), text);
    ASSERT_EQ(parsed->parameters, statement.parameters) << text;
    ++parsed_ones;
  }
  EXPECT_GT(parsed_ones, 2000);
}

// Cut, spliced and with bytes changed: an answer of either kind, and no more.
TEST(Parser, DamagedStatements_AreAnswered) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  testing::RandomStatements random(seed);
  std::string last = print(random.statement());
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string text = print(random.statement());
    const std::string whole = text;
    text.resize(random.below(text.size() + 1));
    text += last.substr(random.below(last.size() + 1));
    for (std::size_t n = random.below(4); n > 0 && !text.empty(); --n)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    if (!parse_statement(text)) ++refused;
    last = whole;
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace dynamodb::partiql
