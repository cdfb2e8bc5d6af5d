#include "dynamodb/local/write_action.h"

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"
#include "dynamodb/local/capacity.h"
#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/stream_record.h"
#include "dynamodb/local/time_to_live.h"
#include "dynamodb/local/validation.h"

namespace dynamodb::local {
namespace {

std::optional<Error> check_return_values(ReturnValues values) {
  if (values == ReturnValues::none || values == ReturnValues::all_old) return std::nullopt;
  return validation_error(kOnlyOldValues);
}

std::optional<Error> check_tree(const Condition& condition) {
  if (auto problem = check_condition(condition, "ConditionExpression"))
    return validation_error(*problem);
  return std::nullopt;
}

std::optional<Error> check_keyed(const Condition& condition, const Item& key) {
  if (auto error = check_tree(condition)) return error;
  if (auto problem = check_item(key)) return validation_error(*problem);
  return std::nullopt;
}

// DynamoDB tells a range that the collection's size lies in. It is at most the table's here.
std::optional<ItemCollectionMetrics> collection_of(const Catalog& catalog, const TableState& table,
                                                   const Item& item) {
  if (!table.has_local_index()) return std::nullopt;
  std::uint64_t bytes = 0;
  for (const auto& [index, counts] : catalog.counts(table)) bytes += counts.bytes;
  constexpr std::uint64_t kGigabyte = 1ULL << 30;
  const std::uint64_t high = bytes / kGigabyte + 1;
  const std::string& name = table.key.partition.name;
  return ItemCollectionMetrics{
      .key = {{name, item.at(name)}}, .low = 0, .high = static_cast<double>(high)};
}

// The part of bind() that the requests with a key have in common.
template <class Request>
Result<WriteAction> bind_keyed(const Catalog& catalog, Request& request, WriteAction::Kind kind) {
  WriteAction action{.kind = kind, .table = catalog.find(request.table)};
  if (action.table == nullptr) return table_not_found();
  auto key = row_key_of(*action.table, request.key);
  if (key.has_error()) return key.error();
  if (auto error = check_scalar_keys(*action.table, request.condition)) return std::move(*error);
  action.row_key = std::move(*key);
  action.condition = std::move(request.condition);
  action.return_old_on_condition_failure = request.return_old_on_condition_failure;
  if constexpr (!std::is_same_v<Request, ConditionCheck>) {
    action.return_values = request.return_values;
    if (request.return_collection_metrics)
      action.collection = collection_of(catalog, *action.table, request.key);
  }
  return action;
}

// Whether an item's entry of before a write is in the index. While the index is filled, it may not
// be there yet.
bool is_in_index(const IndexEntry& entry, const IndexState& index, Group& group) {
  if (index.status == IndexStatus::active) return true;
  const auto stored = group.read(entry.key);
  return stored.has_value() &&
         stored->has_value();  // a failed read puts the count off, not the index
}

// The index entries that go and come with a change, and their capacity.
void apply_index(const WriteAction& action, const RowChange& change, const IndexState& index,
                 Group& group, ConsumedCapacity& consumed) {
  const auto entry_of = [&](const std::optional<PackedItem>& item) {
    return item ? make_index_entry(*change.table, index, action.row_key, *item) : std::nullopt;
  };
  const auto before = entry_of(change.before), after = entry_of(change.after);
  const auto size = [](const IndexEntry& entry) { return item_size(ItemView(entry.value)); };
  const bool same_key = before && after && before->key == after->key;
  if (same_key && before->value == after->value) return;
  // What is_in_index() of a later write of the group asks for.
  const bool readable = index.status != IndexStatus::active;
  double units = 0;
  std::int64_t items = 0, bytes = 0;
  if (before) {
    if (is_in_index(*before, index, group)) {
      --items;
      bytes -= static_cast<std::int64_t>(size(*before));
    }
    if (!same_key) {
      readable ? group.remove(before->key) : group.remove_entry(before->key);
      units += write_units(size(*before));
    }
  }
  if (after) {
    ++items;
    bytes += static_cast<std::int64_t>(size(*after));
    readable ? group.put(after->key, after->value) : group.put_entry(after->key, after->value);
    units += write_units(same_key ? std::max(size(*before), size(*after)) : size(*after));
  }
  if (units == 0) return;
  group.count(*change.table, index.number, items, bytes);
  auto& arms = index.global ? consumed.global_indexes : consumed.local_indexes;
  arms[index.definition.name] += units;
}

// ---- the values of expressions, in bytes

std::size_t size_of_values(const AttributeValue& value) {
  const std::string packed = pack_value(value);
  return value_size(ValueView(packed));
}
std::size_t size_of_values(const SetOperand& operand) {
  if (const auto* value = std::get_if<AttributeValue>(&operand.value))
    return size_of_values(*value);
  if (const auto* f = std::get_if<IfNotExists>(&operand.value))
    return size_of_values(*f->otherwise);
  if (const auto* f = std::get_if<ListAppend>(&operand.value))
    return size_of_values(*f->first) + size_of_values(*f->second);
  if (const auto* f = std::get_if<Arithmetic>(&operand.value))
    return size_of_values(*f->left) + size_of_values(*f->right);
  return 0;
}
std::size_t size_of_values(const UpdateExpression& update) {
  std::size_t bytes = 0;
  for (const auto& action : update.set) bytes += size_of_values(action.value);
  for (const auto& action : update.add) bytes += size_of_values(action.value);
  for (const auto& action : update.del) bytes += size_of_values(action.value);
  return bytes;
}
std::size_t size_of_values(const Condition& condition) {
  if (condition.empty()) return 0;
  std::size_t bytes = 0;
  for (const Operand& operand : condition->operands) {
    if (const auto* value = std::get_if<AttributeValue>(&operand)) bytes += size_of_values(*value);
  }
  for (const Condition& child : condition->children) bytes += size_of_values(child);
  return bytes;
}

Result<PackedItem> updated(const WriteAction& action, const std::optional<PackedItem>& before) {
  Item item = unpack(before ? before->view() : action.item.view());
  if (auto done = apply_update(action.update, item); done.has_error()) return done.error();
  if (auto problem = check_item(item)) return validation_error(*problem);
  return PackedItem(item);
}

}  // namespace

std::optional<Error> check(const PutItemRequest& request) {
  if (auto error = check_return_values(request.return_values)) return error;
  if (auto error = check_keyed(request.condition, request.item)) return error;
  if (const PackedItem item(request.item); item_size(item.view()) > kMaxItemSize) {
    return validation_error("Item size has exceeded the maximum allowed size");
  }
  return std::nullopt;
}
std::optional<Error> check(const UpdateItemRequest& request) {
  if (auto problem = check_update(request.update)) return validation_error(*problem);
  return check_keyed(request.condition, request.key);
}
std::optional<Error> check(const DeleteItemRequest& request) {
  if (auto error = check_return_values(request.return_values)) return error;
  return check_keyed(request.condition, request.key);
}
std::optional<Error> check(const ConditionCheck& request) {
  if (request.condition.empty()) {
    return validation_error("The ConditionExpression of a ConditionCheck must not be empty");
  }
  return check_keyed(request.condition, request.key);
}

Result<WriteAction> bind(const Catalog& catalog, PutItemRequest request) {
  WriteAction action{.table = catalog.find(request.table), .item = PackedItem(request.item)};
  if (action.table == nullptr) return table_not_found();
  auto key = row_key_of_item(*action.table, action.item.view());
  if (key.has_error()) return key.error();
  if (auto error = check_index_keys(*action.table, action.item.view())) return std::move(*error);
  if (auto error = check_scalar_keys(*action.table, request.condition)) return std::move(*error);
  if (request.return_collection_metrics)
    action.collection = collection_of(catalog, *action.table, request.item);
  action.row_key = std::move(*key);
  action.condition = std::move(request.condition);
  action.return_values = request.return_values;
  action.return_old_on_condition_failure = request.return_old_on_condition_failure;
  return action;
}

Result<WriteAction> bind(const Catalog& catalog, UpdateItemRequest request) {
  auto action = bind_keyed(catalog, request, WriteAction::Kind::update);
  if (action.has_error()) return action;
  if (auto error = check_update_of(*action->table, request.update)) return std::move(*error);
  action->item = PackedItem(request.key);
  action->update = std::move(request.update);
  return action;
}

Result<WriteAction> bind(const Catalog& catalog, DeleteItemRequest request) {
  return bind_keyed(catalog, request, WriteAction::Kind::del);
}

Result<WriteAction> bind(const Catalog& catalog, ConditionCheck request) {
  return bind_keyed(catalog, request, WriteAction::Kind::check);
}

std::size_t payload_size(const WriteAction& action) {
  if (action.kind == WriteAction::Kind::put) return item_size(action.item.view());
  return action.row_key.size() + size_of_values(action.update) + size_of_values(action.condition);
}

Result<RowChange> evaluate(const WriteAction& action, Group& group) {
  RowChange change{.table = group.table(action.table->name)};
  // A table that was deleted, and perhaps made anew, while the write waited is not the one that the
  // caller meant.
  if (change.table == nullptr || change.table->number != action.table->number ||
      change.table->id != action.table->id)
    return table_not_found();
  const auto stored = group.read(action.row_key);
  if (stored.has_error()) return stored.error();
  if (*stored) change.before = PackedItem(std::string(**stored));
  if (!evaluate(action.condition, change.before ? change.before->view() : ItemView())) {
    return conditional_check_failed(action.return_old_on_condition_failure ? change.before
                                                                           : std::nullopt);
  }
  switch (action.kind) {
    case WriteAction::Kind::put:
      change.after = action.item;
      break;
    case WriteAction::Kind::del:
      break;
    case WriteAction::Kind::check:
      break;
    case WriteAction::Kind::update: {
      if (!change.before && !creates_item(action.update)) break;
      auto item = updated(action, change.before);
      if (item.has_error()) return item.error();
      if (item_size(item->view()) > kMaxItemSize) {
        return validation_error("Item size to update has exceeded the maximum allowed size");
      }
      change.after = std::move(*item);
      break;
    }
  }
  // Against the indexes of the moment: one may have been added since prepare().
  if (change.after && change.after != change.before) {
    const auto* update = action.kind == WriteAction::Kind::update ? &action.update : nullptr;
    if (auto error = check_index_keys(*change.table, change.after->view(), update)) return *error;
  }
  return change;
}

void apply(const WriteAction& action, const RowChange& change, Group& group, bool in_transaction,
           ConsumedCapacity& consumed) {
  const std::size_t before = change.before ? item_size(change.before->view()) : 0;
  const std::size_t after = change.after ? item_size(change.after->view()) : 0;
  consumed.table_units += write_units(std::max(before, after)) * (in_transaction ? 2 : 1);
  if (action.kind == WriteAction::Kind::check || change.before == change.after) return;
  if (change.after) {
    group.put(action.row_key, change.after->bytes());
  } else {
    group.remove(action.row_key);
  }
  group.count(*change.table, 0, (change.after ? 1 : 0) - (change.before ? 1 : 0),
              static_cast<std::int64_t>(after) - static_cast<std::int64_t>(before));
  for (const auto& index : change.table->indexes)
    apply_index(action, change, index, group, consumed);
  add_stream_record(group, change, action.by_time_to_live);
  move_expiry(group, change, action.row_key);
}

std::optional<PackedItem> returned_attributes(const WriteAction& action, const RowChange& change) {
  const auto touched = [&](const std::optional<PackedItem>& item) -> std::optional<PackedItem> {
    if (!item || action.update.empty()) return std::nullopt;
    PackedItem parts = project(item->view(), touched_paths(action.update));
    return parts.view().empty() ? std::nullopt : std::optional(std::move(parts));
  };
  switch (action.return_values) {
    case ReturnValues::none:
      return std::nullopt;
    case ReturnValues::all_old:
      return change.before;
    case ReturnValues::all_new:
      return change.after;
    case ReturnValues::updated_old:
      return touched(change.before);
    case ReturnValues::updated_new:
      return touched(change.after);
  }
  return std::nullopt;
}

}  // namespace dynamodb::local
