// Secondary indexes: what is in them after every kind of write, and what queries of them give and
// refuse.
#include <atomic>
#include <thread>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class IndexTest : public ConformanceTest {
 protected:
  static IndexDefinition by_color(ProjectionType projection = ProjectionType::all,
                                  std::vector<std::string> attributes = {}) {
    return {.name = "by-color",
            .key = {.partition = {"color", Type::S}, .sort = KeyAttribute{"dim", Type::N}},
            .projection = projection,
            .non_key_attributes = std::move(attributes)};
  }
  static IndexDefinition by_dim(ProjectionType projection,
                                std::vector<std::string> attributes = {}) {
    return {.name = "by-dim",
            .key = {.partition = {"pk", Type::S}, .sort = KeyAttribute{"dim", Type::N}},
            .projection = projection,
            .non_key_attributes = std::move(attributes)};
  }
  std::string make_with_gsi(IndexDefinition index = by_color()) {
    return make_table(TableDefinition{.key = hash_key(), .global_indexes = {std::move(index)}});
  }
  std::string make_with_lsi(IndexDefinition index) {
    return make_table(
        TableDefinition{.key = hash_and_range_key(), .local_indexes = {std::move(index)}});
  }
  std::vector<Item> red(const std::string& table) {
    return query_index(table, "by-color", "color = :c", {{":c", "red"}});
  }
  std::vector<Item> of_partition(const std::string& table) {
    return query_index(table, "by-dim", "pk = :p", {{":p", "a"}});
  }
  testing::AssertionResult refused(QueryRequest request, std::string_view part) {
    return fails(db().query(request), ErrorCode::validation, part);
  }
  static QueryRequest red_query(const std::string& table) {
    return {.table = table,
            .index = "by-color",
            .key_condition = key_condition("color = :c", {{":c", "red"}})};
  }
};
RUN_ON_EVERY_BACKEND(IndexTest);

TEST_P(IndexTest, Gsi_HoldsItemsWithAllItsKeysOnly) {
  const auto table = make_with_gsi();
  put(table, {{"pk", "1"}, {"color", "red"}, {"dim", 2}, {"v", "x"}});
  put(table, {{"pk", "2"}, {"color", "red"}, {"dim", -1}});
  put(table, {{"pk", "3"}, {"color", "red"}});
  put(table, {{"pk", "4"}, {"dim", 5}});
  put(table, {{"pk", "5"}, {"color", "blue"}, {"dim", 5}});
  EXPECT_EQ(column(red(table), "pk"), (std::vector<AttributeValue>{"2", "1"}));
  EXPECT_EQ(
      column(query_index(table, "by-color", "color = :c AND dim > :s", {{":c", "red"}, {":s", 0}}),
             "pk"),
      (std::vector<AttributeValue>{"1"}));
  EXPECT_EQ(scan_all({.table = table, .index = "by-color"}).size(), 3u);
}

TEST_P(IndexTest, Gsi_FollowsEveryWrite) {
  const auto table = make_with_gsi();
  const Item key{{"pk", "1"}};
  const auto values = [&] { return column(red(table), "v"); };
  using Column = std::vector<AttributeValue>;
  put(table, {{"pk", "1"}, {"color", "red"}, {"dim", 1}, {"v", 1}});
  EXPECT_EQ(values(), Column{1});
  put(table, {{"pk", "1"}, {"color", "red"}, {"dim", 1}, {"v", 2}});
  EXPECT_EQ(values(), Column{2});
  update_item(table, key, update("SET v = :v", {{":v", 3}}));
  EXPECT_EQ(values(), Column{3});
  update_item(table, key, update("SET color = :c", {{":c", "blue"}}));
  EXPECT_EQ(values(), Column{});
  update_item(table, key, update("SET color = :c ADD dim :s", {{":c", "red"}, {":s", 10}}));
  EXPECT_EQ(column(red(table), "dim"), Column{11});
  update_item(table, key, update("REMOVE dim"));
  EXPECT_EQ(values(), Column{});
  db().transact_write_items(
          {.actions = {UpdateItemRequest{
               .table = table, .key = key, .update = update("SET dim = :s", {{":s", 4}})}}})
      .value();
  EXPECT_EQ(column(red(table), "dim"), Column{4});
  db().batch_write_item(
          {.tables = {{table, {PutRequest{{{"pk", "1"}, {"color", "red"}, {"dim", 5}}}}}}})
      .value();
  EXPECT_EQ(column(red(table), "dim"), Column{5});
  remove(table, key);
  EXPECT_EQ(values(), Column{});
  EXPECT_TRUE(scan_all({.table = table, .index = "by-color"}).empty());
}

