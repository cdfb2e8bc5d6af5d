// What goes with a row when it is deleted: read, and not written.
// Thread safety: functions of their arguments.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "dynamo_backend/model_info.h"

namespace admin {

struct DeletionPreview {
  // By model, the row's own first; keys that are set to null are not counted.
  std::vector<std::pair<const dynamo_backend::ModelInfo*, std::size_t>> counts{};
  std::vector<std::string> texts{};  // "comment: Nice", a hundred at most
  bool more = false;                 // than are in `texts`
  bool complete = true;              // false: there may be more than was looked at
  std::string protected_by{};        // why it cannot be deleted; empty: it can
};
// Of rows that are deleted together. Looks at `most` rows at most.
DeletionPreview preview_deletion(const dynamo_backend::ModelInfo& model,
                                 std::span<const std::shared_ptr<void>> rows,
                                 std::size_t most = 2000);

// Whose rows may go with one of `model`, itself included; links of many-to-manys belong to rows.
std::vector<const dynamo_backend::ModelInfo*> models_deleted_with(
    const dynamo_backend::ModelInfo& model);

}  // namespace admin
