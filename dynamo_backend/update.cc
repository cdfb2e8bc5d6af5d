// QuerySet::update() and update_returning(): assignments on all rows of a query.
//
// A row whose condition DynamoDB can check takes one UpdateItem, and no read. The other way,
// through commit_row(), is for unique members, members that a ComputedIndex reads, and conditions
// that are checked here.
#include "dynamo_backend/update.h"

#include <algorithm>
#include <exception>
#include <set>

#include "dynamo_backend/assignments.h"
#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/computed.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/transaction_error.h"
#include "dynamo_backend/unique.h"

namespace dynamo_backend {
namespace {

class Updater {
 public:
  Updater(const Query& query, const std::vector<AssignmentNode>& assignments)
      : connection_(Connection::current()),
        query_(query),
        model_(*query.model),
        where_(resolve(query)),
        assignments_(model_, assignments, connection_.now()) {
    send_pre_update(model_);
    ExpressionBudget budget{60, 150};
    condition_ = to_condition(where_, {}, budget);
    if (condition_) condition_ = *condition_ && assignments_.applies();
    const bool moves_claims = writes_any([](const FieldInfo* f) { return f->claimed; });
    direct_ = condition_ && !moves_claims && !moves_links() &&
              computed_guards(model_, assignments_.fields()).empty();
  }

  std::size_t update_all() {
    if (assignments_.empty()) return 0;
    const std::vector<dynamodb::Item> keys = find_keys();
    if (keys.size() > 1) refuse_same_claims(keys.size());
    return direct_ ? update_directly(keys) : update_by_commit(keys);
  }

  // What update_all() would write. The updater lives as long as the updates may be made anew.
  static std::vector<RowUpdate> plan_all(const std::shared_ptr<const Updater>& updater) {
    const Updater& u = *updater;
    std::vector<RowUpdate> updates;
    if (u.assignments_.empty()) return updates;
    for (dynamodb::Item& key : u.find_keys()) {
      RowUpdate update{.key = key, .where = u.where_};
      const auto make = [updater, key](dynamodb::ItemView now) -> std::optional<RowActions> {
        if (!matches(updater->where_, now)) return std::nullopt;
        RowChange change = updater->change_of(now);
        return update_actions(updater->connection_, updater->model_, key, now, change);
      };
      if (u.direct_) {
        auto request = u.direct_request(key);
        request.condition = request.condition && u.assignments_.reads_no_null();
        update.actions.row = std::move(request);
        update.rebase = [updater, make](dynamodb::ItemView now) {
          return updater->assignments_.reads_null(now) ? make(now) : std::nullopt;
        };
      } else {
        const auto stored = u.fetch_matching(key);
        if (!stored) u.fail_in_transaction(key);
        update.actions = *make(stored->view());
        update.rebase = make;
      }
      updates.push_back(std::move(update));
    }
    return updates;
  }

  std::optional<dynamodb::PackedItem> update_one() {
    const auto only = only_key();
    if (!only) return std::nullopt;
    const dynamodb::Item& key = *only;
    if (assignments_.empty()) return fetch_matching(key);
    if (!direct_) return commit(key);
    auto request = direct_request(key);
    request.return_values = dynamodb::ReturnValues::all_new;
    auto result = write_one(connection_, [&] { return connection_.client().update_item(request); });
    const auto now = result ? std::nullopt : row_behind(result.error(), key);
    if (now && assignments_.reads_null(now->view())) return commit(key);
    if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
      refuse_not_known(result.error(), key);
      refuse_sums(now);
      return std::nullopt;
    }
    if (!result && is_too_large(result.error())) throw_grown_too_large(model_, fetch(model_, key));
    if (!result) assignments_.refuse_nested(result.error());
    auto written = take(std::move(result), "UpdateItem");
    verify_computed(connection_, model_, *written.attributes);
    return std::move(written.attributes);
  }

 private:
  template <class Is>
  bool writes_any(const Is& is) const {
    return std::any_of(assignments_.fields().begin(), assignments_.fields().end(), is);
  }

  bool moves_links() const {
    const auto& copies = Registry::instance().link_copies_of(model_);
    return std::any_of(copies.begin(), copies.end(), [&](const auto& copy) {
      return writes_any([&](const FieldInfo* field) {
        return field == copy.keys.owner || field == copy.keys.target;
      });
    });
  }

  // ---- which rows

