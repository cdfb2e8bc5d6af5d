#include "dynamodb/local/validation.h"

#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"
#include "dynamodb/local/index_entry.h"
#include "dynamodb/local/key_codec.h"

namespace dynamodb::local {
namespace {

constexpr std::string_view kKeyMismatch = "The provided key element does not match the schema";

std::string quoted_type(Type type) { return std::string(type_name(type)); }

// DynamoDB: of all attributes of a partition key together, and of a sort key.
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

// Emptiness and size of a key value. `range` tells which limit and message hold.
std::optional<Error> check_key_value(const KeyAttribute& key, ValueView value, bool range) {
  const std::string_view text = value.text();
  if (key.type != Type::N && text.empty()) {
    const std::string kind = key.type == Type::S ? "string" : "binary";
    return validation_error(
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "
        "contain an empty " +
        kind + " value. Key: " + key.name);
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

std::optional<Error> check_index_key(const IndexDefinition& index, const KeyAttribute& key,
                                     ItemView item) {
  const auto value = item.find(key.name);
  if (!value) return std::nullopt;
  if (value->type() != key.type) {
    return validation_error(
        "One or more parameter values were invalid: Type mismatch for Index Key " + key.name +
        " Expected: " + quoted_type(key.type) + " Actual: " + quoted_type(value->type()) +
        " IndexName: " + index.name);
  }
  if (key.type != Type::N && value->text().empty()) {
    const std::string kind = key.type == Type::S ? "string" : "binary";
    return validation_error(
        "One or more parameter values are not valid. A value specified for a secondary index key "
        "is not supported. The "
        "AttributeValue for a key attribute cannot contain an empty " +
        kind + " value. IndexName: " + index.name + ", IndexKey: " + key.name);
  }
  return std::nullopt;
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

Result<std::string> row_key_of_item(const TableState& table, ItemView item) {
  if (auto error = check_key_attribute(table.key.partition, item, false)) return *error;
  if (table.key.sort) {
    if (auto error = check_key_attribute(*table.key.sort, item, true)) return *error;
  }
  std::string key = row_prefix(table.number, 0);
  append_key(key, table.key, item);
  return key;
}

Result<std::string> row_key_of(const TableState& table, const Item& key) {
  const std::size_t expected = table.key.sort ? 2 : 1;
  if (key.size() != expected) return validation_error(std::string(kKeyMismatch));
  const auto matches = [&key](const KeyAttribute& attribute) {
    const auto it = key.find(attribute.name);
    return it != key.end() && it->second.type() == attribute.type;
  };
  if (!matches(table.key.partition) || (table.key.sort && !matches(*table.key.sort))) {
    return validation_error(std::string(kKeyMismatch));
  }
  const PackedItem packed(key);
  return row_key_of_item(table, packed.view());
}

std::optional<Error> check_index_keys(const TableState& table, ItemView item) {
  for (const auto& index : table.indexes) {
    std::optional<Error> error;
    std::size_t partition_size = 0, sort_size = 0;
    index.definition.key.for_each([&](const KeyAttribute& key, bool of_sort) {
      if (!error) error = check_index_key(index.definition, key, item);
      const auto value = item.find(key.name);
      if (!error && value) (of_sort ? sort_size : partition_size) += value->text().size();
    });
    if (!error) error = check_key_size(partition_size, /*range=*/false);
    if (!error) error = check_key_size(sort_size, /*range=*/true);
    if (error) return error;
  }
  return std::nullopt;
}

std::optional<Error> check_updated_paths(const TableState& table, const UpdateExpression& update) {
  for (const Path& path : touched_paths(update)) {
    if (table.key.contains(path.top())) {
      return validation_error(
          "One or more parameter values were invalid: Cannot update attribute " + path.top() +
          ". This attribute is part of the key");
    }
    if (path.is_top_level()) continue;
    for (const auto& index : table.indexes) {
      if (index.definition.key.contains(path.top())) {
        return validation_error(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
            "allowed: IndexKey: " +
            path.top());
      }
    }
  }
  return std::nullopt;
}

std::vector<std::string> named_attributes(const Condition& condition) {
  std::vector<std::string> names;
  for_each_path(condition, [&names](const Path& path) { names.push_back(path.top()); });
  return names;
}

std::optional<Error> check_filter(const Condition& filter, const KeySchema& queried) {
  for (const auto& name : named_attributes(filter)) {
    if (queried.contains(name)) {
      return validation_error(
          "Filter Expression can only contain non-primary key attributes: Primary key attribute: " +
          name);
    }
  }
  return std::nullopt;
}

std::optional<Error> check_page(const PageParameters& page) {
  if (page.limit && *page.limit == 0) {
    return validation_error(
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member "
        "must have value greater than "
        "or equal to 1");
  }
  if (page.index != nullptr && page.index->global && page.consistent_read) {
    return validation_error("Consistent reads are not supported on global secondary indexes");
  }
  if (page.select == Select::all_projected_attributes && page.index == nullptr) {
    return validation_error(
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
  }
  if (page.select == Select::specific_attributes && page.projection.empty()) {
    return validation_error(
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
        "SPECIFIC_ATTRIBUTES");
  }
  const bool names_all = page.select == Select::all_attributes ||
                         page.select == Select::all_projected_attributes ||
                         page.select == Select::count;
  if (names_all && !page.projection.empty()) {
    static constexpr std::string_view kNames[] = {"", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES",
                                                  "", "COUNT"};
    return validation_error("Cannot specify the ProjectionExpression when choosing to get " +
                            std::string(kNames[static_cast<std::size_t>(page.select)]));
  }
  if (page.index == nullptr || !page.index->global) return std::nullopt;
  const auto& index = page.index->definition;
  if (page.select == Select::all_attributes && index.projection != ProjectionType::all) {
    return validation_error(
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported "
        "for global secondary index " +
        index.name + " because its projection type is not ALL");
  }
  for (const Path& path : page.projection) {
    if (!projects(page.table, index, path.top())) {
      return validation_error("One or more parameter values were invalid: Global secondary index " +
                              index.name + " does not project [" + path.top() + "]");
    }
  }
  return std::nullopt;
}

}  // namespace dynamodb::local
