// A shop and its five migrations, with every kind of work on rows, for tests of the runner; the
// program's models are those after the last of them.
#pragma once
#include <algorithm>
#include <string>

#include "dynamo_backend/migrations/executor.h"
#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/models.h"
#include "dynamodb/wire.h"

namespace shop {

using namespace dynamo_backend;

struct Product : DynamoModel<Product> {
  std::string name{};
  std::string kind{};
  std::string code{};
  std::string subtitle{};
  std::string slug{};
  std::int64_t price = 0;
  std::int64_t stock = 0;
  std::int64_t version = 0;

  static std::optional<std::string> shelf(const Product& p) {
    return p.price >= 50 ? std::optional<std::string>("dear") : std::nullopt;
  }

  static constexpr auto schema = define<Product>(
      {.table_name = "shop_product"}, CharField<&Product::name>{.unique = true},
      CharField<&Product::kind>{.index = true}, CharField<&Product::code>{},
      CharField<&Product::subtitle>{}, CharField<&Product::slug>{}, IntegerField<&Product::price>{},
      IntegerField<&Product::stock>{}, VersionField<&Product::version>{},
      ComputedIndex<&Product::shelf, &Product::name>{.name = "shelf"});
};

namespace detail {

using namespace dynamo_backend::migrations;

inline FieldState field(const char* name, const char* type) { return {.name = name, .type = type}; }

inline Migration migration(const char* name, const char* after, std::vector<Operation> operations) {
  Migration m{.id = {"shop", name}, .operations = std::move(operations)};
  if (*after) m.dependencies.push_back({"shop", after});
  return m;
}

}  // namespace detail

// Sets the slug that a product's name makes.
inline void fill_slug(migrations::MigrationRow& row) {
  if (!row.has("slug")) row.set("slug", "the-" + row.text("name"));
}

inline migrations::MigrationGraph graph() {
  using namespace detail;
  functions().add_row("shop.fill_slug", fill_slug);
  functions().add_row("shop.drop_slug", [](MigrationRow& row) { row.remove("slug"); });
  MigrationGraph graph;
  ModelState product{.app = "shop",
                     .name = "Product",
                     .table = "shop_product",
                     .partition = "pk",
                     .fields = {field("pk", "uuid"), field("name", "text"), field("kind", "text"),
                                field("old_code", "text"), field("price", "text"),
                                field("stock", "integer"), field("version", "integer")},
                     .indexes = {{.name = "old_code-index", .partition = {"old_code"}},
                                 {.name = "name-index", .partition = {"name"}}}};
  ModelState gone{.app = "shop",
                  .name = "Gone",
                  .table = "shop_gone",
                  .partition = "pk",
                  .fields = {field("pk", "text")}};
  graph.add(migration("0001_initial", "", {CreateTable{product}, CreateTable{gone}}));
  graph.add(migration(
      "0002_subtitle", "0001_initial",
      {AddField{
           .model = "Product", .field = field("subtitle", "text"), .backfill = {.value = "none"}},
       RemoveIndex{"Product", "old_code-index"}, RenameField{"Product", "old_code", "code"}}));
  graph.add(migration("0003_price", "0002_subtitle",
                      {AlterField{.model = "Product",
                                  .field = field("price", "integer"),
                                  .conversion = "text to integer",
                                  .reverse_conversion = "integer to text"},
                       AddIndex{"Product", {.name = "kind-index", .partition = {"kind"}}}}));
  FieldState shelf = field("shelf", "text");
  shelf.computed = shelf.nullable = true;
  graph.add(
      migration("0004_shelf", "0003_price",
                {AddField{.model = "Product", .field = shelf},
                 AddIndex{"Product", {.name = "shelf", .partition = {"shelf"}, .sort = {"name"}}},
                 AddField{.model = "Product",
                          .field = field("slug", "text"),
                          .backfill = {.function = "shop.fill_slug"}}}));
  graph.add(migration(
      "0005_unique", "0004_shelf",
      {AddUnique{"Product", {.fields = {"name"}}},
       SetStream{"Product", dynamodb::StreamViewType::keys_only}, DeleteTable{"Gone"},
       RunFunction{
           .function = "shop.fill_slug", .reverse = "shop.drop_slug", .model = "Product"}}));
  graph.link();
  return graph;
}

inline std::string name_of(int n) { return "product" + std::to_string(1000 + n); }
inline std::string kind_of(int n) { return "kind" + std::to_string(n % 7); }
inline std::string code_of(int n) { return "c" + std::to_string(n % 10); }

// The row as the first migration's program wrote it.
inline dynamodb::Item first_row(int n) {
  return {
      {"pk", Value(Uuid::from_bits(static_cast<std::uint64_t>(n) * 0x9E3779B97F4A7C15u, 1).str())},
      {"name", Value(name_of(n))},
      {"kind", Value(kind_of(n))},
      {"old_code", Value(code_of(n))},
      {"price", Value(std::to_string(n % 100))},
      {"stock", Value(0)},
      {"version", Value(1)}};
}

inline void seed(const Connection& connection, int rows) {
  for (int n = 0; n < rows; ++n)
    take(connection.client().put_item(
             {.table = connection.table("shop_product"), .item = first_row(n)}),
         "PutItem");
}

// All tables with their rows, indexes and settings, as text in order; without the times at which
// migrations were applied, and without versions: a row that a program writes is changed with its
// write, not by one more of the runner's.
inline std::string dump(dynamodb::Client& client) {
  std::string text;
  for (const std::string& table : take(client.list_tables({}), "ListTables").table_names) {
    const auto d = take(client.describe_table(table), "DescribeTable");
    text += "table " + table + (d.definition.settings.stream ? " with a stream" : "") + "\n";
    std::vector<std::string> lines;
    const auto add_rows = [&](const std::string& index) {
      dynamodb::ScanRequest request{.table = table, .index = index};
      for (;;) {
        const auto page = take(client.scan(request), "Scan");
        for (std::size_t i = 0; i < page.items.size(); ++i) {
          dynamodb::Item item = dynamodb::unpack(page.items[i]);
          for (const char* name : {"applied_at", "fence", "version"}) item.erase(name);
          lines.push_back(index.empty() ? "  " : "  " + index + ": ");
          dynamodb::wire::append_json(lines.back(), item);
        }
        if (!page.last_evaluated_key) return;
        request.exclusive_start_key = *page.last_evaluated_key;
      }
    };
    add_rows("");
    for (const auto& index : d.global_indexes) {
      lines.push_back("  index " + index.definition.name);
      add_rows(index.definition.name);
    }
    std::sort(lines.begin(), lines.end());
    for (const std::string& line : lines) text += line + "\n";
  }
  return text;
}

}  // namespace shop
