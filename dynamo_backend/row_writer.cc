// save(), create() and bulk_create() of rows.
#include <algorithm>
#include <set>

#include "dynamo_backend/batch_write.h"
#include "dynamo_backend/predicate.h"
#include "dynamo_backend/row_commit.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/unique.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

Value stored_or_null(const FieldInfo& field, dynamodb::ItemView item) {
  const auto value = stored_value(field, item);
  return value ? dynamodb::unpack(*value) : Value();
}

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
    if (f.get(row) == f.get(fresh.get())) f.type->make(f.at(row), f.default_factory);
  }
}

void prepare_insert(const ModelInfo& model, void* row, Timestamp now) {
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

dynamodb::Number plus_one(const Value& version) {
  return *dynamodb::add(version.as<dynamodb::Number>(), dynamodb::Number(1));
}

// The row to insert, as it will be stored: version 1 and up.
dynamodb::Item insert_item(const ModelInfo& model, const void* row) {
  const dynamodb::PackedItem packed = pack_row(model, row);
  dynamodb::Item item = dynamodb::unpack(packed.view());
  if (model.version)
    item.insert_or_assign(std::string(model.version->attribute), plus_one(model.version->get(row)));
  return item;
}

// After a write: the row's members and state are what is stored.
void written(const ModelInfo& model, void* row, const dynamodb::PackedItem& stored,
             std::vector<std::string_view> attributes) {
  if (model.version) model.version->load(row, *stored.view().find(model.version->attribute));
  RowState& state = model.row.state(row);
  state.set_stored(stored.bytes());
  state.set_written(std::move(attributes));
  bind_many(model, row);
}

std::vector<std::string_view> stored_attributes(const ModelInfo& model,
                                                const dynamodb::PackedItem& stored) {
  std::vector<std::string_view> names;
  for (const FieldInfo* f : model.by_attribute) {
    if (stored.view().find(f->attribute)) names.push_back(f->attribute);
  }
  return names;
}

dynamodb::PutItemRequest insert_request(const Connection& connection, const ModelInfo& model,
                                        const dynamodb::Item& item) {
  return {.table = connection.table(model.table),
          .item = item,
          .condition = dynamodb::attribute_not_exists(dynamodb::Path(model.partition->attribute))};
}

void insert_row(const Connection& connection, const ModelInfo& model, void* row) {
  const dynamodb::Item item = insert_item(model, row);
  const dynamodb::PackedItem packed(item);
  const std::string key = key_text(model, item);
  const auto claims = claims_of(model, packed.view());
  if (claims.empty()) {
    const auto result = connection.client().put_item(insert_request(connection, model, item));
    if (!result && result.error().code == dynamodb::ErrorCode::conditional_check_failed)
      throw_key_taken(model, key);
    if (!result) throw DatabaseError(result.error(), "PutItem");
  } else {
    std::vector<dynamodb::TransactWriteAction> actions{insert_request(connection, model, item)};
    for (const Claim& c : claims) actions.emplace_back(claim_put(connection, c, key));
    const auto result = transact(connection, std::move(actions));
    if (!result) {
      const auto& reasons = result.error().reasons;
      const auto failed = [&](std::size_t i) {
        return i < reasons.size() && reasons[i].code == "ConditionalCheckFailed";
      };
      for (std::size_t i = 0; i < claims.size(); ++i) {
        if (failed(i + 1))
          throw_taken(model, *claims[i].field, stored_or_null(*claims[i].field, packed.view()));
      }
      if (failed(0)) throw_key_taken(model, key);
      throw DatabaseError(result.error(), "TransactWriteItems");
    }
  }
  written(model, row, packed, stored_attributes(model, packed));
}

// What of the row differs from what was read.
RowChange changes_of(const ModelInfo& model, const void* row, dynamodb::ItemView stored) {
  RowChange change;
  const dynamodb::PackedItem packed = pack_row(model, row);
  for (const FieldInfo* f : model.by_attribute) {
    if (f->key || f->kind == Kind::computed || f == model.version) continue;
    const auto before = stored_value(*f, stored), after = stored_value(*f, packed.view());
    if (before.has_value() != after.has_value() || (before && !(*before == *after))) {
      change.values.emplace_back(f, after ? dynamodb::unpack(*after) : Value());
    }
  }
  return change;
}

void update_row(const Connection& connection, const ModelInfo& model, void* row) {
  RowState& state = model.row.state(row);
  const dynamodb::PackedItem read{std::string(state.packed())};
  const RowChange change = changes_of(model, row, read.view());
  state.set_written({});
  if (change.values.empty()) return;
  const Value version = model.version ? stored_or_null(*model.version, read.view()) : Value();
  const dynamodb::Item key = key_of(model, row);
  const Committed committed = commit_row(
      connection, model, key, read, [&](dynamodb::ItemView stored) -> std::optional<RowChange> {
        RowChange next = change;
        if (!model.version) return next;
        if (stored_or_null(*model.version, stored) != version) {
          throw ConflictError(model.name + " " + key_text(model, key) +
                              " was changed by another since it was read: refresh() it and apply "
                              "the change again.");
        }
        bump_version(model, stored, next);
        return next;
      });
  if (committed.result == CommitResult::gone)
    model.raise_does_not_exist("key " + key_text(model, key) + ": the row was deleted");
  // The state holds what this object believes, not what others wrote meanwhile: or the next save()
  // would undo them.
  RowChange believed = change;
  for (const ComputedInfo& c : model.computed)
    believed.values.emplace_back(c.field, stored_or_null(*c.field, committed.after->view()));
  if (model.version)
    believed.values.emplace_back(model.version,
                                 stored_or_null(*model.version, committed.after->view()));
  std::vector<std::string_view> names;
  for (const auto& [field, value] : change.values) names.push_back(field->attribute);
  if (model.version) names.push_back(model.version->attribute);
  written(model, row, apply_change(read.view(), believed), std::move(names));
}

// ---- bulk_create

// Rows that one transaction takes: at most 100 actions and 4 MB.
class TransactionFiller {
 public:
  bool fits(std::size_t actions, std::size_t bytes) const {
    return actions_.size() + actions <= dynamodb::kMaxTransactionActions &&
           bytes_ + bytes <= dynamodb::kMaxTransactionSize / 2;
  }
  void add(std::vector<dynamodb::TransactWriteAction> actions, std::size_t bytes, std::size_t row) {
    bytes_ += bytes;
    for (auto& a : actions) {
      actions_.push_back(std::move(a));
      rows_.push_back(row);
    }
  }
  bool empty() const { return actions_.empty(); }
  std::vector<dynamodb::TransactWriteAction> take() { return std::exchange(actions_, {}); }
  std::vector<std::size_t> take_rows() {
    bytes_ = 0;
    return std::exchange(rows_, {});
  }

 private:
  std::vector<dynamodb::TransactWriteAction> actions_{};
  std::vector<std::size_t> rows_{};  // of each action
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
    if (i == first) throw IntegrityError("pk", where + ": its key exists already" + done + ".");
    const Claim claim = claims_of(model, item.view()).at(i - first - 1);
    const std::string field(claim.field->attribute);
    throw IntegrityError(field, where + ": another row has its " + field + " " +
                                    describe(stored_or_null(*claim.field, item.view())) + done +
                                    ".");
  }
  throw DatabaseError(error, "TransactWriteItems" + done);
}

