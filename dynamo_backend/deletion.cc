// Deleting rows with what hangs on them: foreign keys of registered models decide by on_delete.
//
// Order: rows with OnDelete::restrict_ are looked for first, and stop everything; then children are
// deleted before their parents, in batches. A crash leaves parents without some of their children,
// never children without their parent: deleting again completes it. Children that others add
// meanwhile are not seen; DynamoDB has no foreign keys.
#include <algorithm>
#include <set>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/query_planner.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {
namespace {

using Rows = std::vector<dynamodb::PackedItem>;
constexpr std::size_t kBatch = 100;

// The rows as they are stored at this moment; without those that are gone.
Rows read_again(const Connection& connection, const ModelInfo& model, const Rows& rows) {
  std::vector<dynamodb::Item> keys;
  std::set<std::string> seen;  // a row that moves in an index while it is read may come twice
  for (const auto& row : rows) {
    dynamodb::Item key = key_of(model, row.view());
    if (seen.insert(dynamodb::PackedItem(key).bytes()).second) keys.push_back(std::move(key));
  }
  Rows now;
  for (const auto& page :
       batch_get(connection, connection.table(model.table), std::move(keys)).pages) {
    for (std::size_t i = 0; i < page.size(); ++i) now.emplace_back(std::string(page.packed(i)));
  }
  return now;
}

// Deletes a batch whose children are gone, each row on its condition. Returns those that are not
// deleted: gone already, or changed so that the condition does not hold.
template <class ConditionOf>
Rows delete_batch(const Connection& connection, const ModelInfo& model, const Rows& rows,
                  ConditionOf&& condition_of) {
  Rows left;
  if (!model.unique.empty()) {
    for (const auto& row : rows) {
      if (!delete_row(connection, model, row, condition_of(row.view()))) left.push_back(row);
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
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) continue;
    if (results[i].error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(results[i].error(), model.name + ": remove()");
    left.push_back(rows[i]);
  }
  return left;
}

class Deleter {
 public:
  explicit Deleter(const Connection& connection) : connection_(connection) {}

  // Whether a chain of cascades leads from the model to a restrict_.
  bool may_be_protected(const ModelInfo& model) {
    if (const auto known = may_be_protected_.find(&model); known != may_be_protected_.end())
      return known->second;
    std::set<const ModelInfo*> seen;
    return may_be_protected_[&model] = reaches_restrict(model, seen);
  }

  // Throws ProtectedError where a row that must stay points to `row`, or to what would go with it.
  void check_protected(const ModelInfo& model, dynamodb::ItemView row) {
    if (!may_be_protected(model) || !checked_.insert(identity(model, row)).second) return;
    for (const auto& reference : references(model)) {
      if (reference.field->on_delete == OnDelete::set_null) continue;
      for_children(model, row, reference, [&](Rows children) {
        if (reference.field->on_delete == OnDelete::restrict_) {
          throw ProtectedError("Cannot delete " + model.name + " " +
                               key_text(model, key_of(model, row)) + ": " + reference.model->name +
                               "." + std::string(reference.field->member) +
                               " points to it and protects it. Delete or change those rows first.");
        }
        for (const auto& child : children) check_protected(*reference.model, child.view());
      });
    }
  }

  // Deletes and unlinks what points to `row`.
  void clear_children(const ModelInfo& model, dynamodb::ItemView row) {
    if (!in_progress_.insert(identity(model, row)).second) return;
    for (const auto& reference : references(model)) {
      for_children(model, row, reference, [&](const Rows& children) {
        if (reference.field->on_delete == OnDelete::set_null)
          unlink(reference, children, row, model);
        else
          delete_children(reference, children, row, model);
      });
    }
  }

  // The row is deleted: it is on nobody's way any more.
  void forget(const ModelInfo& model, dynamodb::ItemView row) {
    in_progress_.erase(identity(model, row));
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

  static std::string identity(const ModelInfo& model, dynamodb::ItemView row) {
    return model.table + '\0' + dynamodb::PackedItem(key_of(model, row)).bytes();
  }

  // The rows that point to `row` by one foreign key, a batch at a time, by the key's index.
  template <class Visit>
  void for_children(const ModelInfo& model, dynamodb::ItemView row, const Reference& reference,
                    Visit&& visit) {
    const Value key = dynamodb::unpack(*row.find(model.partition->attribute));
    Query query{.model = reference.model,
                .where = make_leaf(Op::eq, {reference.field->member}, key)};
    query.scan_reason = "on_delete";
    try {
      RowStream stream(query);
      Rows rows;
      while (const auto packed = stream.next()) {
        rows.emplace_back(std::string(*packed));
        if (rows.size() == kBatch) visit(std::exchange(rows, {}));
      }
      if (!rows.empty()) visit(std::move(rows));
    } catch (const DatabaseError& e) {
      // A registered model whose table was never made has no rows.
      if (e.error().code != dynamodb::ErrorCode::resource_not_found) throw;
    }
  }

  void unlink(const Reference& reference, const Rows& children, dynamodb::ItemView parent,
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
  void delete_children(const Reference& reference, const Rows& children, dynamodb::ItemView parent,
                       const ModelInfo& parent_model) {
    const ModelInfo& model = *reference.model;
    const auto parent_key = *parent.find(parent_model.partition->attribute);
    Rows rows = read_again(connection_, model, children);
    std::erase_if(rows, [&](const auto& row) {
      const auto link = stored_value(*reference.field, row.view());
      if (!link || !(*link == parent_key)) return true;
      return in_progress_.count(identity(model, row.view())) > 0;  // a cycle: it goes further up
    });
    for (const auto& row : rows) clear_children(model, row.view());
    delete_batch(connection_, model, rows, [&](dynamodb::ItemView) {
      return dynamodb::equal(dynamodb::Path(reference.field->attribute),
                             dynamodb::unpack(parent_key));
    });
    for (const auto& row : rows) forget(model, row.view());
  }

  const Connection& connection_;
  std::map<const ModelInfo*, std::vector<Reference>> references_{};
  std::map<const ModelInfo*, bool> may_be_protected_{};
  std::set<std::string> checked_{},
      in_progress_{};  // keys: of rows that were checked; of rows whose children are being deleted
};

}  // namespace

void remove_row(const ModelInfo& model, void* row) {
  const Connection& connection = Connection::current();
  const dynamodb::Item key = key_of(model, row);
  const auto gone = [&] {
    model.raise_does_not_exist("key " + key_text(model, key) + ": the row is gone already");
  };
  // The stored row, not the object: the object's unique values may be older than its claims.
  const auto stored = fetch(model, key);
  if (!stored) gone();
  Deleter deleter(connection);
  deleter.check_protected(model, stored->view());
  deleter.clear_children(model, stored->view());
  if (!delete_row(connection, model, *stored)) gone();
  model.row.state(row).forget();
}

namespace {

// One pass over the rows of a query, `kBatch` at a time.
template <class Visit>
void in_batches(const Connection& connection, const Query& query, const Predicate& where,
                Visit&& visit) {
  Plan plan = plan_query(query, where);
  check_scan(connection, query, where, plan);
  PlanReader reader(connection, *query.model, std::move(plan),
                    {.offset = query.offset,
                     .limit = query.limit,
                     .any_order = !query.limit && query.offset == 0 && query.order.empty()});
  Rows rows;
  while (const auto packed = reader.next()) {
    rows.emplace_back(std::string(*packed));
    if (rows.size() == kBatch) visit(std::exchange(rows, {}));
  }
  if (!rows.empty()) visit(rows);
}

// Deletes the rows of one query, a batch at a time.
class RowRemover {
 public:
  RowRemover(const Connection& connection, const ModelInfo& model, const Predicate& where)
      : connection_(connection), model_(model), where_(where) {
    ExpressionBudget budget{60, 150};
    condition_ = to_condition(where_, {}, budget);
    if (!condition_) add_fields(where_, guards_);
  }

  // What others changed so that it does not meet the query stays, with its children.
  std::size_t remove(Deleter& deleter, Rows rows) const {
    std::size_t removed = 0;
    for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
      rows = read_again(connection_, model_, rows);
      std::erase_if(rows, [&](const auto& row) { return !matches(where_, row.view()); });
      if (rows.empty()) return removed;
      for (const auto& row : rows) deleter.clear_children(model_, row.view());
      Rows left = delete_batch(connection_, model_, rows,
                               [&](dynamodb::ItemView row) { return condition(row); });
      for (const auto& row : rows) deleter.forget(model_, row.view());
      removed += rows.size() - left.size();
      if (left.empty()) return removed;
      rows = std::move(left);
      if (attempt > 2) connection_.back_off(attempt);
    }
    throw ConflictError(model_.name +
                        ": remove(): too many writers compete for these rows; try again later.");
  }

 private:
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
  const Connection& connection = Connection::current();
  Query query = asked;
  if (!query.limit && query.offset == 0) query.order.clear();  // all rows, in any order
  const ModelInfo& model = *query.model;
  const Predicate where = resolve(model, query.where);
  Deleter deleter(connection);
  if (deleter.may_be_protected(model)) {
    in_batches(connection, query, where, [&](const Rows& rows) {
      for (const auto& row : rows) deleter.check_protected(model, row.view());
    });
  }
  const RowRemover remover(connection, model, where);
  std::size_t removed = 0;
  in_batches(connection, query, where,
             [&](const Rows& rows) { removed += remover.remove(deleter, rows); });
  return removed;
}

}  // namespace dynamo_backend
