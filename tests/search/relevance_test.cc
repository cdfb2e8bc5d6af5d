// How well the embedded backend orders what it finds.
#include "tests/search/relevance.h"

#include <gtest/gtest.h>

#include "dynamo_backend/search/local/local_backend.h"
#include "dynamodb/local/engine.h"

namespace {

using namespace dynamo_backend::search;

TEST(Relevance, EmbeddedBackend_FindsWhatIsMeant) {
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  const IndexDefinition index = index_definition(dynamo_backend::Connection::current(),
                                                 dynamo_backend::model_info<demo_app::Post>());
  const auto backend = open_local_backend();
  const tests::Relevance relevance;
  relevance.write(*backend, index);
  const auto queries = tests::judged_queries();
  ASSERT_EQ(queries.size(), 50u);
  double sum = 0;
  for (const tests::JudgedQuery& query : queries) {
    const double ndcg = relevance.ndcg(*backend, index, query);
    EXPECT_GT(ndcg, 0.3) << query.typed;
    sum += ndcg;
  }
  const double mean = sum / static_cast<double>(queries.size());
  std::printf("NDCG@10 of the embedded backend: %.3f\n", mean);
  RecordProperty("ndcg", std::to_string(mean));
  EXPECT_GT(mean, 0.95);
}

}  // namespace
