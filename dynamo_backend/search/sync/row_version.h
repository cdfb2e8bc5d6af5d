// The versions of rows, by which their documents are ordered.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <string_view>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/search/document.h"

namespace dynamo_backend::search::sync {

// 0: an outsider wrote the row, without one.
std::int64_t row_version(const IndexDefinition& index, dynamodb::ItemView row);

// Gives the row a version above `above`, and the time; its stream tells. The row; nullopt: it is
// gone. Throws DatabaseError.
std::optional<dynamodb::PackedItem> raise_version(const Connection& connection,
                                                  const IndexDefinition& index,
                                                  std::string_view document_key,
                                                  std::int64_t above);
// The same for a row that has none; nothing happens to one that has.
void give_version(const Connection& connection, const IndexDefinition& index,
                  std::string_view document_key);

}  // namespace dynamo_backend::search::sync
