// Billing, streams, encryption and the like of tables as JSON.
#include <charconv>
#include <cmath>

#include "dynamodb/streams.h"
#include "dynamodb/wire_tables.h"

namespace dynamodb::wire {
namespace {

using base::JsonWriter;

constexpr char kInvalid[] = "One or more parameter values were invalid: ";

constexpr Names<BillingMode, 2> kBillingModes = {
    {{BillingMode::provisioned, "PROVISIONED"}, {BillingMode::pay_per_request, "PAY_PER_REQUEST"}}};
constexpr Names<TableClass, 2> kTableClasses = {
    {{TableClass::standard, "STANDARD"},
     {TableClass::standard_infrequent_access, "STANDARD_INFREQUENT_ACCESS"}}};
constexpr Names<StreamViewType, 4> kStreamViewTypes = {
    {{StreamViewType::new_image, "NEW_IMAGE"},
     {StreamViewType::old_image, "OLD_IMAGE"},
     {StreamViewType::new_and_old_images, "NEW_AND_OLD_IMAGES"},
     {StreamViewType::keys_only, "KEYS_ONLY"}}};

// What AWS's own key is called where there is no KMS.
constexpr char kDefaultKey[] = "arn:aws:kms:ddblocal:000000000000:alias/aws/dynamodb";

bool is_set(const Throughput& units) { return units != Throughput{}; }

// Units of a ProvisionedThroughput: an integer, or one as text.
std::uint64_t read_units(const Reader& reader, std::string_view name) {
  const auto member = reader.member(name);
  const auto text = member ? member->string() : std::nullopt;
  if (!text) return static_cast<std::uint64_t>(reader.integer(name).value_or(0));
  std::uint64_t value = 0;
  std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::uint64_t read_limit(const Reader& reader, std::string_view name, const std::string& of,
                         bool may_lift) {
  const auto limit = reader.integer(name);
  if (!limit || (may_lift && *limit == -1)) return 0;
  if (*limit >= 1) return static_cast<std::uint64_t>(*limit);
  reader.errors().add(validation_error(kInvalid + ("Requested " + std::string(name)) +
                                       " for OnDemandThroughput for " + of +
                                       " is outside of valid range"));
  return 0;
}

// What is zero is left out.
void write_set_units(JsonWriter& json, std::string_view member, std::string_view read,
                     std::string_view write, const Throughput& units) {
  json.key(member);
  json.begin_object();
  if (units.read_units > 0) json.member(read, units.read_units);
  if (units.write_units > 0) json.member(write, units.write_units);
  json.end_object();
}

void write_on_demand_limit(JsonWriter& json, const Throughput& limit) {
  write_set_units(json, "OnDemandThroughput", "MaxReadRequestUnits", "MaxWriteRequestUnits", limit);
}

void write_warm_throughput(JsonWriter& json, const Throughput& warm) {
  write_set_units(json, "WarmThroughput", "ReadUnitsPerSecond", "WriteUnitsPerSecond", warm);
}

// Of UpdateTable, where -1 lifts a limit.
void write_new_on_demand_limit(JsonWriter& json, const Throughput& limit) {
  const auto units = [](std::uint64_t value) {
    return value == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(value);
  };
  json.key("OnDemandThroughput");
  json.begin_object();
  json.member("MaxReadRequestUnits", units(limit.read_units));
  json.member("MaxWriteRequestUnits", units(limit.write_units));
  json.end_object();
}

void write_units(JsonWriter& json, const Throughput& units) {
  json.key("ProvisionedThroughput");
  json.begin_object();
  json.member("ReadCapacityUnits", units.read_units);
  json.member("WriteCapacityUnits", units.write_units);
  json.end_object();
}

void write_stream(JsonWriter& json, const std::optional<StreamViewType>& view) {
  json.key("StreamSpecification");
  json.begin_object();
  json.member("StreamEnabled", view.has_value());
  if (view) json.member("StreamViewType", name_of(kStreamViewTypes, *view));
  json.end_object();
}

// The texts that AWS has for a stream without a view type, and for none with one.
struct StreamTexts {
  const char* enabled;
  const char* disabled;
};

std::optional<StreamViewType> read_stream(const Reader& reader, const StreamTexts& texts) {
  const Reader stream = reader.object("StreamSpecification");
  const auto view =
      read_name(kStreamViewTypes, stream, "StreamViewType", "streamSpecification.streamViewType");
  const bool enabled = stream.boolean("StreamEnabled");
  if (enabled != stream.has("StreamViewType"))
    reader.errors().add(
        validation_error(std::string(kInvalid) + (enabled ? texts.enabled : texts.disabled)));
  return view;
}

void write_encryption(JsonWriter& json, const Encryption& encryption) {
  json.key("SSESpecification");
  json.begin_object();
  json.member("Enabled", encryption.by_kms);
  if (encryption.by_kms) json.member("SSEType", "KMS");
  if (!encryption.key.empty()) json.member("KMSMasterKeyId", encryption.key);
  json.end_object();
}

Encryption read_encryption(const Reader& reader) {
  const Reader wanted = reader.object("SSESpecification");
  const auto type = wanted.optional_text("SSEType");
  const auto key = wanted.optional_text("KMSMasterKeyId");
  const bool is_off = wanted.has("Enabled") && !wanted.boolean("Enabled");
  const auto refuse = [&reader](const char* text) {
    reader.errors().add(validation_error(std::string(kInvalid) + text));
  };
  if (is_off && type) refuse("SSEType can not be specified if Enabled is false");
  if (is_off && key) refuse("KMSMasterKeyId can not be specified if Enabled is false");
  if (type == "AES256") refuse("SSEType AES256 is not supported");
  if (key && !type) refuse("SSEType KMS is required if KMSMasterKeyId is specified");
  if (is_off || (!wanted.has("Enabled") && !type)) return {};
  return {.by_kms = true, .key = key.value_or("")};
}

std::optional<TableClass> read_table_class(const Reader& reader) {
  const auto text = reader.optional_text("TableClass");
  if (!text) return std::nullopt;
  for (const auto& [value, name] : kTableClasses) {
    if (name == *text) return value;
  }
  reader.errors().add(validation_error(
      "Invalid table-class parameter provided. Please try again with a valid table-class value: "
      "[STANDARD, STANDARD_INFREQUENT_ACCESS]."));
  return std::nullopt;
}

}  // namespace

void write_throughput(JsonWriter& json, const AllThroughput& throughput) {
  if (is_set(throughput.units)) write_units(json, throughput.units);
  if (is_set(throughput.on_demand_limit)) write_on_demand_limit(json, throughput.on_demand_limit);
  if (is_set(throughput.warm)) write_warm_throughput(json, throughput.warm);
}

std::optional<Throughput> read_throughput(const Reader& reader) {
  if (!reader.has("ProvisionedThroughput")) return std::nullopt;
  const Reader units = reader.object("ProvisionedThroughput");
  return Throughput{read_units(units, "ReadCapacityUnits"),
                    read_units(units, "WriteCapacityUnits")};
}

std::optional<Throughput> read_on_demand_limit(const Reader& reader, const std::string& of,
                                               bool may_lift) {
  if (!reader.has("OnDemandThroughput")) return std::nullopt;
  const Reader limit = reader.object("OnDemandThroughput");
  // DynamoDB: one without members counts as absent.
  if (!limit.has("MaxReadRequestUnits") && !limit.has("MaxWriteRequestUnits")) return std::nullopt;
  return Throughput{read_limit(limit, "MaxReadRequestUnits", of, may_lift),
                    read_limit(limit, "MaxWriteRequestUnits", of, may_lift)};
}

std::optional<Throughput> read_warm_throughput(const Reader& reader) {
  if (!reader.has("WarmThroughput")) return std::nullopt;
  const Reader warm = reader.object("WarmThroughput");
  const auto read = warm.integer("ReadUnitsPerSecond"), write = warm.integer("WriteUnitsPerSecond");
  if (!read && !write) return std::nullopt;
  // Nothing has less than one unit: what is below that is too low whatever there is.
  const auto units = [](std::optional<std::int64_t> value) {
    return value ? static_cast<std::uint64_t>(std::max<std::int64_t>(*value, 1)) : 0;
  };
  return Throughput{units(read), units(write)};
}

void write_described_throughput(JsonWriter& json, BillingMode mode,
                                const AllThroughput& throughput) {
  json.key("ProvisionedThroughput");
  json.begin_object();
  json.member("NumberOfDecreasesToday", 0);
  json.member("ReadCapacityUnits", throughput.units.read_units);
  json.member("WriteCapacityUnits", throughput.units.write_units);
  json.end_object();
  if (is_set(throughput.on_demand_limit)) write_on_demand_limit(json, throughput.on_demand_limit);
  const Throughput warm = warm_throughput(throughput.warm, mode, throughput.units);
  json.key("WarmThroughput");
  json.begin_object();
  json.member("ReadUnitsPerSecond", warm.read_units);
  json.member("WriteUnitsPerSecond", warm.write_units);
  json.member("Status", "ACTIVE");
  json.end_object();
}

AllThroughput read_described_throughput(const Reader& reader, BillingMode mode) {
  const Reader units = reader.object("ProvisionedThroughput");
  const Reader warm = reader.object("WarmThroughput");
  AllThroughput all{
      .units = {units.count("ReadCapacityUnits"), units.count("WriteCapacityUnits")},
      .on_demand_limit =
          read_on_demand_limit(reader, "table", /*may_lift=*/true).value_or(Throughput{}),
      .warm = {warm.count("ReadUnitsPerSecond"), warm.count("WriteUnitsPerSecond")}};
  const Throughput initial = initial_warm_throughput(mode, all.units);
  if (all.warm.read_units == initial.read_units) all.warm.read_units = 0;
  if (all.warm.write_units == initial.write_units) all.warm.write_units = 0;
  return all;
}

void write_settings(JsonWriter& json, const TableSettings& settings) {
  json.member("BillingMode", name_of(kBillingModes, settings.billing_mode));
  write_throughput(json, {settings.throughput, settings.on_demand_limit, settings.warm_throughput});
  if (settings.table_class != TableClass::standard)
    json.member("TableClass", name_of(kTableClasses, settings.table_class));
  if (settings.deletion_protection) json.member("DeletionProtectionEnabled", true);
  if (settings.stream) write_stream(json, settings.stream);
  if (settings.encryption.by_kms) write_encryption(json, settings.encryption);
}

TableSettings read_billing(const Reader& reader) {
  TableSettings settings;
  settings.billing_mode = read_name(kBillingModes, reader, "BillingMode", "billingMode")
                              .value_or(BillingMode::provisioned);
  settings.throughput = read_throughput(reader).value_or(Throughput{});
  settings.on_demand_limit =
      read_on_demand_limit(reader, "table", /*may_lift=*/false).value_or(Throughput{});
  settings.warm_throughput = read_warm_throughput(reader).value_or(Throughput{});
  return settings;
}

void read_other_settings(const Reader& reader, TableSettings& settings) {
  settings.table_class = read_table_class(reader).value_or(TableClass::standard);
  settings.deletion_protection = reader.boolean("DeletionProtectionEnabled");
  if (reader.has("StreamSpecification")) {
    settings.stream = read_stream(
        reader, {"Table is being created with a stream enabled, UpdateViewType is required",
                 "Table is being created with a stream disabled, UpdateViewType should not be "
                 "specified"});
  }
  if (reader.has("SSESpecification")) settings.encryption = read_encryption(reader);
}

void write_described_settings(JsonWriter& json, const TableDescription& table) {
  const TableSettings& settings = table.definition.settings;
  write_described_throughput(
      json, settings.billing_mode,
      {settings.throughput, settings.on_demand_limit, settings.warm_throughput});
  // DynamoDB: only where the table is or was on demand.
  if (table.on_demand_since || settings.billing_mode == BillingMode::pay_per_request) {
    json.key("BillingModeSummary");
    json.begin_object();
    json.member("BillingMode", name_of(kBillingModes, settings.billing_mode));
    if (table.on_demand_since)
      write_time(json, "LastUpdateToPayPerRequestDateTime", *table.on_demand_since);
    json.end_object();
  }
  if (table.table_class_changed_at || settings.table_class != TableClass::standard) {
    json.key("TableClassSummary");
    json.begin_object();
    json.member("TableClass", name_of(kTableClasses, settings.table_class));
    if (table.table_class_changed_at)
      write_time(json, "LastUpdateDateTime", *table.table_class_changed_at);
    json.end_object();
  }
  json.member("DeletionProtectionEnabled", settings.deletion_protection);
  if (settings.stream) write_stream(json, settings.stream);
  if (!table.latest_stream_label.empty()) {
    json.member("LatestStreamLabel", table.latest_stream_label);
    json.member("LatestStreamArn", stream_arn({table.definition.name, table.latest_stream_label}));
  }
  if (settings.encryption.by_kms) {
    json.key("SSEDescription");
    json.begin_object();
    json.member("Status", "ENABLED");
    json.member("SSEType", "KMS");
    json.member("KMSMasterKeyArn",
                settings.encryption.key.empty() ? kDefaultKey : settings.encryption.key);
    json.end_object();
  }
}

void read_described_settings(const Reader& reader, TableDescription& table) {
  TableSettings& settings = table.definition.settings;
  settings.billing_mode = BillingMode::provisioned;
  if (reader.has("BillingModeSummary")) {
    const Reader summary = reader.object("BillingModeSummary");
    settings.billing_mode = read_name(kBillingModes, summary, "BillingMode", "billingMode")
                                .value_or(BillingMode::provisioned);
    table.on_demand_since = read_time(summary, "LastUpdateToPayPerRequestDateTime");
  }
  const AllThroughput throughput = read_described_throughput(reader, settings.billing_mode);
  settings.throughput = throughput.units;
  settings.on_demand_limit = throughput.on_demand_limit;
  settings.warm_throughput = throughput.warm;
  if (reader.has("TableClassSummary")) {
    const Reader summary = reader.object("TableClassSummary");
    settings.table_class = read_table_class(summary).value_or(TableClass::standard);
    table.table_class_changed_at = read_time(summary, "LastUpdateDateTime");
  }
  settings.deletion_protection = reader.boolean("DeletionProtectionEnabled");
  if (reader.has("StreamSpecification")) {
    settings.stream = read_name(kStreamViewTypes, reader.object("StreamSpecification"),
                                "StreamViewType", "streamSpecification.streamViewType");
  }
  table.latest_stream_label = reader.text("LatestStreamLabel");
  if (reader.has("SSEDescription")) {
    const std::string key = reader.object("SSEDescription").text("KMSMasterKeyArn");
    settings.encryption = {.by_kms = true, .key = key == kDefaultKey ? "" : key};
  }
}

void write_settings_update(JsonWriter& json, const UpdateTableRequest& request) {
  if (request.billing_mode)
    json.member("BillingMode", name_of(kBillingModes, *request.billing_mode));
  if (request.throughput) write_units(json, *request.throughput);
  if (request.on_demand_limit) write_new_on_demand_limit(json, *request.on_demand_limit);
  if (request.warm_throughput) write_warm_throughput(json, *request.warm_throughput);
  if (request.table_class) json.member("TableClass", name_of(kTableClasses, *request.table_class));
  if (request.deletion_protection)
    json.member("DeletionProtectionEnabled", *request.deletion_protection);
  if (request.stream) write_stream(json, *request.stream);
  if (request.encryption) write_encryption(json, *request.encryption);
}

void read_settings_update(const Reader& reader, UpdateTableRequest& request) {
  request.billing_mode = read_name(kBillingModes, reader, "BillingMode", "billingMode");
  request.throughput = read_throughput(reader);
  request.on_demand_limit = read_on_demand_limit(reader, "table", /*may_lift=*/true);
  request.warm_throughput = read_warm_throughput(reader);
  request.table_class = read_table_class(reader);
  if (reader.has("DeletionProtectionEnabled"))
    request.deletion_protection = reader.boolean("DeletionProtectionEnabled");
  if (reader.has("StreamSpecification")) {
    request.stream = read_stream(
        reader, {"If stream is being enabled then UpdateViewType is required",
                 "If stream is being disabled, then UpdateViewType must not be specified"});
  }
  if (reader.has("SSESpecification")) request.encryption = read_encryption(reader);
}

}  // namespace dynamodb::wire
