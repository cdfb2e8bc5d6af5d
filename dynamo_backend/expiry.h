// Rows that have expired: a TTLField's time has passed, and DynamoDB has not deleted them yet,
// which it does within days.
//
// They are hidden from every read, and a row with such a key may be made anew. The time is the
// Connection's clock, in whole seconds.
// Thread safety: functions of their arguments.
#pragma once
#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"
#include "dynamo_backend/predicate.h"
#include "dynamodb/expression.h"

namespace dynamo_backend {

// False for models without a TTLField, and where the attribute is absent or no number.
bool has_expired(const ModelInfo& model, dynamodb::ItemView item, base::Timestamp now);
// The end that the attribute says; nullopt: none, or no number.
std::optional<Value> end_of(std::string_view attribute, dynamodb::ItemView item);
bool has_expired(std::string_view attribute, dynamodb::ItemView item, base::Timestamp now);

// "The attribute is a time that has passed."
dynamodb::Condition expired(std::string_view attribute, base::Timestamp now);

// REQUIRES: model.ttl
Predicate not_expired(const ModelInfo& model, base::Timestamp now);

// Switches DynamoDB's time to live on for a table. Throws ImproperlyConfigured where it is on with
// another attribute, DatabaseError.
void ensure_time_to_live(const Connection& connection, const std::string& table,
                         std::string_view attribute);

}  // namespace dynamo_backend
