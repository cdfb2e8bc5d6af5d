#include "dynamo_backend/migrations/unique_claims.h"

#include <algorithm>

#include "dynamo_backend/expiry.h"
#include "dynamo_backend/migrations/row_claims.h"
#include "dynamo_backend/row_actions.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend::migrations {
namespace {

using dynamodb::Path;

constexpr std::size_t kMostShown = 10;
// DynamoDB: a unit for each 4 KB, read consistently. A claim has a key of 2 KB and that of its row.
constexpr double kRowUnits = 100, kClaimUnits = 2;

}  // namespace

std::optional<Claim> UniqueClaims::wanted(dynamodb::ItemView row) const {
  if (has_expired(model_.ttl, row, control_.connection().now())) return std::nullopt;
  for (Claim& c : claims_of(compiled_, model_, row)) {
    if (attribute_names(*c.unique) == unique_.fields) return std::move(c);
  }
  return std::nullopt;
}

Visit UniqueClaims::claim(dynamodb::ItemView row) {
  dynamodb::PackedItem now(dynamodb::unpack(row));
  const dynamodb::Item key = key_of(compiled_, row);
  const std::string owner = claim_owner(compiled_, key);
  for (int attempt = 1;; ++attempt) {
    const auto claim = wanted(now.view());
    if (!claim) return Visit::unchanged;
    if (const auto there =
            get(std::string(kClaimsTable), {{"pk", Value(claim->key)}}, kClaimUnits)) {
      if (is_as_wanted(*claim, owner, there->view())) return Visit::unchanged;
    }
    const Put result = put(*claim, now.view(), owner);
    if (result == Put::done) return Visit::written;
    if (result == Put::row_changed) {
      auto again = get(model_.table, key, kRowUnits);
      if (!again) return Visit::unchanged;  // deleted meanwhile
      now = *std::move(again);
    } else if (const std::string other = true_owner(claim->key); !other.empty()) {
      const std::lock_guard lock(mutex_);
      std::string fields;
      for (const std::string& f : unique_.fields) fields += (fields.empty() ? "" : ", ") + f;
      if (duplicates_.size() < kMostShown)
        duplicates_.push_back(model_.name + " " + owner + " has the " + fields + " of " +
                              model_.name + " " + other);
      return Visit::refused;
    }
    if (attempt > 2) control_.connection().back_off(attempt);
  }
}

std::vector<std::string> UniqueClaims::duplicates() const {
  const std::lock_guard lock(mutex_);
  return duplicates_;
}

// What claims are made of.
dynamodb::Condition UniqueClaims::unchanged_fields(dynamodb::ItemView row) const {
  dynamodb::Condition condition = dynamodb::attribute_exists(Path(model_.partition));
  for (const FieldInfo& f : compiled_.fields)
    if (f.claimed && !f.key) condition = condition && unchanged(f, row);
  if (!model_.ttl.empty()) condition = condition && unchanged(model_.ttl, row);
  return condition;
}

UniqueClaims::Put UniqueClaims::put(const Claim& claim, dynamodb::ItemView row,
                                    const std::string& owner) const {
  const Connection& connection = control_.connection();
  dynamodb::TransactWriteItemsRequest request;
  request.actions.emplace_back(dynamodb::ConditionCheck{.table = connection.table(model_.table),
                                                        .key = key_of(compiled_, row),
                                                        .condition = unchanged_fields(row)});
  request.actions.emplace_back(claim_put(connection, claim, owner));
  const double most = 2 * (write_units(dynamodb::item_size(row)) + 2);
  const auto result = control_.call(
      {.write = most}, false, [&] { return control_.client().transact_write_items(request); });
  if (result) return Put::done;
  if (condition_failed(result.error(), 0)) return Put::row_changed;
  if (condition_failed(result.error(), 1)) return Put::taken;
  throw DatabaseError(result.error(), "TransactWriteItems of unique values");
}

Visit UniqueClaims::sweep(dynamodb::ItemView claim) {
  const std::string key(claim.find("pk")->text());
  return true_owner(key).empty() ? Visit::written : Visit::unchanged;
}

std::string UniqueClaims::true_owner(const std::string& claim_key) const {
  const Connection& connection = control_.connection();
  const auto stored = get(std::string(kClaimsTable), {{"pk", Value(claim_key)}}, kClaimUnits);
  if (!stored) return {};  // given up meanwhile
  const std::string owner = claim_owner_in(stored->view());
  const auto key = key_of_owner(compiled_, owner);
  const auto row = key ? get(model_.table, *key, kRowUnits) : std::nullopt;
  if (row && has_claim(compiled_, row->view(), claim_key)) return owner;
  // Stale: away with it, as long as the row stays so.
  const auto stored_owner = stored->view().find("owner");
  dynamodb::TransactWriteItemsRequest request;
  request.actions.emplace_back(dynamodb::DeleteItemRequest{
      .table = connection.table(kClaimsTable),
      .key = {{"pk", Value(claim_key)}},
      .condition = stored_owner ? dynamodb::equal(Path("owner"), dynamodb::unpack(*stored_owner))
                                : dynamodb::attribute_not_exists(Path("owner"))});
  if (key)
    request.actions.emplace_back(dynamodb::ConditionCheck{
        .table = connection.table(model_.table),
        .key = *key,
        .condition = row ? unchanged_fields(row->view())
                         : dynamodb::attribute_not_exists(Path(model_.partition))});
  const double most = 2 * (2 + (row ? write_units(dynamodb::item_size(row->view())) : 1));
  const auto result = control_.call(
      {.write = most}, false, [&] { return control_.client().transact_write_items(request); });
  if (!result && !condition_failed(result.error(), 0) && !condition_failed(result.error(), 1))
    throw DatabaseError(result.error(), "TransactWriteItems of unique values");
  return {};  // whoever has it by now: look again
}

std::optional<dynamodb::PackedItem> UniqueClaims::get(const std::string& table,
                                                      const dynamodb::Item& key,
                                                      double most) const {
  auto result = control_.call({.read = most}, true, [&] {
    return control_.client().get_item(
        {.table = control_.connection().table(table), .key = key, .consistent_read = true});
  });
  if (!result) throw DatabaseError(result.error(), "GetItem");
  return std::move(result->item);
}

}  // namespace dynamo_backend::migrations
