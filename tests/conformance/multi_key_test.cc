// GSIs whose keys have up to four partition and four sort attributes. L!: DynamoDB Local refuses
// the schema.
#include <algorithm>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class MultiKeyTest : public ConformanceTest {
 protected:
  // Partition h1:S h2:N, sort a:S b:N c:S.
  static IndexDefinition wide(ProjectionType projection = ProjectionType::all) {
    return {.name = "wide",
            .key = {.partition = {"h1", Type::S},
                    .sort = KeyAttribute{"a", Type::S},
                    .more_partition = {{"h2", Type::N}},
                    .more_sort = {{"b", Type::N}, {"c", Type::S}}},
            .projection = projection};
  }
  std::string make_wide(ProjectionType projection = ProjectionType::all) {
    return make_table(TableDefinition{.key = hash_key(), .global_indexes = {wide(projection)}});
  }
  static Item row(std::string pk, std::string a, int b, std::string c, int h2 = 1) {
    return {{"pk", pk}, {"h1", "x"}, {"h2", h2}, {"a", a}, {"b", b}, {"c", c}, {"v", "value"}};
  }
  void fill(const std::string& table) {
    put_all(table, {row("1", "t", 10, "m"), row("2", "t", 10, "k"), row("3", "t", 9, "z"),
                    row("4", "s", 100, "a"), row("5", "t", 10, "ka"), row("6", "t", 10, "k", 2)});
  }
  static Values values() { return {{":x", "x"}, {":1", 1}, {":t", "t"}, {":10", 10}, {":k", "k"}}; }
  // The table keys that a query of the partition (x, 1) finds.
  std::string found(const std::string& table, const std::string& sort, bool forward = true) {
    const std::string text = "h1 = :x AND h2 = :1" + (sort.empty() ? "" : " AND " + sort);
    std::string keys;
    for (const auto& item : query_all({.table = table,
                            .index = "wide",
                            .key_condition = key_condition(text, used(text)),
                            .forward = forward,
                            .limit = 2})) {
      keys += item.at("pk").as<std::string>();
    }
    return keys;
  }
  static Values used(const std::string& text) {
    Values all = values();
    std::erase_if(
        all, [&text](const auto& value) { return text.find(value.first) == std::string::npos; });
    return all;
  }
  testing::AssertionResult refused(const std::string& table, const std::string& text,
                                   std::string_view part) {
    return fails(
        db().query(
            {.table = table, .index = "wide", .key_condition = key_condition(text, used(text))}),
        ErrorCode::validation, part);
  }
};
RUN_ON_EVERY_BACKEND(MultiKeyTest);

TEST_P(MultiKeyTest, Create_IsTold) {
  EXPECT_EQ(describe(make_wide()).definition.global_indexes, std::vector{wide()});
}

TEST_P(MultiKeyTest, Create_UpToFourOfEach) {
  const auto attributes = [](std::string prefix, int count) {
    std::vector<KeyAttribute> all;
    for (int i = 0; i < count; ++i) all.push_back({prefix + std::to_string(i), Type::S});
    return all;
  };
  auto index = wide();
  index.key.more_partition = attributes("p", 3);
  index.key.more_sort = attributes("s", 3);
  make_table(TableDefinition{.key = hash_key(), .global_indexes = {index}});
  const auto refused = [&](TableDefinition definition, std::string_view part) {
    definition.name = random_name();
    remove_later(definition.name);
    return fails(db().create_table(definition), ErrorCode::validation, part);
  };
  index.key.more_partition = attributes("p", 4);
  EXPECT_TRUE(refused({.key = hash_key(), .global_indexes = {index}},
                      "The KeySchema exceeds the maximum allowed number of HASH key attributes"));
  index = wide();
  index.key.more_sort = attributes("s", 4);
  EXPECT_TRUE(refused({.key = hash_key(), .global_indexes = {index}},
                      "The KeySchema exceeds the maximum allowed number of RANGE key attributes"));
  index = wide();
  index.key.more_sort[1] = {"a", Type::S};
  EXPECT_TRUE(refused({.key = hash_key(), .global_indexes = {index}},
                      "The KeySchema contains multiple key attributes with the same name"));
  // Tables and LSIs have one of each.
  EXPECT_TRUE(refused({.key = wide().key}, "KeySchema"));
  auto local = wide();
  local.key.partition = {"pk", Type::S};
  EXPECT_TRUE(refused({.key = hash_and_range_key(), .local_indexes = {local}}, "KeySchema"));
}

TEST_P(MultiKeyTest, Query_InOrderOfAllSortAttributes) {
  const auto table = make_wide();
  fill(table);
  EXPECT_EQ(found(table, ""), "43251");
  EXPECT_EQ(found(table, "", /*forward=*/false), "15234");
}

TEST_P(MultiKeyTest, Query_EqualitiesThenARange) {
  const auto table = make_wide();
  fill(table);
  EXPECT_EQ(found(table, "a = :t"), "3251");
  EXPECT_EQ(found(table, "a < :t"), "4");
  EXPECT_EQ(found(table, "a >= :t"), "3251");
  EXPECT_EQ(found(table, "a = :t AND b = :10"), "251");
  EXPECT_EQ(found(table, "a = :t AND b < :10"), "3");
  EXPECT_EQ(found(table, "a = :t AND b = :10 AND c = :k"), "2");
  EXPECT_EQ(found(table, "a = :t AND b = :10 AND c > :k"), "51");
  EXPECT_EQ(found(table, "a = :t AND b = :10 AND c <= :k"), "2");
  EXPECT_EQ(found(table, "a = :t AND b = :10 AND begins_with(c, :k)"), "25");
  EXPECT_EQ(found(table, "c BETWEEN :k AND :t AND b = :10 AND a = :t"), "251");
  EXPECT_EQ(found(table, "a = :t", /*forward=*/false), "1523");
}

