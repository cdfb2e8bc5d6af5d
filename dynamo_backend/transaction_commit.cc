// A transaction's end: one TransactWriteItems, and what its answer means for each row.
#include <algorithm>
#include <set>

#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/computed.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/row_writer.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/transaction_state.h"
#include "dynamodb/expression_evaluator.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

using SlotKind = RowSlot::Kind;

enum class Blame : std::uint8_t { integrity, conflict, condition, database };
struct Failure {
  FailedAction action{};
  Blame blame = Blame::database;
  std::vector<std::string> fields{};  // of integrity
};

// One action as it is sent.
struct Sent {
  RowSlot* slot = nullptr;
  std::optional<Claim> claim{};  // of unique claims
  bool taken = false;            // of a claim: by `slot`; else `slot` gives it up
  bool copy = false;             // of a link's copies
};

// A claim may go from one row of the transaction to another: one action does both. Of several
// givers one has it: others have expired, or were written before the value had to be unique.
struct ClaimUse {
  RowSlot* taker = nullptr;
  std::vector<RowSlot*> givers{};
  std::optional<Claim> claim{};
};

bool same_item(const std::optional<dynamodb::PackedItem>& a,
               const std::optional<dynamodb::PackedItem>& b) {
  return a.has_value() == b.has_value() && (!a || *a == *b);
}

std::vector<std::string> key_names(const ModelInfo& model) {
  return {std::string(model.partition->attribute)};
}

class Committer {
 public:
  Committer(const Connection& connection, std::vector<std::unique_ptr<RowSlot>>& slots)
      : connection_(connection), slots_(slots) {}

  bool needs_no_call() const {
    // One row that was read and nothing more: it was read as it was.
    return slots_.empty() || (slots_.size() == 1 && slots_[0]->kind == SlotKind::guarded &&
                              std::all_of(slots_[0]->guards.begin(), slots_[0]->guards.end(),
                                          [](const RowGuard& g) { return g.read; }));
  }

  Transaction::Outcome send(bool last_try) {
    for (int attempt = 1;; ++attempt) {
      build();
      check_limits();
      const auto result = transact(connection_, actions_);
      if (result) return Transaction::Outcome::made;
      dynamodb::Error error = result.error();
      if (error.reasons.empty() || error.reasons.size() == sent_.size()) refuse_too_large(error);
      if (error.message.starts_with("Collection size of items in the transaction"))
        throw TransactionTooLarge("transaction: " + error.message + ". Split it.");
      if (error.reasons.size() != sent_.size()) throw DatabaseError(error, "TransactWriteItems");
      for (const Sent& s : sent_) {
        auto& reason = error.reasons[index_of(s)];
        if (!s.claim && !s.copy && reason.code == "ConditionalCheckFailed")
          reason.item = stored_after_failure(connection_, *s.slot->model, s.slot->key,
                                             std::move(reason.item));
      }
      const bool stale = std::any_of(sent_.begin(), sent_.end(), [&](const Sent& s) {
        const auto& reason = error.reasons[index_of(s)];
        return !s.claim && !s.copy && reason.code == "ConditionalCheckFailed" &&
               (is_stale(*s.slot, reason.item) || is_no_child(*s.slot, reason.item));
      });
      if (stale && !last_try) return Transaction::Outcome::stale;
      if (attempt == kMaxAttempts || !adapt(error)) explain(error);
      if (attempt > 2) connection_.back_off(attempt);
    }
  }

 private:
  std::size_t index_of(const Sent& s) const { return static_cast<std::size_t>(&s - sent_.data()); }

  // ---- what is sent

  void build() {
    actions_.clear();
    sent_.clear();
    std::map<std::string, ClaimUse> claims;
    for (const auto& slot : slots_) {
      actions_.push_back(guarded(*slot));
      sent_.push_back({slot.get()});
      for (const Claim& c : slot->actions.taken) {
        ClaimUse& use = claims[c.key];
        if (use.taker) throw_shared(*use.taker, *slot, *c.unique);
        use.taker = slot.get();
        use.claim = c;
      }
      for (const Claim& c : slot->actions.given_up) {
        if (foreign_.count(c.key) > 0) continue;
        ClaimUse& use = claims[c.key];
        use.givers.push_back(slot.get());
        if (!use.claim) use.claim = c;
      }
    }
    for (const auto& [key, use] : claims) {
      const auto allow_givers = [&givers = use.givers](auto request) {
        for (const RowSlot* giver : givers)
          request.condition = request.condition ||
                              dynamodb::equal(dynamodb::Path("owner"), Value(giver->actions.owner));
        return request;
      };
      if (!use.taker) {
        actions_.emplace_back(
            allow_givers(claim_delete(connection_, *use.claim, use.givers.front()->actions.owner)));
      } else {
        actions_.emplace_back(
            allow_givers(claim_put(connection_, *use.claim, use.taker->actions.owner)));
      }
      sent_.push_back(
          {use.taker ? use.taker : use.givers.front(), use.claim, use.taker != nullptr});
    }
    std::vector<LinkWrite> links;
    RowSlot* linking = nullptr;
    for (const auto& slot : slots_) {
      if (!slot->actions.link) continue;
      links.push_back(*slot->actions.link);
      linking = slot.get();
    }
    add_link_copies(connection_, links, actions_);
    while (sent_.size() < actions_.size()) sent_.push_back({.slot = linking, .copy = true});
  }

