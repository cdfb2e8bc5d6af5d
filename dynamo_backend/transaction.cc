#include "dynamo_backend/transaction.h"

#include <algorithm>
#include <stdexcept>

#include "dynamo_backend/cascade_plan.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/filter_expression.h"
#include "dynamo_backend/key_rules.h"
#include "dynamo_backend/registry.h"
#include "dynamo_backend/request_scope.h"
#include "dynamo_backend/row_writer.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/transaction_state.h"
#include "dynamo_backend/update.h"
#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

using SlotKind = RowSlot::Kind;

// The row's members now, but for those that cannot be stored.
std::vector<std::pair<const FieldInfo*, Value>> members(const ModelInfo& model, const void* row) {
  std::vector<std::pair<const FieldInfo*, Value>> out;
  for (const FieldInfo& f : model.fields) {
    if (!f.at || !f.stored()) continue;
    try {
      out.emplace_back(&f, f.get(row));
    } catch (const BadValue&) {
      continue;  // validation will tell
    }
  }
  return out;
}

void restore(void* row, const std::vector<std::pair<const FieldInfo*, Value>>& before) {
  for (const auto& [field, value] : before) field->set(row, value);
}

// Runs `prepare` on the row; leaves in `before` the members that it changed, with their values.
// Takes them back where it throws.
template <class Prepare>
void prepare_row(const ModelInfo& model, void* row,
                 std::vector<std::pair<const FieldInfo*, Value>>& before, Prepare&& prepare) {
  auto values = members(model, row);
  const auto keep_changed = [&] {
    std::erase_if(values, [&](const auto& v) { return holds(*v.first, row, v.second); });
  };
  try {
    prepare();
    keep_changed();
  } catch (...) {
    keep_changed();
    restore(row, values);
    throw;
  }
  // Of a row that was prepared before, the first values count.
  for (auto& v : values) {
    if (std::none_of(before.begin(), before.end(),
                     [&](const auto& b) { return b.first == v.first; }))
      before.push_back(std::move(v));
  }
}

void bind_object(RowSlot& slot, void* row) {
  RowLink& at = slot.model->row.state(row).link();
  slot.link_offset = reinterpret_cast<char*>(&at) - static_cast<char*>(row);
  slot.link = at.share();
}

// The condition that the row is as it was read, absent included.
dynamodb::Condition as_read(const ModelInfo& model, const std::optional<dynamodb::PackedItem>& item,
                            Timestamp now) {
  if (!item) {
    dynamodb::Condition absent =
        dynamodb::attribute_not_exists(dynamodb::Path(model.partition->attribute));
    return model.ttl ? absent || expired(model.ttl->attribute, now) : absent;
  }
  check_guards(model);
  dynamodb::Condition same = row_exists(model);
  // DynamoDB: an expression has 300 operators at most. A version tells of every change but
  // of a counter.
  const bool by_version = model.version && model.by_attribute.size() > 120;
  for (const FieldInfo* f : model.by_attribute) {
    if (!f->key && (!by_version || f == model.version || f->counter))
      same = same && unchanged(*f, item->view());
  }
  return same;
}

}  // namespace

std::string_view name_of(SlotKind kind) {
  switch (kind) {
    case SlotKind::guarded:
      return "check";
    case SlotKind::create:
      return "create";
    case SlotKind::save:
      return "save";
    case SlotKind::update:
      return "update";
    case SlotKind::remove:
      return "remove";
  }
  return "";
}

Transaction::Transaction() : state_(std::make_unique<State>(Connection::current())) {}
Transaction::~Transaction() = default;

RowSlot& Transaction::State::slot(const ModelInfo& model, const dynamodb::Item& key) {
  const auto [at, added] = places.try_emplace(row_identity(model, key), slots.size());
  if (added) {
    slots.push_back(std::make_unique<RowSlot>());
    slots.back()->model = &model;
    slots.back()->key = key;
  }
  return *slots[at->second];
}

