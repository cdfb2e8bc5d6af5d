// A row's many-to-many links, and what the log says of them: sets of keys.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <vector>

#include "admin/audit.h"
#include "dynamo_backend/transaction.h"

namespace admin {

using dynamo_backend::FieldInfo;
using dynamo_backend::ModelInfo;

dynamo_backend::Value texts_of(const std::vector<base::Uuid>& keys);
std::vector<base::Uuid> uuids_of(const dynamo_backend::Value& texts);

// The key of a row that has links.
base::Uuid owner_of(const ModelInfo& model, const void* row);
std::vector<base::Uuid> linked_keys(const ModelInfo& model, const FieldInfo& many,
                                    const base::Uuid& owner);
void set_linked_keys(const ModelInfo& model, const FieldInfo& many, const base::Uuid& owner,
                     const std::vector<base::Uuid>& keys);
// Those of the keys whose rows are there.
std::vector<base::Uuid> present(const ModelInfo& model, const std::vector<base::Uuid>& keys);

// Takes back what one change did to a row's links; others' stay. nullopt: nothing of it is there.
std::optional<FieldChange> revert_links(dynamo_backend::Transaction& t, const ModelInfo& model,
                                        const FieldInfo& field, const void* row,
                                        const FieldChange& change);

}  // namespace admin
