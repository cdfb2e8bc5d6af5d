#include "tests/inspected/odd_tables.h"

#include "demo_app/models.h"
#include "demo_app/seed.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/test_random_values.h"

namespace inspected {
namespace {

using dynamodb::AttributeValue;
using dynamodb::Binary;
using dynamodb::BinarySet;
using dynamodb::Client;
using dynamodb::Item;
using dynamodb::List;
using dynamodb::Map;
using dynamodb::Null;
using dynamodb::Number;
using dynamodb::NumberSet;
using dynamodb::ProjectionType;
using dynamodb::StringSet;
using dynamodb::Type;

std::string uuid(std::uint64_t n) { return base::Uuid::from_bits(n, n).str(); }

void put(Client& client, const std::string& table, Item item) {
  client.put_item({.table = table, .item = std::move(item)}).value();
}

void expire(Client& client, const std::string& table, const std::string& attribute) {
  client
      .update_time_to_live(
          {.table = table, .specification = {.attribute = attribute, .enabled = true}})
      .value();
}

// A design of one table for everything, with names that C++ does not take.
void make_orders(Client& client) {
  client
      .create_table(
          {.name = "Orders-2024",
           .key = {.partition = {"PK", Type::S}, .sort = dynamodb::KeyAttribute{"SK", Type::S}},
           .global_indexes = {{.name = "GSI1",
                               .key = {.partition = {"GSI1PK", Type::S},
                                       .sort = dynamodb::KeyAttribute{"total", Type::N}},
                               .projection = ProjectionType::keys_only},
                              {.name = "by-class",
                               .key = {.partition = {"class", Type::S}},
                               .projection = ProjectionType::include,
                               .non_key_attributes = {"my-attr", "objects"}},
                              {.name = "never-seen-index",
                               .key = {.partition = {"never-seen", Type::B}}}},
           .local_indexes = {{.name = "local",
                              .key = {.partition = {"PK", Type::S},
                                      .sort = dynamodb::KeyAttribute{"placed", Type::S}}}},
           .settings = {.stream = dynamodb::StreamViewType::keys_only}})
      .value();
  expire(client, "Orders-2024", "expires");
  for (int i = 0; i < 20; ++i) {
    Item item{{"PK", "CUSTOMER#" + std::to_string(i % 5)},
              {"SK", "ORDER#" + std::to_string(i)},
              {"class", "gold"},
              {"my-attr", i},
              {"my attr", std::to_string(i)},
              {"my_attr", i % 2 == 0},
              {"2nd", Number::parse("1.50").value()},
              {"objects", StringSet{{"a", "b"}}},
              {"save", NumberSet{{1, 2}}},
              {"Orders2024", BinarySet{{std::string("\0", 1), "x"}}},
              {"\xC3\xA9\n\"quoted\"\\", ""},
              {"placed", "2026-01-02T03:04:05.000000+00:00"},
              {"seen", "2026-01-02T03:04:05Z"},
              {"total", i},
              {"huge", Number::parse("18446744073709551615").value()},
              {"exact", Number::parse("12345678901234567890.123456789012345678").value()},
              {"photo", Binary{std::string("\xff\x00", 2)}},
              {"lines", List{"a", "b"}},
              {"counts", List{1, 2}},
              {"prices", List{Number::parse("0.1").value()}},
              {"flags", List{true, false}},
              {"nothing", List{}},
              {"tree", Map{{"a", List{1, Map{{"b", Null{}}}}}}},
              {"bytes inside", Map{{"b", Binary{"x"}}}},
              {"null", Null{}},
              {"expires", 4'000'000'000 + i}};
    if (i % 2 == 0) {
      item.insert_or_assign("GSI1PK", "STATUS#open");
      item.insert_or_assign("sometimes", i);
      item.insert_or_assign("mixed", i);
    } else {
      item.insert_or_assign("mixed", "text");
      item.insert_or_assign("sometimes null", Null{});
    }
    if (i % 3 == 0) item.insert_or_assign("sometimes null", uuid(7));
    put(client, "Orders-2024", std::move(item));
  }
}

void make_keys_of_other_types(Client& client) {
  client
      .create_table(
          {.name = "9.readings",
           .key = {.partition = {"delete", Type::N}, .sort = dynamodb::KeyAttribute{"at", Type::B}},
           .global_indexes = {{.name = "four-and-two",
                               .key = {.partition = {"a", Type::S},
                                       .sort = dynamodb::KeyAttribute{"c", Type::N},
                                       .more_partition = {{"b", Type::S}},
                                       .more_sort = {{"d", Type::S}}}}}})
      .value();
  for (int i = 0; i < 5; ++i)
    put(client, "9.readings",
        {{"delete", Number::parse("0.5").value()},
         {"at", Binary{std::string(1, static_cast<char>(i + 1))}},
         {"a", "a"},
         {"b", "b"},
         {"c", i},
         {"d", uuid(1)}});
  client.create_table({.name = "empty_model", .key = {.partition = {"pk", Type::S}}}).value();
  expire(client, "empty_model", "expires");
  client
      .create_table({.name = "empty_table",
                     .key = {.partition = {"pk", Type::N}},
                     .global_indexes = {{.name = "n-index", .key = {.partition = {"n", Type::N}}}}})
      .value();
  // `pk` that is no UUID; the same name by several tables, and in another case.
  client.create_table({.name = "same.name", .key = {.partition = {"pk", Type::S}}}).value();
  client.create_table({.name = "same-name", .key = {.partition = {"pk", Type::S}}}).value();
  client.create_table({.name = "same.NAME", .key = {.partition = {"pk", Type::S}}}).value();
  put(client, "same.name", {{"pk", "not a uuid"}, {"Author_pk", uuid(3)}});
  put(client, "same-name", {{"pk", uuid(1)}, {"SameName", 1}, {"SameName2", 2}});
}

// Foreign keys that only their values tell, and one to a table that has no index on it.
void make_links(Client& client) {
  client.create_table({.name = "shop_customer", .key = {.partition = {"pk", Type::S}}}).value();
  client
      .create_table({.name = "shop_invoice",
                     .key = {.partition = {"pk", Type::S}},
                     .global_indexes = {{.name = "payer_pk-index",
                                         .key = {.partition = {"payer_pk", Type::S}}}}})
      .value();
  for (std::uint64_t i = 100; i < 110; ++i) {
    put(client, "shop_customer", {{"pk", uuid(i)}, {"name", "c"}});
    put(client, "shop_invoice",
        {{"pk", uuid(i + 100)}, {"payer_pk", uuid(i)}, {"customer_pk", uuid(i)}});
  }
}

// Names that two tables have, and that the table has itself: the values tell.
void make_links_of_one_name(Client& client) {
  for (const char* name : {"archive_supplier", "live_supplier", "shelf"})
    client.create_table({.name = name, .key = {.partition = {"pk", Type::S}}}).value();
  for (const auto& [table, link] :
       {std::pair("archive_part", "supplier_pk"), std::pair("Room_shelf", "shelf_pk")}) {
    client
        .create_table({.name = table,
                       .key = {.partition = {"pk", Type::S}},
                       .global_indexes = {{.name = std::string(link) + "-index",
                                           .key = {.partition = {link, Type::S}}}}})
        .value();
  }
  for (std::uint64_t i = 500; i < 505; ++i) {
    put(client, "archive_supplier", {{"pk", uuid(i)}});
    put(client, "live_supplier", {{"pk", uuid(i + 10)}});
    put(client, "archive_part", {{"pk", uuid(i + 20)}, {"supplier_pk", uuid(i + 10)}});
    put(client, "shelf", {{"pk", uuid(i + 30)}});
    put(client, "Room_shelf", {{"pk", uuid(i + 40)}, {"shelf_pk", uuid(i + 30)}});
  }
}

// Two indexes with one key, one that includes no member, an index whose key some rows have in
// another type, a time to live in milliseconds, a table that is called as a macro, and two keys of
// one table.
void make_indexes(Client& client) {
  const auto index = [](const char* name, const char* key, dynamodb::ProjectionType projection) {
    return dynamodb::IndexDefinition{
        .name = name, .key = {.partition = {key, Type::S}}, .projection = projection};
  };
  client
      .create_table(
          {.name = "NULL",
           .key = {.partition = {"pk", Type::S}},
           .global_indexes = {index("status-keys", "status", dynamodb::ProjectionType::keys_only),
                              index("status-all", "status", dynamodb::ProjectionType::all),
                              {.name = "by-class",
                               .key = {.partition = {"class", Type::S}},
                               .projection = dynamodb::ProjectionType::include,
                               .non_key_attributes = {"status", "note"}},
                              {.name = "by-class-and-status",
                               .key = {.partition = {"class", Type::S},
                                       .sort = dynamodb::KeyAttribute{"status", Type::S}},
                               .projection = dynamodb::ProjectionType::include,
                               .non_key_attributes = {"blob"}},
                              index("left_pk-index", "left_pk", dynamodb::ProjectionType::all),
                              index("right_pk-index", "right_pk", dynamodb::ProjectionType::all)}})
      .value();
  for (std::uint64_t i = 100; i < 110; ++i) {
    Item item{{"pk", uuid(i + 200)},
              {"status", "open"},
              {"class", "a"},
              {"left_pk", uuid(i)},
              {"right_pk", uuid(i)},
              {"ends", 1'700'000'000'000},
              {"score", static_cast<int>(i)},
              {"blob", Map{{"b", Binary{"x"}}}}};
    if (i % 2 == 0) item.insert_or_assign("score", "none");
    put(client, "NULL", std::move(item));
  }
  dynamodb::IndexDefinition by_score{.name = "by-score", .key = {.partition = {"score", Type::N}}};
  client.update_table({.table = "NULL", .create_index = by_score}).value();
  expire(client, "NULL", "ends");
}

void make_wide(Client& client) {
  client.create_table({.name = "wide", .key = {.partition = {"pk", Type::S}}}).value();
  Item item{{"pk", uuid(1)}};
  for (int i = 0; i < 150; ++i) item.emplace("attribute" + std::to_string(i), i);
  put(client, "wide", item);
  put(client, "wide", {{"pk", uuid(2)}, {"until", 4'000'000'000}});
  expire(client, "wide", "until");
}

// Always the same: the models are made when the tests are built.
void make_random(Client& client) {
  client.create_table({.name = "random", .key = {.partition = {"pk", Type::S}}}).value();
  dynamodb::testing::RandomValues random(4);
  for (std::uint64_t i = 1; i <= 60; ++i) {
    Item item = random.item(3);
    item.insert_or_assign("pk", uuid(i));
    put(client, "random", std::move(item));
  }
}

}  // namespace

void make_tables(Client& client) {
  dynamo_backend::Registry registry;
  demo_app::models(registry);
  dynamo_backend::ensure_tables(registry);
  demo_app::seed({.posts = 40}, [](std::uint64_t) {});
  make_orders(client);
  make_keys_of_other_types(client);
  make_links(client);
  make_links_of_one_name(client);
  make_indexes(client);
  make_wide(client);
  make_random(client);
}

}  // namespace inspected
