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

class Deleter {
 public:
  explicit Deleter(const Connection& connection) : connection_(connection) {}

  // Whether a chain of cascades leads from the model to a restrict_.
  bool may_be_protected(const ModelInfo& model) {
    if (const auto known = may_be_protected_.find(&model); known != may_be_protected_.end())
      return known->second;
    may_be_protected_[&model] = false;  // what a cycle sees of itself
    bool may = false;
    for (const Reference& r : references(model)) {
      if (r.field->on_delete == OnDelete::restrict_)
        may = true;
      else if (r.field->on_delete == OnDelete::cascade)
        may = may_be_protected(*r.model) || may;
    }
    return may_be_protected_[&model] = may;
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
          delete_rows(*reference.model, children);
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
                   return RowChange{{{reference.field, Value()}}, {reference.field}};
                 });
    }
  }

  void delete_rows(const ModelInfo& model, const Rows& rows) {
    std::vector<dynamodb::WriteRequest> deletes;
    std::vector<const dynamodb::PackedItem*> done;
    for (const auto& row : rows) {
      if (in_progress_.count(identity(model, row.view())) > 0)
        continue;  // a cycle: it goes further up
      clear_children(model, row.view());
      done.push_back(&row);
      if (model.unique.empty())
        deletes.emplace_back(dynamodb::DeleteRequest{key_of(model, row.view())});
      else
        delete_row(connection_, model, row);
    }
    batch_write(connection_, connection_.table(model.table), std::move(deletes));
    for (const auto* row : done) forget(model, row->view());
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
                    {.offset = query.offset, .limit = query.limit});
  Rows rows;
  while (const auto packed = reader.next()) {
    rows.emplace_back(std::string(*packed));
    if (rows.size() == kBatch) visit(std::exchange(rows, {}));
  }
  if (!rows.empty()) visit(rows);
}

// Deletes a batch whose children are gone; rows that were changed so that they do not meet
// `condition` stay.
std::size_t delete_batch(const Connection& connection, const ModelInfo& model, const Rows& rows,
                         const dynamodb::Condition& condition) {
  if (!model.unique.empty()) {
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [&](const auto& row) {
      return delete_row(connection, model, row, condition);
    }));
  }
  const auto results = write_side_by_side(rows.size(), [&](std::size_t i, auto done) {
    connection.client().delete_item({.table = connection.table(model.table),
                                     .key = key_of(model, rows[i].view()),
                                     .condition = row_exists(model) && condition},
                                    std::move(done));
  });
  std::size_t removed = 0;
  for (const auto& result : results) {
    if (!result && result.error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(result.error(), model.name + ": remove()");
    if (result) ++removed;
  }
  return removed;
}

}  // namespace

std::size_t remove_rows(const Query& asked) {
  const Connection& connection = Connection::current();
  Query query = asked;
  if (!query.limit && query.offset == 0) query.order.clear();  // all rows, in any order
  const ModelInfo& model = *query.model;
  const Predicate where = resolve(model, query.where);
  // The write repeats the condition, where DynamoDB can check it: a row that was changed meanwhile
  // stays.
  ExpressionBudget budget{60, 150};
  const dynamodb::Condition condition =
      to_condition(where, {}, budget).value_or(dynamodb::Condition());
  Deleter deleter(connection);
  if (deleter.may_be_protected(model)) {
    in_batches(connection, query, where, [&](const Rows& rows) {
      for (const auto& row : rows) deleter.check_protected(model, row.view());
    });
  }
  std::size_t removed = 0;
  in_batches(connection, query, where, [&](const Rows& rows) {
    for (const auto& row : rows) deleter.clear_children(model, row.view());
    removed += delete_batch(connection, model, rows, condition);
    for (const auto& row : rows) deleter.forget(model, row.view());
  });
  return removed;
}

}  // namespace dynamo_backend
