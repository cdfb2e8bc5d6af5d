// Consumed capacity: reads by 4 KB, writes by 1 KB, index by index.
#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class CapacityTest : public ConformanceTest {
 protected:
  // Units of the table, of global and of local indexes.
  using Arms = std::map<std::string, double, std::less<>>;
  struct Units {
    double table;
    Arms global{}, local{};
    friend bool operator==(const Units&, const Units&) = default;
    friend void PrintTo(const Units& units, std::ostream* out) {
      *out << "table " << units.table;
      for (const auto& [name, arm] : units.global) *out << ", global " << name << ' ' << arm;
      for (const auto& [name, arm] : units.local) *out << ", local " << name << ' ' << arm;
    }
  };
  static Units units(const ConsumedCapacity& consumed) {
    return {consumed.table_units, consumed.global_indexes, consumed.local_indexes};
  }
  static Item sized(const char* pk, std::size_t bytes) {
    Item item{{"pk", pk}};
    item["v"] = padding_for(item, bytes);
    return item;
  }
  Units put_units(const std::string& table, Item item) {
    return units(put(table, std::move(item)).consumed);
  }
  Units update_units(const std::string& table, const char* pk, UpdateExpression expression) {
    return units(update_item(table, {{"pk", pk}}, std::move(expression)).consumed);
  }
  double get_units(const std::string& table, const char* pk, bool consistent) {
    return db()
        .get_item({.table = table, .key = {{"pk", pk}}, .consistent_read = consistent})
        .value()
        .consumed.total();
  }
};
RUN_ON_EVERY_BACKEND(CapacityTest);

TEST_P(CapacityTest, Get_ByFourKilobytes) {
  const auto table = make_table(hash_key());
  put(table, sized("a", 4096));
  put(table, sized("b", 4097));
  EXPECT_EQ(get_units(table, "a", true), 1);
  EXPECT_EQ(get_units(table, "a", false), 0.5);
  EXPECT_EQ(get_units(table, "b", true), 2);
  EXPECT_EQ(get_units(table, "b", false), 1);
  EXPECT_EQ(get_units(table, "missing", true), 1);
  EXPECT_EQ(get_units(table, "missing", false), 0.5);
  // A projection saves nothing.
  const auto projected = db().get_item({.table = table,
                                        .key = {{"pk", "b"}},
                                        .consistent_read = true,
                                        .projection = projection("pk")})
                             .value();
  EXPECT_EQ(projected.consumed.table, table);
  EXPECT_EQ(projected.consumed.total(), 2);
}

TEST_P(CapacityTest, Write_ByOneKilobyteOfTheLargerItem) {
  const auto table = make_table(hash_key());
  EXPECT_EQ(put_units(table, sized("a", 1024)), (Units{1}));
  EXPECT_EQ(put_units(table, sized("a", 1025)), (Units{2}));
  EXPECT_EQ(put_units(table, sized("a", 10)), (Units{2}));
  EXPECT_EQ(put_units(table, sized("a", 3000)), (Units{3}));
  EXPECT_EQ(put_units(table, sized("a", 3000)), (Units{3}));  // an identical item
  EXPECT_EQ(update_units(table, "a", update("SET n = :n", {{":n", 1}})), (Units{3}));
  EXPECT_EQ(update_units(table, "a", update("REMOVE v")), (Units{3}));
  put(table, sized("a", 5000));
  EXPECT_EQ(units(db().delete_item({.table = table, .key = {{"pk", "a"}}}).value().consumed),
            (Units{5}));
  EXPECT_EQ(units(db().delete_item({.table = table, .key = {{"pk", "a"}}}).value().consumed),
            (Units{1}));
}

