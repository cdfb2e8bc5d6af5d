// Looks through the tables of models for what DynamoDB does not keep by itself, and mends it:
// foreign keys that point to no row, lost and stale claims of unique values, attributes of computed
// indexes that differ from their function, rows that cannot be decoded.
//
//   data.E001  a row that cannot be decoded
//   data.E002  a foreign key that points to no row         mended as its on_delete says
//   data.E003  a row of a join table that lacks an end     deleted
//   data.E004  a unique value without its claim            claimed
//   data.E005  a unique value that several rows have
//   data.E006  a claim whose owner does not have its value deleted, or given to the row that has it
//   data.E007  an attribute of a computed index that is not what its function gives  written
//   data.W001  claims of a table that no model has
//   data.W002  a model without its table: what depends on it is not looked at
//
// Safe beside a running application: what looks wrong is read again in one moment with what it
// depends on, and every write holds only while that is so. Done twice it finds nothing the second
// time. Memory stays constant.
// Thread safety: any thread.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend {

struct DataProblem {
  enum class State : std::uint8_t {
    found,     // and not touched: no repair was asked for
    repaired,  // gone
    left,      // it needs its owner's hand; the text says why
  };
  std::string id{};  // "data.E002"; ids are never reused
  State state = State::found;
  std::string text{};  // what is wrong, where; what was done about it
  bool is_error() const { return id.find(".E") != std::string::npos; }
};

struct DataCheckOptions {
  std::vector<const ModelInfo*> models{};  // whose tables are walked
  bool repair = false;
  std::function<void(const DataProblem&)> report{};
  std::function<void(std::uint64_t rows)> progress{};  // told rows and claims that were looked at
};

struct DataCheckResult {
  std::uint64_t rows = 0, claims = 0;        // that were looked at
  std::uint64_t problems = 0, repaired = 0;  // errors, of which
  std::uint64_t warnings = 0;
};

// Of the database behind Connection::current(). Throws DatabaseError where it fails; what was
// mended stays so.
DataCheckResult check_data(const Registry& registry, const DataCheckOptions& options);

}  // namespace dynamo_backend
