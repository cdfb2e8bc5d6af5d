// search_version: the number by which documents of a row are ordered in the full-text index, of
// models with `opensearch_sync`.
//
// An attribute of the row, but no member: it starts with the time, in microseconds since the epoch,
// so that a row that is made again under a key outranks what was there before; every write raises
// it by one, counting too. A row that an outsider wrote without it has version 0.
// Thread safety: functions of their arguments.
#pragma once
#include <string_view>

#include "base/timestamp.h"
#include "dynamo_backend/model_info.h"
#include "dynamodb/expression.h"
#include "dynamodb/item_view.h"

namespace dynamo_backend {

inline constexpr std::string_view kSearchVersion = "search_version";

// Nothing happens to rows of models without `opensearch_sync`.
// For a row that is put, whatever stands under its key.
void start_search_version(const ModelInfo& model, base::Timestamp now, dynamodb::Item& item);
dynamodb::PackedItem with_search_version(const ModelInfo& model, base::Timestamp now,
                                         dynamodb::PackedItem item);
// For an UpdateItem.
void raise_search_version(const ModelInfo& model, base::Timestamp now,
                          dynamodb::UpdateExpression& update);

}  // namespace dynamo_backend
