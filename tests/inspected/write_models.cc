// Prints what inspectdb writes of the tables in odd_tables.cc: the header that inspected_test.cc is
// built with.
#include <cstdio>

#include "dynamo_backend/connection.h"
#include "dynamodb/local/engine.h"
#include "management/inspect/model_writer.h"
#include "tests/inspected/odd_tables.h"

int main() {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  inspected::make_tables(*engine);
  const auto tables =
      management::inspect_tables(dynamo_backend::Connection::current(), {.sample = 500});
  std::fputs(management::write_models(tables, "found").c_str(), stdout);
  return 0;
}
