#include "dynamodb/table.h"

#include <algorithm>
#include <map>
#include <set>

#include "dynamodb/limits.h"

namespace dynamodb {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t kMinNameSize = 3;
constexpr std::size_t kMaxNameSize = 255;
// API reference, Projection.NonKeyAttributes: at most 20 names in one index.
constexpr std::size_t kMaxIndexProjectedAttributes = 20;

std::string invalid(std::string_view what) {
  return "One or more parameter values were invalid: " + std::string(what);
}

std::string constraint(std::string_view value, std::string_view member, std::string_view rule) {
  return "1 validation error detected: Value '" + std::string(value) + "' at '" +
         std::string(member) + "' failed to satisfy constraint: Member must " + std::string(rule);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

Problem check_name(std::string_view name, std::string_view member) {
  if (!std::all_of(name.begin(), name.end(), is_name_character)) {
    return constraint(name, member, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
  }
  if (name.size() < kMinNameSize)
    return constraint(name, member, "have length greater than or equal to 3");
  if (name.size() > kMaxNameSize)
    return constraint(name, member, "have length less than or equal to 255");
  return std::nullopt;
}

// The types of all key attributes seen so far.
using KeyTypes = std::map<std::string, Type, std::less<>>;

Problem check_key_attribute(const KeyAttribute& key, KeyTypes& types) {
  if (key.name.empty()) {
    return constraint(key.name, "keySchema.member.attributeName",
                      "have length greater than or equal to 1");
  }
  if (key.name.size() > kMaxKeyNameSize) {
    return constraint(key.name, "keySchema.member.attributeName",
                      "have length less than or equal to 255");
  }
  if (key.type != Type::S && key.type != Type::N && key.type != Type::B) {
    return constraint(type_name(key.type), "attributeDefinitions.member.attributeType",
                      "satisfy enum value set: [B, N, S]");
  }
  const auto [at, is_new] = types.emplace(key.name, key.type);
  if (is_new || at->second == key.type) return std::nullopt;
  return invalid("Attribute " + key.name + " is defined with two types: " +
                 std::string(type_name(at->second)) + " and " + std::string(type_name(key.type)));
}

Problem check_key_schema(const KeySchema& schema, KeyTypes& types) {
  if (auto problem = check_key_attribute(schema.partition, types)) return problem;
  if (!schema.sort) return std::nullopt;
  if (schema.sort->name == schema.partition.name) {
    return "Both the Hash Key and the Range Key element in the KeySchema have the same name";
  }
  return check_key_attribute(*schema.sort, types);
}

Problem check_projected(const IndexDefinition& index) {
  if (index.projection != ProjectionType::include) {
    if (index.non_key_attributes.empty()) return std::nullopt;
    return invalid(index.projection == ProjectionType::all
                       ? "ProjectionType is ALL, but NonKeyAttributes is specified"
                       : "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified");
  }
  if (index.non_key_attributes.empty()) {
    return invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
  }
  if (index.non_key_attributes.size() > kMaxIndexProjectedAttributes) {
    return invalid("NonKeyAttributes of index " + index.name + " holds more than 20 names");
  }
  for (const auto& name : index.non_key_attributes) {
    if (name.empty() || name.size() > kMaxKeyNameSize) {
      return constraint(name, "projection.nonKeyAttributes", "have length between 1 and 255");
    }
  }
  return std::nullopt;
}

// DynamoDB: an attribute that two indexes project counts twice.
std::size_t projected_count(const TableDefinition& table) {
  std::size_t count = 0;
  for (const auto& index : table.global_indexes) count += index.non_key_attributes.size();
  for (const auto& index : table.local_indexes) count += index.non_key_attributes.size();
  return count;
}

Problem check_index(const IndexDefinition& index, std::string_view list, KeyTypes& types) {
  if (auto problem = check_name(index.name, std::string(list) + ".member.indexName"))
    return problem;
  if (auto problem = check_key_schema(index.key, types)) return problem;
  return check_projected(index);
}

Problem check_local_index(const TableDefinition& table, const IndexDefinition& index) {
  if (!table.key.sort) {
    return invalid(
        "Table KeySchema does not have a range key, which is required when specifying a "
        "LocalSecondaryIndex");
  }
  if (!index.key.sort)
    return invalid("Index KeySchema does not have a range key for index: " + index.name);
  if (index.key.partition.name == table.key.partition.name) return std::nullopt;
  return invalid(
      "Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
      index.name + ". index hash key: " + index.key.partition.name +
      ", table hash key: " + table.key.partition.name);
}

Problem check_counts(const TableDefinition& table) {
  if (table.global_indexes.size() > kMaxGlobalIndexes) {
    return invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  }
  if (table.local_indexes.size() > kMaxLocalIndexes) {
    return invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5");
  }
  if (projected_count(table) > kMaxProjectedAttributes) {
    return invalid("Number of projected attributes in all indexes exceeds the limit of 100");
  }
  return std::nullopt;
}

Problem check_index_names(const TableDefinition& table) {
  std::set<std::string_view> names;
  for (const auto* indexes : {&table.global_indexes, &table.local_indexes}) {
    for (const auto& index : *indexes) {
      if (!names.insert(index.name).second) return invalid("Duplicate index name: " + index.name);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> check_table_name(std::string_view name) {
  return check_name(name, "tableName");
}

std::optional<std::string> check_table_definition(const TableDefinition& definition) {
  if (auto problem = check_table_name(definition.name)) return problem;
  KeyTypes types;
  if (auto problem = check_key_schema(definition.key, types)) return problem;
  for (const auto& index : definition.global_indexes) {
    if (auto problem = check_index(index, "globalSecondaryIndexes", types)) return problem;
  }
  for (const auto& index : definition.local_indexes) {
    if (auto problem = check_index(index, "localSecondaryIndexes", types)) return problem;
    if (auto problem = check_local_index(definition, index)) return problem;
  }
  if (auto problem = check_index_names(definition)) return problem;
  return check_counts(definition);
}

std::optional<std::string> check_new_index(const TableDefinition& table,
                                           const IndexDefinition& index) {
  auto with_index = table;
  with_index.global_indexes.push_back(index);
  return check_table_definition(with_index);
}

}  // namespace dynamodb
