// UniqueClaims: claims of a unique set (unique.h) for rows that were written before it was
// declared, beside an application that writes.
//
// A row's claim is put in a transaction that sees the row as it was read. A claim that stands in
// the way but whose owner no longer has the value is stale (an older program changed the row) and
// is taken away; else the row is a duplicate.
// Thread safety: any thread.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "dynamo_backend/migrations/run_control.h"
#include "dynamo_backend/migrations/state.h"
#include "dynamo_backend/migrations/table_walk.h"
#include "dynamo_backend/model_info.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend::migrations {

class UniqueClaims {
 public:
  // REQUIRES: the arguments outlive it; `compiled` is the program's model of the table.
  UniqueClaims(const RunControl& control, const ModelState& model, const UniqueState& unique,
               const ModelInfo& compiled)
      : control_(control), model_(model), unique_(unique), compiled_(compiled) {}

  // Of a claim of the table: takes it away where it is stale, as far as the compiled model's sets
  // tell.
  Visit sweep(dynamodb::ItemView claim);
  // Visit::refused: a duplicate.
  Visit claim(dynamodb::ItemView row);
  // A line for each duplicate, the first ten.
  std::vector<std::string> duplicates() const;

 private:
  std::optional<Claim> wanted(dynamodb::ItemView row) const;
  enum class Put : std::uint8_t { done, row_changed, taken };
  Put put(const Claim& claim, dynamodb::ItemView row, const std::string& owner) const;
  // The key of the row that has the claim; empty where the claim was stale, and is gone.
  std::string true_owner(const std::string& claim_key) const;
  // `most`: read units that it may take.
  std::optional<dynamodb::PackedItem> get(const std::string& table, const dynamodb::Item& key,
                                          double most) const;
  dynamodb::Condition unchanged_fields(dynamodb::ItemView row) const;

  const RunControl& control_;
  const ModelState& model_;
  const UniqueState& unique_;
  const ModelInfo& compiled_;
  mutable std::mutex mutex_;
  std::vector<std::string> duplicates_{};
};

}  // namespace dynamo_backend::migrations