  // The slot's own action, with what else must hold of the row.
  dynamodb::TransactWriteAction guarded(const RowSlot& slot) const {
    dynamodb::TransactWriteAction action =
        slot.kind == SlotKind::guarded
            ? dynamodb::TransactWriteAction(dynamodb::ConditionCheck{
                  .table = connection_.table(slot.model->table), .key = slot.key})
            : slot.actions.row;
    std::visit(
        [&](auto& a) {
          for (const RowGuard& g : slot.guards) a.condition = a.condition && g.condition;
          a.return_old_on_condition_failure = true;
        },
        action);
    return action;
  }

  void check_limits() const {
    if (actions_.size() > dynamodb::kMaxTransactionActions)
      throw TransactionTooLarge("transaction: " + std::to_string(actions_.size()) + " actions (" +
                                std::to_string(slots_.size()) + " rows, " +
                                std::to_string(actions_.size() - slots_.size()) +
                                " claims of unique values); DynamoDB takes 100. Split it.");
    std::size_t bytes = 0;
    for (const auto& slot : slots_) bytes += size_of(*slot);
    if (bytes > dynamodb::kMaxTransactionSize)
      throw TransactionTooLarge("transaction: its rows take " + std::to_string(bytes) +
                                " bytes; DynamoDB takes 4 MB. Split it.");
  }

  // As far as it is known: what was read of the row, what it will be, or what is sent of it.
  static std::size_t size_of(const RowSlot& slot) {
    std::size_t bytes = 0;
    for (const RowGuard& guard : slot.guards)
      if (guard.read && guard.as_read)
        bytes = std::max(bytes, dynamodb::item_size(guard.as_read->view()));
    if (slot.kind == SlotKind::create || slot.kind == SlotKind::save)
      return std::max(bytes, dynamodb::item_size(slot.after.view()));
    if (slot.kind == SlotKind::remove)
      return std::max(bytes, dynamodb::item_size(slot.as_known.view()));
    if (const auto* request = std::get_if<dynamodb::UpdateItemRequest>(&slot.actions.row)) {
      for (const auto& set : request->update.set) bytes += size_of(set.value);
      for (const auto* list : {&request->update.add, &request->update.del})
        for (const auto& change : *list) bytes += dynamodb::pack_value(change.value).size();
    }
    return bytes;
  }
  static std::size_t size_of(const dynamodb::SetOperand& operand) {
    if (const auto* value = std::get_if<Value>(&operand.value))
      return dynamodb::pack_value(*value).size();
    if (const auto* otherwise = std::get_if<dynamodb::IfNotExists>(&operand.value))
      return size_of(*otherwise->otherwise);
    if (const auto* lists = std::get_if<dynamodb::ListAppend>(&operand.value))
      return size_of(*lists->first) + size_of(*lists->second);
    return 0;
  }

  // ---- what was answered

  static bool is_stale(const RowSlot& slot, const std::optional<dynamodb::PackedItem>& now) {
    return std::any_of(slot.guards.begin(), slot.guards.end(), [&](const RowGuard& g) {
      return (g.read || g.as_read) && !same_item(g.as_read, now);
    });
  }
  // Of a row that goes, or is unlinked, with another: whether it hangs on that one no more.
  static bool is_no_child(const RowSlot& slot, const std::optional<dynamodb::PackedItem>& now) {
    const bool of_cascade = (slot.kind == SlotKind::remove && !slot.link) || !slot.unlinks.empty();
    return of_cascade && (!now || !dynamodb::evaluate(slot.still, now->view()));
  }
  static bool checks_hold(const RowSlot& slot, dynamodb::ItemView now) {
    return std::all_of(slot.guards.begin(), slot.guards.end(),
                       [&](const RowGuard& g) { return g.read || matches(g.where, now); });
  }

