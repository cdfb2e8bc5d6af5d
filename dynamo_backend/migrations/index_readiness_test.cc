// Queries use an index once it is built and filled, and not before; and what --plan says.
#include "dynamo_backend/migrations/index_readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dynamo_backend/migrations/estimate.h"
#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/test_metered_client.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/local/engine.h"

namespace dynamo_backend::migrations {
namespace {

using shop::Product;
using testing::ElementsAre;
using testing::HasSubstr;

class ReadinessTest : public testing::Test {
 protected:
  ReadinessTest() { registry_.add<Product>(); }
  void go(const std::string& target, MigrateOptions options = {}) {
    options.lease.heartbeat = std::chrono::milliseconds(0);
    migrate(*connection_, graph_, {.app = "shop", .target = target}, options, registry_);
  }
  // As another process would see it.
  std::set<std::string> pending() {
    IndexReadiness readiness(*connection_, registry_, &graph_);
    const std::size_t count = readiness.refresh();
    EXPECT_EQ(count, readiness.pending().size() + readiness.upgrading().size());
    return readiness.pending();
  }
  std::size_t of_kind() { return Product::objects.filter(f<&Product::kind> == "kind1").count(); }

  const std::unique_ptr<dynamodb::local::Engine> engine_ = dynamodb::local::Engine::open({});
  ScopedConnection connection_{*engine_, {.table_prefix = "t_", .scan_policy = ScanPolicy::forbid}};
  MigrationGraph graph_ = shop::graph();
  Registry registry_{};
};

TEST_F(ReadinessTest, AnIndexThatIsNotMadeYet_IsNotUsed) {
  go("0001");
  shop::seed(*connection_, 20);
  EXPECT_THAT(pending(), ElementsAre("shop_product/kind-index", "shop_product/shelf"));
  EXPECT_THROW(of_kind(), ScanForbidden);
  EXPECT_EQ(Product::objects.filter(f<&Product::kind> == "kind1").allow_scan("a test").count(), 3u);
  go("0003");
  EXPECT_THAT(pending(), ElementsAre("shop_product/shelf"));
  EXPECT_EQ(of_kind(), 3u);
}

TEST_F(ReadinessTest, AnIndexThatStartUpMade_ButWhoseAttributeIsNotFilled_IsNotUsed) {
  go("0003");
  shop::seed(*connection_, 120);
  ensure_table<Product>();  // makes the index, before its migration
  EXPECT_THAT(pending(), ElementsAre("shop_product/shelf"));
  go("0004");
  EXPECT_TRUE(pending().empty());
}

TEST_F(ReadinessTest, WithoutMigrations_TheTableAloneCounts) {
  ensure_table<Product>();
  EXPECT_TRUE(pending().empty());
}

TEST_F(ReadinessTest, AnIndexWithAnotherKey_IsNotUsed) {
  auto definition = table_definition(model_info<Product>());
  definition.name = "t_" + definition.name;
  for (auto& index : definition.global_indexes)
    if (index.name == "kind-index") index.key.partition.name = "code";
  engine_->create_table(definition).value();
  EXPECT_THAT(pending(), ElementsAre("shop_product/kind-index"));
}

TEST_F(ReadinessTest, TheWatchSeesWhenAnIndexIsBuilt_AndEnds) {
  go("0001");
  IndexReadiness readiness(*connection_, registry_, &graph_);
  readiness.refresh();
  const ReadinessWatch watch(readiness, std::chrono::milliseconds(1));
  // Another process's run: this one's planner is told by the watch alone.
  Connection other(*engine_, {.table_prefix = "t_"});
  migrate(other, graph_, {}, {}, registry_);
  while (!connection_->index_ready("shop_product", "shelf")) std::this_thread::yield();
  EXPECT_EQ(of_kind(), 0u);
}

// Tries of a database that is throttled may take longer than anybody waits for a program's end.
TEST_F(ReadinessTest, TheWatchEnds_WhileItsCallsFail) {
  MeteredClient client(*engine_);
  client.before = [](int) { return dynamodb::limit_exceeded("slow down"); };
  std::atomic<bool> waits{false};
  const Connection connection(client, {.sleep = [&](std::chrono::milliseconds) { waits = true; },
                                       .table_timeout = std::chrono::hours(1'000'000)});
  const ReadinessWatch watch({connection, registry_, &graph_}, std::chrono::milliseconds(1));
  while (!waits) std::this_thread::yield();
}

TEST_F(ReadinessTest, TheRunsOwnProcessIsTold) {
  go("0001");
  bool seen = false;
  MigrateOptions options;
  options.event = [&](const MigrationEvent& e) {
    if (e.operation.find("subtitle") == std::string::npos) return;
    seen = true;
    EXPECT_FALSE(connection_->index_ready("shop_product", "kind-index"));
  };
  go("", options);
  EXPECT_TRUE(seen);
  EXPECT_TRUE(connection_->index_ready("shop_product", "kind-index"));
  EXPECT_TRUE(connection_->index_ready("shop_product", "shelf"));
}

TEST_F(ReadinessTest, ThePlanSaysOrderCostAndTime) {
  go("0001");
  shop::seed(*connection_, 100);
  const auto plan = plan_from_history(*connection_, graph_, {.app = "shop", .target = "0003"});
  const std::string text = to_text(estimate(*connection_, plan, {.budget = {.write = 10}}));
  EXPECT_THAT(text, HasSubstr("Apply shop.0002_subtitle\n    Add field subtitle to Product, giving "
                              "existing rows a value\n        "
                              "100 rows, about 300 WCU, "));
  EXPECT_THAT(text, HasSubstr(", 30 s\n"));
  EXPECT_THAT(text, HasSubstr("100 WCU of DynamoDB's own work on the index"));
  EXPECT_THAT(text, HasSubstr("In all about "));
  EXPECT_EQ(to_text(estimate(*connection_, {}, {})), "No migrations to apply.\n");
  go("");
  const auto back = plan_from_history(*connection_, graph_, {.app = "shop", .target = "0004"});
  EXPECT_THAT(to_text(estimate(*connection_, back, {})), HasSubstr("refused: "));
}

}  // namespace
}  // namespace dynamo_backend::migrations
