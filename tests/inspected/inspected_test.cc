// The models that inspectdb writes build without a warning, read every row of the tables exactly,
// and ask nothing of the tables that they do not have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamodb/local/engine.h"
#include "inspected_models.h"  // made when this is built
#include "tests/inspected/odd_tables.h"

namespace {

using namespace dynamo_backend;

class Inspected : public testing::Test {
 protected:
  Inspected() { inspected::make_tables(*engine); }
  std::unique_ptr<dynamodb::Client> engine = dynamodb::local::Engine::open({});
  ScopedConnection connection{*engine, {.scan_policy = ScanPolicy::allow}};
};

TEST_F(Inspected, EveryRow_IsWhatTheModelWouldStore) {
  Registry registry;
  found::models(registry);
  std::size_t rows = 0;
  for (const ModelInfo* model : registry.models()) {
    const auto page = engine->scan({.table = model->table, .consistent_read = true}).value();
    for (std::size_t i = 0; i < page.items.size(); ++i, ++rows) {
      const auto row = model->row.make();
      ASSERT_NO_THROW(load_row(*model, row.get(), page.items.packed(i))) << model->name;
      const auto packed = pack_row(*model, row.get());
      for (const FieldInfo* field : model->by_attribute) {
        if (field->attribute == "seen") continue;  // a time in another form than the library's
        const auto stored = page.items[i].find(field->attribute);
        const bool has_value = stored && stored->type() != dynamodb::Type::NUL;
        const auto again = packed.view().find(field->attribute);
        ASSERT_EQ(has_value, again.has_value()) << model->name << " " << field->attribute;
        if (has_value) {
          EXPECT_TRUE(*stored == *again) << model->name << " " << field->attribute;
        }
      }
    }
  }
  EXPECT_GT(rows, 200u);
}

// It belongs to .opensearch_sync, not to the project.
TEST_F(Inspected, TheNumberOfSearch_IsNoField) {
  Registry registry;
  found::models(registry);
  bool stored = false;
  for (const ModelInfo* model : registry.models()) {
    const auto page = engine->scan({.table = model->table, .limit = 1}).value();
    stored |= !page.items.empty() && page.items[0].find("search_version");
    EXPECT_EQ(model->find("search_version"), nullptr) << model->name;
  }
  EXPECT_TRUE(stored) << "no table has one";
}

TEST_F(Inspected, TheTables_StayAsTheyAre) {
  const auto shape = [&] {
    std::string text;
    for (const auto& name : engine->list_tables({}).value().table_names) {
      const auto table = engine->describe_table(name).value();
      text += name + ":";
      for (const auto& index : table.definition.global_indexes) text += " " + index.name;
      text += "\n";
    }
    return text;
  };
  const std::string before = shape();
  Registry registry;
  found::models(registry);
  ensure_tables(registry);
  EXPECT_EQ(shape(), before);
}

TEST_F(Inspected, ForeignKeys_ByNameAndByValues) {
  const auto post = found::DemoAppPost::objects.all().first();
  ASSERT_TRUE(post);
  EXPECT_FALSE(post->author_pk->username.empty());
  EXPECT_GT(post->author_pk->related<&found::DemoAppPost::author_pk>().count(), 0u);
  static_assert(std::is_same_v<decltype(found::ShopInvoice::payer_pk), Ref<found::ShopCustomer>>);
  static_assert(std::is_same_v<decltype(found::ShopInvoice::customer_pk), Uuid>);  // no index
  EXPECT_EQ(found::ShopInvoice::objects.all().first()->payer_pk->name, "c");
  static_assert(
      std::is_same_v<decltype(found::ArchivePart::supplier_pk), Ref<found::LiveSupplier>>);
  static_assert(std::is_same_v<decltype(found::RoomShelf::shelf_pk), Ref<found::Shelf>>);
}

TEST_F(Inspected, TimeToLive_IsSeenWhateverRowsHaveIt) {
  static_assert(std::is_same_v<decltype(found::EmptyModel::expires), std::optional<Timestamp>>);
  EXPECT_EQ(model_info<found::EmptyModel>().ttl->attribute, "expires");
  ASSERT_NE(model_info<found::Wide>().ttl, nullptr);  // of more attributes than members
  EXPECT_EQ(model_info<found::Wide>().ttl->attribute, "until");
}

TEST_F(Inspected, Labels_DifferInMoreThanCase) {
  Registry registry;
  found::models(registry);
  for (const ModelInfo* model : registry.models())
    EXPECT_EQ(registry.find(model->label()), model) << model->label();
}

TEST_F(Inspected, Types_AreWhatTheValuesAre) {
  using Order = found::Orders2024;
  static_assert(std::derived_from<Order, DynamoTable<Order>>);
  static_assert(std::is_same_v<decltype(Order::my_attr), std::int64_t> ||
                std::is_same_v<decltype(Order::my_attr), std::string> ||
                std::is_same_v<decltype(Order::my_attr), bool>);
  static_assert(std::is_same_v<decltype(Order::exact), Decimal>);
  static_assert(std::is_same_v<decltype(Order::huge), std::uint64_t>);
  static_assert(std::is_same_v<decltype(Order::placed), Timestamp>);
  static_assert(std::is_same_v<decltype(Order::sometimes), std::optional<std::int64_t>>);
  static_assert(std::is_same_v<decltype(Order::sometimes_null), std::optional<Uuid>>);
  static_assert(std::is_same_v<decltype(Order::lines), std::vector<std::string>>);
  static_assert(std::is_same_v<decltype(Order::mixed), Json>);
  static_assert(std::is_same_v<decltype(Order::tree), Json>);
  static_assert(std::is_same_v<decltype(Order::expires), std::optional<Timestamp>>);
  const auto order = Order::objects.get(std::string("CUSTOMER#2"), std::string("ORDER#2"));
  EXPECT_EQ(order.exact.text(), "12345678901234567890.123456789012345678");
  EXPECT_EQ(Order::objects.filter(f<&Order::class_> == "gold").count(), 20u);
  EXPECT_EQ(Order::objects.filter(f<&Order::gsi1pk> == "STATUS#open").count(), 10u);
}

TEST_F(Inspected, WhatASchemaCannotSay_IsLeftOut) {
  using Row = found::TableNULL;
  static_assert(std::is_same_v<decltype(Row::ends), std::int64_t>);
  static_assert(std::is_same_v<decltype(Row::score), Json>);
  const ModelInfo& model = model_info<Row>();
  EXPECT_TRUE(model.find_index("status-keys"));
  EXPECT_TRUE(model.find_index("by-class"));
  EXPECT_FALSE(model.find_index("by-score"));
  EXPECT_EQ(model.find_index("by-class-and-status")->projection,
            dynamodb::ProjectionType::keys_only);
  for (const Row& row : Row::objects.filter(f<&Row::class_> == "a" && f<&Row::status> == "open"))
    EXPECT_EQ(row.ends, 1'700'000'000'000);  // which the index does not hold
  EXPECT_EQ(Row::objects.filter(f<&Row::class_> == "a").count(), 10u);
  const auto customer = found::ShopCustomer::objects.all().first();
  EXPECT_EQ(customer->related<&Row::left_pk>().count(), 1u);
  EXPECT_EQ(
      found::ShopCustomer::objects.filter({{"tablenull_by_right_pk__status", "open"}}).count(),
      10u);
}

TEST_F(Inspected, ASavedRow_KeepsWhatItsModelDoesNotKnow) {
  using Order = found::Orders2024;
  auto order = Order::objects.get(std::string("CUSTOMER#2"), std::string("ORDER#2"));
  order.sometimes = 99;
  order.save();
  const auto item =
      engine->get_item({.table = "Orders-2024", .key = {{"PK", "CUSTOMER#2"}, {"SK", "ORDER#2"}}})
          .value()
          .item;
  EXPECT_TRUE(item->view().find("bytes inside"));
  EXPECT_EQ(dynamodb::unpack(*item->view().find("sometimes")), Value(99));
}

}  // namespace
