#include "dynamodb/partiql/plan.h"

#include <gtest/gtest.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/partiql/parser.h"
#include "dynamodb/partiql/translate.h"
#include "dynamodb/test_random_values.h"

namespace dynamodb::partiql {
namespace {

const KeySchema kKey{.partition = {"pk", Type::S}, .sort = KeyAttribute{"sk", Type::N}};
constexpr char kOverlap[] =
    "Overlapping conditions with range keys are not supported in where clause";
constexpr char kTooMany[] = "Too many decomposed read operations for a given query.";

Condition condition(const std::string& where) {
  const auto statement = parse_statement("SELECT * FROM t WHERE " + where);
  EXPECT_TRUE(statement) << statement.error().message;
  const std::vector<AttributeValue> none;
  Translator translator(none);
  Condition result = translator.where(std::get<Select>(statement->body).where);
  EXPECT_FALSE(translator.error()) << translator.error()->message;
  return result;
}

// "scan", "2 reads" or the error.
std::string planned(const std::string& where) {
  const auto plan = plan_read(kKey, condition(where));
  if (plan.has_error()) return plan.error().message;
  if (plan->mismatch != nullptr) return "mismatch " + plan->mismatch->name;
  return plan->keyed ? std::to_string(plan->reads.size()) + " reads" : "scan";
}

std::string in(int count, const std::string& attribute) {
  std::string text = attribute + " IN ['0'";
  for (int i = 1; i < count; ++i) text += ", '" + std::to_string(i) + "'";
  return text + "]";
}

TEST(Plan, FixedPartition_IsRead) {
  EXPECT_EQ(planned("pk = 'a'"), "1 reads");
  EXPECT_EQ(planned("pk = 'a' AND sk > 1 AND x = 2"), "1 reads");
  EXPECT_EQ(planned("pk IN ['a', 'b']"), "2 reads");
  EXPECT_EQ(planned("pk = 'a' OR (pk = 'b' AND x = 1)"), "2 reads");
  EXPECT_EQ(planned("pk IN ['a', 'b'] AND sk IN [1, 2]"), "4 reads");
  EXPECT_EQ(planned("pk = 'a' AND (sk < 1 OR sk > 1 OR sk = 1)"), "3 reads");
  EXPECT_EQ(planned("pk = 'a' AND (x = 1 OR y = 2)"), "1 reads");
}

TEST(Plan, BranchesWithNegatedSortKeys_AreReadTogether) {
  for (const char* negated : {"NOT sk = 1", "sk <> 1", "NOT sk IN [1, 3]", "NOT sk > 5",
                              "NOT (sk = 1)", "x = 1 AND sk <> 1"}) {
    EXPECT_EQ(planned("pk = 'a' AND " + std::string(negated) + " OR pk = 'a' AND sk = 2"),
              "1 reads")
        << negated;
  }
  EXPECT_EQ(planned("pk = 'a' OR pk = 'a' AND NOT sk = 1"), "1 reads");
  EXPECT_EQ(planned("pk = 'a' AND sk <> 1 OR pk = 'a' AND sk = 2 OR pk = 'b'"), "2 reads");
  EXPECT_EQ(planned("pk = 'a' AND x <> 1 OR pk = 'a' AND sk = 2"), kOverlap);
}

TEST(Plan, OpenPartition_IsScanned) {
  for (const char* where : {"sk = 1", "pk > 'a'", "pk > 1", "NOT pk = 'a'", "pk = 'a' OR sk = 1",
                            "pk = 'a' OR x = 1", "pk = x", "attribute_exists(pk)"}) {
    EXPECT_EQ(planned(where), "scan") << where;
  }
  EXPECT_EQ(planned(in(51, "pk") + " OR x = 1"), "scan");
}

TEST(Plan, Contradiction_ReadsNothing) {
  EXPECT_EQ(planned("pk = 'a' AND pk = 'b'"), "0 reads");
  EXPECT_EQ(planned("pk = 'a' AND sk = 1 AND sk = 2"), "0 reads");
  EXPECT_EQ(planned("pk = 'a' AND sk > 2 AND sk < 2"), "0 reads");
}

TEST(Plan, OverlappingBranches_AreRefused) {
  for (const char* where :
       {"pk = 'a' OR pk = 'a'", "pk = 'a' AND (sk > 0 OR sk < 5)", "pk = 'a' AND (sk = 1 OR x = 2)",
        "(pk = 'a' AND x = 1) OR (pk = 'a' AND x = 2)",
        "pk = 'a' AND x = 1 OR pk = 'a' AND sk = 2"}) {
    EXPECT_EQ(planned(where), kOverlap) << where;
  }
}

TEST(Plan, ValuesThatAnInListHasTwice_AreReadOnce) {
  EXPECT_EQ(planned("pk IN ['a', 'a']"), "1 reads");
  EXPECT_EQ(planned("pk IN ['a', 'b', 'a'] AND sk IN [1, 1.0, 2]"), "4 reads");
}

TEST(Plan, BranchesOfOneItem_AreReadTogether) {
  const KeySchema key{.partition = {"pk", Type::S}};
  for (const char* where : {"pk = 'a' OR pk = 'a'", "pk = 'a' OR (pk = 'a' AND x = 1)",
                            "(pk = 'a' AND x = 1) OR (pk = 'a' AND x = 2)"}) {
    const auto plan = plan_read(key, condition(where));
    ASSERT_TRUE(plan) << where;
    ASSERT_EQ(plan->reads.size(), 1u) << where;
    EXPECT_TRUE(plan->reads[0].whole_key) << where;
  }
}

TEST(Plan, ManyReads_AreRefused) {
  EXPECT_EQ(planned(in(50, "pk")), "50 reads");
  EXPECT_EQ(planned(in(51, "pk")), kTooMany);
  EXPECT_EQ(planned(in(26, "pk") + " AND sk IN [1, 2]"), kTooMany);
  EXPECT_EQ(planned(in(50, "pk") + " AND " + in(100, "x")), "50 reads");
}

TEST(Plan, KeyOfAnotherType_IsTold) {
  EXPECT_EQ(planned("pk = 1"), "mismatch pk");
  EXPECT_EQ(planned("pk = 1 OR pk = 'a'"), "mismatch pk");
  EXPECT_EQ(planned("pk = 'a' AND sk IN [1, 'b']"), "mismatch sk");
}

TEST(Plan, OneItem_IsTold) {
  const auto whole = [](const std::string& where) {
    const auto plan = plan_read(kKey, condition(where));
    return plan->reads.size() == 1 && plan->reads[0].whole_key && plan->reads[0].filter.empty();
  };
  EXPECT_TRUE(whole("pk = 'a' AND sk = 1"));
  EXPECT_TRUE(whole("(sk = 1) AND pk = 'a' AND pk = 'a' AND sk = 1"));
  EXPECT_TRUE(whole("pk IN ['a'] AND sk IN [1]"));
  EXPECT_TRUE(whole("pk = 'a' AND sk = 1 AND sk > 0"));
  EXPECT_FALSE(whole("pk = 'a'"));
  EXPECT_FALSE(whole("pk = 'a' AND sk >= 1"));
  EXPECT_FALSE(whole("pk = 'a' AND sk = 1 AND x = 1"));
}

TEST(Plan, Order_NeedsFixedPartitions) {
  const auto ordered = [](const std::string& where, const std::vector<OrderTerm>& terms) {
    const Condition clause = where.empty() ? Condition() : condition(where);
    auto plan = plan_read(kKey, clause);
    const auto forward = order_reads(kKey, terms, !where.empty(), *plan);
    if (forward.has_error()) return forward.error().message;
    std::string text = *forward ? "forward" : "backward";
    for (const Read& read : plan->reads) text += ' ' + read.partition.as<std::string>();
    return text;
  };
  EXPECT_EQ(ordered("pk = 'a'", {{"sk"}}), "forward a");
  EXPECT_EQ(ordered("pk = 'a'", {{"sk", true}}), "backward a");
  EXPECT_EQ(ordered("pk = 'a'", {{"pk"}}), "backward a");
  EXPECT_EQ(ordered("pk IN ['a', 'b']", {{"pk", true}, {"sk"}}), "forward b a");
  EXPECT_EQ(ordered("pk IN ['b', 'a']", {}), "forward b a");
  EXPECT_EQ(ordered("", {{"sk"}}),
            "Must have WHERE clause in the statement when using ORDER BY clause.");
  EXPECT_EQ(ordered("pk = 'a'", {{"x"}}),
            "Attribute x in ORDER BY clause must be part of the primary key");
  EXPECT_EQ(ordered("pk > 'a'", {{"sk"}}),
            "Must have at least one non-optional hash key condition in WHERE clause when using "
            "ORDER BY clause.");
  EXPECT_EQ(ordered("pk IN ['a', 'b']", {{"sk", true}}),
            "Must have hash key in ORDER BY clause when more than one hash key condition specified "
            "in WHERE clause.");
}

// ---- a plan finds what its clause holds for, each item once

class RandomClauses {
 public:
  explicit RandomClauses(std::uint64_t seed) : random_(seed) {}
  Condition clause(std::size_t depth = 3) {
    if (depth == 0 || random_.below(3) == 0) return leaf();
    std::vector<Condition> children{clause(depth - 1), clause(depth - 1)};
    return Condition(
        ConditionNode{random_.coin() ? ConditionOp::and_ : ConditionOp::or_, {}, children});
  }

