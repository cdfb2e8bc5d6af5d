// On disk (key_codec.h tells the keys):
//   0x00 'V'            -> format version, one byte
//   0x00 'N'            -> the next table number, u32
//   0x00 'T' name       -> a TableState as a packed item
//   0x00 'C' number:u32 -> TableCounts: (index:u16 items:u64 bytes:u64)*
#include "dynamodb/local/catalog.h"

#include <mutex>

#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr char kFormatVersion = 1;

std::string meta_key(char kind, std::string_view rest = {}) {
  std::string key{kMetaPrefix, kind};
  key += rest;
  return key;
}

std::string counts_key(std::uint32_t table) {
  std::string key = meta_key('C');
  append_u32(key, table);
  return key;
}

AttributeValue key_value(const KeySchema& schema) {
  Map value{{"partition", schema.partition.name},
            {"partition_type", static_cast<int>(schema.partition.type)}};
  if (schema.sort) {
    value.emplace("sort", schema.sort->name);
    value.emplace("sort_type", static_cast<int>(schema.sort->type));
  }
  return value;
}

// Throws std::out_of_range where it is missing.
const AttributeValue& member(const Map& map, std::string_view name) {
  const auto it = map.find(name);
  if (it == map.end()) throw std::out_of_range(std::string(name));
  return it->second;
}
const std::string& text(const Map& map, std::string_view name) {
  return member(map, name).as<std::string>();
}
int integer(const Map& map, std::string_view name) {
  return static_cast<int>(member(map, name).as<Number>().to_int64().value());
}

KeySchema read_key(const Map& map) {
  KeySchema schema{
      .partition = {text(map, "partition"), static_cast<Type>(integer(map, "partition_type"))}};
  if (map.contains("sort"))
    schema.sort = KeyAttribute{text(map, "sort"), static_cast<Type>(integer(map, "sort_type"))};
  return schema;
}

AttributeValue ttl_value(const TimeToLiveState& ttl) {
  return Map{{"attribute", ttl.attribute},
             {"generation", static_cast<std::int64_t>(ttl.generation)},
             {"filling", ttl.filling}};
}

// A table of before there was time to live has none.
TimeToLiveState read_ttl(const Item& table) {
  if (!table.contains("ttl")) return {};
  const auto& map = table.at("ttl").as<Map>();
  return {.attribute = text(map, "attribute"),
          .generation = member(map, "generation").as<Number>().to_uint64().value(),
          .filling = member(map, "filling").as<bool>()};
}

std::string encode(const TableState& table) {
  List indexes;
  for (const auto& index : table.indexes) {
    List names;
    for (const auto& name : index.definition.non_key_attributes) names.emplace_back(name);
    indexes.emplace_back(Map{{"name", index.definition.name},
                             {"key", key_value(index.definition.key)},
                             {"projection", static_cast<int>(index.definition.projection)},
                             {"non_key_attributes", std::move(names)},
                             {"number", static_cast<int>(index.number)},
                             {"global", index.global},
                             {"status", static_cast<int>(index.status)}});
  }
  return PackedItem(Item{{"name", table.name},
                         {"key", key_value(table.key)},
                         {"number", static_cast<std::int64_t>(table.number)},
                         {"next_index_number", static_cast<int>(table.next_index_number)},
                         {"id", table.id},
                         {"created_at", table.created_at.time_since_epoch().count()},
                         {"indexes", std::move(indexes)},
                         {"ttl", ttl_value(table.ttl)}})
      .bytes();
}

