// Query: which items, in which order, in which pages.
#include <algorithm>
#include <random>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class QueryTest : public ConformanceTest {
 protected:
  // A table with the sort keys `keys` in partition "a", and neighbours in other partitions that no
  // query of "a" may see.
  std::string make_sorted(Type type, const std::vector<AttributeValue>& keys) {
    const auto table = make_table(hash_and_range_key(Type::S, type));
    std::vector<Item> items;
    for (const auto& key : keys) {
      for (const char* pk : {"a", "aa", "A"}) items.push_back({{"pk", pk}, {"sk", key}});
    }
    put_all(table, items);
    return table;
  }
  // n items of partition "a", sort keys 0…n-1, "odd" on every other one.
  std::string make_numbered(int n) {
    const auto table = make_table(hash_and_range_key(Type::S, Type::N));
    std::vector<Item> items;
    for (int i = 0; i < n; ++i) {
      Item item{{"pk", "a"}, {"sk", i}, {"v", i * i}};
      if (i % 2 == 1) item["odd"] = true;
      items.push_back(std::move(item));
    }
    put_all(table, items);
    return table;
  }
  std::vector<AttributeValue> keys(const std::string& table, std::string_view sort_condition,
                                   Values values, bool forward = true) {
    values.emplace(":pk", "a");
    const std::string text =
        "pk = :pk" + (sort_condition.empty() ? "" : " AND " + std::string(sort_condition));
    return column(query_all({.table = table,
                             .key_condition = key_condition(text, std::move(values)),
                             .forward = forward}),
                  "sk");
  }
  testing::AssertionResult refused(QueryRequest request, std::string_view part) {
    return fails(db().query(request), ErrorCode::validation, part);
  }
  static Condition partition(AttributeValue pk = "a") {
    return key_condition("pk = :pk", {{":pk", std::move(pk)}});
  }
};
RUN_ON_EVERY_BACKEND(QueryTest);

using Keys = std::vector<AttributeValue>;

TEST_P(QueryTest, SortKeyThatNoItemCanHave_IsRefused) {
  const auto table = make_table(hash_and_range_key(Type::S, Type::S));
  const Values values{{":pk", "a"}, {":s", std::string(1025, 'x')}};
  for (const char* condition : {"sk = :s", "sk > :s", "begins_with(sk, :s)"})
    EXPECT_TRUE(
        refused({.table = table,
                 .key_condition = key_condition("pk = :pk AND " + std::string(condition), values)},
                "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"))
        << condition;
}

// Embedded zero bytes sort as bytes do: "a" < "a\0" < "a\0b" < "a\1" < "aa". Strings sort by their
// UTF-8 bytes.
TEST_P(QueryTest, StringSortKeys_EveryCondition) {
  const std::string a0("a\0", 2), a0b("a\0b", 3), a1("a\1", 2);
  const Keys all{"A", "a", a0, a0b, a1, "aa", "b", "é", "😀"};
  const auto table = make_sorted(Type::S, all);
  EXPECT_EQ(keys(table, "", {}), all);
  EXPECT_EQ(keys(table, "", {}, false), Keys(all.rbegin(), all.rend()));
  EXPECT_EQ(keys(table, "sk = :v", {{":v", "a"}}), Keys{"a"});
  EXPECT_EQ(keys(table, "sk = :v", {{":v", a0}}), Keys{a0});
  EXPECT_EQ(keys(table, "sk < :v", {{":v", a0}}), (Keys{"A", "a"}));
  EXPECT_EQ(keys(table, "sk <= :v", {{":v", a0}}), (Keys{"A", "a", a0}));
  EXPECT_EQ(keys(table, "sk > :v", {{":v", a0b}}), (Keys{a1, "aa", "b", "é", "😀"}));
  EXPECT_EQ(keys(table, "sk >= :v", {{":v", "b"}}), (Keys{"b", "é", "😀"}));
  EXPECT_EQ(keys(table, "sk BETWEEN :v AND :w", {{":v", "a"}, {":w", a1}}),
            (Keys{"a", a0, a0b, a1}));
  EXPECT_EQ(keys(table, "sk BETWEEN :v AND :w", {{":v", "c"}, {":w", "d"}}), Keys{});
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", "a"}}), (Keys{"a", a0, a0b, a1, "aa"}));
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", a0}}), (Keys{a0, a0b}));
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", "a"}}, false),
            (Keys{"aa", a1, a0b, a0, "a"}));
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", "z"}}), Keys{});
}

