#include "dynamodb/local/page_reader.h"

#include <algorithm>

#include <rocksdb/snapshot.h>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/index_lag.h"
#include "dynamodb/limits.h"
#include "dynamodb/local/capacity.h"
#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/validation.h"

namespace dynamodb::local {
namespace {

// Whether the index's entries lack something that is asked for, so that rows must be fetched from
// the table. Only an LSI does that.
bool needs_rows(const PageRequest& request) {
  const IndexState* index = request.source.index;
  if (index == nullptr || index->global || index->definition.projection == ProjectionType::all)
    return false;
  if (request.select == Select::all_attributes) return true;
  const auto missing = [&](std::string_view attribute) {
    return !projects(request.source.table, index->definition, attribute);
  };
  for (const Path& path : request.projection) {
    if (missing(path.top())) return true;
  }
  for (const auto& attribute : named_attributes(request.filter)) {
    if (missing(attribute)) return true;
  }
  return false;
}

Item key_attributes(const Source& source, ItemView item) {
  Item key;
  const auto copy = [&](const KeyAttribute& attribute, bool) {
    if (const auto value = item.find(attribute.name))
      key.insert_or_assign(attribute.name, unpack(*value));
  };
  source.table.key.for_each(copy);
  if (source.index != nullptr) source.index->definition.key.for_each(copy);
  return key;
}

// Room that is made before the first item: so many, of its size.
constexpr std::size_t kLikely = 24;
constexpr std::size_t kLikelyBytes = 64 << 10;

// Ranges up to so many times what is wanted are walked forwards to be read backwards.
constexpr std::size_t kMostPages = 4;

// What is in the memtable lies about, and each of its lines would be waited for, as where the next
// value begins is read from the one before. So the lines of values that come soon are asked for all
// at once: the beginning of long ones will do. (A list of 1,000 rows that were just written takes
// ddb-local an eighth less.) Always inlined: GCC holds a function that only asks for lines to have
// no effect, and drops calls of it.
constexpr std::ptrdiff_t kAhead = 8;
[[gnu::always_inline]] inline void fetch_into_cache(std::string_view bytes) {
  constexpr std::size_t kLine = 64, kMost = 2048;
  for (std::size_t at = 0; at < std::min(bytes.size(), kMost); at += kLine)
    __builtin_prefetch(bytes.data() + at);
}

class PageReader {
 public:
  PageReader(const Storage& storage, const PageRequest& request)
      : storage_(storage), request_(request), needs_rows_(needs_rows(request)) {
    // An iterator sees one state of the database by itself.
    if (needs_rows_) snapshot_.emplace(&storage.db());
    if (request.source.index != nullptr && request.source.index->global)
      lagging_ = storage.index_view(IndexLagScope::current());
    lower_ = rocksdb::Slice(request.range.begin);
    upper_ = rocksdb::Slice(request.range.end);
    if (lagging_ != nullptr) {
      options_.snapshot = lagging_.get();
    } else if (snapshot_) {
      options_.snapshot = snapshot_->snapshot();
    }
    options_.iterate_lower_bound = &lower_;
    options_.iterate_upper_bound = &upper_;
  }

  Result<PageResult> read() {
    result_.consumed.table = request_.source.table.name;
    if (!request_.range.empty()) {
      if (auto done = walk(); done.has_error()) return done.error();
    }
    count_capacity();
    return std::move(result_);
  }

 private:
  Result<void> walk() {
    const bool collected = !request_.forward && is_worth_collecting();
    options_.pin_data = collected;  // values stay where they are while the iterator lives
    const auto it = storage_.iterate(options_);
    if (collected) {
      const auto entries = collect(*it);
      if (!it->status().ok()) return storage_error(it->status());
      if (entries) return take_backwards(*entries);
    }
    for (request_.forward ? it->SeekToFirst() : it->SeekToLast(); it->Valid();
         request_.forward ? it->Next() : it->Prev()) {
      const auto full = take_entry(it->value().ToStringView());
      if (full.has_error()) return full.error();
      if (*full) return {};
    }
    if (!it->status().ok()) return storage_error(it->status());
    return {};
  }

  // A step backwards over what is not flushed is a search of the memtable, at about ten times the
  // price of a step forwards. So where a range hardly holds more than a long page, it is walked
  // forwards, keeping where the entries are, and these are taken from the last on. Of what is not
  // flushed the estimate may be wrong by half of all there is, so it only rules out what is far too
  // much; collect() stops in time.
  bool is_worth_collecting() const {
    constexpr std::uint64_t kLong = 256, kMostEstimated = 4 * kMostPages;
    if (request_.limit.value_or(kLong) < kLong) return false;
    const rocksdb::Range range(lower_, upper_);
    std::uint64_t entries = 0, bytes = 0, in_files = 0;
    storage_.db().GetApproximateMemTableStats(range, &entries, &bytes);
    if (bytes > kMostEstimated * kMaxPageSize ||
        (request_.limit && entries > kMostEstimated * *request_.limit))
      return false;
    return storage_.db().GetApproximateSizes(&range, 1, &in_files).ok() && in_files <= kMaxPageSize;
  }

