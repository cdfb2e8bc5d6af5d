// On disk (key_codec.h tells the keys):
//   0x00 'V'            -> format version, one byte
//   0x00 'N'            -> the next table number, u32
//   0x00 'T' name       -> a TableState as a packed item
//   0x00 'C' number:u32 -> TableCounts: (index:u16 items:u64 bytes:u64)*
#include "dynamodb/local/catalog.h"

#include <mutex>

#include "dynamodb/arn.h"
#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr char kFormatVersion = 1;
// Of a table's record. 1 (without a version in it): no settings, tags and keys of several
// attributes.
constexpr int kRecordVersion = 2;

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

AttributeValue attributes_value(const std::vector<KeyAttribute>& attributes) {
  List list;
  for (const auto& attribute : attributes) {
    list.emplace_back(Map{{"name", attribute.name}, {"type", static_cast<int>(attribute.type)}});
  }
  return list;
}

AttributeValue key_value(const KeySchema& schema) {
  Map value{{"partition", schema.partition.name},
            {"partition_type", static_cast<int>(schema.partition.type)}};
  if (schema.sort) {
    value.emplace("sort", schema.sort->name);
    value.emplace("sort_type", static_cast<int>(schema.sort->type));
  }
  if (!schema.more_partition.empty())
    value.emplace("more_partition", attributes_value(schema.more_partition));
  if (!schema.more_sort.empty()) value.emplace("more_sort", attributes_value(schema.more_sort));
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

std::uint64_t units(const Map& map, std::string_view name) {
  const auto it = map.find(name);
  return it == map.end() ? 0
                         : static_cast<std::uint64_t>(it->second.as<Number>().to_int64().value());
}
std::optional<base::Timestamp> time(const Map& map, std::string_view name) {
  const auto it = map.find(name);
  if (it == map.end()) return std::nullopt;
  return base::Timestamp(std::chrono::microseconds(it->second.as<Number>().to_int64().value()));
}

std::vector<KeyAttribute> read_attributes(const Map& map, std::string_view name) {
  std::vector<KeyAttribute> attributes;
  const auto it = map.find(name);
  if (it == map.end()) return attributes;
  for (const auto& element : it->second.as<List>()) {
    const auto& attribute = element.as<Map>();
    attributes.push_back({text(attribute, "name"), static_cast<Type>(integer(attribute, "type"))});
  }
  return attributes;
}

KeySchema read_key(const Map& map) {
  KeySchema schema{
      .partition = {text(map, "partition"), static_cast<Type>(integer(map, "partition_type"))}};
  if (map.contains("sort"))
    schema.sort = KeyAttribute{text(map, "sort"), static_cast<Type>(integer(map, "sort_type"))};
  schema.more_partition = read_attributes(map, "more_partition");
  schema.more_sort = read_attributes(map, "more_sort");
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

// Members that are not set are left out.
void put_units(Map& map, const char* name, std::uint64_t value) {
  if (value != 0) map.emplace(name, static_cast<std::int64_t>(value));
}
void put_time(Map& map, const char* name, const std::optional<base::Timestamp>& value) {
  if (value) map.emplace(name, value->time_since_epoch().count());
}
void put_throughput(Map& map, const Throughput& provisioned, const Throughput& limit,
                    const Throughput& warm) {
  put_units(map, "read_units", provisioned.read_units);
  put_units(map, "write_units", provisioned.write_units);
  put_units(map, "max_read_units", limit.read_units);
  put_units(map, "max_write_units", limit.write_units);
  put_units(map, "warm_read_units", warm.read_units);
  put_units(map, "warm_write_units", warm.write_units);
}

AttributeValue settings_value(const TableState& table) {
  const TableSettings& settings = table.settings;
  Map map{{"billing_mode", static_cast<int>(settings.billing_mode)},
          {"table_class", static_cast<int>(settings.table_class)},
          {"deletion_protection", settings.deletion_protection},
          {"recovery_period_days", static_cast<int>(table.recovery_period_days)}};
  put_throughput(map, settings.throughput, settings.on_demand_limit, settings.warm_throughput);
  if (settings.stream) map.emplace("stream", static_cast<int>(*settings.stream));
  if (settings.encryption.by_kms) map.emplace("kms_key", settings.encryption.key);
  put_time(map, "on_demand_since", table.on_demand_since);
  put_time(map, "table_class_changed_at", table.table_class_changed_at);
  put_time(map, "recovery_since", table.recovery_since);
  return map;
}

void read_settings(const Map& map, TableState& table) {
  TableSettings& settings = table.settings;
  settings.billing_mode = static_cast<BillingMode>(integer(map, "billing_mode"));
  settings.table_class = static_cast<TableClass>(integer(map, "table_class"));
  settings.deletion_protection = member(map, "deletion_protection").as<bool>();
  table.recovery_period_days = static_cast<std::uint32_t>(integer(map, "recovery_period_days"));
  settings.throughput = {units(map, "read_units"), units(map, "write_units")};
  settings.on_demand_limit = {units(map, "max_read_units"), units(map, "max_write_units")};
  settings.warm_throughput = {units(map, "warm_read_units"), units(map, "warm_write_units")};
  if (map.contains("stream")) settings.stream = static_cast<StreamViewType>(integer(map, "stream"));
  if (map.contains("kms_key")) settings.encryption = {true, text(map, "kms_key")};
  table.on_demand_since = time(map, "on_demand_since");
  table.table_class_changed_at = time(map, "table_class_changed_at");
  table.recovery_since = time(map, "recovery_since");
}

std::string encode(const TableState& table) {
  List indexes;
  for (const auto& index : table.indexes) {
    List names;
    for (const auto& name : index.definition.non_key_attributes) names.emplace_back(name);
    Map value{{"name", index.definition.name},
              {"key", key_value(index.definition.key)},
              {"projection", static_cast<int>(index.definition.projection)},
              {"non_key_attributes", std::move(names)},
              {"number", static_cast<int>(index.number)},
              {"global", index.global},
              {"status", static_cast<int>(index.status)}};
    put_throughput(value, index.definition.throughput, index.definition.on_demand_limit,
                   index.definition.warm_throughput);
    indexes.emplace_back(std::move(value));
  }
  Map tags;
  for (const auto& [key, value] : table.tags) tags.emplace(key, value);
  return PackedItem(Item{{"record_version", kRecordVersion},
                         {"name", table.name},
                         {"settings", settings_value(table)},
                         {"tags", std::move(tags)},
                         {"key", key_value(table.key)},
                         {"number", static_cast<std::int64_t>(table.number)},
                         {"next_index_number", static_cast<int>(table.next_index_number)},
                         {"id", table.id},
                         {"created_at", table.created_at.time_since_epoch().count()},
                         {"indexes", std::move(indexes)},
                         {"ttl", ttl_value(table.ttl)}})
      .bytes();
}

// Throws std::exception where it cannot be read.
TableState decode(std::string_view bytes) {
  const Item item = unpack(ItemView(bytes));
  const int version = item.contains("record_version") ? integer(item, "record_version") : 1;
  if (version > kRecordVersion) {
    throw OpenException(OpenFailure::unusable,
                        "the data directory was written by a newer version of this program");
  }
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
    index.definition.throughput = {units(map, "read_units"), units(map, "write_units")};
    index.definition.on_demand_limit = {units(map, "max_read_units"),
                                        units(map, "max_write_units")};
    index.definition.warm_throughput = {units(map, "warm_read_units"),
                                        units(map, "warm_write_units")};
    table.indexes.push_back(std::move(index));
  }
  if (version == 1) {
    table.on_demand_since = table.created_at;  // all tables were on demand
    return table;
  }
  read_settings(item.at("settings").as<Map>(), table);
  for (const auto& [key, value] : item.at("tags").as<Map>())
    table.tags.emplace(key, value.as<std::string>());
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
    } catch (const OpenException&) {
      throw;
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
  TableDefinition definition{.name = name, .key = key, .settings = settings, .tags = tags};
  for (const auto& index : indexes) {
    (index.global ? definition.global_indexes : definition.local_indexes)
        .push_back(index.definition);
  }
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
  const auto next = storage.read(next_number_key());
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

std::uint64_t Catalog::generation() const {
  for (;;) {
    const std::uint64_t generation = generation_.load();
    if (generation % 2 == 0) return generation;
    generation_.wait(generation);
  }
}

void Catalog::adopt(Catalog& other) {
  streams_.adopt(other.streams_);
  std::unique_lock lock(mutex_);
  tables_ = other.tables_;
  counts_ = other.counts_;
  next_table_number_ = std::max(next_table_number_, other.next_table_number_);
}

std::string Catalog::next_number_key() { return meta_key('N'); }

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
  TableDescription description{.definition = table.definition(),
                               .arn = table_arn(table.name),
                               .id = table.id,
                               .created_at = table.created_at,
                               .on_demand_since = table.on_demand_since,
                               .table_class_changed_at = table.table_class_changed_at};
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

TableDescription Catalog::describe_deleted(const TableState& table) {
  return {.definition = {.name = table.name, .settings = table.settings},
          .status = TableStatus::deleting,
          .arn = table_arn(table.name),
          .id = table.id,
          .created_at = table.created_at,
          .on_demand_since = table.on_demand_since};
}

void Catalog::write(rocksdb::WriteBatch& batch, const TableState& table) const {
  batch.Put(meta_key('T', table.name), encode(table));
}

void Catalog::write_new(rocksdb::WriteBatch& batch, const TableState& table) const {
  std::string next;
  append_u32(next, table.number + 1);
  batch.Put(next_number_key(), next);
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
