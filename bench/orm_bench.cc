// What a queryset costs over the embedded engine: single rows beside the engine's own reads, and
// lists of 1,000 posts; or lists from an endpoint, for bench/orm.py to set beside other clients.
// Prints one line a figure.
//
//   orm_bench local <folder>            the embedded engine in <folder>, which is filled
//   orm_bench fill <url>                1,000 posts of one author, and as many of others, there
//   orm_bench list <url> <seconds> <at once>   items a second of listing that author's posts, by so
//                                              many threads
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/memory.h"
#include "bench/sample_posts.h"
#include "dynamo_backend/tables.h"
#include "dynamodb/aws/aws_client.h"
#include "dynamodb/local/engine.h"

namespace {

using namespace dynamo_backend;
using demo_app::Author;
using demo_app::Post;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPosts = 1000;  // of the author whose posts are listed
const Uuid kAuthor = Uuid::from_bits(1, 2);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// Half of them of kAuthor.
std::vector<Post> fill() {
  ensure_table<Author>();
  ensure_table<Post>();
  std::mt19937_64 random(1);
  std::vector<Post> posts;
  for (std::size_t n = 0; n < 2 * kPosts; ++n) {
    posts.push_back(bench::make_post(random, n));
    if (n % 2 == 0) posts.back().author_pk = Ref<Author>(kAuthor);
  }
  return Post::objects.bulk_create(std::move(posts));
}

std::vector<Post> list_posts() {
  return Post::objects.filter(f<&Post::author_pk> == Ref<Author>(kAuthor))
      .order_by("-created_at")
      .limit(kPosts)
      .to_vector();
}

void check(bool right) {
  if (right) return;
  std::fprintf(stderr, "orm_bench: rows are missing\n");
  std::exit(1);
}

// Microseconds of each of `ways` for one row: medians over rounds in which they take turns.
template <class... Ways>
std::vector<double> microseconds(const std::vector<Post>& posts, const Ways&... ways) {
  constexpr std::size_t kRounds = 41, kReads = 2000;
  std::vector<std::vector<double>> rounds(sizeof...(Ways));
  std::size_t read = 0;
  const auto time = [&](std::vector<double>& out, const auto& way) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < kReads; ++i) way(posts[(read + i * 7) % posts.size()].pk);
    out.push_back(seconds_since(start) * 1e6 / kReads);
  };
  for (std::size_t r = 0; r < kRounds; ++r, read += 31) {
    std::size_t i = 0;
    (time(rounds[i++], ways), ...);
  }
  std::vector<double> medians;
  for (auto& times : rounds) medians.push_back(median(std::move(times)));
  return medians;
}

void bench_gets(dynamodb::Client& client, const std::vector<Post>& posts) {
  const std::string table(model_info<Post>().table);
  const auto engine = [&](const Uuid& pk) {
    check(client.get_item({.table = table, .key = {{"pk", pk.str()}}, .consistent_read = true})
              ->item.has_value());
  };
  const auto by_key = [](const Uuid& pk) { check(Post::objects.get(pk).pk == pk); };
  const auto by_condition = [](const Uuid& pk) {
    check(Post::objects.get(f<&Post::pk> == pk).pk == pk);
  };
  const auto by_filter = [](const Uuid& pk) {
    check(Post::objects.filter(f<&Post::pk> == pk && f<&Post::view_count> >= 0).get().pk == pk);
  };
  const auto us = microseconds(posts, engine, by_key, by_condition, by_filter);
  std::printf("GetItem of the engine:                  %6.2f us\n", us[0]);
  std::printf("get(pk):                                %6.2f us, its own %5.2f us (aim: <= 5)\n",
              us[1], us[1] - us[0]);
  std::printf("get(f<&Post::pk> == pk):                %6.2f us, its own %5.2f us (aim: <= 5)\n",
              us[2], us[2] - us[0]);
  std::printf("filter(pk, and another field).get():    %6.2f us, its own %5.2f us (aim: <= 5)\n",
              us[3], us[3] - us[0]);
}

void bench_list(dynamodb::Client& client, const char* where) {
  const std::string table(model_info<Post>().table);
  std::vector<double> listed, read;
  for (int round = 0; round < 101; ++round) {
    auto start = Clock::now();
    check(list_posts().size() == kPosts);
    listed.push_back(seconds_since(start) * 1e3);
    start = Clock::now();
    const dynamodb::QueryRequest request{
        .table = table,
        .index = "author-recent",
        .key_condition = dynamodb::equal(dynamodb::Path("author_pk"), Value(kAuthor.str())),
        .forward = false};
    check(client.query(request)->items.size() == kPosts);
    read.push_back(seconds_since(start) * 1e3);
  }
  std::printf("1,000 posts listed, %-15s  %6.3f ms (aim: <= 1.5)\n", where, median(listed));
  std::printf("the engine's Query for them:            %6.3f ms\n", median(read));
}

int run_local(const char* folder) {
  std::vector<Post> posts;
  {
    const auto engine = dynamodb::local::Engine::open({.directory = folder});
    const ScopedConnection connection(*engine);
    posts = fill();
    bench_list(*engine, "just written:");
  }
  const auto engine = dynamodb::local::Engine::open({.directory = folder});  // with data in files
  const ScopedConnection connection(*engine);
  bench_gets(*engine, posts);
  bench_list(*engine, "after a start:");
  return 0;
}

int run_fill(const char* url) {
  dynamodb::aws::AwsClient client({.endpoint_url = url});
  const ScopedConnection connection(client);
  fill();
  return 0;
}

int run_list(const char* url, double seconds, std::size_t at_once) {
  dynamodb::aws::AwsClient client({.endpoint_url = url});
  const ScopedConnection connection(client);
  check(list_posts().size() == kPosts);  // connected, caches filled
  std::atomic<std::size_t> items{0};
  const auto start = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < at_once; ++i)
      threads.emplace_back([&] {
        while (seconds_since(start) < seconds) items += list_posts().size();
      });
  }
  std::printf("%.0f\n", static_cast<double>(items) / seconds_since(start));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  base::use_jemalloc();  // as programs of projects do
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "local" && argc == 3) return run_local(argv[2]);
  if (what == "fill" && argc == 3) return run_fill(argv[2]);
  if (what == "list" && argc == 5)
    return run_list(argv[2], std::atof(argv[3]), std::strtoul(argv[4], nullptr, 10));
  std::fprintf(stderr,
               "usage: orm_bench local <folder> | fill <url> | list <url> <seconds> <at once>\n"
               "example: orm_bench local /tmp/orm\n");
  return 2;
}
