// ExecuteTransaction.
#include "dynamodb/limits.h"
#include "dynamodb/partiql/bound.h"
#include "dynamodb/partiql/long_sums.h"

namespace dynamodb::partiql {
namespace {

constexpr char kKeyMismatch[] = "The provided key element does not match the schema";

// What is wrong with the statement at `index` fails the whole request.
Error failed_statement(std::size_t index, const Error& error) {
  if (error.code != ErrorCode::validation) return error;
  return validation_error("Validation failed in TransactStatements[" + std::to_string(index) +
                          "]: " + error.message);
}

CancellationReason validation_reason(std::string message) {
  return {"ValidationError", std::move(message)};
}

// Statements become the parts of one transaction. What fails a statement is an error of the whole
// request, or a reason to cancel it: DynamoDB makes that difference (observed on AWS by Floci's
// tests).
class Transaction {
 public:
  Transaction(Client& client, const ExecuteTransactionRequest& request)
      : client_(client), request_(request) {}

  Result<ExecuteTransactionResult> run() {
    const auto bound = bind_all();
    if (bound.has_error()) return bound.error();
    for (std::size_t i = 0; i < bound->size(); ++i) {
      const auto added = add_statement((*bound)[i], request_.statements[i]);
      if (added.has_error()) return failed_statement(i, added.error());
    }
    for (const CancellationReason& reason : reasons_) {
      if (reason.code != "None") return transaction_canceled(std::move(reasons_));
    }
    return is_read(bound->front()) ? read() : write();
  }

 private:
  Result<std::vector<Bound>> bind_all() {
    for (const StatementRequest& statement : request_.statements) {
      if (statement.refused) return *statement.refused;
    }
    std::vector<Bound> all;
    bool reads = false, writes = false;
    for (const StatementRequest& statement : request_.statements) {
      auto bound = bind(statement);
      if (bound.has_error()) return failed_statement(all.size(), bound.error());
      (is_read(*bound) ? reads : writes) = true;
      all.push_back(std::move(*bound));
    }
    if (reads && writes) {
      return validation_error(
          "ExecuteTransaction API does not support both read and write operations in the same "
          "request.");
    }
    return all;
  }

  Result<void> add_statement(const Bound& bound, const StatementRequest& request) {
    const auto table = describe(client_, table_of(bound));
    if (table.has_error() && table.error().code == ErrorCode::resource_not_found) {
      reasons_.push_back({"ResourceNotFound", table.error().message});
      return {};
    }
    if (table.has_error()) return table.error();
    reasons_.emplace_back();
    const KeySchema& key = table->definition.key;
    if (const auto* select = std::get_if<BoundSelect>(&bound)) return add_get(*select, key);
    if (const auto* exists = std::get_if<BoundExists>(&bound))
      return add_check(exists->select, key, request);
    return add_write(bound, key, request);
  }

  Result<void> add_get(const BoundSelect& select, const KeySchema& key) {
    if (!select.index.empty())
      return validation_error("Reads on indices are not supported within transactions.");
    const auto plan = plan_read(key, select.where);
    if (plan.has_error()) return plan.error();
    if (plan->mismatch != nullptr) {
      reasons_.back() = validation_reason(kKeyMismatch);
      return {};
    }
    auto get = get_of(select, *plan, key);
    if (get.has_error()) return get.error();
    if (!*get) {
      return validation_error(
          "Select statements within ExecuteTransaction must specify the primary key in the where "
          "clause.");
    }
    gets_.gets.push_back(std::move(**get));
    columns_.push_back(select.columns);
    return {};
  }

  Result<void> add_check(const BoundSelect& select, const KeySchema& key,
                         const StatementRequest& request) {
    if (!select.index.empty())
      return validation_error("Operations on indices are not supported in transactions");
    KeyAndRest split = split_key(key, select.where);
    if (!split.complete || split.rest.empty()) {
      return validation_error("EXISTS() must contain a single item read with additional condition");
    }
    if (split.mismatch != nullptr) {
      reasons_.back() = validation_reason(kKeyMismatch);
      return {};
    }
    writes_.actions.emplace_back(
        ConditionCheck{.table = select.table,
                       .key = std::move(split.key),
                       .condition = attribute_exists(Path(key.partition.name)) && split.rest,
                       .return_old_on_condition_failure = request.return_old_on_condition_failure});
    return {};
  }

