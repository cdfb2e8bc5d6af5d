#include "dynamodb/local/validation.h"

#include <algorithm>
#include <set>

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"
#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr std::string_view kImpossible = "One or more parameter values are not valid. ";

std::string quoted_type(Type type) { return std::string(type_name(type)); }

// Calls `visit` with a schema's attributes until it gives an error.
template <class Visit>
std::optional<Error> first_error(const KeySchema& schema, const Visit& visit) {
  if (auto error = visit(schema.partition, false)) return error;
  for (const KeyAttribute& key : schema.more_partition) {
    if (auto error = visit(key, false)) return error;
  }
  if (schema.sort) {
    if (auto error = visit(*schema.sort, true)) return error;
  }
  for (const KeyAttribute& key : schema.more_sort) {
    if (auto error = visit(key, true)) return error;
  }
  return std::nullopt;
}

// DynamoDB names the first index in order of name where several have the same complaint.
std::vector<const IndexState*> indexes_by_name(const TableState& table) {
  std::vector<const IndexState*> indexes;
  for (const auto& index : table.indexes) indexes.push_back(&index);
  std::sort(indexes.begin(), indexes.end(), [](const IndexState* a, const IndexState* b) {
    return a->definition.name < b->definition.name;
  });
  return indexes;
}

std::string empty_value(Type type) {
  return "The AttributeValue for a key attribute cannot contain an empty " +
         std::string(type == Type::S ? "string" : "binary") + " value.";
}

// Emptiness and size of a key value. `range` tells which limit and message hold.
std::optional<Error> check_key_value(const KeyAttribute& key, ValueView value, bool range) {
  const std::string_view text = value.text();
  if (key.type != Type::N && text.empty()) {
    return validation_error(std::string(kImpossible) + empty_value(key.type) + " Key: " + key.name);
  }
  return check_key_size(text.size(), range);
}

std::optional<Error> check_key_attribute(const KeyAttribute& key, ItemView item, bool range) {
  const auto value = item.find(key.name);
  if (!value)
    return validation_error("One or more parameter values were invalid: Missing the key " +
                            key.name + " in the item");
  if (value->type() != key.type) {
    return validation_error("One or more parameter values were invalid: Type mismatch for key " +
                            key.name + " expected: " + quoted_type(key.type) +
                            " actual: " + quoted_type(value->type()));
  }
  return check_key_value(key, *value, range);
}

Error index_type_mismatch(const IndexDefinition& index, const KeyAttribute& key, Type actual) {
  return validation_error(
      "One or more parameter values were invalid: Type mismatch for Index Key " + key.name +
      " Expected: " + quoted_type(key.type) + " Actual: " + quoted_type(actual) +
      " IndexName: " + index.name);
}

bool touches(const UpdateExpression* update, const std::string& attribute) {
  if (update == nullptr) return false;
  const Projection paths = touched_paths(*update);
  return std::any_of(paths.begin(), paths.end(),
                     [&](const Path& path) { return path.top() == attribute; });
}

// `update`: what made the item, if it was one.
std::optional<Error> check_index_key(const IndexDefinition& index, const KeyAttribute& key,
                                     ItemView item, const UpdateExpression* update) {
  const auto value = item.find(key.name);
  if (!value) return std::nullopt;
  if (value->type() != key.type && touches(update, key.name)) {
    return validation_error(
        "The update expression attempted to update the secondary index key to unsupported type");
  }
  if (value->type() != key.type) return index_type_mismatch(index, key, value->type());
  if (key.type == Type::N || !value->text().empty()) return std::nullopt;
  if (touches(update, key.name)) {
    return validation_error(std::string(kImpossible) +
                            "The update expression attempted to update a secondary index key to a "
                            "value that is not supported. " +
                            empty_value(key.type));
  }
  return validation_error(
      std::string(kImpossible) + "A value specified for a secondary index key is not supported. " +
      empty_value(key.type) + " IndexName: " + index.name + ", IndexKey: " + key.name);
}

// The type that an operand of SET has whatever the item; nullopt where it depends.
std::optional<Type> fixed_type(const SetOperand& operand) {
  if (const auto* constant = std::get_if<AttributeValue>(&operand.value)) return constant->type();
  if (std::holds_alternative<Arithmetic>(operand.value)) return Type::N;
  if (std::holds_alternative<ListAppend>(operand.value)) return Type::L;
  return std::nullopt;
}

