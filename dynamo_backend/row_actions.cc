#include "dynamo_backend/row_actions.h"

#include <algorithm>

#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/key_rules.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"

namespace dynamo_backend {
namespace {

// Puts the computed attributes that the change moves into it, guarded by what their functions read.
void add_computed(const ModelInfo& model, dynamodb::ItemView stored, RowChange& change) {
  const auto guards = computed_guards(model, change.fields());
  if (guards.empty()) return;
  change.guards.insert(change.guards.end(), guards.begin(), guards.end());
  const auto values = computed_values(model, apply_change(stored, change).bytes());
  ValidationError errors(model.name);
  for (const ComputedInfo& c : model.computed) {
    const Value& value = values.find(c.field->attribute)->second;
    validate_key(model, *c.field, value, errors);
    const auto before = stored.find(c.field->attribute);
    if ((before ? dynamodb::unpack(*before) : Value()) != value)
      change.values.emplace_back(c.field, value);
  }
  if (!errors.empty()) throw errors;
}

const Claim* find_claim(const std::vector<Claim>& claims, const UniqueInfo& unique) {
  const auto at = std::find_if(claims.begin(), claims.end(),
                               [&](const Claim& c) { return c.unique == &unique; });
  return at == claims.end() ? nullptr : &*at;
}

// The claims that the change takes and gives up. All that their keys are made of is guarded, even
// where it is stored already: or another's new claim would be given up, or a value written without
// its claim.
void add_claims(const ModelInfo& model, dynamodb::ItemView stored, dynamodb::ItemView after,
                RowChange& change, RowActions& out) {
  const auto changes = [&](const FieldInfo* field) {
    return std::any_of(change.values.begin(), change.values.end(),
                       [&](const auto& v) { return v.first == field; });
  };
  const auto before = claims_of(model, stored), next = claims_of(model, after);
  const bool moves_expiry = model.ttl && changes(model.ttl);
  std::vector<const FieldInfo*> guards;
  for (const UniqueInfo& unique : model.unique) {
    if (!moves_expiry && std::none_of(unique.fields.begin(), unique.fields.end(), changes))
      continue;
    guards.insert(guards.end(), unique.fields.begin(), unique.fields.end());
    const Claim *old_claim = find_claim(before, unique), *new_claim = find_claim(next, unique);
    const bool same = old_claim && new_claim && old_claim->key == new_claim->key;
    if (old_claim && !same) out.given_up.push_back(*old_claim);
    if (new_claim && (!same || new_claim->expires != old_claim->expires))
      out.taken.push_back(*new_claim);
  }
  // A claim has its row's expiry.
  if (model.ttl && !guards.empty()) guards.push_back(model.ttl);
  change.guards.insert(change.guards.end(), guards.begin(), guards.end());
}

// nullopt: nothing is copied of it.
std::optional<LinkWrite> link_write(const ModelInfo& model,
                                    std::optional<dynamodb::PackedItem> before,
                                    std::optional<dynamodb::PackedItem> after) {
  if (!has_link_copies(model)) return std::nullopt;
  const auto same = [&](const Registry::LinkCopy& copy) {
    return before && after &&
           stored_value(*copy.keys.owner, before->view()) ==
               stored_value(*copy.keys.owner, after->view()) &&
           stored_value(*copy.keys.target, before->view()) ==
               stored_value(*copy.keys.target, after->view());
  };
  const auto& copies = Registry::instance().link_copies_of(model);
  if (std::all_of(copies.begin(), copies.end(), same)) return std::nullopt;
  return LinkWrite{&model, std::move(before), std::move(after)};
}

dynamodb::UpdateItemRequest update_request(const Connection& connection, const ModelInfo& model,
                                           const dynamodb::Item& key, dynamodb::ItemView stored,
                                           const RowChange& change) {
  dynamodb::UpdateItemRequest request{
      .table = connection.table(model.table), .key = key, .condition = row_exists(model)};
  for (const auto& [field, value] : change.values) {
    if (value.is<dynamodb::Null>())
      request.update.remove.emplace_back(field->attribute);
    else
      request.update.set.push_back({dynamodb::Path(field->attribute), {value}});
  }
  std::vector<const FieldInfo*> guarded;
  for (const FieldInfo* f : change.guards) {
    if (f->key || std::find(guarded.begin(), guarded.end(), f) != guarded.end()) continue;
    guarded.push_back(f);
    request.condition = request.condition && unchanged(*f, stored);
  }
  raise_search_version(model, connection.now(), request.update);
  request.return_old_on_condition_failure = true;
  return request;
}

}  // namespace

std::vector<const FieldInfo*> RowChange::fields() const {
  std::vector<const FieldInfo*> out;
  for (const auto& [field, value] : values) out.push_back(field);
  return out;
}

std::size_t RowActions::copies() const {
  return link ? Registry::instance().link_copies_of(*link->join).size() : 0;
}

std::vector<dynamodb::TransactWriteAction> RowActions::all(const Connection& connection) const {
  std::vector<dynamodb::TransactWriteAction> actions{row};
  for (const Claim& c : taken) actions.emplace_back(claim_put(connection, c, owner));
  for (const Claim& c : given_up) actions.emplace_back(claim_delete(connection, c, owner));
  return actions;
}

std::vector<dynamodb::TransactWriteAction> RowActions::with_copies(
    const Connection& connection) const {
  auto actions = all(connection);
  if (link) add_link_copies(connection, {*link}, actions);
  return actions;
}

RowActions insert_actions(const Connection& connection, const ModelInfo& model,
                          const dynamodb::Item& item) {
  dynamodb::PutItemRequest request{
      .table = connection.table(model.table),
      .item = item,
      .condition = dynamodb::attribute_not_exists(dynamodb::Path(model.partition->attribute))};
  if (model.ttl)
    request.condition = request.condition || expired(model.ttl->attribute, connection.now());
  const dynamodb::PackedItem packed(item);
  return {.row = std::move(request),
          .taken = claims_of(model, packed.view()),
          .owner = claim_owner(model, item),
          .link = link_write(model, {}, packed)};
}

RowActions update_actions(const Connection& connection, const ModelInfo& model,
                          const dynamodb::Item& key, dynamodb::ItemView stored, RowChange& change) {
  RowActions actions;
  add_computed(model, stored, change);
  const dynamodb::PackedItem after = apply_change(stored, change);
  check_item_size(model, after.view());
  actions.owner = claim_owner(model, key);
  add_claims(model, stored, after.view(), change, actions);
  actions.row = update_request(connection, model, key, stored, change);
  actions.link = link_write(model, dynamodb::PackedItem(dynamodb::unpack(stored)), after);
  return actions;
}

RowActions delete_actions(const Connection& connection, const ModelInfo& model,
                          dynamodb::ItemView stored, const dynamodb::Condition& condition) {
  dynamodb::DeleteItemRequest request{.table = connection.table(model.table),
                                      .key = key_of(model, stored),
                                      .condition = row_exists(model) && condition,
                                      .return_old_on_condition_failure = true};
  for (const FieldInfo& f : model.fields) {
    if (f.claimed && !f.key && &f != model.ttl)
      request.condition = request.condition && unchanged(f, stored);
  }
  return {.row = request,
          .given_up = claims_of(model, stored),
          .owner = claim_owner(model, request.key),
          .link = link_write(model, dynamodb::PackedItem(dynamodb::unpack(stored)), {})};
}

dynamodb::Condition row_exists(const ModelInfo& model) {
  return dynamodb::attribute_exists(dynamodb::Path(model.partition->attribute));
}

std::optional<dynamodb::PackedItem> stored_after_failure(const Connection& connection,
                                                         const ModelInfo& model,
                                                         const dynamodb::Item& key,
                                                         std::optional<dynamodb::PackedItem> sent) {
  if (sent) return sent;
  const RequestScope::Fresh fresh;
  return take(connection.client().get_item(
                  {.table = connection.table(model.table), .key = key, .consistent_read = true}),
              "GetItem")
      .item;
}

dynamodb::Condition unchanged(const FieldInfo& field, dynamodb::ItemView item) {
  return unchanged(field.attribute, item);
}

dynamodb::Condition unchanged(std::string_view attribute, dynamodb::ItemView item) {
  const dynamodb::Path path(attribute);
  const auto stored = item.find(attribute);
  return stored ? dynamodb::equal(path, dynamodb::unpack(*stored))
                : dynamodb::attribute_not_exists(path);
}

void check_guards(const ModelInfo& model) {
  constexpr std::size_t kMost = 140;  // each takes two operators; the key and an expiry some more
  if (model.version || model.by_attribute.size() <= kMost) return;
  throw ImproperlyConfigured(
      model.name + " has " + std::to_string(model.by_attribute.size()) +
      " attributes, more than the " + std::to_string(kMost) +
      " that DynamoDB compares in one condition: a row of it is guarded as a whole by a "
      "VersionField. Add one.");
}

void bump_version(const ModelInfo& model, dynamodb::ItemView stored, RowChange& change) {
  if (!model.version) return;
  const auto version = stored_value(*model.version, stored);
  change.guards.push_back(model.version);
  change.values.emplace_back(
      model.version, version ? *dynamodb::add(dynamodb::unpack(*version).as<dynamodb::Number>(),
                                              dynamodb::Number(1))
                             : dynamodb::Number(1));
}

dynamodb::PackedItem apply_change(dynamodb::ItemView stored, const RowChange& change) {
  dynamodb::Item item = dynamodb::unpack(stored);
  for (const auto& [field, value] : change.values) {
    if (value.is<dynamodb::Null>())
      item.erase(std::string(field->attribute));
    else
      item.insert_or_assign(std::string(field->attribute), value);
  }
  return dynamodb::PackedItem(item);
}

}  // namespace dynamo_backend
