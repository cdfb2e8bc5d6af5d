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

const dynamodb::IndexDefinition* find_index(const std::vector<dynamodb::IndexDefinition>& list,
                                            const std::string& name) {
  for (const auto& index : list)
    if (index.name == name) return &index;
  return nullptr;
}

void check_index(const dynamodb::TableDefinition& wanted, const dynamodb::IndexDefinition& index,
                 const dynamodb::TableDefinition& found) {
  const bool local = find_index(wanted.local_indexes, index.name) != nullptr;
  const auto* same = find_index(local ? found.local_indexes : found.global_indexes, index.name);
  const std::string what = "Index " + index.name + " of table " + wanted.name;
  if (find_index(local ? found.global_indexes : found.local_indexes, index.name))
    throw ImproperlyConfigured(what + " exists as a " + (local ? "global" : "local") +
                               " index; the model needs a " + (local ? "local" : "global") +
                               " one. Give the model's another name.");
  if (!same && local)
    throw ImproperlyConfigured(
        what +
        " is not there, and DynamoDB makes local indexes with their table "
        "only. Make the table anew and copy its rows, or use a global index.");
  if (!same) return;
  if (!(same->key == index.key))
    throw ImproperlyConfigured(what + " exists with the key " + key_schema_text(same->key) +
                               "; the model needs " + key_schema_text(index.key) +
                               ". Delete the index, or give the model's another name.");
  if (!projects_enough(*same, index))
    throw ImproperlyConfigured(what + " exists and holds " + projection_text(*same) +
                               "; the model's holds " + projection_text(index) +
                               ". Delete the index, or give the model's another name.");
}

void check_same_keys(const dynamodb::TableDefinition& wanted, const TableDescription& found) {
  if (!(found.definition.key == wanted.key)) {
    throw ImproperlyConfigured(
        "Table " + wanted.name + " exists with the key " + key_schema_text(found.definition.key) +
        "; the model needs " + key_schema_text(wanted.key) +
        ". Give the model another table_name, or describe the table by a DynamoTable.");
  }
  for (const auto& index : wanted.global_indexes) check_index(wanted, index, found.definition);
  for (const auto& index : wanted.local_indexes) check_index(wanted, index, found.definition);
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
  if (wanted.settings.stream && !found.definition.settings.stream) {
    take(connection.client().update_table({.table = wanted.name, .stream = wanted.settings.stream}),
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

std::string key_schema_text(const dynamodb::KeySchema& key) {
  std::string text;
  key.for_each([&](const dynamodb::KeyAttribute& k, bool) {
    text +=
        (text.empty() ? "" : ", ") + k.name + " (" + std::string(dynamodb::type_name(k.type)) + ")";
  });
  return text;
}

std::string projection_text(const dynamodb::IndexDefinition& index) {
  if (index.projection == dynamodb::ProjectionType::all) return "whole rows";
  std::string text = "its keys";
  for (const auto& attribute : index.non_key_attributes) text += ", " + attribute;
  return text;
}

bool projects_enough(const dynamodb::IndexDefinition& found,
                     const dynamodb::IndexDefinition& wanted) {
  if (found.projection == dynamodb::ProjectionType::all) return true;
  if (wanted.projection == dynamodb::ProjectionType::all) return false;
  const auto& held = found.non_key_attributes;
  return std::all_of(wanted.non_key_attributes.begin(), wanted.non_key_attributes.end(),
                     [&](const std::string& name) {
                       return std::find(held.begin(), held.end(), name) != held.end();
                     });
}

dynamodb::IndexDefinition index_definition(const IndexInfo& index) {
  dynamodb::IndexDefinition definition{.name = index.name,
                                       .key = {.partition = key_attribute(*index.hash)},
                                       .projection = index.projection};
  if (index.sort) definition.key.sort = key_attribute(*index.sort);
  for (const FieldInfo* f : index.more_hash)
    definition.key.more_partition.push_back(key_attribute(*f));
  for (const FieldInfo* f : index.more_sort) definition.key.more_sort.push_back(key_attribute(*f));
  for (const FieldInfo* f : index.includes)
    definition.non_key_attributes.emplace_back(f->attribute);
  return definition;
}

dynamodb::TableDefinition table_definition(const ModelInfo& model) {
  dynamodb::TableDefinition table{.name = model.table,
                                  .key = {.partition = key_attribute(*model.partition)}};
  if (model.sort) table.key.sort = key_attribute(*model.sort);
  table.settings.stream = model.meta.stream;
  for (const IndexInfo& i : model.indexes)
    (i.local ? table.local_indexes : table.global_indexes).push_back(index_definition(i));
  return table;
}

void ensure_unregistered_table(const ModelInfo& model) {
  ensure(Connection::current(), table_definition(model));
}

void ensure_table(const Connection& connection, dynamodb::TableDefinition table) {
  ensure(connection, std::move(table));
}

void ensure_claims_table(const Connection& connection) {
  ensure(connection, claims_table_definition());
}

// The claims of unique values, and the time to live of both tables.
static void ensure_beside(const Connection& connection, const ModelInfo& model) {
  if (!model.unique.empty()) ensure_claims_table(connection);
  if (!model.ttl) return;
  ensure_time_to_live(connection, connection.table(model.table), model.ttl->attribute);
  if (!model.unique.empty())
    ensure_time_to_live(connection, connection.table(kClaimsTable), kClaimExpires);
}

void make_missing_table(const Connection& connection, const ModelInfo& model,
                        dynamodb::TableDefinition form) {
  form.name = model.table;
  if (describe(connection, connection.table(model.table)))
    wait_until_active(connection, connection.table(model.table));
  else
    ensure(connection, std::move(form));
  ensure_beside(connection, model);
}

void ensure_table(const ModelInfo& model) {
  const Connection& connection = Connection::current();
  ensure(connection, table_definition(model));
  ensure_beside(connection, model);
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
