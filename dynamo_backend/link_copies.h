// Link copies: the keys of what a Many links, kept in a set on the row itself, so that a list of
// rows shows its links, and search filters by them, without reading the join table.
//
//   std::set<std::string> label_pks{};
//   SetField<&Post::label_pks>{.editable = false},
//   ManyToManyField<&Post::labels>{.keys_in = member_name<&Post::label_pks>()}
//
// Whatever writes a link of a registered model (the Many itself, save() of a join row, cascades,
// transactions) writes the set in the same transaction. It leaves version and `auto_now` of the row
// alone: a link is no edit of it. Rows that were written by other means are filled by
// `linked_keys()` in a migration. Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"

namespace dynamo_backend {

// A row of a join model that is written: as it was, as it will be.
struct LinkWrite {
  const ModelInfo* join = nullptr;
  std::optional<dynamodb::PackedItem> before{}, after{};
};

bool has_link_copies(const ModelInfo& join);

// Adds what the links change of the sets of their owners: as actions of their own, or in the action
// that `actions` has for the owner already (DynamoDB takes one action on each row). It reads the
// owners: a set that gains and loses keys is written whole, on condition that it is as it was read.
// Call it anew where such a condition, or that an owner is there, did not hold. An owner that is
// gone loses no keys; a new link to it throws IntegrityError.
void add_link_copies(const Connection& connection, const std::vector<LinkWrite>& links,
                     std::vector<dynamodb::TransactWriteAction>& actions);

// The keys that the set must hold by the links of the row with key `owner`.
std::set<std::string> linked_keys(const ModelInfo& model, const FieldInfo& many,
                                  const std::string& owner);

}  // namespace dynamo_backend
