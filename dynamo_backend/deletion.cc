// Deleting rows with what hangs on them: foreign keys of registered models decide by on_delete.
//
// What is small goes in one transaction (cascade_plan.h). What is larger is a job (cascade_job.h):
// rows with OnDelete::restrict_ are looked for first, and stop everything; then children are
// deleted before their parents, in batches. After either, the parents' children are looked for once
// more: a row that was made meanwhile goes, too. DynamoDB has no foreign keys: a row that is made
// later than that by a writer who still believes in its parent stays.
#include <algorithm>
#include <map>
#include <set>

#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/cascade_walk.h"
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

// What is too large for one transaction. Once it has begun it is completed, whatever others change
// of the row meanwhile.
void remove_as_job(const Connection& connection, const ModelInfo& model,
                   const dynamodb::PackedItem& stored, void* object, FirstError& of_listeners) {
  check_cascade(connection, model, stored.view());
  send_pre_delete(model, object, stored.view());  // what it refuses leaves no job
  RunningCascade job(model, stored.view());
  try {
    check_cascade(connection, model, stored.view());  // a row of this moment may protect it
    run_cascade(connection, model, dynamodb::PackedItem(key_of(model, stored.view())), job,
                of_listeners);
  } catch (...) {
    if (!job.begun()) job.give_up();  // a listener may have refused it
    throw;
  }
  job.finish();
  if (object) model.row.state(object).forget();
  of_listeners.keep([&] { send_post_delete(model, object, stored.view()); });
}

[[noreturn]] void too_many_writers(const ModelInfo& model) {
  throw ConflictError(model.name +
                      ": remove(): too many writers compete for these rows; try again later.");
}

// Deletes what came to the plan's rows while it was committed. They are deleted, whatever goes
// wrong here.
void look_again(const Connection& connection, const CascadePlan& plan, FirstError& errors) {
  CascadeWalk walk(connection, errors);
  errors.keep([&] {
    plan.look_again(
        [&](const ModelInfo& model, dynamodb::ItemView row) { walk.clear_children(model, row); });
  });
}

}  // namespace

void clear_late_children(const Connection& connection, const ModelInfo& model,
                         dynamodb::ItemView row, FirstError& of_listeners) {
  const RequestScope::Quiet quiet;
  CascadeWalk(connection, of_listeners).clear_children(model, row);
}

void check_cascade(const Connection& connection, const ModelInfo& model, dynamodb::ItemView key) {
  const RequestScope::Quiet quiet;
  FirstError none;
  CascadeWalk(connection, none).check_protected(model, key);
}

std::optional<dynamodb::PackedItem> run_cascade(const Connection& connection,
                                                const ModelInfo& model, dynamodb::PackedItem key,
                                                RunningCascade& job, FirstError& of_listeners) {
  const RequestScope::Quiet quiet;
  std::optional<dynamodb::PackedItem> deleted;
  CascadeWalk walk(connection, of_listeners, &job);
  walk.clear_around(model, key.view(), [&] {
    for (int attempt = 1;; ++attempt) {
      // Expired or not: it may expire meanwhile.
      auto stored = stored_after_failure(connection, model, dynamodb::unpack(key.view()), {});
      if (!stored) return;
      job.note_step();
      if (delete_row(connection, model, *stored)) {
        job.note_deleted(1);
        deleted = std::move(stored);
        return;
      }
      if (attempt == kMaxAttempts) too_many_writers(model);
      connection.back_off(attempt);
    }
  });
  return deleted;
}

void remove_row(const ModelInfo& model, void* row) {
  const RequestScope::Quiet quiet;
  const Connection& connection = Connection::current();
  const dynamodb::Item key = key_of(model, row);
  std::set<std::string> announced;
  FirstError of_listeners;
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    // The stored row, not the object: the object's unique values may be older than its claims.
    const auto stored = fetch(model, key);
    if (!stored)
      model.raise_does_not_exist("key " + key_text(model, key) + ": the row is gone already");
    const dynamodb::Condition same_version = check_version(model, row, stored->view());
    CascadePlan plan(connection);
    if (!plan.add(model, *stored, same_version, row) || !plan.complete()) {
      remove_as_job(connection, model, *stored, row, of_listeners);
      return of_listeners.rethrow();
    }
    if (plan.commit(announced)) {
      look_again(connection, plan, of_listeners);
      model.row.state(row).forget();
      of_listeners.keep([&] { plan.send_post_delete(); });
      return of_listeners.rethrow();
    }
    if (attempt > 2) connection.back_off(attempt);
  }
  throw ConflictError(model.name + " " + key_text(model, key) +
                      ": another changes it at this moment; try again later.");
}

namespace {

// One pass over the rows of a query, `kCascadeBatch` at a time, until `visit` returns false.
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
    if (rows.size() == kCascadeBatch && !visit(std::exchange(rows, {}))) return;
  }
  if (!rows.empty()) visit(std::move(rows));
}

