#include "dynamodb/expression_printer.h"

#include <gtest/gtest.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/expression_parser.h"
#include "dynamodb/test_random_values.h"

namespace dynamodb {
namespace {

using V = AttributeValue;

TEST(Printer, Z7_NamesAndValues_BecomePlaceholders) {
  ExpressionPrinter printer;
  EXPECT_EQ(printer.print(equal(Path("a b").child("a b").at(3), V("'; DROP"))), "#n0.#n0[3] = :v0");
  EXPECT_EQ(printer.print(Projection{"c", Path("a b")}), "#n1, #n0");
  EXPECT_EQ(printer.names(), (std::map<std::string, std::string>{{"#n0", "a b"}, {"#n1", "c"}}));
  EXPECT_EQ(printer.values(), (std::map<std::string, V>{{":v0", "'; DROP"}}));
}

TEST(Printer, EveryCondition) {
  const auto printed = [](const Condition& condition) {
    return ExpressionPrinter().print(condition);
  };
  const Path a("a"), b("b");
  EXPECT_EQ(printed(Condition()), "");
  EXPECT_EQ(printed(compare(ConditionOp::not_equal, a, b)), "#n0 <> #n1");
  EXPECT_EQ(printed(compare(ConditionOp::less_equal, SizeOf{a}, V(1))), "size(#n0) <= :v0");
  EXPECT_EQ(printed(between(a, V(1), V(2))), "#n0 BETWEEN :v0 AND :v1");
  EXPECT_EQ(printed(in(a, {V(1), b})), "#n0 IN (:v0, #n1)");
  EXPECT_EQ(printed(attribute_exists(a)), "attribute_exists(#n0)");
  EXPECT_EQ(printed(attribute_not_exists(a)), "attribute_not_exists(#n0)");
  EXPECT_EQ(printed(attribute_type(a, Type::NUL)), "attribute_type(#n0, :v0)");
  EXPECT_EQ(printed(begins_with(a, V("x"))), "begins_with(#n0, :v0)");
  EXPECT_EQ(printed(contains(a, b)), "contains(#n0, #n1)");
}

TEST(Printer, Parentheses_OnlyWherePrecedenceNeedsThem) {
  const auto printed = [](const Condition& condition) {
    return ExpressionPrinter().print(condition);
  };
  const auto a = attribute_exists("a"), b = attribute_exists("b"), c = attribute_exists("c");
  const std::string x = "attribute_exists(#n0)", y = "attribute_exists(#n1)",
                    z = "attribute_exists(#n2)";
  EXPECT_EQ(printed(a && b && c), x + " AND " + y + " AND " + z);
  EXPECT_EQ(printed((a || b) && c), "(" + x + " OR " + y + ") AND " + z);
  EXPECT_EQ(printed(a || (b && c)), x + " OR " + y + " AND " + z);
  EXPECT_EQ(printed(!(a && b)), "NOT (" + x + " AND " + y + ")");
  EXPECT_EQ(printed(!a && b), "NOT " + x + " AND " + y);
  EXPECT_EQ(printed(!!a), "NOT NOT " + x);
}

TEST(Printer, Update) {
  UpdateExpression update;
  update.set = {{"a", plus(if_not_exists("a", {V(0)}), {V(1)})},
                {Path("l").at(0), {Path("b")}},
                {"c", list_append({Path("c")}, {V(List{1})})},
                {"d", minus({Path("d")}, {V(2)})}};
  update.remove = {"e", Path("m").child("x")};
  update.add = {{"f", V(1)}};
  update.del = {{"g", V(StringSet::make({"s"}))}};
  EXPECT_EQ(ExpressionPrinter().print(update),
            "SET #n0 = if_not_exists(#n0, :v0) + :v1, #n1[0] = #n2, #n3 = list_append(#n3, :v2), "
            "#n4 = #n4 - :v3 "
            "REMOVE #n5, #n6.#n7 ADD #n8 :v4 DELETE #n9 :v5");
  EXPECT_EQ(ExpressionPrinter().print(UpdateExpression{}), "");
}

// ---- parse(print(tree)) means what tree means

class RandomTrees {
 public:
  explicit RandomTrees(std::uint64_t seed) : random_(seed) {}

  Condition condition(int depth) {
    switch (random_.below(depth == 0 ? 8 : 12)) {
      case 0:
        return between(path(), value(), value());
      case 1:
        return in(path(), {value(), value(), path()});
      case 2:
        return attribute_exists(path());
      case 3:
        return attribute_type(path(), static_cast<Type>(1 + random_.below(10)));
      case 4:
        return begins_with(path(), V(random_.text()));
      case 5:
        return contains(path(), value());
      case 6:
        return compare(comparison(), SizeOf{path()}, V(static_cast<int>(random_.below(4))));
      case 8:
        return !condition(depth - 1);
      case 9:
        return condition(depth - 1) || condition(depth - 1) || condition(depth - 1);
      case 10:
        return condition(depth - 1) && condition(depth - 1);
      default:
        return compare(comparison(), path(), random_.coin() ? Operand(path()) : Operand(value()));
    }
  }
  PackedItem item() { return PackedItem(random_.item()); }

 private:
  Path path() {
    Path p(random_.name());
    while (random_.below(3) == 0)
      p = random_.coin() ? p.child(random_.name())
                         : p.at(static_cast<std::uint32_t>(random_.below(3)));
    return p;
  }
  V value() { return random_.value(1); }
  ConditionOp comparison() { return static_cast<ConditionOp>(random_.below(6)); }

  testing::RandomValues random_;
};

TEST(Printer, Property_ParsedPrint_EvaluatesTheSame) {
  const auto seed = testing::new_seed();
  SCOPED_TRACE(seed);
  RandomTrees random(seed);
  int parsed_trees = 0, held = 0;
  for (int i = 0; i < 6'000; ++i) {
    const Condition tree = random.condition(3);
    if (check_condition(tree, "FilterExpression")) continue;  // `<` with a list, say
    ExpressionPrinter printer;
    const std::string text = printer.print(tree);
    if (text.size() > 4096) continue;
    Placeholders placeholders;
    for (const auto& [placeholder, name] : printer.names())
      placeholders.names.emplace(placeholder, name);
    for (const auto& [placeholder, value] : printer.values())
      placeholders.values.emplace(placeholder, value);
    const auto again = parse_condition(text, placeholders, "FilterExpression");
    ASSERT_TRUE(again) << text << "\n" << again.error().message;
    ASSERT_EQ(check_all_used(placeholders), std::nullopt);
    ++parsed_trees;
    for (int n = 0; n < 10; ++n) {
      const PackedItem item = random.item();
      const bool holds = evaluate(tree, item.view());
      ASSERT_EQ(evaluate(*again, item.view()), holds) << text;
      held += holds;
    }
  }
  EXPECT_GT(parsed_trees, 1000);
  EXPECT_GT(held, 1000);
}

}  // namespace
}  // namespace dynamodb
