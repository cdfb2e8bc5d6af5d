#include "dynamo_backend/cascade_plan.h"

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/plan_reader.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/signals.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {

std::string row_identity(const ModelInfo& model, dynamodb::ItemView row) {
  return row_identity(model, key_of(model, row));
}

PackedRows read_rows_again(const Connection& connection, const ModelInfo& model,
                           const PackedRows& rows) {
  std::vector<dynamodb::Item> keys;
  std::set<std::string> seen;  // a row that moves in an index while it is read may come twice
  for (const auto& row : rows) {
    dynamodb::Item key = key_of(model, row.view());
    if (seen.insert(dynamodb::PackedItem(key).bytes()).second) keys.push_back(std::move(key));
  }
  PackedRows now;
  if (keys.empty()) return now;
  std::map<std::string, std::string> found;  // a batch is answered in any order
  const auto read = batch_get(connection, connection.table(model.table), keys);
  for (const auto& page : read.pages) {
    for (std::size_t i = 0; i < page.size(); ++i)
      found.emplace(row_identity(model, page[i]), page.packed(i));
  }
  for (const dynamodb::Item& key : keys)
    if (auto row = found.extract(row_identity(model, key)))
      now.emplace_back(std::move(row.mapped()));
  return now;
}

void visit_children(const ModelInfo& model, dynamodb::ItemView row,
                    const Registry::Reference& reference, std::size_t batch,
                    const VisitRows& visit) {
  const Value key = dynamodb::unpack(*row.find(model.partition->attribute));
  Query query{.model = reference.model, .where = make_leaf(Op::eq, {reference.field->member}, key)};
  query.scan_reason = "on_delete";
  query.include_expired = true;  // they are there until DynamoDB deletes them
  std::optional<RowStream> stream;
  // A registered model whose table was never made has no rows. (What `visit` throws goes on.)
  const auto next = [&]() -> std::optional<std::string_view> {
    try {
      if (!stream) stream.emplace(query);
      return stream->next();
    } catch (const DatabaseError& e) {
      if (e.error().code != dynamodb::ErrorCode::resource_not_found) throw;
      return std::nullopt;
    }
  };
  PackedRows rows;
  while (const auto packed = next()) {
    rows.emplace_back(std::string(*packed));
    if (rows.size() == batch && !visit(std::exchange(rows, {}))) return;
  }
  if (!rows.empty()) visit(std::move(rows));
}

void visit_live_children(const Connection& connection, const ModelInfo& model,
                         dynamodb::ItemView row, const Registry::Reference& reference,
                         std::size_t batch, const VisitRows& visit) {
  const dynamodb::ValueView key = *row.find(model.partition->attribute);
  visit_children(model, row, reference, batch, [&](const PackedRows& rows) {
    PackedRows live = read_rows_again(connection, *reference.model, rows);
    std::erase_if(live, [&](const auto& child) {
      const auto link = stored_value(*reference.field, child.view());
      return !link || !(*link == key);
    });
    return visit(std::move(live));
  });
}

RowActions unlink_actions(const Connection& connection, const ModelInfo& model,
                          dynamodb::ItemView stored, const std::vector<const FieldInfo*>& links) {
  RowChange change{.guards = links};
  for (const FieldInfo* link : links) change.values.emplace_back(link, Value());
  bump_version(model, stored, change);
  return update_actions(connection, model, key_of(model, stored), stored, change);
}

void throw_protected(const ModelInfo& model, dynamodb::ItemView row,
                     const Registry::Reference& by) {
  throw ProtectedError("Cannot delete " + model.name + " " + key_text(model, key_of(model, row)) +
                       ": " + by.model->name + "." + std::string(by.field->member) +
                       " points to it and protects it. Delete or change those rows first.");
}

bool CascadePlan::fits() const {
  // Room for claims below DynamoDB's bound of 4 MB.
  return rows_.size() + unlinks_.size() <= dynamodb::kMaxTransactionActions &&
         bytes_ <= dynamodb::kMaxTransactionSize - 256 * 1024;
}

bool CascadePlan::add(const ModelInfo& model, dynamodb::PackedItem row,
                      dynamodb::Condition condition, void* object) {
  const std::string identity = row_identity(model, row.view());
  if (!places_.emplace(identity, rows_.size()).second) return true;
  unlinks_.erase(identity);  // it goes altogether
  bytes_ += dynamodb::item_size(row.view());
  rows_.push_back({&model, std::move(row), std::move(condition), object});
  return fits() && follow(rows_.size() - 1);
}

bool CascadePlan::follow(std::size_t index) {
  const ModelInfo& model = *rows_[index].model;
  const dynamodb::PackedItem row = rows_[index].stored;  // rows_ moves as it grows
  for (const auto& reference : Registry::instance().references_to(model)) {
    bool small = true;
    std::size_t restricting = 0;
    const std::size_t batch = dynamodb::kMaxTransactionActions + 1;
    visit_live_children(connection_, model, row.view(), reference, batch, [&](PackedRows children) {
      for (auto& child : children) {
        if (reference.field->on_delete != OnDelete::restrict_) {
          small = small && take_child(reference, std::move(child));
          continue;
        }
        if (has_expired(*reference.model, child.view(), connection_.now())) continue;
        // More than a plan can hold: one of them is not in it.
        if (++restricting == batch) throw_protected(model, row.view(), reference);
        restrictions_.push_back(
            {row_identity(*reference.model, child.view()), &model, row, reference});
      }
      return small;
    });
    if (!small) return false;
  }
  return true;
}

bool CascadePlan::take_child(const Registry::Reference& by, dynamodb::PackedItem child) {
  if (by.field->on_delete == OnDelete::cascade) {
    auto still = unchanged(*by.field, child.view());
    return add(*by.model, std::move(child), std::move(still));
  }
  const std::string identity = row_identity(*by.model, child.view());
  if (places_.count(identity) > 0) return true;
  const auto [at, made] = unlinks_.try_emplace(identity, Unlink{by.model, child, {}});
  if (made) bytes_ += dynamodb::item_size(child.view());
  at->second.links.push_back(by.field);
  return fits();
}

bool CascadePlan::complete() {
  for (const Restriction& r : restrictions_) {
    if (places_.count(r.child) == 0) throw_protected(*r.model, r.parent.view(), r.by);
  }
  std::size_t count = 0;
  for (const Row& row : rows_)
    actions_.push_back(delete_actions(connection_, *row.model, row.stored.view(), row.condition));
  for (const auto& [identity, unlink] : unlinks_)
    actions_.push_back(
        unlink_actions(connection_, *unlink.model, unlink.stored.view(), unlink.links));
  for (const RowActions& a : actions_) count += a.size();
  return count <= dynamodb::kMaxTransactionActions;
}

bool CascadePlan::commit(std::set<std::string>& announced) {
  for (const Row& row : rows_) {
    if (announced.insert(row_identity(*row.model, row.stored.view())).second)
      send_pre_delete(*row.model, row.object, row.stored.view());
  }
  // Claims that turn out to be another row's, where values were repeated before they were unique,
  // stay with that row.
  std::set<std::string> foreign;
  for (;;) {
    std::vector<dynamodb::TransactWriteAction> all;
    std::vector<LinkWrite> links;
    // A value that several rows have is given up once, by whichever has its claim: others have
    // expired, or were written before it had to be unique.
    std::map<std::string, dynamodb::DeleteItemRequest> claims;
    for (const RowActions& a : actions_) {
      all.push_back(a.row);
      for (const Claim& c : a.taken) all.emplace_back(claim_put(connection_, c, a.owner));
      for (const Claim& c : a.given_up) {
        if (foreign.count(c.key) > 0) continue;
        auto request = claim_delete(connection_, c, a.owner);
        const auto [at, first] = claims.try_emplace(c.key, request);
        if (!first) at->second.condition = at->second.condition || request.condition;
      }
      if (a.link) links.push_back(*a.link);
    }
    std::vector<std::string> given_up(all.size());  // the claim's key, of each action; empty: none
    for (auto& [key, request] : claims) {
      all.emplace_back(std::move(request));
      given_up.push_back(key);
    }
    add_link_copies(connection_, links, all);
    given_up.resize(all.size());
    if (all.size() == 1) {  // no transaction: it would cost twice as much
      const auto result = write_one(connection_, [&, &only = all[0]] {
        return std::holds_alternative<dynamodb::DeleteItemRequest>(only)
                   ? connection_.client().delete_item(std::get<dynamodb::DeleteItemRequest>(only))
                   : connection_.client().update_item(std::get<dynamodb::UpdateItemRequest>(only));
      });
      if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed) {
        const Row* row = rows_.size() == 1 ? &rows_[0] : nullptr;  // else one is unlinked
        const bool gone =
            row && result.error().after_lost_answer &&
            !stored_after_failure(connection_, *row->model, key_of(*row->model, row->stored.view()),
                                  result.error().item);
        if (gone) break;  // by an attempt whose answer was lost, it seems
        return false;
      }
      if (!result) throw DatabaseError(result.error(), "DeleteItem");
      break;
    }
    const auto result = transact(connection_, std::move(all));
    if (result) break;
    const auto& reasons = result.error().reasons;
    bool row_changed = false, claim_failed = false;
    for (std::size_t i = 0; i < reasons.size() && i < given_up.size(); ++i) {
      if (reasons[i].code != "ConditionalCheckFailed") continue;
      row_changed = row_changed || given_up[i].empty();
      claim_failed = claim_failed || !given_up[i].empty();
      if (!given_up[i].empty()) foreign.insert(given_up[i]);
    }
    if (row_changed) return false;
    if (!claim_failed) throw DatabaseError(result.error(), "TransactWriteItems");
  }
  return true;
}

void CascadePlan::send_post_delete() const {
  FirstError first;
  // Of what hangs on a row before the row's, as Django's.
  for (auto row = rows_.rbegin(); row != rows_.rend(); ++row) {
    first.keep(
        [&] { dynamo_backend::send_post_delete(*row->model, row->object, row->stored.view()); });
  }
  first.rethrow();
}

void CascadePlan::look_again(const Clear& clear) const {
  for (const Row& row : rows_) clear(*row.model, row.stored.view());
}

}  // namespace dynamo_backend
