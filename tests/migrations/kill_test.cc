// kill -9 of a runner of migrations at random calls, again and again until it is done, beside a
// program that reads and writes: the end is that of a run that nobody killed, byte for byte; no
// second had more than the budget; the program's queries were right all the while.
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dynamo_backend/migrations/history.h"
#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/migrations/test_metered_client.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamo_backend/retry.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/local/engine.h"
#include "dynamodb/server/api.h"
#include "tests/temporary_folder.h"

namespace {

using namespace dynamo_backend;
using namespace dynamo_backend::migrations;
using dynamodb::local::Engine;
using shop::View;

bool nightly() { return std::getenv("DDB_NIGHTLY") != nullptr; }
int kills() { return nightly() ? 200 : 10; }
int rows() { return nightly() ? 500 : 120; }
constexpr double kBudget = 400;
constexpr int kStockWrites = 3;  // of each row, by the program

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

// What runs beside the migrations, on a connection of this process.
class Program {
 public:
  Program() {
    for (int n = 0; n < rows(); ++n) {
      names_[n] = shop::name_of(n);
      if (goes(n)) to_delete_.push_back(n);
      for (int i = 0; i < kStockWrites; ++i) to_write_.push_back(n);
    }
  }

  // One query, which must be right, and, now and then, a write.
  void turn() {
    const int kind = static_cast<int>(turns_++ % 7);
    std::set<std::string> expected, found;
    for (const auto& [n, name] : names_)
      if (n % 7 == kind) expected.insert(name);
    for (const View& v : View::objects.filter(f<&View::kind> == shop::kind_of(kind)))
      EXPECT_TRUE(found.insert(v.name).second) << "twice: " << v.name;
    EXPECT_EQ(found, expected);
    if (turns_ % 5 == 0) write();
  }
  void finish() {
    while (!to_delete_.empty() || !to_write_.empty()) write();
  }
  int turns() const { return turns_; }

 private:
  static View row(int n) {
    return View::objects.get(f<&View::pk> ==
                             *Uuid::parse(shop::first_row(n).at("pk").as<std::string>()));
  }
  void write() {
    if (!to_delete_.empty() && turns_ % 4 == 0) {
      const int n = to_delete_.back();
      to_delete_.pop_back();
      row(n).remove();
      names_.erase(n);
      return;
    }
    if (to_write_.empty()) {
      turns_ += to_delete_.empty() ? 0 : 1;
      return;
    }
    const int n = to_write_.back();
    to_write_.pop_back();
    if (names_.count(n) == 0) return;
    retry_on_conflict([&] {
      View v = row(n);
      ++v.stock;
      v.save();
    });
  }

  std::map<int, std::string> names_{};
  std::vector<int> to_delete_{}, to_write_{};
  int turns_ = 0;
};

// The end that every run must come to.
std::string expected_end() {
  const auto engine = Engine::open({});
  const ScopedConnection connection(*engine, options());
  Registry registry;
  registry.add<shop::Product>();
  const auto graph = shop::graph();
  prepare(Connection::current(), graph, registry);
  Program program;
  program.finish();
  migrate(Connection::current(), graph, {}, {}, registry);
  return shop::dump(*engine);
}

pid_t start(std::vector<std::string> arguments, int out = -1) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (out >= 0) posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  arguments.insert(arguments.begin(), MIGRATE_SHOP);
  std::vector<char*> argv;
  for (auto& a : arguments) argv.push_back(a.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

// True: it ended by itself, with code 0.
bool wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return false;
  EXPECT_EQ(WEXITSTATUS(status), 0);
  return true;
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
  Registry products, views;
  products.add<shop::Product>();
  views.add<View>();
  prepare(Connection::current(), graph, products);

  IndexReadiness readiness(Connection::current(), views, &graph);
  EXPECT_EQ(readiness.refresh(), 1u) << "kind-index is not there";
  const ReadinessWatch watch(readiness, std::chrono::milliseconds(5));
  std::atomic<bool> done{false};
  Program program;
  std::thread beside([&] {
    while (!done) program.turn();
    program.finish();
    for (int i = 0; i < 7; ++i) program.turn();
  });

  int killed = 0;
  for (;;) {
    last = killed < most ? metered.calls + 1 + static_cast<int>(random() % 200) : 0;
    child = start({url, std::to_string(kBudget)});
    if (wait_for(child)) break;
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
  Registry products, views;
  products.add<shop::Product>();
  views.add<View>();
  Program program;
  {
    const auto engine = Engine::open({.directory = folder.path()});
    const ScopedConnection connection(*engine, options());
    prepare(Connection::current(), graph, products);
    program.finish();
  }
  for (int killed = 0;; ++killed) {
    int fds[2];
    ASSERT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    const pid_t child = start({folder.path(), "0"}, fds[1]);
    ::close(fds[1]);
    const int last = killed < kills() ? 1 + static_cast<int>(random() % 150) : -1;
    int calls = 0;
    char buffer[256];
    for (ssize_t got; (got = ::read(fds[0], buffer, sizeof buffer)) > 0;) {
      calls += static_cast<int>(got);
      if (last > 0 && calls >= last) ::kill(child, SIGKILL);
    }
    ::close(fds[0]);
    const bool ended = wait_for(child);
    const auto engine = Engine::open({.directory = folder.path()});
    const ScopedConnection connection(*engine, options());
    IndexReadiness readiness(Connection::current(), views, &graph);
    readiness.refresh();
    for (int i = 0; i < 7; ++i) program.turn();
    ASSERT_FALSE(testing::Test::HasFailure()) << "after " << killed << " kills";
    if (!ended) continue;
    EXPECT_EQ(shop::dump(*engine), expected);
    return;
  }
}

}  // namespace
