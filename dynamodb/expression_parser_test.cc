#include "dynamodb/expression_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_printer.h"
#include "dynamodb/limits.h"
#include "dynamodb/test_random_values.h"

namespace dynamodb {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Placeholders some() {
  return {.names = {{"#n", "name"}, {"#d", "dot.ted"}, {"#r", "abort"}},
          .values = {{":v", 1},
                     {":w", 2},
                     {":s", "text"},
                     {":t", "S"},
                     {":l", List{}},
                     {":b", true},
                     {":ss", StringSet::make({"x"})}}};
}

std::string condition_error(std::string_view text, Placeholders placeholders = some()) {
  const auto condition = parse_condition(text, placeholders);
  if (condition) return "";
  EXPECT_EQ(condition.error().code, ErrorCode::validation);
  return condition.error().message;
}
std::string update_error(std::string_view text, Placeholders placeholders = some()) {
  const auto update = parse_update(text, placeholders);
  return update ? "" : update.error().message;
}
std::string projection_error(std::string_view text, Placeholders placeholders = some()) {
  const auto projection = parse_projection(text, placeholders);
  return projection ? "" : projection.error().message;
}
std::string key_error(std::string_view text, Placeholders placeholders = some()) {
  const auto condition = parse_key_condition(text, placeholders);
  return condition ? "" : condition.error().message;
}

// The text that the printer makes of what was parsed.
std::string reprinted(std::string_view text) {
  auto placeholders = some();
  const auto condition = parse_condition(text, placeholders);
  EXPECT_TRUE(condition) << condition.error().message;
  ExpressionPrinter printer;
  std::string printed = printer.print(*condition);
  for (const auto& [placeholder, name] : printer.names()) {
    for (auto at = printed.find(placeholder); at != std::string::npos;
         at = printed.find(placeholder)) {
      printed.replace(at, placeholder.size(), name);
    }
  }
  return printed;
}

TEST(ParseCondition, Precedence_IsNotAndOr) {
  EXPECT_EQ(reprinted("a=:v OR b=:v AND NOT c=:v"), "a = :v0 OR b = :v1 AND NOT c = :v2");
  EXPECT_EQ(reprinted("(a=:v OR b=:v) AND c=:v"), "(a = :v0 OR b = :v1) AND c = :v2");
  EXPECT_EQ(reprinted("not (a=:v and b=:v) or c=:v"), "NOT (a = :v0 AND b = :v1) OR c = :v2");
  EXPECT_EQ(reprinted("NOT NOT a=:v"), "NOT NOT a = :v0");
}

TEST(ParseCondition, EveryForm) {
  EXPECT_EQ(reprinted("a<>:v and a<:v and a<=:v and a>:v and a>=:v"),
            "a <> :v0 AND a < :v1 AND a <= :v2 AND a > :v3 AND a >= :v4");
  EXPECT_EQ(reprinted("a between :v and :w and b=:v"), "a BETWEEN :v0 AND :v1 AND b = :v2");
  EXPECT_EQ(reprinted("a in(:v,:w , b)"), "a IN (:v0, :v1, b)");
  EXPECT_EQ(reprinted("attribute_exists(a.b[3].#d)"), "attribute_exists(a.b[3].dot.ted)");
  EXPECT_EQ(reprinted("attribute_not_exists(#n)"), "attribute_not_exists(name)");
  EXPECT_EQ(reprinted("attribute_type(a, :t)"), "attribute_type(a, :v0)");
  EXPECT_EQ(reprinted("begins_with(a, :s)"), "begins_with(a, :v0)");
  EXPECT_EQ(reprinted("contains(a, b)"), "contains(a, b)");
  EXPECT_EQ(reprinted("size(a) > size(b) and :v < size ( a )"),
            "size(a) > size(b) AND :v0 < size(a)");
  EXPECT_EQ(reprinted("\n a\t=\r\n:v "), "a = :v0");
  EXPECT_EQ(reprinted("(a) = (:v)"), "a = :v0");
  EXPECT_EQ(reprinted("(a)between(b)and(c)"), "a BETWEEN b AND c");
  EXPECT_EQ(reprinted("#r = :v"), "abort = :v0");
}

TEST(ParseCondition, SizeOfAConstant_IsAConstant) {
  EXPECT_EQ(reprinted("a = size(:s)"), "a = :v0");
  auto placeholders = some();
  const auto condition = parse_condition("size(:s) = :v", placeholders);
  EXPECT_FALSE(evaluate(*condition, ItemView()));
  placeholders.values[":v"] = 4;
  EXPECT_TRUE(evaluate(*parse_condition("size(:s) = :v", placeholders), ItemView()));
  EXPECT_THAT(condition_error("size(:v) = a"),
              HasSubstr("operator or function: size, operand type: N"));
  EXPECT_THAT(condition_error("size(size(a)) = a"),
              HasSubstr("operator or function: size, operand type: N"));
}

TEST(ParseCondition, SyntaxErrors_NameTokenAndNeighbours) {
  EXPECT_EQ(condition_error("a = 4"),
            "Invalid ConditionExpression: Syntax error; token: \"4\", near: \"= 4\"");
  EXPECT_EQ(condition_error("foo-bar = :v"),
            "Invalid ConditionExpression: Syntax error; token: \"-\", near: \"foo-bar\"");
  EXPECT_EQ(condition_error("a ="),
            "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\"");
  EXPECT_EQ(condition_error("attribute_not_exists( "),
            "Invalid ConditionExpression: Syntax error; token: \"<EOF>\", near: \"(\"");
  EXPECT_EQ(condition_error("ü > :v"),
            "Invalid ConditionExpression: Syntax error; token: \"ü\", near: \"ü >\"");
  for (const char* text : {"things are not gonna be ok",
                           "attribute_exists(\"P.R\")",
                           "attribute_exists(P..R)",
                           "attribute_exists(Pi#c.R)",
                           "attribute_exists(as[a])",
                           "a in :v, :w",
                           "a > between",
                           "a in (b,c,)",
                           "(a)between(b.(c.d))and(c)",
                           "(a)between(b.c.d)and((c)",
                           "#$.b > a",
                           "a > :v.stuff",
                           "b[:v] > a",
                           "b[#n] > a",
                           "size(a).b > c",
                           "size(a)[0] > c",
                           "a",
                           "(a)",
                           "a)",
                           "(a = :v",
                           "a = :v)",
                           "a = :v b = :w",
                           "NOT",
                           "a = :v AND",
                           "AND a = :v",
                           "()",
                           "a == :v",
                           "a = :v & b = :v",
                           "a[1.5] = :v",
                           "a[-1] = :v",
                           ": = a",
                           "# = a",
                           "a BETWEEN :v",
                           "a BETWEEN :v OR :w",
                           "a IN ()",
                           "attribute_exists(a",
                           "a != :v",
                           "(a = :v) = :w",
                           "(a OR b)",
                           ".a = :v",
                           "a. = :v",
                           "a[] = :v"}) {
    EXPECT_THAT(condition_error(text),
                StartsWith("Invalid ConditionExpression: Syntax error; token: \""))
        << text;
  }
}

TEST(ParseCondition, EmptyOrTooLongText_IsRefused) {
  EXPECT_EQ(condition_error(""), "Invalid ConditionExpression: The expression can not be empty;");
  EXPECT_EQ(condition_error(" \n"),
            "Invalid ConditionExpression: The expression can not be empty;");
  std::string text = "a = :v";
  text.append(kMaxExpressionSize - text.size(), ' ');
  EXPECT_EQ(condition_error(text), "");
  EXPECT_EQ(condition_error(text + ' '),
            "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; "
            "expression size: 4097");
}

TEST(ParseCondition, RedundantParentheses_AreRefused) {
  for (const char* text : {"((a=:v))", "a=:v and ((b=:v and c=:v))", "a > ((b))",
                           "a=:v OR ((b=:v OR (c=:v OR d=:v)))", "((a)) = :v"}) {
    EXPECT_EQ(condition_error(text),
              "Invalid ConditionExpression: The expression has redundant parentheses;")
        << text;
  }
  for (const char* text : {"(a=:v)", "((a=:v) and b=:v)", "(b=:v and (a=:v))",
                           "((a=:v) and (b=:v))", "size((a)) = :v", "a in ((:v))"}) {
    EXPECT_EQ(condition_error(text), "") << text;
  }
}

TEST(ParseCondition, Functions_AreCaseSensitive_AndOnlyWhereTheyBelong) {
  EXPECT_EQ(condition_error("attRIbute_exIsts(a)"),
            "Invalid ConditionExpression: Invalid function name; function: attRIbute_exIsts");
  EXPECT_EQ(condition_error("a=:v and whatever((:v)) > a"),
            "Invalid ConditionExpression: Invalid function name; function: whatever");
  EXPECT_EQ(condition_error("if_not_exists(a, :v) = :v"),
            "Invalid ConditionExpression: The function is not allowed in a condition expression; "
            "function: if_not_exists");
  for (const char* text :
       {"size(a)", "attribute_exists(a) > b", "a between b and contains(c, d)",
        "a in (b, begins_with(a, b))", "size(contains(a, b)) > a", "NOT size(a)", "(size(a))"}) {
    EXPECT_THAT(
        condition_error(text),
        HasSubstr("The function is not allowed to be used this way in an expression; function: "))
        << text;
  }
}

TEST(ParseCondition, OperandCounts) {
  EXPECT_EQ(condition_error("attribute_exists(a, b)"),
            "Invalid ConditionExpression: Incorrect number of operands for operator or function; "
            "operator or function: "
            "attribute_exists, number of operands: 2");
  for (const char* text : {"begins_with(a)", "contains(a, b, c)", "size(a, b) = :v", "size() = :v",
                           "attribute_type(a)", "attribute_exists()"}) {
    EXPECT_THAT(condition_error(text), HasSubstr("Incorrect number of operands")) << text;
  }
  EXPECT_THAT(condition_error("attribute_exists(:v)"),
              HasSubstr("requires a document path; operator or function: attribute_exists"));
}

TEST(ParseCondition, ReservedWords_AnyCase_OnlyBareNames) {
  EXPECT_EQ(
      condition_error(":v < abOrT"),
      "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: abOrT");
  EXPECT_THAT(condition_error("a.Size = :v"), HasSubstr("reserved keyword: Size"));
  EXPECT_THAT(condition_error("attribute_exists(name)"), HasSubstr("reserved keyword: name"));
  EXPECT_EQ(condition_error("a.#r = :v"), "");
  EXPECT_THAT(projection_error("a, status"),
              HasSubstr("Invalid ProjectionExpression: Attribute name is a reserved keyword"));
  EXPECT_THAT(update_error("SET Set = :v"), HasSubstr("Syntax error"));
  EXPECT_THAT(update_error("REMOVE Absolute"), HasSubstr("reserved keyword: Absolute"));
}

TEST(ParseCondition, UndefinedPlaceholders_AreRefused) {
  EXPECT_EQ(condition_error("#x = :v"),
            "Invalid ConditionExpression: An expression attribute name used in the document path "
            "is not defined; attribute "
            "name: #x");
  EXPECT_EQ(condition_error("a = :x"),
            "Invalid ConditionExpression: An expression attribute value used in expression is not "
            "defined; attribute value: "
            ":x");
  // A syntax error anywhere comes first.
  EXPECT_THAT(condition_error("#x = :x AND"), HasSubstr("Syntax error"));
}

TEST(ParseCondition, TreeRules_AreChecked) {
  EXPECT_THAT(condition_error("a < :b"), HasSubstr("operator or function: <, operand type: BOOL"));
  EXPECT_THAT(condition_error("a between :w and :v"),
              HasSubstr("upper bound to be greater than or equal to lower bound"));
  EXPECT_THAT(condition_error("#n = #n"), HasSubstr("operator: =, first operand: [name]"));
  EXPECT_EQ(condition_error(":v = :v"), "");
  EXPECT_THAT(condition_error("attribute_type(a, b)"),
              HasSubstr("operator or function: attribute_type, operand type: {"));
  EXPECT_THAT(condition_error("a[4294967296] = :v"),
              HasSubstr("List index is not within the allowable range; index: [4294967296]"));
}

TEST(ParseCondition, M3_DeepNesting_IsAnErrorNotACrash) {
  const auto repeated = [](const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
  };
  EXPECT_NE(condition_error(repeated("(", 4000)), "");
  EXPECT_NE(condition_error(repeated("NOT ", 1000) + "a=:v"), "");
  EXPECT_NE(condition_error(repeated("size(", 800)), "");
  EXPECT_NE(update_error("SET a = " + repeated("list_append(", 340)), "");
  EXPECT_EQ(condition_error(repeated("(a=:v AND ", 140) + "b=:v" + repeated(")", 140)), "");
  EXPECT_EQ(condition_error(repeated("NOT ", 299) + "a=:v"), "");
}

TEST(ParseCondition, Keywords_AreNotNames_FunctionNamesAre) {
  EXPECT_THAT(condition_error("and = :v"), HasSubstr("Syntax error"));
  EXPECT_EQ(condition_error("contains = :v"), "");
  EXPECT_EQ(condition_error("begins_with = :v"), "");
}

TEST(ParseKeyCondition, Forms) {
  for (const char* text :
       {"a = :v", "(a = :v)", "a = :v AND b BETWEEN :v AND :w", "begins_with(b, :s) AND a = :v",
        "(a = :v) and (b > :v)", "a = :v AND b <= :w"}) {
    EXPECT_EQ(key_error(text), "") << text;
  }
  auto placeholders = some();
  const auto flipped = parse_key_condition("a = :v AND :w < b", placeholders);
  const ConditionNode& second = (*flipped)->children.at(1).node();
  EXPECT_EQ(second.op, ConditionOp::greater);
  EXPECT_EQ(std::get<Path>(second.operands[0]), Path("b"));
}

TEST(ParseKeyCondition, WhatItDoesNotTake) {
  EXPECT_EQ(key_error("a = :v OR b = :v"), "Invalid operator used in KeyConditionExpression: OR");
  EXPECT_EQ(key_error("NOT a = :v"), "Invalid operator used in KeyConditionExpression: NOT");
  EXPECT_EQ(key_error("a <> :v"), "Invalid operator used in KeyConditionExpression: <>");
  EXPECT_EQ(key_error("a IN (:v)"), "Invalid operator used in KeyConditionExpression: IN");
  EXPECT_EQ(key_error("a = :v AND contains(b, :s)"),
            "Invalid operator used in KeyConditionExpression: contains");
  EXPECT_THAT(key_error("a = :v AND size(b) > :v"),
              HasSubstr("KeyConditionExpressions cannot contain nested operations"));
  EXPECT_EQ(key_error("begins_with(:s, a)"),
            "Invalid condition in KeyConditionExpression: begins_with operator must have the key "
            "attribute as its first operand");
  EXPECT_EQ(key_error("a = b"),
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one "
            "condition");
  EXPECT_EQ(key_error(":v = :w"),
            "Invalid condition in KeyConditionExpression: No key attribute specified");
  EXPECT_EQ(key_error("a.b = :v"),
            "KeyConditionExpressions cannot have conditions on "
            "nested attributes");
  EXPECT_EQ(key_error("a = :v AND a = :w"),
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one "
            "condition per key");
  EXPECT_EQ(key_error("((a = :v))"),
            "Invalid KeyConditionExpression: The expression has redundant parentheses;");
}

TEST(ParseUpdate, SyntaxErrors) {
  for (const char* text : {"whatever",
                           "set a",
                           "add a",
                           "delete a",
                           "set a=set",
                           "remove a = b",
                           "add a = b",
                           "delete a b",
                           "add a b",
                           "remove a b",
                           "set a b",
                           "set :v = b",
                           "add :v b",
                           "remove :v",
                           "set a = b / c",
                           "set a = b * c",
                           "set a[1] = \"eight\"",
                           "set a[1] = 1",
                           "set a = if_not_exist(a, 100)",
                           "set if_not_exists(a, b) = a",
                           "set (a = (b + c))",
                           "set a = (b.c).d + e",
                           "set a = b + c + d",
                           "set a = :v,",
                           "set",
                           "set a = :v remove",
                           "remove a,"}) {
    EXPECT_THAT(update_error(text), StartsWith("Invalid UpdateExpression: Syntax error; token: \""))
        << text;
  }
  EXPECT_EQ(update_error(""), "Invalid UpdateExpression: The expression can not be empty;");
}

TEST(ParseUpdate, EveryForm) {
  for (const char* text :
       {"SET a = :v", "set a=:v,b[0].c=d remove e, f.g add h :v, i :ss delete j :ss",
        "set a = (b + c)", "set a = (b) - (:v)", "SET a = list_append(if_not_exists(b, :l), :l)",
        "SET a = if_not_exists(a, if_not_exists(b, :v))", "REMOVE a SET b = :v", "set a=a+:v",
        "SET #r.#d = :v"}) {
    EXPECT_EQ(update_error(text), "") << text;
  }
  auto placeholders = some();
  const auto update = parse_update("ADD a :v DELETE b :ss REMOVE c SET d = :s", placeholders);
  EXPECT_EQ(update->add.at(0).value, AttributeValue(1));
  EXPECT_EQ(update->del.at(0).path, Path("b"));
  EXPECT_EQ(update->remove.at(0), Path("c"));
  EXPECT_EQ(std::get<AttributeValue>(update->set.at(0).value.value), AttributeValue("text"));
  EXPECT_EQ(placeholders.used, (std::set<std::string, std::less<>>{":v", ":ss", ":s"}));
}

TEST(ParseUpdate, Errors) {
  EXPECT_EQ(update_error("SET a = :v SET b = :v"),
            "Invalid UpdateExpression: The \"SET\" section can only be used once in an update "
            "expression;");
  EXPECT_THAT(update_error("delete a :ss remove x delete b :ss"),
              HasSubstr("\"DELETE\" section can only be used once"));
  EXPECT_THAT(update_error("SET a = foo(a)"), HasSubstr("Invalid function name; function: foo"));
  EXPECT_THAT(update_error("SET a = size(b)"),
              HasSubstr("The function is not allowed in an update expression; function: size"));
  EXPECT_THAT(update_error("SET a = if_not_exists(b)"),
              HasSubstr("operator or function: if_not_exists, number of operands: 1"));
  EXPECT_THAT(update_error("SET a = if_not_exists(:v, b)"),
              HasSubstr("requires a document path; operator or function: if_not_exists"));
  EXPECT_THAT(update_error("SET a = list_append(list_append(b, c), d)"),
              HasSubstr("function: list_append"));
  EXPECT_THAT(update_error("SET a.b = :v REMOVE a"),
              HasSubstr("overlap with each other; must remove or rewrite one of these paths; path "
                        "one: [a, b], path two: [a]"));
  EXPECT_THAT(update_error("SET a = :v + :s"),
              HasSubstr("operator or function: +, operand type: S"));
  EXPECT_THAT(update_error("ADD a :s"), HasSubstr("operator: ADD, operand type: STRING"));
  EXPECT_THAT(update_error("SET #x = :v"), HasSubstr("not defined; attribute name: #x"));
}

TEST(ParseProjection, Forms) {
  auto placeholders = some();
  EXPECT_EQ(*parse_projection(" a , b.c[1][2] ,#d", placeholders),
            (Projection{"a", Path("b").child("c").at(1).at(2), Path("dot.ted")}));
  for (const char* text : {"a,", ",a", "a b", ":v", "size(a)", "a.1", "*", "a[00]", "a[01]"}) {
    EXPECT_THAT(projection_error(text), HasSubstr("Invalid ProjectionExpression: Syntax error"))
        << text;
  }
  EXPECT_THAT(projection_error("a, a.b"), HasSubstr("overlap"));
  EXPECT_EQ(projection_error(""), "Invalid ProjectionExpression: The expression can not be empty;");
}

TEST(Placeholders, Unused_AreRefused) {
  Placeholders placeholders{.names = {{"#x", "x"}, {"#y", "y"}}, .values = {{":x", 1}, {":z", 2}}};
  ASSERT_TRUE(parse_condition("#x = :x", placeholders));
  EXPECT_EQ(check_all_used(placeholders).value_or(""),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#y}");
  ASSERT_TRUE(parse_projection("#y", placeholders));
  EXPECT_EQ(check_all_used(placeholders).value_or(""),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:z}");
  placeholders.values.erase(":z");
  EXPECT_EQ(check_all_used(placeholders), std::nullopt);
}

TEST(Placeholders, KeysSyntax) {
  for (const char* key : {"a", "#", "#a-b", ":a", "##", ""}) {
    EXPECT_EQ(check_all_used({.names = {{key, "x"}}}).value_or(""),
              "ExpressionAttributeNames contains invalid key: Syntax error; key: \"" +
                  std::string(key) + '"');
  }
  EXPECT_THAT(check_all_used({.values = {{"a", 1}}}).value_or(""),
              HasSubstr("ExpressionAttributeValues contains invalid key"));
}

TEST(Placeholders, KeysOfMoreThan255Bytes_AreRefused) {
  const std::string rest(254, 'z');
  EXPECT_THAT(check_all_used({.names = {{"#" + rest, "x"}}}).value_or(""), HasSubstr("unused"));
  EXPECT_EQ(
      check_all_used({.names = {{"#z" + rest, "x"}}}).value_or(""),
      "ExpressionAttributeNames contains invalid key: The expression attribute map contains a "
      "key that is too long; size of key: 256");
  EXPECT_EQ(check_all_used({.values = {{":z" + rest, 1}}}).value_or(""),
            "ExpressionAttributeValues contains invalid key: The expression attribute map contains "
            "a key that is too long;");
}

TEST(ReservedWords, AreThe573_InAnyCase) {
  for (const char* word : {"ABORT", "abort", "Zone", "name", "STATUS", "OBJECT"})
    EXPECT_TRUE(is_reserved_word(word)) << word;
  for (const char* word : {"", "pk", "title", "ABORTS", "ABOR", "\xFF"})
    EXPECT_FALSE(is_reserved_word(word)) << word;
}

// Random bytes and random tokens: an error or a tree, never a crash (the sanitizers watch).
TEST(ParseCondition, Property_AnyText_IsReadOrRefused) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  testing::RandomValues random(seed);
  constexpr const char* kTokens[] = {"a",       "b.c",
                                     "(",       ")",
                                     "=",       "<",
                                     "AND",     "OR",
                                     "NOT",     ":v",
                                     ":s",      "#n",
                                     "size(",   "contains(",
                                     ",",       "IN",
                                     "BETWEEN", "attribute_exists(",
                                     "[",       "]",
                                     "0",       ".",
                                     "SET",     "REMOVE",
                                     "ADD",     "if_not_exists(",
                                     "+",       "-",
                                     "\xC3"};
  int accepted = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text;
    for (std::size_t n = random.below(9); n > 0; --n)
      text += std::string(kTokens[random.below(std::size(kTokens))]) + ' ';
    accepted += condition_error(text).empty();
    update_error(text);
    projection_error(text);
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace dynamodb