  // All keys before the first write: a write may move a row ahead of the reader.
  std::vector<dynamodb::Item> find_keys() const {
    Query query = query_;
    const bool all = !query.limit && query.offset == 0;
    if (all) query.order.clear();  // in any order
    query.fields = {model_.partition};
    Plan plan = plan_query(query, where_);
    // The write finds out whether the row is there and meets the condition.
    if (plan.access == Plan::Access::get_item && query_.offset == 0 && query_.limit.value_or(1) > 0)
      return plan.keys;
    check_scan(connection_, query, where_, plan);
    PlanReader rows(connection_, model_, std::move(plan),
                    {.offset = query_.offset, .limit = query_.limit, .any_order = all});
    std::vector<dynamodb::Item> keys;
    std::set<std::string> seen;  // a row that moves in an index while it is read may come twice
    while (const auto packed = rows.next()) {
      dynamodb::Item key = key_of(model_, dynamodb::ItemView(*packed));
      if (seen.insert(dynamodb::PackedItem(key).bytes()).second) keys.push_back(std::move(key));
    }
    return keys;
  }

  // nullopt: no row can meet the condition.
  std::optional<dynamodb::Item> only_key() const {
    const Plan plan = plan_query(query_, where_);
    const bool none = plan.access == Plan::Access::nothing || query_.offset > 0;
    if (none || query_.limit == std::size_t{0}) return std::nullopt;
    if (plan.access == Plan::Access::get_item) return plan.keys.at(0);
    throw FieldError("update_returning() of " + model_.name +
                     " changes one row: its condition must give the key, f<&" + model_.name +
                     "::pk> == pk.");
  }

  // ---- writing

  dynamodb::UpdateItemRequest direct_request(const dynamodb::Item& key) const {
    return {.table = connection_.table(model_.table),
            .key = key,
            .update = assignments_.update(),
            .condition = row_exists(model_) && *condition_,
            .return_old_on_condition_failure = assignments_.reads()};
  }

  // The row as it is, where a direct write of what it reads did not hold or was refused.
  std::optional<dynamodb::PackedItem> row_behind(const dynamodb::Error& error,
                                                 const dynamodb::Item& key) const {
    const bool of_the_row = error.code == dynamodb::ErrorCode::conditional_check_failed ||
                            error.code == dynamodb::ErrorCode::validation;
    if (!assignments_.reads() || !of_the_row) return std::nullopt;
    return stored_after_failure(connection_, model_, key, error.item);
  }

  // Why a direct write did not hold: throws where the row meets the query, and a sum is too large
  // or too small.
  void refuse_sums(const std::optional<dynamodb::PackedItem>& now) const {
    if (now && matches(where_, now->view())) assignments_.refuse_sums(now->view());
  }

  // The answer to an earlier attempt was lost, and the row is not as the update wants it to be:
  // this update may be why, or another's.
  void refuse_not_known(const dynamodb::Error& error, const dynamodb::Item& key) const {
    if (!error.after_lost_answer) return;
    if (stored_after_failure(connection_, model_, key, error.item)) throw_not_known(model_, key);
  }

  [[noreturn]] void fail_in_transaction(const dynamodb::Item& key) const {
    throw TransactionFailed({{model_.name, key_text(model_, key), "update",
                              fetch(model_, key) ? "it is not so that " + describe(where_) + "."
                                                 : "there is no such row."}});
  }

  // One unique value for many rows: refused before the first of them has it.
  void refuse_same_claims(std::size_t rows) const {
    const dynamodb::PackedItem values(assignments_.values());
    const auto claims = claims_of(model_, values.view());
    if (claims.empty()) return;
    const UniqueInfo& unique = *claims.front().unique;
    throw IntegrityError(attribute_names(unique), model_.name + ": " + std::to_string(rows) +
                                                      " rows would have the same " + unique.name +
                                                      "; it must be unique. None was updated.");
  }

  std::size_t update_directly(const std::vector<dynamodb::Item>& keys) {
    const bool verify = !model_.computed.empty();
    const auto results =
        write_side_by_side(connection_, keys.size(), [&](std::size_t i, auto done) {
          auto request = direct_request(keys[i]);
          if (verify) request.return_values = dynamodb::ReturnValues::all_new;
          connection_.client().update_item(std::move(request), std::move(done));
        });
    std::size_t updated = 0;
    std::exception_ptr first;
    for (std::size_t i = 0; i < results.size(); ++i) {
      try {
        if (results[i]) ++updated;
        if (results[i] && verify) verify_computed(connection_, model_, *results[i]->attributes);
        if (!results[i] && is_updated(results[i].error(), keys[i])) ++updated;
      } catch (...) {
        if (!first) first = std::current_exception();
      }
    }
    if (first) tell_what_was_done(first, updated, keys.size());
    return updated;
  }

