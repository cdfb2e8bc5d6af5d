// One action of a write: put, update, delete or condition check, from request to changed row.
//
// check() looks at the request alone and bind() at its table, both on the caller's thread;
// evaluate() on the pipeline's thread decides what the row becomes without writing; apply() writes
// the row, its index entries, its stream record, its expiry and the counts.
#pragma once
#include <optional>
#include <string>

#include "dynamodb/local/catalog.h"
#include "dynamodb/local/pipeline.h"
#include "dynamodb/requests.h"

namespace dynamodb::local {

struct WriteAction {
  enum class Kind : std::uint8_t { put, update, del, check };
  Kind kind = Kind::put;
  TablePtr table{};
  std::string row_key{};
  PackedItem item{};  // put: the item; update: its key, from which a missing item starts
  UpdateExpression update{};
  Condition condition{};
  ReturnValues return_values = ReturnValues::none;
  bool return_old_on_condition_failure = false;
  bool by_time_to_live = false;                       // del: of an expired item
  std::optional<ItemCollectionMetrics> collection{};  // where it was asked for, and there is one
};

std::optional<Error> check(const PutItemRequest& request);
std::optional<Error> check(const UpdateItemRequest& request);
std::optional<Error> check(const DeleteItemRequest& request);
std::optional<Error> check(const ConditionCheck& request);

// Finds the table and the row. resource_not_found, or a validation error where the item does not
// fit the table.
Result<WriteAction> bind(const Catalog& catalog, PutItemRequest request);
Result<WriteAction> bind(const Catalog& catalog, UpdateItemRequest request);
Result<WriteAction> bind(const Catalog& catalog, DeleteItemRequest request);
Result<WriteAction> bind(const Catalog& catalog, ConditionCheck request);

template <class Request>
Result<WriteAction> prepare(const Catalog& catalog, Request request) {
  if (auto error = check(request)) return std::move(*error);
  return bind(catalog, std::move(request));
}

// What an action brings into a transaction, in bytes: the item of a put; of the others the key and
// the values of their expressions, for their items are known only when they are evaluated.
std::size_t payload_size(const WriteAction& action);

// What an action makes of its row; a check says nothing of `after`.
struct RowChange {
  TablePtr table{};  // as the pipeline has it: with the indexes of the moment
  std::optional<PackedItem> before{}, after{};
};
Result<RowChange> evaluate(const WriteAction& action, Group& group);

// Writes the change and counts its capacity; a transaction's table arm counts double.
void apply(const WriteAction& action, const RowChange& change, Group& group, bool in_transaction,
           ConsumedCapacity& consumed);

// What return_values asked for.
std::optional<PackedItem> returned_attributes(const WriteAction& action, const RowChange& change);

}  // namespace dynamodb::local
