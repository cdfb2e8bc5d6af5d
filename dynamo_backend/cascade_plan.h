// CascadePlan: everything that goes with some rows when they are deleted, collected before the
// first write, and committed in ONE TransactWriteItems where it is small enough.
//
// Each action is on condition of what was looked at: a child still points to its parent, a row
// still meets what its caller wants. Where one does not hold, nothing is written.
// Thread safety: one thread's.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/connection.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_actions.h"

namespace dynamo_backend {

using PackedRows = std::vector<dynamodb::PackedItem>;

std::string row_identity(const ModelInfo& model, dynamodb::ItemView row);
// The rows as they are stored at this moment, in this order, without those that are gone.
PackedRows read_rows_again(const Connection& connection, const ModelInfo& model,
                           const PackedRows& rows);
// Calls `visit` with the rows that point to `row` by one foreign key, by the key's index, `batch`
// at a time; it returns false to stop.
using VisitRows = std::function<bool(PackedRows rows)>;
void visit_children(const ModelInfo& model, dynamodb::ItemView row,
                    const Registry::Reference& reference, std::size_t batch,
                    const VisitRows& visit);
// The same of those that point to it as they are stored at this moment: an index may be behind. May
// be called with no rows.
void visit_live_children(const Connection& connection, const ModelInfo& model,
                         dynamodb::ItemView row, const Registry::Reference& reference,
                         std::size_t batch, const VisitRows& visit);
// Sets foreign keys of a stored row to null, on condition that they are as they are in it.
RowActions unlink_actions(const Connection& connection, const ModelInfo& model,
                          dynamodb::ItemView stored, const std::vector<const FieldInfo*>& links);
[[noreturn]] void throw_protected(const ModelInfo& model, dynamodb::ItemView row,
                                  const Registry::Reference& by);

class CascadePlan {
 public:
  explicit CascadePlan(const Connection& connection) : connection_(connection) {}

  // Adds a row, as it is stored, and what hangs on it. False: there is more than one transaction
  // takes; the plan is of no use then. `object`: the row's, where the caller has it.
  bool add(const ModelInfo& model, dynamodb::PackedItem row, dynamodb::Condition condition,
           void* object = nullptr);
  // Throws ProtectedError where a row with OnDelete::restrict_ points to a row of the plan and is
  // none itself (as Django's RESTRICT). False: too large, with its unique values.
  bool complete();

  // Sends pre_delete of rows that `announced` does not hold yet. False: something has changed since
  // it was looked at; nothing is written. Throws DatabaseError.
  bool commit(std::set<std::string>& announced);
  void send_post_delete() const;  // after commit()
  // After commit(): rows that were pointed to a deleted row since it was looked at are deleted, or
  // unlinked, by `clear`.
  using Clear = std::function<void(const ModelInfo& model, dynamodb::ItemView row)>;
  void look_again(const Clear& clear) const;

 private:
  struct Row {
    const ModelInfo* model;
    dynamodb::PackedItem stored;
    dynamodb::Condition condition;
    void* object;
  };
  struct Unlink {
    const ModelInfo* model;
    dynamodb::PackedItem stored;
    std::vector<const FieldInfo*> links{};
  };
  struct Restriction {
    std::string child;
    const ModelInfo* model;
    dynamodb::PackedItem parent;
    Registry::Reference by;
  };
  bool follow(std::size_t row);
  bool take_child(const Registry::Reference& by, dynamodb::PackedItem child);
  bool fits() const;

  const Connection& connection_;
  std::vector<Row> rows_{};
  std::map<std::string, std::size_t> places_{};  // of rows_, by identity
  std::map<std::string, Unlink> unlinks_{};
  std::vector<Restriction> restrictions_{};
  std::size_t bytes_ = 0;
  std::vector<RowActions> actions_{};
};

}  // namespace dynamo_backend