TEST_P(IndexTest, Projection_DecidesWhatAnIndexGives) {
  const Item item{{"pk", "1"}, {"color", "red"}, {"dim", 1}, {"v", "x"}, {"w", "y"}};
  const auto given = [&](IndexDefinition index) {
    const auto table = make_with_gsi(std::move(index));
    put(table, item);
    return red(table).at(0);
  };
  const Item keys{{"pk", "1"}, {"color", "red"}, {"dim", 1}};
  EXPECT_EQ(given(by_color()), item);
  EXPECT_EQ(given(by_color(ProjectionType::keys_only)), keys);
  Item included = keys;
  included["w"] = "y";
  EXPECT_EQ(given(by_color(ProjectionType::include, {"w", "absent"})), included);
}

TEST_P(IndexTest, Gsi_SelectOfWhatItDoesNotHold_IsRefused) {
  const auto table = make_with_gsi(by_color(ProjectionType::include, {"w"}));
  put(table, {{"pk", "1"}, {"color", "red"}, {"dim", 1}, {"v", "x"}, {"w", "y"}});
  auto request = red_query(table);
  request.select = Select::all_attributes;
  EXPECT_TRUE(refused(request, "ALL_ATTRIBUTES is not supported for global secondary index"));
  request.select = Select::all_projected_attributes;
  EXPECT_TRUE(succeeds(db().query(request)));
  request.select = Select::default_;
  request.projection = projection("pk, v");
  EXPECT_TRUE(refused(request, "does not project"));
  request.projection = projection("pk, w");
  EXPECT_EQ(query_all(request), (std::vector{Item{{"pk", "1"}, {"w", "y"}}}));
}

TEST_P(IndexTest, Gsi_FilterOnWhatItDoesNotHold_IsRefused) {
  const auto table = make_with_gsi(by_color(ProjectionType::keys_only));
  put(table, {{"pk", "1"}, {"color", "red"}, {"dim", 1}, {"v", "x"}});
  auto request = red_query(table);
  request.filter = condition("attribute_exists(v) AND u.v = :u AND pk = :u", {{":u", 1}});
  EXPECT_TRUE(refused(request, "does not project one or more filter attributes: [u, v]"));
}

// The key attributes that a filter must not name are those of what is queried.
TEST_P(IndexTest, Gsi_FilterMayNameTheTablesKey) {
  const auto table = make_with_gsi();
  put(table, {{"pk", "1"}, {"color", "red"}, {"dim", 1}});
  put(table, {{"pk", "2"}, {"color", "red"}, {"dim", 1}});
  auto request = red_query(table);
  request.filter = condition("pk = :p", {{":p", "2"}});
  EXPECT_EQ(query_all(request).size(), 1u);
  request.filter = condition("dim = :s", {{":s", 1}}, {});
  EXPECT_TRUE(refused(request, "non-primary key attributes"));
}

TEST_P(IndexTest, Gsi_ConsistentRead_IsRefused) {
  const auto table = make_with_gsi();
  auto request = red_query(table);
  request.consistent_read = true;
  EXPECT_TRUE(refused(request, "Consistent reads are not supported on global secondary indexes"));
  EXPECT_TRUE(fails(db().scan({.table = table, .index = "by-color", .consistent_read = true}),
                    ErrorCode::validation, "onsistent reads are not supported"));
}

TEST_P(IndexTest, UnknownIndex_IsRefused) {
  const auto table = make_with_gsi();
  auto request = red_query(table);
  request.index = "no-such-index";
  EXPECT_TRUE(refused(request, "The table does not have the specified index"));
}

