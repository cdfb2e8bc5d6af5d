#include "dynamo_backend/data_repair.h"

#include <algorithm>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/row_actions.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"

namespace dynamo_backend {
namespace {

using dynamodb::PackedItem;
using dynamodb::Path;
using MaybeItem = std::optional<PackedItem>;

constexpr int kDeepest = 20;  // of cascades that are followed to find what holds a row

// Items at one moment.
std::vector<MaybeItem> read_together(const Connection& connection,
                                     std::vector<dynamodb::GetItemRequest> gets) {
  for (int attempt = 1;; ++attempt) {
    auto result = connection.client().transact_get_items({.gets = gets});
    if (result) return std::move(result->items);
    // Only a write in progress cancels a transaction that reads.
    if (result.error().code != dynamodb::ErrorCode::transaction_canceled || attempt == kMaxAttempts)
      throw DatabaseError(result.error(), "TransactGetItems");
    connection.back_off(attempt);
  }
}

dynamodb::ConditionCheck is_absent(const Connection& connection, const ModelInfo& model,
                                   const dynamodb::Item& key) {
  return {.table = connection.table(model.table), .key = key, .condition = !row_exists(model)};
}

// The row is there, and its unique values are those of `row`.
dynamodb::Condition same_claims(const ModelInfo& model, dynamodb::ItemView row) {
  dynamodb::Condition same = row_exists(model);
  for (const FieldInfo& field : model.fields) {
    if (field.claimed && !field.key) same = same && unchanged(field, row);
  }
  return same;
}

dynamodb::ConditionCheck still_so(const Connection& connection, const ModelInfo& model,
                                  const dynamodb::Item& key, const MaybeItem& row) {
  if (!row) return is_absent(connection, model, key);
  return {.table = connection.table(model.table),
          .key = key,
          .condition = same_claims(model, row->view())};
}

dynamodb::Condition owner_is(const std::string& owner) {
  return owner.empty() ? dynamodb::attribute_not_exists("owner")
                       : dynamodb::equal(Path("owner"), Value(owner));
}

RepairResult tired() {
  return {.outcome = Repair::refused, .why = "too many writers compete for the row; check again"};
}

}  // namespace

// True: written. Sets `retry` where what the write depends on has changed.
bool DataRepair::write(Actions actions, bool& retry) {
  const auto result = transact(connection_, std::move(actions));
  if (result) return true;
  const auto& reasons = result.error().reasons;
  retry = std::any_of(reasons.begin(), reasons.end(),
                      [](const auto& r) { return r.code == "ConditionalCheckFailed"; });
  if (!retry) throw DatabaseError(result.error(), "TransactWriteItems");
  return false;
}

// ---- foreign keys

RepairResult DataRepair::orphan(const ModelInfo& model, PackedItem row, const FieldInfo& field) {
  const ModelInfo& target = field.target();
  const dynamodb::Item key = key_of(model, row.view());
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    const auto link = stored_value(field, row.view());
    if (!link) return {};
    const dynamodb::Item target_key{
        {std::string(target.partition->attribute), dynamodb::unpack(*link)}};
    const bool itself = &target == &model && target_key == key;
    if (itself) return {};
    auto now = read_together(connection_,
                             {{.table = connection_.table(model.table), .key = key},
                              {.table = connection_.table(target.table),
                               .key = target_key,
                               .projection = {{Path(std::string(target.partition->attribute))}}}});
    if (!now[0] || now[1]) return {};
    const auto link_now = stored_value(field, now[0]->view());
    if (!link_now) return {};
    const bool same = *link_now == *link;
    row = *std::move(now[0]);
    if (!same) continue;  // it points elsewhere: look there
    if (field.on_delete == OnDelete::restrict_)
      return {.outcome = repair_ ? Repair::refused : Repair::needed,
              .why = "its on_delete is restrict_: point it to a row or delete it by hand"};
    // Keys are looked up by their bytes; the models read this as the same key.
    const auto uuid = link->type() == dynamodb::Type::S ? Uuid::parse(link->text()) : std::nullopt;
    if (uuid && uuid->str() != link->text())
      return {
          .outcome = repair_ ? Repair::refused : Repair::needed,
          .why = "it is not in the form by which rows are looked up; write it as " + uuid->str()};
    if (!repair_) return {.outcome = Repair::needed};
    bool retry = false;
    auto result = field.on_delete == OnDelete::set_null ? unlink_orphan(model, row, field, retry)
                                                        : delete_orphan(model, row, field, retry);
    if (!retry) return result;
    connection_.back_off(attempt);
  }
  return tired();
}

