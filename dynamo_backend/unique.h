// Unique values: one claim per value, or per combination of a Unique<…>, in a table of their own,
// written in the same transaction as the row. Never read-then-write.
//
//   table <prefix>dynamo_backend_unique
//     pk, owner (S): see claim_keys.h
//     expires (N) = the row's TTLField, where it has one: an expired claim holds nobody back
// A row that lacks a member claims nothing. Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/claim_keys.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

inline constexpr std::string_view kClaimsTable = "dynamo_backend_unique";
inline constexpr std::string_view kClaimExpires = "expires";
dynamodb::TableDefinition claims_table_definition();  // without the prefix

struct Claim {
  const UniqueInfo* unique = nullptr;
  std::string key{};
  std::optional<Value> expires{};
  bool may_expire = false;  // the model has a TTLField: others' claims may have expired
};
// The claims that a stored item must have.
std::vector<Claim> claims_of(const ModelInfo& model, dynamodb::ItemView item);
// Whether a stored row has the unique value of the claim.
bool has_claim(const ModelInfo& model, dynamodb::ItemView row, const std::string& claim);
// What a stored claim says; empty: of nobody.
std::string claim_owner_in(dynamodb::ItemView claim);
// Whether a stored claim is that of `owner`, and expires with it.
bool is_as_wanted(const Claim& wanted, const std::string& owner, dynamodb::ItemView stored);

// Holds where nobody has the claim, `owner` does already, or the claim has expired.
dynamodb::PutItemRequest claim_put(const Connection& connection, const Claim& claim,
                                   const std::string& owner);
// Holds where nobody has the claim, or `owner` does.
dynamodb::DeleteItemRequest claim_delete(const Connection& connection, const Claim& claim,
                                         const std::string& owner);

// A transaction, tried again while it only collides with others or is throttled, and where its
// answer was lost: with a token, so that it is done once.
dynamodb::Result<dynamodb::TransactWriteItemsResult> transact(
    const Connection& connection, std::vector<dynamodb::TransactWriteAction> actions);

// For rows that were written before their values had to be unique, or by the original system:
// claims them, in a transaction that sees the row unchanged. Returns a line for each value that
// another row has already. Any number of times, at any time.
std::vector<std::string> claim_row(const Connection& connection, const ModelInfo& model,
                                   dynamodb::ItemView stored);
std::vector<std::string> claim_existing_rows(const ModelInfo& model);  // all rows

// Drops all claims of a model: with its table.
void delete_claims(const Connection& connection, const ModelInfo& model);

// "another row has username 'alice'", of the item that was to be written.
std::string taken_text(const UniqueInfo& unique, dynamodb::ItemView item);
// "username 'alice'"
std::string values_text(const UniqueInfo& unique, dynamodb::ItemView item);
std::vector<std::string> attribute_names(const UniqueInfo& unique);
[[noreturn]] void throw_taken(const ModelInfo& model, const UniqueInfo& unique,
                              dynamodb::ItemView item);
[[noreturn]] void throw_key_taken(const ModelInfo& model, const std::string& key);

}  // namespace dynamo_backend