void refuse_repeats(const ModelInfo& model, const std::vector<dynamodb::PackedItem>& items) {
  std::set<std::string> seen;
  for (const auto& item : items) {
    if (!seen.insert("key " + key_text(model, key_of(model, item.view()))).second) {
      throw IntegrityError("pk", model.name + ": two rows of the list have one key.");
    }
    for (const Claim& c : claims_of(model, item.view())) {
      if (seen.insert("claim " + c.key).second) continue;
      throw IntegrityError(
          std::string(c.field->attribute),
          model.name + ": two rows of the list have one " + std::string(c.field->attribute) + ".");
    }
  }
}

void insert_in_transactions(const Connection& connection, const ModelInfo& model,
                            const std::vector<void*>& rows,
                            const std::vector<dynamodb::PackedItem>& items) {
  TransactionFiller filler;
  std::size_t stored = 0;
  const auto flush = [&](std::size_t end) {
    if (filler.empty()) return;
    const auto action_rows = filler.take_rows();
    const auto result = transact(connection, filler.take());
    if (!result) explain_failure(model, result.error(), action_rows, items, stored);
    for (; stored < end; ++stored)
      written(model, rows[stored], items[stored], stored_attributes(model, items[stored]));
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const dynamodb::Item item = dynamodb::unpack(items[i].view());
    std::vector<dynamodb::TransactWriteAction> actions{insert_request(connection, model, item)};
    for (const Claim& c : claims_of(model, items[i].view()))
      actions.emplace_back(claim_put(connection, c, key_text(model, item)));
    const std::size_t bytes = items[i].bytes().size();
    if (!filler.fits(actions.size(), bytes)) flush(i);
    filler.add(std::move(actions), bytes, i);
  }
  flush(rows.size());
}

}  // namespace

void save_row(const ModelInfo& model, void* row) {
  const Connection& connection = Connection::current();
  RowState& state = model.row.state(row);
  // A row whose key was changed is a new one, as in Django.
  if (!state.is_new() && key_of(model, row) != key_of(model, state.stored())) state.forget();
  if (state.is_new()) {
    prepare_insert(model, row, connection.now());
    validate_row(model, row, Strictness::storable);
    insert_row(connection, model, row);
  } else {
    complete_row(model, row);
    prepare_update(model, row, connection.now());
    validate_row(model, row, Strictness::storable);
    update_row(connection, model, row);
  }
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
    validate_row(model, row, Strictness::storable);
    items.emplace_back(insert_item(model, row));
  }
  refuse_repeats(model, items);
  // A batch overwrites; that cannot happen to keys that were made here, at random.
  if (given_keys || !model.unique.empty())
    return insert_in_transactions(connection, model, rows, items);
  std::vector<dynamodb::WriteRequest> writes;
  for (const auto& item : items)
    writes.emplace_back(dynamodb::PutRequest{dynamodb::unpack(item.view())});
  batch_write(connection, connection.table(model.table), std::move(writes));
  for (std::size_t i = 0; i < rows.size(); ++i)
    written(model, rows[i], items[i], stored_attributes(model, items[i]));
}

}  // namespace dynamo_backend
