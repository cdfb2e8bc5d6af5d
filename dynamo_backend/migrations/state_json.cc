// States as JSON: what migration files say of tables, fields and indexes.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "dynamo_backend/migrations/object_reader.h"
#include "dynamo_backend/migrations/state.h"

namespace dynamo_backend::migrations {
namespace {

using base::Json;
using dynamodb::ProjectionType;
using dynamodb::StreamViewType;

constexpr std::array<std::pair<ProjectionType, std::string_view>, 3> kProjections{
    {{ProjectionType::all, "all"},
     {ProjectionType::keys_only, "keys_only"},
     {ProjectionType::include, "include"}}};
constexpr std::array<std::pair<StreamViewType, std::string_view>, 4> kStreams{
    {{StreamViewType::keys_only, "keys_only"},
     {StreamViewType::new_image, "new_image"},
     {StreamViewType::old_image, "old_image"},
     {StreamViewType::new_and_old_images, "new_and_old_images"}}};

// Two of a model's parts with one name would make every later operation on it a guess.
template <class Parts, class NameOf>
void refuse_repeats(const ObjectReader& reader, std::string_view key, const Parts& parts,
                    NameOf name_of) {
  for (auto a = parts.begin(); a != parts.end(); ++a) {
    for (auto b = std::next(a); b != parts.end(); ++b) {
      if (name_of(*a) == name_of(*b)) reader.refuse(key, "has two entries of one name");
    }
  }
}

void check_names(const ObjectReader& reader, const ModelState& model) {
  const auto need = [&](std::string_view key, const std::string& field) {
    if (!field.empty() && !model.find_field(field))
      reader.refuse(key, "names \"" + field + "\", which is none of the fields");
  };
  need("partition_key", model.partition);
  need("sort_key", model.sort);
  need("ttl", model.ttl);
  for (const IndexState& index : model.indexes) {
    for (const std::string& field : index.partition) need("indexes", field);
    for (const std::string& field : index.sort) need("indexes", field);
    for (const std::string& field : index.include) need("indexes", field);
  }
  for (const UniqueState& unique : model.unique) {
    for (const std::string& field : unique.fields) need("unique", field);
  }
  refuse_repeats(reader, "fields", model.fields, [](const auto& f) { return f.name; });
  refuse_repeats(reader, "indexes", model.indexes, [](const auto& i) { return i.name; });
  refuse_repeats(reader, "unique", model.unique, [](const auto& u) { return u.fields; });
}

}  // namespace

std::string_view stream_name(StreamViewType view) {
  return std::find_if(kStreams.begin(), kStreams.end(),
                      [&](const auto& entry) { return entry.first == view; })
      ->second;
}

std::optional<StreamViewType> parse_stream(std::string_view name) {
  if (name == "none") return std::nullopt;
  for (const auto& [view, known] : kStreams) {
    if (known == name) return view;
  }
  throw MigrationError("\"" + std::string(name) +
                       "\" is no stream; it is none, keys_only, new_image, old_image or "
                       "new_and_old_images");
}

Json to_json(const FieldState& field) {
  Json json{{"name", field.name}, {"type", field.type}};
  if (field.nullable) json["nullable"] = true;
  if (field.computed) json["computed"] = true;
  if (!field.references.empty()) json["references"] = field.references;
  return json;
}

FieldState field_from_json(const Json& json) {
  ObjectReader reader(json, "field");
  FieldState field{.name = reader.text("name"),
                   .type = reader.text("type"),
                   .nullable = reader.flag("nullable"),
                   .computed = reader.flag("computed"),
                   .references = reader.text_or_empty("references")};
  reader.finish();
  try {
    field.type = type_of(shape_of(field.type));
  } catch (const MigrationError& error) {
    throw MigrationError("field " + field.name + ": " + error.what());
  }
  return field;
}

Json to_json(const IndexState& index) {
  const auto key = [](const std::vector<std::string>& names) {
    return names.size() == 1 ? Json(names[0]) : Json(names);
  };
  Json json{{"name", index.name}, {"partition_key", key(index.partition)}};
  if (!index.sort.empty()) json["sort_key"] = key(index.sort);
  if (index.local) json["local"] = true;
  for (const auto& [projection, name] : kProjections) {
    if (projection == index.projection && projection != ProjectionType::all)
      json["projection"] = name;
  }
  if (!index.include.empty()) json["include"] = index.include;
  return json;
}

IndexState index_from_json(const Json& json) {
  ObjectReader reader(json, "index");
  IndexState index{.name = reader.text("name"),
                   .partition = reader.text_or_texts("partition_key"),
                   .sort = reader.text_or_texts("sort_key"),
                   .local = reader.flag("local")};
  const std::string projection = reader.text_or_empty("projection");
  index.include = reader.texts("include");
  reader.finish();
  if (index.partition.empty()) reader.refuse("partition_key", "must name a field");
  std::sort(index.include.begin(), index.include.end());
  const auto named = std::find_if(kProjections.begin(), kProjections.end(), [&](const auto& entry) {
    return entry.second == (projection.empty() ? "all" : projection);
  });
  if (named == kProjections.end()) reader.refuse("projection", "is all, keys_only or include");
  index.projection = named->first;
  if (index.include.empty() == (index.projection == ProjectionType::include))
    reader.refuse("include", "lists attributes exactly with \"projection\": \"include\"");
  return index;
}

Json to_json(const UniqueState& unique) {
  Json json{{"fields", unique.fields}};
  if (unique.fold_case) json["fold_case"] = true;
  return json;
}

UniqueState unique_from_json(const Json& json) {
  ObjectReader reader(json, "unique");
  UniqueState unique{.fields = reader.texts("fields"), .fold_case = reader.flag("fold_case")};
  reader.finish();
  if (unique.fields.empty()) reader.refuse("fields", "must name at least one field");
  return unique;
}

Json to_json(const ModelState& model) {
  const auto all = [](const auto& parts) {
    Json array = Json::array();
    for (const auto& part : parts) array.push_back(to_json(part));
    return array;
  };
  Json json{{"model", model.name}, {"table", model.table}, {"partition_key", model.partition}};
  if (!model.sort.empty()) json["sort_key"] = model.sort;
  json["fields"] = all(model.fields);
  if (!model.indexes.empty()) json["indexes"] = all(model.indexes);
  if (!model.unique.empty()) json["unique"] = all(model.unique);
  if (!model.ttl.empty()) json["ttl"] = model.ttl;
  if (model.stream) json["stream"] = stream_name(*model.stream);
  return json;
}

// The rest of a CreateTable, whose reader it is.
ModelState read_model(ObjectReader& reader, std::string_view app) {
  ModelState model{.app = std::string(app),
                   .name = reader.text("model"),
                   .table = reader.text("table"),
                   .partition = reader.text("partition_key"),
                   .sort = reader.text_or_empty("sort_key")};
  for (const Json& field : reader.array("fields")) model.fields.push_back(field_from_json(field));
  for (const Json& index : reader.array("indexes")) model.indexes.push_back(index_from_json(index));
  for (const Json& unique : reader.array("unique"))
    model.unique.push_back(unique_from_json(unique));
  model.ttl = reader.text_or_empty("ttl");
  if (const std::string stream = reader.text_or_empty("stream"); !stream.empty())
    model.stream = parse_stream(stream);
  check_names(reader, model);
  return model;
}

Json to_json(const ProjectState& state) {
  Json json = Json::object();
  for (const auto& [label, model] : state.models) json[label] = to_json(model);
  return json;
}

}  // namespace dynamo_backend::migrations
