// Changes of tables, as migrations make them: of tables that are there, and beside others.
#include "dynamo_backend/migrations/table_change.h"

#include "dynamo_backend/migrations/test_runner.h"

namespace dynamo_backend::migrations {
namespace {

class TableChangeTest : public ExecutorTest {
 protected:
  // As the first migration makes it.
  dynamodb::TableDefinition product_table() const {
    auto definition = table_definition(
        std::get<CreateTable>(graph_.find({"shop", "0001_initial"})->operations[0]).model);
    definition.name = "t_" + definition.name;
    return definition;
  }
};

std::optional<dynamodb::IndexDefinition> find_index(dynamodb::Client& client,
                                                    const std::string& name) {
  const auto d = client.describe_table("t_shop_product").value();
  for (const auto& index : d.global_indexes)
    if (index.definition.name == name) return index.definition;
  return std::nullopt;
}

TEST_F(TableChangeTest, TablesThatAreThere_AreAdopted_AndWhatTheyLackIsAdded) {
  auto definition = product_table();
  definition.global_indexes.clear();
  engine_->create_table(definition).value();
  shop::seed(*connection_, kRows);
  go("0001");
  EXPECT_TRUE(find_index(*engine_, "old_code-index"));
  EXPECT_TRUE(find_index(*engine_, "name-index"));
  go();
  EXPECT_EQ(Product::objects.filter(f<&Product::kind> == "kind1").count(), 6u);
}

TEST_F(TableChangeTest, ATableWithAnotherKey_IsRefused) {
  engine_->create_table({.name = "t_shop_product", .key = {.partition = {"id", dynamodb::Type::N}}})
      .value();
  EXPECT_THAT(refusal("", options()),
              HasSubstr("exists with the key id (N); the migration needs pk (S)"));
}

TEST_F(TableChangeTest, AnIndexThatAnotherIsMaking_IsWaitedFor) {
  prepare();
  int tries = 0;
  client_.before_update_table =
      [&](const dynamodb::UpdateTableRequest& request) -> std::optional<dynamodb::Error> {
    if (request.create_index && tries++ == 0)
      engine_
          ->update_table(
              {.table = "t_shop_product",
               .create_index = dynamodb::IndexDefinition{.name = "other", .key = {{"name"}}}})
          .value();
    return std::nullopt;
  };
  go();
  EXPECT_TRUE(find_index(*engine_, "other"));
  EXPECT_TRUE(find_index(*engine_, "kind-index"));
}

}  // namespace
}  // namespace dynamo_backend::migrations
