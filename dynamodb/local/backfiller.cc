#include "dynamodb/local/backfiller.h"

#include <future>

#include "base/log.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/key_range.h"

namespace dynamodb::local {
namespace {

// A chunk is one commit, for which other writes wait.
constexpr std::size_t kChunkRows = 500;
constexpr std::size_t kChunkBytes = 1 << 20;
constexpr std::chrono::seconds kRetryAfter{1};

}  // namespace

Backfiller::Backfiller(Storage& storage, Catalog& catalog, Pipeline& pipeline)
    : storage_(storage), catalog_(catalog), pipeline_(pipeline) {
  add_all();
  thread_ = std::thread([this] { run(); });
}

void Backfiller::add_all() {
  {
    std::lock_guard lock(mutex_);
    for (const auto& table : catalog_.all()) {
      for (const auto& index : table->indexes) {
        if (index.status == IndexStatus::creating)
          tasks_.push_back({table->name, table->number, index.number});
      }
    }
  }
  wake_.notify_one();
}

void Backfiller::add(const std::string& table, std::string_view index) {
  const TablePtr state = catalog_.find(table);
  const IndexState* added = state == nullptr ? nullptr : state->index(index);
  if (added == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back({table, state->number, added->number});
  }
  wake_.notify_one();
}

void Backfiller::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Backfiller::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    const FillTarget target = tasks_.front();
    lock.unlock();
    const bool finished = fill(target);
    lock.lock();
    if (finished) {
      tasks_.pop_front();
    } else {
      wake_.wait_for(lock, kRetryAfter, [this] { return stopping_; });
    }
  }
}

template <class Make>
Result<bool> Backfiller::perform(const Make& make) {
  std::promise<Result<bool>> promise;
  auto future = promise.get_future();
  pipeline_.submit(
      make([&promise](Result<bool> outcome) { promise.set_value(std::move(outcome)); }));
  return future.get();
}

bool Backfiller::fill(const FillTarget& target) {
  const auto generation = catalog_.generation();
  const TablePtr table = catalog_.find(target.table);
  if (table == nullptr || table->number != target.table_number) return true;
  if (!fill_chunks(target, *table)) return false;
  if (catalog_.generation() != generation) return false;  // restored: other rows to fill it with
  return perform([&](auto done) { return make_activate_index(target, std::move(done)); })
      .has_value();
}

bool Backfiller::fill_chunks(const FillTarget& target, const TableState& table) {
  // Rows written after this view was taken have their entries already: the index was there when
  // they were written.
  const KeyRange range = scan_range({table}, 0, 1);
  const rocksdb::Slice upper(range.end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const auto it = storage_.iterate(options);
  std::vector<std::string> keys;
  std::size_t bytes = 0;
  const auto flush = [&] {
    auto outcome = perform(
        [&](auto done) { return make_backfill_chunk(target, std::move(keys), std::move(done)); });
    keys.clear();
    bytes = 0;
    return outcome;
  };
  for (it->Seek(range.begin); it->Valid(); it->Next()) {
    keys.push_back(it->key().ToString());
    bytes += it->value().size();
    if (keys.size() < kChunkRows && bytes < kChunkBytes) continue;
    const auto outcome = flush();
    if (outcome.has_error()) return false;
    if (!*outcome) return true;  // the index or its table is gone
    std::lock_guard lock(mutex_);
    if (stopping_) return false;
  }
  if (!it->status().ok()) {
    base::log_error("backfill of an index of table " + target.table + ": " +
                    it->status().ToString());
    return false;
  }
  return flush().has_value();
}

}  // namespace dynamodb::local
