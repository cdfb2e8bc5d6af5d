// Indexes that come and go on a table with items.
#include <atomic>
#include <thread>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class IndexChangeTest : public ConformanceTest {
 protected:
  static IndexDefinition by_n(ProjectionType projection = ProjectionType::all) {
    return {.name = "by-n", .key = {.partition = {"n", Type::N}}, .projection = projection};
  }
  std::string make_filled(int items) {
    const auto table = make_table(hash_key());
    std::vector<Item> all;
    for (int i = 0; i < items; ++i) all.push_back({{"pk", std::to_string(i)}, {"n", i % 10}});
    put_all(table, all);
    return table;
  }
  void add_index(const std::string& table, IndexDefinition index) {
    db().update_table({.table = table, .create_index = std::move(index)}).value();
    wait_until_active(db(), table);
  }
};
RUN_ON_EVERY_BACKEND(IndexChangeTest);

TEST_P(IndexChangeTest, NewIndex_IsFilledFromTheTable) {
  const auto table = make_filled(1200);
  const auto description = db().update_table({.table = table, .create_index = by_n()}).value();
  ASSERT_EQ(description.global_indexes.size(), 1u);
  EXPECT_EQ(description.global_indexes[0].definition, by_n());
  wait_until_active(db(), table);
  EXPECT_EQ(scan_all({.table = table, .index = "by-n"}).size(), 1200u);
  EXPECT_EQ(query_index(table, "by-n", "n = :n", {{":n", 3}}).size(), 120u);
  EXPECT_FALSE(describe(table).global_indexes.at(0).backfilling);
}

// L! indexes items whose key has another type.
TEST_P(IndexChangeTest, NewIndex_SkipsItemsThatDoNotFitButLaterWritesMust) {
  const auto table = make_table(hash_key());
  put_all(table, {{{"pk", "fits"}, {"n", 1}}, {{"pk", "text"}, {"n", "1"}}, {{"pk", "none"}}});
  add_index(table, by_n(ProjectionType::keys_only));
  EXPECT_EQ(scan_all({.table = table, .index = "by-n"}),
            (std::vector{Item{{"pk", "fits"}, {"n", 1}}}));
  EXPECT_EQ(get(table, {{"pk", "text"}}), (Item{{"pk", "text"}, {"n", "1"}}));
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "new"}, {"n", "1"}}}),
                    ErrorCode::validation, "Type mismatch for Index Key n"));
  update_item(table, {{"pk", "text"}}, update("SET n = :n", {{":n", 2}}));
  EXPECT_EQ(scan_all({.table = table, .index = "by-n"}).size(), 2u);
}

TEST_P(IndexChangeTest, NewIndex_SkipsEmptyStrings) {
  const auto table = make_table(hash_key());
  put_all(table, {{{"pk", "1"}, {"s", ""}}, {{"pk", "2"}, {"s", "x"}}});
  add_index(table, {.name = "by-s", .key = {.partition = {"s", Type::S}}});
  EXPECT_EQ(scan_all({.table = table, .index = "by-s"}),
            (std::vector{Item{{"pk", "2"}, {"s", "x"}}}));
}

TEST_P(IndexChangeTest, AttributeDefinitions_OfKeys_KeepTheirTypes) {
  const auto table = make_table(
      TableDefinition{.key = {.partition = {"p", Type::S}},
                      .global_indexes = {{.name = "by-g", .key = {.partition = {"g", Type::B}}}}});
  const IndexDefinition by_h{.name = "by-h", .key = {.partition = {"h", Type::S}}};
  const auto add = [&](std::map<std::string, Type> types) {
    return db().update_table(
        {.table = table, .create_index = by_h, .attribute_types = std::move(types)});
  };
  EXPECT_TRUE(fails(add({{"p", Type::N}}), ErrorCode::validation));
  EXPECT_TRUE(fails(add({{"g", Type::S}}), ErrorCode::validation));
  EXPECT_EQ(describe(table).global_indexes.size(), 1u);
  EXPECT_TRUE(succeeds(add({{"p", Type::S}, {"g", Type::B}, {"unused", Type::N}})));
  wait_until_active(db(), table);
}

// Writers insert, change, move and delete while the index fills: in the end it is what the table
// is.
TEST_P(IndexChangeTest, NewIndex_IsExactWhileWritersRun) {
  const auto table = make_filled(2000);
  std::atomic<bool> stop = false;
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      for (int i = w; !stop; i += 4) {
        const Item key{{"pk", std::to_string(i * 7 % 2400)}};
        if (i % 3 == 0) {
          remove(table, key);
        } else if (i % 3 == 1) {
          update_item(table, key, update("SET n = :n, v = :n", {{":n", i % 10}}));
        } else {
          update_item(table, key, update("REMOVE n"));
        }
      }
    });
  }
  db().update_table({.table = table, .create_index = by_n()}).value();
  wait_until_active(db(), table);
  stop = true;
  for (auto& writer : writers) writer.join();
  const auto expected = scan_all(
      {.table = table, .filter = condition("attribute_exists(n)"), .consistent_read = true});
  EXPECT_EQ(sorted(scan_all({.table = table, .index = "by-n"})), sorted(expected));
  EXPECT_EQ(describe(table).global_indexes.at(0).item_count, expected.size());
}

