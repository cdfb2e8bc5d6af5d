#include "dynamo_backend/unique.h"

#include <algorithm>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/row_actions.h"
#include "dynamo_backend/rows.h"
#include "dynamodb/lost_answer.h"

namespace dynamo_backend {
namespace {

// A transaction whose answer was lost is asked for again with its token: not for long, the storage
// may have failed.
constexpr int kMaxUnknown = 3;

dynamodb::Condition free_or_owned_by(const std::string& owner) {
  return dynamodb::attribute_not_exists("pk") ||
         dynamodb::equal(dynamodb::Path("owner"), Value(owner));
}

bool may_try_again(const dynamodb::Error& error) {
  using dynamodb::ErrorCode;
  if (error.code == ErrorCode::transaction_conflict ||
      error.code == ErrorCode::transaction_in_progress ||
      error.code == ErrorCode::provisioned_throughput_exceeded)
    return true;
  bool collided = false;
  for (const auto& reason : error.reasons) {
    if (reason.code == "TransactionConflict" || reason.code == "ThrottlingError" ||
        reason.code == "ProvisionedThroughputExceeded")
      collided = true;
    else if (reason.code != "None")
      return false;
  }
  return collided;
}

}  // namespace

dynamodb::TableDefinition claims_table_definition() {
  return {.name = std::string(kClaimsTable), .key = {.partition = {"pk", dynamodb::Type::S}}};
}

std::vector<Claim> claims_of(const ModelInfo& model, dynamodb::ItemView item) {
  std::vector<Claim> claims;
  if (model.unique.empty()) return claims;
  const auto expires = model.ttl ? end_of(model.ttl->attribute, item) : std::nullopt;
  for (const UniqueInfo& unique : model.unique) {
    if (auto key = claim_key(model, unique, item))
      claims.push_back({&unique, *std::move(key), expires, model.ttl != nullptr});
  }
  return claims;
}

std::string claim_owner_in(dynamodb::ItemView claim) {
  const auto owner = claim.find("owner");
  return owner && owner->type() == dynamodb::Type::S ? std::string(owner->text()) : "";
}

bool is_as_wanted(const Claim& wanted, const std::string& owner, dynamodb::ItemView stored) {
  const auto expires = stored.find(kClaimExpires);
  const bool same = expires ? wanted.expires == dynamodb::unpack(*expires) : !wanted.expires;
  return same && claim_owner_in(stored) == owner;
}

bool has_claim(const ModelInfo& model, dynamodb::ItemView row, const std::string& claim) {
  const auto claims = claims_of(model, row);
  return std::any_of(claims.begin(), claims.end(), [&](const Claim& c) { return c.key == claim; });
}

dynamodb::PutItemRequest claim_put(const Connection& connection, const Claim& claim,
                                   const std::string& owner) {
  dynamodb::PutItemRequest request{.table = connection.table(kClaimsTable),
                                   .item = {{"pk", claim.key}, {"owner", owner}},
                                   .condition = free_or_owned_by(owner)};
  if (claim.expires) request.item.emplace(kClaimExpires, *claim.expires);
  if (claim.may_expire)
    request.condition = request.condition || expired(kClaimExpires, connection.now());
  return request;
}

dynamodb::DeleteItemRequest claim_delete(const Connection& connection, const Claim& claim,
                                         const std::string& owner) {
  return {.table = connection.table(kClaimsTable),
          .key = {{"pk", claim.key}},
          .condition = free_or_owned_by(owner)};
}

dynamodb::Result<dynamodb::TransactWriteItemsResult> transact(
    const Connection& connection, std::vector<dynamodb::TransactWriteAction> actions) {
  const dynamodb::TransactWriteItemsRequest request{.actions = std::move(actions),
                                                    .client_request_token = Uuid::random().str()};
  int unknown = 0;
  for (int attempt = 1;; ++attempt) {
    auto result = connection.client().transact_write_items(request);
    if (result) return result;
    const bool lost_before = unknown > 0;
    const bool lost = result.error().code == dynamodb::ErrorCode::internal_server_error;
    if (lost) ++unknown;
    const bool again = lost ? unknown < kMaxUnknown : may_try_again(result.error());
    if (!again || attempt == kMaxAttempts)
      return lost_before ? dynamodb::after_lost_answer(result.error()) : result;
    connection.back_off(attempt);
  }
}

std::vector<std::string> claim_row(const Connection& connection, const ModelInfo& model,
                                   dynamodb::ItemView stored) {
  const dynamodb::Item key = key_of(model, stored);
  const std::string owner = claim_owner(model, key);
  std::vector<std::string> repeated;
  dynamodb::PackedItem now(dynamodb::unpack(stored));
  for (const UniqueInfo& unique : model.unique) {
    for (int attempt = 1;; ++attempt) {
      const auto claims = claims_of(model, now.view());
      const auto claim = std::find_if(claims.begin(), claims.end(),
                                      [&](const Claim& c) { return c.unique == &unique; });
      if (claim == claims.end()) break;
      dynamodb::ConditionCheck row{.table = connection.table(model.table),
                                   .key = key,
                                   .condition = row_exists(model),
                                   .return_old_on_condition_failure = true};
      for (const FieldInfo* f : unique.fields)
        row.condition = row.condition && unchanged(*f, now.view());
      if (model.ttl) row.condition = row.condition && unchanged(*model.ttl, now.view());
      const auto done = transact(connection, {row, claim_put(connection, *claim, owner)});
      if (done) break;
      const auto& reasons = done.error().reasons;
      const auto failed = [&](std::size_t i) {
        return i < reasons.size() && reasons[i].code == "ConditionalCheckFailed";
      };
      if (failed(0)) {
        auto as_is = stored_after_failure(connection, model, key, reasons[0].item);
        if (!as_is) return repeated;  // deleted meanwhile
        if (attempt == kMaxAttempts)
          throw ConflictError(model.name + " " + owner +
                              ": too many writers compete for this row.");
        now = *std::move(as_is);
        continue;
      }
      if (!failed(1)) throw DatabaseError(done.error(), "TransactWriteItems");
      repeated.push_back(model.name + " " + key_text(model, key) + ": " +
                         taken_text(unique, now.view()) + " already.");
      break;
    }
  }
  return repeated;
}

std::vector<std::string> claim_existing_rows(const ModelInfo& model) {
  const Connection& connection = Connection::current();
  std::vector<std::string> repeated;
  RowStream rows(Query{.model = &model});
  while (const auto packed = rows.next()) {
    for (std::string& line : claim_row(connection, model, dynamodb::ItemView(*packed)))
      repeated.push_back(std::move(line));
  }
  return repeated;
}

void delete_claims(const Connection& connection, const ModelInfo& model) {
  dynamodb::ScanRequest request{
      .table = connection.table(kClaimsTable),
      .filter = dynamodb::begins_with("pk", Value(claim_prefix(model.table))),
      .consistent_read = true};
  for (;;) {
    const auto page = connection.client().scan(request);
    if (!page && page.error().code == dynamodb::ErrorCode::resource_not_found) return;
    if (!page) throw DatabaseError(page.error(), "Scan");
    std::vector<dynamodb::WriteRequest> deletes;
    for (std::size_t i = 0; i < page->items.size(); ++i) {
      deletes.emplace_back(
          dynamodb::DeleteRequest{{{"pk", dynamodb::unpack(*page->items[i].find("pk"))}}});
    }
    batch_write(connection, request.table, std::move(deletes));
    if (!page->last_evaluated_key) return;
    request.exclusive_start_key = *page->last_evaluated_key;
  }
}

std::optional<dynamodb::PackedItem> find_owner(const ModelInfo& model, const void* row,
                                               const IntegrityError& refused,
                                               const NodePtr& where) {
  const Connection& connection = Connection::current();
  std::optional<dynamodb::Item> key = key_of(model, row);
  const dynamodb::PackedItem wanted = pack_row(model, row);
  for (const Claim& claim : claims_of(model, wanted.view())) {
    if (attribute_names(*claim.unique) != refused.fields()) continue;
    const RequestScope::Fresh fresh;
    const auto stored = take(connection.client().get_item({.table = connection.table(kClaimsTable),
                                                           .key = {{"pk", claim.key}},
                                                           .consistent_read = true}),
                             "GetItem");
    if (!stored.item) return std::nullopt;
    key = key_of_owner(model, claim_owner_in(stored.item->view()));
    break;
  }
  auto owner = key ? fetch(model, *key) : std::nullopt;
  if (owner && !matches(resolve({.model = &model, .where = where}), owner->view())) owner.reset();
  return owner;
}

std::string taken_text(const UniqueInfo& unique, dynamodb::ItemView item) {
  return "another row has " + values_text(unique, item);
}

std::string values_text(const UniqueInfo& unique, dynamodb::ItemView item) {
  std::string text;
  for (const FieldInfo* f : unique.fields) {
    if (f != unique.fields[0]) text += ", ";
    const auto value = stored_value(*f, item);
    text += std::string(f->attribute) + " " +
            (value ? describe(dynamodb::unpack(*value)) : std::string("(nothing)"));
  }
  return text + (unique.fold_case ? " in this or another case" : "");
}

std::vector<std::string> attribute_names(const UniqueInfo& unique) {
  std::vector<std::string> names;
  for (const FieldInfo* f : unique.fields) names.emplace_back(f->attribute);
  return names;
}

void throw_taken(const ModelInfo& model, const UniqueInfo& unique, dynamodb::ItemView item) {
  throw IntegrityError(
      attribute_names(unique),
      model.name + ": " + taken_text(unique, item) +
          (unique.fields.size() > 1 ? "; together they must be unique (" + unique.name + ")."
                                    : "; it must be unique."));
}

void throw_key_taken(const ModelInfo& model, const std::string& key) {
  throw IntegrityError(std::string(model.partition->attribute),
                       model.name + ": a row with the key " + key + " exists already.");
}

}  // namespace dynamo_backend