// The type that `update` gives a whole attribute.
std::optional<Type> updated_type(const UpdateExpression& update, const std::string& attribute) {
  const auto is_it = [&](const Path& path) {
    return path.is_top_level() && path.top() == attribute;
  };
  for (const auto& action : update.set) {
    if (is_it(action.path)) return fixed_type(action.value);
  }
  for (const auto* actions : {&update.add, &update.del}) {
    for (const auto& action : *actions) {
      if (is_it(action.path)) return action.value.type();
    }
  }
  return std::nullopt;
}

// ---- all paths of an expression

void add_paths(const SetOperand& operand, Projection& paths) {
  if (const auto* path = std::get_if<Path>(&operand.value)) paths.push_back(*path);
  if (const auto* f = std::get_if<IfNotExists>(&operand.value)) {
    paths.push_back(f->path);
    add_paths(*f->otherwise, paths);
  }
  if (const auto* f = std::get_if<ListAppend>(&operand.value)) {
    add_paths(*f->first, paths);
    add_paths(*f->second, paths);
  }
  if (const auto* f = std::get_if<Arithmetic>(&operand.value)) {
    add_paths(*f->left, paths);
    add_paths(*f->right, paths);
  }
}

Projection all_paths(const UpdateExpression& update) {
  Projection paths = touched_paths(update);
  for (const auto& action : update.set) add_paths(action.value, paths);
  return paths;
}

// Calls `visit` with every path of a condition.
template <class Visit>
void for_each_path(const Condition& condition, const Visit& visit) {
  if (condition.empty()) return;
  for (const auto& operand : condition->operands) {
    if (const auto* path = std::get_if<Path>(&operand)) visit(*path);
    if (const auto* size = std::get_if<SizeOf>(&operand)) visit(size->path);
  }
  for (const auto& child : condition->children) for_each_path(child, visit);
}

}  // namespace

std::optional<Error> check_key_size(std::size_t size, bool range) {
  if (!range && size > kMaxPartitionKeySize) {
    return validation_error(
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size "
        "limit of2048 bytes");
  }
  if (range && size > kMaxSortKeySize) {
    return validation_error(
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded "
        "the size limit of 1024 bytes");
  }
  return std::nullopt;
}

Result<std::string> row_key_of_item(const TableState& table, ItemView item) {
  if (auto error = check_key_attribute(table.key.partition, item, false)) return *error;
  if (table.key.sort) {
    if (auto error = check_key_attribute(*table.key.sort, item, true)) return *error;
  }
  std::string key = row_prefix(table.number, 0);
  append_key(key, table.key, item);
  return key;
}

Error key_mismatch() {
  return validation_error("The provided key element does not match the schema");
}

bool has_key(const TableState& table, const Item& item) {
  return !first_error(table.key, [&](const KeyAttribute& key, bool) {
    const auto value = item.find(key.name);
    const bool fits = value != item.end() && value->second.type() == key.type;
    return fits ? std::nullopt : std::optional(key_mismatch());
  });
}

Result<std::string> row_key_of(const TableState& table, const Item& key) {
  const std::size_t expected = table.key.sort ? 2 : 1;
  if (key.size() != expected || !has_key(table, key)) return key_mismatch();
  const PackedItem packed(key);
  return row_key_of_item(table, packed.view());
}

std::optional<Error> check_index_keys(const TableState& table, ItemView item,
                                      const UpdateExpression* update) {
  for (const IndexState* index : indexes_by_name(table)) {
    std::optional<Error> error;
    std::size_t partition_size = 0, sort_size = 0;
    index->definition.key.for_each([&](const KeyAttribute& key, bool of_sort) {
      if (!error) error = check_index_key(index->definition, key, item, update);
      const auto value = item.find(key.name);
      if (!error && value) (of_sort ? sort_size : partition_size) += value->text().size();
    });
    if (!error) error = check_key_size(partition_size, /*range=*/false);
    if (!error) error = check_key_size(sort_size, /*range=*/true);
    if (error) return error;
  }
  return std::nullopt;
}

