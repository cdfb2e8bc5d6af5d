// DynamoDB's limit of 400 KB a row: told before a write is sent, with the sizes of the row's
// fields; and the database's own refusal, where only it knows the row, said in the same words.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>

#include "dynamo_backend/model_info.h"
#include "dynamodb/error.h"

namespace dynamo_backend {

// "body 300000 bytes, tags 120000 bytes, …": the largest first, names included, as DynamoDB counts.
std::string describe_sizes(dynamodb::ItemView item);

// Throws ValidationError where the item is larger than DynamoDB stores.
void check_item_size(const ModelInfo& model, dynamodb::ItemView item);

// Whether the database refused a write because the row would be too large.
bool is_too_large(const dynamodb::Error& error);
// ValidationError: an update of `stored` was refused so. Absent: the row is gone.
[[noreturn]] void throw_grown_too_large(const ModelInfo& model,
                                        const std::optional<dynamodb::PackedItem>& stored);

}  // namespace dynamo_backend