RowSlot& Transaction::State::slot_to_write(const ModelInfo& model, const dynamodb::Item& key,
                                           SlotKind kind, const void* object) {
  RowSlot& s = slot(model, key);
  const bool replaces = s.kind == kind && (kind == SlotKind::save || kind == SlotKind::create);
  if (s.kind != SlotKind::guarded && !(replaces && s.object() == object))
    throw std::logic_error("transaction: " + model.name + " " + key_text(model, key) + " is in " +
                           std::string(name_of(s.kind)) + "() already; DynamoDB takes one action " +
                           "on each row, so it cannot be in " + std::string(name_of(kind)) +
                           "() too" + (replaces ? ", as another object" : "") + ".");
  s.kind = kind;
  return s;
}

bool Transaction::State::makes(const ModelInfo& model, const dynamodb::Item& key) const {
  const auto known = places.find(row_identity(model, key));
  return known != places.end() && slots[known->second]->kind == SlotKind::create;
}

std::optional<dynamodb::PackedItem> Transaction::State::as_read(const ModelInfo& model,
                                                                const dynamodb::Item& key) const {
  const auto known = places.find(row_identity(model, key));
  if (known == places.end()) return std::nullopt;
  for (const RowGuard& guard : slots[known->second]->guards) {
    if (guard.read) return guard.as_read;
  }
  return std::nullopt;
}

std::optional<dynamodb::PackedItem> Transaction::read(const ModelInfo& model,
                                                      const dynamodb::Item& key) {
  if (!may_exist(model, key)) return std::nullopt;  // it stays absent without a guard
  auto found = fetch(model, key);
  RowSlot& slot = state_->slot(model, key);
  for (const RowGuard& guard : slot.guards) {
    if (guard.read) return found;  // the first reading is what is guarded
  }
  slot.guards.push_back({.read = true,
                         .as_read = found,
                         .condition = as_read(model, found, state_->connection.now())});
  return found;
}

void Transaction::create(const ModelInfo& model, void* row) {
  const Connection& connection = state_->connection;
  std::vector<std::pair<const FieldInfo*, Value>> before;
  dynamodb::Item item;
  prepare_row(model, row, before, [&] {
    prepare_insert(model, row, connection.now());
    send_pre_save(model, row, true);
    validate_row(model, row, Strictness::storable);
    item = insert_item(model, row);
  });
  RowSlot* claimed = nullptr;
  try {
    claimed = &state_->slot_to_write(model, key_of(model, row), SlotKind::create, row);
  } catch (...) {
    restore(row, before);
    throw;
  }
  RowSlot& slot = *claimed;
  if (slot.before.empty()) slot.before = std::move(before);
  slot.after = dynamodb::PackedItem(item);
  slot.actions = insert_actions(connection, model, item);
  bind_object(slot, row);
}

void Transaction::save(const ModelInfo& model, void* row) {
  const Connection& connection = state_->connection;
  RowState& state = model.row.state(row);
  if (state.is_new() || key_of(model, row) != key_of(model, state.stored()))
    return create(model, row);
  const State::Call call(*state_);
  RowSlot& slot = state_->slot_to_write(model, key_of(model, row), SlotKind::save, row);
  complete_row(model, row);
  const dynamodb::PackedItem known{std::string(state.packed())};
  prepare_row(model, row, slot.before, [&] {
    send_pre_save(model, row, false);
    if (key_of(model, row) != slot.key)
      throw std::logic_error("transaction: a function of pre_save has changed the key of " +
                             model.name + " " + key_text(model, slot.key) +
                             ", which is a new row then: change the key before t.save().");
    prepare_update(model, row, connection.now());
    validate_row(model, row, Strictness::storable);
    slot.change = changes_of(model, row, known);
  });
  bind_object(slot, row);
  slot.as_known = known;
  slot.rebase = [&connection, &slot](dynamodb::ItemView stored) {
    const ModelInfo& m = *slot.model;
    if (has_expired(m, stored, connection.now())) return false;
    RowChange next = slot.change;
    if (m.ttl) next.guards.push_back(m.ttl);
    if (m.version) {
      if (!is_as_known(m, slot.as_known.view(), stored, next)) return false;
      if (!next.values.empty()) bump_version(m, stored, next);
    }
    // A row that nothing has changed is a check that it is still there.
    slot.actions = next.values.empty()
                       ? RowActions{.row = dynamodb::ConditionCheck{connection.table(m.table),
                                                                    slot.key, row_exists(m), true}}
                       : update_actions(connection, m, slot.key, stored, next);
    slot.after = apply_change(stored, next);
    return true;
  };
  if (slot.rebase(known.view())) return;
  // It has expired; another may have put the end off since it was read.
  const auto now = fetch(model, slot.key);
  if (!now)
    model.raise_does_not_exist("key " + key_text(model, slot.key) + ": the row was deleted");
  if (!slot.rebase(now->view()))
    throw ConflictError(model.name + " " + key_text(model, slot.key) +
                        ": another has changed the row since it was read.");
}

