#include "dynamo_backend/cascade_walk.h"

#include <algorithm>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {

PackedRows delete_batch(const Connection& connection, const ModelInfo& model,
                        const PackedRows& rows, const ConditionOf& condition_of,
                        FirstError& of_listeners) {
  PackedRows left;
  if (!model.unique.empty() || has_link_copies(model)) {
    for (const auto& row : rows) {
      if (!delete_row(connection, model, row, condition_of(row.view())))
        left.push_back(row);
      else
        of_listeners.keep([&] { send_post_delete(model, nullptr, row.view()); });
    }
    return left;
  }
  const auto results = write_side_by_side(connection, rows.size(), [&](std::size_t i, auto done) {
    connection.client().delete_item(
        {.table = connection.table(model.table),
         .key = key_of(model, rows[i].view()),
         .condition = row_exists(model) && condition_of(rows[i].view())},
        std::move(done));
  });
  PackedRows deleted;
  const dynamodb::Error* failed = nullptr;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i]) {
      deleted.push_back(rows[i]);
      continue;
    }
    const dynamodb::Error& error = results[i].error();
    if (error.code != dynamodb::ErrorCode::conditional_check_failed) {
      failed = &error;
      continue;
    }
    const bool gone =
        error.after_lost_answer &&
        !stored_after_failure(connection, model, key_of(model, rows[i].view()), error.item);
    // By an attempt whose answer was lost, it seems.
    (gone ? deleted : left).push_back(rows[i]);
  }
  of_listeners.keep([&] { send_post_delete(model, deleted); });
  if (failed) throw DatabaseError(*failed, model.name + ": remove()");
  return left;
}

bool CascadeWalk::may_be_protected(const ModelInfo& model) {
  if (const auto known = may_be_protected_.find(&model); known != may_be_protected_.end())
    return known->second;
  std::set<const ModelInfo*> seen;
  return may_be_protected_[&model] = reaches_restrict(model, seen);
}

void CascadeWalk::check_protected(const ModelInfo& model, dynamodb::ItemView row) {
  std::vector<std::pair<const ModelInfo*, dynamodb::PackedItem>> open;
  const auto add = [&](const ModelInfo& m, dynamodb::ItemView r) {
    if (may_be_protected(m) && checked_.insert(row_identity(m, r)).second)
      open.emplace_back(&m, dynamodb::PackedItem(key_of(m, r)));
  };
  add(model, row);
  while (!open.empty()) {
    const ModelInfo& parent_model = *open.back().first;
    const dynamodb::PackedItem parent = std::move(open.back().second);
    open.pop_back();
    for (const auto& reference : references(parent_model)) {
      if (reference.field->on_delete == OnDelete::set_null) continue;
      const bool restricts = reference.field->on_delete == OnDelete::restrict_;
      visit_children(parent_model, parent.view(), reference, restricts ? 1 : kCascadeBatch,
                     [&](const PackedRows& children) {
                       for (const auto& child : children) {
                         if (!restricts)
                           add(*reference.model, child.view());
                         else if (!has_expired(*reference.model, child.view(), connection_.now()))
                           throw_protected(parent_model, parent.view(), reference);
                       }
                       return true;
                     });
    }
  }
}
void CascadeWalk::check_protected(const ModelInfo& model, const PackedRows& rows) {
  for (const auto& row : rows) check_protected(model, row.view());
}

void CascadeWalk::clear_around(const ModelInfo& model, dynamodb::ItemView row,
                               const std::function<void()>& then) {
  work_off({.model = &model, .rows = {dynamodb::PackedItem(key_of(model, row))}}, then);
}
void CascadeWalk::clear_children(const ModelInfo& model, dynamodb::ItemView row) {
  work_off({.model = &model, .rows = {dynamodb::PackedItem(key_of(model, row))}, .deleted = true},
           [] {});
}