TEST_P(CapacityTest, QueryAndScan_SumBytesFirst) {
  const auto table = make_table(hash_and_range_key(Type::S, Type::N));
  std::vector<Item> items;
  for (int i = 0; i < 10; ++i) {
    Item item{{"pk", "a"}, {"sk", i}};
    item["v"] = padding_for(item, 1000);
    items.push_back(std::move(item));
  }
  put_all(table, items);
  QueryRequest query{.table = table,
                     .key_condition = key_condition("pk = :p", {{":p", "a"}}),
                     .consistent_read = true};
  EXPECT_EQ(units(db().query(query).value().consumed), (Units{3}));  // 10,000 bytes
  query.consistent_read = false;
  EXPECT_EQ(units(db().query(query).value().consumed), (Units{1.5}));
  // Neither counting nor filtering saves units.
  query.select = Select::count;
  query.filter = condition("attribute_exists(absent)");
  EXPECT_EQ(units(db().query(query).value().consumed), (Units{1.5}));
  query.limit = 5;
  EXPECT_EQ(units(db().query(query).value().consumed), (Units{1}));  // 5,000 bytes
  query.key_condition = key_condition("pk = :p", {{":p", "empty"}});
  EXPECT_EQ(units(db().query(query).value().consumed), (Units{0.5}));
  EXPECT_EQ(units(db().scan({.table = table, .consistent_read = true}).value().consumed),
            (Units{3}));
  EXPECT_EQ(units(db().scan({.table = table}).value().consumed), (Units{1.5}));
}

TEST_P(CapacityTest, IndexReads_HaveTheIndexArmAlone) {
  const auto table = make_table(TableDefinition{
      .key = hash_and_range_key(),
      .global_indexes = {{.name = "global",
                          .key = {.partition = {"g", Type::S}},
                          .projection = ProjectionType::keys_only}},
      .local_indexes = {{.name = "local",
                         .key = {.partition = {"pk", Type::S}, .sort = KeyAttribute{"l", Type::S}},
                         .projection = ProjectionType::keys_only}}});
  put(table, {{"pk", "a"}, {"sk", "1"}, {"g", "x"}, {"l", "1"}, {"v", std::string(9000, 'x')}});
  put(table, {{"pk", "a"}, {"sk", "2"}, {"g", "x"}, {"l", "2"}, {"v", std::string(9000, 'x')}});
  QueryRequest query{
      .table = table, .index = "global", .key_condition = key_condition("g = :g", {{":g", "x"}})};
  EXPECT_EQ(units(db().query(query).value().consumed),
            (Units{.table = 0, .global = {{"global", 0.5}}}));
  query.index = "local";
  query.key_condition = key_condition("pk = :p", {{":p", "a"}});
  EXPECT_EQ(units(db().query(query).value().consumed),
            (Units{.table = 0, .local = {{"local", 0.5}}}));
  // Each row fetched from the table costs its own units.
  query.select = Select::all_attributes;
  query.consistent_read = true;
  EXPECT_EQ(units(db().query(query).value().consumed),
            (Units{.table = 6, .local = {{"local", 1}}}));
}

TEST_P(CapacityTest, IndexWrites_OnlyWhereTheIndexChanges) {
  const auto table = make_table(
      TableDefinition{.key = hash_key(),
                      .global_indexes = {{.name = "wide", .key = {.partition = {"g", Type::S}}},
                                         {.name = "narrow",
                                          .key = {.partition = {"g", Type::S}},
                                          .projection = ProjectionType::include,
                                          .non_key_attributes = {"w"}}}});
  const auto arms = [](double wide, double narrow) {
    Units expected{.table = 1};
    if (wide > 0) expected.global["wide"] = wide;
    if (narrow > 0) expected.global["narrow"] = narrow;
    return expected;
  };
  EXPECT_EQ(put_units(table, {{"pk", "a"}, {"v", 1}}), arms(0, 0));  // sparse
  EXPECT_EQ(put_units(table, {{"pk", "a"}, {"v", 1}, {"g", "x"}}), arms(1, 1));
  EXPECT_EQ(put_units(table, {{"pk", "a"}, {"v", 1}, {"g", "x"}}),
            arms(0, 0));  // no arm, rather than one of zero
  EXPECT_EQ(update_units(table, "a", update("SET v = :v", {{":v", 2}})), arms(1, 0));
  EXPECT_EQ(update_units(table, "a", update("SET w = :v", {{":v", 2}})), arms(1, 1));
  EXPECT_EQ(update_units(table, "a", update("SET g = :g", {{":g", "y"}})),
            arms(2, 2));  // out of one place, into another
  EXPECT_EQ(update_units(table, "a", update("REMOVE g")), arms(1, 1));
  EXPECT_EQ(update_units(table, "a", update("REMOVE v")), arms(0, 0));
  update_item(table, {{"pk", "a"}}, update("SET g = :g", {{":g", "x"}}));
  EXPECT_EQ(units(db().delete_item({.table = table, .key = {{"pk", "a"}}}).value().consumed),
            arms(1, 1));
}

