// What the engine refuses before it looks at data: keys, sizes and combinations of parameters, in
// AWS's words.
#pragma once
#include <optional>
#include <string>

#include "dynamodb/local/catalog.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

// The RocksDB key of the row that `key` names: exactly the table's key attributes.
Result<std::string> row_key_of(const TableState& table, const Item& key);
// The RocksDB key of the row that `item` will be.
Result<std::string> row_key_of_item(const TableState& table, ItemView item);

// Types, emptiness and sizes of the index keys that `item` holds.
std::optional<Error> check_index_keys(const TableState& table, ItemView item);

// "Cannot update attribute pk. This attribute is part of the key", and paths into index keys.
std::optional<Error> check_updated_paths(const TableState& table, const UpdateExpression& update);

// The top-level attributes that a condition looks at, in no order.
std::vector<std::string> named_attributes(const Condition& condition);

// A filter must not name the key attributes of what is queried.
std::optional<Error> check_filter(const Condition& filter, const KeySchema& queried);

// Select against projection, index and consistency; the limit.
struct PageParameters {
  const TableState& table;
  const IndexState* index;  // null: the table
  Select select;
  const Projection& projection;
  bool consistent_read;
  std::optional<std::uint32_t> limit;
};
std::optional<Error> check_page(const PageParameters& page);

}  // namespace dynamodb::local