  Result<void> add_write(const Bound& bound, const KeySchema& key,
                         const StatementRequest& request) {
    const auto* update = std::get_if<BoundUpdate>(&bound);
    const auto* del = std::get_if<BoundDelete>(&bound);
    const bool returning = (update != nullptr && update->return_values != ReturnValues::none) ||
                           (del != nullptr && del->return_values != ReturnValues::none);
    if (returning)
      return validation_error("RETURNING clause is not supported in ExecuteTransaction.");
    auto write = write_of(bound, key, request.return_old_on_condition_failure);
    if (write.has_error()) {
      reasons_.back() = key_reason(bound, key);
      return {};
    }
    std::visit([this](auto& part) { writes_.actions.emplace_back(std::move(part)); }, *write);
    return {};
  }

  // A write that does not name one item cancels the transaction in TransactWriteItems' words.
  static CancellationReason key_reason(const Bound& bound, const KeySchema& key) {
    const auto* insert = std::get_if<BoundInsert>(&bound);
    if (insert == nullptr) return validation_reason(kKeyMismatch);
    const std::string opening = "One or more parameter values were invalid: ";
    for (const KeyAttribute* attribute : {&key.partition, key.sort ? &*key.sort : nullptr}) {
      if (attribute == nullptr) continue;
      const auto found = insert->item.find(attribute->name);
      if (found == insert->item.end())
        return validation_reason(opening + "Missing the key " + attribute->name + " in the item");
      if (found->second.type() == attribute->type) continue;
      return validation_reason(opening + "Type mismatch for key " + attribute->name +
                               " expected: " + std::string(type_name(attribute->type)) +
                               " actual: " + std::string(type_name(found->second.type())));
    }
    return validation_reason(kKeyMismatch);
  }

  Result<ExecuteTransactionResult> read() {
    const auto got = client_.transact_get_items(gets_);
    if (got.has_error()) return got.error();
    ExecuteTransactionResult result{.consumed = got->consumed};
    for (std::size_t i = 0; i < got->items.size(); ++i) {
      const auto& item = got->items[i];
      result.items.push_back(item ? std::optional(selected(item->view(), columns_[i]))
                                  : std::nullopt);
    }
    return result;
  }

  Result<ExecuteTransactionResult> write() {
    writes_.client_request_token = request_.client_request_token;
    std::vector<bool> inserts;
    for (const auto& action : writes_.actions)
      inserts.push_back(std::holds_alternative<PutItemRequest>(action));
    auto written = client_.transact_write_items(writes_);
    if (written.has_error() && refuses_long_sums(writes_, written.error()))
      written = write_long_sums(client_, writes_);
    if (written) {
      return ExecuteTransactionResult{.consumed = std::move(written->consumed),
                                      .wrote = !written->repeated};
    }
    Error error = written.error();
    if (error.code != ErrorCode::transaction_canceled) return error;
    for (std::size_t i = 0; i < std::min(inserts.size(), error.reasons.size()); ++i) {
      CancellationReason& reason = error.reasons[i];
      if (inserts[i] && reason.code == "ConditionalCheckFailed")
        reason = {"DuplicateItem", duplicate_item().message};
    }
    return transaction_canceled(std::move(error.reasons));
  }

  Client& client_;
  const ExecuteTransactionRequest& request_;
  std::vector<CancellationReason> reasons_{};  // one per statement
  TransactGetItemsRequest gets_{};
  std::vector<std::vector<Column>> columns_{};  // of gets_
  TransactWriteItemsRequest writes_{};
};

}  // namespace

Result<ExecuteTransactionResult> execute_transaction(Client& client,
                                                     const ExecuteTransactionRequest& request) {
  const std::size_t count = request.statements.size();
  if (count == 0 || count > kMaxTransactionActions) {
    return validation_error(
        "1 validation error detected: Value at 'transactStatements' failed to satisfy constraint: "
        "Member must have length " +
        std::string(count == 0 ? "greater than or equal to 1" : "less than or equal to 100"));
  }
  return Transaction(client, request).run();
}

}  // namespace dynamodb::partiql
