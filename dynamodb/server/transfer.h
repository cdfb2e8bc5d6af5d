// A table as lines of JSON, to and from any Client.
//
//   file := {"Table":<CreateTable's request>} then {"Item":<item>} for each item, one a line
//
// Items carry DynamoDB's JSON with its types, so nothing is lost; their lines are those of AWS's
// exports to S3, which can be read too, where the table exists. Memory stays bounded.
#pragma once
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>

#include "dynamodb/client.h"

namespace dynamodb::server {

// Called now and then with the number of items so far.
using Progress = std::function<void(std::uint64_t)>;

// Writes `table` to `out`, and answers how many items there were. What is written to the table
// meanwhile may or may not be among them.
Result<std::uint64_t> export_table(Client& client, const std::string& table, std::ostream& out,
                                   const Progress& progress = {});

// Reads items into `table`; empty: the table that the first line names. Makes the table where it is
// missing and the file describes it; items of the same key are replaced. Where it ends with an
// error, items before that line may be there.
Result<std::uint64_t> import_table(Client& client, const std::string& table, std::istream& in,
                                   const Progress& progress = {});

}  // namespace dynamodb::server
