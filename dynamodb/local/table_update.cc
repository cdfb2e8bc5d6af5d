#include "dynamodb/local/table_update.h"

#include "dynamodb/limits.h"

namespace dynamodb::local {
namespace {

using Problem = std::optional<Error>;

Error invalid(const std::string& what) {
  return validation_error("One or more parameter values were invalid: " + what);
}

Error too_many_index_changes() {
  return limit_exceeded(
      "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per "
      "table");
}

bool changes_throughput(const UpdateTableRequest& request) {
  return request.billing_mode || request.throughput || !request.index_throughput.empty() ||
         !request.index_on_demand_limit.empty() || !request.index_warm_throughput.empty();
}
bool changes_indexes(const UpdateTableRequest& request) {
  return request.create_index || request.delete_index;
}

// How many of a request's changes there are that AWS makes one at a time.
int count_changes(const UpdateTableRequest& request) {
  return changes_throughput(request) + changes_indexes(request) + request.table_class.has_value() +
         request.deletion_protection.has_value() + request.stream.has_value() +
         request.encryption.has_value() + request.on_demand_limit.has_value() +
         request.warm_throughput.has_value();
}

Problem check_combination(const UpdateTableRequest& request) {
  const int changes = count_changes(request);
  if (changes == 0) {
    return validation_error(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "GlobalSecondaryIndexUpdates, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, "
        "ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, "
        "OnDemandThroughput, WarmThroughput or TableClass is required");
  }
  if (changes == 1) return std::nullopt;
  if (request.encryption)
    return invalid("Server-Side Encryption modification must be the only operation in the request");
  if (request.table_class)
    return invalid("TableClass modification must be the only operation in the request");
  if (request.deletion_protection)
    return invalid("DeletionProtection modification must be the only operation in the request");
  if (request.warm_throughput && request.create_index) {
    return invalid(
        "Create global secondary index cannot be specified when updating WarmThroughput");
  }
  if (request.warm_throughput && !request.on_demand_limit)
    return invalid("WarmThroughput must be the only operation in the request");
  if (request.on_demand_limit && (changes > 2 || !request.billing_mode)) {
    return invalid(
        "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request");
  }
  if (changes_indexes(request) && changes_throughput(request))
    return invalid("You cannot create or delete index while updating table IOPS");
  if (changes_indexes(request) && request.stream)
    return invalid("You cannot create or delete index while changing stream status");
  const bool only_on_demand = request.billing_mode == BillingMode::pay_per_request &&
                              !request.throughput && request.index_throughput.empty();
  if (request.stream && changes_throughput(request) && !only_on_demand)
    return invalid("You cannot modify stream status while updating table IOPS");
  return std::nullopt;
}

std::string unchanged(const std::string& what, const Throughput& now, const Throughput& wanted) {
  const auto line = [&what](const char* unit, std::uint64_t current, std::uint64_t requested) {
    return std::string("Current ") + unit + " provisioned for the " + what + ": " +
           std::to_string(current) + ". Requested " + unit + ": " + std::to_string(requested) +
           ". ";
  };
  return "The provisioned throughput for the " + what +
         " will not change. The requested value equals the current value. " +
         line("ReadCapacityUnits", now.read_units, wanted.read_units) +
         line("WriteCapacityUnits", now.write_units, wanted.write_units) +
         "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request "
         "higher "
         "limits.";
}

Error no_such_index(const TableState& table, const std::string& name) {
  return resource_not_found("Requested resource not found: Index " + name + " for table " +
                            table.name);
}

Result<IndexDefinition*> find_global_index(TableState& table, const std::string& name) {
  const auto index =
      std::find_if(table.indexes.begin(), table.indexes.end(),
                   [&name](const IndexState& i) { return i.definition.name == name; });
  if (index == table.indexes.end()) return no_such_index(table, name);
  if (index->global) return &index->definition;
  return validation_error("Cannot update an index that is not a GlobalSecondaryIndex: " + name);
}

Problem change_units(IndexDefinition& index, const Throughput& units, bool on_demand) {
  if (on_demand) {
    return invalid("The only Updates for index: " + index.name +
                   " when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, "
                   "WarmThroughput");
  }
  if (units == Throughput{}) {
    return invalid("Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: " +
                   index.name);
  }
  if (index.throughput == units)
    return validation_error(unchanged("index " + index.name, index.throughput, units));
  index.throughput = units;
  return std::nullopt;
}

// DynamoDB: it is never lowered. `of`: "table" or "index <name>".
Problem raise_warm(Throughput& warm, const Throughput& wanted, const Throughput& current,
                   const std::string& of) {
  const auto too_low = [&of](const char* unit) {
    return invalid("Requested " + std::string(unit) + " for WarmThroughput for " + of +
                   " is lower than current WarmThroughput, decreasing WarmThroughput is not "
                   "supported");
  };
  if (wanted.read_units != 0 && wanted.read_units < current.read_units)
    return too_low("ReadUnitsPerSecond");
  if (wanted.write_units != 0 && wanted.write_units < current.write_units)
    return too_low("WriteUnitsPerSecond");
  if (wanted.read_units != 0) warm.read_units = wanted.read_units;
  if (wanted.write_units != 0) warm.write_units = wanted.write_units;
  return std::nullopt;
}

Problem change_warm(TableState& table, const Throughput& wanted) {
  TableSettings& settings = table.settings;
  const Throughput current =
      warm_throughput(settings.warm_throughput, settings.billing_mode, settings.throughput);
  return raise_warm(settings.warm_throughput, wanted, current, "table");
}

Problem change_index_throughput(TableState& table, const UpdateTableRequest& request) {
  const BillingMode mode = table.settings.billing_mode;
  const bool on_demand = mode == BillingMode::pay_per_request;
  for (const auto& [name, units] : request.index_throughput) {
    const auto index = find_global_index(table, name);
    if (index.has_error()) return index.error();
    if (auto problem = change_units(**index, units, on_demand)) return problem;
  }
  for (const auto& [name, limit] : request.index_on_demand_limit) {
    const auto index = find_global_index(table, name);
    if (index.has_error()) return index.error();
    if (!on_demand) {
      return invalid("MaxReadRequestUnits for OnDemandThroughput for index : " + name +
                     " cannot be specified when the table BillingMode is PROVISIONED");
    }
    (*index)->on_demand_limit = limit;
  }
  for (const auto& [name, warm] : request.index_warm_throughput) {
    const auto index = find_global_index(table, name);
    if (index.has_error()) return index.error();
    const Throughput current =
        warm_throughput((*index)->warm_throughput, mode, (*index)->throughput);
    if (auto problem = raise_warm((*index)->warm_throughput, warm, current, "index " + name))
      return problem;
  }
  return std::nullopt;
}

// DynamoDB: what was warm stays so when provisioned units or the billing mode change.
void keep_warm(Throughput& warm, const Throughput& before, const Throughput& initial) {
  if (before.read_units > initial.read_units) warm.read_units = before.read_units;
  if (before.write_units > initial.write_units) warm.write_units = before.write_units;
}

void keep_warm(const TableState& before, TableState& table) {
  const TableSettings& old = before.settings;
  TableSettings& settings = table.settings;
  keep_warm(settings.warm_throughput,
            warm_throughput(old.warm_throughput, old.billing_mode, old.throughput),
            initial_warm_throughput(settings.billing_mode, settings.throughput));
  for (IndexState& index : table.indexes) {
    const IndexState* const was = before.index(index.definition.name);
    if (was == nullptr) continue;
    keep_warm(index.definition.warm_throughput,
              warm_throughput(was->definition.warm_throughput, old.billing_mode,
                              was->definition.throughput),
              initial_warm_throughput(settings.billing_mode, index.definition.throughput));
  }
}

Problem change_billing(TableState& table, const UpdateTableRequest& request, base::Timestamp now) {
  TableSettings& settings = table.settings;
  const BillingMode before = settings.billing_mode;
  settings.billing_mode = request.billing_mode.value_or(before);
  if (settings.billing_mode == BillingMode::pay_per_request) {
    if (request.throughput) {
      return invalid(
          "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
          "PAY_PER_REQUEST");
    }
    if (before != settings.billing_mode) {
      table.on_demand_since = now;
      settings.throughput = {};
      for (auto& index : table.indexes) index.definition.throughput = {};
    }
  }
  if (request.throughput) {
    if (settings.throughput == *request.throughput)
      return validation_error(unchanged("table", settings.throughput, *request.throughput));
    settings.throughput = *request.throughput;
  }
  if (auto problem = change_index_throughput(table, request)) return problem;
  if (before == settings.billing_mode || settings.billing_mode == BillingMode::pay_per_request)
    return std::nullopt;
  settings.on_demand_limit = {};
  for (auto& index : table.indexes) {
    index.definition.on_demand_limit = {};
    if (index.global && index.definition.throughput == Throughput{}) {
      return invalid("ProvisionedThroughput must be specified for index: " + index.definition.name);
    }
  }
  return std::nullopt;
}

Problem change_stream(TableState& table, const std::optional<StreamViewType>& stream) {
  if (stream && table.settings.stream)
    return validation_error("Table already has an enabled stream: TableName: " + table.name);
  if (!stream && !table.settings.stream)
    return validation_error("Table has no stream to disable: TableName: " + table.name);
  table.settings.stream = stream;
  return std::nullopt;
}

Problem change_encryption(TableState& table, const Encryption& encryption) {
  Encryption& current = table.settings.encryption;
  if (!encryption.by_kms && !current.by_kms)
    return invalid("Table is already encrypted by default");
  if (!encryption.key.empty() && encryption == current) {
    return invalid(
        "Table is already encrypted with given KMSMasterKeyId. Use KMSMasterKeyId parameter if you "
        "want to change Master Key");
  }
  current = encryption;
  return std::nullopt;
}

Problem add_index(TableState& table, const IndexDefinition& index) {
  const TableDefinition definition = table.definition();
  if (table.index(index.name) != nullptr)
    return validation_error("Attempting to create an index which already exists");
  const bool on_demand = table.settings.billing_mode == BillingMode::pay_per_request;
  if (on_demand && index.throughput != Throughput{}) {
    return invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified for index: " +
                   index.name + " when BillingMode is PAY_PER_REQUEST");
  }
  if (!on_demand && index.throughput == Throughput{})
    return invalid("ProvisionedThroughput must be specified for index: " + index.name);
  if (definition.global_indexes.size() >= kMaxGlobalIndexes)
    return limit_exceeded("GlobalSecondaryIndex count exceeds the per-table limit of 20");
  if (auto problem = check_new_index(definition, index)) return validation_error(*problem);
  for (const auto& other : table.indexes) {
    if (other.status == IndexStatus::creating) return too_many_index_changes();
  }
  table.indexes.push_back({.definition = index,
                           .number = table.next_index_number++,
                           .global = true,
                           .status = IndexStatus::creating});
  return std::nullopt;
}

Problem remove_index(TableState& table, const std::string& name) {
  const IndexState* index = table.index(name);
  if (index == nullptr) return no_such_index(table, name);
  if (!index->global)
    return validation_error("Cannot delete an index that is not a GlobalSecondaryIndex: " + name);
  std::erase_if(table.indexes,
                [&name](const IndexState& state) { return state.definition.name == name; });
  return std::nullopt;
}

}  // namespace

