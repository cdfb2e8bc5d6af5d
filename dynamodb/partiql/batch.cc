// BatchExecuteStatement.
#include <set>

#include "dynamodb/limits.h"
#include "dynamodb/partiql/bound.h"

namespace dynamodb::partiql {
namespace {

constexpr char kNeedsKey[] =
    "Select statements within BatchExecuteStatement must specify the primary key in the where "
    "clause.";

// One statement of the batch, up to the call that it becomes.
struct Prepared {
  std::string table{};
  std::optional<Error> error{};  // not first: a Result<Prepared> must not take it for its own
  std::optional<GetItemRequest> get{};
  std::vector<Column> columns{};
  std::optional<Write> write{};
  Item key{};
};

Item key_of(const Write& write, const KeySchema& key) {
  if (const auto* update = std::get_if<UpdateItemRequest>(&write)) return update->key;
  if (const auto* del = std::get_if<DeleteItemRequest>(&write)) return del->key;
  const Item& item = std::get<PutItemRequest>(write).item;
  Item result{{key.partition.name, item.at(key.partition.name)}};
  if (key.sort) result.emplace(key.sort->name, item.at(key.sort->name));
  return result;
}

Result<Prepared> prepare_read(const BoundSelect& select, const TableDefinition& table,
                              bool consistent) {
  for (const auto& index : table.global_indexes) {
    const bool several = !index.key.more_partition.empty() || !index.key.more_sort.empty();
    if (index.name == select.index && several) {
      return validation_error(
          "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or "
          "multi-attribute RANGE keys.");
    }
  }
  if (!select.index.empty()) return validation_error(kNeedsKey);
  const auto plan = plan_read(table.key, select.where);
  if (plan.has_error()) return plan.error();
  auto get = get_of(select, *plan, table.key);
  if (get.has_error()) return get.error();
  if (!*get) return validation_error(kNeedsKey);
  Prepared prepared{.table = select.table, .get = std::move(*get), .columns = select.columns};
  prepared.get->consistent_read = consistent;
  prepared.key = prepared.get->key;
  return prepared;
}

Result<Prepared> prepare(Client& client, const Bound& bound, const StatementRequest& statement) {
  if (std::holds_alternative<BoundExists>(bound)) return exists_outside_transaction();
  const auto table = describe(client, table_of(bound));
  if (table.has_error()) return table.error();
  if (const auto* select = std::get_if<BoundSelect>(&bound))
    return prepare_read(*select, table->definition, statement.consistent_read);
  auto write = write_of(bound, table->definition.key, statement.return_old_on_condition_failure);
  if (write.has_error()) return write.error();
  Prepared prepared{.table = table_of(bound), .write = std::move(*write)};
  prepared.key = key_of(*prepared.write, table->definition.key);
  return prepared;
}

BatchStatementResponse run(Client& client, const Prepared& prepared,
                           std::vector<ConsumedCapacity>& consumed) {
  BatchStatementResponse response{.error = prepared.error};
  if (response.error) return response;
  response.table = prepared.table;
  if (prepared.get) {
    const auto got = client.get_item(*prepared.get);
    if (got.has_error()) {
      response.error = got.error();
      return response;
    }
    if (got->item) response.item = selected(got->item->view(), prepared.columns);
    add(consumed, got->consumed);
    return response;
  }
  auto written = run_write(client, *prepared.write);
  if (written.has_error()) {
    response.error = written.error();
    return response;
  }
  response.item = std::move(written->attributes);
  add(consumed, written->consumed);
  return response;
}

std::optional<Error> check_count(std::size_t count) {
  if (count >= 1 && count <= kMaxBatchWrites) return std::nullopt;
  return validation_error(
      "1 validation error detected: Value at 'statements' failed to satisfy constraint: Member "
      "must "
      "have length " +
      std::string(count == 0 ? "greater than or equal to 1" : "less than or equal to 25"));
}

}  // namespace

Result<BatchExecuteStatementResult> batch_execute_statement(
    Client& client, const std::vector<StatementRequest>& statements) {
  if (auto error = check_count(statements.size())) return *error;
  std::vector<Result<Bound>> bound;
  bool reads = false, writes = false;
  for (const StatementRequest& statement : statements) {
    bound.push_back(bind(statement));
    if (bound.back().has_error() || std::holds_alternative<BoundExists>(*bound.back())) continue;
    (is_read(*bound.back()) ? reads : writes) = true;
  }
  if (reads && writes) {
    return validation_error("Read and write requests together in the same batch is not supported.");
  }
  std::vector<Prepared> all;
  std::set<std::pair<std::string, std::string>> items;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    auto prepared = bound[i].has_error() ? Result<Prepared>(bound[i].error())
                                         : prepare(client, *bound[i], statements[i]);
    if (prepared.has_error()) {
      all.push_back({.error = prepared.error()});
      continue;
    }
    if (!items.emplace(prepared->table, PackedItem(prepared->key).bytes()).second)
      return validation_error("Provided list of item keys contains duplicates");
    all.push_back(std::move(*prepared));
  }
  BatchExecuteStatementResult result;
  for (const Prepared& prepared : all)
    result.responses.push_back(run(client, prepared, result.consumed));
  return result;
}

}  // namespace dynamodb::partiql
