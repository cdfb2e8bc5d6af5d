// kill -9 of a process that writes, indexes, rebuilds and fails, at random moments, again and
// again: after each, another process brings the index to where it has what the table has, and
// nothing else.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include <gtest/gtest.h>

#include "base/log.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/sync/sync_threads.h"
#include "dynamo_backend/search/sync/verify.h"
#include "dynamodb/local/engine.h"
#include "tests/run_and_kill.h"
#include "tests/search/chaos_model.h"
#include "tests/temporary_folder.h"

namespace {

using namespace dynamo_backend;
using namespace dynamo_backend::search;
using chaos::Article;

int rounds() { return std::getenv("DDB_NIGHTLY") != nullptr ? 30 : 4; }

// What differs once the index had a minute to come to what the table has.
std::vector<sync::Difference> settle(const Connection& connection, Backend& backend,
                                     const IndexDefinition& index) {
  const sync::Wait wait = sync::stoppable_wait({});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  for (;;) {
    try {
      return sync::verify(connection, backend, index, {.patience = std::chrono::seconds(60)}, wait)
          .differences;
    } catch (const Unavailable&) {  // it is being built
      if (std::chrono::steady_clock::now() > deadline) throw;
      wait(std::chrono::milliseconds(20));
    }
  }
}

// The documents are those of the rows as they are, not only of their versions.
void expect_same_contents(Backend& backend, const IndexDefinition& index) {
  const auto articles = Article::objects.all().to_vector();
  EXPECT_EQ(backend.search(index, {.limit = 1}).total, articles.size());
  for (std::size_t i = 0; i < articles.size(); i += 1 + articles.size() / 50) {
    const Article& article = articles[i];
    Filter slug{.type = Filter::Type::one_of, .field = "slug", .values = {Value(article.slug)}};
    Filter views{.type = Filter::Type::one_of, .field = "views", .values = {Value(article.views)}};
    const auto found =
        backend.search(index, {.query = parse_query_text(article.title),
                               .filter = {.type = Filter::Type::all, .children = {slug, views}}});
    ASSERT_EQ(found.total, 1u) << article.slug;
    EXPECT_EQ(found.hits[0].key, article.pk.str());
  }
}

TEST(SearchChaos, Kills_LeaveNoDrift) {
  base::set_log_level(base::LogLevel::off);
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const tests::TemporaryFolder folder;
  for (int round = 0; round < rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    if (round % 4 == 2) std::filesystem::remove(chaos::index_file(folder.path()));
    tests::run_and_kill(CHAOS_WRITER, {folder.path(), std::to_string(random())},
                        20 + static_cast<int>(random() % 400));
    ASSERT_FALSE(testing::Test::HasFailure());
    const auto engine =
        dynamodb::local::Engine::open({.directory = chaos::data_folder(folder.path())});
    ScopedConnection connection(*engine, {.scan_policy = ScanPolicy::allow});
    const auto backend = open_local_backend({.file = chaos::index_file(folder.path())});
    const IndexDefinition index = index_definition(*connection, model_info<Article>());
    sync::SyncThreads threads(*connection, *backend, {index}, sync::sync_options(true));
    const auto drift = settle(*connection, *backend, index);
    ASSERT_TRUE(drift.empty()) << drift.size() << " rows differ, first " << drift[0].key
                               << ": table " << drift[0].in_table.value_or(-1) << ", index "
                               << drift[0].in_index.value_or(-1);
    ASSERT_NO_FATAL_FAILURE(expect_same_contents(*backend, index));
  }
}

}  // namespace
