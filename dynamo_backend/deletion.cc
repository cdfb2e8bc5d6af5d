// Deleting rows with what hangs on them: foreign keys of registered models decide by on_delete.
//
// What is small goes in one transaction (cascade_plan.h). What is larger is a job (cascade_job.h):
// rows with OnDelete::restrict_ are looked for first, and stop everything; then children are
// deleted before their parents, in batches. After either, the parents' children are looked for once
// more: a row that was made meanwhile goes, too. DynamoDB has no foreign keys: a row that is made
// later than that by a writer who still believes in its parent stays.
#include <algorithm>
#include <set>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/row_writer.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/signals.h"

namespace dynamo_backend {
namespace {

constexpr std::size_t kBatch = 100;

// Deletes a batch whose children are gone, each row on its condition. Returns those that are not
// deleted: gone already, or changed so that the condition does not hold.
template <class ConditionOf>
PackedRows delete_batch(const Connection& connection, const ModelInfo& model,
                        const PackedRows& rows, ConditionOf&& condition_of) {
  PackedRows left;
  if (!model.unique.empty()) {
    for (const auto& row : rows) {
      if (!delete_row(connection, model, row, condition_of(row.view())))
        left.push_back(row);
      else
        send_post_delete(model, nullptr, row.view());
    }
    return left;
  }
  const auto results = write_side_by_side(rows.size(), [&](std::size_t i, auto done) {
    connection.client().delete_item(
        {.table = connection.table(model.table),
         .key = key_of(model, rows[i].view()),
         .condition = row_exists(model) && condition_of(rows[i].view())},
        std::move(done));
  });
  PackedRows deleted;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) {
      deleted.push_back(rows[i]);
      continue;
    }
    if (results[i].error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(results[i].error(), model.name + ": remove()");
    left.push_back(rows[i]);
  }
  send_post_delete(model, deleted);
  return left;
}

// Clears what points to rows, in batches, children first.
class Deleter {
 public:
  using Progress = std::function<void(std::size_t rows)>;
  explicit Deleter(const Connection& connection, Progress progress = {})
      : connection_(connection), progress_(std::move(progress)) {}

  // Whether a chain of cascades leads from the model to a restrict_.
  bool may_be_protected(const ModelInfo& model) {
    if (const auto known = may_be_protected_.find(&model); known != may_be_protected_.end())
      return known->second;
    std::set<const ModelInfo*> seen;
    return may_be_protected_[&model] = reaches_restrict(model, seen);
  }

  // Throws ProtectedError where a row that must stay points to `row`, or to what would go with it.
  void check_protected(const ModelInfo& model, dynamodb::ItemView row) {
    if (!may_be_protected(model) || !checked_.insert(row_identity(model, row)).second) return;
    for (const auto& reference : references(model)) {
      if (reference.field->on_delete == OnDelete::set_null) continue;
      visit_children(model, row, reference, kBatch, [&](const PackedRows& children) {
        if (reference.field->on_delete == OnDelete::restrict_)
          throw_protected(model, row, reference);
        for (const auto& child : children) check_protected(*reference.model, child.view());
        return true;
      });
    }
  }

  void check_protected(const ModelInfo& model, const PackedRows& rows) {
    for (const auto& row : rows) check_protected(model, row.view());
  }

  // Deletes and unlinks what points to `row`, and once more after `then`, which deletes the row.
  template <class Then>
  void clear_around(const ModelInfo& model, dynamodb::ItemView row, Then&& then) {
    const std::string identity = row_identity(model, row);
    if (!in_progress_.insert(identity).second) return;
    clear_children(model, row);
    then();
    clear_children(model, row);
    in_progress_.erase(identity);
  }
  void clear_children(const ModelInfo& model, dynamodb::ItemView row) {
    for (const auto& reference : references(model)) {
      visit_children(model, row, reference, kBatch, [&](const PackedRows& children) {
        if (reference.field->on_delete == OnDelete::set_null)
          unlink(reference, children, row, model);
        else if (reference.field->on_delete == OnDelete::cascade)
          delete_children(reference, children, row, model);
        return true;
      });
    }
  }

 private:
  using Reference = Registry::Reference;

  const std::vector<Reference>& references(const ModelInfo& model) {
    const auto [at, made] = references_.try_emplace(&model);
    if (made) at->second = Registry::instance().references_to(model);
    return at->second;
  }

  bool reaches_restrict(const ModelInfo& model, std::set<const ModelInfo*>& seen) {
    if (!seen.insert(&model).second) return false;
    const auto& all = references(model);
    return std::any_of(all.begin(), all.end(), [&](const Reference& r) {
      return r.field->on_delete == OnDelete::restrict_ ||
             (r.field->on_delete == OnDelete::cascade && reaches_restrict(*r.model, seen));
    });
  }

