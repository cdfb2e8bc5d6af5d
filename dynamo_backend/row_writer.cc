// save(), create() and bulk_create() of rows.
#include "dynamo_backend/row_writer.h"

#include <algorithm>
#include <map>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/search_version.h"
#include "dynamo_backend/signals.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

bool is_nil_uuid(const FieldInfo& field, const void* row) {
  return field.type->shape->type == Shape::Type::uuid && !field.nullable() &&
         field.get(row) == Value(Uuid().str());
}

// A value that its factory makes, for members that still have the C++ default.
void apply_factories(const ModelInfo& model, void* row) {
  std::shared_ptr<void> fresh;
  for (const FieldInfo& f : model.fields) {
    if (!f.default_factory) continue;
    if (!fresh) fresh = model.row.make();
    if (holds(f, row, f.get(fresh.get()))) f.type->make(f.at(row), f.default_factory);
  }
}

dynamodb::Number plus_one(const Value& version) {
  return *dynamodb::add(version.as<dynamodb::Number>(), dynamodb::Number(1));
}

void set_written(const ModelInfo& model, void* row, const dynamodb::PackedItem& stored,
                 const std::vector<const FieldInfo*>& fields) {
  if (model.version) model.version->load(row, *stored.view().find(model.version->attribute));
  RowState& state = model.row.state(row);
  state.set_stored(stored.bytes());
  std::vector<std::string_view> names;
  for (const FieldInfo* f : fields) names.push_back(f->attribute);
  state.set_written(std::move(names));
  bind_many(model, row);
}