TEST_P(QueryTest, NumberSortKeys_SortByValue) {
  const Keys all{number("-1E100"),
                 -100,
                 -20,
                 -3,
                 number("-2.5"),
                 number("-1E-10"),
                 0,
                 number("1E-130"),
                 number("0.5"),
                 1,
                 number("1.5"),
                 2,
                 10,
                 100,
                 number("1E125")};
  const auto table = make_sorted(Type::N, all);
  EXPECT_EQ(keys(table, "", {}), all);
  EXPECT_EQ(keys(table, "", {}, false), Keys(all.rbegin(), all.rend()));
  EXPECT_EQ(keys(table, "sk < :v", {{":v", -3}}), (Keys{number("-1E100"), -100, -20}));
  EXPECT_EQ(keys(table, "sk <= :v", {{":v", -20}}), (Keys{number("-1E100"), -100, -20}));
  EXPECT_EQ(keys(table, "sk > :v", {{":v", 10}}), (Keys{100, number("1E125")}));
  EXPECT_EQ(keys(table, "sk >= :v", {{":v", number("10.0")}}), (Keys{10, 100, number("1E125")}));
  EXPECT_EQ(keys(table, "sk BETWEEN :v AND :w", {{":v", -3}, {":w", 0}}),
            (Keys{-3, number("-2.5"), number("-1E-10"), 0}));
  EXPECT_EQ(keys(table, "sk = :v", {{":v", number("1.50")}}), Keys{number("1.5")});
}

// Random numbers of all magnitudes: neighbours in the key's encoding are neighbours in value.
TEST_P(QueryTest, NumberSortKeys_RandomOnesSortByValue) {
  std::mt19937 random(7);
  std::vector<Number> numbers;
  for (int i = 0; i < 200; ++i) {
    std::string text = random() % 2 != 0 ? "-" : "";
    text += std::to_string(random() % 10'000'000) + "." + std::to_string(random() % 1000) + "e" +
            std::to_string(static_cast<int>(random() % 60) - 30);
    numbers.push_back(number(text));
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  const Keys all(numbers.begin(), numbers.end());
  const auto table = make_sorted(Type::N, all);
  EXPECT_EQ(keys(table, "", {}), all);
  EXPECT_EQ(keys(table, "sk >= :v", {{":v", all[77]}}), Keys(all.begin() + 77, all.end()));
  EXPECT_EQ(keys(table, "sk < :v", {{":v", all[33]}}), Keys(all.begin(), all.begin() + 33));
}

TEST_P(QueryTest, BinarySortKeys_SortAsUnsignedBytes) {
  const auto b = [](std::string_view bytes) { return AttributeValue(Binary{std::string(bytes)}); };
  using namespace std::string_view_literals;
  const Keys all{b("\0"sv),   b("\0\0"sv), b("\0\1"sv), b("\0\xFF"sv), b("\1"sv),
                 b("\x7F"sv), b("\x80"sv), b("\xFF"sv), b("\xFF\0"sv), b("\xFF\xFF"sv)};
  const auto table = make_sorted(Type::B, all);
  EXPECT_EQ(keys(table, "", {}), all);
  EXPECT_EQ(keys(table, "sk > :v", {{":v", b("\0\1"sv)}}), Keys(all.begin() + 3, all.end()));
  EXPECT_EQ(keys(table, "sk <= :v", {{":v", b("\0"sv)}}), Keys{all[0]});
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", b("\0"sv)}}),
            Keys(all.begin(), all.begin() + 4));
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", b("\xFF"sv)}}),
            Keys(all.begin() + 7, all.end()));
  EXPECT_EQ(keys(table, "begins_with(sk, :v)", {{":v", b("\xFF\xFF"sv)}}), Keys{all[9]});
  EXPECT_EQ(keys(table, "sk BETWEEN :v AND :w", {{":v", b("\x80"sv)}, {":w", b("\xFF\0"sv)}}),
            Keys(all.begin() + 6, all.begin() + 9));
}

TEST_P(QueryTest, TableWithoutSortKey_GivesTheOneItem) {
  const auto table = make_table(hash_key(Type::N));
  put(table, {{"pk", 1}, {"v", "x"}});
  put(table, {{"pk", 2}});
  EXPECT_EQ(query_items(table, "pk = :v", {{":v", number("1.0")}}),
            (std::vector{Item{{"pk", 1}, {"v", "x"}}}));
  EXPECT_TRUE(query_items(table, "pk = :v", {{":v", 3}}).empty());
}

