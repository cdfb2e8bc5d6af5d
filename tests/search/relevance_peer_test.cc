// The embedded backend and OpenSearch order what they find about equally well.
#include <cstdlib>

#include <gtest/gtest.h>

#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/opensearch/opensearch_backend.h"
#include "dynamodb/local/engine.h"
#include "tests/search/relevance.h"

namespace {

using namespace dynamo_backend::search;

double mean_ndcg(const tests::Relevance& relevance, Backend& backend,
                 const IndexDefinition& index) {
  const auto queries = tests::judged_queries();
  double sum = 0;
  for (const tests::JudgedQuery& query : queries) {
    const double ndcg = relevance.ndcg(backend, index, query);
    EXPECT_GT(ndcg, 0.3) << query.typed;
    sum += ndcg;
  }
  return sum / static_cast<double>(queries.size());
}

TEST(Relevance, BothBackends_AreWithinTenPercent) {
  const char* url = std::getenv("DDB_OPENSEARCH_URL");
  ASSERT_NE(url, nullptr) << "DDB_OPENSEARCH_URL is not set: make test-peers";
  const auto engine = dynamodb::local::Engine::open({});
  const dynamo_backend::ScopedConnection connection(*engine);
  const IndexDefinition index = index_definition(dynamo_backend::Connection::current(),
                                                 dynamo_backend::model_info<demo_app::Post>());
  const auto embedded = open_local_backend();
  const auto opensearch =
      opensearch::open_opensearch_backend({.url = url,
                                           .timeout = std::chrono::seconds(60),
                                           .search_timeout = std::chrono::seconds(30)});
  const tests::Relevance relevance;
  relevance.write(*embedded, index);
  relevance.write(*opensearch, index);
  const double ours = mean_ndcg(relevance, *embedded, index);
  const double theirs = mean_ndcg(relevance, *opensearch, index);
  std::printf("NDCG@10: embedded %.3f, OpenSearch %.3f\n", ours, theirs);
  EXPECT_GE(ours, 0.9 * theirs);
  EXPECT_GE(theirs, 0.9 * ours);
}

}  // namespace