// Whether members hold all values of the stored type as they are.
bool is_exact(const Shape& shape) {
  switch (shape.type) {
    case Shape::Type::text:
    case Shape::Type::integer:
    case Shape::Type::decimal:
    case Shape::Type::boolean:
    case Shape::Type::binary:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool holds(const FieldInfo& field, const void* row, const Value& value) {
  try {
    return field.get(row) == value;
  } catch (const BadValue&) {  // validation will tell
    return false;
  }
}

Value stored_or_null(const FieldInfo& field, dynamodb::ItemView item) {
  const auto value = stored_value(field, item);
  return value ? dynamodb::unpack(*value) : Value();
}

void prepare_insert(const ModelInfo& model, void* row, Timestamp now) {
  if (!model.row.state(row).only().empty())
    throw std::logic_error(
        model.name + ": a row that was read by only() lacks members; read it whole to insert it.");
  apply_factories(model, row);
  for (const FieldInfo& f : model.fields) {
    const bool made = (f.key && model.generated_key) || (f.kind == Kind::uuid && !f.key);
    if (made && is_nil_uuid(f, row)) f.set(row, Uuid::random().str());
    if (f.auto_now)
      f.set(row, base::to_iso(now));
    else if (f.auto_now_add &&
             (f.get(row).is<dynamodb::Null>() || f.get(row) == Value(base::to_iso(Timestamp{}))))
      f.set(row, base::to_iso(now));
  }
}

void prepare_update(const ModelInfo& model, void* row, Timestamp now) {
  for (const FieldInfo& f : model.fields) {
    if (f.auto_now) f.set(row, base::to_iso(now));
  }
}

dynamodb::Item insert_item(const ModelInfo& model, const void* row) {
  const dynamodb::PackedItem packed = pack_row(model, row);
  dynamodb::Item item = dynamodb::unpack(packed.view());
  if (model.version)
    item.insert_or_assign(std::string(model.version->attribute), plus_one(model.version->get(row)));
  start_search_version(model, Connection::current().now(), item);
  if (model.version || model.meta.opensearch_sync) {
    const dynamodb::PackedItem numbered(item);
    check_item_size(model, numbered.view());
  }
  return item;
}

RowChange changes_of(const ModelInfo& model, const void* row, const dynamodb::PackedItem& stored) {
  RowChange change;
  const dynamodb::PackedItem packed = pack_row(model, row);
  // What a member cannot hold exactly is stored otherwise than it would be written, and so is what
  // is absent: it has changed only where the member is not what it was read as.
  std::optional<dynamodb::PackedItem> as_read;
  const auto read_as = [&](const FieldInfo& f) {
    if (!as_read) {
      const auto fresh = model.row.make();
      load_row(model, fresh.get(), stored.bytes());
      as_read = pack_row(model, fresh.get());
    }
    return stored_value(f, as_read->view());
  };
  for (const FieldInfo* f : model.by_attribute) {
    if (f->key || f->kind == Kind::computed || f == model.version) continue;
    const auto before = stored_value(*f, stored.view()), after = stored_value(*f, packed.view());
    if (before == after) continue;
    if ((before && is_exact(f->shape())) || read_as(*f) != after)
      change.values.emplace_back(f, after ? dynamodb::unpack(*after) : Value());
  }
  return change;
}

std::vector<const FieldInfo*> stored_fields(const ModelInfo& model, dynamodb::ItemView item) {
  std::vector<const FieldInfo*> fields;
  for (const FieldInfo* f : model.by_attribute) {
    if (item.find(f->attribute)) fields.push_back(f);
  }
  return fields;
}

std::vector<const FieldInfo*> set_inserted(const ModelInfo& model, void* row,
                                           const dynamodb::PackedItem& stored) {
  std::vector<const FieldInfo*> fields = stored_fields(model, stored.view());
  set_written(model, row, stored, fields);
  return fields;
}

std::vector<const FieldInfo*> set_updated(const ModelInfo& model, void* row,
                                          dynamodb::ItemView read, const RowChange& change,
                                          dynamodb::ItemView after) {
  RowChange believed = change;
  for (const ComputedInfo& c : model.computed)
    believed.values.emplace_back(c.field, stored_or_null(*c.field, after));
  if (model.version)
    believed.values.emplace_back(model.version, stored_or_null(*model.version, after));
  std::vector<const FieldInfo*> fields = change.fields();
  if (model.version) fields.push_back(model.version);
  set_written(model, row, apply_change(read, believed), fields);
  return fields;
}

dynamodb::Condition check_version(const ModelInfo& model, void* row, dynamodb::ItemView stored) {
  const RowState& state = model.row.state(row);
  if (!model.version || state.is_new()) return {};
  const auto known = stored_value(*model.version, state.stored());
  const auto now = stored_value(*model.version, stored);
  if (known.has_value() != now.has_value() || (known && !(*known == *now)))
    throw ConflictError(model.name + " " + key_text(model, key_of(model, stored)) +
                        " was changed by another since it was read: refresh() it before it is "
                        "removed.");
  return unchanged(*model.version, stored);
}

bool is_as_known(const ModelInfo& model, dynamodb::ItemView read, dynamodb::ItemView now,
                 RowChange& change) {
  std::vector<const FieldInfo*> known{model.version};
  for (const FieldInfo* f : change.fields())
    if (f->counter) known.push_back(f);  // counting leaves the version
  change.guards.insert(change.guards.end(), known.begin() + 1, known.end());
  return std::all_of(known.begin(), known.end(), [&](const FieldInfo* f) {
    return stored_or_null(*f, now) == stored_or_null(*f, read);
  });
}

namespace {

Written insert_row(const Connection& connection, const ModelInfo& model, void* row) {
  const dynamodb::Item item = insert_item(model, row);
  const dynamodb::PackedItem packed(item);
  const RowActions actions = insert_actions(connection, model, item);
  if (actions.alone()) {
    const auto result = write_one(connection, [&] {
      return connection.client().put_item(std::get<dynamodb::PutItemRequest>(actions.row));
    });
    if (!result && result.error().code != dynamodb::ErrorCode::conditional_check_failed)
      throw DatabaseError(result.error(), "PutItem");
    // What is there may be the row itself, by an attempt whose answer was lost.
    if (!result && (!result.error().after_lost_answer ||
                    stored_after_failure(connection, model, key_of(model, packed.view()),
                                         result.error().item) != packed))
      throw_key_taken(model, key_text(model, item));
  } else if (const auto result = transact(connection, actions.with_copies(connection)); !result) {
    const auto& reasons = result.error().reasons;
    const auto failed = [&](std::size_t i) {
      return i < reasons.size() && reasons[i].code == "ConditionalCheckFailed";
    };
    for (std::size_t i = 0; i < actions.taken.size(); ++i) {
      if (failed(i + 1)) throw_taken(model, *actions.taken[i].unique, packed.view());
    }
    if (failed(0)) throw_key_taken(model, key_text(model, item));
    bool gone = false;  // what it links, by now
    for (std::size_t i = actions.taken.size() + 1; i < reasons.size(); ++i)
      gone = gone || failed(i);
    if (actions.link && gone)
      throw ConflictError(model.name + ": what it links was deleted at this moment.");
    throw DatabaseError(result.error(), "TransactWriteItems");
  }
  return {true, set_inserted(model, row, packed)};
}

enum class Guard : std::uint8_t { version, all };

Written update_row(const Connection& connection, const ModelInfo& model, void* row, Guard guard) {
  RowState& state = model.row.state(row);
  const dynamodb::PackedItem read{std::string(state.packed())};
  const RowChange change = changes_of(model, row, read);
  state.set_written({});
  if (change.values.empty()) return {};
  if (guard == Guard::all) check_guards(model);
  const dynamodb::Item key = key_of(model, row);
  const auto gone = [&] {
    model.raise_does_not_exist("key " + key_text(model, key) + ": the row was deleted");
  };
  const auto conflict = [&] {
    throw ConflictError(model.name + " " + key_text(model, key) +
                        " was changed by another since it was read: refresh() it and apply the "
                        "change again.");
  };
  dynamodb::PackedItem stored = read;
  // Another may have put the end off since this row was read.
  if (has_expired(model, read.view(), connection.now())) {
    auto again = fetch(model, key);
    if (!again) gone();
    stored = *std::move(again);
  }
  const Committed committed = commit_row(
      connection, model, key, std::move(stored),
      [&](dynamodb::ItemView now) -> std::optional<RowChange> {
        if (has_expired(model, now, connection.now())) gone();
        RowChange next = change;
        if (model.ttl) next.guards.push_back(model.ttl);
        for (const FieldInfo* f : model.by_attribute) {
          if (model.version || guard == Guard::version || f->key || f->kind == Kind::computed)
            continue;
          if (stored_or_null(*f, now) != stored_or_null(*f, read.view())) conflict();
          next.guards.push_back(f);
        }
        if (!model.version) return next;
        if (!is_as_known(model, read.view(), now, next)) conflict();
        bump_version(model, now, next);
        return next;
      });
  if (committed.result == CommitResult::gone) gone();
  return {false, set_updated(model, row, read.view(), change, committed.after->view())};
}

// ---- bulk_create

// Rows that one transaction takes: at most 100 actions and 4 MB.
class TransactionFiller {
 public:
  bool fits(std::size_t actions, std::size_t bytes) const {
    return actions_.size() + copies_ + actions <= dynamodb::kMaxTransactionActions &&
           bytes_ + bytes <= dynamodb::kMaxTransactionSize / 2;
  }
  void add(const Connection& connection, RowActions actions, std::size_t bytes, std::size_t row) {
    bytes_ += bytes;
    copies_ += actions.copies();
    for (auto& a : actions.all(connection)) {
      actions_.push_back(std::move(a));
      rows_.push_back(row);
    }
    if (actions.link) links_.push_back(*std::move(actions.link));
  }
  bool empty() const { return actions_.empty(); }
  std::vector<dynamodb::TransactWriteAction> take(const Connection& connection) {
    add_link_copies(connection, std::exchange(links_, {}), actions_);
    copies_ = 0;
    return std::exchange(actions_, {});
  }
  std::vector<std::size_t> take_rows() {
    bytes_ = 0;
    return std::exchange(rows_, {});
  }

 private:
  std::vector<dynamodb::TransactWriteAction> actions_{};
  std::vector<std::size_t> rows_{};  // of each action
  std::vector<LinkWrite> links_{};
  std::size_t copies_ = 0;  // of the links, at most
  std::size_t bytes_ = 0;
};

// Why a transaction of inserts did not hold, in the words of the row that is to blame.
[[noreturn]] void explain_failure(const ModelInfo& model, const dynamodb::Error& error,
                                  const std::vector<std::size_t>& rows,
                                  const std::vector<dynamodb::PackedItem>& items,
                                  std::size_t stored) {
  const std::string done = " (" + std::to_string(stored) + " rows before it were created)";
  for (std::size_t i = 0; i < error.reasons.size() && i < rows.size(); ++i) {
    if (error.reasons[i].code != "ConditionalCheckFailed") continue;
    const auto& item = items[rows[i]];
    const std::size_t first =
        static_cast<std::size_t>(std::find(rows.begin(), rows.end(), rows[i]) - rows.begin());
    const std::string where = model.name + ": row " + std::to_string(rows[i] + 1) + " of the list";
    if (i == first)
      throw IntegrityError(std::string(model.partition->attribute),
                           where + ": its key exists already" + done + ".");
    const Claim claim = claims_of(model, item.view()).at(i - first - 1);
    throw IntegrityError(attribute_names(*claim.unique),
                         where + ": " + taken_text(*claim.unique, item.view()) + done + ".");
  }
  throw DatabaseError(error, "TransactWriteItems" + done);
}

void refuse_repeats(const ModelInfo& model, const std::vector<dynamodb::PackedItem>& items) {
  std::map<std::string, std::size_t> seen;  // the row that has it
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto refuse = [&](std::size_t first, std::vector<std::string> fields,
                            const std::string& what) {
      throw IntegrityError(std::move(fields), model.name + ": rows " + std::to_string(first + 1) +
                                                  " and " + std::to_string(i + 1) +
                                                  " of the list both have " + what + ".");
    };
    const dynamodb::Item key = key_of(model, items[i].view());
    const auto [known, is_first] = seen.try_emplace("key " + claim_owner(model, key), i);
    if (!is_first)
      refuse(known->second, {std::string(model.partition->attribute)},
             "the key " + key_text(model, key));
    for (const Claim& c : claims_of(model, items[i].view())) {
      const auto [taken, is_new] = seen.try_emplace("claim " + c.key, i);
      if (!is_new)
        refuse(taken->second, attribute_names(*c.unique), values_text(*c.unique, items[i].view()));
    }
  }
}

// Rows [begin, end) are stored. Their functions are all called.
void finish_inserts(const ModelInfo& model, const std::vector<void*>& rows,
                    const std::vector<dynamodb::PackedItem>& items, std::size_t begin,
                    std::size_t end, FirstError& of_listeners) {
  std::vector<std::vector<const FieldInfo*>> fields;
  for (std::size_t i = begin; i < end; ++i)
    fields.push_back(set_inserted(model, rows[i], items[i]));
  for (std::size_t i = begin; i < end; ++i)
    of_listeners.keep([&] { send_post_save(model, rows[i], true, fields[i - begin]); });
}

void insert_in_transactions(const Connection& connection, const ModelInfo& model,
                            const std::vector<void*>& rows,
                            const std::vector<dynamodb::PackedItem>& items) {
  TransactionFiller filler;
  std::size_t stored = 0;
  FirstError of_listeners;  // the rows behind are stored all the same
  const auto flush = [&](std::size_t end) {
    if (filler.empty()) return;
    const auto action_rows = filler.take_rows();
    const auto result = transact(connection, filler.take(connection));
    if (!result) explain_failure(model, result.error(), action_rows, items, stored);
    const std::size_t begin = std::exchange(stored, end);
    finish_inserts(model, rows, items, begin, end, of_listeners);
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto actions = insert_actions(connection, model, dynamodb::unpack(items[i].view()));
    const std::size_t bytes = items[i].bytes().size();
    if (!filler.fits(actions.size(), bytes)) flush(i);
    filler.add(connection, std::move(actions), bytes, i);
  }
  flush(rows.size());
  of_listeners.rethrow();
}

Written write_guarded(const ModelInfo& model, void* row, Guard guard) {
  const Connection& connection = Connection::current();
  RowState& state = model.row.state(row);
  // A row whose key was changed is a new one, as in Django.
  const auto has_new_key = [&] {
    return !state.is_new() && key_of(model, row) != key_of(model, state.stored());
  };
  const bool is_new = state.is_new() || has_new_key();
  if (!is_new) complete_row(model, row);
  if (!is_new) send_pre_save(model, row, false);
  if (!is_new && !has_new_key()) {
    prepare_update(model, row, connection.now());
    validate_row(model, row, Strictness::storable);
    return update_row(connection, model, row, guard);
  }
  const RowState known = state;  // of the row under its old key, where this one cannot be made
  try {
    state.forget();
    prepare_insert(model, row, connection.now());
    if (is_new) send_pre_save(model, row, true);
    validate_row(model, row, Strictness::storable);
    return insert_row(connection, model, row);
  } catch (...) {
    if (state.is_new()) state = known;
    throw;
  }
}

}  // namespace

Written write_row(const ModelInfo& model, void* row) {
  return write_guarded(model, row, Guard::version);
}
Written write_row_as_read(const ModelInfo& model, void* row) {
  return write_guarded(model, row, Guard::all);
}
void tell_listeners(const ModelInfo& model, void* row, const Written& written) {
  send_post_save(model, row, written.created, written.fields);
}
void save_row(const ModelInfo& model, void* row) {
  tell_listeners(model, row, write_row(model, row));
}

void bulk_insert(const ModelInfo& model, const std::vector<void*>& rows) {
  const Connection& connection = Connection::current();
  const Timestamp now = connection.now();
  bool given_keys = !model.generated_key;
  std::vector<dynamodb::PackedItem> items;
  for (void* row : rows) {
    model.row.state(row).forget();
    given_keys = given_keys || !is_nil_uuid(*model.partition, row);
    prepare_insert(model, row, now);
    const dynamodb::Item made = key_of(model, row);
    send_pre_save(model, row, true);
    given_keys = given_keys || key_of(model, row) != made;
    validate_row(model, row, Strictness::storable);
    items.emplace_back(insert_item(model, row));
  }
  refuse_repeats(model, items);
  // A batch overwrites; that cannot happen to keys that were made here, at random.
  if (given_keys || !model.unique.empty() || has_link_copies(model))
    return insert_in_transactions(connection, model, rows, items);
  std::vector<dynamodb::WriteRequest> writes;
  for (const auto& item : items)
    writes.emplace_back(dynamodb::PutRequest{dynamodb::unpack(item.view())});
  batch_write(connection, connection.table(model.table), std::move(writes));
  FirstError of_listeners;
  finish_inserts(model, rows, items, 0, rows.size(), of_listeners);
  of_listeners.rethrow();
}

}  // namespace dynamo_backend