TEST_P(MultiKeyTest, Query_RefusedConditions) {
  const auto table = make_wide();
  EXPECT_TRUE(
      refused(table, "h1 = :x AND a = :t", "Query condition missed key schema element: h2"));
  EXPECT_TRUE(refused(table, "h1 = :x AND h2 > :1", "Query key condition not supported"));
  EXPECT_TRUE(refused(table, "h1 = :x AND h2 = :1 AND b = :10",
                      "RANGE key attributes a must have equality conditions specified in the query "
                      "because a condition is present on key attribute b"));
  EXPECT_TRUE(refused(table, "h1 = :x AND h2 = :1 AND a = :t AND c = :k",
                      "RANGE key attributes b must have equality conditions specified in the query "
                      "because a condition is present on key attribute c"));
  EXPECT_TRUE(refused(table, "h1 = :x AND h2 = :1 AND a = :t AND b > :10 AND c = :k",
                      "RANGE key attributes b must have equality conditions specified in the query "
                      "because a condition is present on key attribute c"));
  EXPECT_TRUE(fails(
      db().query({.table = table,
                  .index = "wide",
                  .key_condition = key_condition("h1 = :x AND h2 = :1", {{":x", "x"}, {":1", 1}}),
                  .filter = condition("b = :10", {{":10", 10}})}),
      ErrorCode::validation, "Filter Expression can only contain non-primary key attributes"));
}

TEST_P(MultiKeyTest, ItemsThatLackAnAttribute_AreNotInTheIndex) {
  const auto table = make_wide();
  for (const char* missing : {"h1", "h2", "a", "b", "c"}) {
    Item item = row(missing, "t", 1, "c");
    item.erase(missing);
    put(table, item);
  }
  EXPECT_EQ(describe(table).global_indexes.at(0).item_count, 0u);
  put(table, row("whole", "t", 1, "c"));
  EXPECT_EQ(found(table, ""), "whole");
  update_item(table, {{"pk", "whole"}}, update("REMOVE b"));
  EXPECT_EQ(found(table, ""), "");
  update_item(table, {{"pk", "whole"}}, update("SET b = :b", {{":b", 4}}));
  EXPECT_EQ(found(table, ""), "whole");
  remove(table, {{"pk", "whole"}});
  EXPECT_EQ(found(table, ""), "");
}

TEST_P(MultiKeyTest, AttributesOfAnotherType_AreRefused) {
  const auto table = make_wide();
  Item item = row("1", "t", 1, "c");
  item.at("b") = "text";
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = item}), ErrorCode::validation,
                    "Type mismatch for Index Key b Expected: N Actual: S IndexName: wide"));
  item.at("b") = 1;
  item.at("c") = std::string(1024, 'c');
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = item}), ErrorCode::validation,
                    "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"));
}

TEST_P(MultiKeyTest, Page_LastEvaluatedKeyHoldsAllKeys) {
  const auto table = make_wide();
  fill(table);
  QueryRequest request{
      .table = table,
      .index = "wide",
      .key_condition = key_condition("h1 = :x AND h2 = :1", {{":x", "x"}, {":1", 1}}),
      .limit = 2};
  const auto page = db().query(request).value();
  ASSERT_TRUE(page.last_evaluated_key.has_value());
  const Item expected{{"pk", "3"}, {"h1", "x"}, {"h2", 1}, {"a", "t"}, {"b", 9}, {"c", "z"}};
  EXPECT_EQ(*page.last_evaluated_key, expected);
  request.exclusive_start_key = expected;
  request.exclusive_start_key.erase("c");
  EXPECT_TRUE(fails(db().query(request), ErrorCode::validation, "starting key is invalid"));
  request.exclusive_start_key = expected;
  request.exclusive_start_key.at("h2") = 2;
  EXPECT_TRUE(fails(db().query(request), ErrorCode::validation, "outside query boundaries"));
}

TEST_P(MultiKeyTest, KeysOnly_HoldsAllKeys) {
  const auto table = make_wide(ProjectionType::keys_only);
  put(table, row("1", "t", 1, "c"));
  Item expected = row("1", "t", 1, "c");
  expected.erase("v");
  EXPECT_EQ(scan_all({.table = table, .index = "wide"}), std::vector{expected});
  // What is not projected costs the index nothing.
  const auto consumed =
      update_item(table, {{"pk", "1"}}, update("SET v = :v", {{":v", "w"}})).consumed;
  EXPECT_TRUE(consumed.global_indexes.empty());
  EXPECT_EQ(update_item(table, {{"pk", "1"}}, update("SET c = :c", {{":c", "d"}}))
                .consumed.global_indexes.at("wide"),
            2.0);
}

TEST_P(MultiKeyTest, AddedLater_IsFilled) {
  const auto table = make_table(hash_key());
  fill(table);
  put(table, {{"pk", "other"}, {"h1", "x"}, {"h2", "a string"}});
  db().update_table({.table = table, .create_index = wide()}).value();
  wait_until_active(db(), table);
  EXPECT_EQ(found(table, ""), "43251");
  EXPECT_EQ(describe(table).global_indexes.at(0).item_count, 6u);
}

}  // namespace conformance
