#include "dynamo_backend/row_commit.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {
namespace {

// Puts the computed attributes that the change moves into it, guarded by what their functions read.
void add_computed(const ModelInfo& model, dynamodb::ItemView stored, RowChange& change) {
  const auto guards = computed_guards(model, change.fields());
  if (guards.empty()) return;
  change.guards.insert(change.guards.end(), guards.begin(), guards.end());
  const auto values = computed_values(model, apply_change(stored, change).bytes());
  for (const ComputedInfo& c : model.computed) {
    const Value& value = values.find(c.field->attribute)->second;
    const auto before = stored.find(c.field->attribute);
    if ((before ? dynamodb::unpack(*before) : Value()) != value)
      change.values.emplace_back(c.field, value);
  }
}

// The claims that a change gives up and takes.
struct ClaimChange {
  std::vector<Claim> given_up{}, taken{};
};
ClaimChange claim_change(const ModelInfo& model, dynamodb::ItemView stored, RowChange& change) {
  ClaimChange claims;
  for (const auto& [field, value] : change.values) {
    if (!field->unique) continue;
    const auto before = stored_value(*field, stored);
    // Guarded even where it is stored already: or another's new claim would be given up, or the
    // value written without its claim.
    change.guards.push_back(field);
    if (before && dynamodb::unpack(*before) == value) continue;
    if (before)
      claims.given_up.push_back({field, claim_key(model, *field, dynamodb::unpack(*before))});
    if (!value.is<dynamodb::Null>())
      claims.taken.push_back({field, claim_key(model, *field, value)});
  }
  return claims;
}

dynamodb::UpdateItemRequest update_request(const Connection& connection, const ModelInfo& model,
                                           const dynamodb::Item& key, dynamodb::ItemView stored,
                                           const RowChange& change) {
  dynamodb::UpdateItemRequest request{
      .table = connection.table(model.table), .key = key, .condition = row_exists(model)};
  for (const auto& [field, value] : change.values) {
    if (value.is<dynamodb::Null>())
      request.update.remove.emplace_back(field->attribute);
    else
      request.update.set.push_back({dynamodb::Path(field->attribute), {value}});
  }
  std::vector<const FieldInfo*> guarded;
  for (const FieldInfo* f : change.guards) {
    if (std::find(guarded.begin(), guarded.end(), f) != guarded.end()) continue;
    guarded.push_back(f);
    request.condition = request.condition && unchanged(*f, stored);
  }
  request.return_old_on_condition_failure = true;
  return request;
}

// What came of a write: done, or the row as it is stored (absent: gone).
struct Outcome {
  bool done = false;
  std::optional<dynamodb::PackedItem> item{};
};

Outcome write_alone(const Connection& connection, dynamodb::UpdateItemRequest request) {
  request.return_values = dynamodb::ReturnValues::all_new;
  auto result = connection.client().update_item(std::move(request));
  if (result) return {true, std::move(result->attributes)};
  if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
    throw DatabaseError(result.error(), "UpdateItem");
  return {false, result.error().item};
}

// The keys of the claims to be given up that are another row's, where values were repeated before
// they were unique: they stay with that row. `first`: the first one's action in the transaction
// that failed.
std::set<std::string> foreign_claims(const std::vector<Claim>& given_up,
                                     const dynamodb::Error& error, std::size_t first) {
  std::set<std::string> foreign;
  for (std::size_t i = 0; i < given_up.size() && first + i < error.reasons.size(); ++i) {
    if (error.reasons[first + i].code == "ConditionalCheckFailed") foreign.insert(given_up[i].key);
  }
  return foreign;
}

Outcome write_with_claims(const Connection& connection, const ModelInfo& model,
                          const dynamodb::UpdateItemRequest& request, ClaimChange claims,
                          const RowChange& change) {
  const std::string owner = key_text(model, request.key);
  std::vector<dynamodb::TransactWriteAction> actions{request};
  for (const Claim& c : claims.taken) actions.emplace_back(claim_put(connection, c, owner));
  for (const Claim& c : claims.given_up) actions.emplace_back(claim_delete(connection, c, owner));
  const auto result = transact(connection, std::move(actions));
  if (result) return {true, std::nullopt};
  const dynamodb::Error& error = result.error();
  const auto failed = [&](std::size_t i) {
    return i < error.reasons.size() && error.reasons[i].code == "ConditionalCheckFailed";
  };
  for (std::size_t i = 0; i < claims.taken.size(); ++i) {
    const FieldInfo& field = *claims.taken[i].field;
    if (!failed(i + 1) || failed(0)) continue;
    const auto at = std::find_if(change.values.begin(), change.values.end(),
                                 [&](const auto& v) { return v.first == &field; });
    throw_taken(model, field, at->second);
  }
  // The row itself has changed: look again.
  if (failed(0)) return {false, error.reasons[0].item};
  if (const auto foreign = foreign_claims(claims.given_up, error, 1 + claims.taken.size());
      !foreign.empty()) {
    std::erase_if(claims.given_up, [&](const Claim& c) { return foreign.count(c.key) > 0; });
    return write_with_claims(connection, model, request, std::move(claims), change);
  }
  throw DatabaseError(error, "TransactWriteItems");
}

}  // namespace