TableState decode(std::string_view bytes) {
  const Item item = unpack(ItemView(bytes));
  TableState table{.name = text(item, "name"), .key = read_key(item.at("key").as<Map>())};
  table.number = static_cast<std::uint32_t>(item.at("number").as<Number>().to_int64().value());
  table.next_index_number = static_cast<std::uint16_t>(integer(item, "next_index_number"));
  table.id = text(item, "id");
  table.created_at = base::Timestamp(
      std::chrono::microseconds(item.at("created_at").as<Number>().to_int64().value()));
  table.ttl = read_ttl(item);
  for (const auto& element : item.at("indexes").as<List>()) {
    const auto& map = element.as<Map>();
    IndexState index{
        .definition = {.name = text(map, "name"),
                       .key = read_key(map.at("key").as<Map>()),
                       .projection = static_cast<ProjectionType>(integer(map, "projection"))},
        .number = static_cast<std::uint16_t>(integer(map, "number")),
        .global = map.at("global").as<bool>(),
        .status = static_cast<IndexStatus>(integer(map, "status"))};
    for (const auto& name : map.at("non_key_attributes").as<List>()) {
      index.definition.non_key_attributes.push_back(name.as<std::string>());
    }
    table.indexes.push_back(std::move(index));
  }
  return table;
}

TableCounts decode_counts(std::string_view bytes) {
  TableCounts counts;
  for (; bytes.size() >= 18; bytes.remove_prefix(18)) {
    counts[static_cast<std::uint16_t>(read_big_endian(bytes.substr(0, 2)))] = {
        read_big_endian(bytes.substr(2, 8)), read_big_endian(bytes.substr(10, 8))};
  }
  return counts;
}

[[noreturn]] void damaged(const std::string& what) {
  throw OpenException(OpenFailure::unusable, "the data directory is damaged: " + what);
}

TableState read_table(std::string_view record) {
  if (is_packed_item(record)) {
    try {
      return decode(record);
    } catch (const std::exception&) {  // a member is missing, or of another type
    }
  }
  damaged("the record of a table cannot be read");
}

}  // namespace

const IndexState* TableState::index(std::string_view index_name) const {
  for (const auto& index : indexes) {
    if (index.definition.name == index_name) return &index;
  }
  return nullptr;
}

bool TableState::has_local_index() const {
  return std::any_of(indexes.begin(), indexes.end(),
                     [](const IndexState& index) { return !index.global; });
}

TableDefinition TableState::definition() const {
  TableDefinition definition{.name = name, .key = key};
  for (const auto& index : indexes) {
    (index.global ? definition.global_indexes : definition.local_indexes)
        .push_back(index.definition);
  }
  if (stream != nullptr && stream->is_open()) definition.settings.stream = stream->view_type;
  return definition;
}

Error table_not_found() { return resource_not_found("Requested resource not found"); }
Error table_not_found(const std::string& table) {
  return resource_not_found("Requested resource not found: Table: " + table + " not found");
}

Catalog::Catalog(Storage& storage) : streams_(storage) {
  const auto version = storage.read(meta_key('V'));
  if (version.has_error()) throw OpenException(OpenFailure::unusable, version.error().message);
  if (!*version) {
    rocksdb::WriteBatch batch;
    batch.Put(meta_key('V'), std::string(1, kFormatVersion));
    if (const auto done = storage.commit(batch); done.has_error()) {
      throw OpenException(OpenFailure::unusable, done.error().message);
    }
  } else if (**version != std::string(1, kFormatVersion)) {
    throw OpenException(OpenFailure::unusable,
                        "the data directory was written by another version of this program");
  }
  const auto next = storage.read(meta_key('N'));
  if (next.has_error()) throw OpenException(OpenFailure::unusable, next.error().message);
  if (*next) next_table_number_ = static_cast<std::uint32_t>(read_big_endian(**next));
  const auto it = storage.iterate({});
  for (it->Seek(meta_key('T')); it->Valid() && it->key().starts_with(meta_key('T')); it->Next()) {
    auto table = read_table(it->value().ToStringView());
    table.stream = streams_.latest(table.number);
    next_table_number_ = std::max(next_table_number_, table.number + 1);
    const auto counts = storage.read(counts_key(table.number));
    if (counts.has_error()) throw OpenException(OpenFailure::unusable, counts.error().message);
    if (*counts) counts_[table.number] = decode_counts(**counts);
    const std::string name = table.name;
    tables_.emplace(name, std::make_shared<const TableState>(std::move(table)));
  }
  if (!it->status().ok()) damaged(it->status().ToString());
}

