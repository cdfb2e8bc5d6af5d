#include "dynamo_backend/data_repair.h"

#include <algorithm>

#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"

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
    if (field.claimed) same = same && unchanged(field, row);
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

std::string owner_in(dynamodb::ItemView claim) {
  const auto owner = claim.find("owner");
  return owner && owner->type() == dynamodb::Type::S ? std::string(owner->text()) : "";
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
  const dynamodb::Item key = key_of(model, row.view());
  const std::string owner = claim_owner(model, key);
  const ModelInfo& target = field.target();
  Actions actions;
  actions.emplace_back(dynamodb::DeleteItemRequest{
      .table = connection_.table(model.table),
      .key = key,
      .condition = same_claims(model, row.view()) && unchanged(field, row.view())});
  actions.emplace_back(is_absent(connection_, target,
                                 {{std::string(target.partition->attribute),
                                   dynamodb::unpack(*stored_value(field, row.view()))}}));
  for (const Claim& claim : claims_of(model, row.view())) {
    // Where values are repeated the claim may be another row's, and stays with it.
    const auto stored = read_together(
        connection_, {{.table = connection_.table(kClaimsTable), .key = {{"pk", claim.key}}}})[0];
    if (stored && owner_in(stored->view()) == owner)
      actions.emplace_back(claim_delete(connection_, claim, owner));
  }
  if (!write(std::move(actions), retry)) return {};
  mend_children(model, row);
  return {.outcome = Repair::done, .done = "deleted"};
}

RepairResult DataRepair::unlink_orphan(const ModelInfo& model, const PackedItem& row,
                                       const FieldInfo& field, bool& retry) {
  const ModelInfo& target = field.target();
  const dynamodb::Item key = key_of(model, row.view());
  RowChange change{.values = {{&field, Value()}}, .guards = {&field}};
  bump_version(model, row.view(), change);
  const PackedItem unlinked = apply_change(row.view(), change);
  for (const FieldInfo* read : computed_guards(model, {&field})) change.guards.push_back(read);
  if (!model.computed.empty()) {
    for (const auto& [name, value] : computed_values(model, unlinked.bytes())) {
      const auto stored = unlinked.view().find(name);
      if ((stored ? dynamodb::unpack(*stored) : Value()) != value)
        change.values.emplace_back(model.find(name), value);
    }
  }
  dynamodb::UpdateItemRequest update{.table = connection_.table(model.table),
                                     .key = key,
                                     .condition = same_claims(model, row.view())};
  for (const auto& [changed, value] : change.values) {
    if (value.is<dynamodb::Null>())
      update.update.remove.emplace_back(changed->attribute);
    else
      update.update.set.push_back({Path(changed->attribute), {value}});
  }
  std::sort(change.guards.begin(), change.guards.end());
  change.guards.erase(std::unique(change.guards.begin(), change.guards.end()), change.guards.end());
  for (const FieldInfo* guard : change.guards) {
    if (!guard->unique) update.condition = update.condition && unchanged(*guard, row.view());
  }
  Actions actions{std::move(update)};
  actions.emplace_back(is_absent(connection_, target,
                                 {{std::string(target.partition->attribute),
                                   dynamodb::unpack(*stored_value(field, row.view()))}}));
  const std::string owner = claim_owner(model, key);
  for (const Claim& claim : claims_of(model, row.view())) {
    if (has_claim(model, unlinked.view(), claim.key)) continue;
    const auto stored = read_together(
        connection_, {{.table = connection_.table(kClaimsTable), .key = {{"pk", claim.key}}}})[0];
    if (stored && owner_in(stored->view()) == owner)
      actions.emplace_back(claim_delete(connection_, claim, owner));
  }
  if (!write(std::move(actions), retry)) return {};
  return {.outcome = Repair::done, .done = "set to nothing"};
}

// The rows that pointed to a row that is deleted are orphans by that.
void DataRepair::mend_children(const ModelInfo& model, const PackedItem& row) {
  const Value key = dynamodb::unpack(*row.view().find(model.partition->attribute));
  for (const auto& reference : registry_.references_to(model)) {
    Query query{.model = reference.model,
                .where = make_leaf(Op::eq, {reference.field->member}, key)};
    query.scan_reason = "on_delete";
    try {
      RowStream children(query);
      while (const auto child = children.next())
        orphan(*reference.model, PackedItem(std::string(*child)), *reference.field);
    } catch (const DatabaseError& error) {
      // A registered model whose table was never made has no rows.
      if (error.error().code != dynamodb::ErrorCode::resource_not_found) throw;
    }
  }
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
    const auto result = connection_.client().update_item(std::move(request));
    if (result) return {.outcome = Repair::done, .done = names + " written"};
    if (result.error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(result.error(), "UpdateItem");
    connection_.back_off(attempt);
  }
  return tired();
}

