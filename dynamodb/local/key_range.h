// The range of RocksDB keys that a Query or Scan reads.
#pragma once
#include <string>

#include "dynamodb/local/catalog.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

// Half-open: from begin up to, not including, end.
struct KeyRange {
  std::string begin{};
  std::string end{};
  bool contains(std::string_view key) const { return begin <= key && key < end; }
  bool empty() const { return begin >= end; }
};

// What is read: a table (no index) or one of its indexes.
struct Source {
  const TableState& table;
  const IndexState* index = nullptr;
  const KeySchema& key() const { return index != nullptr ? index->definition.key : table.key; }
  std::uint16_t number() const { return index != nullptr ? index->number : std::uint16_t{0}; }
};

// The items that a key condition selects: an equality of the partition key and at most one
// condition of the sort key.
Result<KeyRange> query_range(const Source& source, const Condition& key_condition);

// All items, or those of one segment: a range of the partition hash.
KeyRange scan_range(const Source& source, std::uint32_t segment, std::uint32_t total_segments);

// How many attributes a start key of `source` has: the table's key and the index's.
std::size_t start_key_size(const Source& source);
// The RocksDB key at which `exclusive_start_key` stands; an error where it is not a key of
// `source`.
Result<std::string> start_position(const Source& source, const Item& exclusive_start_key);

}  // namespace dynamodb::local
