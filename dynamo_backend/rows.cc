#include "dynamo_backend/rows.h"

#include <algorithm>

#include "base/json_writer.h"
#include "dynamo_backend/connection.h"
#include "dynamo_backend/expiry.h"
#include "dynamo_backend/item_size.h"
#include "dynamo_backend/key_rules.h"
#include "dynamo_backend/relations.h"
#include "dynamo_backend/request_scope.h"
#include "dynamodb/limits.h"

namespace dynamo_backend {
namespace {

void load_field(const ModelInfo& model, const FieldInfo& field, void* row,
                dynamodb::ValueView stored) {
  try {
    field.load(row, stored);
  } catch (const BadValue& e) {
    throw DatabaseError(model.name + ": the stored attribute '" + std::string(field.attribute) +
                        "' " + e.what() + ".");
  }
}

void load_absent(const FieldInfo& field, void* row) {
  if (field.at && field.type->absent) field.type->absent(field.at(row));
}

}  // namespace

void load_row(const ModelInfo& model, void* row, std::string_view packed, StoredItem::Page page) {
  // Both sides are in order of name: one pass.
  auto field = model.by_attribute.begin();
  const auto end = model.by_attribute.end();
  for (const auto& [name, value] : dynamodb::ItemView(packed)) {
    const auto is_next = [&n = name, &field, end] {
      return field != end && (*field)->attribute == n;
    };
    bool known = is_next();
    if (!known) {
      while (field != end && (*field)->attribute < name) load_absent(**field++, row);
      known = is_next();
    }
    if (known) load_field(model, **field++, row, value);
  }
  while (field != end) load_absent(**field++, row);
  model.row.state(row).set_stored(packed, std::move(page));
  bind_many(model, row);
}

void bind_many(const ModelInfo& model, void* row) {
  if (model.many.empty()) return;
  const Uuid& owner = *static_cast<const Uuid*>(model.partition->at(row));
  for (const FieldInfo* f : model.many)
    static_cast<ManyBase*>(f->at(row))->bind({owner, &model, f});
}

dynamodb::PackedItem pack_row(const ModelInfo& model, const void* row) {
  dynamodb::ItemPacker packer;
  for (const FieldInfo* f : model.by_attribute) {
    try {
      f->pack(row, packer);
    } catch (const BadValue& e) {
      throw ValidationError(model.name, f->attribute, std::string("The value ") + e.what() + ".");
    }
  }
  dynamodb::PackedItem packed = std::move(packer).finish();
  check_item_size(model, packed.view());
  return packed;
}

dynamodb::Item key_of(const ModelInfo& model, const void* row) {
  dynamodb::Item key;
  key.emplace(model.partition->attribute, model.partition->get(row));
  if (model.sort) key.emplace(model.sort->attribute, model.sort->get(row));
  return key;
}

dynamodb::Item key_of(const ModelInfo& model, dynamodb::ItemView item) {
  dynamodb::Item key;
  for (const FieldInfo* f : {model.partition, model.sort}) {
    if (!f) continue;
    const auto value = item.find(f->attribute);
    if (!value)
      throw DatabaseError(model.name + ": a stored item lacks its key attribute '" +
                          std::string(f->attribute) + "'.");
    key.emplace(f->attribute, dynamodb::unpack(*value));
  }
  return key;
}

std::string key_text(const ModelInfo& model, const dynamodb::Item& key) {
  std::string text;
  for (const FieldInfo* f : {model.partition, model.sort}) {
    if (!f) continue;
    if (!text.empty()) text += '/';
    text += text_of_key_value(key.find(f->attribute)->second);
  }
  return text;
}

std::string row_identity(const ModelInfo& model, const dynamodb::Item& key) {
  return model.table + '\0' + dynamodb::PackedItem(key).bytes();
}

namespace {

std::optional<dynamodb::PackedItem> get_item(const ModelInfo& model, const dynamodb::Item& key) {
  const Connection& connection = Connection::current();
  auto result =
      take(connection.client().get_item(
               {.table = connection.table(model.table), .key = key, .consistent_read = true}),
           "GetItem");
  if (result.item && has_expired(model, result.item->view(), connection.now())) return std::nullopt;
  return std::move(result.item);
}

}  // namespace

std::optional<dynamodb::PackedItem> fetch(const ModelInfo& model, const dynamodb::Item& key) {
  const RequestScope::Fresh fresh;
  return may_exist(model, key) ? get_item(model, key) : std::nullopt;
}

std::optional<dynamodb::PackedItem> look_up(const ModelInfo& model, const dynamodb::Item& key) {
  if (!may_exist(model, key)) return std::nullopt;
  note_look_up(model, Connection::current().table(model.table), key);
  return get_item(model, key);
}

void complete_row(const ModelInfo& model, void* row) {
  RowState& state = model.row.state(row);
  if (state.only().empty()) return;
  const dynamodb::Item key = key_of(model, row);
  const auto stored = fetch(model, key);
  if (!stored) model.raise_does_not_exist("key " + key_text(model, key) + ": the row was deleted");
  dynamodb::Item whole = dynamodb::unpack(stored->view());
  for (const FieldInfo* f : model.by_attribute) {
    const auto& only = state.only();
    if (f->key || std::find(only.begin(), only.end(), f) != only.end()) {
      // As it was read: what another wrote meanwhile is not this row's change.
      whole.erase(std::string(f->attribute));
      if (const auto read = state.stored().find(f->attribute))
        whole.emplace(f->attribute, dynamodb::unpack(*read));
    } else if (const auto value = stored->view().find(f->attribute)) {
      load_field(model, *f, row, *value);
    } else {
      load_absent(*f, row);
    }
  }
  state.set_stored(dynamodb::PackedItem(whole).bytes());
}

void write_row(const ModelInfo& model, const void* row, base::JsonWriter& out) {
  out.begin_object();
  for (const FieldInfo& f : model.fields) {
    if (!f.stored() || f.kind == Kind::computed) continue;
    out.key(f.attribute);
    f.write_json(row, out);
  }
  out.end_object();
}

}  // namespace dynamo_backend
