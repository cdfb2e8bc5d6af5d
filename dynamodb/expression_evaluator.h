// Evaluates expression trees against items.
#pragma once
#include <optional>
#include <vector>

#include "dynamodb/error.h"
#include "dynamodb/expression.h"
#include "dynamodb/item_view.h"

namespace dynamodb {

// Whether `condition` holds for `item`; an absent item is one without attributes. An empty
// condition holds. DynamoDB: a comparison with a missing attribute or another type is false (`<>`:
// true).
bool evaluate(const Condition& condition, ItemView item);

// The value at `path`, nullopt where there is none.
std::optional<ValueView> resolve(const Path& path, ItemView item);

// What size() gives for `value`, nullopt for the types that have no size (N, BOOL, NULL).
// DynamoDB: S in UTF-16 code units, B in bytes, sets, lists and maps in members.
std::optional<std::size_t> size_of(ValueView value);

// Applies `update` to `item`. All right-hand sides read the item as it was before. Errors (a path
// that does not exist, operand types, number ranges) are ValidationException and leave `item`
// unspecified.
Result<void> apply_update(const UpdateExpression& update, Item& item);

// The paths that `update` sets, removes, adds to or deletes from: what UPDATED_OLD and UPDATED_NEW
// return.
Projection touched_paths(const UpdateExpression& update);

// Whether a missing item stays missing under `update`: DynamoDB creates none for one that only
// removes.
bool creates_item(const UpdateExpression& update);

// The parts of `item` at `paths`; list elements close up, in order of position. An empty projection
// keeps the whole item.
PackedItem project(ItemView item, const Projection& paths);

}  // namespace dynamodb