  // The range's values, in order; nullopt: they are more than kMostPages hold. Valid as long as
  // `it`.
  std::optional<std::vector<std::string_view>> collect(rocksdb::Iterator& it) const {
    std::vector<std::string_view> entries;
    std::size_t bytes = 0;
    for (it.SeekToFirst(); it.Valid(); it.Next()) {
      entries.push_back(it.value().ToStringView());
      bytes += entries.back().size();
      if (bytes > kMostPages * kMaxPageSize ||
          (request_.limit && entries.size() > kMostPages * *request_.limit))
        return std::nullopt;
    }
    return entries;
  }

  Result<void> take_backwards(const std::vector<std::string_view>& entries) {
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (entries.rend() - entry > kAhead) fetch_into_cache(entry[kAhead]);
      const auto full = take_entry(*entry);
      if (full.has_error()) return full.error();
      if (*full) break;
    }
    return {};
  }

  // Whether the page is full with it.
  Result<bool> take_entry(std::string_view packed) {
    if (auto done = take(packed); done.has_error()) return done.error();
    const bool full = bytes_ + fetched_bytes_ >= kMaxPageSize ||
                      (request_.limit && result_.scanned_count >= *request_.limit);
    if (full) result_.last_evaluated_key = key_attributes(request_.source, ItemView(packed));
    return full;
  }

  // `packed`: an entry of what is read.
  Result<void> take(std::string_view packed) {
    ++result_.scanned_count;
    bytes_ += item_size(ItemView(packed));
    const std::string_view entry = packed;
    rocksdb::PinnableSlice row;
    if (needs_rows_) {
      if (auto found = fetch_row(ItemView(packed), row); found.has_error()) return found;
      packed = row.ToStringView();
    }
    if (!evaluate(request_.filter, ItemView(packed))) return {};
    ++result_.count;
    if (request_.select == Select::count) return {};
    make_room(packed.size());
    if (request_.projection.empty()) {
      // A row that was fetched for the filter alone is not what was asked for.
      result_.items.add(request_.select == Select::all_attributes ? packed : entry);
    } else {
      result_.items.add(project(ItemView(packed), request_.projection).bytes());
    }
    return {};
  }

  // Rows of one table are mostly alike: room for a few of the first's size, then for as many as the
  // page may have, at their mean size. Growing step by step would copy, and fault in, twice as
  // much.
  void make_room(std::size_t size) {
    const std::size_t have = result_.items.size(), limit = request_.limit.value_or(kMaxPageSize);
    if (have == 0) {
      const std::size_t likely = std::min(limit, kLikely);
      result_.items.reserve(likely, std::min(likely * size, kLikelyBytes));
    } else if (have == kLikely) {
      const std::size_t mean = result_.items.bytes() / have + 1;
      const std::size_t most = std::min(limit, kMaxPageSize / mean + 1);
      result_.items.reserve(most, most * (mean + mean / 8));
    }
  }

  Result<void> fetch_row(ItemView entry, rocksdb::PinnableSlice& row) {
    std::string key = row_prefix(request_.source.table.number, 0);
    append_key(key, request_.source.table.key, entry);
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_->snapshot();
    const auto status = storage_.db().Get(options, storage_.db().DefaultColumnFamily(), key, &row);
    if (!status.ok()) return storage_error(status);
    const std::size_t size = item_size(ItemView(row.ToStringView()));
    fetched_bytes_ += size;
    result_.consumed.table_units += read_units(size, request_.consistent_read);
    return {};
  }

  void count_capacity() {
    const double units = read_units(bytes_, request_.consistent_read);
    if (request_.source.index == nullptr) {
      result_.consumed.table_units = units;
      return;
    }
    auto& arms = request_.source.index->global ? result_.consumed.global_indexes
                                               : result_.consumed.local_indexes;
    arms[request_.source.index->definition.name] = units;
  }

  const Storage& storage_;
  const PageRequest& request_;
  const bool needs_rows_;
  std::optional<rocksdb::ManagedSnapshot> snapshot_{};  // where rows are fetched for entries
  std::shared_ptr<const rocksdb::Snapshot> lagging_{};  // of a global index that lags
  rocksdb::Slice lower_, upper_;
  rocksdb::ReadOptions options_;
  std::size_t bytes_ = 0;          // of the entries walked
  std::size_t fetched_bytes_ = 0;  // of the rows fetched for them
  PageResult result_;
};

}  // namespace

Result<PageResult> read_page(const Storage& storage, const PageRequest& request) {
  return PageReader(storage, request).read();
}

}  // namespace dynamodb::local