TEST_P(QueryTest, Paging_EveryLimitBothWays_LosesAndRepeatsNothing) {
  const auto table = make_numbered(10);
  Keys expected;
  for (int i = 2; i <= 8; ++i) expected.emplace_back(i);
  const Condition range =
      key_condition("pk = :p AND sk BETWEEN :a AND :b", {{":p", "a"}, {":a", 2}, {":b", 8}});
  for (std::uint32_t limit = 1; limit <= 9; ++limit) {
    for (const bool forward : {true, false}) {
      const auto items =
          query_all({.table = table, .key_condition = range, .forward = forward, .limit = limit});
      EXPECT_EQ(column(items, "sk"), forward ? expected : Keys(expected.rbegin(), expected.rend()))
          << "limit " << limit;
    }
  }
}

// As many as make the engine walk a range forwards to read it backwards, and more than it walks.
TEST_P(QueryTest, Backwards_ManyRows_AreTheLastOnesWhateverTheLimit) {
  constexpr int kRows = 1100;
  const auto table = make_numbered(kRows);
  put_all(table, {{{"pk", "0"}, {"sk", 1}}, {{"pk", "b"}, {"sk", 1}}});
  db().delete_item({.table = table, .key = {{"pk", "a"}, {"sk", kRows - 2}}}).value();
  for (const std::uint32_t limit : {1U, 255U, 256U, 300U, 1098U, 1099U, 1100U, 5000U}) {
    const auto page = db().query({.table = table,
                                  .key_condition = partition(),
                                  .filter = condition("attribute_not_exists(odd)", {}),
                                  .forward = false,
                                  .limit = limit})
                          .value();
    Keys expected;
    std::uint64_t scanned = 0;
    for (int i = kRows; i-- > 0 && scanned < limit;) {
      if (i == kRows - 2) continue;
      if (i % 2 == 0) expected.emplace_back(i);
      ++scanned;
    }
    Keys got;
    for (std::size_t i = 0; i < page.items.size(); ++i)
      got.push_back(unpack(page.items[i]).at("sk"));
    EXPECT_EQ(got, expected) << limit;
    EXPECT_EQ(page.scanned_count, scanned) << limit;
    EXPECT_EQ(page.last_evaluated_key.has_value(), limit < kRows) << limit;
    const auto all =
        query_all({.table = table, .key_condition = partition(), .forward = false, .limit = limit});
    EXPECT_EQ(all.size(), kRows - 1U) << limit;
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const Item& a, const Item& b) {
      return *b.at("sk").get_if<Number>() < *a.at("sk").get_if<Number>();
    })) << limit;
  }
}

TEST_P(QueryTest, LastEvaluatedKey_IsThereWhenTheLimitStopped) {
  const auto table = make_numbered(4);
  const auto page = [&](std::uint32_t limit) {
    return db().query({.table = table, .key_condition = partition(), .limit = limit}).value();
  };
  EXPECT_EQ(page(2).last_evaluated_key, (Item{{"pk", "a"}, {"sk", 1}}));
  // DynamoDB: even when the limit is reached at the last item; it stopped before it looked further.
  EXPECT_EQ(page(4).last_evaluated_key, (Item{{"pk", "a"}, {"sk", 3}}));
  EXPECT_EQ(page(5).last_evaluated_key, std::nullopt);
}

TEST_P(QueryTest, ExclusiveStartKey_NeedNotExist) {
  const auto table = make_numbered(4);
  const Item between{{"pk", "a"}, {"sk", number("1.5")}};
  const auto from = [&](bool forward) {
    return column(query_all({.table = table,
                             .key_condition = partition(),
                             .forward = forward,
                             .exclusive_start_key = between}),
                  "sk");
  };
  EXPECT_EQ(from(true), (Keys{2, 3}));
  EXPECT_EQ(from(false), (Keys{1, 0}));
}

TEST_P(QueryTest, ExclusiveStartKey_OfAnotherShapeOrPlace_IsRefused) {
  const auto table = make_numbered(4);
  const Condition range = key_condition("pk = :p AND sk > :v", {{":p", "a"}, {":v", 1}});
  const auto start = [&](Item key) {
    return QueryRequest{
        .table = table, .key_condition = range, .exclusive_start_key = std::move(key)};
  };
  EXPECT_TRUE(refused(start({{"pk", "a"}}), "starting key"));
  EXPECT_TRUE(refused(start({{"pk", "a"}, {"sk", 2}, {"v", 4}}), "starting key"));
  EXPECT_TRUE(refused(start({{"pk", "a"}, {"other", 2}}), "starting key"));
  EXPECT_TRUE(refused(start({{"pk", "a"}, {"sk", "2"}}),
                      "The provided key element does not match the schema"));
  EXPECT_TRUE(refused(start({{"pk", "b"}, {"sk", 2}}),
                      "The query can return at most one row and cannot be restarted"));
  EXPECT_TRUE(refused({.table = table,
                       .key_condition = key_condition("pk = :p", {{":p", "a"}}),
                       .exclusive_start_key = {{"pk", "b"}, {"sk", 2}}},
                      "outside query boundaries"));
  EXPECT_TRUE(refused(start({{"pk", "a"}, {"sk", 0}}), "does not match the range key predicate"));
}

