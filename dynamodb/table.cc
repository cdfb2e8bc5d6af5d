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

Problem check_same_type(const std::string& name, Type defined, Type type) {
  if (type == defined) return std::nullopt;
  return invalid("Attribute " + name + " is defined with two types: " +
                 std::string(type_name(defined)) + " and " + std::string(type_name(type)));
}

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
  return is_new ? std::nullopt : check_same_type(key.name, at->second, key.type);
}

Problem check_key_schema(const KeySchema& schema, KeyTypes& types) {
  std::set<std::string_view> names;
  schema.for_each([&](const KeyAttribute& attribute, bool) { names.insert(attribute.name); });
  if (names.size() < schema.size()) {
    return schema.size() == 2
               ? "Both the Hash Key and the Range Key element in the KeySchema have the same name"
               : "The KeySchema contains multiple key attributes with the same name";
  }
  Problem problem;
  schema.for_each([&](const KeyAttribute& attribute, bool) {
    if (!problem) problem = check_key_attribute(attribute, types);
  });
  return problem;
}

// Of a table or LSI, which have one attribute of each kind.
Problem check_simple_key(const KeySchema& schema) {
  if (!schema.more_partition.empty())
    return "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type";
  if (schema.more_sort.empty()) return std::nullopt;
  return "1 validation error detected: Value at 'keySchema' failed to satisfy constraint: Member "
         "must have length less than or equal to 2";
}

