// Operations as JSON: the objects of a migration file's "operations".
#include <map>

#include "base/json.h"
#include "dynamo_backend/migrations/object_reader.h"
#include "dynamo_backend/migrations/operation.h"

namespace dynamo_backend::migrations {
namespace {

using base::Json;

Json to_json(const Backfill& backfill, const FieldState& field) {
  if (!backfill.function.empty()) return {{"function", backfill.function}};
  return {{"value", dynamo_backend::to_json(field.shape(), backfill.value)}};
}

Backfill backfill_of(ObjectReader& operation, const FieldState& field) {
  const Json* json = operation.find("backfill");
  if (!json) return {};
  ObjectReader reader(*json, "backfill of " + field.name);
  Backfill backfill{.function = reader.text_or_empty("function")};
  const Json* value = reader.find("value");
  reader.finish();
  if ((value != nullptr) == !backfill.function.empty())
    reader.refuse("value", "or \"function\": one of the two");
  try {
    check_function(field, backfill.function);
  } catch (const BadValue& error) {
    reader.refuse("function", error.what());
  }
  if (!value) return backfill;
  if (value->is_null()) reader.refuse("value", "must not be null: leave \"backfill\" out");
  try {
    backfill.value = from_json(field.shape(), *value);
  } catch (const BadValue& error) {
    reader.refuse("value", error.what());
  }
  return backfill;
}

// Everything but "operation" and "model", which stand first.
struct Write {
  Json& json;
  void operator()(const CreateTable& o) const { json.update(migrations::to_json(o.model)); }
  void operator()(const DeleteTable&) const {}
  void operator()(const RenameModel& o) const { json["new_name"] = o.new_name; }
  void operator()(const AddField& o) const {
    json["field"] = migrations::to_json(o.field);
    if (!o.backfill.empty()) json["backfill"] = to_json(o.backfill, o.field);
  }
  void operator()(const RemoveField& o) const {
    json["field"] = o.field;
    if (o.keep_data) json["keep_data"] = true;
  }
  void operator()(const RenameField& o) const {
    json["field"] = o.field;
    json["new_name"] = o.new_name;
  }
  void operator()(const AlterField& o) const {
    json["field"] = migrations::to_json(o.field);
    if (!o.conversion.empty()) json["conversion"] = o.conversion;
    if (!o.reverse_conversion.empty()) json["reverse_conversion"] = o.reverse_conversion;
    if (!o.backfill.empty()) json["backfill"] = to_json(o.backfill, o.field);
  }
  void operator()(const RecomputeField& o) const { json["field"] = o.field; }
  void operator()(const AddIndex& o) const { json["index"] = migrations::to_json(o.index); }
  void operator()(const RemoveIndex& o) const { json["index"] = o.index; }
  void operator()(const AddUnique& o) const { json["unique"] = migrations::to_json(o.unique); }
  void operator()(const RemoveUnique& o) const { json["fields"] = o.fields; }
  void operator()(const SetTtl& o) const {
    json["field"] = o.field.empty() ? Json() : Json(o.field);
  }
  void operator()(const SetStream& o) const {
    json["view"] = o.view ? stream_name(*o.view) : "none";
  }
  void operator()(const RunFunction& o) const {
    json["function"] = o.function;
    if (!o.reverse.empty()) json["reverse"] = o.reverse;
  }
};

AlterField read_alter(ObjectReader& reader) {
  AlterField o{.model = reader.text("model"),
               .field = field_from_json(reader.take("field")),
               .conversion = reader.text_or_empty("conversion"),
               .reverse_conversion = reader.text_or_empty("reverse_conversion")};
  o.backfill = backfill_of(reader, o.field);
  return o;
}

AddField read_add(ObjectReader& reader) {
  AddField o{.model = reader.text("model"), .field = field_from_json(reader.take("field"))};
  o.backfill = backfill_of(reader, o.field);
  return o;
}

SetTtl read_ttl(ObjectReader& reader) {
  SetTtl o{.model = reader.text("model")};
  if (!reader.take("field").is_null()) o.field = reader.text("field");
  return o;
}

using Read = Operation (*)(ObjectReader& reader, std::string_view app);

const std::map<std::string_view, Read>& readers() {
  using R = ObjectReader;
  using App = std::string_view;
  static const std::map<std::string_view, Read> all{
      {"create_table", [](R& r, App app) -> Operation { return CreateTable{read_model(r, app)}; }},
      {"delete_table", [](R& r, App) -> Operation { return DeleteTable{r.text("model")}; }},
      {"rename_model",
       [](R& r, App) -> Operation {
         return RenameModel{r.text("model"), r.text("new_name")};
       }},
      {"add_field", [](R& r, App) -> Operation { return read_add(r); }},
      {"remove_field",
       [](R& r, App) -> Operation {
         return RemoveField{r.text("model"), r.text("field"), r.flag("keep_data")};
       }},
      {"rename_field",
       [](R& r, App) -> Operation {
         return RenameField{r.text("model"), r.text("field"), r.text("new_name")};
       }},
      {"alter_field", [](R& r, App) -> Operation { return read_alter(r); }},
      {"recompute_field",
       [](R& r, App) -> Operation {
         return RecomputeField{r.text("model"), r.text("field")};
       }},
      {"add_index",
       [](R& r, App) -> Operation {
         return AddIndex{r.text("model"), index_from_json(r.take("index"))};
       }},
      {"remove_index",
       [](R& r, App) -> Operation {
         return RemoveIndex{r.text("model"), r.text("index")};
       }},
      {"add_unique",
       [](R& r, App) -> Operation {
         return AddUnique{r.text("model"), unique_from_json(r.take("unique"))};
       }},
      {"remove_unique",
       [](R& r, App) -> Operation {
         return RemoveUnique{r.text("model"), r.texts("fields")};
       }},
      {"set_ttl", [](R& r, App) -> Operation { return read_ttl(r); }},
      {"set_stream",
       [](R& r, App) -> Operation {
         return SetStream{r.text("model"), parse_stream(r.text("view"))};
       }},
      {"run_function", [](R& r, App) -> Operation {
         return RunFunction{r.text("function"), r.text_or_empty("reverse"),
                            r.text_or_empty("model")};
       }}};
  return all;
}

}  // namespace

Json to_json(const Operation& operation) {
  Json json{{"operation", name_of(operation)}};
  if (!model_of(operation).empty()) json["model"] = model_of(operation);
  std::visit(Write{json}, operation);
  return json;
}

Operation operation_from_json(const Json& json, std::string_view app) {
  ObjectReader first(json, "operation");
  const std::string name = first.text("operation");
  const auto read = readers().find(name);
  if (read == readers().end()) {
    std::string names;
    for (const auto& [known, reader] : readers())
      names += (names.empty() ? "" : ", ") + std::string(known);
    first.refuse("operation", "is \"" + name + "\"; it is one of " + names);
  }
  ObjectReader reader(json, name);
  reader.text("operation");
  Operation operation = read->second(reader, app);
  reader.finish();
  return operation;
}

}  // namespace dynamo_backend::migrations
