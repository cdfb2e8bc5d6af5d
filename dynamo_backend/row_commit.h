// commit_row(): one stored row changed atomically with what depends on it: computed attributes in
// the same UpdateItem, unique claims in the same transaction; tried again on the row as others left
// it.
// Thread safety: any thread.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"
#include "dynamo_backend/row_actions.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

// Makes the change for the row as it is stored; nullopt: leave it. May throw to give up.
using MakeChange = std::function<std::optional<RowChange>(dynamodb::ItemView stored)>;

enum class CommitResult : std::uint8_t { written, left, gone };
struct Committed {
  CommitResult result = CommitResult::written;
  std::optional<dynamodb::PackedItem> after{};  // the row after the write
};

// `stored` is the row as the caller believes it to be; wrong beliefs cost another try. Throws
// IntegrityError (a unique value is taken), ConflictError (too many writers compete),
// DatabaseError.
Committed commit_row(const Connection& connection, const ModelInfo& model,
                     const dynamodb::Item& key, dynamodb::PackedItem stored,
                     const MakeChange& make_change);

// Throws DatabaseError: a write did not hold after an earlier attempt's answer was lost. Done
// again, it might count twice.
[[noreturn]] void throw_not_known(const ModelInfo& model, const dynamodb::Item& key);

// Deletes the row with its claims, on `condition`; false: it is gone, or the condition does not
// hold.
bool delete_row(const Connection& connection, const ModelInfo& model, dynamodb::PackedItem stored,
                const dynamodb::Condition& condition = {});

}  // namespace dynamo_backend