  void unlink(const Reference& reference, const PackedRows& children, dynamodb::ItemView parent,
              const ModelInfo& model) {
    const auto parent_key = *parent.find(model.partition->attribute);
    for (const auto& child : children) {
      commit_row(connection_, *reference.model, key_of(*reference.model, child.view()), child,
                 [&](dynamodb::ItemView now) -> std::optional<RowChange> {
                   const auto link = stored_value(*reference.field, now);
                   if (!link || !(*link == parent_key)) return std::nullopt;
                   RowChange change{{{reference.field, Value()}}, {reference.field}};
                   bump_version(*reference.model, now, change);
                   return change;
                 });
    }
  }

  // The children were found in an index, which may be behind, and others may point one to another
  // parent meanwhile: such a row is not this parent's to delete.
  void delete_children(const Reference& reference, const PackedRows& children,
                       dynamodb::ItemView parent, const ModelInfo& parent_model) {
    const ModelInfo& model = *reference.model;
    const auto parent_key = *parent.find(parent_model.partition->attribute);
    PackedRows rows = read_rows_again(connection_, model, children);
    std::erase_if(rows, [&](const auto& row) {
      const auto link = stored_value(*reference.field, row.view());
      if (!link || !(*link == parent_key)) return true;
      // A cycle: it goes further up.
      return in_progress_.count(row_identity(model, row.view())) > 0;
    });
    if (rows.empty()) return;
    for (const auto& row : rows) {
      in_progress_.insert(row_identity(model, row.view()));
      send_pre_delete(model, nullptr, row.view());
      clear_children(model, row.view());
    }
    const PackedRows left = delete_batch(connection_, model, rows, [&](dynamodb::ItemView) {
      return dynamodb::equal(dynamodb::Path(reference.field->attribute),
                             dynamodb::unpack(parent_key));
    });
    for (const auto& row : rows) {
      clear_children(model, row.view());
      in_progress_.erase(row_identity(model, row.view()));
    }
    if (progress_) progress_(rows.size() - left.size());
  }

  const Connection& connection_;
  Progress progress_;
  std::map<const ModelInfo*, std::vector<Reference>> references_{};
  std::map<const ModelInfo*, bool> may_be_protected_{};
  // Keys: of rows that were checked; of rows whose children are being deleted.
  std::set<std::string> checked_{}, in_progress_{};
};

// What is too large for one transaction. Once it has begun it is completed, whatever others change
// of the row meanwhile.
void remove_as_job(const Connection& connection, const ModelInfo& model,
                   const dynamodb::PackedItem& stored, void* object) {
  Deleter(connection).check_protected(model, stored.view());
  RunningCascade job(model, stored.view());
  send_pre_delete(model, object, stored.view());
  run_cascade(connection, model, dynamodb::PackedItem(key_of(model, stored.view())), job);
  job.finish();
}

[[noreturn]] void too_many_writers(const ModelInfo& model) {
  throw ConflictError(model.name +
                      ": remove(): too many writers compete for these rows; try again later.");
}

// Deletes what came to the plan's rows while it was committed.
void look_again(const Connection& connection, const CascadePlan& plan) {
  Deleter deleter(connection);
  plan.look_again(
      [&](const ModelInfo& model, dynamodb::ItemView row) { deleter.clear_children(model, row); });
}

}  // namespace

void run_cascade(const Connection& connection, const ModelInfo& model, dynamodb::PackedItem key,
                 RunningCascade& job) {
  const RequestScope::Quiet quiet;
  Deleter deleter(connection, [&](std::size_t rows) { job.note_deleted(rows); });
  deleter.check_protected(model, key.view());
  deleter.clear_around(model, key.view(), [&] {
    for (int attempt = 1;; ++attempt) {
      const auto stored = fetch(model, dynamodb::unpack(key.view()));
      if (!stored) return;
      if (delete_row(connection, model, *stored)) {
        job.note_deleted(1);
        return;
      }
      if (attempt == kMaxAttempts) too_many_writers(model);
      connection.back_off(attempt);
    }
  });
}

void remove_row(const ModelInfo& model, void* row) {
  const RequestScope::Quiet quiet;
  const Connection& connection = Connection::current();
  const dynamodb::Item key = key_of(model, row);
  std::set<std::string> announced;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    // The stored row, not the object: the object's unique values may be older than its claims.
    const auto stored = fetch(model, key);
    if (!stored)
      model.raise_does_not_exist("key " + key_text(model, key) + ": the row is gone already");
    const dynamodb::Condition same_version = check_version(model, row, stored->view());
    CascadePlan plan(connection);
    if (!plan.add(model, *stored, same_version, row) || !plan.complete()) {
      remove_as_job(connection, model, *stored, row);
      model.row.state(row).forget();
      return send_post_delete(model, row, stored->view());
    }
    if (plan.commit(announced)) {
      look_again(connection, plan);
      model.row.state(row).forget();
      return plan.send_post_delete();
    }
    if (attempt > 2) connection.back_off(attempt);
  }
  throw ConflictError(model.name + " " + key_text(model, key) +
                      ": another changes it at this moment; try again later.");
}

