#include "dynamodb/partiql/translate.h"

#include <gtest/gtest.h>

#include "dynamodb/expression_printer.h"
#include "dynamodb/partiql/parser.h"
#include "dynamodb/partiql/test_database.h"

namespace dynamodb::partiql {
namespace {

template <class Body>
Body parsed(const std::string& text) {
  auto statement = parse_statement(text);
  EXPECT_TRUE(statement) << statement.error().message;
  return std::get<Body>(std::move(statement).value().body);
}

// As an expression with its placeholders filled in.
std::string filled(ExpressionPrinter& printer, std::string text) {
  const auto fill = [&text](const std::string& placeholder, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; ++at)
      text.replace(at, placeholder.size(), by);
  };
  for (const auto& [placeholder, name] : printer.names()) fill(placeholder, name);
  for (const auto& [placeholder, value] : printer.values()) {
    const std::string packed = pack_value(value);
    fill(placeholder, testing::text_of(ValueView(packed)));
  }
  return text;
}

std::string where(const std::string& condition,
                  const std::vector<AttributeValue>& parameters = {}) {
  const auto select = parsed<Select>("SELECT * FROM t WHERE " + condition);
  Translator translator(parameters);
  const Condition result = translator.where(select.where);
  if (translator.error()) return translator.error()->message;
  ExpressionPrinter printer;
  std::string text = printer.print(result);
  return filled(printer, std::move(text));
}

std::string update(const std::string& actions) {
  const auto statement = parsed<Update>("UPDATE t " + actions);
  const std::vector<AttributeValue> none;
  Translator translator(none);
  const UpdateExpression result = translator.update(statement.actions);
  if (translator.error()) return translator.error()->message;
  ExpressionPrinter printer;
  std::string text = printer.print(result);
  return filled(printer, std::move(text));
}

std::string value(const std::string& literal) {
  const auto insert = parsed<Insert>("INSERT INTO t VALUE {'a': " + literal + '}');
  const std::vector<AttributeValue> parameters(9, AttributeValue("p"));
  Translator translator(parameters);
  const Item item = translator.item(insert.value);
  if (translator.error()) return translator.error()->message;
  const PackedItem packed(item);
  return testing::text_of(packed.view());
}

TEST(Translate, Conditions_AreThoseOfExpressions) {
  EXPECT_EQ(where("a = 1 AND (b <> 'x' OR NOT c < 2)"), "a = 1 AND (b <> x OR NOT c < 2)");
  EXPECT_EQ(where("5 < a AND 'x' = b"), "a > 5 AND b = x");
  EXPECT_EQ(where("a BETWEEN ? AND 3", {AttributeValue(2)}), "a BETWEEN 2 AND 3");
  EXPECT_EQ(where("a NOT IN [1, ?]", {AttributeValue("y")}), "NOT a IN (1, y)");
  EXPECT_EQ(where("a IS MISSING OR a.b[0] IS NOT MISSING"),
            "attribute_not_exists(a) OR NOT attribute_not_exists(a.b[0])");
  EXPECT_EQ(where("a IS NULL AND b IS NOT STRING"),
            "attribute_type(a, NULL) AND NOT attribute_type(b, S)");
  EXPECT_EQ(where("BEGINS_WITH(a, 'x') AND contains(b, 1) AND attribute_type(c, 'SS')"),
            "begins_with(a, x) AND contains(b, 1) AND attribute_type(c, SS)");
  EXPECT_EQ(where("size(a) > size('abc')"), "size(a) > 3");
  EXPECT_EQ(where("attribute_exists(a) = false AND true = contains(b, 'x')"),
            "NOT attribute_exists(a) AND contains(b, x)");
  EXPECT_EQ(where("\"begins_with\"(\"a\", 'x')"), "begins_with(a, x)");
}

TEST(Translate, ConditionsAsValues_AreTrueOrFalse) {
  EXPECT_EQ(where("attribute_exists(a) = ?", {AttributeValue(true)}), "attribute_exists(a)");
  EXPECT_EQ(where("? <> (a > 1)", {AttributeValue(true)}), "NOT a > 1");
  EXPECT_EQ(where("(a > 1) = (b < 2)"), "a > 1 AND b < 2 OR NOT a > 1 AND NOT b < 2");
  EXPECT_EQ(where("(a > 1) <> b"), "NOT (a > 1 AND b = true OR NOT a > 1 AND b = false)");
  // What is neither true nor false equals no condition.
  for (const char* const other : {"1", "'x'", "NULL", "size(b)"})
    EXPECT_EQ(where("(a > 1) = " + std::string(other)), "a > 1 AND NOT a > 1") << other;
  EXPECT_EQ(where("attribute_exists(a) >= 1"),
            "Incorrect operand type for operator or function; operator or function: >=, operand "
            "type: BOOL");
}

TEST(Translate, ConditionsThatAreNone_AreRefused) {
  for (const char* text : {"a", "1", "true", "size(a)", "?"}) {
    EXPECT_EQ(where(text, {AttributeValue(1)}),
              "WHERE clause must contain an expression that resolves to a boolean");
  }
  EXPECT_EQ(where("a = 1 AND b"), "The arguments to AND/OR must be Expressions");
  EXPECT_EQ(where("NOT a"), "The argument to NOT must be a Type or Expression");
  EXPECT_EQ(where("a = MISSING"), "MISSING must be compared using IS operator");
  EXPECT_EQ(where("a LIKE 'x'"), "Unsupported operator in Condition Expression. Operator: like");
  EXPECT_EQ(where("a = b + 1"), "Unsupported operator in Condition Expression. Operator: +");
  EXPECT_EQ(
      where("a > -b"),
      "Incorrect number of operands for operator or function; operator or function: -, number "
      "of operands: 1");
  EXPECT_EQ(where("foo(a)"), "Unrecognized function: foo at 1:23:3");
  EXPECT_EQ(where("EXISTS(a)"), "Unrecognized function: exists at 1:23:6");
  EXPECT_EQ(
      where("attribute_exists('a')"),
      "Operator or function requires a document path; operator or function: attribute_exists");
  EXPECT_EQ(where("attribute_exists(a, b)"),
            "Incorrect number of operands for operator or function; operator or function: "
            "attribute_exists, number of operands: 2");
  EXPECT_EQ(where("a < true"),
            "Incorrect operand type for operator or function; operator or function: <, operand "
            "type: BOOL");
  EXPECT_EQ(where("attribute_type(a, 'X')"),
            "Invalid attribute type name found; type: X, valid types: "
            "{N,BS,L,B,NULL,M,S,SS,NS,BOOL}");
  EXPECT_EQ(where("attribute_type(a, 1)"),
            "Incorrect operand type for operator or function; operator or function: "
            "attribute_type, operand type: N");
  EXPECT_EQ(where("a IN []"), where("a IN ?", {AttributeValue(List{AttributeValue(1)})}));
  EXPECT_EQ(where("a IN []"),
            "IN operator must have a left hand argument of type Variable Reference and right hand "
            "argument of type Seq with at least one member");
  EXPECT_EQ(where("size(a) IS NULL"),
            "The left hand side argument to IS must be a Variable Reference, Literal, or Path");
  EXPECT_EQ(where("a IS INT4"),
            "Unsupported data type for IS operator: INT4. Supported data types are [MISSING, NULL, "
            "BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]");
  std::string many = "a IN [0";
  for (int i = 1; i <= 100; ++i) many += ", " + std::to_string(i);
  EXPECT_EQ(where(many + "]"),
            "The IN operator is provided with too many operands; number of operands: 101");
}

TEST(Translate, Values_AreLiteralsAndParameters) {
  EXPECT_EQ(value("{'m': [1, 'x', true, NULL, {}], 'n': <<2, 1>>, 's': <<'b', 'a'>>}"),
            "{a:{m:[1,x,true,null,{}],n:<1,2>,s:<a,b>}}");
  EXPECT_EQ(value("?"), "{a:p}");
  EXPECT_EQ(value("-1.5e-3"), "{a:-0.0015}");
  EXPECT_EQ(value("- - 2.50"), "{a:2.5}");
  EXPECT_EQ(value("-0"), "{a:0}");
  EXPECT_EQ(value("007."), "{a:7}");
  EXPECT_EQ(value(".5"), "{a:0.5}");
}

TEST(Translate, ValuesThatAreNone_AreRefusedWithTheirPlace) {
  EXPECT_EQ(value("[1, ?]"), "Unsupported data type: Parameter under key root[1] at 1:31:1");
  EXPECT_EQ(value("{'k': x}"),
            "Unsupported data type: VariableReference under key root.k at 1:33:1");
  EXPECT_EQ(value("set_add(<<1>>, <<2>>)"),
            "Unsupported data type: set_add under key root at 1:27:7");
  EXPECT_EQ(value("MISSING"), "Unsupported data type: MISSING under key root at 1:27:7");
  EXPECT_EQ(
      value("{k: 1}"),
      "Tuple keys must be of type String. Actual type: VariableReference under root at 1:28:1");
  EXPECT_EQ(value("{'k': 1, 'k': 2}"), "Duplicate keys in tuple. Key: k under root at 1:36:3");
  EXPECT_EQ(value("1, 'a': 2"), "Duplicate keys in tuple. Key: a under root at 1:30:3");
  EXPECT_EQ(value("<<>>"), "Empty bags are not supported");
  EXPECT_EQ(
      value("<<1, 'a'>>"),
      "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags");
  EXPECT_EQ(value("<<'a', 'a'>>"),
            "One or more parameter values were invalid: Input collection [a, a] contains "
            "duplicates.");
  EXPECT_EQ(value("<<2, 2.0>>"),
            "One or more parameter values were invalid: Input collection [2, 2.0] contains "
            "duplicates! under root");
  EXPECT_EQ(value("[1, 1e126]"),
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range under root[1]");
  EXPECT_EQ(value("123456789012345678901234567890123456789"),
            "Attempting to store more than 38 significant digits in a Number under root");
  std::string deep = "1";
  for (int i = 0; i < 31; ++i) deep = "[" + deep + "]";
  EXPECT_EQ(value(deep).substr(0, 4), "{a:[");
  std::string path;
  for (int i = 0; i < 32; ++i) path += "[0]";
  EXPECT_EQ(value("[" + deep + "]"),
            "Nesting Levels have exceeded supported limits under root" + path);
}

TEST(Translate, Updates_AreThoseOfExpressions) {
  EXPECT_EQ(update("SET a = 1, b.c[0] = d REMOVE e SET f = NULL REMOVE g[1]"),
            "SET a = 1, b.c[0] = d, f = null REMOVE e, g[1]");
  EXPECT_EQ(update("SET a = list_append(a, [1]) SET b = LIST_APPEND(['x'], b)"),
            "SET a = list_append(a, [1]), b = list_append([x], b)");
  EXPECT_EQ(update("SET a = if_not_exists(a, 0) + 1"), "SET a = if_not_exists(a, 0) + 1");
  EXPECT_EQ(update("SET a = set_add(a, <<'x'>>) SET b = SET_DELETE(b, <<1>>)"),
            "ADD a <x> DELETE b <1>");
  EXPECT_EQ(update("SET a = (a + 3) - 1"), "SET a = a + 3 - 1");
  EXPECT_EQ(update("SET a = a - (b - c.d + if_not_exists(e, 1))"),
            "SET a = a - (b - c.d + if_not_exists(e, 1))");
  EXPECT_EQ(update("SET a = b - c"), "SET a = b - c");
}

TEST(Translate, UpdatesThatAreNone_AreRefused) {
  EXPECT_EQ(update("SET t = set_add(s, <<'x'>>)"),
            "The first argument to SET_ADD must equal the assignment value at 1:18:7");
  EXPECT_EQ(update("SET s = set_delete(s, ['x'])"),
            "The second argument to SET_DELETE must be a value with type SET at 1:29:1");
  EXPECT_EQ(update("SET s = set_add(s)"), "SET_ADD must have exactly two arguments at 1:18:7");
  EXPECT_EQ(update("SET a = 'a' + 1"),
            "Incorrect operand type for operator or function; operator or function: +, operand "
            "type: S");
  EXPECT_EQ(update("SET a = a * 2"), "Unsupported operator in Update Expression. Operator: *");
  EXPECT_EQ(update("SET a = size(b)"),
            "The function is not allowed in an update expression; function: size");
  EXPECT_EQ(update("SET a = foo(b)"), "Unrecognized function: foo at 1:18:3");
  EXPECT_EQ(update("SET a = b IS NULL"), "IS operator is not supported in update expressions");
  EXPECT_EQ(update("SET a = MISSING"), "MISSING must be compared using IS operator");
  EXPECT_EQ(
      update("SET a = 1 SET a = 2"),
      "Two document paths overlap with each other; must remove or rewrite one of these paths; "
      "path one: [a], path two: [a]");
}

TEST(Translate, Columns_AreNamedByTheirLastName) {
  const std::vector<AttributeValue> none;
  Translator translator(none);
  const auto select = parsed<Select>("SELECT a, b.c, d[1], e.f[0][2] FROM t");
  std::string names;
  for (const Column& column : translator.columns(select.columns)) names += column.name + ' ';
  EXPECT_EQ(names, "a c d[1] f[0][2] ");
  Translator other(none);
  other.columns(parsed<Select>("SELECT a.x, b.x FROM t").columns);
  EXPECT_EQ(other.error()->message, "Duplicate identifiers in select clause: x");
}

}  // namespace
}  // namespace dynamodb::partiql