 private:
  AttributeValue number() { return AttributeValue(random_.below(4)); }
  Condition leaf() {
    constexpr ConditionOp kOps[] = {ConditionOp::equal,         ConditionOp::less,
                                    ConditionOp::greater,       ConditionOp::less_equal,
                                    ConditionOp::greater_equal, ConditionOp::not_equal};
    switch (random_.below(6)) {
      case 0:
      case 1:
        return equal(Path("pk"), AttributeValue(random_.coin() ? "a" : "b"));
      case 2:
        return in(Path("pk"), {AttributeValue("a"), AttributeValue("b")});
      case 3:
        return compare(kOps[random_.below(std::size(kOps))], Path("sk"), number());
      case 4:
        return !compare(ConditionOp::equal, Path("sk"), number());
      default:
        return equal(Path("x"), number());
    }
  }
  dynamodb::testing::RandomValues random_;
};

TEST(Plan, RandomClauses_ReadTheirItemsOnce) {
  const auto seed = dynamodb::testing::new_seed();
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomClauses random(seed);
  int keyed = 0;
  for (int i = 0; i < 4000; ++i) {
    const Condition clause = random.clause();
    const auto plan = plan_read(kKey, clause);
    if (!plan || !plan->keyed) continue;
    ++keyed;
    for (const char* pk : {"a", "b"}) {
      for (int n = 0; n < 16; ++n) {
        const PackedItem item(Item{{"pk", pk}, {"sk", n / 4}, {"x", n % 4}});
        int found = 0;
        for (const Read& read : plan->reads) {
          if (evaluate(read.key_condition, item.view()) && evaluate(read.filter, item.view()))
            ++found;
        }
        ASSERT_EQ(found, evaluate(clause, item.view()) ? 1 : 0);
      }
    }
  }
  EXPECT_GT(keyed, 200);
}

}  // namespace
}  // namespace dynamodb::partiql