RepairResult DataRepair::delete_orphan(const ModelInfo& model, const PackedItem& row,
                                       const FieldInfo& field, bool& retry) {
  if (const auto holder = holder_of(model, row.view()); !holder.empty())
    return {.outcome = Repair::refused, .why = "it cannot be deleted: " + holder};
  auto actions = delete_actions(connection_, model, row.view(), unchanged(field, row.view()));
  if (!write_without_target(row, field, std::move(actions), retry)) return {};
  if (const std::string left = mend_children(model, row); !left.empty())
    return {.outcome = Repair::refused, .why = "it is deleted, but " + left};
  return {.outcome = Repair::done, .done = "deleted"};
}

RepairResult DataRepair::unlink_orphan(const ModelInfo& model, const PackedItem& row,
                                       const FieldInfo& field, bool& retry) {
  auto actions = unlink_actions(connection_, model, row.view(), {&field});
  if (!write_without_target(row, field, std::move(actions), retry)) return {};
  return {.outcome = Repair::done, .done = "set to nothing"};
}

// The change, on condition that what the foreign key names is still not there.
bool DataRepair::write_without_target(const PackedItem& row, const FieldInfo& field,
                                      RowActions actions, bool& retry) {
  // Where values are repeated a claim may be another row's, and stays with it.
  std::erase_if(actions.given_up, [&](const Claim& claim) {
    const auto stored = read_together(
        connection_, {{.table = connection_.table(kClaimsTable), .key = {{"pk", claim.key}}}})[0];
    return stored && claim_owner_in(stored->view()) != actions.owner;
  });
  const ModelInfo& target = field.target();
  Actions all = actions.with_copies(connection_);
  all.emplace_back(is_absent(connection_, target,
                             {{std::string(target.partition->attribute),
                               dynamodb::unpack(*stored_value(field, row.view()))}}));
  return write(std::move(all), retry);
}

// The rows that pointed to a row that is deleted are orphans by that.
std::string DataRepair::mend_children(const ModelInfo& model, const PackedItem& row) {
  std::string left;
  const Value key = dynamodb::unpack(*row.view().find(model.partition->attribute));
  for (const auto& reference : registry_.references_to(model)) {
    Query query{.model = reference.model,
                .where = make_leaf(Op::eq, {reference.field->member}, key)};
    query.scan_reason = "on_delete";
    try {
      RowStream children(query);
      while (const auto child = children.next()) {
        const PackedItem packed{std::string(*child)};
        const auto result = orphan(*reference.model, packed, *reference.field);
        if (result.outcome != Repair::refused) continue;
        left += (left.empty() ? "" : "; ") + reference.model->label() + " " +
                key_text(*reference.model, key_of(*reference.model, packed.view())) +
                ", which pointed to it, is left: " + result.why;
      }
    } catch (const DatabaseError& error) {
      // A registered model whose table was never made has no rows.
      if (error.error().code != dynamodb::ErrorCode::resource_not_found) throw;
    }
  }
  return left;
}

std::string DataRepair::holder_of(const ModelInfo& model, dynamodb::ItemView row, int depth) {
  const Value key = dynamodb::unpack(*row.find(model.partition->attribute));
  if (depth == kDeepest) return "its rows point to each other too deeply";
  for (const auto& reference : registry_.references_to(model)) {
    if (reference.field->on_delete == OnDelete::set_null) continue;
    Query query{.model = reference.model,
                .where = make_leaf(Op::eq, {reference.field->member}, key)};
    query.scan_reason = "on_delete";
    try {
      RowStream children(query);
      while (const auto child = children.next()) {
        const dynamodb::ItemView view(*child);
        if (reference.field->on_delete == OnDelete::restrict_)
          return reference.model->label() + " " +
                 key_text(*reference.model, key_of(*reference.model, view)) +
                 " points to it and protects it";
        if (auto holder = holder_of(*reference.model, view, depth + 1); !holder.empty())
          return holder;
      }
    } catch (const DatabaseError& error) {
      if (error.error().code != dynamodb::ErrorCode::resource_not_found) throw;
    }
  }
  return "";
}

// ---- computed indexes