TEST_P(CapacityTest, LocalIndexWrites_HaveTheirOwnArm) {
  const auto table =
      make_table(TableDefinition{.key = hash_and_range_key(),
                                 .local_indexes = {{.name = "local",
                                                    .key = {.partition = {"pk", Type::S},
                                                            .sort = KeyAttribute{"l", Type::N}}}}});
  EXPECT_EQ(put_units(table, {{"pk", "a"}, {"sk", "1"}}), (Units{1}));
  const auto with_key =
      put(table, {{"pk", "a"}, {"sk", "1"}, {"l", 1}, {"v", std::string(1500, 'x')}}).consumed;
  EXPECT_EQ(units(with_key), (Units{.table = 2, .local = {{"local", 2}}}));
  EXPECT_EQ(with_key.total(), 4);
}

TEST_P(CapacityTest, Batches_CountItemByItem) {
  const auto a = make_table(hash_key()), b = make_table(hash_key());
  const auto written =
      db().batch_write_item(
              {.tables = {{a, {PutRequest{sized("1", 1025)}, PutRequest{sized("2", 10)}}},
                          {b, {DeleteRequest{{{"pk", "1"}}}}}}})
          .value();
  ASSERT_EQ(written.consumed.size(), 2u);
  std::map<std::string, double> totals;
  for (const auto& consumed : written.consumed) totals[consumed.table] = consumed.total();
  EXPECT_EQ(totals, (std::map<std::string, double>{{a, 3}, {b, 1}}));
  const auto read =
      db().batch_get_item({.tables = {{a, {.keys = {{{"pk", "1"}}, {{"pk", "2"}}, {{"pk", "3"}}}}},
                                      {b, {.keys = {{{"pk", "1"}}}, .consistent_read = true}}}})
          .value();
  totals.clear();
  for (const auto& consumed : read.consumed) totals[consumed.table] = consumed.total();
  EXPECT_EQ(totals, (std::map<std::string, double>{{a, 1.5}, {b, 1}}));
}

TEST_P(CapacityTest, Transactions_CountTheTableTwice) {
  const auto table = make_table(TableDefinition{
      .key = hash_key(),
      .global_indexes = {{.name = "global", .key = {.partition = {"g", Type::S}}}}});
  const auto written =
      db().transact_write_items(
              {.actions = {PutItemRequest{.table = table, .item = sized("a", 1025)},
                           PutItemRequest{.table = table, .item = {{"pk", "b"}, {"g", "x"}}},
                           ConditionCheck{.table = table,
                                          .key = {{"pk", "c"}},
                                          .condition = attribute_not_exists("pk")}}})
          .value();
  ASSERT_EQ(written.consumed.size(), 1u);
  // 2 x (2 + 1 + 1); the index's arm does not double.
  EXPECT_EQ(units(written.consumed[0]), (Units{.table = 8, .global = {{"global", 1}}}));
  put(table, sized("d", 4097));
  const auto read =
      db().transact_get_items({.gets = {{.table = table, .key = {{"pk", "a"}}},
                                        {.table = table, .key = {{"pk", "d"}}},
                                        {.table = table, .key = {{"pk", "missing"}}}}})
          .value();
  ASSERT_EQ(read.consumed.size(), 1u);
  EXPECT_EQ(units(read.consumed[0]), (Units{2 * (1 + 2 + 1)}));
}

// A repeat under its token is charged as reads.
TEST_P(CapacityTest, RepeatedTransaction_IsChargedAsReads) {
  const auto table = make_table(hash_key());
  const TransactWriteItemsRequest request{
      .actions = {PutItemRequest{.table = table, .item = sized("a", 5000)}},
      .client_request_token = random_name("").substr(1)};
  EXPECT_EQ(units(db().transact_write_items(request).value().consumed.at(0)), (Units{10}));
  EXPECT_EQ(units(db().transact_write_items(request).value().consumed.at(0)), (Units{4}));
}

}  // namespace conformance
