// Rows as Json, and rows from Json.
#include <algorithm>

#include "base/json.h"
#include "dynamo_backend/query.h"
#include "dynamo_backend/rows.h"

namespace dynamo_backend {
namespace {

std::vector<const FieldInfo*> named_fields(const ModelInfo& model,
                                           std::span<const std::string_view> names) {
  std::vector<const FieldInfo*> fields;
  for (std::string_view name : names) {
    const FieldInfo& f = model.field(name);
    if (!f.stored())
      throw FieldError("values() of " + model.name + ": '" + std::string(name) +
                       "' is a many-to-many, not a value.");
    fields.push_back(&f);
  }
  if (!names.empty()) return fields;
  for (const FieldInfo& f : model.fields) {
    if (f.stored() && f.kind != Kind::computed) fields.push_back(&f);
  }
  return fields;
}

template <class Row>
std::vector<Json> rows_as(const Query& query, std::span<const std::string_view> names,
                          Row&& to_row) {
  const ModelInfo& model = *query.model;
  const auto fields = named_fields(model, names);
  std::vector<Json> out;
  Query reading = query;
  // What is computed is made of other members.
  const bool computes = std::any_of(fields.begin(), fields.end(),
                                    [](const FieldInfo* f) { return f->kind == Kind::computed; });
  reading.fields.clear();
  if (!names.empty() && !computes) reading.fields = fields;
  RowStream stream(reading, /*whole=*/true);
  while (const auto packed = stream.next()) {
    const std::shared_ptr<void> row = model.row.make();
    load_row(model, row.get(), *packed);
    out.push_back(to_row(fields, row.get()));
  }
  return out;
}

bool settable(const FieldInfo& f) {
  return f.at && f.stored() && !f.key && f.kind != Kind::version && !f.auto_now && !f.auto_now_add;
}

}  // namespace

std::vector<Json> json_rows(const Query& query, std::span<const std::string_view> names) {
  return rows_as(query, names, [](const auto& fields, const void* row) {
    Json object = Json::object();
    for (const FieldInfo* f : fields)
      object[std::string(f->attribute)] = to_json(f->shape(), f->get(row));
    return object;
  });
}

std::vector<Json> json_lists(const Query& query, std::span<const std::string_view> names) {
  return rows_as(query, names, [](const auto& fields, const void* row) {
    Json array = Json::array();
    for (const FieldInfo* f : fields) array.push_back(to_json(f->shape(), f->get(row)));
    return array;
  });
}

void update_from_json(const ModelInfo& model, void* row, const Json& object) {
  ValidationError errors(model.name);
  if (!object.is_object()) {
    errors.add("Must be a JSON object.");
    throw errors;
  }
  for (const auto& [name, value] : object.items()) {
    const FieldInfo* f = model.find(name);
    if (!f || !settable(*f)) {
      errors.add(name, f ? "This field cannot be set." : "There is no such field.");
      continue;
    }
    try {
      f->from_json(row, value);
    } catch (const BadValue& e) {
      errors.add(f->attribute, std::string("This field ") + e.what() + ".");
    }
  }
  if (!errors.empty()) throw errors;
}

}  // namespace dynamo_backend
