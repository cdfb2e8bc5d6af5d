// The unique values that a row has at a point of the migrations: of which sets, and until when, the
// state says; the compiled model makes the claims (unique.h).
// Thread safety: functions of their arguments.
#pragma once
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "dynamo_backend/migrations/state.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/expression.h"

namespace dynamo_backend::migrations {

// Those that the compiled model has, too, folded alike.
std::vector<Claim> claims_of(const ModelInfo& compiled, const ModelState& model,
                             dynamodb::ItemView row);
// Such a row holds its values no longer: another may have taken them.
bool has_expired(const ModelState& model, dynamodb::ItemView row, base::Timestamp now);

// "The attribute is stored as in `row`."
dynamodb::Condition as_read(dynamodb::ItemView row, std::string_view attribute);

}  // namespace dynamo_backend::migrations
