// Runs the test shop's migrations on an endpoint or in a folder: what the kill test kills, and what
// the peer tests run on DynamoDB Local.
//
//   migrate_shop <http://…|folder> <budget> [<rows>]
//
// A folder's engine is this process's own: then each call is told on standard output before it is
// made. With <rows> it makes the first tables and rows before, and prints all tables at the end.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "dynamo_backend/migrations/test_metered_client.h"
#include "dynamo_backend/migrations/test_shop.h"
#include "dynamodb/aws/aws_client.h"
#include "dynamodb/local/engine.h"

namespace {

using namespace dynamo_backend;
using namespace dynamo_backend::migrations;

std::unique_ptr<dynamodb::Client> open(const std::string& where) {
  if (!where.starts_with("http")) return dynamodb::local::Engine::open({.directory = where});
  return std::make_unique<dynamodb::aws::AwsClient>(dynamodb::aws::AwsOptions{
      .endpoint_url = where,
      .credentials = {.explicit_credentials = net::aws::Credentials{"test", "test"}}});
}

int run(const std::string& where, double budget, int rows) {
  const auto database = open(where);
  MeteredClient client(*database);
  if (!where.starts_with("http")) {
    client.before = [](int) -> std::optional<dynamodb::Error> {
      if (::write(STDOUT_FILENO, "\n", 1) < 0) std::_Exit(2);
      return std::nullopt;
    };
  }
  const ScopedConnection connection(client, {.table_prefix = "t_"});
  Registry registry;
  registry.add<shop::Product>();
  MigrateOptions options{.budget = {.write = budget}, .segments = 4};
  options.event = [](const MigrationEvent& e) {
    std::fprintf(stderr, "%s%s %s\n", e.backwards ? "undo " : "", e.migration->id.str().c_str(),
                 e.kind == MigrationEvent::Kind::resumed ? "resumed" : e.operation.c_str());
  };
  const MigrationGraph graph = shop::graph();
  if (rows > 0) {
    migrate(Connection::current(), graph, {.app = "shop", .target = "0001"}, options, registry);
    shop::seed(Connection::current(), rows);
  }
  migrate(Connection::current(), graph, {}, options, registry);
  if (rows > 0) std::fputs(shop::dump(client).c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: migrate_shop <http://...|folder> <budget> [<rows>]\n");
    return 2;
  }
  try {
    return run(argv[1], std::strtod(argv[2], nullptr), argc > 3 ? std::atoi(argv[3]) : 0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