  // Makes what failed anew for the rows as they are; false: there is something that this does not
  // help.
  bool adapt(const dynamodb::Error& error) {
    bool adapted = false;
    for (const Sent& s : sent_) {
      const auto& reason = error.reasons[index_of(s)];
      if (reason.code == "None") continue;
      if (reason.code == "TransactionConflict") continue;  // beside what is made anew
      if (reason.code != "ConditionalCheckFailed") return false;
      if (s.copy) {
        adapted = true;
        continue;
      }
      if (s.claim && s.taken) {
        // The row may have changed so that it does not take the claim.
        if (error.reasons[place_of(*s.slot)].code != "ConditionalCheckFailed") return false;
        continue;
      }
      if (s.claim) {
        // Another row's, where values were repeated before they were unique: it stays with that
        // row.
        foreign_.insert(s.claim->key);
        adapted = true;
        continue;
      }
      if (!reason.item || !s.slot->rebase || is_stale(*s.slot, reason.item) ||
          !checks_hold(*s.slot, reason.item->view()) || !s.slot->rebase(reason.item->view()))
        return false;
      adapted = true;
    }
    return adapted;
  }

  std::size_t place_of(const RowSlot& slot) const {
    const auto at =
        std::find_if(slots_.begin(), slots_.end(), [&](const auto& s) { return s.get() == &slot; });
    return static_cast<std::size_t>(at - slots_.begin());
  }

  // ---- why it failed

  Failure failure(const RowSlot& slot, std::string reason, Blame blame) const {
    const bool read_only =
        slot.kind == SlotKind::guarded && !slot.guards.empty() && slot.guards.front().read;
    return {{slot.model->name, key_text(*slot.model, slot.key),
             read_only ? "read" : std::string(name_of(slot.kind)), std::move(reason)},
            blame};
  }

  Failure why(const RowSlot& slot, const std::optional<dynamodb::PackedItem>& now) const {
    if (is_stale(slot, now))
      return failure(slot, "others have changed it since the transaction read it, again and again.",
                     Blame::conflict);
    for (const RowGuard& g : slot.guards) {
      if (g.read) continue;
      if (!now) return failure(slot, "there is no such row to check.", Blame::condition);
      if (!matches(g.where, now->view()))
        return failure(slot, "it is not so that " + describe(g.where) + ".", Blame::condition);
    }
    switch (slot.kind) {
      case SlotKind::create: {
        Failure f = failure(slot, "a row with this key exists already.", Blame::integrity);
        f.fields = key_names(*slot.model);
        return f;
      }
      case SlotKind::update:
        if (!now) return failure(slot, "there is no such row.", Blame::condition);
        if (slot.where && !matches(*slot.where, now->view()))
          return failure(slot, "it is not so that " + describe(*slot.where) + ".",
                         Blame::condition);
        return failure(slot, "the sum would be more than its field holds, or others changed it.",
                       Blame::condition);
      case SlotKind::save:
      case SlotKind::remove:
        if (!now) return failure(slot, "the row was deleted.", Blame::conflict);
        return failure(slot,
                       "it was changed by another since it was read: refresh() it and apply the "
                       "change again.",
                       Blame::conflict);
      case SlotKind::guarded:
        break;
    }
    return failure(slot, "it is not as it was checked.", Blame::condition);
  }

  Failure why(const Sent& s, const dynamodb::CancellationReason& reason) const {
    const RowSlot& slot = *s.slot;
    if (reason.code == "TransactionConflict")
      return failure(slot, "others write it at this moment; try again later.", Blame::conflict);
    if (reason.code != "ConditionalCheckFailed") {
      std::string text = reason.code + (reason.message.empty() ? "" : ": " + reason.message) + ".";
      if (slot.kind == SlotKind::save || slot.kind == SlotKind::create)
        text += " The largest fields: " + describe_sizes(slot.after.view()) + ".";
      return failure(slot, std::move(text), Blame::database);
    }
    if (s.copy)
      return failure(slot, "what it links is changed by others, again and again.", Blame::conflict);
    if (!s.claim) return why(slot, reason.item);
    const bool after = slot.kind == SlotKind::create || slot.kind == SlotKind::save;
    Failure f = failure(slot,
                        (after ? taken_text(*s.claim->unique, slot.after.view())
                               : "another row has its " + s.claim->unique->attributes()) +
                            "; it must be unique (" + s.claim->unique->name + ").",
                        Blame::integrity);
    f.fields = attribute_names(*s.claim->unique);
    return f;
  }

  [[noreturn]] void explain(const dynamodb::Error& error) const {
    std::vector<Failure> failures;
    for (const Sent& s : sent_) {
      const auto& reason = error.reasons[index_of(s)];
      if (reason.code != "None") failures.push_back(why(s, reason));
    }
    throw_failures(failures);
  }

  [[noreturn]] static void throw_failures(const std::vector<Failure>& failures) {
    std::vector<FailedAction> actions;
    for (const Failure& f : failures) actions.push_back(f.action);
    const auto first = [&](Blame blame) {
      return std::find_if(failures.begin(), failures.end(),
                          [&](const Failure& f) { return f.blame == blame; });
    };
    if (const auto f = first(Blame::integrity); f != failures.end())
      throw TransactionIntegrityError(f->fields, actions);
    if (first(Blame::condition) == failures.end() && first(Blame::database) == failures.end())
      throw TransactionConflictError(actions);
    throw TransactionFailed(actions);
  }

