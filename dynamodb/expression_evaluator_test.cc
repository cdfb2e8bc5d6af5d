#include "dynamodb/expression_evaluator.h"

#include <gtest/gtest.h>

namespace dynamodb {
namespace {

const Item kItem = {
    {"s", "hello"},
    {"e", "é😀"},
    {"n", 5},
    {"neg", -2},
    {"b", Binary{std::string("\x80\x01", 2)}},
    {"t", true},
    {"z", Null{}},
    {"l", List{1, "two", List{3}, Map{{"k", "v"}}}},
    {"m", Map{{"a", Map{{"b", 7}}}, {"list", List{"x", "y"}}}},
    {"ss", StringSet::make({"x", "y"})},
    {"ns", NumberSet::make({1, 2, 10})},
    {"bs", BinarySet::make({"p", "q"})},
    {"a.b", "dotted"},
};

bool holds(const Condition& condition) {
  static const PackedItem item(kItem);
  return evaluate(condition, item.view());
}
Path path(const char* name) { return Path(name); }
bool holds(ConditionOp op, Operand left, Operand right) {
  return holds(compare(op, std::move(left), std::move(right)));
}

using ConditionOp::greater;
using ConditionOp::greater_equal;
using ConditionOp::less;
using ConditionOp::less_equal;
using ConditionOp::not_equal;
using V = AttributeValue;

TEST(Evaluate, EmptyCondition_Holds) { EXPECT_TRUE(holds(Condition())); }

TEST(Evaluate, Equality_OfEveryType) {
  for (const auto& [name, value] : kItem) {
    EXPECT_TRUE(holds(equal(Path(name), value))) << name;
    EXPECT_FALSE(holds(compare(not_equal, Path(name), value))) << name;
    EXPECT_TRUE(holds(equal(value, Path(name)))) << name;
    for (const auto& [other, other_value] : kItem) {
      if (other == name) continue;
      EXPECT_FALSE(holds(equal(Path(name), other_value))) << name << other;
      EXPECT_TRUE(holds(compare(not_equal, Path(name), other_value))) << name << other;
      EXPECT_FALSE(holds(equal(Path(name), Path(other)))) << name << other;
    }
  }
  EXPECT_TRUE(holds(equal(V("x"), V("x"))));
}

TEST(Evaluate, Equality_OfContainers_IsDeep) {
  EXPECT_FALSE(holds(equal(path("l"), V(List{1, "two", List{4}, Map{{"k", "v"}}}))));
  EXPECT_FALSE(holds(equal(path("l"), V(List{1, "two", List{3}}))));
  EXPECT_FALSE(holds(equal(path("m"), V(Map{{"a", Map{{"b", 7}}}}))));
  EXPECT_FALSE(holds(equal(path("ns"), V(NumberSet::make({1, 2})))));
  EXPECT_TRUE(holds(equal(path("ns"), V(NumberSet::make({*Number::parse("1e1"), 2, 1})))));
}

TEST(Evaluate, Order_OfNumbersByValue_StringsAndBinariesByUnsignedBytes) {
  EXPECT_TRUE(holds(less, path("n"), V(10)));
  EXPECT_TRUE(holds(less, path("neg"), V(-1)));
  EXPECT_FALSE(holds(less, path("n"), V(5)));
  EXPECT_TRUE(holds(less_equal, path("n"), V(5)));
  EXPECT_TRUE(holds(greater, path("n"), path("neg")));
  EXPECT_TRUE(holds(greater_equal, path("n"), V(5)));
  EXPECT_TRUE(holds(greater, path("s"), V("hell")));
  EXPECT_TRUE(holds(greater, path("e"), V("z")));  // 0xC3 > 'z'
  EXPECT_TRUE(holds(greater, path("b"), V(Binary{"\x7F\xFF"})));
  EXPECT_TRUE(holds(greater, V(10), path("n")));
}

TEST(Evaluate, Order_OfDifferentOrUnorderedTypes_IsFalseBothWays) {
  for (const auto op : {less, less_equal, greater, greater_equal}) {
    EXPECT_FALSE(holds(op, path("n"), V("5")));
    EXPECT_FALSE(holds(op, path("t"), path("t")));
    EXPECT_FALSE(holds(op, path("l"), path("l")));
    EXPECT_FALSE(holds(op, path("ss"), path("ss")));
    EXPECT_FALSE(holds(op, path("missing"), V(1)));
    EXPECT_FALSE(holds(op, V(1), path("missing")));
  }
}

TEST(Evaluate, MissingAttribute_FailsComparisons_ButNotEqualHolds) {
  EXPECT_FALSE(holds(equal(path("missing"), V(1))));
  EXPECT_TRUE(holds(!equal(path("missing"), V(1))));
  EXPECT_TRUE(holds(compare(not_equal, path("missing"), V(1))));
  EXPECT_FALSE(holds(equal(path("missing"), path("gone"))));
  EXPECT_FALSE(holds(between(path("missing"), V(1), V(2))));
  EXPECT_FALSE(holds(in(path("missing"), {V(1), path("gone")})));
}

TEST(Evaluate, Between_IsInclusive) {
  EXPECT_TRUE(holds(between(path("n"), V(5), V(6))));
  EXPECT_TRUE(holds(between(path("n"), V(4), V(5))));
  EXPECT_FALSE(holds(between(path("n"), V(6), V(9))));
  EXPECT_FALSE(holds(between(path("n"), V("4"), V("6"))));
  EXPECT_TRUE(holds(between(path("n"), path("neg"), V(9))));
  EXPECT_FALSE(holds(between(path("n"), path("missing"), V(9))));
  EXPECT_TRUE(holds(between(V(3), path("neg"), path("n"))));
}

TEST(Evaluate, In_AnyCandidate) {
  EXPECT_TRUE(holds(in(path("n"), {V(1), V(5)})));
  EXPECT_FALSE(holds(in(path("n"), {V(1), V("5")})));
  EXPECT_TRUE(holds(in(path("l"), {kItem.at("l")})));
  EXPECT_TRUE(holds(in(V(-2), {path("n"), path("neg")})));
}

TEST(Evaluate, ExistsAndType) {
  EXPECT_TRUE(holds(attribute_exists(path("z"))));
  EXPECT_FALSE(holds(attribute_exists(path("missing"))));
  EXPECT_TRUE(holds(attribute_not_exists(path("missing"))));
  EXPECT_FALSE(holds(attribute_not_exists(path("s"))));
  const std::pair<const char*, Type> types[] = {
      {"s", Type::S}, {"n", Type::N}, {"b", Type::B},   {"t", Type::BOOL}, {"z", Type::NUL},
      {"m", Type::M}, {"l", Type::L}, {"ss", Type::SS}, {"ns", Type::NS},  {"bs", Type::BS}};
  for (const auto& [name, type] : types) {
    for (const auto& [other, other_type] : types) {
      EXPECT_EQ(holds(attribute_type(path(name), other_type)), type == other_type);
    }
  }
  EXPECT_FALSE(holds(attribute_type(path("missing"), Type::NUL)));
}

TEST(Evaluate, BeginsWith_StringsAndBinaries) {
  EXPECT_TRUE(holds(begins_with(path("s"), V("hel"))));
  EXPECT_TRUE(holds(begins_with(path("s"), V(""))));
  EXPECT_TRUE(holds(begins_with(path("s"), V("hello"))));
  EXPECT_FALSE(holds(begins_with(path("s"), V("hello!"))));
  EXPECT_FALSE(holds(begins_with(path("s"), V(Binary{"hel"}))));
  EXPECT_TRUE(holds(begins_with(path("b"), V(Binary{"\x80"}))));
  EXPECT_FALSE(holds(begins_with(path("n"), V("5"))));
}

TEST(Evaluate, Contains_SubstringMemberOrElement) {
  EXPECT_TRUE(holds(contains(path("s"), V("ell"))));
  EXPECT_FALSE(holds(contains(path("s"), V("elo"))));
  EXPECT_FALSE(holds(contains(path("s"), V(1))));
  EXPECT_TRUE(holds(contains(path("b"), V(Binary{"\x01"}))));
  EXPECT_TRUE(holds(contains(path("ss"), V("x"))));
  EXPECT_FALSE(holds(contains(path("ss"), V("xy"))));
  EXPECT_FALSE(holds(contains(path("ss"), V(Binary{"x"}))));
  EXPECT_TRUE(holds(contains(path("ns"), V(*Number::parse("1.0e1")))));
  EXPECT_FALSE(holds(contains(path("ns"), V("1"))));
  EXPECT_TRUE(holds(contains(path("bs"), V(Binary{"q"}))));
  EXPECT_TRUE(holds(contains(path("l"), V("two"))));
  EXPECT_TRUE(holds(contains(path("l"), V(List{3}))));
  EXPECT_FALSE(holds(contains(path("l"), V(3))));
  EXPECT_FALSE(holds(contains(path("m"), V("a"))));
  EXPECT_FALSE(holds(contains(path("missing"), V("a"))));
  // A constant that holds an attribute: what parse_condition() makes of contains(:list, a).
  const auto constant = [](V whole, const char* member) {
    return Condition({.op = ConditionOp::contains, .operands = {std::move(whole), Path(member)}});
  };
  EXPECT_TRUE(holds(constant(StringSet::make({"hello", "x"}), "s")));
  EXPECT_TRUE(holds(constant(List{1, "hello"}, "s")));
  EXPECT_FALSE(holds(constant(List{1, 2}, "s")));
}

TEST(Evaluate, Size_OfEveryType) {
  const auto size_is = [](const char* name, int size) {
    return holds(equal(SizeOf{Path(name)}, V(size)));
  };
  EXPECT_TRUE(size_is("s", 5));
  EXPECT_TRUE(size_is("e", 3));  // UTF-16 code units
  EXPECT_TRUE(size_is("b", 2));
  EXPECT_TRUE(size_is("l", 4));
  EXPECT_TRUE(size_is("m", 2));
  EXPECT_TRUE(size_is("ss", 2));
  EXPECT_TRUE(size_is("ns", 3));
  EXPECT_TRUE(size_is("bs", 2));
  EXPECT_TRUE(holds(less, SizeOf{path("b")}, SizeOf{path("s")}));
  EXPECT_TRUE(holds(equal(SizeOf{path("s")}, path("n"))));
}

TEST(Evaluate, Size_OfWhatHasNone_FailsEveryComparison) {
  for (const char* name : {"n", "t", "z", "missing"}) {
    for (const auto op :
         {ConditionOp::equal, not_equal, less, less_equal, greater, greater_equal}) {
      EXPECT_FALSE(holds(op, SizeOf{Path(name)}, V(1))) << name;
    }
  }
  EXPECT_FALSE(holds(equal(SizeOf{path("s")}, V("5"))));
  EXPECT_FALSE(holds(compare(not_equal, SizeOf{path("s")}, V("5"))));
  EXPECT_TRUE(holds(compare(not_equal, SizeOf{path("s")}, V(4))));
}

TEST(Evaluate, Logic) {
  const auto yes = attribute_exists(path("s")), no = attribute_exists(path("missing"));
  EXPECT_TRUE(holds(yes && yes));
  EXPECT_FALSE(holds(yes && no));
  EXPECT_TRUE(holds(no || yes));
  EXPECT_FALSE(holds(no || no));
  EXPECT_FALSE(holds(!yes));
  EXPECT_TRUE(holds(!no && (yes || no)));
  EXPECT_TRUE(holds(Condition() && yes));
  EXPECT_FALSE(holds(no || Condition()));
  EXPECT_TRUE(holds(!Condition()));
}

TEST(Evaluate, NoItem_HasNoAttributes) {
  EXPECT_TRUE(evaluate(attribute_not_exists("pk"), ItemView()));
  EXPECT_FALSE(evaluate(equal(Path("pk"), V(1)), ItemView()));
}

TEST(Resolve, Paths) {
  const PackedItem item(kItem);
  const auto at = [&](const Path& p) -> std::optional<V> {
    const auto found = resolve(p, item.view());
    return found ? std::optional(unpack(*found)) : std::nullopt;
  };
  EXPECT_EQ(at(path("m").child("a").child("b")), V(7));
  EXPECT_EQ(at(path("l").at(3).child("k")), V("v"));
  EXPECT_EQ(at(path("l").at(2).at(0)), V(3));
  EXPECT_EQ(at(path("a.b")), V("dotted"));
  EXPECT_EQ(at(path("l").at(4)), std::nullopt);
  EXPECT_EQ(at(path("l").child("k")), std::nullopt);
  EXPECT_EQ(at(path("m").at(0)), std::nullopt);
  EXPECT_EQ(at(path("s").child("x")), std::nullopt);
  EXPECT_EQ(path("l").at(3).child("k").str(), "l[3].k");
}

Item projected(const Projection& paths) {
  const PackedItem item(kItem);
  const PackedItem part = project(item.view(), paths);
  EXPECT_TRUE(is_packed_item(part.bytes()));
  return unpack(part.view());
}

TEST(Project, EmptyProjection_KeepsTheWholeItem) { EXPECT_EQ(projected({}), kItem); }

TEST(Project, TopLevelAttributes) {
  EXPECT_EQ(projected({"s", "missing", "n"}), (Item{{"n", 5}, {"s", "hello"}}));
  EXPECT_EQ(projected({"missing"}), Item{});
}

TEST(Project, NestedPaths_KeepStructure_AndListsCloseUp) {
  EXPECT_EQ(projected({path("m").child("a").child("b"), path("s")}),
            (Item{{"m", Map{{"a", Map{{"b", 7}}}}}, {"s", "hello"}}));
  EXPECT_EQ(projected({path("l").at(3), path("l").at(0)}), (Item{{"l", List{1, Map{{"k", "v"}}}}}));
  EXPECT_EQ(projected({path("m").child("list").at(1), path("m").child("nope")}),
            (Item{{"m", Map{{"list", List{"y"}}}}}));
  EXPECT_EQ(projected({path("l").at(9), path("s").child("x"), path("m").at(0)}), Item{});
}

// So many that comparing each path with each attribute would not end.
TEST(Project, AnyNumberOfAttributes) {
  Item item, half;
  Projection paths;
  for (int i = 0; i < 150'000; ++i) {
    const std::string name = "a" + std::to_string(i);
    item.emplace(name, i);
    if (i % 2 == 0) continue;
    half.emplace(name, i);
    paths.emplace_back(name);
  }
  const PackedItem packed(item);
  EXPECT_EQ(project(packed.view(), paths), PackedItem(half));
}

}  // namespace
}  // namespace dynamodb
