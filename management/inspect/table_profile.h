// TableProfile: a table as DescribeTable tells it, and what a sample of its rows holds.
// Thread safety: functions of their arguments; any thread.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "management/inspect/attribute_profile.h"

namespace management {

struct TableProfile {
  dynamodb::TableDescription description{};
  std::string name{};           // without the prefix
  std::string ttl_attribute{};  // empty: none, or switched off
  std::uint64_t rows = 0;       // that were looked at
  std::map<std::string, AttributeProfile> attributes{};
  // Attribute -> the table, without the prefix, whose rows its UUIDs name.
  std::map<std::string, std::string> targets{};

  // A key as DynamoModel's: the text `pk` alone, of UUIDs as far as was seen.
  bool has_model_key() const;
};

struct InspectOptions {
  std::vector<std::string> tables{};  // without the prefix; empty: all but the library's own
  std::size_t sample = 1000;          // rows of each table to look at
};

// Throws CommandError for a table that is not there, DatabaseError.
std::vector<TableProfile> inspect_tables(const dynamo_backend::Connection& connection,
                                         const InspectOptions& options);

}  // namespace management