  [[noreturn]] void throw_shared(const RowSlot& a, const RowSlot& b,
                                 const UniqueInfo& unique) const {
    std::vector<Failure> failures;
    for (const RowSlot* slot : {&a, &b}) {
      failures.push_back(failure(
          *slot,
          "two rows of the transaction have one " + unique.attributes() + "; it must be unique.",
          Blame::integrity));
      failures.back().fields = attribute_names(unique);
    }
    throw_failures(failures);
  }

  // Rows that only the database knows whole: of the first that is too large, the sizes.
  void refuse_too_large(const dynamodb::Error& error) const {
    if (!is_too_large(error)) return;
    for (const Sent& s : sent_) {
      const bool to_blame = error.reasons.empty()
                                ? s.slot->kind == SlotKind::update
                                : error.reasons[index_of(s)].code == "ValidationError";
      if (!s.claim && !s.copy && to_blame)
        throw_grown_too_large(*s.slot->model, fetch(*s.slot->model, s.slot->key));
    }
  }

  const Connection& connection_;
  std::vector<std::unique_ptr<RowSlot>>& slots_;
  std::vector<dynamodb::TransactWriteAction> actions_{};
  std::vector<Sent> sent_{};
  std::set<std::string> foreign_{};  // claims to be given up that are other rows'
};

void set_states(RowSlot& slot) {
  const ModelInfo& model = *slot.model;
  void* const row = slot.object();
  if (slot.kind == SlotKind::create) {
    slot.changed = stored_fields(model, slot.after.view());
    if (row) set_inserted(model, row, slot.after);
  } else if (slot.kind == SlotKind::save) {
    slot.changed = slot.change.fields();
    if (model.version && !slot.changed.empty()) slot.changed.push_back(model.version);
    if (row && slot.change.values.empty())
      model.row.state(row).set_written({});
    else if (row)
      set_updated(model, row, slot.as_known.view(), slot.change, slot.after.view());
  } else if (slot.kind == SlotKind::remove && row) {
    model.row.state(row).forget();
  }
}

void verify(const Connection& connection, const RowSlot& slot) {
  const ModelInfo& model = *slot.model;
  const bool guessed = std::any_of(model.computed.begin(), model.computed.end(),
                                   [](const ComputedInfo& c) { return !c.declared; });
  if (!guessed || (slot.kind != SlotKind::save && slot.kind != SlotKind::update)) return;
  if (const auto now = fetch(model, slot.key)) verify_computed(connection, model, *now);
}

void send_signals(const RowSlot& slot) {
  const ModelInfo& model = *slot.model;
  void* row = slot.object();
  if (slot.kind == SlotKind::remove) return send_post_delete(model, row, slot.as_known.view());
  if (slot.kind != SlotKind::create && slot.kind != SlotKind::save) return;
  std::shared_ptr<void> made;
  if (!row) {
    if (!model.signals->post_save.has_listeners() && !all_signals().post_save.has_listeners())
      return;
    if (!model.row.make) return;  // a link of a join model without a C++ type
    made = model.row.make();
    load_row(model, made.get(), slot.after.bytes());
    row = made.get();
  }
  send_post_save(model, row, slot.kind == SlotKind::create, slot.changed);
}

}  // namespace

Transaction::Outcome Transaction::commit(bool last_try) {
  State& state = *state_;
  if (state.broken)
    throw std::logic_error(
        "transaction: a save(), update() or remove() failed, and its exception was caught inside: "
        "nothing is written. Let it leave the function.");
  state.check_restrictions();
  Committer committer(state.connection, state.slots);
  if (!committer.needs_no_call() && committer.send(last_try) == Outcome::stale)
    return Outcome::stale;
  state.done = true;
  for (const auto& slot : state.slots) set_states(*slot);
  FirstError of_listeners;
  for (const auto& slot : state.slots) {
    verify(state.connection, *slot);
    // Rows that others have pointed to it since its children were looked for.
    if (slot->kind == SlotKind::remove)
      of_listeners.keep([&] {
        clear_late_children(state.connection, *slot->model, slot->as_known.view(), of_listeners);
      });
  }
  // What hangs on a removed row stands behind it, and is told of first.
  std::vector<const RowSlot*> in_order;
  for (const auto& slot : state.slots)
    in_order.insert(slot->kind == SlotKind::remove ? in_order.begin() : in_order.end(), slot.get());
  for (const RowSlot* slot : in_order) of_listeners.keep([&] { send_signals(*slot); });
  of_listeners.rethrow();
  return Outcome::made;
}

}  // namespace dynamo_backend
