// BatchGetItem and BatchWriteItem: several items in one call, each on its own.
#include "dynamodb/limits.h"
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class BatchTest : public ConformanceTest {
 protected:
  static Item key(int i) { return {{"pk", std::to_string(i)}}; }
  static std::vector<Item> keys(int count) {
    std::vector<Item> all;
    for (int i = 0; i < count; ++i) all.push_back(key(i));
    return all;
  }
  static std::vector<WriteRequest> puts(int count) {
    std::vector<WriteRequest> all;
    for (int i = 0; i < count; ++i) all.push_back(PutRequest{key(i)});
    return all;
  }
  testing::AssertionResult refused(BatchWriteItemRequest request, std::string_view part) {
    return fails(db().batch_write_item(std::move(request)), ErrorCode::validation, part);
  }
};
RUN_ON_EVERY_BACKEND(BatchTest);

TEST_P(BatchTest, Write_PutsAndDeletesInSeveralTables) {
  const auto a = make_table(hash_key()), b = make_table(hash_key());
  put_all(a, {{{"pk", "1"}, {"v", "old"}}, {{"pk", "2"}}});
  const auto result =
      db().batch_write_item({.tables = {{a,
                                         {PutRequest{{{"pk", "1"}, {"v", "new"}}},
                                          DeleteRequest{key(2)}, DeleteRequest{key(3)}}},
                                        {b, {PutRequest{key(1)}}}}})
          .value();
  EXPECT_TRUE(result.unprocessed.empty());
  EXPECT_EQ(scan_all({.table = a}), (std::vector{Item{{"pk", "1"}, {"v", "new"}}}));
  EXPECT_EQ(scan_all({.table = b}), std::vector{key(1)});
}

TEST_P(BatchTest, Write_Limits) {
  const auto table = make_table(hash_key());
  EXPECT_TRUE(succeeds(db().batch_write_item({.tables = {{table, puts(25)}}})));
  EXPECT_TRUE(refused({.tables = {{table, puts(26)}}}, {}));
  EXPECT_TRUE(refused({}, {}));
  EXPECT_TRUE(refused({.tables = {{table, puts(1)}, {table + "2", {}}}}, {}));
  EXPECT_EQ(scan_all({.table = table}).size(), 25u);
}

TEST_P(BatchTest, Write_SameItemTwice_IsRefusedWhole) {
  const auto table = make_table(hash_key());
  const std::string_view part = "Provided list of item keys contains duplicates";
  EXPECT_TRUE(refused(
      {.tables = {{table, {PutRequest{key(1)}, PutRequest{{{"pk", "1"}, {"v", 1}}}}}}}, part));
  EXPECT_TRUE(refused(
      {.tables = {{table, {PutRequest{key(1)}, PutRequest{key(2)}, DeleteRequest{key(1)}}}}},
      part));
  EXPECT_TRUE(scan_all({.table = table}).empty());
}

TEST_P(BatchTest, Write_OneThatCannotBeStored_RefusesAll) {
  const auto table = make_table(hash_key());
  const Item large{{"pk", "2"}, {"v", padding_for({{"pk", "2"}}, kMaxItemSize + 1)}};
  EXPECT_TRUE(refused({.tables = {{table, {PutRequest{key(1)}, PutRequest{large}}}}},
                      "Item size has exceeded the maximum allowed size"));
  for (const Item& wrong : {Item{{"pk", 2}}, Item{{"v", "x"}}}) {
    EXPECT_TRUE(refused({.tables = {{table, {PutRequest{key(1)}, PutRequest{wrong}}}}},
                        "The provided key element does not match the schema"));
  }
  EXPECT_TRUE(refused({.tables = {{table, {PutRequest{key(1)}, DeleteRequest{{{"other", "2"}}}}}}},
                      "does not match the schema"));
  EXPECT_TRUE(refused({.tables = {{table, {PutRequest{key(1)}, PutRequest{{{"pk", ""}}}}}}},
                      "empty string"));
  EXPECT_TRUE(refused(
      {.tables = {{table, {PutRequest{key(1)}, PutRequest{{{"pk", "2"}, {"s", StringSet{}}}}}}}},
      "empty"));
  EXPECT_TRUE(scan_all({.table = table}).empty());
}

