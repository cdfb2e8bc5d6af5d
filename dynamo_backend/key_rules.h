// What DynamoDB demands of keys, of tables and of indexes.
// Thread safety: functions of their arguments.
#pragma once
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

// Whether a row may have the key: DynamoDB refuses those that are empty or too long.
bool may_exist(const ModelInfo& model, const dynamodb::Item& key);

// A key's value in words: text as it is, a number, bytes in base64.
std::string text_of_key_value(const Value& value);

// Of a value that is part of a key, of the table's or an index's. Adds to `errors`. (validation.cc)
void validate_key(const ModelInfo& model, const FieldInfo& field, const Value& value,
                  ValidationError& errors);

}  // namespace dynamo_backend