Problem check_global_key(const KeySchema& schema) {
  if (!schema.sort && !schema.more_sort.empty())
    return invalid("more_sort of a KeySchema needs its sort");
  if (schema.more_partition.size() >= kMaxKeyAttributes) {
    return invalid("The KeySchema exceeds the maximum allowed number of HASH key attributes");
  }
  if (schema.more_sort.size() >= kMaxKeyAttributes) {
    return invalid("The KeySchema exceeds the maximum allowed number of RANGE key attributes");
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
  return check_index_projection(index);
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

// API reference, ProvisionedThroughput: the service's own bound.
constexpr std::uint64_t kMaxUnits = 1'000'000'000'000;

Problem check_units(const Throughput& units) {
  for (const auto& [value, name] : {std::pair(units.read_units, "ReadCapacityUnits"),
                                    std::pair(units.write_units, "WriteCapacityUnits")}) {
    if (value > kMaxUnits) {
      return "Given value " + std::to_string(value) + " for " + name + " is out of bounds";
    }
  }
  return std::nullopt;
}

Problem check_table_billing(const TableDefinition& table) {
  const TableSettings& settings = table.settings;
  if (settings.billing_mode == BillingMode::pay_per_request) {
    if (settings.throughput == Throughput{}) return std::nullopt;
    return invalid(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
        "PAY_PER_REQUEST");
  }
  if (settings.throughput.read_units == 0 || settings.throughput.write_units == 0) {
    return invalid(
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
        "PROVISIONED");
  }
  if (settings.on_demand_limit != Throughput{}) {
    const bool read = settings.on_demand_limit.read_units > 0;
    return invalid((read ? "MaxReadRequestUnits" : "MaxWriteRequestUnits") +
                   std::string(" for OnDemandThroughput cannot be specified when the table "
                               "BillingMode is PROVISIONED"));
  }
  return check_units(settings.throughput);
}

// API reference, WarmThroughput: what an on-demand table starts with.
constexpr Throughput kOnDemandStart{12'000, 4'000};

// DynamoDB: at the beginning, warm throughput cannot be less than what there is anyway. `of`:
// "table" or "index <name>".
Problem check_warm(const Throughput& warm, const TableSettings& settings,
                   const Throughput& provisioned, const std::string& of) {
  const bool on_demand = settings.billing_mode == BillingMode::pay_per_request;
  const Throughput least = initial_warm_throughput(settings.billing_mode, provisioned);
  const auto too_low = [&](const char* unit, const char* capacity) {
    return invalid(std::string("Requested ") + unit + " for WarmThroughput for " + of +
                   " is lower than " +
                   (on_demand ? "initial throughput for OnDemand. See: "
                                "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                                "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
                              : std::string(capacity) + " of ProvisionedThroughput"));
  };
  if (warm.read_units != 0 && warm.read_units < least.read_units)
    return too_low("ReadUnitsPerSecond", "ReadCapacityUnits");
  if (warm.write_units != 0 && warm.write_units < least.write_units)
    return too_low("WriteUnitsPerSecond", "WriteCapacityUnits");
  return std::nullopt;
}

Problem check_index_billing(const TableDefinition& table, const IndexDefinition& index) {
  const bool is_set = index.throughput != Throughput{};
  if (table.settings.billing_mode == BillingMode::pay_per_request) {
    if (!is_set)
      return check_warm(index.warm_throughput, table.settings, {}, "index " + index.name);
    return invalid("ProvisionedThroughput should not be specified for index: " + index.name +
                   " when BillingMode is PAY_PER_REQUEST");
  }
  if (!is_set) return invalid("ProvisionedThroughput is not specified for index: " + index.name);
  if (auto problem = check_units(index.throughput)) return problem;
  return check_warm(index.warm_throughput, table.settings, index.throughput, "index " + index.name);
}

// DynamoDB counts characters, not bytes.
std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Letters of all scripts are allowed; what is beyond ASCII counts as one here.
bool is_tag_character(char c) {
  constexpr std::string_view kOthers = "_.:/=+-@ \t\n\r";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c < 0 ||
         kOthers.find(c) != std::string_view::npos;
}

bool is_tag_text(std::string_view text, std::size_t min, std::size_t max) {
  const std::size_t size = character_count(text);
  return size >= min && size <= max && std::all_of(text.begin(), text.end(), is_tag_character);
}

}  // namespace

bool KeySchema::contains(std::string_view attribute) const {
  bool found = false;
  for_each([&](const KeyAttribute& key, bool) { found = found || key.name == attribute; });
  return found;
}

std::optional<std::string> check_billing(const TableDefinition& definition) {
  if (auto problem = check_table_billing(definition)) return problem;
  return check_warm(definition.settings.warm_throughput, definition.settings,
                    definition.settings.throughput, "table");
}

std::optional<std::string> check_local_index(const KeySchema& table, const IndexDefinition& index) {
  if (auto problem = check_simple_key(index.key)) return problem;
  if (!table.sort) {
    return invalid(
        "Table KeySchema does not have a range key, which is required when specifying a "
        "LocalSecondaryIndex");
  }
  if (!index.key.sort)
    return invalid("Index KeySchema does not have a range key for index: " + index.name);
  if (index.key.partition.name == table.partition.name) return std::nullopt;
  return invalid(
      "Index KeySchema does not have the same leading hash key as table KeySchema for index: " +
      index.name + ". index hash key: " + index.key.partition.name +
      ", table hash key: " + table.partition.name);
}

std::optional<std::string> check_index_projection(const IndexDefinition& index) {
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
  std::set<std::string_view> seen;
  for (const auto& name : index.non_key_attributes) {
    if (name.empty() || name.size() > kMaxKeyNameSize) {
      return constraint(name, "projection.nonKeyAttributes", "have length between 1 and 255");
    }
    if (!seen.insert(name).second) return invalid("Duplicate element in NonKeyAttributes: " + name);
  }
  return std::nullopt;
}

Throughput initial_warm_throughput(BillingMode mode, const Throughput& provisioned) {
  return mode == BillingMode::pay_per_request ? kOnDemandStart : provisioned;
}

Throughput warm_throughput(const Throughput& warm, BillingMode mode,
                           const Throughput& provisioned) {
  const Throughput initial = initial_warm_throughput(mode, provisioned);
  return {std::max(warm.read_units, initial.read_units),
          std::max(warm.write_units, initial.write_units)};
}

std::optional<std::string> check_throughput(const Throughput& units) {
  if (units.read_units > 0 && units.write_units > 0) return check_units(units);
  return constraint("0",
                    units.read_units == 0 ? "provisionedThroughput.readCapacityUnits"
                                          : "provisionedThroughput.writeCapacityUnits",
                    "have value greater than or equal to 1");
}

std::optional<std::string> check_tags(const Tags& tags) {
  for (const auto& [key, value] : tags) {
    if (key.starts_with("aws:")) return "Tag Key cannot be prefixed with aws:, Key: " + key;
    if (!is_tag_text(key, 1, 128)) return "The Tag Key provided is invalid, Key: " + key;
    if (!is_tag_text(value, 0, 256)) return "The Tag Value provided is invalid, Value: " + value;
  }
  return check_tag_count(tags.size());
}

std::optional<std::string> check_tag_count(std::size_t count) {
  if (count <= kMaxTags) return std::nullopt;
  return "Number of Tags exceed the current limit for the provided ResourceArn";
}

std::optional<std::string> check_table_name(std::string_view name) {
  return check_name(name, "tableName");
}

std::optional<std::string> check_table_definition(const TableDefinition& definition) {
  if (auto problem = check_table_name(definition.name)) return problem;
  if (auto problem = check_billing(definition)) return problem;
  KeyTypes types;
  if (auto problem = check_key_schema(definition.key, types)) return problem;
  if (auto problem = check_simple_key(definition.key)) return problem;
  for (const auto& index : definition.local_indexes) {
    if (auto problem = check_index(index, "localSecondaryIndexes", types)) return problem;
    if (auto problem = check_local_index(definition.key, index)) return problem;
  }
  for (const auto& index : definition.global_indexes) {
    if (auto problem = check_index(index, "globalSecondaryIndexes", types)) return problem;
    if (auto problem = check_global_key(index.key)) return problem;
    if (auto problem = check_index_billing(definition, index)) return problem;
  }
  if (auto problem = check_index_names(definition)) return problem;
  if (auto problem = check_counts(definition)) return problem;
  return check_tags(definition.tags);
}

std::optional<std::string> check_attribute_types(const TableDefinition& table,
                                                 const std::map<std::string, Type>& types) {
  Problem problem;
  const auto check = [&](const KeyAttribute& key, bool) {
    const auto said = types.find(key.name);
    if (!problem && said != types.end())
      problem = check_same_type(key.name, key.type, said->second);
  };
  table.key.for_each(check);
  for (const auto& index : table.global_indexes) index.key.for_each(check);
  for (const auto& index : table.local_indexes) index.key.for_each(check);
  return problem;
}

std::optional<std::string> check_new_index(const TableDefinition& table,
                                           const IndexDefinition& index) {
  auto with_index = table;
  with_index.global_indexes.push_back(index);
  return check_table_definition(with_index);
}

}  // namespace dynamodb