TEST_P(BatchTest, Write_LargestItems_AreAllWritten) {
  const auto table = make_table(hash_key());
  std::vector<Item> items;
  for (int i = 0; i < 25; ++i) {
    Item item = key(i);
    item["v"] = padding_for(key(i), kMaxItemSize);
    items.push_back(std::move(item));
  }
  put_all(table, items);
  EXPECT_EQ(scan_all({.table = table, .projection = projection("pk")}).size(), 25u);
}

TEST_P(BatchTest, Get_FindsWhatIsThere) {
  const auto a = make_table(hash_key()), b = make_table(hash_and_range_key());
  put_all(a, {{{"pk", "1"}, {"v", "x"}}, {{"pk", "2"}, {"v", "y"}}});
  put_all(b, {{{"pk", "1"}, {"sk", "s"}, {"v", "z"}, {"w", 1}}});
  const auto result = db().batch_get_item({.tables = {{a, {.keys = keys(10)}},
                                                      {b,
                                                       {.keys = {{{"pk", "1"}, {"sk", "s"}}},
                                                        .consistent_read = true,
                                                        .projection = projection("v")}}}})
                          .value();
  EXPECT_TRUE(result.unprocessed.empty());
  EXPECT_EQ(sorted(unpack_all(result.items.at(a))),
            (std::vector{Item{{"pk", "1"}, {"v", "x"}}, Item{{"pk", "2"}, {"v", "y"}}}));
  EXPECT_EQ(unpack_all(result.items.at(b)), (std::vector{Item{{"v", "z"}}}));
}

TEST_P(BatchTest, Get_OnlyMissingItems_GivesNone) {
  const auto table = make_table(hash_key());
  const auto result = db().batch_get_item({.tables = {{table, {.keys = keys(3)}}}}).value();
  const auto found = result.items.find(table);
  EXPECT_TRUE(found == result.items.end() || found->second.empty());
  EXPECT_TRUE(result.unprocessed.empty());
}

TEST_P(BatchTest, Get_Limits) {
  const auto table = make_table(hash_key());
  EXPECT_TRUE(succeeds(db().batch_get_item({.tables = {{table, {.keys = keys(100)}}}})));
  EXPECT_TRUE(fails(db().batch_get_item({.tables = {{table, {.keys = keys(101)}}}}),
                    ErrorCode::validation));
  EXPECT_TRUE(
      fails(db().batch_get_item({.tables = {{random_name("missing"), {.keys = keys(101)}}}}),
            ErrorCode::validation));
  EXPECT_TRUE(fails(db().batch_get_item({}), ErrorCode::validation));
  EXPECT_TRUE(
      fails(db().batch_get_item({.tables = {{table, {.keys = keys(1)}}, {table + "2", {}}}}),
            ErrorCode::validation));
  EXPECT_TRUE(fails(db().batch_get_item({.tables = {{table, {.keys = {key(1), key(2), key(1)}}}}}),
                    ErrorCode::validation, "Provided list of item keys contains duplicates"));
  EXPECT_TRUE(fails(db().batch_get_item({.tables = {{table, {.keys = {key(1), {{"pk", 2}}}}}}}),
                    ErrorCode::validation, "does not match the schema"));
}

// What does not fit into 16 MB is left for another call, with all that the call asked for.
TEST_P(BatchTest, Get_OverSixteenMegabytes_LeavesTheRest) {
  const auto table = make_table(hash_key());
  std::vector<Item> items;
  for (int i = 0; i < 45; ++i) {
    Item item = key(i);
    item["v"] = padding_for(key(i), kMaxItemSize);
    items.push_back(std::move(item));
  }
  put_all(table, items);
  BatchGetItemRequest request{
      .tables = {
          {table, {.keys = keys(45), .consistent_read = true, .projection = projection("pk")}}}};
  const auto first = db().batch_get_item(request).value();
  ASSERT_TRUE(first.unprocessed.contains(table));
  const auto& rest = first.unprocessed.at(table);
  EXPECT_TRUE(rest.consistent_read);
  EXPECT_EQ(rest.projection, projection("pk"));
  EXPECT_LE(first.items.at(table).size(), 40u);  // 40.96 items are 16 MB
  EXPECT_EQ(first.items.at(table).size() + rest.keys.size(), 45u);
  std::vector<Item> all = unpack_all(first.items.at(table));
  const auto second =
      unpack_all(db().batch_get_item({.tables = first.unprocessed}).value().items.at(table));
  all.insert(all.end(), second.begin(), second.end());
  EXPECT_EQ(sorted(all), sorted(keys(45)));
}

}  // namespace conformance