TablePtr Catalog::find(std::string_view name) const {
  std::shared_lock lock(mutex_);
  const auto it = tables_.find(name);
  return it == tables_.end() ? nullptr : it->second;
}

std::vector<std::string> Catalog::names_after(std::string_view name, std::size_t limit) const {
  std::shared_lock lock(mutex_);
  std::vector<std::string> names;
  for (auto it = tables_.upper_bound(name); it != tables_.end() && names.size() < limit; ++it) {
    names.push_back(it->first);
  }
  return names;
}

std::vector<TablePtr> Catalog::all() const {
  std::shared_lock lock(mutex_);
  std::vector<TablePtr> tables;
  for (const auto& [name, table] : tables_) tables.push_back(table);
  return tables;
}

TableCounts Catalog::counts(const TableState& table) const {
  std::shared_lock lock(mutex_);
  const auto it = counts_.find(table.number);
  return it == counts_.end() ? TableCounts() : it->second;
}

TableDescription Catalog::describe(const TableState& table) const {
  TableCounts all = counts(table);
  TableDescription description{
      .definition = table.definition(), .id = table.id, .created_at = table.created_at};
  if (table.stream != nullptr) description.latest_stream_label = table.stream->name.label;
  description.item_count = all[0].items;
  description.size_bytes = all[0].bytes;
  for (const auto& index : table.indexes) {
    (index.global ? description.global_indexes : description.local_indexes)
        .push_back({.definition = index.definition,
                    .status = index.status,
                    .backfilling = index.status == IndexStatus::creating,
                    .item_count = all[index.number].items,
                    .size_bytes = all[index.number].bytes});
    if (index.status != IndexStatus::active) description.status = TableStatus::updating;
  }
  return description;
}

void Catalog::write(rocksdb::WriteBatch& batch, const TableState& table) const {
  batch.Put(meta_key('T', table.name), encode(table));
}

void Catalog::write_new(rocksdb::WriteBatch& batch, const TableState& table) const {
  std::string next;
  append_u32(next, table.number + 1);
  batch.Put(meta_key('N'), next);
  write(batch, table);
}

void Catalog::write_removal(rocksdb::WriteBatch& batch, const TableState& table) const {
  batch.Delete(meta_key('T', table.name));
  batch.Delete(counts_key(table.number));
}

void Catalog::write_counts(rocksdb::WriteBatch& batch, std::uint32_t table,
                           const TableCounts& counts) {
  std::string bytes;
  for (const auto& [index, count] : counts) {
    append_u16(bytes, index);
    append_u64(bytes, count.items);
    append_u64(bytes, count.bytes);
  }
  batch.Put(counts_key(table), bytes);
}

void Catalog::publish(TablePtr table) {
  if (table->stream != nullptr) streams_.publish(table->stream);
  std::unique_lock lock(mutex_);
  next_table_number_ = std::max(next_table_number_, table->number + 1);
  tables_.insert_or_assign(table->name, std::move(table));
}

void Catalog::publish_stream(const StreamPtr& stream) {
  streams_.publish(stream);
  replace_stream(*stream, stream);
}

void Catalog::publish_stream_removal(const StreamState& stream) {
  streams_.publish_removal(stream.name);
  replace_stream(stream, nullptr);
}

void Catalog::replace_stream(const StreamState& stream, const StreamPtr& by) {
  const TablePtr table = find(stream.name.table);
  if (table == nullptr || table->stream == nullptr || table->stream->name != stream.name) return;
  TableState changed = *table;
  changed.stream = by;
  publish(std::make_shared<const TableState>(std::move(changed)));
}

void Catalog::publish_removal(const TableState& table) {
  if (table.stream != nullptr) streams_.publish(table.stream);
  std::unique_lock lock(mutex_);
  counts_.erase(table.number);
  // Last: `table` may be the entry's own state.
  const auto it = tables_.find(table.name);
  if (it != tables_.end() && it->second->number == table.number) tables_.erase(it);
}

void Catalog::publish_counts(std::uint32_t table, TableCounts counts) {
  std::unique_lock lock(mutex_);
  counts_.insert_or_assign(table, std::move(counts));
}

}  // namespace dynamodb::local
