// Writes articles in every way that models have, beside workers that index them, are stopped and
// started, and rebuild; until it is killed. Tells each write on standard output: ".\n".
// Usage: chaos_writer <folder> <seed> [<url of OpenSearch>]     without it: the embedded index
#include <cstdlib>
#include <random>
#include <thread>

#include <unistd.h>

#include "base/log.h"
#include "dynamo_backend/search/local/local_backend.h"
#include "dynamo_backend/search/opensearch/opensearch_backend.h"
#include "dynamo_backend/search/sync/sync_threads.h"
#include "dynamo_backend/tables.h"
#include "dynamo_backend/transaction.h"
#include "dynamodb/local/engine.h"
#include "tests/search/chaos_model.h"
#include "tests/search/flaky_backend.h"

namespace {

using namespace dynamo_backend;
using chaos::Article;

void tell() {
  if (::write(STDOUT_FILENO, ".\n", 2) < 0) std::_Exit(1);
}

class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  void write_one() {
    try {
      turn();
      tell();
    } catch (const Article::DoesNotExist&) {  // another writer deleted it
    } catch (const ModelError&) {             // or was faster
    }
  }

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  std::string word() { return "word" + std::to_string(below(1000)); }
  // Of a small set of keys, so that writers meet, and rows are made again under keys of before.
  static Uuid key(unsigned n) {
    return *Uuid::parse("00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + n));
  }
  Article fresh(unsigned n) {
    Article article{.title = word() + " " + word(), .slug = "article-" + std::to_string(n)};
    article.pk = key(n);
    return article;
  }

  void turn() {
    const unsigned n = below(200);
    switch (below(8)) {
      case 0:
      case 1:
        fresh(n).save();
        return;
      case 2: {
        Article article = Article::objects.get(key(n));
        article.title = word();
        article.tags = {word()};
        article.save();
        return;
      }
      case 3:
        Article::objects.filter(f<&Article::pk> == key(n))
            .update(f<& Article::views> = f<&Article::views> + 1);
        return;
      case 4:
        Article::objects.get(key(n)).remove();
        return;
      case 5: {
        std::vector<Article> articles;
        for (unsigned i = 0; i < 5; ++i)
          articles.push_back({.title = word(), .slug = word() + word()});
        Article::objects.bulk_create(std::move(articles));
        return;
      }
      case 6:
        transaction([&](Transaction& t) {
          Article article = t.get<Article>(key(n)), other = t.get<Article>(key((n + 1) % 200));
          article.title = word();
          t.save(article);
          t.remove(other);
        });
        return;
      default:
        Article::objects.filter(f<&Article::views> > static_cast<std::int64_t>(below(5)))
            .limit(3)
            .update(f<& Article::title> = word());
    }
  }

  std::mt19937 random_;
};

}  // namespace

int main(int argc, char** argv) {
  namespace search = dynamo_backend::search;
  namespace sync = search::sync;
  if (argc != 3 && argc != 4) return 2;
  base::set_log_level(base::LogLevel::off);
  const std::string folder = argv[1];
  const auto seed = static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10));
  const auto engine = dynamodb::local::Engine::open({.directory = chaos::data_folder(folder)});
  Connection connection(*engine, {.scan_policy = ScanPolicy::allow});
  Connection::set_current(&connection);
  ensure_table<Article>();
  const std::shared_ptr<search::Backend> steadfast =
      argc == 4 ? search::opensearch::open_opensearch_backend({.url = argv[3]})
                : search::open_local_backend({.file = chaos::index_file(folder)});
  tests::FlakyBackend backend(*steadfast, seed, 30);

  std::vector<std::thread> writers;
  for (unsigned i = 0; i < 3; ++i)
    writers.emplace_back([seed, i] {
      for (Writer writer(seed * 10 + i);;) writer.write_one();
    });
  // Two workers that compete; one is stopped and started all the time, the other rebuilds.
  const search::IndexDefinition index = search::index_definition(connection, model_info<Article>());
  sync::SyncOptions options = sync::sync_options(/*embedded=*/true);
  options.batch = 1 + seed % 50;
  const sync::SyncThreads steady(connection, backend, {index}, options);
  std::mt19937 random(seed);
  const sync::Wait wait = sync::stoppable_wait({});
  for (;;) {
    sync::SyncThreads brief(connection, backend, {index}, options);
    wait(std::chrono::milliseconds(random() % 60));
    brief.stop();
    if (random() % 3 != 0) continue;
    try {
      sync::Rebuild(connection, backend, index, {.segments = 1 + seed % 3}, wait).run();
    } catch (const search::Unavailable&) {  // the next one goes on
    }
  }
}
