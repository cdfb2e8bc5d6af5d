// The entry that an item has in an index: its RocksDB key, and a copy of the attributes that the
// index projects.
#pragma once
#include <optional>
#include <string>

#include "dynamodb/item_view.h"
#include "dynamodb/local/catalog.h"

namespace dynamodb::local {

struct IndexEntry {
  std::string key;
  std::string value;  // a packed item
};

// REQUIRES: `row_key` is the key of `item`'s row in `table`.
// nullopt: the item lacks a key attribute of the index, or has it with another type.
std::optional<IndexEntry> make_index_entry(const TableState& table, const IndexState& index,
                                           std::string_view row_key, const PackedItem& item);

// The entry's key alone, from attributes that hold both the index's and the table's keys: an
// ExclusiveStartKey.
std::optional<std::string> index_entry_key(const TableState& table, const IndexState& index,
                                           ItemView keys);

// Whether an index holds an attribute in its entries.
bool projects(const TableState& table, const IndexDefinition& index, std::string_view attribute);

}  // namespace dynamodb::local
