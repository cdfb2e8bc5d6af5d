// After a round of tests/peers/search_chaos.py, which killed a chaos_writer and the node of
// OpenSearch that it indexed in: the index has what the table has.
// The folder and the node are in DDB_CHAOS_FOLDER and DDB_OPENSEARCH_URL.
#include <cstdlib>

#include <gtest/gtest.h>

#include "dynamo_backend/search/opensearch/opensearch_backend.h"
#include "dynamodb/local/engine.h"
#include "tests/search/chaos_settle.h"

namespace {

using namespace dynamo_backend;
using chaos::Article;
namespace search = dynamo_backend::search;

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (!value) throw std::runtime_error(std::string(name) + " is not set: make test-peers");
  return value;
}

TEST(SearchChaos, OnOpenSearch_KillsLeaveNoDrift) {
  const auto engine = dynamodb::local::Engine::open(
      {.directory = chaos::data_folder(from_environment("DDB_CHAOS_FOLDER"))});
  const ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
  const auto backend = search::opensearch::open_opensearch_backend(
      {.url = from_environment("DDB_OPENSEARCH_URL"), .timeout = std::chrono::seconds(60)});
  ASSERT_NO_FATAL_FAILURE(chaos::expect_no_drift(Connection::current(), *backend));
  EXPECT_GT(Article::objects.all().count(), 0u) << "nothing was written";
}

}  // namespace
