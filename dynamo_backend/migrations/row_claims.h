// The unique values that a row has at a point of the migrations: of which sets, and until when, the
// state says; the compiled model makes the claims (unique.h).
// Thread safety: functions of their arguments.
#pragma once
#include <vector>

#include "dynamo_backend/migrations/state.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend::migrations {

// Those that the compiled model has, too, folded alike.
std::vector<Claim> claims_of(const ModelInfo& compiled, const ModelState& model,
                             dynamodb::ItemView row);

}  // namespace dynamo_backend::migrations
