// Indexes that hold parts of rows, local indexes, and keys of several attributes: what tables get
// of them, what queries read through them, and what a save leaves alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/test_blog.h"

namespace indexes_test {
using namespace dynamo_backend;
using testing::ElementsAre;
using testing::HasSubstr;

// A table with a key of its own and every kind of index.
struct Ticket : DynamoTable<Ticket> {
  std::string tenant{};
  std::string id{};
  std::string state{};
  std::string owner{};
  std::string title{};
  std::string body{};
  std::int64_t priority = 0;
  std::optional<std::int64_t> due{};
  std::uint64_t version = 0;

  static constexpr auto schema = define<Ticket>(
      {.table_name = "tickets"}, PartitionKey<&Ticket::tenant>{}, SortKey<&Ticket::id>{},
      CharField<&Ticket::state>{}, CharField<&Ticket::owner>{}, CharField<&Ticket::title>{},
      TextField<&Ticket::body>{}, IntegerField<&Ticket::priority>{}, IntegerField<&Ticket::due>{},
      VersionField<&Ticket::version>{},
      Index<&Ticket::tenant, &Ticket::priority>{
          .name = "by-priority", .local = true, .includes = includes<&Ticket::title>()},
      Index<&Ticket::tenant, &Ticket::due>{.name = "by-due", .local = true, .keys_only = true},
      Index<&Ticket::owner, &Ticket::priority>{.name = "by-owner", .keys_only = true},
      Index<&Ticket::state>{.name = "by-state",
                            .includes = includes<&Ticket::title, &Ticket::priority>()},
      Index<&Ticket::tenant, &Ticket::state, &Ticket::priority, &Ticket::title>{
          .name = "by-all", .keys_only = true, .hash_keys = 2});
};

TEST(Indexes, TableDefinition_HasProjectionsLocalIndexesAndKeysOfSeveral) {
  const auto table = table_definition(model_info<Ticket>());
  ASSERT_EQ(table.local_indexes.size(), 2u);
  EXPECT_EQ(table.local_indexes[0].name, "by-priority");
  EXPECT_EQ(table.local_indexes[0].projection, dynamodb::ProjectionType::include);
  EXPECT_THAT(table.local_indexes[0].non_key_attributes, ElementsAre("title"));
  EXPECT_EQ(table.local_indexes[1].projection, dynamodb::ProjectionType::keys_only);
  ASSERT_EQ(table.global_indexes.size(), 3u);
  EXPECT_THAT(table.global_indexes[1].non_key_attributes, ElementsAre("title", "priority"));
  const auto& several = table.global_indexes[2].key;
  EXPECT_EQ(several.partition.name, "tenant");
  ASSERT_EQ(several.more_partition.size(), 1u);
  EXPECT_EQ(several.more_partition[0].name, "state");
  EXPECT_EQ(several.sort->name, "priority");
  ASSERT_EQ(several.more_sort.size(), 1u);
  EXPECT_EQ(several.more_sort[0].name, "title");
  EXPECT_EQ(dynamodb::check_table_definition(table), std::nullopt);
}

// ---- an existing table that does not fit

struct Plain : DynamoTable<Plain> {
  std::string tenant{};
  std::string id{};
  std::int64_t priority = 0;
  std::string title{};
  static constexpr auto schema =
      define<Plain>({.table_name = "shaped"}, PartitionKey<&Plain::tenant>{}, SortKey<&Plain::id>{},
                    IntegerField<&Plain::priority>{}, CharField<&Plain::title>{},
                    Index<&Plain::title>{.name = "by-title", .keys_only = true});
};
struct WithLocal : DynamoTable<WithLocal> {
  std::string tenant{};
  std::string id{};
  std::int64_t priority = 0;
  static constexpr auto schema = define<WithLocal>(
      {.table_name = "shaped"}, PartitionKey<&WithLocal::tenant>{}, SortKey<&WithLocal::id>{},
      IntegerField<&WithLocal::priority>{},
      Index<&WithLocal::tenant, &WithLocal::priority>{.name = "by-priority", .local = true});
};
struct Wider : DynamoTable<Wider> {
  std::string tenant{};
  std::string id{};
  std::int64_t priority = 0;
  std::string title{};
  static constexpr auto schema = define<Wider>(
      {.table_name = "shaped"}, PartitionKey<&Wider::tenant>{}, SortKey<&Wider::id>{},
      IntegerField<&Wider::priority>{}, CharField<&Wider::title>{},
      Index<&Wider::title>{.name = "by-title", .includes = includes<&Wider::priority>()});
};
struct Local : DynamoTable<Local> {
  std::string tenant{};
  std::string id{};
  std::string title{};
  static constexpr auto schema =
      define<Local>({.table_name = "shaped"}, PartitionKey<&Local::tenant>{}, SortKey<&Local::id>{},
                    CharField<&Local::title>{},
                    Index<&Local::tenant, &Local::title>{.name = "by-title", .local = true});
};

template <class T>
std::string told() {
  try {
    ensure_table<T>();
  } catch (const ImproperlyConfigured& e) {
    return e.what();
  }
  return "no error";
}

TEST(Indexes, EnsureTable_TellsWhatAnExistingIndexLacks) {
  const auto engine = dynamodb::local::Engine::open({});
  const ScopedConnection connection(*engine);
  EXPECT_EQ(told<Plain>(), "no error");
  EXPECT_EQ(told<Plain>(), "no error");
  EXPECT_THAT(told<WithLocal>(), AllOf(HasSubstr("Index by-priority of table shaped is not there"),
                                       HasSubstr("local indexes with their table only")));
  EXPECT_THAT(told<Wider>(), HasSubstr("holds its keys; the model's holds its keys, priority"));
  EXPECT_THAT(told<Local>(), HasSubstr("exists as a global index; the model needs a local one"));
  delete_table<Plain>();
  EXPECT_EQ(told<Wider>(), "no error");
  EXPECT_EQ(told<Plain>(), "no error");  // an index that holds more does
}

struct Twice : DynamoModel<Twice> {
  std::string a{};
  std::string b{};
  static constexpr auto schema =
      define<Twice>(CharField<&Twice::a>{}, CharField<&Twice::b>{}, Index<&Twice::a>{.name = "x"},
                    Index<&Twice::b>{.name = "x"});
};

TEST(Indexes, TwoOfOneName_AreAnError) {
  try {
    (void)model_info<Twice>();
    FAIL();
  } catch (const ImproperlyConfigured& e) {
    EXPECT_THAT(e.what(), HasSubstr("Twice declares two indexes of the name 'x'"));
  }
}

}  // namespace indexes_test