void Transaction::update(const Query& query, const std::vector<AssignmentNode>& assignments) {
  const State::Call call(*state_);
  const ModelInfo& model = *query.model;
  for (RowUpdate& update : plan_updates(query, assignments)) {
    RowSlot& slot = state_->slot_to_write(model, update.key, SlotKind::update);
    slot.actions = std::move(update.actions);
    slot.where = std::move(update.where);
    if (!update.rebase) continue;
    slot.rebase = [&slot, rebase = std::move(update.rebase)](dynamodb::ItemView stored) {
      auto actions = rebase(stored);
      if (!actions) return false;
      slot.actions = *std::move(actions);
      return true;
    };
  }
}

void Transaction::check(const ModelInfo& model, const dynamodb::Item& key,
                        const NodePtr& condition) {
  const auto fail = [&](std::string reason) {
    throw TransactionFailed({{model.name, key_text(model, key), "check", std::move(reason)}});
  };
  if (!may_exist(model, key)) fail("there is no such row.");
  Predicate where = resolve({.model = &model, .where = condition});
  ExpressionBudget budget{60, 150};
  auto sent = to_condition(where, {}, budget);
  std::optional<dynamodb::PackedItem> looked_at;
  if (!sent) {
    // DynamoDB cannot check it: it is checked here, on a row that must stay so.
    looked_at = fetch(model, key);
    if (!looked_at) fail("there is no such row.");
    if (!matches(where, looked_at->view())) fail("it is not so that " + describe(where) + ".");
    std::vector<const FieldInfo*> fields;
    add_fields(where, fields);
    sent.emplace();
    for (const FieldInfo* f : fields) *sent = *sent && unchanged(*f, looked_at->view());
  }
  state_->slot(model, key)
      .guards.push_back({.as_read = std::move(looked_at),
                         .where = std::move(where),
                         .condition = row_exists(model) && *sent});
}

// ---- removing

void Transaction::remove(const ModelInfo& model, void* row) {
  const State::Call call(*state_);
  const RequestScope::Quiet quiet;
  const dynamodb::Item key = key_of(model, row);
  // What the transaction has read counts: where others have changed it since, it runs again.
  auto stored = state_->as_read(model, key);
  if (!stored) stored = fetch(model, key);
  if (!stored)
    model.raise_does_not_exist("key " + key_text(model, key) + ": the row is gone already");
  const dynamodb::Condition same = check_version(model, row, stored->view());
  state_->add_removal(model, *std::move(stored), same, row);
}