TEST_P(QueryTest, Filter_CountsWhatItSawAndWhatItKept) {
  const auto table = make_numbered(10);
  QueryRequest request{.table = table,
                       .key_condition = partition(),
                       .filter = condition("odd = :t", {{":t", true}}),
                       .limit = 5};
  const auto first = db().query(request).value();
  EXPECT_EQ(first.scanned_count, 5u);  // the limit counts items evaluated
  EXPECT_EQ(first.count, 2u);
  EXPECT_EQ(column(unpack_all(first.items), "sk"), (Keys{1, 3}));
  EXPECT_EQ(column(query_all(request), "sk"), (Keys{1, 3, 5, 7, 9}));
  // A page that keeps nothing still leads on.
  request.filter = condition("v > :v", {{":v", 80}});
  const auto empty = db().query(request).value();
  EXPECT_EQ(empty.count, 0u);
  EXPECT_TRUE(empty.last_evaluated_key.has_value());
  EXPECT_EQ(column(query_all(request), "sk"), Keys{9});
}

TEST_P(QueryTest, Filter_OnKeyAttributes_IsRefused) {
  const auto table = make_numbered(1);
  const std::string_view part = "Filter Expression can only contain non-primary key attributes";
  EXPECT_TRUE(refused(
      {.table = table, .key_condition = partition(), .filter = condition("sk > :v", {{":v", 1}})},
      part));
  EXPECT_TRUE(refused({.table = table,
                       .key_condition = partition(),
                       .filter = condition("v = :v OR NOT pk = :v", {{":v", 1}})},
                      part));
}

TEST_P(QueryTest, Projection_GivesWhatItNames) {
  const auto table = make_numbered(2);
  const auto items =
      query_all({.table = table, .key_condition = partition(), .projection = projection("v, odd")});
  // Keys are not added.
  EXPECT_EQ(items, (std::vector{Item{{"v", 0}}, Item{{"v", 1}, {"odd", true}}}));
}

TEST_P(QueryTest, Projection_DoesNotHideFromTheFilterOrThePaging) {
  const auto table = make_numbered(6);
  const auto items = query_all({.table = table,
                                .key_condition = partition(),
                                .filter = condition("odd = :t", {{":t", true}}),
                                .projection = projection("v"),
                                .limit = 1});
  EXPECT_EQ(column(items, "v"), (Keys{1, 9, 25}));
}

TEST_P(QueryTest, SelectCount_CountsWithoutItems) {
  const auto table = make_numbered(5);
  const auto page = db().query({.table = table,
                                .key_condition = partition(),
                                .filter = condition("odd = :t", {{":t", true}}),
                                .select = Select::count})
                        .value();
  EXPECT_EQ(page.count, 2u);
  EXPECT_EQ(page.scanned_count, 5u);
  EXPECT_TRUE(page.items.empty());
}

TEST_P(QueryTest, Select_ThatContradictsTheRequest_IsRefused) {
  const auto table = make_numbered(1);
  EXPECT_TRUE(
      refused({.table = table, .key_condition = partition(), .select = Select::specific_attributes},
              "SPECIFIC_ATTRIBUTES"));
  EXPECT_TRUE(refused({.table = table,
                       .key_condition = partition(),
                       .projection = projection("v"),
                       .select = Select::all_attributes},
                      "ALL_ATTRIBUTES"));
  EXPECT_TRUE(refused({.table = table,
                       .key_condition = partition(),
                       .projection = projection("v"),
                       .select = Select::count},
                      "only the Count"));
  EXPECT_TRUE(refused(
      {.table = table, .key_condition = partition(), .select = Select::all_projected_attributes},
      "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"));
  // Of two contradictions, the projection's is told.
  EXPECT_TRUE(refused({.table = table,
                       .key_condition = partition(),
                       .projection = projection("v"),
                       .select = Select::all_projected_attributes},
                      "Cannot specify the ProjectionExpression when choosing to get "
                      "ALL_PROJECTED_ATTRIBUTES"));
  EXPECT_TRUE(succeeds(db().query({.table = table,
                                   .key_condition = partition(),
                                   .projection = projection("v"),
                                   .select = Select::specific_attributes})));
  EXPECT_TRUE(refused({.table = table, .key_condition = partition(), .limit = 0},
                      "greater than or equal to 1"));
}