// L! not through AttributeUpdates. Every path on which an item can get an index key of another
// type.
TEST_P(IndexTest, KeyOfAnotherType_IsRefusedOnEveryWritePath) {
  const auto table = make_with_gsi();
  const Item key{{"pk", "1"}}, wrong{{"pk", "1"}, {"color", 5}}, stored{{"pk", "1"}, {"v", 1}};
  put(table, stored);
  const auto part = "Type mismatch for Index Key color Expected: S Actual: N IndexName: by-color";
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = wrong}), ErrorCode::validation, part));
  EXPECT_TRUE(
      fails(db().update_item(
                {.table = table, .key = key, .update = update("SET color = :c", {{":c", 5}})}),
            ErrorCode::validation, part));
  EXPECT_TRUE(fails(
      db().update_item({.table = table, .key = key, .update = update("ADD color :c", {{":c", 5}})}),
      ErrorCode::validation, part));
  EXPECT_TRUE(
      fails(db().update_item({.table = table, .key = key, .update = update("SET color = v")}),
            ErrorCode::validation,
            "The update expression attempted to update the secondary index key to unsupported "
            "type"));
  EXPECT_TRUE(fails(db().batch_write_item({.tables = {{table, {PutRequest{wrong}}}}}),
                    ErrorCode::validation, "Type mismatch for Index Key"));
  for (const TransactWriteAction& action :
       {TransactWriteAction(PutItemRequest{.table = table, .item = wrong}),
        TransactWriteAction(UpdateItemRequest{
            .table = table, .key = key, .update = update("SET color = :c", {{":c", 5}})})}) {
    const auto result = db().transact_write_items({.actions = {action}});
    ASSERT_TRUE(fails(result, ErrorCode::transaction_canceled, "ValidationError"));
    EXPECT_NE(result.error().reasons.at(0).message.find("Type mismatch for Index Key"),
              std::string::npos);
  }
  EXPECT_TRUE(
      fails(db().put_item({.table = table, .item = {{"pk", "1"}, {"color", "red"}, {"dim", "1"}}}),
            ErrorCode::validation, "Type mismatch for Index Key dim Expected: N Actual: S"));
  EXPECT_EQ(get(table, key), stored);
}

TEST_P(IndexTest, KeyThatNoIndexTakes_IsRefused) {
  const auto table = make_with_gsi();
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "1"}, {"color", ""}}}),
                    ErrorCode::validation, "empty string value"));
  EXPECT_TRUE(fails(
      db().update_item(
          {.table = table, .key = {{"pk", "1"}}, .update = update("SET color = :c", {{":c", ""}})}),
      ErrorCode::validation, "empty string value"));
  EXPECT_TRUE(fails(
      db().put_item({.table = table, .item = {{"pk", "1"}, {"color", std::string(2049, 'c')}}}),
      ErrorCode::validation, "2048 bytes"));
  UpdateExpression into;
  into.set.push_back({Path("color").child("x"), {AttributeValue(1)}});
  EXPECT_TRUE(fails(db().update_item({.table = table, .key = {{"pk", "1"}}, .update = into}),
                    ErrorCode::validation, "Key attributes must be scalars"));
}

// Items with equal index keys: a page's key tells them apart.
TEST_P(IndexTest, Gsi_EqualKeys_PageWithoutLossOrRepeats) {
  const auto table = make_with_gsi();
  std::vector<Item> items;
  for (int i = 0; i < 20; ++i)
    items.push_back({{"pk", std::to_string(i)}, {"color", "red"}, {"dim", i % 2}});
  put_all(table, items);
  for (const std::uint32_t limit : {1u, 3u, 20u}) {
    for (const bool forward : {true, false}) {
      auto request = red_query(table);
      request.limit = limit;
      request.forward = forward;
      EXPECT_EQ(sorted(query_all(request)), sorted(items)) << "limit " << limit;
    }
    EXPECT_EQ(sorted(scan_all({.table = table, .index = "by-color", .limit = limit})),
              sorted(items));
  }
  auto request = red_query(table);
  request.limit = 1;
  const Item last = db().query(request).value().last_evaluated_key.value();
  EXPECT_EQ(last.size(), 3u) << text_of(last);  // the table's key and the index's
}

