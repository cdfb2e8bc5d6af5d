#include "dynamo_backend/row_commit.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {
namespace {

// What came of a write: done, or the row as it is stored (absent: gone).
struct Outcome {
  bool done = false;
  std::optional<dynamodb::PackedItem> item{};
};

bool same_members(const ModelInfo& model, dynamodb::ItemView a, dynamodb::ItemView b) {
  return std::all_of(model.by_attribute.begin(), model.by_attribute.end(), [&](const FieldInfo* f) {
    return stored_value(*f, a) == stored_value(*f, b);
  });
}

Outcome write_alone(const Connection& connection, const ModelInfo& model,
                    dynamodb::UpdateItemRequest request, dynamodb::ItemView stored,
                    const RowChange& change) {
  const dynamodb::Item key = request.key;
  request.return_values = dynamodb::ReturnValues::all_new;
  auto result = write_one(connection, [&] { return connection.client().update_item(request); });
  if (result) return {true, std::move(result->attributes)};
  if (is_too_large(result.error())) throw_grown_too_large(model, fetch(model, key));
  if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
    throw DatabaseError(result.error(), "UpdateItem");
  auto now = stored_after_failure(connection, model, key, result.error().item);
  if (!now || !result.error().after_lost_answer || same_members(model, now->view(), stored))
    return {false, std::move(now)};
  const dynamodb::PackedItem wanted = apply_change(stored, change);
  if (same_members(model, now->view(), wanted.view())) return {true, std::move(now)};
  // Done again, a change that counts might count twice.
  throw_not_known(model, key);
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

// Whether the owner of a link has changed since its set was looked at: copies stand behind claims.
bool copies_failed(const RowActions& actions, const dynamodb::Error& error) {
  const std::size_t first = 1 + actions.taken.size() + actions.given_up.size();
  return actions.link && error.reasons.size() > first &&
         std::any_of(error.reasons.begin() + static_cast<std::ptrdiff_t>(first),
                     error.reasons.end(),
                     [](const auto& reason) { return reason.code == "ConditionalCheckFailed"; });
}

Outcome write_with_claims(const Connection& connection, const ModelInfo& model, RowActions actions,
                          dynamodb::ItemView stored, const RowChange& change) {
  const auto result = transact(connection, actions.with_copies(connection));
  if (result) return {true, std::nullopt};
  const dynamodb::Error& error = result.error();
  const auto failed = [&](std::size_t i) {
    return i < error.reasons.size() && error.reasons[i].code == "ConditionalCheckFailed";
  };
  // The row itself has changed: look again.
  if (failed(0)) {
    const dynamodb::Item key = key_of(model, stored);
    return {false, stored_after_failure(connection, model, key, error.reasons[0].item)};
  }
  for (std::size_t i = 0; i < actions.taken.size(); ++i) {
    if (!failed(i + 1)) continue;
    const dynamodb::PackedItem wanted = apply_change(stored, change);
    throw_taken(model, *actions.taken[i].unique, wanted.view());
  }
  if (const auto foreign = foreign_claims(actions.given_up, error, 1 + actions.taken.size());
      !foreign.empty()) {
    std::erase_if(actions.given_up, [&](const Claim& c) { return foreign.count(c.key) > 0; });
    return write_with_claims(connection, model, std::move(actions), stored, change);
  }
  if (copies_failed(actions, error)) return {false, dynamodb::PackedItem(dynamodb::unpack(stored))};
  if (is_too_large(error))
    throw_grown_too_large(model, dynamodb::PackedItem(dynamodb::unpack(stored)));
  throw DatabaseError(error, "TransactWriteItems");
}

}  // namespace

void throw_not_known(const ModelInfo& model, const dynamodb::Item& key) {
  throw DatabaseError(
      dynamodb::internal_error("the answer to an earlier attempt was lost, and row " +
                               key_text(model, key) +
                               " has been changed: whether by this change, too, is not known"),
      model.name);
}

Committed commit_row(const Connection& connection, const ModelInfo& model,
                     const dynamodb::Item& key, dynamodb::PackedItem stored,
                     const MakeChange& make_change) {
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    auto change = make_change(stored.view());
    if (!change) return {CommitResult::left, std::move(stored)};
    if (change->values.empty()) return {CommitResult::written, std::move(stored)};
    const RowActions actions = update_actions(connection, model, key, stored.view(), *change);
    Outcome outcome =
        actions.alone()
            ? write_alone(connection, model, std::get<dynamodb::UpdateItemRequest>(actions.row),
                          stored.view(), *change)
            : write_with_claims(connection, model, actions, stored.view(), *change);
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
  std::set<std::string> foreign;  // claims that are other rows'
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    RowActions actions = delete_actions(connection, model, stored.view(), condition);
    std::erase_if(actions.given_up, [&](const Claim& c) { return foreign.count(c.key) > 0; });
    std::optional<dynamodb::PackedItem> now;
    bool gone_is_done = false;  // by an attempt whose answer was lost, it seems
    if (actions.alone()) {
      const auto result = write_one(connection, [&] {
        return connection.client().delete_item(std::get<dynamodb::DeleteItemRequest>(actions.row));
      });
      if (result) return true;
      if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
        throw DatabaseError(result.error(), "DeleteItem");
      now = result.error().item;
      gone_is_done = result.error().after_lost_answer;
    } else {
      const auto result = transact(connection, actions.with_copies(connection));
      if (result) return true;
      const auto& reasons = result.error().reasons;
      if (reasons.empty() || reasons[0].code != "ConditionalCheckFailed") {
        const auto more = foreign_claims(actions.given_up, result.error(), 1);
        foreign.insert(more.begin(), more.end());
        if (!more.empty() || copies_failed(actions, result.error())) continue;
        throw DatabaseError(result.error(), "TransactWriteItems");
      }
      now = reasons[0].item;
    }
    now = stored_after_failure(connection, model, key_of(model, stored.view()), std::move(now));
    if (!now) return gone_is_done;
    // Still there: a unique value was changed meanwhile (try again with its new claim), or the
    // caller's condition does not hold.
    const bool same_claims =
        std::all_of(model.fields.begin(), model.fields.end(), [&](const FieldInfo& f) {
          if (!f.claimed) return true;
          const auto a = stored.view().find(f.attribute), b = now->view().find(f.attribute);
          return a.has_value() == b.has_value() && (!a || *a == *b);
        });
    if (same_claims) return false;
    stored = *std::move(now);
  }
  throw ConflictError(model.name + " " + key_text(model, key_of(model, stored.view())) +
                      ": too many writers compete for this row; try again later.");
}

}  // namespace dynamo_backend
