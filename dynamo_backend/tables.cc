#include "dynamo_backend/tables.h"

#include <algorithm>

#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {
namespace {

using dynamodb::TableDescription;
using dynamodb::TableStatus;

dynamodb::KeyAttribute key_attribute(const FieldInfo& f) {
  return {std::string(f.attribute), *f.shape().stored()};
}

std::string show(const dynamodb::KeySchema& key) {
  const auto part = [](const dynamodb::KeyAttribute& k) {
    return k.name + " (" + std::string(dynamodb::type_name(k.type)) + ")";
  };
  return part(key.partition) + (key.sort ? ", " + part(*key.sort) : "");
}

std::optional<TableDescription> describe(const Connection& connection, const std::string& table) {
  auto result = connection.client().describe_table(table);
  if (result) return *std::move(result);
  if (result.error().code == dynamodb::ErrorCode::resource_not_found) return std::nullopt;
  throw DatabaseError(result.error(), "DescribeTable " + table);
}

// Asks until `done` says so, with growing pauses.
template <class Done>
void wait_until(const Connection& connection, const std::string& table, const char* what,
                Done&& done) {
  std::chrono::milliseconds pause(5), waited(0);
  while (!done(describe(connection, table))) {
    if (waited > connection.options().table_timeout)
      throw DatabaseError("Table " + table + ": waited too long for it to be " + what + ".");
    connection.sleep(pause);
    waited += pause;
    pause = std::min(pause * 2, std::chrono::milliseconds(2000));
  }
}

void wait_until_active(const Connection& connection, const std::string& table) {
  wait_until(connection, table, "active", [](const std::optional<TableDescription>& d) {
    return d && d->status == TableStatus::active &&
           std::all_of(d->global_indexes.begin(), d->global_indexes.end(),
                       [](const auto& i) { return i.status == dynamodb::IndexStatus::active; });
  });
}

void check_same_keys(const dynamodb::TableDefinition& wanted, const TableDescription& found) {
  if (!(found.definition.key == wanted.key)) {
    throw ImproperlyConfigured(
        "Table " + wanted.name + " exists with the key " + show(found.definition.key) +
        "; the model needs " + show(wanted.key) +
        ". Give the model another table_name, or describe the table by a DynamoTable.");
  }
  for (const auto& index : wanted.global_indexes) {
    for (const auto& existing : found.definition.global_indexes) {
      if (existing.name != index.name || existing.key == index.key) continue;
      throw ImproperlyConfigured("Index " + index.name + " of table " + wanted.name +
                                 " exists with the key " + show(existing.key) +
                                 "; the model needs " + show(index.key) +
                                 ". Delete the index, or give the model's another name.");
    }
  }
}

void ensure(const Connection& connection, dynamodb::TableDefinition wanted) {
  wanted.name = connection.table(wanted.name);
  if (!describe(connection, wanted.name)) {
    const auto created = connection.client().create_table(wanted);
    // Another process may make it at this moment: then its form is checked below.
    if (!created && created.error().code != dynamodb::ErrorCode::resource_in_use)
      throw DatabaseError(created.error(), "CreateTable " + wanted.name);
  }
  wait_until_active(connection, wanted.name);
  const TableDescription found = *describe(connection, wanted.name);
  check_same_keys(wanted, found);
  for (const auto& index : wanted.global_indexes) {
    const auto& existing = found.definition.global_indexes;
    if (std::any_of(existing.begin(), existing.end(),
                    [&](const auto& e) { return e.name == index.name; }))
      continue;
    take(connection.client().update_table({.table = wanted.name, .create_index = index}),
         "UpdateTable");
    wait_until_active(connection, wanted.name);
  }
}

void drop(const Connection& connection, const std::string& table) {
  const auto dropped = connection.client().delete_table(table);
  if (!dropped && dropped.error().code != dynamodb::ErrorCode::resource_not_found)
    throw DatabaseError(dropped.error(), "DeleteTable " + table);
  wait_until(connection, table, "gone", [](const auto& d) { return !d; });
}

}  // namespace

dynamodb::TableDefinition table_definition(const ModelInfo& model) {
  const auto key = [](const FieldInfo& hash, const FieldInfo* sort) {
    dynamodb::KeySchema schema{.partition = key_attribute(hash)};
    if (sort) schema.sort = key_attribute(*sort);
    return schema;
  };
  dynamodb::TableDefinition table{.name = model.table, .key = key(*model.partition, model.sort)};
  for (const IndexInfo& i : model.indexes)
    table.global_indexes.push_back({.name = i.name, .key = key(*i.hash, i.sort)});
  return table;
}

void ensure_unregistered_table(const ModelInfo& model) {
  ensure(Connection::current(), table_definition(model));
}

void ensure_table(const ModelInfo& model) {
  const Connection& connection = Connection::current();
  if (!model.unique.empty()) ensure(connection, claims_table_definition());
  ensure(connection, table_definition(model));
  if (model.ttl) {
    ensure_time_to_live(connection, connection.table(model.table), model.ttl->attribute);
    if (!model.unique.empty())
      ensure_time_to_live(connection, connection.table(kClaimsTable), kClaimExpires);
  }
  for (const auto& join : model.joins) ensure(connection, table_definition(*join));
  Registry::instance().add(model);
}

void ensure_tables(const Registry& registry) {
  for (const ModelInfo* model : registry.models()) ensure_table(*model);
}

void delete_table(const ModelInfo& model) {
  const Connection& connection = Connection::current();
  drop(connection, connection.table(model.table));
  for (const auto& join : model.joins) drop(connection, connection.table(join->table));
  if (!model.unique.empty()) delete_claims(connection, model);
}

void prepare_tables(const base::DynamoBackendSettings& settings, const Registry& registry) {
  if (settings.create_tables_on_startup) ensure_tables(registry);
}

}  // namespace dynamo_backend