// Deletes the rows of one query, a batch at a time. What others changed so that it does not meet
// the query stays, with its children.
class RowRemover {
 public:
  // `of_listeners`: what they throw; the rows behind are deleted all the same.
  RowRemover(const Connection& connection, const ModelInfo& model, const Predicate& where,
             FirstError& of_listeners)
      : connection_(connection), model_(model), where_(where), of_listeners_(of_listeners) {
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
        look_again(connection_, plan, of_listeners_);
        of_listeners_.keep([&] { plan.send_post_delete(); });
        return rows.size();
      }
      if (attempt == kMaxAttempts) too_many_writers(model_);
      if (attempt > 2) connection_.back_off(attempt);
    }
    if (rows.size() == 1) {
      remove_as_job(connection_, model_, rows[0], nullptr, of_listeners_);
      return 1;
    }
    CascadeWalk(connection_, of_listeners_)
        .check_protected(model_, rows);  // before the first of them goes
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
      PackedRows left = delete_batch(
          connection_, model_, rows, [&](dynamodb::ItemView row) { return condition(row); },
          of_listeners_);
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
  FirstError& of_listeners_;
};

// The numbers of rows, each before those that `parents` has for it; those of a circle are the last.
std::vector<std::size_t> children_first(const std::vector<std::vector<std::size_t>>& parents) {
  std::vector<std::size_t> children(parents.size()), order;
  for (const auto& of_row : parents)
    for (const std::size_t parent : of_row) ++children[parent];
  std::vector<bool> taken(parents.size());
  const auto take = [&](std::size_t i) {
    if (!taken[i]) order.push_back(i);
    taken[i] = true;
  };
  for (std::size_t i = 0; i < parents.size(); ++i)
    if (children[i] == 0) take(i);
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::size_t parent : parents[order[at]])
      if (--children[parent] == 0) take(parent);
  }
  for (std::size_t i = 0; i < parents.size(); ++i) take(i);
  return order;
}

// Of a model that points to itself, by a key that is set to null and that the condition asks for: a
// row that goes takes its children out of the condition. The keys of all rows, children before
// their parents; nullopt: it is no such query.
std::optional<PackedRows> rows_that_unlink_each_other(const Connection& connection,
                                                      const Query& query, const Predicate& where) {
  const ModelInfo& model = *query.model;
  std::vector<const FieldInfo*> asked, links;
  add_fields(where, asked);
  for (const auto& reference : Registry::instance().references_to(model)) {
    if (reference.model == &model && reference.field->on_delete == OnDelete::set_null &&
        std::find(asked.begin(), asked.end(), reference.field) != asked.end())
      links.push_back(reference.field);
  }
  if (links.empty()) return std::nullopt;
  const auto text_of = [](const FieldInfo& field, dynamodb::ItemView row) {
    const auto value = stored_value(field, row);
    return value ? std::string(value->packed()) : std::string();
  };
  PackedRows rows;
  std::vector<std::vector<std::string>> pointed_to;  // by each of them
  std::map<std::string, std::size_t> places;
  in_batches(connection, query, where, [&](const PackedRows& batch) {
    for (const auto& row : batch) {
      places.emplace(text_of(*model.partition, row.view()), rows.size());
      rows.emplace_back(key_of(model, row.view()));
      auto& keys = pointed_to.emplace_back();
      for (const FieldInfo* link : links) keys.push_back(text_of(*link, row.view()));
    }
    return true;
  });
  std::vector<std::vector<std::size_t>> parents(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const std::string& key : pointed_to[i])
      if (const auto parent = places.find(key); parent != places.end())
        parents[i].push_back(parent->second);
  }
  PackedRows sorted;
  for (const std::size_t i : children_first(parents)) sorted.push_back(std::move(rows[i]));
  return sorted;
}

}  // namespace

std::size_t remove_rows(const Query& asked) {
  const RequestScope::Quiet quiet;
  const RequestScope::Fresh fresh;  // rows are chosen as they are, not as the request has seen them
  const Connection& connection = Connection::current();
  Query query = asked;
  if (!query.limit && query.offset == 0) query.order.clear();  // all rows, in any order
  const ModelInfo& model = *query.model;
  const Predicate where = resolve(query);
  FirstError of_listeners;
  const RowRemover remover(connection, model, where, of_listeners);
  std::size_t removed = 0;
  if (Registry::instance().references_to(model).empty()) {
    in_batches(connection, query, where, [&](PackedRows rows) {
      removed += remover.remove_childless(std::move(rows));
      return true;
    });
    of_listeners.rethrow();
    return removed;
  }
  if (auto rows = rows_that_unlink_each_other(connection, query, where)) {
    if (rows->size() > kCascadeBatch)
      CascadeWalk(connection, of_listeners).check_protected(model, *rows);
    for (std::size_t at = 0; at < rows->size(); at += kCascadeBatch) {
      const auto begin = rows->begin() + static_cast<std::ptrdiff_t>(at);
      const auto size = static_cast<std::ptrdiff_t>(std::min(rows->size() - at, kCascadeBatch));
      removed += remover.remove({begin, begin + size});
    }
    of_listeners.rethrow();
    return removed;
  }
  // One batch alone may go in one transaction. Of more, all are looked at before the first goes.
  CascadeWalk walk(connection, of_listeners);
  const bool may_be_protected = walk.may_be_protected(model);
  PackedRows first;
  bool more = false;
  in_batches(connection, query, where, [&](PackedRows rows) {
    if (!more && first.empty()) {
      first = std::move(rows);
      return true;
    }
    if (!std::exchange(more, true)) walk.check_protected(model, first);
    walk.check_protected(model, rows);
    return may_be_protected;
  });
  if (first.empty()) return 0;
  if (!more) {
    removed = remover.remove(std::move(first));
  } else {
    in_batches(connection, query, where, [&](PackedRows rows) {
      removed += remover.remove(std::move(rows));
      return true;
    });
  }
  of_listeners.rethrow();
  return removed;
}

}  // namespace dynamo_backend