  // Whether a row whose direct write failed is updated all the same. False: it is gone, or meets
  // the condition no more.
  bool is_updated(const dynamodb::Error& error, const dynamodb::Item& key) {
    const auto now = row_behind(error, key);
    if (now && assignments_.reads_null(now->view())) return commit(key).has_value();
    if (error.code == dynamodb::ErrorCode::conditional_check_failed) {
      refuse_not_known(error, key);
      refuse_sums(now);
      return false;
    }
    if (is_too_large(error)) throw_grown_too_large(model_, fetch(model_, key));
    assignments_.refuse_nested(error);
    throw DatabaseError(error, model_.name + ": update()");
  }

  std::size_t update_by_commit(const std::vector<dynamodb::Item>& keys) {
    std::size_t updated = 0;
    for (const dynamodb::Item& key : keys) {
      try {
        if (commit(key)) ++updated;
      } catch (...) {
        tell_what_was_done(std::current_exception(), updated, keys.size());
      }
    }
    return updated;
  }

  // Throws the error of one row of many, with how many were written all the same.
  [[noreturn]] void tell_what_was_done(const std::exception_ptr& why, std::size_t updated,
                                       std::size_t rows) const {
    if (rows == 1) std::rethrow_exception(why);
    const std::string done =
        std::to_string(updated) + " of " + std::to_string(rows) + " rows were updated";
    try {
      std::rethrow_exception(why);
    } catch (ValidationError& e) {
      e.add("With update(), " + done + ".");
      throw;
    } catch (const IntegrityError& e) {
      throw IntegrityError(e.fields(), std::string(e.what()) + " (" + done + ")");
    } catch (const ConflictError& e) {
      throw ConflictError(std::string(e.what()) + " (" + done + ")");
    } catch (const DatabaseError& e) {
      if (e.error().message.empty()) throw DatabaseError(std::string(e.what()) + " (" + done + ")");
      dynamodb::Error error = e.error();
      error.message += " (" + done + ")";
      throw DatabaseError(std::move(error), model_.name + ": update()");
    }
  }

  // Reads the row, applies the assignments here and writes on condition that all that was looked at
  // is as it was read.
  std::optional<dynamodb::PackedItem> commit(const dynamodb::Item& key) {
    auto stored = fetch_matching(key);
    if (!stored) return std::nullopt;
    Committed committed = commit_row(connection_, model_, key, *std::move(stored),
                                     [&](dynamodb::ItemView now) -> std::optional<RowChange> {
                                       if (!matches(where_, now)) return std::nullopt;
                                       return change_of(now);
                                     });
    if (committed.result != CommitResult::written) return std::nullopt;
    return std::move(committed.after);
  }

  RowChange change_of(dynamodb::ItemView now) const {
    RowChange change = assignments_.change_of(now);
    add_fields(where_, change.guards);
    return change;
  }

  std::optional<dynamodb::PackedItem> fetch_matching(const dynamodb::Item& key) const {
    auto stored = fetch(model_, key);
    if (!stored || !matches(where_, stored->view())) return std::nullopt;
    return stored;
  }

  const Connection& connection_;
  const Query query_;
  const ModelInfo& model_;
  Predicate where_;
  const Assignments assignments_;
  std::optional<dynamodb::Condition> condition_{};
  bool direct_ = false;
};

}  // namespace

std::vector<RowUpdate> plan_updates(const Query& query,
                                    const std::vector<AssignmentNode>& assignments) {
  const auto updater = std::make_shared<const Updater>(query, assignments);
  return Updater::plan_all(updater);
}

std::size_t update_rows(const Query& query, const std::vector<AssignmentNode>& assignments) {
  return Updater(query, assignments).update_all();
}

std::optional<dynamodb::PackedItem> update_one(const Query& query,
                                               const std::vector<AssignmentNode>& assignments) {
  return Updater(query, assignments).update_one();
}

void apply_equalities(const ModelInfo& model, const NodePtr& where, void* row) {
  if (!where) return;
  if (where->op == Op::and_) {
    apply_equalities(model, where->left, row);
    apply_equalities(model, where->right, row);
  } else if (where->op == Op::eq && where->path.size() == 1 && where->steps.empty()) {
    const FieldInfo& f = model.by_member(where->path[0]);
    if (f.at && f.stored()) f.set(row, where->values[0]);
  }
}

}  // namespace dynamo_backend