const std::vector<Registry::Reference>& CascadeWalk::references(const ModelInfo& model) {
  const auto [at, made] = references_.try_emplace(&model);
  if (made) at->second = Registry::instance().references_to(model);
  return at->second;
}

bool CascadeWalk::reaches_restrict(const ModelInfo& model, std::set<const ModelInfo*>& seen) {
  if (!seen.insert(&model).second) return false;
  const auto& all = references(model);
  return std::any_of(all.begin(), all.end(), [&](const Reference& r) {
    return r.field->on_delete == OnDelete::restrict_ ||
           (r.field->on_delete == OnDelete::cascade && reaches_restrict(*r.model, seen));
  });
}

void CascadeWalk::unlink(const Reference& reference, const PackedRows& children,
                         dynamodb::ItemView parent, const ModelInfo& model) {
  const auto parent_key = *parent.find(model.partition->attribute);
  note_step();
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

// Depth first.
void CascadeWalk::work_off(Batch first, const std::function<void()>& then) {
  std::vector<Batch> open;
  announce(first);
  open.push_back(std::move(first));
  while (!open.empty()) {
    Batch& batch = open.back();
    if (batch.next < batch.rows.size()) {
      std::optional<Batch> children = next_children(*batch.model, batch.rows[batch.next].view());
      if (!children) {
        ++batch.next;
        continue;
      }
      announce(*children);
      open.push_back(*std::move(children));
    } else if (!std::exchange(batch.deleted, true)) {
      batch.next = 0;
      if (batch.link)
        delete_rows(batch);
      else
        then();
    } else {
      for (const auto& row : batch.rows) in_progress_.erase(row_identity(*batch.model, row.view()));
      open.pop_back();
    }
  }
}

void CascadeWalk::announce(const Batch& batch) {
  for (const auto& row : batch.rows) {
    in_progress_.insert(row_identity(*batch.model, row.view()));
    if (batch.link) send_pre_delete(*batch.model, nullptr, row.view());
  }
}

// Rows that are to go before `row`; once there are none, keys that are to be set to null are.
// They were found in an index, which may be behind, and others may point one to another parent
// meanwhile: such a row is not this parent's to delete.
std::optional<CascadeWalk::Batch> CascadeWalk::next_children(const ModelInfo& model,
                                                             dynamodb::ItemView row) {
  const Value key = dynamodb::unpack(*row.find(model.partition->attribute));
  for (const auto& reference : references(model)) {
    if (reference.field->on_delete != OnDelete::cascade) continue;
    PackedRows live;
    visit_live_children(
        connection_, model, row, reference, kCascadeBatch, [&](PackedRows children) {
          live = std::move(children);
          std::erase_if(live, [&](const auto& child) {  // of a cycle: it goes further up
            return in_progress_.count(row_identity(*reference.model, child.view())) > 0;
          });
          return live.empty();
        });
    if (!live.empty())
      return Batch{.model = reference.model,
                   .rows = std::move(live),
                   .link = reference.field,
                   .parent = key};
  }
  for (const auto& reference : references(model)) {
    if (reference.field->on_delete != OnDelete::set_null) continue;
    visit_children(model, row, reference, kCascadeBatch, [&](const PackedRows& children) {
      unlink(reference, children, row, model);
      return true;
    });
  }
  return std::nullopt;
}

void CascadeWalk::delete_rows(const Batch& batch) {
  const auto still_linked = [&](dynamodb::ItemView) {
    return dynamodb::equal(dynamodb::Path(batch.link->attribute), batch.parent);
  };
  note_step();
  const PackedRows left =
      delete_batch(connection_, *batch.model, batch.rows, still_linked, of_listeners_);
  // They may hang on another row that goes.
  for (const auto& row : left) in_progress_.erase(row_identity(*batch.model, row.view()));
  if (job_) job_->note_deleted(batch.rows.size() - left.size());
}

void CascadeWalk::note_step() const {
  if (job_) job_->note_step();
}

}  // namespace dynamo_backend
