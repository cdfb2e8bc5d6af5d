// Tables of models: made, extended and dropped. Every change waits until the database has finished
// it.
// Thread safety: any thread.
#pragma once
#include "dynamo_backend/connection.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend {

// The table that `model` needs: name without prefix, key, global and local indexes.
dynamodb::TableDefinition table_definition(const ModelInfo& model);
dynamodb::IndexDefinition index_definition(const IndexInfo& index);

// Whether rows of the index `found` have all attributes that `wanted` asks for: more is no harm.
bool projects_enough(const dynamodb::IndexDefinition& found,
                     const dynamodb::IndexDefinition& wanted);
// For messages: "pk (S), at (N)"; "whole rows", "its keys, title".
std::string key_schema_text(const dynamodb::KeySchema& key);
std::string projection_text(const dynamodb::IndexDefinition& index);

// Creates the model's table, its automatic join tables and, where it has unique fields, the table
// of claims; adds indexes that an existing table lacks, one at a time, as DynamoDB demands.
// Existing data and further indexes stay, and so does an index that holds more than the model asks
// for. Throws ImproperlyConfigured for a table or index of that name with another key, an index
// that holds less, a local index that an existing table lacks; DatabaseError.
void ensure_table(const ModelInfo& model);
// Makes the table of claims of unique values, where it is missing.
void ensure_claims_table(const Connection& connection);
// Makes the model's table in another form than the model's own (its indexes as they were dumped,
// say), where it is missing, and what the model needs beside it. `form`: its name does not matter.
void make_missing_table(const Connection& connection, const ModelInfo& model,
                        dynamodb::TableDefinition form);
// The same for a model that the framework keeps for itself: it is not put into the Registry.
void ensure_unregistered_table(const ModelInfo& model);
// The same for a table without a model. Its name: without the prefix.
void ensure_table(const Connection& connection, dynamodb::TableDefinition table);
// All tables of the registry's models.
void ensure_tables(const Registry& registry = Registry::instance());
// Drops the table, its automatic join tables and its unique claims. A table that is not there is
// fine.
void delete_table(const ModelInfo& model);

template <class T>
void ensure_table() {
  ensure_table(model_info<T>());
}
template <class T>
void delete_table() {
  delete_table(model_info<T>());
}

// At start-up: ensure_tables() when `create_tables_on_startup`.
void prepare_tables(const base::DynamoBackendSettings& settings,
                    const Registry& registry = Registry::instance());

}  // namespace dynamo_backend
