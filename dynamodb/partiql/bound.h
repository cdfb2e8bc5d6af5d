// A statement with its parameters in place, checked as far as that needs no table; and the requests
// it becomes once its table is known. Internal to statements*.cc.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "dynamodb/partiql/plan.h"
#include "dynamodb/partiql/statements.h"
#include "dynamodb/partiql/translate.h"

namespace dynamodb::partiql {

struct BoundSelect {
  std::string table{}, index{};
  std::vector<Column> columns{};  // empty: all
  Condition where{};
  std::vector<OrderTerm> order_by{};
};
struct BoundInsert {
  std::string table{};
  Item item{};
};
struct BoundUpdate {
  std::string table{};
  UpdateExpression update{};
  Condition where{};
  ReturnValues return_values = ReturnValues::none;
};
struct BoundDelete {
  std::string table{};
  Condition where{};
  ReturnValues return_values = ReturnValues::none;
};
struct BoundExists {
  BoundSelect select{};
};
using Bound = std::variant<BoundSelect, BoundInsert, BoundUpdate, BoundDelete, BoundExists>;

Result<Bound> bind(const StatementRequest& request);
inline bool is_read(const Bound& bound) { return std::holds_alternative<BoundSelect>(bound); }
const std::string& table_of(const Bound& bound);

Result<TableDescription> describe(Client& client, const std::string& table);

// What a statement about one item asks of the Client.
using Write = std::variant<PutItemRequest, UpdateItemRequest, DeleteItemRequest>;
Result<Write> write_of(const Bound& bound, const KeySchema& key, bool return_old);

// The item's columns under their names; the whole item where there are none.
PackedItem selected(ItemView item, const std::vector<Column>& columns);
// The top-level attributes that `columns` need.
Projection needed(const std::vector<Column>& columns);

Error wrong_key_type(const KeyAttribute& key);
Error duplicate_item();
Error exists_outside_transaction();
// Runs `write` and waits. INSERT's failed condition is a duplicate item.
Result<WriteResult> run_write(Client& client, const Write& write);

// The read of one item by its whole key and nothing else; nullopt where `select` is another one.
// Errors are plan_read()'s, and a key value of another type.
Result<std::optional<GetItemRequest>> get_of(const BoundSelect& select, const ReadPlan& plan,
                                             const KeySchema& key);

void add(ConsumedCapacity& sum, const ConsumedCapacity& more);
void add(std::vector<ConsumedCapacity>& sums, const ConsumedCapacity& more);

}  // namespace dynamodb::partiql
