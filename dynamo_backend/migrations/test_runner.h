// The runner of migrations on the embedded engine, with a clock that only its own waits move: the
// fixture of the runner's tests.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/test_metered_client.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"

namespace dynamo_backend::migrations {

using shop::Product;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::HasSubstr;

// The migrations 0001, 0002, … of the app "shop", of these operations.
inline MigrationGraph graph_of(std::vector<std::vector<Operation>> migrations) {
  MigrationGraph graph;
  std::string before;
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    const std::string name = "000" + std::to_string(i + 1);
    graph.add(shop::detail::migration(name.c_str(), before.c_str(), std::move(migrations[i])));
    before = name;
  }
  graph.link();
  return graph;
}

inline constexpr int kRows = 40;

class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest() { registry_.add<Product>(); }

  MigrateOptions options() {
    return {.segments = 3,
            .lease = {.heartbeat = milliseconds(0)},
            .clock = [this] { return microseconds(clock_.load()); },
            .sleep = [this](milliseconds t) { clock_ += microseconds(t).count(); }};
  }
  MigrateResult go(const std::string& target, MigrateOptions with) {
    return migrate(*connection_, graph_, {.app = "shop", .target = target}, with, registry_);
  }
  MigrateResult go(const std::string& target = "") { return go(target, options()); }
  std::string refusal(const std::string& target, MigrateOptions with) {
    try {
      go(target, with);
    } catch (const MigrationError& error) {
      return error.what();
    }
    return "none";
  }
  dynamodb::Item item(const std::string& table, const Value& pk) {
    const auto got =
        engine_->get_item({.table = "t_" + table, .key = {{"pk", pk}}, .consistent_read = true});
    return got->item ? dynamodb::unpack(got->item->view()) : dynamodb::Item{};
  }
  void put(const std::string& table, dynamodb::Item item) {
    engine_->put_item({.table = "t_" + table, .item = std::move(item)}).value();
  }
  void prepare() {
    go("0001");
    shop::seed(*connection_, kRows);
  }
  dynamodb::Item row(int n) { return item("shop_product", shop::first_row(n).at("pk")); }
  // By primary key: the n of first_row(n).
  static std::map<std::string, int> row_numbers() {
    std::map<std::string, int> numbers;
    for (int n = 0; n < kRows; ++n) numbers[shop::first_row(n).at("pk").as<std::string>()] = n;
    return numbers;
  }
  void set(int n, const std::string& attribute, const Value& value) {
    engine_
        ->update_item({.table = "t_shop_product",
                       .key = {{"pk", shop::first_row(n).at("pk")}},
                       .update = {.set = {{dynamodb::Path(attribute), {value}}}}})
        .value();
  }

  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open({});
  std::atomic<std::int64_t> clock_{0};
  MeteredClient client_{*engine_, [this] { return microseconds(clock_.load()); }};
  ScopedConnection connection_{client_, {.table_prefix = "t_", .sleep = [](milliseconds) {}}};
  MigrationGraph graph_ = shop::graph();
  Registry registry_{};
};

}  // namespace dynamo_backend::migrations
