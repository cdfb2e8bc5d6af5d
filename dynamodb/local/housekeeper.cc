#include "dynamodb/local/housekeeper.h"

#include <future>

#include "base/log.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/key_range.h"
#include "dynamodb/local/stream_record.h"
#include "dynamodb/local/stream_writes.h"

namespace dynamodb::local {
namespace {

// A chunk is part of one commit, for which other writes wait.
constexpr std::size_t kChunkRows = 500;
constexpr std::size_t kExpiryChunk = 100;
constexpr std::chrono::seconds kRetryAfter{1};
// Trimming leaves a mark in the database that reads have to pass until it is compacted, so a stream
// is not trimmed more often than this.
constexpr std::chrono::minutes kTrimInterval{10};

Error stopped() { return unavailable("the database is shutting down"); }

// The keys of [begin, end), without filling the cache with them.
class Sweep {
 public:
  Sweep(const Storage& storage, const std::string& begin, std::string end)
      : end_(std::move(end)), upper_(end_) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &upper_;
    options.fill_cache = false;
    it_ = storage.iterate(options);
    it_->Seek(begin);
  }
  Sweep(const Sweep&) = delete;
  Sweep& operator=(const Sweep&) = delete;
  rocksdb::Iterator* operator->() const { return it_.get(); }
  Result<void> status() const {
    if (it_->status().ok()) return {};
    return storage_error(it_->status());
  }

