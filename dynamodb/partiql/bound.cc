#include "dynamodb/partiql/bound.h"

#include <algorithm>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/partiql/long_sums.h"
#include "dynamodb/partiql/parser.h"

namespace dynamodb::partiql {
namespace {

ReturnValues return_values(const std::optional<Returning>& returning) {
  if (!returning) return ReturnValues::none;
  if (returning->modified)
    return returning->old ? ReturnValues::updated_old : ReturnValues::updated_new;
  return returning->old ? ReturnValues::all_old : ReturnValues::all_new;
}

std::optional<Error> check_source(const Source& source, bool written) {
  if (check_table_name(source.table)) {
    return validation_error(
        "Table name should be within the length [3, 255] and only contain 'a-z', 'A-Z', '0-9', "
        "'-', '_', '.'.");
  }
  if (written && !source.index.empty())
    return validation_error("This operation is not supported on an index");
  return std::nullopt;
}

class Binder {
 public:
  explicit Binder(const std::vector<AttributeValue>& parameters) : translator_(parameters) {}

  Result<Bound> operator()(const Select& select) {
    return checked(bound(select), check_source(select.from, false));
  }
  Result<Bound> operator()(const Exists& exists) {
    return checked(BoundExists{bound(exists.select)}, check_source(exists.select.from, false));
  }
  Result<Bound> operator()(const Insert& insert) {
    return checked(BoundInsert{insert.into.table, translator_.item(insert.value)},
                   check_source(insert.into, true));
  }
  Result<Bound> operator()(const Update& update) {
    BoundUpdate result{.table = update.table.table,
                       .update = translator_.update(update.actions),
                       .where = translator_.where(update.where),
                       .return_values = return_values(update.returning)};
    return checked(std::move(result), check_source(update.table, true));
  }
  Result<Bound> operator()(const Delete& del) {
    BoundDelete result{.table = del.from.table,
                       .where = translator_.where(del.where),
                       .return_values = return_values(del.returning)};
    return checked(std::move(result), check_source(del.from, true));
  }

 private:
  BoundSelect bound(const Select& select) {
    return {.table = select.from.table,
            .index = select.from.index,
            .columns = translator_.columns(select.columns),
            .where = translator_.where(select.where),
            .order_by = select.order_by};
  }

  Result<Bound> checked(Bound bound, const std::optional<Error>& source_error) {
    if (translator_.error()) return *translator_.error();
    if (source_error) return *source_error;
    return bound;
  }

