// Changes of tables: each is asked for where it is not there yet and waited for, so that it may be
// run again after it was cut off anywhere.
//
// DynamoDB changes one index of a table at a time and refuses what comes meanwhile
// (LimitExceededException, ResourceInUseException): that is waited for, too.
// Table names are without the prefix. Waits are bounded by nothing but RunControl's reasons to
// stop: a large index takes hours. Throw DatabaseError. Thread safety: functions of their
// arguments.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "dynamo_backend/migrations/run_control.h"
#include "dynamo_backend/migrations/state.h"
#include "dynamodb/table.h"

namespace dynamo_backend::migrations {

// nullopt: there is none.
std::optional<dynamodb::TableDescription> describe_table(const RunControl& control,
                                                         const std::string& table);

// Called while an index is being built: its entries so far, where the database says so.
using IndexProgress = std::function<void(std::uint64_t entries, std::uint64_t rows)>;

// Waits until it is active. False: a table of that name was there, with the same key and, as far as
// they go, indexes of the same keys; it is adopted. Throws MigrationError for another key, or where
// an LSI is missing, which DynamoDB cannot add.
bool create_table(const RunControl& control, const dynamodb::TableDefinition& definition);
void delete_table(const RunControl& control, const std::string& table);

// Waits until it is active.
void create_index(const RunControl& control, const std::string& table,
                  const dynamodb::IndexDefinition& index, const IndexProgress& progress = {});
void delete_index(const RunControl& control, const std::string& table, const std::string& index);

// Empty attribute: none.
void set_ttl(const RunControl& control, const std::string& table, const std::string& attribute);
void set_stream(const RunControl& control, const std::string& table,
                std::optional<dynamodb::StreamViewType> view);

}  // namespace dynamo_backend::migrations
