#include "dynamodb/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dynamodb {
namespace {

using ::testing::HasSubstr;

TableDefinition table() {
  return {.name = "posts", .key = {{"pk", Type::S}, KeyAttribute{"sk", Type::N}}};
}
IndexDefinition index(const std::string& name) {
  return {.name = name, .key = {{"slug", Type::S}}};
}
IndexDefinition local_index(const std::string& name) {
  return {.name = name, .key = {{"pk", Type::S}, KeyAttribute{"at", Type::S}}};
}
std::string problem(const TableDefinition& definition) {
  return check_table_definition(definition).value_or("");
}

TEST(Table, Plain_IsFine) {
  EXPECT_EQ(problem(table()), "");
  auto full = table();
  full.global_indexes = {
      index("slug-index"),
      {.name = "by.author_1", .key = {{"author", Type::B}, KeyAttribute{"sk", Type::N}}}};
  full.local_indexes = {local_index("recent")};
  EXPECT_EQ(problem(full), "");
}

TEST(Table, Name_Is3To255OfAFewCharacters) {
  EXPECT_EQ(check_table_name("abc"), std::nullopt);
  EXPECT_EQ(check_table_name(std::string(255, 'a')), std::nullopt);
  EXPECT_EQ(check_table_name("A-z_0.9"), std::nullopt);
  EXPECT_EQ(check_table_name("ab").value_or(""),
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
            "Member must have "
            "length greater than or equal to 3");
  EXPECT_THAT(check_table_name(std::string(256, 'a')).value_or(""),
              HasSubstr("length less than or equal to 255"));
  for (const char* name : {"a b", "a/b", "pösts", "abc\n", "abc:"}) {
    EXPECT_THAT(check_table_name(name).value_or(""), HasSubstr("regular expression pattern"))
        << name;
  }
}

TEST(Table, Key_TypesAndNames_AreChecked) {
  auto t = table();
  t.key.partition.type = Type::BOOL;
  EXPECT_THAT(problem(t), HasSubstr("Member must satisfy enum value set: [B, N, S]"));
  t = table();
  t.key.sort->name = "pk";
  EXPECT_THAT(
      problem(t),
      HasSubstr("Both the Hash Key and the Range Key element in the KeySchema have the same name"));
  t = table();
  t.key.partition.name = std::string(255, 'k');
  EXPECT_EQ(problem(t), "");
  t.key.partition.name += 'k';
  EXPECT_THAT(problem(t), HasSubstr("less than or equal to 255"));
  t.key.partition.name = "";
  EXPECT_NE(problem(t), "");
}

TEST(Table, AttributeWithTwoTypes_IsRefused) {
  auto t = table();
  t.global_indexes = {{.name = "odd", .key = {{"sk", Type::S}}}};
  EXPECT_THAT(problem(t), HasSubstr("Attribute sk is defined with two types"));
}

TEST(Table, IndexNames_AreUniqueOverBothKinds) {
  auto t = table();
  t.global_indexes = {index("same")};
  t.local_indexes = {local_index("same")};
  EXPECT_THAT(problem(t), HasSubstr("Duplicate index name: same"));
  t.local_indexes = {local_index("x")};
  EXPECT_THAT(problem(t), HasSubstr("localSecondaryIndexes.member.indexName"));
}

TEST(Table, LocalIndex_NeedsTheTablesPartitionKeyAndSortKeys) {
  auto t = table();
  t.local_indexes = {local_index("recent")};
  t.local_indexes[0].key.sort.reset();
  EXPECT_THAT(problem(t), HasSubstr("Index KeySchema does not have a range key for index: recent"));
  t.local_indexes = {local_index("recent")};
  t.local_indexes[0].key.partition.name = "other";
  EXPECT_THAT(problem(t), HasSubstr("index hash key: other, table hash key: pk"));
  t.local_indexes = {local_index("recent")};
  t.key.sort.reset();
  EXPECT_THAT(problem(t), HasSubstr("Table KeySchema does not have a range key"));
}

TEST(Table, NonKeyAttributes_GoExactlyWithInclude) {
  auto t = table();
  t.global_indexes = {index("slug-index")};
  t.global_indexes[0].non_key_attributes = {"title"};
  EXPECT_THAT(problem(t), HasSubstr("ProjectionType is ALL, but NonKeyAttributes is specified"));
  t.global_indexes[0].projection = ProjectionType::keys_only;
  EXPECT_THAT(problem(t),
              HasSubstr("ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"));
  t.global_indexes[0].projection = ProjectionType::include;
  EXPECT_EQ(problem(t), "");
  t.global_indexes[0].non_key_attributes.clear();
  EXPECT_THAT(problem(t),
              HasSubstr("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"));
}

TEST(Table, Counts_AreLimited) {
  auto t = table();
  for (int i = 0; i < 20; ++i) t.global_indexes.push_back(index("global" + std::to_string(i)));
  for (int i = 0; i < 5; ++i) t.local_indexes.push_back(local_index("local" + std::to_string(i)));
  EXPECT_EQ(problem(t), "");
  EXPECT_THAT(check_new_index(t, index("more")).value_or(""),
              HasSubstr("GlobalSecondaryIndex count exceeds"));
  t.global_indexes.pop_back();
  EXPECT_EQ(check_new_index(t, index("more")), std::nullopt);
  t.local_indexes.push_back(local_index("local5"));
  EXPECT_THAT(problem(t), HasSubstr("LocalSecondaryIndexes exceeds per-table limit of 5"));
}

TEST(Table, ProjectedNames_Are20AnIndex_And100InAll) {
  auto t = table();
  for (int i = 0; i < 5; ++i) {
    auto wide = index("wide" + std::to_string(i));
    wide.projection = ProjectionType::include;
    for (int n = 0; n < 20; ++n) wide.non_key_attributes.push_back("a" + std::to_string(n));
    t.global_indexes.push_back(wide);
  }
  EXPECT_EQ(problem(t), "");
  auto one_more = index("one-more");
  one_more.projection = ProjectionType::include;
  one_more.non_key_attributes = {"a"};
  EXPECT_THAT(check_new_index(t, one_more).value_or(""), HasSubstr("exceeds the limit of 100"));
  t.global_indexes[0].non_key_attributes.push_back("a20");
  EXPECT_THAT(problem(t), HasSubstr("more than 20 names"));
}

TEST(Table, NewIndex_WithATakenName_IsRefused) {
  auto t = table();
  t.local_indexes = {local_index("recent")};
  EXPECT_THAT(check_new_index(t, index("recent")).value_or(""), HasSubstr("Duplicate index name"));
}

}  // namespace
}  // namespace dynamodb