namespace {

// One pass over the rows of a query, `kBatch` at a time, until `visit` returns false.
template <class Visit>
void in_batches(const Connection& connection, const Query& query, const Predicate& where,
                Visit&& visit) {
  Plan plan = plan_query(query, where);
  check_scan(connection, query, where, plan);
  PlanReader reader(connection, *query.model, std::move(plan),
                    {.offset = query.offset,
                     .limit = query.limit,
                     .any_order = !query.limit && query.offset == 0 && query.order.empty()});
  PackedRows rows;
  while (const auto packed = reader.next()) {
    rows.emplace_back(std::string(*packed));
    if (rows.size() == kBatch && !visit(std::exchange(rows, {}))) return;
  }
  if (!rows.empty()) visit(std::move(rows));
}

// Deletes the rows of one query, a batch at a time. What others changed so that it does not meet
// the query stays, with its children.
class RowRemover {
 public:
  RowRemover(const Connection& connection, const ModelInfo& model, const Predicate& where)
      : connection_(connection), model_(model), where_(where) {
    ExpressionBudget budget{60, 150};
    condition_ = to_condition(where_, {}, budget);
    if (!condition_) add_fields(where_, guards_);
  }

  // With what hangs on them: all in one transaction, or else a half of them after the other.
  std::size_t remove(PackedRows rows) const {
    std::set<std::string> announced;
    for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
      rows = still_meeting(rows);
      if (rows.empty()) return 0;
      CascadePlan plan(connection_);
      if (!fill(plan, rows)) break;
      if (plan.commit(announced)) {
        look_again(connection_, plan);
        plan.send_post_delete();
        return rows.size();
      }
      if (attempt == kMaxAttempts) too_many_writers(model_);
      if (attempt > 2) connection_.back_off(attempt);
    }
    if (rows.size() == 1) {
      remove_as_job(connection_, model_, rows[0], nullptr);
      send_post_delete(model_, nullptr, rows[0].view());
      return 1;
    }
    Deleter(connection_).check_protected(model_, rows);  // before the first of them goes
    const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() / 2);
    const std::size_t first = remove({rows.begin(), middle});
    return first + remove({middle, rows.end()});
  }

  // Rows that nothing points to: each on its own.
  std::size_t remove_childless(PackedRows rows) const {
    std::size_t removed = 0;
    for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
      rows = still_meeting(rows);
      if (rows.empty()) return removed;
      if (attempt == 1) send_pre_delete(model_, rows);
      PackedRows left = delete_batch(connection_, model_, rows,
                                     [&](dynamodb::ItemView row) { return condition(row); });
      removed += rows.size() - left.size();
      if (left.empty()) return removed;
      rows = std::move(left);
      if (attempt > 2) connection_.back_off(attempt);
    }
    too_many_writers(model_);
  }

 private:
  PackedRows still_meeting(const PackedRows& rows) const {
    PackedRows now = read_rows_again(connection_, model_, rows);
    std::erase_if(now, [&](const auto& row) { return !matches(where_, row.view()); });
    return now;
  }
  bool fill(CascadePlan& plan, const PackedRows& rows) const {
    for (const auto& row : rows) {
      if (!plan.add(model_, row, condition(row.view()))) return false;
    }
    return plan.complete();
  }
  // Where DynamoDB cannot check the query's condition: that what it was checked on is unchanged.
  dynamodb::Condition condition(dynamodb::ItemView row) const {
    if (condition_) return *condition_;
    dynamodb::Condition all;
    for (const FieldInfo* f : guards_) all = all && unchanged(*f, row);
    return all;
  }

  const Connection& connection_;
  const ModelInfo& model_;
  const Predicate& where_;
  std::optional<dynamodb::Condition> condition_{};
  std::vector<const FieldInfo*> guards_{};
};

}  // namespace

std::size_t remove_rows(const Query& asked) {
  const RequestScope::Quiet quiet;
  const Connection& connection = Connection::current();
  Query query = asked;
  if (!query.limit && query.offset == 0) query.order.clear();  // all rows, in any order
  const ModelInfo& model = *query.model;
  const Predicate where = resolve(query);
  const RowRemover remover(connection, model, where);
  std::size_t removed = 0;
  if (Registry::instance().references_to(model).empty()) {
    in_batches(connection, query, where, [&](PackedRows rows) {
      removed += remover.remove_childless(std::move(rows));
      return true;
    });
    return removed;
  }
  // One batch alone may go in one transaction. Of more, all are looked at before the first goes.
  Deleter deleter(connection);
  const bool may_be_protected = deleter.may_be_protected(model);
  PackedRows first;
  bool more = false;
  in_batches(connection, query, where, [&](PackedRows rows) {
    if (!more && first.empty()) {
      first = std::move(rows);
      return true;
    }
    if (!std::exchange(more, true)) deleter.check_protected(model, first);
    deleter.check_protected(model, rows);
    return may_be_protected;
  });
  if (first.empty()) return 0;
  if (!more) return remover.remove(std::move(first));
  in_batches(connection, query, where, [&](PackedRows rows) {
    removed += remover.remove(std::move(rows));
    return true;
  });
  return removed;
}

}  // namespace dynamo_backend
