// The single repairs of data_check.h: each looks at its row again, in one moment with what the
// problem depends on, and mends it on condition that this stays so.
// Thread safety: any thread.
#pragma once
#include <optional>
#include <string>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_actions.h"

namespace dynamo_backend {

enum class Repair : std::uint8_t {
  none,     // there is no problem: there was none at one moment, or another has mended it
  needed,   // there is one, and `repair` is false
  done,     // mended
  refused,  // there is one that cannot be mended; `why` says so
};
struct RepairResult {
  Repair outcome = Repair::none;
  std::string why{};   // of refused
  std::string done{};  // of done: what was done
};

class DataRepair {
 public:
  DataRepair(const Registry& registry, bool repair)
      : connection_(Connection::current()), registry_(registry), repair_(repair) {}

  // A row whose foreign key `field` seems to point to no row.
  RepairResult orphan(const ModelInfo& model, dynamodb::PackedItem row, const FieldInfo& field);
  // A row whose computed attributes seem to differ.
  RepairResult computed(const ModelInfo& model, const dynamodb::Item& key);
  // A row whose claim seems to be missing, or another's. `id` becomes data.E004, E005 or E006.
  RepairResult lost_claim(const ModelInfo& model, const dynamodb::Item& key,
                          const std::string& claim, std::string& id);
  // A claim whose owner seems not to have its value.
  RepairResult stale_claim(const ModelInfo& model, const std::string& claim,
                           const std::string& owner);

 private:
  using Actions = std::vector<dynamodb::TransactWriteAction>;

  RepairResult delete_orphan(const ModelInfo& model, const dynamodb::PackedItem& row,
                             const FieldInfo& field, bool& retry);
  RepairResult unlink_orphan(const ModelInfo& model, const dynamodb::PackedItem& row,
                             const FieldInfo& field, bool& retry);
  bool write_without_target(const dynamodb::PackedItem& row, const FieldInfo& field,
                            RowActions actions, bool& retry);
  // What was left of the rows that pointed to a row that is deleted, and why; empty: nothing.
  std::string mend_children(const ModelInfo& model, const dynamodb::PackedItem& row);
  // What keeps a row from being deleted; empty: nothing.
  std::string holder_of(const ModelInfo& model, dynamodb::ItemView row, int depth = 0);
  bool write(Actions actions, bool& retry);

  const Connection& connection_;
  const Registry& registry_;
  const bool repair_;
};

}  // namespace dynamo_backend
