// CascadeWalk: deletes what points to rows, in batches, children before their parents: for cascades
// that are too large for one transaction.
//
// What waits for what hangs on it is kept on the heap, never on the call stack: a chain of rows may
// be as long as a table.
// Thread safety: one thread's.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/signals.h"

namespace dynamo_backend {

class RunningCascade;

inline constexpr std::size_t kCascadeBatch = 100;  // rows

// Deletes a batch whose children are gone, each row on its condition. Returns those that are not
// deleted: gone already, or changed so that the condition does not hold. `of_listeners`: what
// functions of post_delete throw, who do not keep the rows behind from being deleted.
using ConditionOf = std::function<dynamodb::Condition(dynamodb::ItemView row)>;
PackedRows delete_batch(const Connection& connection, const ModelInfo& model,
                        const PackedRows& rows, const ConditionOf& condition_of,
                        FirstError& of_listeners);

class CascadeWalk {
 public:
  // `of_listeners`: as of delete_batch(). `job`: told of each step, and of the rows that are
  // deleted; nullptr: none.
  explicit CascadeWalk(const Connection& connection, FirstError& of_listeners,
                       RunningCascade* job = nullptr)
      : connection_(connection), of_listeners_(of_listeners), job_(job) {}

  // Whether a chain of cascades leads from the model to a restrict_.
  bool may_be_protected(const ModelInfo& model);
  // Throws ProtectedError where a row that must stay points to `row`, or to what would go with it.
  void check_protected(const ModelInfo& model, dynamodb::ItemView row);
  void check_protected(const ModelInfo& model, const PackedRows& rows);

  // Deletes and unlinks what points to `row`, and once more after `then`, which deletes the row.
  void clear_around(const ModelInfo& model, dynamodb::ItemView row,
                    const std::function<void()>& then);
  // Of a row that is deleted already.
  void clear_children(const ModelInfo& model, dynamodb::ItemView row);

 private:
  using Reference = Registry::Reference;
  // A batch of rows that go when nothing points to them any more.
  struct Batch {
    const ModelInfo* model = nullptr;
    PackedRows rows{};
    const FieldInfo* link = nullptr;  // by which they point to their parent; nullptr: the first
    Value parent{};
    std::size_t next = 0;  // the row whose children are looked for
    bool deleted = false;  // children are looked for once more
  };
  const std::vector<Reference>& references(const ModelInfo& model);
  bool reaches_restrict(const ModelInfo& model, std::set<const ModelInfo*>& seen);
  void work_off(Batch first, const std::function<void()>& then);
  void announce(const Batch& batch);
  std::optional<Batch> next_children(const ModelInfo& model, dynamodb::ItemView row);
  void unlink(const Reference& reference, const PackedRows& children, dynamodb::ItemView parent,
              const ModelInfo& model);
  void delete_rows(const Batch& batch);
  void note_step() const;

  const Connection& connection_;
  FirstError& of_listeners_;
  RunningCascade* const job_;
  std::map<const ModelInfo*, std::vector<Reference>> references_{};
  std::map<const ModelInfo*, bool> may_be_protected_{};
  // Keys: of rows that were checked; of rows whose children are being deleted.
  std::set<std::string> checked_{}, in_progress_{};
};

}  // namespace dynamo_backend
