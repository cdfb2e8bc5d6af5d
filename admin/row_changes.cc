// A row changed by a function, deleted, and what the log takes back.
#include <algorithm>

#include "admin/row_edit.h"
#include "admin/values.h"
#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/rows.h"
#include "dynamo_backend/transaction.h"

namespace admin {

using base::Uuid;
using dynamo_backend::Transaction;
using dynamo_backend::Value;

namespace {

// A copy of what a many-to-many links: the links of a row that is gone are gone, too.
bool keeps_links(const ModelInfo& model, const FieldInfo& field) {
  return std::any_of(model.fields.begin(), model.fields.end(),
                     [&](const FieldInfo& many) { return many.keys_in == field.member; });
}

}  // namespace

std::vector<FieldChange> changes_of_deletion(const ModelInfo& model, dynamodb::ItemView row) {
  auto changes = compare_rows(model, row, {});
  for (const FieldInfo& field : model.fields) {
    if (field.kind != dynamo_backend::Kind::many_to_many) continue;
    const auto owner = row.find(model.partition->attribute);
    const auto keys = linked_keys(model, field, *Uuid::parse(owner->text()));
    if (!keys.empty()) changes.push_back({std::string(field.attribute), texts_of(keys)});
  }
  return changes;
}

std::vector<FieldChange> save_changes(Transaction& t, const ModelInfo& model, void* row) {
  t.save(model, row);
  const auto saved = pack_row(model, row);
  auto changes = compare_rows(model, model.row.state(row).stored(), saved.view());
  std::erase_if(changes, [&](const FieldChange& change) {
    const FieldInfo* field = model.find(change.field);
    return field && field->auto_now;
  });
  return changes;
}

bool change_row(const ModelInfo& model, const dynamodb::Item& key, const Actor& actor,
                const std::function<void(void* row)>& change) {
  std::shared_ptr<void> row;
  return dynamo_backend::transaction([&](Transaction& t) {
    if (find_job_entry(actor, model, key)) return true;
    const auto packed = t.read(model, key);
    if (!packed) return false;
    row = row_of(model, packed->bytes());
    change(row.get());
    const auto changed = pack_row(model, row.get());
    if (compare_rows(model, packed->view(), changed.view()).empty()) return true;
    const auto changes = save_changes(t, model, row.get());
    t.create(make_entry(actor, model, key, row_text(model, row.get()), "change", changes));
    return true;
  });
}

bool revert(const ModelInfo& model, const LogEntry& entry, const Actor& actor) {
  const auto key = key_from_url(model, entry.key);
  if (!key) return false;
  if (entry.verb == "add") return delete_row(model, *key, actor);
  if (find_job_entry(actor, model, *key)) return true;
  if (entry.verb == "delete") {
    restore_row(model, entry, actor);
    return true;
  }
  std::shared_ptr<void> row;
  return dynamo_backend::transaction([&](Transaction& t) {
    const auto packed = t.read(model, *key);
    if (!packed) return false;
    row = row_of(model, packed->bytes());
    std::vector<FieldChange> links;
    for (const FieldChange& change : changes_of(entry)) {
      const FieldInfo* field = model.find(change.field);
      if (!field || change.cut) return false;
      if (field->auto_now) continue;
      if (field->kind == dynamo_backend::Kind::many_to_many) {
        if (auto undone = revert_links(t, model, *field, row.get(), change))
          links.push_back(std::move(*undone));
        continue;
      }
      const auto now = packed->view().find(field->attribute);
      if ((now ? dynamodb::unpack(*now) : Value()) != change.after) return false;
      field->set(row.get(), change.before);
    }
    const auto reverted = pack_row(model, row.get());
    auto changes = compare_rows(model, packed->view(), reverted.view());
    if (!changes.empty()) changes = save_changes(t, model, row.get());
    std::move(links.begin(), links.end(), std::back_inserter(changes));
    if (changes.empty()) return false;
    t.create(make_entry(actor, model, *key, row_text(model, row.get()), "change", changes));
    return true;
  });
}

bool delete_row(const ModelInfo& model, const dynamodb::Item& key, const Actor& actor) {
  const bool is_logged = find_job_entry(actor, model, key).has_value();
  const auto packed = dynamo_backend::fetch(model, key);
  if (!packed) return is_logged;
  const auto row = row_of(model, packed->bytes());
  LogEntry entry = make_entry(actor, model, key, row_text(model, row.get()), "delete",
                              changes_of_deletion(model, packed->view()));
  try {
    dynamo_backend::transaction([&](Transaction& t) {
      t.remove(model, row.get());
      if (!is_logged) t.create(entry);
    });
  } catch (const dynamo_backend::TransactionTooLarge&) {
    // The deletion is a job of its own, which nothing takes back: its entry comes first.
    dynamo_backend::check_cascade(dynamo_backend::Connection::current(), model, packed->view());
    if (!is_logged) entry.save();
    remove_row(model, row.get());
  }
  return true;
}

void restore_row(const ModelInfo& model, const LogEntry& entry, const Actor& actor) {
  const auto key = key_from_url(model, entry.key);
  if (!key) throw dynamo_backend::FieldError("The entry's key is no key of " + model.name + ".");
  const auto row = model.row.make();
  for (const auto& [name, value] : *key) model.field(name).set(row.get(), value);
  std::vector<std::pair<const FieldInfo*, std::vector<Uuid>>> links;
  for (const FieldChange& change : changes_of(entry)) {
    const FieldInfo* field = model.find(change.field);
    const bool is_links = field && field->kind == dynamo_backend::Kind::many_to_many;
    if (!field || field->key || keeps_links(model, *field)) continue;
    if (!field->stored() && !is_links) continue;
    if (dynamo_backend::is_secret_name(change.field)) continue;  // not in the log
    if (change.cut)
      throw dynamo_backend::FieldError("'" + change.field +
                                       "' was too large for the log: the row cannot be restored.");
    if (is_links)
      links.emplace_back(field, present(field->target(), uuids_of(change.before)));
    else if (!change.before.is<dynamodb::Null>())
      field->set(row.get(), change.before);
  }
  const auto write = [&](bool with_links) {
    dynamo_backend::transaction([&](Transaction& t) {
      t.create(model, row.get());
      const auto after = pack_row(model, row.get());
      auto changes = compare_rows(model, {}, after.view());
      for (const auto& [many, keys] : links) {
        changes.push_back({std::string(many->attribute), Value(), texts_of(keys)});
        if (with_links) t.link({owner_of(model, row.get()), &model, many}, keys);
      }
      t.create(make_entry(actor, model, *key, row_text(model, row.get()), "add", changes));
    });
  };
  try {
    write(true);
  } catch (const dynamo_backend::TransactionTooLarge&) {
    if (links.empty()) throw;
    write(false);
    for (const auto& [many, keys] : links)
      set_linked_keys(model, *many, owner_of(model, row.get()), keys);
  }
}

}  // namespace admin
