#include "dynamo_backend/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_fields.h"

namespace tables_test {
using namespace dynamo_backend;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

// Two versions of one model, and one whose table has another key.
struct First : DynamoModel<First> {
  std::string name{};
  std::int64_t rank = 0;
  static constexpr auto schema = define<First>(
      {.table_name = "versioned"}, CharField<&First::name>{}, IntegerField<&First::rank>{});
};
struct Second : DynamoModel<Second> {
  std::string name{};
  std::int64_t rank = 0;
  static constexpr auto schema = define<Second>(
      {.table_name = "versioned"}, CharField<&Second::name>{.index = true},
      IntegerField<&Second::rank>{.index = true}, Index<&Second::name, &Second::rank>{});
};
struct OtherKey : DynamoTable<OtherKey> {
  std::int64_t id = 0;
  static constexpr auto schema =
      define<OtherKey>({.table_name = "versioned"}, PartitionKey<&OtherKey::id>{});
};
struct OtherIndex : DynamoModel<OtherIndex> {
  std::string name{};
  std::string rank{};
  static constexpr auto schema =
      define<OtherIndex>({.table_name = "versioned"}, CharField<&OtherIndex::name>{},
                         CharField<&OtherIndex::rank>{.index = true});
};

struct Tables : testing::Test {
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  ScopedConnection connection{*engine, {.table_prefix = "app_"}};
  std::vector<std::string> indexes(const std::string& table) {
    std::vector<std::string> names;
    for (const auto& i : engine->describe_table(table).value().definition.global_indexes)
      names.push_back(i.name);
    return names;
  }
};

TEST_F(Tables, EnsureIsIdempotentAndUsesThePrefix) {
  ensure_table<First>();
  ensure_table<First>();
  EXPECT_THAT(engine->list_tables({}).value().table_names, UnorderedElementsAre("app_versioned"));
  First::objects.create({.name = "x"});
  ensure_table<First>();
  EXPECT_EQ(First::objects.count(), 1u);
}

TEST_F(Tables, MissingIndexesAreAddedToTheTableAsItIs) {
  ensure_table<First>();
  First::objects.bulk_create({{.name = "a", .rank = 1}, {.name = "a", .rank = 2}});
  ensure_table<Second>();
  EXPECT_THAT(indexes("app_versioned"),
              UnorderedElementsAre("name-index", "rank-index", "name-rank-index"));
  EXPECT_EQ(Second::objects.filter(f<&Second::name> == "a" && f<&Second::rank> > 1).count(), 1u);
  EXPECT_EQ(Second::objects.filter(f<&Second::rank> == 2).get().name,
            "a");  // a number's index is of type N
  ensure_table<First>();
  EXPECT_EQ(indexes("app_versioned").size(), 3u);  // further indexes stay
}

TEST_F(Tables, AnotherKeyIsAClearError) {
  ensure_table<Second>();
  try {
    ensure_table<OtherKey>();
    FAIL();
  } catch (const ImproperlyConfigured& e) {
    EXPECT_THAT(
        e.what(),
        HasSubstr("Table app_versioned exists with the key pk (S); the model needs id (N)"));
  }
  EXPECT_THROW(ensure_table<OtherIndex>(), ImproperlyConfigured);
}

TEST_F(Tables, DeleteTableIsIdempotent) {
  ensure_table<test_blog::Post>();
  EXPECT_EQ(engine->list_tables({}).value().table_names.size(),
            2u);  // and its automatic join table
  delete_table<test_blog::Post>();
  delete_table<test_blog::Post>();
  EXPECT_EQ(engine->list_tables({}).value().table_names.size(), 0u);
}

TEST_F(Tables, AtStartUpAsTheSettingsSay) {
  Registry registry;
  test_blog::models(registry);
  EXPECT_EQ(registry.find("test_blog.post"), &model_info<test_blog::Post>());
  prepare_tables({.create_tables_on_startup = false}, registry);
  EXPECT_EQ(engine->list_tables({}).value().table_names.size(), 0u);
  prepare_tables({}, registry);
  EXPECT_EQ(engine->list_tables({}).value().table_names.size(),
            10u);  // 8 models, one join table, the claims
}

TEST(Connections, WithoutOneIsAClearError) {
  try {
    (void)First::objects.count();
    FAIL();
  } catch (const ImproperlyConfigured& e) {
    EXPECT_THAT(e.what(), HasSubstr("No database connection"));
  }
}

}  // namespace tables_test