// ---- claims

bool has_claim(const ModelInfo& model, dynamodb::ItemView row, const std::string& claim) {
  const auto claims = claims_of(model, row);
  return std::any_of(claims.begin(), claims.end(), [&](const Claim& c) { return c.key == claim; });
}

std::vector<dynamodb::Item> keys_of_owner(const ModelInfo& model, const std::string& owner) {
  const auto value = [](const FieldInfo& field, const std::string& text) -> std::optional<Value> {
    if (text.empty()) return std::nullopt;
    switch (field.shape().stored().value_or(dynamodb::Type::S)) {
      case dynamodb::Type::N: {
        const auto number = dynamodb::Number::parse(text);
        return number ? std::optional<Value>(*number) : std::nullopt;
      }
      case dynamodb::Type::B:
        return Binary{text};
      default:
        return Value(text);
    }
  };
  std::vector<dynamodb::Item> keys;
  if (model.sort == nullptr) {
    if (const auto v = value(*model.partition, owner))
      keys.push_back({{std::string(model.partition->attribute), *v}});
    return keys;
  }
  for (std::size_t at = owner.find('/'); at != std::string::npos; at = owner.find('/', at + 1)) {
    const auto partition = value(*model.partition, owner.substr(0, at)),
               sort = value(*model.sort, owner.substr(at + 1));
    if (partition && sort)
      keys.push_back({{std::string(model.partition->attribute), *partition},
                      {std::string(model.sort->attribute), *sort}});
  }
  return keys;
}

RepairResult DataRepair::lost_claim(const ModelInfo& model, const dynamodb::Item& key,
                                    const std::string& claim, std::string& id) {
  const std::string owner = claim_owner(model, key), table = connection_.table(model.table),
                    claims = connection_.table(kClaimsTable);
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    auto now = read_together(
        connection_, {{.table = table, .key = key}, {.table = claims, .key = {{"pk", claim}}}});
    if (!now[0]) return {};
    const MaybeItem& row = now[0];
    const auto wanted = claims_of(model, row->view());
    const auto at =
        std::find_if(wanted.begin(), wanted.end(), [&](const Claim& c) { return c.key == claim; });
    if (at == wanted.end()) return {};
    Actions actions{still_so(connection_, model, key, row)};
    dynamodb::PutItemRequest put = claim_put(connection_, *at, owner);
    id = "data.E004";
    if (!now[1]) {
      put.condition = dynamodb::attribute_not_exists("pk");
    } else {
      const std::string other = owner_in(now[1]->view());
      if (other == owner) return {};
      id = "data.E006";
      put.condition = owner_is(other);
      for (const auto& other_key : keys_of_owner(model, other)) {
        const auto holder = read_together(connection_, {{.table = table, .key = other_key}})[0];
        if (holder && has_claim(model, holder->view(), claim)) {
          id = "data.E005";
          return {.outcome = repair_ ? Repair::refused : Repair::needed,
                  .why = "the row " + other +
                         " has it too, and its claim: change the value of one of them"};
        }
        actions.emplace_back(still_so(connection_, model, other_key, holder));
      }
    }
    if (!repair_) return {.outcome = Repair::needed};
    actions.emplace_back(std::move(put));
    bool retry = false;
    if (write(std::move(actions), retry))
      return {.outcome = Repair::done,
              .done = now[1] ? "given to the row that has the value" : "claimed"};
    connection_.back_off(attempt);
  }
  return tired();
}

RepairResult DataRepair::stale_claim(const ModelInfo& model, const std::string& claim,
                                     const std::string& owner) {
  const std::string claims = connection_.table(kClaimsTable);
  const auto keys = keys_of_owner(model, owner);
  for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
    std::vector<dynamodb::GetItemRequest> gets{{.table = claims, .key = {{"pk", claim}}}};
    for (const auto& key : keys)
      gets.push_back({.table = connection_.table(model.table), .key = key});
    auto now = read_together(connection_, std::move(gets));
    if (!now[0] || owner_in(now[0]->view()) != owner) return {};
    Actions actions;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (now[i + 1] && has_claim(model, now[i + 1]->view(), claim)) return {};
      actions.emplace_back(still_so(connection_, model, keys[i], now[i + 1]));
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