RepairResult DataRepair::computed(const ModelInfo& model, const dynamodb::Item& key) {
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    const auto row = fetch(model, key);
    if (!row) return {};
    dynamodb::UpdateItemRequest request{
        .table = connection_.table(model.table), .key = key, .condition = row_exists(model)};
    std::string names;
    for (const auto& [name, value] : computed_values(model, row->bytes())) {
      const auto stored = row->view().find(name);
      if ((stored ? dynamodb::unpack(*stored) : Value()) == value) continue;
      names += (names.empty() ? "" : ", ") + name;
      request.condition = request.condition && unchanged(*model.find(name), row->view());
      if (value.is<dynamodb::Null>())
        request.update.remove.emplace_back(name);
      else
        request.update.set.push_back({Path(name), {value}});
    }
    if (request.update.empty()) return {};
    if (!repair_) return {.outcome = Repair::needed};
    raise_search_version(model, connection_.now(), request.update);
    std::vector<const FieldInfo*> guards;
    for (const ComputedInfo& computed : model.computed) {
      // Reads that were found by trying may lack one.
      const auto& reads = computed.declared ? computed.reads : model.by_attribute;
      for (const FieldInfo* read : reads) {
        const bool known = std::find(guards.begin(), guards.end(), read) != guards.end();
        if (!known && !read->key && read->kind != Kind::computed) guards.push_back(read);
      }
    }
    for (const FieldInfo* guard : guards)
      request.condition = request.condition && unchanged(*guard, row->view());
    const auto result =
        write_one(connection_, [&] { return connection_.client().update_item(request); });
    if (result) return {.outcome = Repair::done, .done = names + " written"};
    if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(result.error(), "UpdateItem");
    connection_.back_off(attempt);
  }
  return tired();
}

// ---- claims

RepairResult DataRepair::lost_claim(const ModelInfo& model, const dynamodb::Item& key,
                                    const std::string& claim, std::string& id) {
  const std::string owner = claim_owner(model, key), table = connection_.table(model.table),
                    claims = connection_.table(kClaimsTable);
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    auto now = read_together(
        connection_, {{.table = table, .key = key}, {.table = claims, .key = {{"pk", claim}}}});
    if (!now[0] || has_expired(model, now[0]->view(), connection_.now())) return {};
    const auto wanted = claims_of(model, now[0]->view());
    const auto at =
        std::find_if(wanted.begin(), wanted.end(), [&](const Claim& c) { return c.key == claim; });
    if (at == wanted.end() || (now[1] && is_as_wanted(*at, owner, now[1]->view()))) return {};
    Actions actions{still_so(connection_, model, key, now[0])};
    dynamodb::PutItemRequest put = claim_put(connection_, *at, owner);
    const std::string other = now[1] ? claim_owner_in(now[1]->view()) : owner;
    id = other == owner ? "data.E004" : "data.E006";
    put.condition = now[1] ? owner_is(other) : dynamodb::attribute_not_exists("pk");
    if (const auto other_key = key_of_owner(model, other); other != owner && other_key) {
      const auto holder = read_together(connection_, {{.table = table, .key = *other_key}})[0];
      if (holder && !has_expired(model, holder->view(), connection_.now()) &&
          has_claim(model, holder->view(), claim)) {
        id = "data.E005";
        return {.outcome = repair_ ? Repair::refused : Repair::needed,
                .why = "the row " + other +
                       " has it too, and its claim: change the value of one of them"};
      }
      actions.emplace_back(still_so(connection_, model, *other_key, holder));
    }
    if (!repair_) return {.outcome = Repair::needed};
    actions.emplace_back(std::move(put));
    bool retry = false;
    if (write(std::move(actions), retry))
      return {.outcome = Repair::done,
              .done = other == owner ? "claimed" : "given to the row that has the value"};
    connection_.back_off(attempt);
  }
  return tired();
}

RepairResult DataRepair::stale_claim(const ModelInfo& model, const std::string& claim,
                                     const std::string& owner) {
  const std::string claims = connection_.table(kClaimsTable);
  const auto key = key_of_owner(model, owner);
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    std::vector<dynamodb::GetItemRequest> gets{{.table = claims, .key = {{"pk", claim}}}};
    if (key) gets.push_back({.table = connection_.table(model.table), .key = *key});
    const auto now = read_together(connection_, std::move(gets));
    if (!now[0] || claim_owner_in(now[0]->view()) != owner) return {};
    Actions actions;
    if (key) {
      if (now[1] && has_claim(model, now[1]->view(), claim)) return {};
      actions.emplace_back(still_so(connection_, model, *key, now[1]));
    }
    if (!repair_) return {.outcome = Repair::needed};
    actions.emplace_back(dynamodb::DeleteItemRequest{
        .table = claims, .key = {{"pk", claim}}, .condition = owner_is(owner)});
    bool retry = false;
    if (write(std::move(actions), retry)) return {.outcome = Repair::done, .done = "deleted"};
    connection_.back_off(attempt);
  }
  return tired();
}

}  // namespace dynamo_backend
