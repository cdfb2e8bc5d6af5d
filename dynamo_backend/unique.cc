#include "dynamo_backend/unique.h"

#include <algorithm>

#include <sodium.h>

#include "dynamo_backend/base64.h"
#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kLongestKey = 1024;

std::string escape(std::string_view name) {
  std::string out;
  for (char c : name) {
    if (c == '#')
      out += "%23";
    else if (c == '%')
      out += "%25";
    else
      out += c;
  }
  return out;
}

std::string prefix_of(const ModelInfo& model) { return model.table + "#"; }

std::string value_text(const Value& value) {
  if (const auto* s = value.get_if<std::string>()) return *s;
  if (const auto* n = value.get_if<dynamodb::Number>()) return n->text();
  return base64_encode(value.as<Binary>().bytes);
}

dynamodb::Condition free_or_owned_by(const std::string& owner) {
  return dynamodb::attribute_not_exists("pk") ||
         dynamodb::equal(dynamodb::Path("owner"), Value(owner));
}

}  // namespace

dynamodb::TableDefinition claims_table_definition() {
  return {.name = std::string(kClaimsTable), .key = {.partition = {"pk", dynamodb::Type::S}}};
}

std::string claim_key(const ModelInfo& model, const FieldInfo& field, const Value& value) {
  const std::string prefix = prefix_of(model) + escape(field.attribute) + "#";
  const std::string text = value_text(value);
  if (prefix.size() + text.size() <= kLongestKey) return prefix + text;
  std::string hash(32, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(hash.data()), hash.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  return prefix + "%hash#" + base64url_encode(hash);
}

std::vector<Claim> claims_of(const ModelInfo& model, dynamodb::ItemView item) {
  std::vector<Claim> claims;
  for (const FieldInfo* f : model.unique) {
    if (const auto value = stored_value(*f, item))
      claims.push_back({f, claim_key(model, *f, dynamodb::unpack(*value))});
  }
  return claims;
}

dynamodb::PutItemRequest claim_put(const Connection& connection, const Claim& claim,
                                   const std::string& owner) {
  return {.table = connection.table(kClaimsTable),
          .item = {{"pk", claim.key}, {"owner", owner}},
          .condition = free_or_owned_by(owner)};
}

dynamodb::DeleteItemRequest claim_delete(const Connection& connection, const Claim& claim,
                                         const std::string& owner) {
  return {.table = connection.table(kClaimsTable),
          .key = {{"pk", claim.key}},
          .condition = free_or_owned_by(owner)};
}

dynamodb::Result<dynamodb::TransactWriteItemsResult> transact(
    const Connection& connection, std::vector<dynamodb::TransactWriteAction> actions) {
  for (int attempt = 1;; ++attempt) {
    auto result = connection.client().transact_write_items({.actions = actions});
    if (result || attempt == kMaxAttempts) return result;
    const dynamodb::Error& error = result.error();
    const auto has = [&](std::string_view code) {
      return std::any_of(error.reasons.begin(), error.reasons.end(),
                         [&](const auto& r) { return r.code == code; });
    };
    const bool collided = error.code == dynamodb::ErrorCode::transaction_conflict ||
                          error.code == dynamodb::ErrorCode::transaction_in_progress ||
                          (has("TransactionConflict") && !has("ConditionalCheckFailed"));
    if (!collided) return result;
    connection.back_off(attempt);
  }
}

std::vector<std::string> claim_existing_rows(const ModelInfo& model) {
  const Connection& connection = Connection::current();
  std::vector<std::string> repeated;
  Query query{.model = &model};
  RowStream rows(query);
  while (const auto packed = rows.next()) {
    const dynamodb::ItemView row(*packed);
    const std::string owner = key_text(model, key_of(model, row));
    for (const Claim& claim : claims_of(model, row)) {
      const auto put = connection.client().put_item(claim_put(connection, claim, owner));
      if (put) continue;
      if (put.error().code != dynamodb::ErrorCode::conditional_check_failed)
        throw DatabaseError(put.error(), "PutItem");
      repeated.push_back(
          model.name + " " + owner + ": another row has " + std::string(claim.field->attribute) +
          " " + describe(dynamodb::unpack(*stored_value(*claim.field, row))) + " already.");
    }
  }
  return repeated;
}

void delete_claims(const Connection& connection, const ModelInfo& model) {
  dynamodb::ScanRequest request{.table = connection.table(kClaimsTable),
                                .filter = dynamodb::begins_with("pk", Value(prefix_of(model)))};
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

void throw_taken(const ModelInfo& model, const FieldInfo& field, const Value& value) {
  throw IntegrityError(std::string(field.attribute), model.name + ": another row has " +
                                                         std::string(field.attribute) + " " +
                                                         describe(value) + "; it must be unique.");
}

void throw_key_taken(const ModelInfo& model, const std::string& key) {
  throw IntegrityError(std::string(model.partition->attribute),
                       model.name + ": a row with the key " + key + " exists already.");
}

}  // namespace dynamo_backend
