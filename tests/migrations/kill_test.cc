// kill -9 of a runner of migrations at random calls, again and again until it is done, beside a
// program that reads and writes: the end is that of a run that nobody killed, byte for byte; no
// second had more than the budget; the program's queries were right all the while.
#include <atomic>
#include <cstdlib>
#include <random>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/migrations/test_metered_client.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamo_backend/retry.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/local/engine.h"
#include "dynamodb/server/api.h"
#include "tests/run_and_kill.h"
#include "tests/temporary_folder.h"

namespace {

using namespace dynamo_backend;
using namespace dynamo_backend::migrations;
using dynamodb::local::Engine;
using shop::Product;

bool nightly() { return std::getenv("DDB_NIGHTLY") != nullptr; }
int kills() { return nightly() ? 200 : 10; }
int rows() { return nightly() ? 500 : 120; }
constexpr double kBudget = 400;
constexpr int kTurnsOfAll = 42;  // every query, of every part
constexpr int kWrites = 3;       // of each row, by the program

bool goes(int n) { return n % 10 == 9; }  // deleted by the program

ConnectionOptions options() { return {.table_prefix = "t_", .scan_policy = ScanPolicy::allow}; }

// The first tables and rows, and the table of claims, which the program needs from the start.
void prepare(const Connection& connection, const MigrationGraph& graph, const Registry& registry) {
  migrate(connection, graph, {.app = "shop", .target = "0001"}, {}, registry);
  auto claims = claims_table_definition();
  claims.name = connection.table(claims.name);
  take(connection.client().create_table(claims), "CreateTable");
  shop::seed(connection, rows());
}

// What runs beside the migrations, on a connection of this process: the program of after them,
// which asks for what they rename, convert, fill and compute.
class Program {
 public:
  Program() {
    for (int n = 0; n < rows(); ++n) {
      rows_[n] = {.price = n % 100};
      if (goes(n)) to_delete_.push_back(n);
      for (int i = 0; i < kWrites; ++i) to_write_.push_back(n);
    }
  }

  // One query, which must be right, and, now and then, a write.
  void turn() {
    const int turn = turns_++;
    ask(turn / 7, turn % 7);
    if (turns_ % 5 == 0) write();
  }
  void finish() {
    while (!to_delete_.empty() || !to_write_.empty()) write();
  }
  int turns() const { return turns_; }

 private:
  struct Expected {
    std::int64_t price = 0;
  };

  void ask(int which, int part) {
    const auto is_dear = [](const Expected& row) { return row.price >= 50; };
    switch (which % 6) {
      case 0:
        return expect("kind", Product::objects.filter(f<&Product::kind> == shop::kind_of(part)),
                      [&](int n, const Expected&) { return n % 7 == part; });
      case 1:  // renamed
        return expect("code", Product::objects.filter(f<&Product::code> == shop::code_of(part)),
                      [&](int n, const Expected&) { return n % 10 == part; });
      case 2:  // converted
        return expect("price",
                      Product::objects.filter(f<&Product::price>.between(part * 10, part * 10 + 9)),
                      [&](int, const Expected& row) { return row.price / 10 == part; });
      case 3:  // added, with a value
        return expect("subtitle",
                      Product::objects.filter(f<&Product::kind> == shop::kind_of(part) &&
                                              f<&Product::subtitle> == "none"),
                      [&](int n, const Expected&) { return n % 7 == part; });
      case 4:  // computed of what is converted
        return expect("shelf", Product::objects.filter({{"shelf", "dear"}}),
                      [&](int, const Expected& row) { return is_dear(row); });
      default: {  // in the converted order
        std::int64_t most = 0;
        for (const auto& [n, row] : rows_) most = std::max(most, row.price);
        const auto dearest = Product::objects.order_by("-price").first();
        ASSERT_TRUE(dearest);
        EXPECT_EQ(dearest->price, most);
      }
    }
  }

  template <class Holds>
  void expect(const char* query, const QuerySet<Product>& found, const Holds& holds) {
    std::set<std::string> expected, names;
    for (const auto& [n, row] : rows_)
      if (holds(n, row)) expected.insert(shop::name_of(n));
    for (const Product& p : found)
      EXPECT_TRUE(names.insert(p.name).second) << query << ", twice: " << p.name;
    EXPECT_EQ(names, expected) << query;
  }

