// What a chaos test looks at once nobody is killed any more: that the index comes to what the table
// has, and to nothing else.
#pragma once
#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "dynamo_backend/search/sync/sync_threads.h"
#include "dynamo_backend/search/sync/verify.h"
#include "tests/search/chaos_model.h"

namespace chaos {

namespace search = dynamo_backend::search;
namespace sync = search::sync;

// What differs once the index had two minutes to come to what the table has.
inline std::vector<sync::Difference> settle(const dynamo_backend::Connection& connection,
                                            search::Backend& backend,
                                            const search::IndexDefinition& index) {
  const sync::Wait wait = sync::stoppable_wait({});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (;;) {
    try {
      return sync::verify(connection, backend, index, {.patience = std::chrono::seconds(60)}, wait)
          .differences;
    } catch (const search::Unavailable&) {  // it is being built, or the server starts
      if (std::chrono::steady_clock::now() > deadline) throw;
      wait(std::chrono::milliseconds(20));
    }
  }
}

// The documents are those of the rows as they are, not only of their versions.
inline void expect_same_contents(search::Backend& backend, const search::IndexDefinition& index) {
  using search::Filter;
  const auto articles = Article::objects.all().to_vector();
  EXPECT_EQ(backend.search(index, {.limit = 1}).total, articles.size());
  for (std::size_t i = 0; i < articles.size(); i += 1 + articles.size() / 50) {
    const Article& article = articles[i];
    Filter slug{.type = Filter::Type::one_of, .field = "slug", .values = {article.slug}};
    Filter views{.type = Filter::Type::one_of, .field = "views", .values = {article.views}};
    const auto found =
        backend.search(index, {.query = search::parse_query_text(article.title),
                               .filter = {.type = Filter::Type::all, .children = {slug, views}}});
    ASSERT_EQ(found.total, 1u) << article.slug;
    EXPECT_EQ(found.hits[0].key, article.pk.str());
  }
}

// A process's worker brings the index to what the table has.
inline void expect_no_drift(const dynamo_backend::Connection& connection,
                            search::Backend& backend) {
  const search::IndexDefinition index =
      search::index_definition(connection, dynamo_backend::model_info<Article>());
  const sync::SyncThreads threads(connection, backend, {index}, sync::sync_options(true));
  const auto drift = settle(connection, backend, index);
  ASSERT_TRUE(drift.empty()) << drift.size() << " rows differ, first " << drift[0].key << ": table "
                             << drift[0].in_table.value_or(-1) << ", index "
                             << drift[0].in_index.value_or(-1);
  backend.refresh(index, backend.versions(index).back().number);
  ASSERT_NO_FATAL_FAILURE(expect_same_contents(backend, index));
}

}  // namespace chaos
