// What the engine refuses before it looks at data: keys, sizes and combinations of parameters, in
// AWS's words.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dynamodb/local/catalog.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

// The RocksDB key of the row that `key` names: exactly the table's key attributes.
Result<std::string> row_key_of(const TableState& table, const Item& key);
// The RocksDB key of the row that `item` will be.
Result<std::string> row_key_of_item(const TableState& table, ItemView item);

// Whether `item` has the table's key attributes, of their types.
bool has_key(const TableState& table, const Item& item);
Error key_mismatch();  // "The provided key element does not match the schema"

// DynamoDB: of all attributes of a partition key together, and of a sort key (`range`).
std::optional<Error> check_key_size(std::size_t size, bool range);

// Types, emptiness and sizes of the index keys that `item` holds. `update` made it so, where there
// is one: what it set has messages of its own.
std::optional<Error> check_index_keys(const TableState& table, ItemView item,
                                      const UpdateExpression* update = nullptr);

// "Cannot update attribute pk. This attribute is part of the key", constants of another type than
// an index's key, and paths into keys.
std::optional<Error> check_update_of(const TableState& table, const UpdateExpression& update);

// Keys are scalars: a path that goes into one is refused.
std::optional<Error> check_scalar_keys(const TableState& table, const Projection& paths);
std::optional<Error> check_scalar_keys(const TableState& table, const Condition& condition);

// DynamoDB answers a value that no key can have as it does a request that is wrong whatever the
// table: in a transaction too, where other errors of an action become its reason.
bool is_impossible_key(const Error& error);

// The top-level attributes that a condition looks at, in no order.
std::vector<std::string> named_attributes(const Condition& condition);

// A filter must not name the key attributes of what is queried. `name` is what messages call it.
std::optional<Error> check_filter(const Condition& filter, const KeySchema& queried,
                                  std::string_view name);

// A query's filter sees what the index has, of an LSI too.
std::optional<Error> check_filter_projected(const TableState& table, const IndexState& index,
                                            const Condition& filter);

// What asks a GSI for more than it has.
std::optional<Error> check_projected(const TableState& table, const IndexState& index,
                                     Select select, const Projection& projection);

// A start key's attributes, as far as they are those of `schema`, which is read; `size` is how many
// a start key of it has. The rest is start_position()'s.
std::optional<Error> check_start_key(const Item& key, const KeySchema& schema, std::size_t size);

}  // namespace dynamodb::local
