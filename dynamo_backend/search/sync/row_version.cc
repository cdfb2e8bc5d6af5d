#include "dynamo_backend/search/sync/row_version.h"

#include <algorithm>

#include "dynamo_backend/search_version.h"

namespace dynamo_backend::search::sync {
namespace {

using dynamodb::Path;

std::optional<dynamodb::PackedItem> set_version(const Connection& connection,
                                                const IndexDefinition& index,
                                                std::string_view document_key, std::int64_t above,
                                                dynamodb::Condition condition) {
  const std::string table = connection.table(index.model->table);
  const std::int64_t now = connection.now().time_since_epoch().count();
  auto result = connection.client().update_item(
      {.table = table,
       .key = table_key(*index.model, document_key),
       .update = {.set = {{Path(kSearchVersion), {Value(std::max(now, above + 1))}}}},
       .condition =
           dynamodb::attribute_exists(Path(index.model->partition->attribute)) && condition,
       .return_values = dynamodb::ReturnValues::all_new});
  if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed)
    return std::nullopt;
  if (!result) throw DatabaseError(result.error(), "UpdateItem " + table);
  return std::move(result->attributes);
}

}  // namespace

std::int64_t row_version(const IndexDefinition& index, dynamodb::ItemView row) {
  return tombstone_of(index, row).version - 1;
}

std::optional<dynamodb::PackedItem> raise_version(const Connection& connection,
                                                  const IndexDefinition& index,
                                                  std::string_view document_key,
                                                  std::int64_t above) {
  return set_version(connection, index, document_key, above, {});
}

void give_version(const Connection& connection, const IndexDefinition& index,
                  std::string_view document_key) {
  set_version(connection, index, document_key, 0,
              dynamodb::attribute_not_exists(Path(kSearchVersion)));
}

}  // namespace dynamo_backend::search::sync
