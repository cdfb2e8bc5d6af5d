// On disk (key_codec.h tells the keys):
//   0x00 'Q'                    -> the first number that no record and no shard has, u64
//   0x00 'S' table 0x00 label   -> a StreamState as a packed item
#include "dynamodb/local/stream_state.h"

#include <algorithm>
#include <charconv>
#include <mutex>

#include "dynamodb/item_view.h"
#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

// Numbers are reserved on the disk this many at a time, so that most commits need not say what they
// used.
constexpr std::uint64_t kReservation = 10'000;
constexpr std::size_t kSequenceDigits = 21;

std::string numbers_key() { return {kMetaPrefix, 'Q'}; }
std::string streams_prefix() { return {kMetaPrefix, 'S'}; }
std::string stream_key(const StreamName& name) {
  return streams_prefix() + name.table + '\0' + name.label;  // neither holds a zero
}

AttributeValue number_value(std::uint64_t number) {
  return Number::from_canonical(std::to_string(number));
}
AttributeValue time_value(base::Timestamp time) { return time.time_since_epoch().count(); }

std::uint64_t number_of(const Map& map, std::string_view name) {
  return map.find(name)->second.as<Number>().to_uint64().value();
}
base::Timestamp time_of(const Map& map, std::string_view name) {
  return base::Timestamp(
      std::chrono::microseconds(map.find(name)->second.as<Number>().to_int64().value()));
}
const std::string& text_of(const Map& map, std::string_view name) {
  return map.find(name)->second.as<std::string>();
}

AttributeValue shard_value(const ShardState& shard) {
  return Map{{"number", number_value(shard.number)},
             {"id", shard.id},
             {"parent_id", shard.parent_id},
             {"trimmed_before", number_value(shard.trimmed_before)},
             {"end", number_value(shard.end)},
             {"created_at", time_value(shard.created_at)},
             {"closed_at", time_value(shard.closed_at)}};
}

std::string encode(const StreamState& stream) {
  List key, shards;
  for (const auto& name : stream.key) key.emplace_back(name);
  for (const auto& shard : stream.shards) shards.push_back(shard_value(shard));
  return PackedItem(Item{{"table", stream.name.table},
                         {"label", stream.name.label},
                         {"table_number", static_cast<std::int64_t>(stream.table_number)},
                         {"view_type", static_cast<int>(stream.view_type)},
                         {"key", std::move(key)},
                         {"created_at", time_value(stream.created_at)},
                         {"shards", std::move(shards)}})
      .bytes();
}

// REQUIRES: what encode() made. Anything else is damage, which a checksum of RocksDB's would have
// found.
StreamState decode(std::string_view bytes) {
  const Item item = unpack(ItemView(bytes));
  StreamState stream{.name = {text_of(item, "table"), text_of(item, "label")},
                     .table_number = static_cast<std::uint32_t>(number_of(item, "table_number")),
                     .view_type = static_cast<StreamViewType>(number_of(item, "view_type")),
                     .created_at = time_of(item, "created_at")};
  for (const auto& name : item.at("key").as<List>()) stream.key.push_back(name.as<std::string>());
  for (const auto& element : item.at("shards").as<List>()) {
    const auto& map = element.as<Map>();
    stream.shards.push_back({.number = number_of(map, "number"),
                             .id = text_of(map, "id"),
                             .parent_id = text_of(map, "parent_id"),
                             .trimmed_before = number_of(map, "trimmed_before"),
                             .end = number_of(map, "end"),
                             .created_at = time_of(map, "created_at"),
                             .closed_at = time_of(map, "closed_at")});
  }
  return stream;
}

}  // namespace

StreamCatalog::StreamCatalog(Storage& storage) {
  const auto reserved = storage.read(numbers_key());
  if (reserved.has_error()) throw OpenException(OpenFailure::unusable, reserved.error().message);
  if (*reserved) {
    next_number_ = reserved_ = being_reserved_ = read_big_endian(**reserved);
    committed_end_ = next_number_;
  }
  const auto it = storage.iterate({});
  const std::string prefix = streams_prefix();
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    const auto record = it->value().ToStringView();
    if (!is_packed_item(record)) {
      throw OpenException(OpenFailure::unusable,
                          "the data directory is damaged: the record of a stream cannot be read");
    }
    publish(std::make_shared<const StreamState>(decode(record)));
  }
  if (!it->status().ok()) throw OpenException(OpenFailure::unusable, it->status().ToString());
}

std::string StreamCatalog::keys_prefix() { return streams_prefix(); }

StreamPtr StreamCatalog::find(const StreamName& name) const {
  std::shared_lock lock(mutex_);
  const auto it = streams_.find(name);
  return it == streams_.end() ? nullptr : it->second;
}

StreamPtr StreamCatalog::latest(std::uint32_t table_number) const {
  std::shared_lock lock(mutex_);
  StreamPtr latest;
  for (const auto& [name, stream] : streams_) {
    if (stream->table_number == table_number) latest = stream;  // labels are in order of time
  }
  return latest;
}

std::vector<StreamPtr> StreamCatalog::after(const StreamName& name, std::string_view table,
                                            std::size_t limit) const {
  std::shared_lock lock(mutex_);
  std::vector<StreamPtr> found;
  // No stream has an empty label.
  auto it = streams_.upper_bound(std::max(name, StreamName{std::string(table), ""}));
  for (; it != streams_.end() && found.size() < limit; ++it) {
    if (!table.empty() && it->first.table != table) break;
    found.push_back(it->second);
  }
  return found;
}

void StreamCatalog::write_numbers(rocksdb::WriteBatch& batch) {
  if (next_number_ > reserved_) write_reservation(batch);
}

void StreamCatalog::write_reservation(rocksdb::WriteBatch& batch) {
  being_reserved_ = next_number_ + kReservation;
  std::string value;
  append_u64(value, being_reserved_);
  batch.Put(numbers_key(), value);
}

void StreamCatalog::publish_numbers() {
  reserved_ = being_reserved_;
  committed_end_ = next_number_;
}

void StreamCatalog::adopt(const StreamCatalog& other) {
  std::unique_lock lock(mutex_);
  streams_ = other.streams_;
  next_number_ = std::max(next_number_, other.next_number_);
  reserved_ = being_reserved_;
  committed_end_ = next_number_;
}

void StreamCatalog::write(rocksdb::WriteBatch& batch, const StreamState& stream) {
  batch.Put(stream_key(stream.name), encode(stream));
}
void StreamCatalog::write_removal(rocksdb::WriteBatch& batch, const StreamState& stream) {
  batch.Delete(stream_key(stream.name));
}

void StreamCatalog::publish(StreamPtr stream) {
  std::unique_lock lock(mutex_);
  streams_.insert_or_assign(stream->name, std::move(stream));
}
void StreamCatalog::publish_removal(const StreamName& name) {
  std::unique_lock lock(mutex_);
  streams_.erase(name);
}

std::string sequence_number_text(std::uint64_t number) {
  std::string text = std::to_string(number);
  text.insert(0, kSequenceDigits - 1 - text.size(), '0');
  return '1' + text;
}

std::optional<std::uint64_t> parse_sequence_number(std::string_view text) {
  if (text.size() != kSequenceDigits || text.front() != '1') return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data() + 1, text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace dynamodb::local
