// What the sources of tables' JSON share (wire_table_schema.cc, wire_table_settings.cc,
// wire_tables.cc). Internal to them.
#pragma once
#include <algorithm>
#include <map>
#include <set>

#include "dynamodb/wire_json.h"

namespace dynamodb::wire {

// ---- enumerations by AWS's names
template <class Enum, std::size_t N>
using Names = std::array<std::pair<Enum, std::string_view>, N>;

template <class Enum, std::size_t N>
std::string_view name_of(const Names<Enum, N>& names, Enum value) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == value; });
  return found == names.end() ? std::string_view() : found->second;
}

// nullopt where the member is absent or, with an error that names it as `camel`, has another value.
template <class Enum, std::size_t N>
std::optional<Enum> read_name(const Names<Enum, N>& names, const Reader& reader,
                              std::string_view member, std::string_view camel) {
  const auto text = reader.optional_text(member);
  if (!text) return std::nullopt;
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.second == *text; });
  if (found != names.end()) return found->first;
  std::string message = "1 validation error detected: Value '" + *text + "' at '";
  message.append(camel).append(
      "' failed to satisfy constraint: Member must satisfy enum value set: [");
  for (const auto& name : names) {
    if (&name != &names.front()) message += ", ";
    message += name.second;
  }
  reader.errors().add(validation_error(message + "]"));
  return std::nullopt;
}

void write_time(base::JsonWriter& json, std::string_view member, base::Timestamp time);
std::optional<base::Timestamp> read_time(const Reader& reader, std::string_view member);

// ---- keys and indexes (wire_table_schema.cc)

// Every name with every type that a key has it with: a contradiction is for the receiver to refuse,
// not to be lost on the way.
using AttributeDefinitions = std::set<std::pair<std::string, Type>>;
void collect(const KeySchema& key, AttributeDefinitions& types);
AttributeDefinitions types_of(const TableDefinition& definition);
void write_attribute_definitions(base::JsonWriter& json, const AttributeDefinitions& types);
void write_key_schema(base::JsonWriter& json, const KeySchema& key);
void write_index(base::JsonWriter& json, const IndexDefinition& index);  // without throughput

// Reads keys, whose types stand apart.
class DefinitionReader {
 public:
  explicit DefinitionReader(const Reader& reader);

  // `reader` is what has the member KeySchema.
  KeySchema key_schema(const Reader& reader);
  // Without throughput.
  IndexDefinition index(const Reader& reader);

  // DynamoDB: every key attribute is defined, and in CreateTable nothing else is.
  void check_defined();
  void check_used();

 private:
  static std::string list(const std::map<std::string, Type>& types);
  KeyAttribute key_part(const Reader& part);

  const Reader& reader_;
  std::map<std::string, Type> types_{}, used_{};
  std::string undefined_{};
};

// ---- settings (wire_table_settings.cc)

// ProvisionedThroughput and OnDemandThroughput of a request: zeros where they are absent.
void write_throughput(base::JsonWriter& json, const Throughput& units, const Throughput& limit);
// `camel` is what stands before the members' names in messages: "provisionedThroughput.".
std::optional<Throughput> read_throughput(const Reader& reader, std::string_view camel);
std::optional<Throughput> read_on_demand_limit(const Reader& reader);
// As DescribeTable tells it.
void write_described_throughput(base::JsonWriter& json, const Throughput& units,
                                const Throughput& limit);
Throughput read_described_throughput(const Reader& reader);

void write_settings(base::JsonWriter& json, const TableSettings& settings);
TableSettings read_settings(const Reader& reader);
void write_described_settings(base::JsonWriter& json, const TableDescription& table);
void read_described_settings(const Reader& reader, TableDescription& table);
void write_settings_update(base::JsonWriter& json, const UpdateTableRequest& request);
void read_settings_update(const Reader& reader, UpdateTableRequest& request);

// ---- tags (wire_tags.cc)
void write_tags(base::JsonWriter& json, const Tags& tags);
Tags read_tags(const Reader& reader);

}  // namespace dynamodb::wire
