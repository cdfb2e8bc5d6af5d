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

TEST_F(TableChangeTest, ATableWhoseIndexHoldsLess_IsRefused) {
  auto definition = product_table();
  definition.global_indexes[0].projection = dynamodb::ProjectionType::keys_only;
  engine_->create_table(definition).value();
  EXPECT_THAT(refusal("", options()),
              HasSubstr("Index old_code-index of table t_shop_product exists and holds its keys; "
                        "the migration needs whole rows"));
}

TEST_F(TableChangeTest, AnIndexThatIsThere_IsAdoptedWhereItHoldsEnough) {
  prepare();
  const dynamodb::IndexDefinition kind{.name = "kind-index",
                                       .key = {{"kind"}},
                                       .projection = dynamodb::ProjectionType::include,
                                       .non_key_attributes = {"stock"}};
  engine_->update_table({.table = "t_shop_product", .create_index = kind}).value();
  EXPECT_THAT(refusal("", options()),
              HasSubstr("Index kind-index of table t_shop_product exists and holds its keys, "
                        "stock; the migration needs whole rows"));
  graph_ = graph_of({graph_.find({"shop", "0001_initial"})->operations,
                     {AddIndex{"Product",
                               {.name = "kind-index",
                                .partition = {"kind"},
                                .projection = dynamodb::ProjectionType::keys_only}}}});
  auto with = options();
  with.fake = true;
  go("0001", with);
  EXPECT_EQ(refusal("", options()), "none");
  EXPECT_EQ(find_index(*engine_, "kind-index"), kind);
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

TEST_F(TableChangeTest, TheSameIndexMadeByAnother_BetweenLookAndRequest_IsTaken) {
  prepare();
  int made = 0;
  client_.before_update_table =
      [&](const dynamodb::UpdateTableRequest& request) -> std::optional<dynamodb::Error> {
    if (!request.create_index || request.create_index->name != "kind-index") return std::nullopt;
    ++made;
    engine_->update_table(request).value();
    return dynamodb::resource_in_use("Table is being updated");
  };
  go();
  EXPECT_EQ(made, 1);
  EXPECT_TRUE(find_index(*engine_, "kind-index"));
}

TEST_F(TableChangeTest, RefusedForEver_OnATableThatIsIdle_EndsWithTheError) {
  prepare();
  for (const auto& error :
       {dynamodb::limit_exceeded("too many indexes of the account"),
        dynamodb::resource_in_use("in use"), dynamodb::validation_error("no such thing")}) {
    client_.before_update_table = [&](const auto&) { return std::optional(error); };
    const int first = client_.calls;
    auto with = options();
    with.stop = [&] { return client_.calls > first + 5'000; };
    try {
      go("", with);
      FAIL();
    } catch (const DatabaseError& refused) {
      EXPECT_THAT(refused.what(), testing::AllOf(HasSubstr("UpdateTable t_shop_product"),
                                                 HasSubstr(error.message)));
    }
  }
}

}  // namespace
}  // namespace dynamo_backend::migrations
