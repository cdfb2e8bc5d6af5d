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

// Reads keys, whose types stand apart. Errors come in AWS's order where tables, LSIs and GSIs are
// read in this order.
// REQUIRES: the rules of wire_shapes_tables.cc hold.
class DefinitionReader {
 public:
  // In a description definitions may be left over, or those of an index that is being deleted may
  // be missing (DynamoDB Local); its attributes are then taken to be strings.
  enum class Of : std::uint8_t { request, description };
  DefinitionReader(const Reader& reader, Of of);

  KeySchema table_key();
  // Without throughput. `table`: an LSI's.
  IndexDefinition index(const Reader& reader, const KeySchema* table = nullptr);

  // DynamoDB: in CreateTable every definition is of a key attribute.
  void check_used();
  std::map<std::string, Type> types() const { return {types_.begin(), types_.end()}; }

 private:
  // `reader` is what has the member KeySchema. `is_simple`: of one HASH and at most one RANGE.
  KeySchema key_schema(const Reader& reader, bool is_simple, bool need_types);
  void check_elements(const std::vector<JsonElement>& parts, bool is_simple, bool need_types);
  KeyAttribute key_part(const Reader& part);
  void refuse(std::string message);

  const Reader& reader_;
  const Of of_;
  std::vector<std::pair<std::string, Type>> types_{};  // as they came
  std::set<std::string> used_{};
};

// ---- settings (wire_table_settings.cc)

// ProvisionedThroughput, OnDemandThroughput and WarmThroughput of a table or index.
struct AllThroughput {
  Throughput units{}, on_demand_limit{}, warm{};
};
// Of a request: what is zero is left out.
void write_throughput(base::JsonWriter& json, const AllThroughput& throughput);
std::optional<Throughput> read_throughput(const Reader& reader);
// `of`: "table" or "index : <name>". `may_lift`: -1 lifts a limit, which there is none of yet in
// CreateTable.
std::optional<Throughput> read_on_demand_limit(const Reader& reader, const std::string& of,
                                               bool may_lift);
std::optional<Throughput> read_warm_throughput(const Reader& reader);
// As DescribeTable tells it.
void write_described_throughput(base::JsonWriter& json, BillingMode mode,
                                const AllThroughput& throughput);
AllThroughput read_described_throughput(const Reader& reader, BillingMode mode);

void write_settings(base::JsonWriter& json, const TableSettings& settings);
// In two parts, for AWS's order of checks: billing comes before keys.
TableSettings read_billing(const Reader& reader);
void read_other_settings(const Reader& reader, TableSettings& settings);
void write_described_settings(base::JsonWriter& json, const TableDescription& table);
void read_described_settings(const Reader& reader, TableDescription& table);
void write_settings_update(base::JsonWriter& json, const UpdateTableRequest& request);
void read_settings_update(const Reader& reader, UpdateTableRequest& request);

// ---- tags (wire_tags.cc)
void write_tags(base::JsonWriter& json, const Tags& tags);
Tags read_tags(const Reader& reader);

}  // namespace dynamodb::wire