void Transaction::State::add_removal(const ModelInfo& model, dynamodb::PackedItem stored,
                                     const dynamodb::Condition& condition, void* object) {
  const dynamodb::Item key = key_of(model, stored.view());
  const auto known = places.find(row_identity(model, key));
  // A cycle of foreign keys, or a row that is removed on two ways.
  if (known != places.end() && slots[known->second]->kind == SlotKind::remove) return;
  RowSlot& slot = slot_of_cascade(model, key);
  if (!slot.unlinks.empty()) slot.kind = SlotKind::guarded;  // a cascade's: the row goes altogether
  slot_to_write(model, key, SlotKind::remove);
  slot.as_known = std::move(stored);
  if (object) bind_object(slot, object);
  slot.still = condition;
  slot.rebase = [this, &slot](dynamodb::ItemView now) {
    if (!dynamodb::evaluate(slot.still, now)) return false;
    slot.actions = delete_actions(connection, *slot.model, now, slot.still);
    return true;
  };
  slot.rebase(slot.as_known.view());
  send_pre_delete(model, object, slot.as_known.view());
  clear_children(model, slot.as_known.view());
}

RowSlot& Transaction::State::slot_of_cascade(const ModelInfo& model, const dynamodb::Item& key) {
  if (slots.size() >= dynamodb::kMaxTransactionActions &&
      places.count(row_identity(model, key)) == 0)
    throw TransactionTooLarge(
        "transaction: " + model.name + " " + key_text(model, key) +
        " and what hangs on it are more rows than the 100 that DynamoDB takes. remove() it outside "
        "of a transaction, which deletes in batches.");
  return slot(model, key);
}

void Transaction::State::clear_children(const ModelInfo& model, dynamodb::ItemView row) {
  const std::size_t batch = dynamodb::kMaxTransactionActions;
  for (const auto& reference : Registry::instance().references_to(model)) {
    std::size_t restricting = 0;
    visit_live_children(connection, model, row, reference, batch, [&](PackedRows children) {
      for (auto& child : children) {
        if (saves_elsewhere(reference, child.view(), row)) continue;
        if (reference.field->on_delete != OnDelete::restrict_) {
          take_child(reference, std::move(child));
          continue;
        }
        if (has_expired(*reference.model, child.view(), connection.now())) continue;
        // With the row itself more than a transaction takes: one of them is not removed.
        if (++restricting == batch) throw_protected(model, row, reference);
        restrictions.push_back({key_of(*reference.model, child.view()), &model,
                                dynamodb::PackedItem(dynamodb::unpack(row)), reference});
      }
      return true;
    });
  }
}

bool Transaction::State::saves_elsewhere(const Registry::Reference& by, dynamodb::ItemView child,
                                         dynamodb::ItemView parent) const {
  const auto known = places.find(row_identity(*by.model, child));
  if (known == places.end() || slots[known->second]->kind != SlotKind::save) return false;
  const auto link = stored_value(*by.field, slots[known->second]->after.view());
  return !link || !(*link == *parent.find(by.field->target().partition->attribute));
}

void Transaction::State::take_child(const Registry::Reference& by, dynamodb::PackedItem child) {
  if (by.field->on_delete == OnDelete::cascade) {
    const auto still = unchanged(*by.field, child.view());
    return add_removal(*by.model, std::move(child), still, nullptr);
  }
  const dynamodb::Item key = key_of(*by.model, child.view());
  RowSlot& slot = slot_of_cascade(*by.model, key);
  if (slot.kind == SlotKind::remove) return;
  if (slot.unlinks.empty()) slot_to_write(*by.model, key, SlotKind::update);
  slot.unlinks.push_back(by.field);
  slot.still = slot.still && unchanged(*by.field, child.view());
  slot.rebase = [this, &slot](dynamodb::ItemView stored) {
    if (!dynamodb::evaluate(slot.still, stored)) return false;
    slot.actions = unlink_actions(connection, *slot.model, stored, slot.unlinks);
    return true;
  };
  slot.rebase(child.view());
}

void Transaction::State::check_restrictions() {
  for (const Restriction& r : restrictions) {
    if (slot(*r.by.model, r.child).kind != SlotKind::remove)
      throw_protected(*r.model, r.parent.view(), r.by);
  }
}

void Transaction::roll_back() {
  if (state_->done) return;
  for (const auto& slot : state_->slots) {
    if (void* row = slot->object()) restore(row, slot->before);
  }
  state_->done = true;
}

}  // namespace dynamo_backend