TEST_P(IndexTest, Gsi_ExclusiveStartKey_NeedsBothKeys) {
  const auto table = make_with_gsi();
  auto request = red_query(table);
  for (const Item& start : {Item{{"pk", "1"}}, Item{{"color", "red"}, {"dim", 1}},
                            Item{{"pk", "1"}, {"color", "red"}, {"dim", 1}, {"v", 1}}}) {
    request.exclusive_start_key = start;
    EXPECT_TRUE(refused(request, "The provided starting key is invalid")) << text_of(start);
  }
  request.exclusive_start_key = {{"pk", "1"}, {"color", "red"}, {"dim", "1"}};
  EXPECT_TRUE(refused(request, "The provided key element does not match the schema"));
  request.exclusive_start_key = {{"pk", "1"}, {"color", "blue"}, {"dim", 1}};
  EXPECT_TRUE(refused(request, "outside query boundaries"));
}

TEST_P(IndexTest, Gsi_PartitionKeyAlone) {
  const auto table = make_with_gsi({.name = "by-n", .key = {.partition = {"n", Type::N}}});
  put(table, {{"pk", "1"}, {"n", number("7.0")}});
  put(table, {{"pk", "2"}, {"n", 7}});
  put(table, {{"pk", "3"}, {"n", 8}});
  EXPECT_EQ(query_index(table, "by-n", "n = :n", {{":n", 7}}).size(), 2u);
  for (const std::uint32_t total : {1u, 4u}) {
    std::size_t count = 0;
    for (std::uint32_t s = 0; s < total; ++s)
      count +=
          scan_all({.table = table, .index = "by-n", .segment = s, .total_segments = total}).size();
    EXPECT_EQ(count, 3u);
  }
}

// An index on the table's own key attributes, the other way around.
TEST_P(IndexTest, Gsi_OnTheTablesKeys) {
  const auto table = make_table(TableDefinition{
      .key = hash_and_range_key(),
      .global_indexes = {
          {.name = "reverse",
           .key = {.partition = {"sk", Type::S}, .sort = KeyAttribute{"pk", Type::S}}}}});
  put_all(table,
          {{{"pk", "a"}, {"sk", "x"}}, {{"pk", "b"}, {"sk", "x"}}, {{"pk", "c"}, {"sk", "y"}}});
  auto request = QueryRequest{.table = table,
                              .index = "reverse",
                              .key_condition = key_condition("sk = :s", {{":s", "x"}}),
                              .forward = false,
                              .limit = 1};
  EXPECT_EQ(column(query_all(request), "pk"), (std::vector<AttributeValue>{"b", "a"}));
}

TEST_P(IndexTest, Lsi_SortsByItsKeyAndReadsConsistently) {
  const auto table = make_with_lsi(by_dim(ProjectionType::all));
  put_all(table, {{{"pk", "a"}, {"sk", "1"}, {"dim", 30}},
                  {{"pk", "a"}, {"sk", "2"}, {"dim", -4}},
                  {{"pk", "a"}, {"sk", "3"}},
                  {{"pk", "b"}, {"sk", "1"}, {"dim", 1}}});
  EXPECT_EQ(column(of_partition(table), "sk"), (std::vector<AttributeValue>{"2", "1"}));
  const auto page =
      db().query({.table = table,
                  .index = "by-dim",
                  .key_condition = key_condition("pk = :p AND dim < :s", {{":p", "a"}, {":s", 0}}),
                  .consistent_read = true})
          .value();
  EXPECT_EQ(page.count, 1u);
}

