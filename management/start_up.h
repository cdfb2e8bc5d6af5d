// StartUp: what a program does with its database before it uses it: tables, migrations, and which
// indexes queries may use.
//
// With create_tables_on_startup the migrations that are not applied are (as `dmigrate` does, one
// process at a time), and tables of models that no migration makes are made; without it nothing is
// changed, which is right where several machines start. Either way DescribeTable and the history
// tell which indexes are built, here and not on a request's path; while one is missing or being
// built, they are looked at again every two seconds.
// Thread safety: one thread.
#pragma once
#include <optional>

#include "base/settings.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/migrations/graph.h"
#include "dynamo_backend/migrations/index_readiness.h"
#include "dynamo_backend/registry.h"

namespace management {

class StartUp {
 public:
  // REQUIRES: the arguments outlive it. Throws CommandError.
  StartUp(const base::DynamoBackendSettings& settings, const dynamo_backend::Connection& connection,
          const dynamo_backend::Registry& registry,
          dynamo_backend::migrations::MigrationGraph graph);

 private:
  void prepare(const dynamo_backend::Connection& connection,
               const dynamo_backend::Registry& registry);
  void watch(const dynamo_backend::Connection& connection,
             const dynamo_backend::Registry& registry);

  const dynamo_backend::migrations::MigrationGraph graph_;
  std::optional<dynamo_backend::migrations::ReadinessWatch> watch_{};
};

}  // namespace management