  Translator translator_;
};

const KeyAttribute* missing_key(const KeySchema& key, const Item& item) {
  if (!item.contains(key.partition.name)) return &key.partition;
  return key.sort && !item.contains(key.sort->name) ? &*key.sort : nullptr;
}

const KeyAttribute* mistyped_key(const KeySchema& key, const Item& item) {
  if (item.at(key.partition.name).type() != key.partition.type) return &key.partition;
  return key.sort && item.at(key.sort->name).type() != key.sort->type ? &*key.sort : nullptr;
}

Result<KeyAndRest> key_of_write(const KeySchema& key, const Condition& where) {
  KeyAndRest split = split_key(key, where);
  if (!split.complete) {
    return validation_error(
        "Where clause does not contain a mandatory equality on all key attributes");
  }
  if (split.ambiguous) {
    return validation_error("Multiple conditions on same key " + *split.ambiguous +
                            ". Only single item Update/Insert/Delete are supported");
  }
  if (split.mismatch != nullptr) return wrong_key_type(*split.mismatch);
  return split;
}

}  // namespace

Result<Bound> bind(const StatementRequest& request) {
  if (request.refused) return *request.refused;
  const auto statement = parse_statement(request.statement);
  if (statement.has_error()) return statement.error();
  if (statement->parameters != request.parameters.size()) {
    return validation_error("Number of parameters in request and statement don't match.");
  }
  return std::visit(Binder(request.parameters), statement->body);
}

const std::string& table_of(const Bound& bound) {
  if (const auto* exists = std::get_if<BoundExists>(&bound)) return exists->select.table;
  if (const auto* select = std::get_if<BoundSelect>(&bound)) return select->table;
  if (const auto* insert = std::get_if<BoundInsert>(&bound)) return insert->table;
  if (const auto* update = std::get_if<BoundUpdate>(&bound)) return update->table;
  return std::get<BoundDelete>(bound).table;
}

Result<TableDescription> describe(Client& client, const std::string& table) {
  auto description = client.describe_table(table);
  if (description.has_error() && description.error().code == ErrorCode::resource_not_found) {
    return resource_not_found("Requested resource not found");
  }
  return description;
}

// DynamoDB: INSERT writes only where there is no item, UPDATE only where there is one, and DELETE
// finds nothing wrong with an item that is not there, whatever else its clause asks for.
Result<Write> write_of(const Bound& bound, const KeySchema& key, bool return_old) {
  const Path partition(key.partition.name);
  if (const auto* insert = std::get_if<BoundInsert>(&bound)) {
    if (const KeyAttribute* missing = missing_key(key, insert->item)) {
      return validation_error("Key attribute should be present in the item: Key " + missing->name);
    }
    if (const KeyAttribute* mistyped = mistyped_key(key, insert->item))
      return wrong_key_type(*mistyped);
    return PutItemRequest{
        .table = insert->table, .item = insert->item, .condition = attribute_not_exists(partition)};
  }
  if (const auto* update = std::get_if<BoundUpdate>(&bound)) {
    auto split = key_of_write(key, update->where);
    if (split.has_error()) return split.error();
    return UpdateItemRequest{.table = update->table,
                             .key = std::move(split->key),
                             .update = update->update,
                             .condition = attribute_exists(partition) && split->rest,
                             .return_values = update->return_values,
                             .return_old_on_condition_failure = return_old};
  }
  const auto& del = std::get<BoundDelete>(bound);
  auto split = key_of_write(key, del.where);
  if (split.has_error()) return split.error();
  return DeleteItemRequest{.table = del.table,
                           .key = std::move(split->key),
                           .condition = split->rest.empty()
                                            ? Condition()
                                            : attribute_not_exists(partition) || split->rest,
                           .return_values = del.return_values,
                           .return_old_on_condition_failure = return_old};
}

PackedItem selected(ItemView item, const std::vector<Column>& columns) {
  ItemPacker packer;
  for (const Column& column : columns) {
    if (const auto value = resolve(column.path, item)) packer.add(column.name, *value);
  }
  if (columns.empty()) {
    for (const auto& [name, value] : item) packer.add(name, value);
  }
  return std::move(packer).finish();
}

Projection needed(const std::vector<Column>& columns) {
  Projection tops;
  for (const Column& column : columns) {
    const Path top(column.path.top());
    if (std::find(tops.begin(), tops.end(), top) == tops.end()) tops.push_back(top);
  }
  return tops;
}

Error wrong_key_type(const KeyAttribute& key) {
  return validation_error(
      "Key attribute's data type should match its data type in table's schema: Key " + key.name);
}

Error duplicate_item() {
  return {ErrorCode::duplicate_item, "Duplicate primary key exists in table"};
}

Error exists_outside_transaction() {
  return validation_error("EXISTS can only be used in ExecuteTransaction write requests.");
}

Result<WriteResult> run_write(Client& client, const Write& write) {
  struct Call {
    Client& client;
    Result<WriteResult> operator()(const PutItemRequest& put) { return client.put_item(put); }
    Result<WriteResult> operator()(const UpdateItemRequest& update) {
      auto result = client.update_item(update);
      if (result.has_error() && refuses_long_sums(update, result.error()))
        return write_long_sums(client, update);
      return result;
    }
    Result<WriteResult> operator()(const DeleteItemRequest& del) { return client.delete_item(del); }
  };
  auto result = std::visit(Call{client}, write);
  if (result.has_error()) {
    const bool exists = result.error().code == ErrorCode::conditional_check_failed &&
                        std::holds_alternative<PutItemRequest>(write);
    return exists ? duplicate_item() : result.error();
  }
  // MODIFIED of what is not there is no row, rather than an empty one.
  if (result->attributes && result->attributes->view().empty()) result->attributes.reset();
  return result;
}

Result<std::optional<GetItemRequest>> get_of(const BoundSelect& select, const ReadPlan& plan,
                                             const KeySchema& key) {
  if (plan.mismatch != nullptr) return wrong_key_type(*plan.mismatch);
  if (plan.reads.size() != 1) return std::nullopt;
  const Read& read = plan.reads.front();
  if (!read.whole_key || !read.filter.empty()) return std::nullopt;
  Item item{{key.partition.name, read.partition}};
  for (const Condition& fixed : read.sort) {
    if (fixed->op == ConditionOp::equal)
      item.insert_or_assign(key.sort->name, std::get<AttributeValue>(fixed->operands[1]));
  }
  return GetItemRequest{
      .table = select.table, .key = std::move(item), .projection = needed(select.columns)};
}

void add(ConsumedCapacity& sum, const ConsumedCapacity& more) {
  sum.table = more.table;
  sum.table_units += more.table_units;
  for (const auto& [index, units] : more.global_indexes) sum.global_indexes[index] += units;
  for (const auto& [index, units] : more.local_indexes) sum.local_indexes[index] += units;
}

void add(std::vector<ConsumedCapacity>& sums, const ConsumedCapacity& more) {
  const auto same = std::find_if(sums.begin(), sums.end(),
                                 [&](const auto& sum) { return sum.table == more.table; });
  if (same == sums.end()) {
    sums.push_back(more);
  } else {
    add(*same, more);
  }
}

}  // namespace dynamodb::partiql
