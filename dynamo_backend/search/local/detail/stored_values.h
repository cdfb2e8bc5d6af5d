// Filter values as the embedded backend stores them.
//
//   text: TEXT   boolean, integer: INTEGER   decimal: BLOB, ordered (dynamodb::append_ordered)
//   time: INTEGER, microseconds since the epoch
//   of a field of many: BLOB := (size:u32 little-endian, bytes)*
// Their order in SQLite is the order of the values.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "dynamo_backend/search/index_definition.h"
#include "dynamo_backend/search/local/detail/sqlite.h"

namespace dynamo_backend::search::detail {

// Throws FieldError for a value that is not of the type.
SqlValue to_sql(FilterType type, const Value& value);
Value from_sql(FilterType type, const SqlValue& stored);

// What a document has of one field; NULL: nothing.
SqlValue to_column(const FilterField& field, const std::vector<Value>& values);

// Calls fn(std::string_view) for each text of a column of many.
template <class Fn>
void for_each_text(std::string_view column, const Fn& fn) {
  while (column.size() >= 4) {
    const auto byte = [&](std::size_t i) {
      return static_cast<std::size_t>(static_cast<unsigned char>(column[i]));
    };
    const std::size_t size = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    column.remove_prefix(4);
    fn(column.substr(0, size));
    column.remove_prefix(size < column.size() ? size : column.size());
  }
}

// The SQL function has_text(column, text): whether a column of many holds the text.
void add_functions(Database& db);

}  // namespace dynamo_backend::search::detail
