// The embedded engine against its limits: point reads beside RocksDB's own Get on the same files,
// durable writes of one thread beside those of 64. Prints one line a figure. Usage: engine_bench
// <folder> [items]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include "dynamodb/local/engine.h"
#include "dynamodb/local/key_codec.h"

namespace {

using namespace dynamodb;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kCacheBytes = 64 << 20;
const std::string kTable = "bench";

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string key_text(std::uint64_t n) {
  char text[40];
  std::snprintf(text, sizeof text, "item-%016llx",
                static_cast<unsigned long long>(n * 0x9E3779B97F4A7C15ull));
  return text;
}

// About 500 bytes in nine attributes.
Item make_item(std::uint64_t n, std::mt19937_64& random) {
  std::string text(330, ' ');
  for (auto& c : text) c = static_cast<char>('a' + random() % 26);
  return {{"pk", key_text(n)},
          {"title", "A title of some length #" + std::to_string(n)},
          {"slug", "a-title-of-some-length-" + std::to_string(n)},
          {"body", std::move(text)},
          {"published", n % 2 == 0},
          {"view_count", static_cast<std::int64_t>(random() % 100000)},
          {"created_at", "2026-11-26T12:00:00.000000+00:00"},
          {"rating", Number(static_cast<std::int64_t>(random() % 500))},
          {"tags", List{"alpha", "beta"}}};
}

void fill(Client& client, std::uint64_t items) {
  client.create_table({.name = kTable, .key = {.partition = {"pk", Type::S}}}).value();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937_64 random(t);
      for (std::uint64_t n = t * 25; n < items; n += 4 * 25) {
        BatchWriteItemRequest request;
        for (std::uint64_t i = n; i < std::min(n + 25, items); ++i)
          request.tables[kTable].push_back(PutRequest{make_item(i, random)});
        client.batch_write_item(std::move(request)).value();
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

// Reads per second of `read(n)` over random items, best-case noise removed by the caller's median.
template <class Read>
double reads_per_second(std::uint64_t items, std::uint64_t count, unsigned seed, const Read& read) {
  std::mt19937_64 random(seed);
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < count; ++i) read(random() % items);
  return static_cast<double>(count) / seconds_since(start);
}

std::unique_ptr<rocksdb::DB> open_rocksdb(const std::string& folder) {
  rocksdb::Options options;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kCacheBytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  rocksdb::DB* db = nullptr;
  if (const auto status = rocksdb::DB::OpenForReadOnly(options, folder, &db); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    std::exit(1);
  }
  return std::unique_ptr<rocksdb::DB>(db);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void bench_reads(const std::string& folder, std::uint64_t items) {
  constexpr std::uint64_t kReads = 200'000;
  const auto engine = local::Engine::open({.directory = folder, .cache_bytes = kCacheBytes});
  const auto raw = open_rocksdb(folder);
  const std::string prefix = local::row_prefix(1, 0);
  std::size_t bytes = 0, attributes = 0;
  const auto engine_read = [&](std::uint64_t n) {
    const auto result = engine->get_item({.table = kTable, .key = {{"pk", key_text(n)}}});
    for (const auto& [name, value] : result->item.value().view()) {
      ++attributes;
      bytes += name.size() + value.packed().size();
    }
  };
  std::vector<std::string> keys;
  keys.reserve(items);
  for (std::uint64_t n = 0; n < items; ++n) {
    const PackedItem key(Item{{"pk", key_text(n)}});
    std::string row_key = prefix;
    local::append_key(row_key, {.partition = {"pk", Type::S}}, key.view());
    keys.push_back(std::move(row_key));
  }
  const auto raw_read = [&](std::uint64_t n) {
    rocksdb::PinnableSlice value;
    if (!raw->Get({}, raw->DefaultColumnFamily(), keys[n], &value).ok()) std::abort();
    bytes += value.size();
  };
  std::vector<double> engine_rates, raw_rates, ratios;
  for (unsigned round = 0; round < 6; ++round) {
    const double e = reads_per_second(items, kReads, round, engine_read),
                 r = reads_per_second(items, kReads, round, raw_read);
    if (round == 0) continue;  // warms both caches
    engine_rates.push_back(e);
    raw_rates.push_back(r);
    ratios.push_back(e / r);
  }
  std::printf(
      "point reads, 1 thread, %llu items of ~500 bytes, %zu MiB block cache each: engine %.0f/s, "
      "RocksDB Get %.0f/s, ratio %.2f (medians of 5)\n",
      static_cast<unsigned long long>(items), kCacheBytes >> 20, median(engine_rates),
      median(raw_rates), median(ratios));
  if (attributes == 0) std::abort();
}

double durable_writes(Client& client, unsigned threads, double duration,
                      std::uint64_t& sequence_base, const std::string& table = kTable) {
  std::atomic<std::uint64_t> written = 0, sequence = sequence_base;
  std::vector<std::thread> writers;
  const auto start = Clock::now();
  for (unsigned t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      std::mt19937_64 random(t);
      while (seconds_since(start) < duration) {
        client.put_item(PutItemRequest{.table = table, .item = make_item(sequence++, random)})
            .value();
        ++written;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  sequence_base = sequence;
  return static_cast<double>(written) / seconds_since(start);
}

void bench_writes(const std::string& folder, std::uint64_t items) {
  const auto engine = local::Engine::open({.directory = folder, .cache_bytes = kCacheBytes});
  std::uint64_t sequence = items;
  std::vector<double> one, many, ratios;
  for (int round = 0; round < 3; ++round) {
    one.push_back(durable_writes(*engine, 1, 2, sequence));
    many.push_back(durable_writes(*engine, 64, 2, sequence));
    ratios.push_back(many.back() / one.back());
  }
  std::printf(
      "durable single writes: 1 thread %.0f/s, 64 threads %.0f/s, ratio %.1f (medians of 3)\n",
      median(one), median(many), median(ratios));
  const std::string streamed = kTable + "-stream";
  engine
      ->create_table({.name = streamed,
                      .key = {.partition = {"pk", Type::S}},
                      .settings = {.stream = StreamViewType::new_and_old_images}})
      .value();
  std::vector<double> with_stream;
  for (int round = 0; round < 3; ++round)
    with_stream.push_back(durable_writes(*engine, 64, 2, sequence, streamed));
  std::printf("the same with a stream of both images: 64 threads %.0f/s (median of 3)\n",
              median(with_stream));
  // One hot counter among them.
  std::atomic<std::int64_t> counted = 0;
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (int t = 0; t < 64; ++t) {
    threads.emplace_back([&] {
      while (seconds_since(start) < 2) {
        engine
            ->update_item(UpdateItemRequest{
                .table = kTable, .key = {{"pk", "hot"}}, .update = {.add = {{"n", 1}}}})
            .value();
        ++counted;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double elapsed = seconds_since(start);
  const auto stored = engine->get_item({.table = kTable, .key = {{"pk", "hot"}}})->item.value();
  const auto n = unpack(stored.view()).at("n").as<Number>().to_int64().value();
  std::printf("one hot counter, 64 threads: %.0f/s, %lld acknowledged, %lld counted%s\n",
              static_cast<double>(counted) / elapsed, static_cast<long long>(counted),
              static_cast<long long>(n), n == counted ? "" : "  <-- LOST");
  if (n != counted) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: engine_bench <empty folder> [items]\n");
    return 2;
  }
  const std::string folder = argv[1];
  const std::uint64_t items = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1'000'000;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  {
    const auto engine = local::Engine::open({.directory = folder, .cache_bytes = kCacheBytes});
    const auto start = Clock::now();
    fill(*engine, items);
    std::printf("bulk load: %.0f items/s\n", static_cast<double>(items) / seconds_since(start));
  }
  bench_reads(folder, items);
  bench_writes(folder, items);
  return 0;
}