// A page ends after the item that passes 1 MB of evaluated bytes, whatever is filtered out or left
// out.
TEST_P(QueryTest, Page_EndsAtOneMegabyte) {
  const auto table = make_table(hash_and_range_key(Type::S, Type::N));
  std::vector<Item> items;
  for (int i = 0; i < 30; ++i)
    items.push_back({{"pk", "a"}, {"sk", i}, {"v", std::string(100'000, 'x')}, {"n", i}});
  put_all(table, items);
  const auto first = db().query({.table = table, .key_condition = partition()}).value();
  EXPECT_EQ(first.scanned_count, 11u);  // 10 are less than 1 MB
  EXPECT_EQ(first.last_evaluated_key, (Item{{"pk", "a"}, {"sk", 10}}));
  const auto counted = db().query({.table = table,
                                   .key_condition = partition(),
                                   .filter = condition("n < :v", {{":v", 0}}),
                                   .select = Select::count})
                           .value();
  EXPECT_EQ(counted.scanned_count, 11u);
  EXPECT_EQ(counted.count, 0u);
  EXPECT_TRUE(counted.last_evaluated_key.has_value());
  EXPECT_EQ(
      query_all({.table = table, .key_condition = partition(), .projection = projection("sk")})
          .size(),
      30u);
  EXPECT_EQ(query_all({.table = table, .key_condition = partition(), .forward = false}).size(),
            30u);
}

TEST_P(QueryTest, KeyCondition_OfAnotherShape_IsRefused) {
  const auto table = make_numbered(1);
  const Path pk = "pk", sk = "sk", other = "other";
  const AttributeValue a = "a", one = 1, two = 2;
  const auto wrong = [&](Condition c, std::string_view part = {}) {
    return refused({.table = table, .key_condition = std::move(c)}, part);
  };
  const Condition partition_a = equal(pk, a);
  EXPECT_TRUE(wrong({}));
  EXPECT_TRUE(wrong(equal(sk, one), "missed key schema element: pk"));
  EXPECT_TRUE(wrong(compare(ConditionOp::greater, pk, a), "Query key condition not supported"));
  EXPECT_TRUE(wrong(begins_with(pk, a)));
  EXPECT_TRUE(wrong(partition_a && equal(other, one), "missed key schema element: sk"));
  EXPECT_TRUE(wrong(equal(other, one) && partition_a, "missed key schema element: sk"));
  EXPECT_TRUE(wrong(partition_a && compare(ConditionOp::not_equal, sk, one)));
  EXPECT_TRUE(wrong(partition_a && (equal(sk, one) || equal(sk, two))));
  EXPECT_TRUE(wrong(partition_a && !equal(sk, one)));
  EXPECT_TRUE(wrong(partition_a && in(sk, {one, two})));
  EXPECT_TRUE(wrong(partition_a && attribute_exists(sk)));
  EXPECT_TRUE(wrong(partition_a && equal(sk, one) && equal(sk, two),
                    "must only contain one condition per key"));
  EXPECT_TRUE(wrong(partition_a && equal(sk, one) && equal(other, two),
                    "The number of query conditions (3) exceeds the number of key attributes "
                    "defined in the schema (2)"));
  EXPECT_TRUE(wrong(partition_a && equal(sk.child("x"), one)));
  EXPECT_TRUE(wrong(partition_a && equal(sk, other)));
  EXPECT_TRUE(wrong(partition_a && compare(ConditionOp::greater, SizeOf{sk}, one)));
}

TEST_P(QueryTest, KeyCondition_ValuesThatNoKeyHas_AreRefused) {
  const auto table = make_numbered(1);
  const auto wrong = [&](Condition c, std::string_view part = {}) {
    return refused({.table = table, .key_condition = std::move(c)}, part);
  };
  const Condition partition_a = partition();
  EXPECT_TRUE(wrong(equal(Path("pk"), AttributeValue(1)), "does not match schema type"));
  EXPECT_TRUE(
      wrong(partition_a && equal(Path("sk"), AttributeValue("1")), "does not match schema type"));
  EXPECT_TRUE(wrong(equal(Path("pk"), AttributeValue("")), "empty string"));
  EXPECT_TRUE(wrong(partition_a && begins_with(Path("sk"), AttributeValue(1))));
  EXPECT_TRUE(wrong(partition_a && between(Path("sk"), AttributeValue(2), AttributeValue(1)),
                    "upper bound to be greater than or equal to lower bound"));
}

}  // namespace conformance
