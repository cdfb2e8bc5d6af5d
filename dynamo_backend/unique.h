// Unique values: one claim per value, in a table of their own, written in the same transaction as
// the row. Never read-then-write.
//
//   table <prefix>dynamo_backend_unique
//     pk (S)    = "<table>#<attribute>#<value>"
//     owner (S) = the key of the row that has the value
// '#' and '%' in an attribute's name are written %23 and %25; numbers in their canonical form,
// bytes in base64; a value that makes the key longer than 1 KB is replaced by "%hash#" and its
// BLAKE2b. An absent value claims nothing.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/model_info.h"
#include "dynamodb/requests.h"

namespace dynamo_backend {

inline constexpr std::string_view kClaimsTable = "dynamo_backend_unique";
dynamodb::TableDefinition claims_table_definition();  // without the prefix

struct Claim {
  const FieldInfo* field = nullptr;
  std::string key{};
};
std::string claim_key(const ModelInfo& model, const FieldInfo& field, const Value& value);
// The claims of a stored item.
std::vector<Claim> claims_of(const ModelInfo& model, dynamodb::ItemView item);

// Holds where nobody has the claim, or `owner` does already.
dynamodb::PutItemRequest claim_put(const Connection& connection, const Claim& claim,
                                   const std::string& owner);
dynamodb::DeleteItemRequest claim_delete(const Connection& connection, const Claim& claim,
                                         const std::string& owner);

// A transaction, tried again while it only collides with others.
dynamodb::Result<dynamodb::TransactWriteItemsResult> transact(
    const Connection& connection, std::vector<dynamodb::TransactWriteAction> actions);

// For a table whose rows were written before the field was unique, or by the original system:
// claims their values. Returns a line for each value that several rows have; the first of them
// keeps it. May run at any time, again and again.
std::vector<std::string> claim_existing_rows(const ModelInfo& model);

// Drops all claims of a model: with its table.
void delete_claims(const Connection& connection, const ModelInfo& model);

[[noreturn]] void throw_taken(const ModelInfo& model, const FieldInfo& field, const Value& value);
[[noreturn]] void throw_key_taken(const ModelInfo& model, const std::string& key);

}  // namespace dynamo_backend
