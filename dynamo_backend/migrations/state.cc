#include "dynamo_backend/migrations/state.h"

#include <algorithm>

#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {
namespace {

template <class Range, class Value, class Member>
auto* find_by(Range& range, const Value& value, Member member) {
  const auto found = std::find_if(range.begin(), range.end(),
                                  [&](const auto& entry) { return entry.*member == value; });
  return found == range.end() ? nullptr : &*found;
}

FieldState field_state(const FieldInfo& field) {
  FieldState state{.name = std::string(field.attribute),
                   .type = type_of(field.shape()),
                   .nullable = field.kind != Kind::computed && field.nullable(),
                   .computed = field.kind == Kind::computed};
  if (is_relation(field.kind) && field.target) state.references = field.target().label();
  return state;
}

std::vector<std::string> attribute_names(const std::vector<const FieldInfo*>& fields) {
  std::vector<std::string> out;
  for (const FieldInfo* field : fields) out.emplace_back(field->attribute);
  return out;
}

IndexState index_state(const IndexInfo& index) {
  IndexState state{.name = index.name,
                   .partition = attribute_names(index.hash_keys()),
                   .sort = attribute_names(index.sort_keys()),
                   .local = index.local,
                   .projection = index.projection,
                   .include = attribute_names(index.includes)};
  std::sort(state.include.begin(), state.include.end());
  return state;
}

dynamodb::KeyAttribute key_attribute(const ModelState& model, const std::string& attribute) {
  const FieldState* field = model.find_field(attribute);
  if (!field)
    throw MigrationError(model.label() + ": a key names the field " + attribute +
                         ", which the model does not have");
  const auto type = field->shape().stored();
  if (!field->shape().is_key_type())
    throw MigrationError(model.label() + ": the field " + attribute + " is a " + field->type +
                         "; a key is text, a number, a date, a UUID or binary");
  return {attribute, *type};
}

dynamodb::KeySchema key_schema(const ModelState& model, const std::vector<std::string>& partition,
                               const std::vector<std::string>& sort) {
  dynamodb::KeySchema key{.partition = key_attribute(model, partition.at(0))};
  for (std::size_t i = 1; i < partition.size(); ++i)
    key.more_partition.push_back(key_attribute(model, partition[i]));
  if (!sort.empty()) key.sort = key_attribute(model, sort[0]);
  for (std::size_t i = 1; i < sort.size(); ++i)
    key.more_sort.push_back(key_attribute(model, sort[i]));
  return key;
}

}  // namespace

const Shape& FieldState::shape() const { return shape_of(type); }

bool FieldState::may_be_absent() const {
  const Shape::Type t = shape().type;
  return nullable || computed || t == Shape::Type::set || t == Shape::Type::json;
}

bool IndexState::uses(std::string_view attribute) const {
  return std::find(partition.begin(), partition.end(), attribute) != partition.end() ||
         std::find(sort.begin(), sort.end(), attribute) != sort.end();
}

bool UniqueState::uses(std::string_view attribute) const {
  return std::find(fields.begin(), fields.end(), attribute) != fields.end();
}

FieldState* ModelState::find_field(std::string_view field) {
  return find_by(fields, field, &FieldState::name);
}
const FieldState* ModelState::find_field(std::string_view field) const {
  return find_by(fields, field, &FieldState::name);
}
const IndexState* ModelState::find_index(std::string_view index) const {
  return find_by(indexes, index, &IndexState::name);
}
const UniqueState* ModelState::find_unique(const std::vector<std::string>& fields_of) const {
  return find_by(unique, fields_of, &UniqueState::fields);
}

const ModelState* ProjectState::find(std::string_view app, std::string_view name) const {
  const auto found = models.find(std::string(app) + "." + std::string(name));
  return found == models.end() ? nullptr : &found->second;
}
ModelState* ProjectState::find(std::string_view app, std::string_view name) {
  return const_cast<ModelState*>(std::as_const(*this).find(app, name));
}
const ModelState& ProjectState::model(std::string_view app, std::string_view name) const {
  if (const ModelState* found = find(app, name)) return *found;
  std::string names;
  for (const auto& [label, model] : models) {
    if (model.app == app) names += (names.empty() ? "" : ", ") + model.name;
  }
  throw MigrationError(std::string(app) + " has no model " + std::string(name) +
                       " at this point; it has " + (names.empty() ? "none" : names));
}
ModelState& ProjectState::model(std::string_view app, std::string_view name) {
  return const_cast<ModelState&>(std::as_const(*this).model(app, name));
}

ModelState model_state(const ModelInfo& model) {
  if (model.app_label.empty())
    throw MigrationError("The model " + model.name +
                         " belongs to no app: put it into a namespace, or set .app_label");
  ModelState state{.app = model.app_label,
                   .name = model.name,
                   .table = model.table,
                   .partition = std::string(model.partition->attribute)};
  if (model.sort) state.sort = model.sort->attribute;
  for (const FieldInfo& field : model.fields) {
    if (field.stored()) state.fields.push_back(field_state(field));
  }
  for (const IndexInfo& index : model.indexes) state.indexes.push_back(index_state(index));
  for (const UniqueInfo& unique : model.unique)
    state.unique.push_back(
        {.fields = attribute_names(unique.fields), .fold_case = unique.fold_case});
  if (model.ttl) state.ttl = model.ttl->attribute;
  state.stream = model.meta.stream;
  return state;
}

ProjectState project_state(const Registry& registry) {
  ProjectState state;
  for (const ModelInfo* model : registry.models()) {
    if (!state.models.emplace(model->label(), model_state(*model)).second)
      throw MigrationError("Two models are called " + model->label() +
                           ": set .app_label of one of them");
  }
  return state;
}

dynamodb::IndexDefinition index_definition(const ModelState& model, const IndexState& index) {
  return {.name = index.name,
          .key = key_schema(model, index.partition, index.sort),
          .projection = index.projection,
          .non_key_attributes = index.include};
}

dynamodb::TableDefinition table_definition(const ModelState& model) {
  dynamodb::TableDefinition table{.name = model.table};
  table.key.partition = key_attribute(model, model.partition);
  if (!model.sort.empty()) table.key.sort = key_attribute(model, model.sort);
  for (const IndexState& index : model.indexes)
    (index.local ? table.local_indexes : table.global_indexes)
        .push_back(index_definition(model, index));
  table.settings.stream = model.stream;
  return table;
}

}  // namespace dynamo_backend::migrations
