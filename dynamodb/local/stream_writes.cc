#include "dynamodb/local/stream_writes.h"

#include <algorithm>
#include <cstdio>

#include "dynamodb/local/key_codec.h"
#include "dynamodb/local/stream_record.h"

namespace dynamodb::local {
namespace {

using Milliseconds = std::chrono::sys_time<std::chrono::milliseconds>;
constexpr auto kAll = static_cast<std::size_t>(-1);

// "2015-05-20T20:51:10.252"
std::string label_of(Milliseconds time) {
  return base::to_iso(time).substr(0, std::string_view("2015-05-20T20:51:10.252").size());
}

// Two streams of a table's name made within a millisecond have different labels all the same, in
// order of time.
std::string new_label(const StreamCatalog& streams, const std::string& table, base::Timestamp now) {
  const auto time = std::chrono::floor<std::chrono::milliseconds>(now);
  constexpr std::chrono::milliseconds kNext{1};
  const auto later = streams.after({table, label_of(time - kNext)}, table, kAll);
  if (later.empty()) return label_of(time);
  const auto last = base::parse_iso(later.back()->name.label);
  return label_of(std::chrono::floor<std::chrono::milliseconds>(last.value_or(now)) + kNext);
}

// As AWS's: the time in milliseconds in 20 digits, which sorts children after parents, and eight
// hexadecimal digits.
ShardState new_shard(Group& group, const ShardState* parent) {
  ShardState shard{.number = group.take_number(), .created_at = group.now()};
  auto time = std::chrono::floor<std::chrono::milliseconds>(shard.created_at);
  if (parent != nullptr) {
    shard.parent_id = parent->id;
    time = std::max(time, std::chrono::floor<std::chrono::milliseconds>(parent->created_at) +
                              std::chrono::milliseconds(1));
    shard.created_at = std::max<base::Timestamp>(shard.created_at, time);
  }
  shard.trimmed_before = shard.number;
  char id[40];
  std::snprintf(id, sizeof id, "shardId-%020lld-%08x",
                static_cast<long long>(std::max<std::int64_t>(time.time_since_epoch().count(), 0)),
                partition_hash(shard_prefix(shard.number)));
  shard.id = id;
  return shard;
}

void close_shard(Group& group, ShardState& shard) {
  shard.end = group.take_number();
  shard.closed_at = group.now();
}

bool is_over(const ShardState& shard, base::Timestamp now) {
  return !shard.is_open() && now - shard.closed_at >= kStreamRetention;
}

void open_stream(Group& group, TableState& table) {
  StreamState stream = new_stream(group, table);
  StreamCatalog::write(group.batch(), stream);
  table.stream = std::make_shared<const StreamState>(std::move(stream));
}

void close_stream(Group& group, TableState& table) {
  StreamState stream = *table.stream;
  close_shard(group, stream.shards.back());
  StreamCatalog::write(group.batch(), stream);
  table.stream = std::make_shared<const StreamState>(std::move(stream));
}

class StreamUpkeep : public Write {
 public:
  StreamUpkeep(StreamName name, std::vector<StreamTrim> trims, Completion<bool> done)
      : name_(std::move(name)), trims_(std::move(trims)), done_(std::move(done)) {}
  bool alone() const override { return true; }

  void evaluate(Group& group) override {
    catalog_ = &group.catalog();
    const StreamPtr current = catalog_->streams().find(name_);
    if (current == nullptr) return;
    StreamState stream = *current;
    trim(group, stream);
    retire_shards(group, stream);
    if (stream.shards.empty()) {
      removed_ = current;
      StreamCatalog::write_removal(group.batch(), *current);
      return;
    }
    if (stream.is_open() && group.now() - stream.shards.back().created_at >= kShardLifetime) {
      close_shard(group, stream.shards.back());
      stream.shards.push_back(new_shard(group, &stream.shards.back()));
    }
    StreamCatalog::write(group.batch(), stream);
    changed_ = std::make_shared<const StreamState>(std::move(stream));
  }

  void finish(const Error* failure) override {
    if (failure != nullptr) return done_(*failure);
    if (removed_ != nullptr) catalog_->publish_stream_removal(*removed_);
    if (changed_ != nullptr) catalog_->publish_stream(changed_);
    done_(true);
  }

 private:
  void trim(Group& group, StreamState& stream) const {
    for (const auto& trim : trims_) {
      const auto shard =
          std::find_if(stream.shards.begin(), stream.shards.end(),
                       [&trim](const ShardState& each) { return each.number == trim.shard; });
      if (shard == stream.shards.end() || trim.before <= shard->trimmed_before) continue;
      group.batch().DeleteRange(record_key(shard->number, shard->trimmed_before),
                                record_key(shard->number, trim.before));
      shard->trimmed_before = trim.before;
    }
  }

  static void retire_shards(Group& group, StreamState& stream) {
    const auto kept =
        std::find_if(stream.shards.begin(), stream.shards.end(),
                     [&](const ShardState& shard) { return !is_over(shard, group.now()); });
    for (auto shard = stream.shards.begin(); shard != kept; ++shard) {
      const std::string prefix = shard_prefix(shard->number);
      group.batch().DeleteRange(prefix, prefix_end(prefix));
    }
    const bool retired = kept != stream.shards.begin();
    stream.shards.erase(stream.shards.begin(), kept);
    if (retired && !stream.shards.empty()) stream.shards.front().parent_id.clear();
  }

  StreamName name_;
  std::vector<StreamTrim> trims_;
  Completion<bool> done_;
  Catalog* catalog_ = nullptr;
  StreamPtr changed_{}, removed_{};
};

}  // namespace

StreamState new_stream(Group& group, const TableState& table) {
  StreamState stream{
      .name = {table.name, new_label(group.catalog().streams(), table.name, group.now())},
      .table_number = table.number,
      .view_type = table.settings.stream.value(),
      .key = {table.key.partition.name},
      .created_at = group.now()};
  if (table.key.sort) stream.key.push_back(table.key.sort->name);
  stream.shards.push_back(new_shard(group, nullptr));
  return stream;
}

void follow_stream_setting(Group& group, TableState& table) {
  const bool is_open = table.stream != nullptr && table.stream->is_open();
  if (table.settings.stream.has_value() == is_open) return;
  if (is_open) {
    close_stream(group, table);
  } else {
    open_stream(group, table);
  }
}

bool is_due(const StreamState& stream, base::Timestamp now) {
  return is_over(stream.shards.front(), now) ||
         (stream.is_open() && now - stream.shards.back().created_at >= kShardLifetime);
}

std::unique_ptr<Write> make_stream_upkeep(StreamName stream, std::vector<StreamTrim> trims,
                                          Completion<bool> done) {
  return std::make_unique<StreamUpkeep>(std::move(stream), std::move(trims), std::move(done));
}

}  // namespace dynamodb::local
