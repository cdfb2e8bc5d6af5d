// What one change of a row writes: the row itself with its computed attributes, and its unique
// claims, all in one transaction.
// Thread safety: functions of their arguments.
#pragma once
#include <optional>
#include <vector>

#include "dynamo_backend/link_copies.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {

// New values of attributes; NULL takes the attribute away.
struct RowChange {
  std::vector<std::pair<const FieldInfo*, Value>> values{};
  std::vector<const FieldInfo*>
      guards{};  // must still be as in the row that the change was made for

  std::vector<const FieldInfo*> fields() const;
};

struct RowActions {
  dynamodb::TransactWriteAction row{};
  std::vector<Claim> taken{}, given_up{};
  std::string owner{};
  std::optional<LinkWrite> link{};  // of a join model whose links are copied (link_copies.h)

  bool alone() const { return taken.empty() && given_up.empty() && !link; }
  // How many actions a link's copies take at most: those of one row share an action.
  std::size_t copies() const;
  std::size_t size() const { return 1 + taken.size() + given_up.size() + copies(); }
  // The row's, then one for each claim that is taken, then for each that is given up.
  std::vector<dynamodb::TransactWriteAction> all(const Connection& connection) const;
  // The same, then those of the link's copies.
  std::vector<dynamodb::TransactWriteAction> with_copies(const Connection& connection) const;
};

// On condition that there is no row of the key, or only one that has expired.
RowActions insert_actions(const Connection& connection, const ModelInfo& model,
                          const dynamodb::Item& item);
// Adds to `change` what follows from it: computed attributes, and guards of what was looked at.
// Throws ValidationError where the row would be too large.
RowActions update_actions(const Connection& connection, const ModelInfo& model,
                          const dynamodb::Item& key, dynamodb::ItemView stored, RowChange& change);
RowActions delete_actions(const Connection& connection, const ModelInfo& model,
                          dynamodb::ItemView stored, const dynamodb::Condition& condition);

// The condition that an attribute is stored as in `item`.
dynamodb::Condition unchanged(std::string_view attribute, dynamodb::ItemView item);
dynamodb::Condition unchanged(const FieldInfo& field, dynamodb::ItemView item);
dynamodb::Condition row_exists(const ModelInfo& model);
// Throws ImproperlyConfigured: the model has no VersionField, and so many attributes that one
// expression cannot say that all of them are unchanged. DynamoDB: it has 300 operators at most.
void check_guards(const ModelInfo& model);
// The row as it is stored, expired or not, after a condition on it has failed: as it was sent
// along, or, since not every server sends it, as a consistent read finds it. nullopt: it is gone.
std::optional<dynamodb::PackedItem> stored_after_failure(const Connection& connection,
                                                         const ModelInfo& model,
                                                         const dynamodb::Item& key,
                                                         std::optional<dynamodb::PackedItem> sent);

// Adds the next version to the change, of a model that has a VersionField.
void bump_version(const ModelInfo& model, dynamodb::ItemView stored, RowChange& change);

// `stored` with the change.
dynamodb::PackedItem apply_change(dynamodb::ItemView stored, const RowChange& change);

}  // namespace dynamo_backend
