// On disk, under a key that key_codec.h tells:
//   record := event:u8 microseconds:u64 (since 1970) part part part
//   part   := size:u32 packed-item         (size 0: absent)
// The parts are the keys, the old image and the new image, as far as the view type shows them; the
// event is a StreamEvent, with kByTimeToLive added where the service deleted the item.
#include "dynamodb/local/stream_record.h"

#include <sodium.h>

#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr std::uint8_t kByTimeToLive = 0x80;

bool shows_old(StreamViewType type) {
  return type == StreamViewType::old_image || type == StreamViewType::new_and_old_images;
}
bool shows_new(StreamViewType type) {
  return type == StreamViewType::new_image || type == StreamViewType::new_and_old_images;
}

PackedItem key_of(const StreamState& stream, ItemView item) {
  ItemPacker packer;
  for (const auto& name : stream.key) {
    if (const auto value = item.find(name)) packer.add(name, *value);
  }
  return std::move(packer).finish();
}

void append_part(std::string& out, std::string_view item) {
  append_u32(out, static_cast<std::uint32_t>(item.size()));
  out += item;
}

std::optional<PackedItem> take_part(std::string_view& rest) {
  const auto size = static_cast<std::size_t>(read_big_endian(rest.substr(0, 4)));
  rest.remove_prefix(4);
  if (size == 0) return std::nullopt;
  PackedItem item{std::string(rest.substr(0, size))};
  rest.remove_prefix(size);
  return item;
}

StreamEvent event_of(const RowChange& change) {
  if (!change.before) return StreamEvent::insert;
  return change.after ? StreamEvent::modify : StreamEvent::remove;
}

// The same for one record whenever it is read, and another for every other.
std::string event_id(const StreamState& stream, std::uint64_t number) {
  const std::string text =
      stream.name.table + '/' + stream.name.label + '/' + sequence_number_text(number);
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::string hex(2 * hash.size() + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  hex.pop_back();  // its zero
  return hex;
}

}  // namespace

std::string shard_prefix(std::uint64_t shard) {
  std::string key(1, kStreamPrefix);
  append_u64(key, shard);
  return key;
}
std::string record_key(std::uint64_t shard, std::uint64_t number) {
  std::string key = shard_prefix(shard);
  append_u64(key, number);
  return key;
}
std::uint64_t record_number(std::string_view key) { return read_big_endian(key.substr(9)); }

void add_stream_record(Group& group, const RowChange& change, bool by_time_to_live) {
  const StreamPtr& stream = change.table->stream;
  if (stream == nullptr || !stream->is_open()) return;
  std::string value(1, static_cast<char>(static_cast<unsigned>(event_of(change)) |
                                         (by_time_to_live ? kByTimeToLive : 0u)));
  append_u64(value, static_cast<std::uint64_t>(group.now().time_since_epoch().count()));
  const auto& any = change.after ? change.after : change.before;
  append_part(value, key_of(*stream, any->view()).bytes());
  const auto append_image = [&value](const std::optional<PackedItem>& image, bool shown) {
    append_part(value, shown && image ? std::string_view(image->bytes()) : std::string_view());
  };
  append_image(change.before, shows_old(stream->view_type));
  append_image(change.after, shows_new(stream->view_type));
  group.put_entry(record_key(stream->shards.back().number, group.take_number()), value);
}

base::Timestamp record_time(std::string_view value) {
  return base::Timestamp(
      std::chrono::microseconds(static_cast<std::int64_t>(read_big_endian(value.substr(1, 8)))));
}

StreamRecord read_stream_record(const StreamState& stream, std::uint64_t number,
                                std::string_view value) {
  const auto event = static_cast<std::uint8_t>(value.front());
  StreamRecord record{.id = event_id(stream, number),
                      .event = static_cast<StreamEvent>(event & ~unsigned{kByTimeToLive}),
                      .region = std::string(kLocalRegion),
                      .created_at = std::chrono::floor<std::chrono::seconds>(record_time(value)),
                      .sequence_number = sequence_number_text(number),
                      .view_type = stream.view_type,
                      .by_time_to_live = (event & kByTimeToLive) != 0};
  std::string_view rest = value.substr(9);
  if (auto keys = take_part(rest)) record.keys = std::move(*keys);
  record.old_image = take_part(rest);
  record.new_image = take_part(rest);
  record.size_bytes = item_size(record.keys.view());
  if (record.old_image) record.size_bytes += item_size(record.old_image->view());
  if (record.new_image) record.size_bytes += item_size(record.new_image->view());
  return record;
}

}  // namespace dynamodb::local
