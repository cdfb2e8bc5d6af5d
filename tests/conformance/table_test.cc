// Tables: what CreateTable refuses, what DescribeTable and ListTables tell, and what deletion
// leaves.
#include <algorithm>

#include "tests/conformance/client_factory.h"

namespace conformance {

using namespace dynamodb;

class TableTest : public ConformanceTest {
 protected:
  testing::AssertionResult refused(TableDefinition definition, std::string_view part = {}) {
    if (definition.name.empty()) definition.name = random_name();
    if (!check_table_name(definition.name)) remove_later(definition.name);
    return fails(db().create_table(definition), ErrorCode::validation, part);
  }
  static IndexDefinition index(std::string name, KeySchema key,
                               ProjectionType projection = ProjectionType::all,
                               std::vector<std::string> attributes = {}) {
    return {.name = std::move(name),
            .key = std::move(key),
            .projection = projection,
            .non_key_attributes = std::move(attributes)};
  }
  static KeySchema key(const char* partition) { return {.partition = {partition, Type::S}}; }
  static KeySchema key(const char* partition, const char* sort) {
    return {.partition = {partition, Type::S}, .sort = KeyAttribute{sort, Type::S}};
  }
};
RUN_ON_EVERY_BACKEND(TableTest);

TEST_P(TableTest, Create_Names) {
  EXPECT_TRUE(refused({.name = "ab", .key = hash_key()}));
  EXPECT_TRUE(refused({.name = std::string(256, 'a'), .key = hash_key()}));
  EXPECT_TRUE(refused({.name = "not a name", .key = hash_key()}));
  EXPECT_TRUE(refused({.name = "näme", .key = hash_key()}));
  const auto longest = random_name() + "." + std::string(255 - random_name().size() - 1, '-');
  EXPECT_EQ(make_table(TableDefinition{.name = longest, .key = hash_key()}), longest);
}

TEST_P(TableTest, Create_Keys) {
  EXPECT_TRUE(refused({.key = {.partition = {"pk", Type::BOOL}}}));
  EXPECT_TRUE(refused({.key = {.partition = {"pk", Type::SS}}}));
  EXPECT_TRUE(refused({.key = {.partition = {"", Type::S}}}));
  EXPECT_TRUE(refused({.key = key("pk", "pk")}));
  EXPECT_TRUE(refused({.key = {.partition = {std::string(256, 'k'), Type::S}}}));  // L! takes it
}

TEST_P(TableTest, Create_IndexDefinitions) {
  const auto include = ProjectionType::include;
  EXPECT_TRUE(refused(
      {.key = hash_key(), .global_indexes = {index("by-a", key("a")), index("by-a", key("b"))}},
      "Duplicate index name"));
  EXPECT_TRUE(refused({.key = hash_and_range_key(),
                       .global_indexes = {index("same", key("a"))},
                       .local_indexes = {index("same", key("pk", "b"))}}));
  EXPECT_TRUE(refused({.key = hash_key(), .global_indexes = {index("x", key("a"))}}));
  EXPECT_TRUE(refused({.key = hash_key(), .global_indexes = {index("by-a", key("a"), include)}},
                      "NonKeyAttributes"));
  EXPECT_TRUE(refused(
      {.key = hash_key(), .global_indexes = {index("by-a", key("a"), ProjectionType::all, {"v"})}},
      "NonKeyAttributes"));
  EXPECT_TRUE(
      refused({.key = hash_key(),
               .global_indexes = {index("by-a", key("a"), ProjectionType::keys_only, {"v"})}},
              "NonKeyAttributes"));
  // One attribute has one type in all keys.
  EXPECT_TRUE(refused(
      {.key = hash_key(), .global_indexes = {index("by-pk", {.partition = {"pk", Type::N}})}}));
}

TEST_P(TableTest, Create_LocalIndexes) {
  EXPECT_TRUE(
      refused({.key = hash_key(), .local_indexes = {index("by-a", key("pk", "a"))}}, "range key"));
  EXPECT_TRUE(refused({.key = hash_and_range_key(), .local_indexes = {index("by-a", key("pk"))}},
                      "range key"));
  EXPECT_TRUE(refused(
      {.key = hash_and_range_key(), .local_indexes = {index("by-a", key("a", "b"))}}, "hash key"));
}

TEST_P(TableTest, Create_IndexCounts) {
  TableDefinition definition{.key = hash_and_range_key()};
  for (int i = 0; i < 20; ++i)
    definition.global_indexes.push_back(index("global-" + std::to_string(i), key("a")));
  for (int i = 0; i < 5; ++i)
    definition.local_indexes.push_back(index("local-" + std::to_string(i), key("pk", "a")));
  const auto table = make_table(definition);
  EXPECT_EQ(describe(table).global_indexes.size(), 20u);
  EXPECT_EQ(describe(table).local_indexes.size(), 5u);
  TableDefinition too_many = definition;
  too_many.global_indexes.push_back(index("global-20", key("a")));
  EXPECT_TRUE(refused(too_many));
  too_many = definition;
  too_many.local_indexes.push_back(index("local-5", key("pk", "a")));
  EXPECT_TRUE(refused(too_many));
}

TEST_P(TableTest, Create_ExistingTable_IsInUse) {
  const auto table = make_table(hash_key());
  put(table, {{"pk", "a"}});
  EXPECT_TRUE(fails(db().create_table({.name = table, .key = hash_key()}),
                    ErrorCode::resource_in_use, "Table already exists: " + table));
  EXPECT_EQ(scan_all({.table = table}).size(), 1u);
}

TEST_P(TableTest, Describe_TellsTheDefinitionBack) {
  const TableDefinition definition{
      .key = hash_and_range_key(Type::S, Type::N),
      .global_indexes = {index("by-a",
                               {.partition = {"a", Type::B}, .sort = KeyAttribute{"sk", Type::N}},
                               ProjectionType::include, {"x", "y"}),
                         index("by-b", key("b"), ProjectionType::keys_only)},
      .local_indexes = {index("by-c", key("pk", "c"))}};
  const auto before = base::now();
  const auto table = make_table(definition);
  const auto description = describe(table);
  EXPECT_EQ(description.definition.name, table);
  EXPECT_EQ(description.definition.key, definition.key);
  const auto sorted_definitions = [](std::vector<IndexDefinition> all) {
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return all;
  };
  EXPECT_EQ(sorted_definitions(description.definition.global_indexes), definition.global_indexes);
  EXPECT_EQ(description.definition.local_indexes, definition.local_indexes);
  EXPECT_EQ(description.status, TableStatus::active);
  EXPECT_EQ(description.id.size(), 36u);
  EXPECT_EQ(description.item_count, 0u);
  // DescribeTable's time has milliseconds on the wire; clocks of two machines may differ.
  EXPECT_LT(std::chrono::abs(description.created_at - before), std::chrono::minutes(5));
}

// DynamoDB brings its counts up to date every six hours; the embedded engine and DynamoDB Local at
// once.
TEST_P(TableTest, Describe_CountsItems) {
  const auto table =
      make_table(TableDefinition{.key = hash_key(), .global_indexes = {index("by-a", key("a"))}});
  put_all(table, {{{"pk", "1"}, {"a", "x"}}, {{"pk", "2"}}, {{"pk", "3"}, {"a", "y"}}});
  put(table, {{"pk", "2"}, {"v", "replaced"}});
  update_item(table, {{"pk", "4"}}, update("SET a = :a", {{":a", "z"}}));
  update_item(table, {{"pk", "1"}}, update("REMOVE a"));
  remove(table, {{"pk", "3"}});
  remove(table, {{"pk", "missing"}});
  const auto description = describe(table);
  EXPECT_EQ(description.item_count, 3u);
  EXPECT_EQ(description.global_indexes.at(0).item_count, 1u);
  std::size_t bytes = 0;
  for (const auto& item : scan_all({.table = table})) {
    const PackedItem packed(item);
    bytes += item_size(packed.view());
  }
  EXPECT_GE(description.size_bytes, bytes);
}

TEST_P(TableTest, List_PagesInOrderOfName) {
  const auto prefix = random_name();
  std::vector<std::string> expected;
  for (const char* suffix : {".C", ".a", ".b", ".c", ".d"})
    expected.push_back(make_table(TableDefinition{.name = prefix + suffix, .key = hash_key()}));
  // From a name that no table has.
  const auto first = db().list_tables({.exclusive_start_table_name = prefix, .limit = 2}).value();
  EXPECT_EQ(first.table_names, std::vector(expected.begin(), expected.begin() + 2));
  EXPECT_EQ(first.last_evaluated_table_name, expected[1]);
  std::vector<std::string> all = first.table_names;
  auto last = first.last_evaluated_table_name;
  while (last && all.size() < expected.size()) {
    const auto page = db().list_tables({.exclusive_start_table_name = *last, .limit = 2}).value();
    all.insert(all.end(), page.table_names.begin(), page.table_names.end());
    last = page.last_evaluated_table_name;
  }
  all.resize(std::min(all.size(), expected.size()));
  EXPECT_EQ(all, expected);
  EXPECT_TRUE(fails(db().list_tables({.limit = 0}), ErrorCode::validation));
  EXPECT_TRUE(fails(db().list_tables({.limit = 101}), ErrorCode::validation));
}

TEST_P(TableTest, List_EndsWithoutLastName) {
  make_table(hash_key());
  auto page =
      db().list_tables({.exclusive_start_table_name = std::string(255, '~' - 4)}).value();  // 'z'
  EXPECT_EQ(page.last_evaluated_table_name, std::nullopt);
}

TEST_P(TableTest, Delete_ThenNothingFindsIt) {
  const auto table = make_table(hash_key());
  put(table, {{"pk", "a"}});
  const auto description = db().delete_table(table).value();
  EXPECT_EQ(description.definition.name, table);
  EXPECT_EQ(description.status, TableStatus::deleting);
  const auto not_found = ErrorCode::resource_not_found;
  ASSERT_TRUE(wait_until([&] { return db().describe_table(table).has_error(); }));
  EXPECT_TRUE(fails(db().describe_table(table), not_found, "Table: " + table + " not found"));
  EXPECT_TRUE(fails(db().delete_table(table), not_found, "Table: " + table + " not found"));
  EXPECT_TRUE(fails(db().get_item({.table = table, .key = {{"pk", "a"}}}), not_found));
  EXPECT_TRUE(fails(db().put_item({.table = table, .item = {{"pk", "a"}}}), not_found));
  EXPECT_TRUE(fails(db().scan({.table = table}), not_found));
  const auto names =
      db().list_tables({.exclusive_start_table_name = table.substr(0, table.size() - 1)})
          .value()
          .table_names;
  EXPECT_EQ(std::count(names.begin(), names.end(), table), 0);
}

TEST_P(TableTest, MadeAgain_IsEmptyAndMayHaveAnotherKey) {
  const auto table =
      make_table(TableDefinition{.key = hash_key(), .global_indexes = {index("by-a", key("a"))}});
  put(table, {{"pk", "1"}, {"a", "x"}});
  const auto old_id = describe(table).id;
  db().delete_table(table).value();
  ASSERT_TRUE(wait_until([&] { return db().describe_table(table).has_error(); }));
  make_table(TableDefinition{
      .name = table, .key = hash_and_range_key(), .global_indexes = {index("by-a", key("a"))}});
  EXPECT_NE(describe(table).id, old_id);
  EXPECT_EQ(describe(table).item_count, 0u);
  EXPECT_TRUE(scan_all({.table = table}).empty());
  EXPECT_TRUE(scan_all({.table = table, .index = "by-a"}).empty());
  put(table, {{"pk", "1"}, {"sk", "s"}});
  EXPECT_EQ(scan_all({.table = table}).size(), 1u);
}

TEST_P(TableTest, NeighbouringTables_DoNotSeeEachOther) {
  const auto a = make_table(hash_key()), b = make_table(hash_key());
  put(a, {{"pk", "1"}, {"v", "a"}});
  put(b, {{"pk", "1"}, {"v", "b"}});
  EXPECT_EQ(column(scan_all({.table = a}), "v"), std::vector<AttributeValue>{"a"});
  db().delete_table(a).value();
  EXPECT_EQ(column(scan_all({.table = b}), "v"), std::vector<AttributeValue>{"b"});
}

}  // namespace conformance