  static Product product(int n) {
    const Product p = Product::objects.get(
        f<&Product::pk> == *Uuid::parse(shop::first_row(n).at("pk").as<std::string>()));
    EXPECT_EQ(p.code, shop::code_of(n));
    return p;
  }
  void write() {
    if (!to_delete_.empty() && turns_ % 4 == 0) {
      const int n = to_delete_.back();
      to_delete_.pop_back();
      retry_on_conflict([&] { product(n).remove(); });
      rows_.erase(n);
      return;
    }
    if (to_write_.empty()) {
      turns_ += to_delete_.empty() ? 0 : 1;
      return;
    }
    const int n = to_write_.back();
    to_write_.pop_back();
    const auto row = rows_.find(n);
    if (row == rows_.end()) return;
    if (to_write_.size() % 2 == 0) {
      Product::objects.filter(f<&Product::pk> == product(n).pk)
          .update(f<& Product::price> = f<&Product::price> + 1);
    } else {
      retry_on_conflict([&] {
        Product p = product(n);
        EXPECT_EQ(p.price, row->second.price);
        ++p.price;
        ++p.stock;
        p.save();
      });
    }
    ++row->second.price;
  }

  std::map<int, Expected> rows_{};
  std::vector<int> to_delete_{}, to_write_{};
  int turns_ = 0;
};

// The end that every run must come to: that of a program which waits for the migrations.
std::string expected_end() {
  const auto engine = Engine::open({});
  const ScopedConnection connection(*engine, options());
  Registry registry;
  registry.add<Product>();
  const auto graph = shop::graph();
  prepare(Connection::current(), graph, registry);
  migrate(Connection::current(), graph, {}, {}, registry);
  Program program;
  program.finish();
  return shop::dump(*engine);
}

// The whole set of migrations on a fresh database, through a server. Returns how often it was
// killed.
int migrate_and_kill(std::mt19937& random, int most, const std::string& expected) {
  const tests::TemporaryFolder folder;
  const auto engine = Engine::open({.directory = folder.path()});
  MeteredClient metered(*engine);
  std::atomic<pid_t> child{0};
  std::atomic<int> last{0};
  metered.before = [&](int number) -> std::optional<dynamodb::Error> {
    if (number == last && child > 0) ::kill(child, SIGKILL);
    return std::nullopt;
  };
  const dynamodb::server::Api api(metered);
  net::HttpServer server(api.server_options({.port = 0}), api.handler());
  server.start();
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());

  const ScopedConnection connection(*engine, options());
  const auto graph = shop::graph();
  Registry registry;
  registry.add<Product>();
  prepare(Connection::current(), graph, registry);

  IndexReadiness readiness(Connection::current(), registry, &graph);
  EXPECT_EQ(readiness.refresh(), 3u) << "two indexes are not there, and rows are to change";
  const ReadinessWatch watch(readiness, std::chrono::milliseconds(5));
  std::atomic<bool> done{false};
  Program program;
  std::thread beside([&] {
    while (!done) program.turn();
    program.finish();
    for (int i = 0; i < kTurnsOfAll; ++i) program.turn();
  });

  int killed = 0;
  for (;;) {
    last = killed < most ? metered.calls + 1 + static_cast<int>(random() % 200) : 0;
    child = tests::start(MIGRATE_SHOP, {url, std::to_string(kBudget)});
    if (tests::ended_by_itself(child)) break;
    ++killed;
  }
  done = true;
  beside.join();
  EXPECT_EQ(shop::dump(*engine), expected);
  EXPECT_LE(metered.most_written_in_a_second(), kBudget);
  EXPECT_GT(program.turns(), 10);
  EXPECT_FALSE(lease_owner(Connection::current()));
  return killed;
}

TEST(MigrationKill, AtRandomCalls_BesideAProgram_TheEndIsTheSame) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string expected = expected_end();
  for (int killed = 0; killed < kills();) {
    const int now = migrate_and_kill(random, kills() - killed, expected);
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << killed << " kills";
    killed += std::max(now, 1);
  }
}

// The runner holds the engine itself: the database dies with it.
TEST(MigrationKill, WithItsOwnEngine_TheEndIsTheSame) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string expected = expected_end();
  const tests::TemporaryFolder folder;
  const auto graph = shop::graph();
  Registry registry;
  registry.add<Product>();
  Program program;
  {
    const auto engine = Engine::open({.directory = folder.path()});
    const ScopedConnection connection(*engine, options());
    prepare(Connection::current(), graph, registry);
    IndexReadiness(Connection::current(), registry, &graph).refresh();
    program.finish();
  }
  for (int killed = 0;; ++killed) {
    const int last = killed < kills() ? 1 + static_cast<int>(random() % 150) : 0;
    const bool ended = tests::run_until(MIGRATE_SHOP, {folder.path(), "0"}, last).ended;
    const auto engine = Engine::open({.directory = folder.path()});
    const ScopedConnection connection(*engine, options());
    IndexReadiness readiness(Connection::current(), registry, &graph);
    readiness.refresh();
    for (int i = 0; i < kTurnsOfAll; ++i) program.turn();
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << killed << " kills";
    if (!ended) continue;
    EXPECT_EQ(shop::dump(*engine), expected);
    return;
  }
}

}  // namespace
