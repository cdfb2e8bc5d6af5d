// Full-text search on the embedded backend: the sample blog's posts indexed, then searched for two
// words of their titles, with facets, highlights and the filter of what everyone may see. One
// thread. Prints one line a figure. With the URL of an OpenSearch node, the same there in the same
// run. Usage: search_bench [posts] [queries] [URL]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/memory.h"
#include "demo_app/sample.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/opensearch/opensearch_backend.h"
#include "dynamo_backend/search/search_query.h"
#include "dynamo_backend/search_version.h"
#include "dynamodb/local/engine.h"
#include "tests/temporary_folder.h"

namespace {

using namespace dynamo_backend::search;
using Clock = std::chrono::steady_clock;
using demo_app::Post;

constexpr std::size_t kBatch = 500;  // documents, as the worker writes them

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

Post sample_post(const demo_app::Sample& sample, std::uint64_t number) {
  return sample.post(number, sample.key("author", number % 5));
}

std::vector<dynamodb::PackedItem> rows(const demo_app::Sample& sample, std::uint64_t begin,
                                       std::uint64_t end) {
  const auto& model = dynamo_backend::model_info<Post>();
  std::vector<dynamodb::PackedItem> all;
  for (std::uint64_t n = begin; n < end; ++n) {
    Post post = sample_post(sample, n);
    all.push_back(dynamo_backend::with_search_version(model, sample.start(),
                                                      dynamo_backend::pack_row(model, &post)));
  }
  return all;
}

// The first word of a title and one of its topic: what visitors type who look for a post.
std::string two_words(const Post& post) {
  const std::string& title = post.title;
  const std::size_t topic = title.find(" on ") + 4;
  return title.substr(0, title.find(' ')) + " " +
         title.substr(topic, title.find(' ', topic) - topic);
}

double percentile(std::vector<double>& times, double share) {
  std::sort(times.begin(), times.end());
  return times[static_cast<std::size_t>(share * static_cast<double>(times.size() - 1))] * 1e3;
}

double index_posts(Backend& backend, const IndexDefinition& index, const demo_app::Sample& sample,
                   std::uint64_t posts) {
  const int version = backend.make_version(index);
  double spent = 0;
  for (std::uint64_t begin = 0; begin < posts; begin += kBatch) {
    const auto packed = rows(sample, begin, std::min(begin + kBatch, posts));
    const auto start = Clock::now();
    std::vector<Document> documents;
    for (const auto& row : packed) documents.push_back(document_of(index, row.view()));
    const std::vector<Checkpoint> checkpoints{{"shard", std::to_string(begin)}};
    backend.write(index, version, documents, checkpoints);
    spent += seconds_since(start);
  }
  const auto start = Clock::now();
  backend.switch_to(index, version);
  return spent + seconds_since(start);
}

void search_posts(Backend& backend, const IndexDefinition& index, const demo_app::Sample& sample,
                  std::uint64_t posts, std::uint64_t queries) {
  std::vector<double> times;
  std::uint64_t found = 0;
  demo_app::SampleRandom random(7);
  for (std::uint64_t i = 0; i < queries; ++i) {
    const Post post = sample_post(sample, random.below(posts));
    Request request{
        .filter = filter_of(index, *index.model, index.model->search_visible()),
        .facets = {{.field = "tags"}, {.field = "category_pks"}, {.field = "author_pk"}},
        .highlight = {"title", "body"}};
    const std::string typed = two_words(post);
    const auto start = Clock::now();
    request.query = parse_query_text(typed);
    found += backend.search(index, request).total;
    times.push_back(seconds_since(start));
  }
  std::printf(
      "two words, facets, highlights: p50 %.2f ms, p99 %.2f ms (%.0f posts found on average)\n",
      percentile(times, 0.5), percentile(times, 0.99),
      static_cast<double>(found) / static_cast<double>(queries));
}

void measure_opensearch(const char* url, const IndexDefinition& index,
                        const demo_app::Sample& sample, std::uint64_t posts,
                        std::uint64_t queries) {
  const auto backend = opensearch::open_opensearch_backend({.url = url});
  std::printf("%s\n", backend->health().detail.c_str());
  const double spent = index_posts(*backend, index, sample, posts);
  std::printf("indexed: %.0f posts/s\n", static_cast<double>(posts) / spent);
  backend->refresh(index, backend->versions(index).back().number);
  // The first queries run in bytecode.
  std::printf("to warm up, ");
  search_posts(*backend, index, sample, posts, queries);
  search_posts(*backend, index, sample, posts, queries);
}

}  // namespace

int main(int argc, char** argv) {
  base::use_jemalloc();  // as programs of projects do
  const std::uint64_t posts = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const std::uint64_t queries = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 2'000;
  const auto engine = dynamodb::local::Engine::open({});  // a Connection needs a Client
  const dynamo_backend::ScopedConnection connection(*engine);
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() + "/search.db";
  const auto backend = open_local_backend({.file = file});
  const demo_app::Sample sample(1, posts);
  const IndexDefinition index =
      index_definition(dynamo_backend::Connection::current(), dynamo_backend::model_info<Post>());
  const double spent = index_posts(*backend, index, sample, posts);
  std::printf("indexed: %.0f posts/s (%llu posts, %.0f MB)\n", static_cast<double>(posts) / spent,
              static_cast<unsigned long long>(posts),
              static_cast<double>(std::filesystem::file_size(file)) / 1e6);
  std::fflush(stdout);
  search_posts(*backend, index, sample, posts, queries);
  if (argc > 3) measure_opensearch(argv[3], index, sample, posts, queries);
  return 0;
}