std::optional<Error> check_update_of(const TableState& table, const UpdateExpression& update) {
  for (const Path& path : touched_paths(update)) {
    if (!table.key.contains(path.top())) continue;
    return validation_error("One or more parameter values were invalid: Cannot update attribute " +
                            path.top() + ". This attribute is part of the key");
  }
  for (const IndexState* index : indexes_by_name(table)) {
    const auto error = first_error(index->definition.key,
                                   [&](const KeyAttribute& key, bool) -> std::optional<Error> {
                                     const auto type = updated_type(update, key.name);
                                     if (!type || *type == key.type) return std::nullopt;
                                     return index_type_mismatch(index->definition, key, *type);
                                   });
    if (error) return error;
  }
  return check_scalar_keys(table, all_paths(update));
}

std::optional<Error> check_scalar_keys(const TableState& table, const Projection& paths) {
  constexpr char kScalars[] =
      "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
      "allowed: ";
  for (const Path& path : paths) {
    if (path.is_top_level()) continue;
    if (table.key.contains(path.top())) return validation_error(kScalars + ("Key: " + path.top()));
    for (const auto& index : table.indexes) {
      if (index.definition.key.contains(path.top()))
        return validation_error(kScalars + ("IndexKey: " + path.top()));
    }
  }
  return std::nullopt;
}

std::optional<Error> check_scalar_keys(const TableState& table, const Condition& condition) {
  Projection paths;
  for_each_path(condition, [&paths](const Path& path) { paths.push_back(path); });
  return check_scalar_keys(table, paths);
}

bool is_impossible_key(const Error& error) {
  return error.code == ErrorCode::validation && error.message.starts_with(kImpossible);
}

std::vector<std::string> named_attributes(const Condition& condition) {
  std::vector<std::string> names;
  for_each_path(condition, [&names](const Path& path) { names.push_back(path.top()); });
  return names;
}

std::optional<Error> check_filter(const Condition& filter, const KeySchema& queried,
                                  std::string_view name) {
  const auto names = named_attributes(filter);
  // In the schema's order.
  return first_error(queried, [&](const KeyAttribute& key, bool) -> std::optional<Error> {
    if (std::find(names.begin(), names.end(), key.name) == names.end()) return std::nullopt;
    return validation_error(std::string(name) +
                            " can only contain non-primary key attributes: Primary key "
                            "attribute: " +
                            key.name);
  });
}

std::optional<Error> check_projected(const TableState& table, const IndexState& state,
                                     Select select, const Projection& projection) {
  if (!state.global) return std::nullopt;
  const auto& index = state.definition;
  if (select == Select::all_attributes && index.projection != ProjectionType::all) {
    return validation_error(
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
        "for global secondary index " +
        index.name + " because its projection type is not ALL");
  }
  for (const Path& path : projection) {
    if (!projects(table, index, path.top())) {
      return validation_error("One or more parameter values were invalid: Global secondary index " +
                              index.name + " does not project [" + path.top() + "]");
    }
  }
  return std::nullopt;
}

std::optional<Error> check_filter_projected(const TableState& table, const IndexState& index,
                                            const Condition& filter) {
  std::set<std::string> missing;
  for (auto& name : named_attributes(filter)) {
    if (!projects(table, index.definition, name)) missing.insert(std::move(name));
  }
  if (missing.empty()) return std::nullopt;
  std::string list;
  for (const auto& name : missing) list += (list.empty() ? "" : ", ") + name;
  return validation_error("One or more parameter values were invalid: Secondary index " +
                          index.definition.name +
                          " does not project one or more filter attributes: [" + list + "]");
}

std::optional<Error> check_start_key(const Item& key, const KeySchema& schema, std::size_t size) {
  const Error invalid = validation_error("The provided starting key is invalid");
  if (key.size() != size) return invalid;
  return first_error(schema, [&](const KeyAttribute& attribute, bool) -> std::optional<Error> {
    const auto value = key.find(attribute.name);
    if (value == key.end()) return invalid;
    if (value->second.type() != attribute.type) return key_mismatch();
    return std::nullopt;
  });
}

}  // namespace dynamodb::local