TEST_P(IndexTest, Lsi_FetchesWhatItDoesNotHold) {
  const Item item{{"pk", "a"}, {"sk", "1"}, {"dim", 1}, {"v", "x"}, {"w", "y"}};
  const auto table = make_with_lsi(by_dim(ProjectionType::include, {"w"}));
  put(table, item);
  QueryRequest request{
      .table = table, .index = "by-dim", .key_condition = key_condition("pk = :p", {{":p", "a"}})};
  Item held = item;
  held.erase("v");
  EXPECT_EQ(query_all(request), std::vector{held});
  request.select = Select::all_attributes;
  EXPECT_EQ(query_all(request), std::vector{item});
  request.select = Select::default_;
  request.projection = projection("v, w");
  EXPECT_EQ(query_all(request), (std::vector{Item{{"v", "x"}, {"w", "y"}}}));
  // A filter is not among what is fetched for.
  request.filter = condition("v = :v", {{":v", "x"}});
  EXPECT_TRUE(refused(request, "does not project one or more filter attributes: [v]"));
  request.projection = projection("sk");
  request.filter = condition("w = :w", {{":w", "y"}});
  EXPECT_EQ(query_all(request), (std::vector{Item{{"sk", "1"}}}));
}

TEST_P(IndexTest, Lsi_ScanWithAFilterOnWhatItDoesNotHold_GivesWhatItHolds) {
  const auto table = make_with_lsi(by_dim(ProjectionType::keys_only));
  put(table, {{"pk", "a"}, {"sk", "1"}, {"dim", 1}, {"v", "x"}});
  EXPECT_EQ(
      scan_all({.table = table, .index = "by-dim", .filter = condition("v = :v", {{":v", "x"}})}),
      (std::vector{Item{{"pk", "a"}, {"sk", "1"}, {"dim", 1}}}));
}

TEST_P(IndexTest, Lsi_KeyOfAnotherType_IsRefused) {
  const auto table = make_with_lsi(by_dim(ProjectionType::all));
  EXPECT_TRUE(
      fails(db().put_item({.table = table, .item = {{"pk", "a"}, {"sk", "1"}, {"dim", "1"}}}),
            ErrorCode::validation, "Type mismatch for Index Key dim"));
}

TEST_P(IndexTest, PathsIntoKeys_AreRefused) {
  const auto table = make_with_gsi();
  const std::string_view scalars =
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: ";
  const auto told = [&](const char* key) { return std::string(scalars) + key; };
  EXPECT_TRUE(
      fails(db().get_item({.table = table, .key = {{"pk", "1"}}, .projection = projection("pk.a")}),
            ErrorCode::validation, told("Key: pk")));
  EXPECT_TRUE(fails(db().scan({.table = table, .filter = condition("attribute_exists(color[0])")}),
                    ErrorCode::validation, told("IndexKey: color")));
  EXPECT_TRUE(fails(
      db().update_item({.table = table, .key = {{"pk", "1"}}, .update = update("SET v = color.a")}),
      ErrorCode::validation, told("IndexKey: color")));
}

// L! never tells it.
TEST_P(IndexTest, ItemCollectionMetrics_AreOfTablesWithLocalIndexes) {
  const auto table = make_with_lsi(by_dim(ProjectionType::all));
  const auto result = db().put_item({.table = table,
                                     .item = {{"pk", "a"}, {"sk", "b"}, {"dim", 1}},
                                     .return_collection_metrics = true});
  ASSERT_TRUE(succeeds(result));
  ASSERT_TRUE(result->collection.has_value());
  EXPECT_EQ(result->collection->key, (Item{{"pk", "a"}}));
  EXPECT_LE(result->collection->low, result->collection->high);
  EXPECT_FALSE(put(table, {{"pk", "a"}, {"sk", "c"}}).collection.has_value());

  const auto batch = db().batch_write_item(
      {.tables = {{table,
                   {PutRequest{{{"pk", "a"}, {"sk", "d"}}}, PutRequest{{{"pk", "a"}, {"sk", "e"}}},
                    DeleteRequest{{{"pk", "b"}, {"sk", "e"}}}}}},
       .return_collection_metrics = true});
  ASSERT_TRUE(succeeds(batch));
  EXPECT_EQ(batch->collections.at(table).size(), 2u);  // one a partition key

  const auto plain = make_with_gsi();
  const auto without =
      db().put_item({.table = plain, .item = {{"pk", "a"}}, .return_collection_metrics = true});
  ASSERT_TRUE(succeeds(without));
  EXPECT_FALSE(without->collection.has_value());
}

}  // namespace conformance