std::optional<Error> check_update(const UpdateTableRequest& request) {
  if (auto problem = check_table_name(request.table)) return validation_error(*problem);
  if (request.create_index && request.delete_index) return too_many_index_changes();
  if (request.billing_mode == BillingMode::provisioned && !request.throughput)
    return invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED");
  if (auto problem = check_combination(request)) return problem;
  if (request.throughput) {
    if (auto problem = check_throughput(*request.throughput)) return validation_error(*problem);
  }
  for (const auto& [name, units] : request.index_throughput) {
    if (units == Throughput{}) continue;  // an update of nothing
    if (auto problem = check_throughput(units)) return validation_error(*problem);
  }
  return std::nullopt;
}

Result<TableState> updated_table(const TableState& current, const UpdateTableRequest& request,
                                 base::Timestamp now) {
  TableState table = current;
  Problem problem;
  if (auto clash = check_attribute_types(current.definition(), request.attribute_types))
    return validation_error(*clash);
  if (changes_throughput(request)) {
    problem = change_billing(table, request, now);
    keep_warm(current, table);
  }
  if (!problem && request.on_demand_limit) {
    if (table.settings.billing_mode == BillingMode::provisioned) {
      problem = invalid(
          "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table "
          "BillingMode is PROVISIONED");
    }
    table.settings.on_demand_limit = *request.on_demand_limit;
  }
  if (!problem && request.warm_throughput) problem = change_warm(table, *request.warm_throughput);
  if (!problem && request.stream) problem = change_stream(table, *request.stream);
  if (!problem && request.encryption) problem = change_encryption(table, *request.encryption);
  if (!problem && request.create_index) problem = add_index(table, *request.create_index);
  if (!problem && request.delete_index) problem = remove_index(table, *request.delete_index);
  if (problem) return std::move(*problem);
  if (request.deletion_protection)
    table.settings.deletion_protection = *request.deletion_protection;
  if (request.table_class && *request.table_class != table.settings.table_class) {
    table.settings.table_class = *request.table_class;
    table.table_class_changed_at = now;
  }
  return table;
}

}  // namespace dynamodb::local