std::vector<const FieldInfo*> RowChange::fields() const {
  std::vector<const FieldInfo*> out;
  for (const auto& [field, value] : values) out.push_back(field);
  return out;
}

dynamodb::Condition row_exists(const ModelInfo& model) {
  return dynamodb::attribute_exists(dynamodb::Path(model.partition->attribute));
}

dynamodb::Condition unchanged(const FieldInfo& field, dynamodb::ItemView item) {
  const dynamodb::Path path(field.attribute);
  const auto stored = item.find(field.attribute);
  return stored ? dynamodb::equal(path, dynamodb::unpack(*stored))
                : dynamodb::attribute_not_exists(path);
}

void bump_version(const ModelInfo& model, dynamodb::ItemView stored, RowChange& change) {
  if (!model.version) return;
  const auto version = stored_value(*model.version, stored);
  change.guards.push_back(model.version);
  change.values.emplace_back(
      model.version, version ? *dynamodb::add(dynamodb::unpack(*version).as<dynamodb::Number>(),
                                              dynamodb::Number(1))
                             : dynamodb::Number(1));
}

dynamodb::PackedItem apply_change(dynamodb::ItemView stored, const RowChange& change) {
  dynamodb::Item item = dynamodb::unpack(stored);
  for (const auto& [field, value] : change.values) {
    if (value.is<dynamodb::Null>())
      item.erase(std::string(field->attribute));
    else
      item.insert_or_assign(std::string(field->attribute), value);
  }
  return dynamodb::PackedItem(item);
}

Committed commit_row(const Connection& connection, const ModelInfo& model,
                     const dynamodb::Item& key, dynamodb::PackedItem stored,
                     const MakeChange& make_change) {
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    auto change = make_change(stored.view());
    if (!change) return {CommitResult::left, std::move(stored)};
    if (change->values.empty()) return {CommitResult::written, std::move(stored)};
    add_computed(model, stored.view(), *change);
    const ClaimChange claims = claim_change(model, stored.view(), *change);
    auto request = update_request(connection, model, key, stored.view(), *change);
    const bool alone = claims.taken.empty() && claims.given_up.empty();
    Outcome outcome = alone ? write_alone(connection, std::move(request))
                            : write_with_claims(connection, model, request, claims, *change);
    if (outcome.done) {
      if (!outcome.item) outcome.item = apply_change(stored.view(), *change);
      verify_computed(connection, model, *outcome.item);
      return {CommitResult::written, std::move(outcome.item)};
    }
    if (!outcome.item) return {CommitResult::gone, std::nullopt};
    stored = *std::move(outcome.item);
    if (attempt > 2) connection.back_off(attempt);
  }
  throw ConflictError(model.name + " " + key_text(model, key) +
                      ": too many writers compete for this row; try again later.");
}

bool delete_row(const Connection& connection, const ModelInfo& model, dynamodb::PackedItem stored,
                const dynamodb::Condition& condition) {
  const dynamodb::Item key = key_of(model, stored.view());
  const std::string owner = key_text(model, key);
  std::set<std::string> foreign;  // claims that are other rows'
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    dynamodb::DeleteItemRequest request{.table = connection.table(model.table),
                                        .key = key,
                                        .condition = row_exists(model) && condition,
                                        .return_old_on_condition_failure = true};
    auto claims = claims_of(model, stored.view());
    std::erase_if(claims, [&](const Claim& c) { return foreign.count(c.key) > 0; });
    for (const FieldInfo* f : model.unique)
      request.condition = request.condition && unchanged(*f, stored.view());
    std::optional<dynamodb::PackedItem> now;
    if (claims.empty()) {
      const auto result = connection.client().delete_item(std::move(request));
      if (result) return true;
      if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
        throw DatabaseError(result.error(), "DeleteItem");
      now = result.error().item;
    } else {
      std::vector<dynamodb::TransactWriteAction> actions{std::move(request)};
      for (const Claim& c : claims) actions.emplace_back(claim_delete(connection, c, owner));
      const auto result = transact(connection, std::move(actions));
      if (result) return true;
      const auto& reasons = result.error().reasons;
      if (reasons.empty() || reasons[0].code != "ConditionalCheckFailed") {
        const auto more = foreign_claims(claims, result.error(), 1);
        foreign.insert(more.begin(), more.end());
        if (!more.empty()) continue;
        throw DatabaseError(result.error(), "TransactWriteItems");
      }
      now = reasons[0].item;
    }
    if (!now) return false;
    // Still there: a unique value was changed meanwhile (try again with its new claim), or the
    // caller's condition does not hold.
    const bool same_claims =
        std::all_of(model.unique.begin(), model.unique.end(), [&](const FieldInfo* f) {
          const auto a = stored.view().find(f->attribute), b = now->view().find(f->attribute);
          return a.has_value() == b.has_value() && (!a || *a == *b);
        });
    if (same_claims) return false;
    stored = *std::move(now);
  }
  throw ConflictError(model.name + " " + owner +
                      ": too many writers compete for this row; try again later.");
}

}  // namespace dynamo_backend