 private:
  const std::string end_;
  const rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

}  // namespace

Housekeeper::Housekeeper(Storage& storage, Catalog& catalog, Pipeline& pipeline,
                         base::NowFunction now, std::chrono::seconds interval)
    : storage_(storage),
      catalog_(catalog),
      pipeline_(pipeline),
      now_(std::move(now)),
      interval_(interval) {
  for (const auto& table : catalog_.all()) fill_ = fill_ || table->ttl.filling;
  thread_ = std::thread([this] { run(); });
}

void Housekeeper::wake() {
  {
    std::lock_guard lock(mutex_);
    fill_ = true;
  }
  wake_.notify_one();
}

void Housekeeper::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::run() {
  std::unique_lock lock(mutex_);
  const auto is_woken = [this] { return stopping_ || fill_; };
  while (!stopping_) {
    bool timer = false;
    if (interval_ > std::chrono::seconds(0)) {
      timer = !wake_.wait_for(lock, interval_, is_woken);
    } else {
      wake_.wait(lock, is_woken);
    }
    if (stopping_) return;
    const bool fill = std::exchange(fill_, false);
    lock.unlock();
    Result<void> done;
    if (fill) {
      std::lock_guard sweeping(sweeping_);
      done = fill_all();
    }
    if (timer) {
      if (const auto expired = expire(); expired.has_error()) done = expired.error();
      if (const auto tended = tend_streams(); tended.has_error()) done = tended.error();
    }
    lock.lock();
    if (done.has_error() && !stopping_) {
      base::log_error("housekeeping: " + done.error().message);
      fill_ = fill_ || fill;
      wake_.wait_for(lock, kRetryAfter, [this] { return stopping_.load(); });
    }
  }
}

template <class T, class Make>
Result<T> Housekeeper::perform(const Make& make) {
  std::promise<Result<T>> promise;
  auto future = promise.get_future();
  pipeline_.submit(make([&promise](Result<T> outcome) { promise.set_value(std::move(outcome)); }));
  return future.get();
}

Result<void> Housekeeper::fill_all() {
  for (const auto& table : catalog_.all()) {
    if (!table->ttl.filling) continue;
    if (auto done = fill(*table); done.has_error()) return done;
  }
  return {};
}

Result<void> Housekeeper::fill(const TableState& table) {
  const ExpiryTarget target{table.name, table.number, table.ttl.generation};
  // Rows written after this view was taken have their entries already.
  const KeyRange range = scan_range({table}, 0, 1);
  const Sweep rows(storage_, range.begin, range.end);
  std::vector<std::string> keys;
  const auto flush = [&] {
    return perform<bool>([&](auto done) {
      return make_expiry_chunk(target, std::exchange(keys, {}), std::move(done));
    });
  };
  for (; rows->Valid(); rows->Next()) {
    if (stopping_) return stopped();
    if (!expires(table, ItemView(rows->value().ToStringView()))) continue;
    keys.push_back(rows->key().ToString());
    if (keys.size() < kChunkRows) continue;
    const auto there = flush();
    if (there.has_error()) return there.error();
    if (!*there) return {};
  }
  if (auto status = rows.status(); status.has_error()) return status;
  const auto there = flush();
  if (there.has_error()) return there.error();
  const auto filled =
      perform<bool>([&](auto done) { return make_expiry_filled(target, std::move(done)); });
  if (filled.has_error()) return filled.error();
  return {};
}

Result<std::uint64_t> Housekeeper::expire() {
  std::lock_guard sweeping(sweeping_);
  if (auto done = fill_all(); done.has_error()) return done.error();
  std::uint64_t deleted = 0;
  for (const auto& table : catalog_.all()) {
    if (table->ttl.attribute.empty()) continue;
    const auto of_table = expire_rows(table);
    if (of_table.has_error()) return of_table.error();
    deleted += *of_table;
  }
  return deleted;
}

Result<std::uint64_t> Housekeeper::expire_rows(const TablePtr& table) {
  const auto range = expired_at(table->number, now_());
  const Sweep entries(storage_, range.begin, range.end);
  std::uint64_t deleted = 0;
  std::vector<std::string> chunk;
  while (entries->Valid() || !chunk.empty()) {
    if (stopping_) return stopped();
    for (; entries->Valid() && chunk.size() < kExpiryChunk; entries->Next())
      chunk.push_back(entries->key().ToString());
    const auto outcome = perform<Expiries>(
        [&](auto done) { return make_expire_rows(table, chunk, std::move(done)); });
    if (outcome.has_error()) return outcome.error();
    deleted += outcome->deleted;
    chunk.erase(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(outcome->looked_at));
  }
  if (auto status = entries.status(); status.has_error()) return status.error();
  return deleted;
}

Result<void> Housekeeper::tend_streams() {
  std::lock_guard sweeping(sweeping_);
  for (const auto& stream : catalog_.streams().all()) {
    if (stopping_) return stopped();
    if (auto done = tend(*stream); done.has_error()) return done;
  }
  return {};
}

Result<void> Housekeeper::tend(const StreamState& stream) {
  const auto now = now_();
  std::vector<StreamTrim> trims;
  for (const auto& shard : stream.shards) {
    const auto kept = first_kept(shard, now);
    if (kept.has_error()) return kept.error();
    if (*kept > shard.trimmed_before) trims.push_back({shard.number, *kept});
  }
  if (trims.empty() && !is_due(stream, now)) return {};
  const auto done = perform<bool>([&](auto completion) {
    return make_stream_upkeep(stream.name, std::move(trims), std::move(completion));
  });
  if (done.has_error()) return done.error();
  return {};
}

// The number from which on records are kept.
Result<std::uint64_t> Housekeeper::first_kept(const ShardState& shard, base::Timestamp now) const {
  std::uint64_t kept = shard.trimmed_before;
  const Sweep records(storage_, record_key(shard.number, shard.trimmed_before),
                      prefix_end(shard_prefix(shard.number)));
  const auto age = [&] { return now - record_time(records->value().ToStringView()); };
  if (records->Valid() && age() < kStreamRetention + kTrimInterval) return kept;
  for (; records->Valid() && age() >= kStreamRetention; records->Next()) {
    if (stopping_) return stopped();
    kept = record_number(records->key().ToStringView()) + 1;
  }
  if (auto status = records.status(); status.has_error()) return status.error();
  return kept;
}

}  // namespace dynamodb::local
