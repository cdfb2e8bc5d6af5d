#include "dynamodb/local/index_entry.h"

#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr std::size_t kRowPrefixSize = 1 + 4 + 2;
constexpr std::size_t kHashSize = 4;

}  // namespace

bool projects(const TableState& table, const IndexDefinition& index, std::string_view attribute) {
  if (index.projection == ProjectionType::all || table.key.contains(attribute) ||
      index.key.contains(attribute)) {
    return true;
  }
  const auto& names = index.non_key_attributes;
  return index.projection == ProjectionType::include &&
         std::find(names.begin(), names.end(), attribute) != names.end();
}

std::optional<IndexEntry> make_index_entry(const TableState& table, const IndexState& index,
                                           std::string_view row_key, const PackedItem& item) {
  IndexEntry entry{.key = row_prefix(table.number, index.number), .value = {}};
  if (!append_key(entry.key, index.definition.key, item.view())) return std::nullopt;
  entry.key += row_key.substr(kRowPrefixSize + kHashSize);
  if (index.definition.projection == ProjectionType::all) {
    entry.value = item.bytes();
    return entry;
  }
  ItemPacker packer;
  for (const auto& [name, value] : item.view()) {
    if (projects(table, index.definition, name)) packer.add(name, value);
  }
  entry.value = std::move(packer).finish().bytes();
  return entry;
}

std::optional<std::string> index_entry_key(const TableState& table, const IndexState& index,
                                           ItemView keys) {
  std::string key = row_prefix(table.number, index.number);
  std::string row_key;
  if (!append_key(key, index.definition.key, keys) || !append_key(row_key, table.key, keys))
    return std::nullopt;
  key += std::string_view(row_key).substr(kHashSize);
  return key;
}

}  // namespace dynamodb::local