TEST_P(IndexChangeTest, DeletedIndex_IsGoneAndItsKeysAreFree) {
  const auto table = make_filled(10);
  add_index(table, by_n());
  db().update_table({.table = table, .delete_index = "by-n"}).value();
  ASSERT_TRUE(wait_until([&] { return describe(table).global_indexes.empty(); }));
  EXPECT_TRUE(fails(db().scan({.table = table, .index = "by-n"}), ErrorCode::validation,
                    "does not have the specified index"));
  put(table, {{"pk", "text"}, {"n", "no number"}});
  EXPECT_EQ(scan_all({.table = table}).size(), 11u);
}

TEST_P(IndexChangeTest, IndexMadeAgain_HoldsWhatTheTableHoldsThen) {
  const auto table = make_filled(30);
  add_index(table, by_n());
  db().update_table({.table = table, .delete_index = "by-n"}).value();
  ASSERT_TRUE(wait_until([&] { return describe(table).global_indexes.empty(); }));
  for (int i = 0; i < 20; ++i) remove(table, {{"pk", std::to_string(i)}});
  add_index(table, by_n(ProjectionType::keys_only));
  EXPECT_EQ(scan_all({.table = table, .index = "by-n"}).size(), 10u);
}

// The filling of an index that was deleted meanwhile must not be taken for that of its successor.
TEST_P(IndexChangeTest, IndexMadeAgainWhileTheFirstIsFilled_IsComplete) {
  constexpr int kItems = 3000;
  const auto table = make_filled(kItems);
  for (int round = 0; round < 3; ++round) {
    db().update_table({.table = table, .create_index = by_n()}).value();
    const auto removed = db().update_table({.table = table, .delete_index = "by-n"});
    if (removed.has_error()) {
      // DynamoDB Local may refuse to delete an index that is being made.
      wait_until_active(db(), table);
      db().update_table({.table = table, .delete_index = "by-n"}).value();
    }
    ASSERT_TRUE(wait_until([&] { return describe(table).global_indexes.empty(); }));
  }
  add_index(table, by_n());
  EXPECT_EQ(scan_all({.table = table, .index = "by-n"}).size(), static_cast<std::size_t>(kItems));
}

TEST_P(IndexChangeTest, TableMadeAgainWhileAnIndexIsFilled_HasACompleteIndex) {
  constexpr int kItems = 2000;
  const auto table = make_filled(kItems);
  db().update_table({.table = table, .create_index = by_n()}).value();
  // DynamoDB refuses to delete a table whose index is being made; a fast one may be made already.
  if (const auto removed = db().delete_table(table); removed.has_error()) {
    EXPECT_TRUE(fails(removed, ErrorCode::resource_in_use));
    wait_until_active(db(), table);
    db().delete_table(table).value();
  }
  ASSERT_TRUE(wait_until([&] { return db().describe_table(table).has_error(); }));
  make_table(TableDefinition{.name = table, .key = hash_key()});
  std::vector<Item> items;
  for (int i = 0; i < kItems; ++i) items.push_back({{"pk", std::to_string(i)}, {"n", i}});
  put_all(table, items);
  add_index(table, by_n(ProjectionType::keys_only));
  EXPECT_EQ(sorted(scan_all({.table = table, .index = "by-n"})), sorted(items));
}

TEST_P(IndexChangeTest, UpdateTable_ThatNamesNothingItCanDo_IsRefused) {
  const auto table = make_filled(1);
  add_index(table, by_n());
  EXPECT_TRUE(fails(db().update_table({.table = table}), ErrorCode::validation));
  EXPECT_TRUE(
      fails(db().update_table({.table = table, .create_index = by_n()}), ErrorCode::validation));
  EXPECT_TRUE(fails(db().update_table({.table = table, .delete_index = "no-such-index"}),
                    ErrorCode::resource_not_found));
  EXPECT_TRUE(fails(db().update_table({.table = random_name("missing"), .create_index = by_n()}),
                    ErrorCode::resource_not_found));
  // The key attribute pk is an S already.
  EXPECT_TRUE(fails(
      db().update_table({.table = table,
                         .create_index = IndexDefinition{.name = "other",
                                                         .key = {.partition = {"pk", Type::N}}}}),
      ErrorCode::validation));
}

}  // namespace conformance
