// What operations do to the state, and what they need of it: every operation that DynamoDB or the
// data could not take is refused here, before anything runs.
#include <algorithm>

#include "dynamo_backend/migrations/conversions.h"
#include "dynamo_backend/migrations/operation.h"
#include "dynamodb/limits.h"
#include "dynamodb/table.h"

namespace dynamo_backend::migrations {
namespace {

FieldState& field_of(ModelState& model, const std::string& name) {
  if (FieldState* field = model.find_field(name)) return *field;
  std::string names;
  for (const FieldState& f : model.fields) names += (names.empty() ? "" : ", ") + f.name;
  throw MigrationError(model.label() + " has no field " + name + " at this point; it has " + names);
}

void refuse_key(const ModelState& model, const std::string& field, const char* change) {
  if (!model.is_key(field)) return;
  throw MigrationError(model.label() + "." + field + " is part of the table's key and cannot be " +
                       change +
                       ": DynamoDB fixes a table's key when it makes it. Make a model with another "
                       "table_name and copy the rows by a run_function");
}

// `conversion` of the field's values, unless it is a function's, is that of these types.
void refuse_conversion(const ModelState& model, const std::string& field,
                       const std::string& conversion, const std::string& from,
                       const std::string& to) {
  if (conversion.empty() || conversion.starts_with('@')) return;
  check_conversion(conversion);
  if (conversion != from + " to " + to)
    throw MigrationError(model.label() + "." + field + ": the conversion \"" + conversion +
                         "\" is not of its types, which would be \"" + from + " to " + to + "\"");
}

// What names the field and would be left behind.
void refuse_used(const ModelState& model, const std::string& field, const char* change,
                 bool by_unique = true) {
  const auto refuse = [&](const std::string& user, const char* first) {
    throw MigrationError(model.label() + "." + field + " cannot be " + change + " while " + user +
                         " uses it: put a " + first + " before");
  };
  for (const IndexState& index : model.indexes) {
    if (!index.uses(field)) continue;
    if (index.local)
      throw MigrationError(
          model.label() + "." + field + " cannot be " + change + ": the local index " + index.name +
          " uses it, and DynamoDB makes and drops local indexes only with their table. Keep the "
          "field and add another, which a row function fills; or make a model with another "
          "table_name and copy the rows by a run_function");
    refuse("the index " + index.name, "remove_index");
  }
  for (const UniqueState& unique : model.unique) {
    if (by_unique && unique.uses(field)) refuse("a unique set", "remove_unique");
  }
  if (model.ttl == field) refuse("the TTL", "set_ttl");
}

void refuse_ttl(const ModelState& model, const std::string& field) {
  if (model.find_field(field)->shape().stored() == dynamodb::Type::N) return;
  throw MigrationError(model.label() + "." + field +
                       " is not stored as a number: DynamoDB's TTL is a number of seconds");
}

void erase_field(ModelState& model, const std::string& name) {
  std::erase_if(model.fields, [&](const FieldState& f) { return f.name == name; });
}

struct Apply {
  std::string_view app;
  ProjectState& state;

  ModelState& model(const std::string& name) const { return state.model(app, name); }

  void operator()(const CreateTable& o) const {
    for (const auto& [label, other] : state.models) {
      if (other.table == o.model.table)
        throw MigrationError("the table " + o.model.table + " is " + label +
                             "'s already: set another table_name");
    }
    if (state.find(app, o.model.name))
      throw MigrationError("there is a model " + o.model.label() + " already");
    if (const auto problem = dynamodb::check_table_definition(table_definition(o.model)))
      throw MigrationError("the table " + o.model.table + " cannot be made: " + *problem);
    if (!o.model.ttl.empty()) refuse_ttl(o.model, o.model.ttl);
    state.models.emplace(o.model.label(), o.model);
  }
  void operator()(const DeleteTable& o) const { state.models.erase(model(o.model).label()); }
  void operator()(const RenameModel& o) const {
    if (state.find(app, o.new_name))
      throw MigrationError("there is a model " + std::string(app) + "." + o.new_name + " already");
    ModelState renamed = model(o.model);
    const std::string old_label = renamed.label();
    state.models.erase(old_label);
    renamed.name = o.new_name;
    const std::string label = renamed.label();
    state.models.emplace(label, std::move(renamed));
    for (auto& [other_label, other] : state.models) {
      for (FieldState& field : other.fields) {
        if (field.references == old_label) field.references = label;
      }
    }
  }
  void operator()(const AddField& o) const {
    ModelState& m = model(o.model);
    if (m.find_field(o.field.name))
      throw MigrationError(m.label() + " has a field " + o.field.name + " already");
    m.fields.push_back(o.field);
  }
  void operator()(const RemoveField& o) const {
    ModelState& m = model(o.model);
    field_of(m, o.field);
    refuse_key(m, o.field, "removed");
    refuse_used(m, o.field, "removed");
    erase_field(m, o.field);
  }
  void operator()(const RenameField& o) const {
    ModelState& m = model(o.model);
    FieldState& field = field_of(m, o.field);
    if (m.find_field(o.new_name))
      throw MigrationError(m.label() + " has a field " + o.new_name + " already");
    refuse_key(m, o.field, "renamed");
    refuse_used(m, o.field, "renamed");
    field.name = o.new_name;
  }
  void operator()(const AlterField& o) const {
    ModelState& m = model(o.model);
    FieldState& field = field_of(m, o.field.name);
    const bool changes_values = !o.conversion.empty();
    if (o.field.computed != field.computed)
      throw MigrationError(m.label() + "." + o.field.name +
                           ": a stored field and a computed one do not become each other: "
                           "remove_field, then add_field");
    if (field.shape().stored() != o.field.shape().stored() || changes_values) {
      refuse_key(m, o.field.name, "given another type");
      refuse_used(m, o.field.name, "given another type");
    }
    const auto standard = standard_conversion(field.type, o.field.type);
    if (!changes_values && (!standard || !standard->empty()))
      throw MigrationError(m.label() + "." + o.field.name + " changes from " + field.type + " to " +
                           o.field.type + ": name a conversion" +
                           (standard
                                ? ", \"" + *standard + "\" or a row function's, \"@app.function\""
                                : ": a row function's, \"@app.function\""));
    refuse_conversion(m, o.field.name, o.conversion, field.type, o.field.type);
    refuse_conversion(m, o.field.name, o.reverse_conversion, o.field.type, field.type);
    field = o.field;
  }
  void operator()(const RecomputeField& o) const {
    const FieldState& field = field_of(model(o.model), o.field);
    if (!field.computed)
      throw MigrationError(model(o.model).label() + "." + o.field + " is no computed field");
  }
  void operator()(const AddIndex& o) const {
    ModelState& m = model(o.model);
    if (o.index.local)
      throw MigrationError(m.label() + ": the local index " + o.index.name +
                           " cannot be added: DynamoDB makes local indexes only with their table");
    if (m.find_index(o.index.name))
      throw MigrationError(m.label() + " has an index " + o.index.name + " already");
    for (const std::string& field : o.index.include) field_of(m, field);
    m.indexes.push_back(o.index);
    if (const auto problem = dynamodb::check_table_definition(table_definition(m)))
      throw MigrationError(m.label() + ": the index " + o.index.name +
                           " cannot be made: " + *problem);
  }
  void operator()(const RemoveIndex& o) const {
    ModelState& m = model(o.model);
    const IndexState* index = m.find_index(o.index);
    if (!index) throw MigrationError(m.label() + " has no index " + o.index + " at this point");
    if (index->local)
      throw MigrationError(
          m.label() + ": the local index " + o.index +
          " cannot be removed: DynamoDB drops local indexes only with their table");
    std::erase_if(m.indexes, [&](const IndexState& i) { return i.name == o.index; });
  }
  void operator()(const AddUnique& o) const {
    ModelState& m = model(o.model);
    for (const std::string& field : o.unique.fields) field_of(m, field);
    if (m.find_unique(o.unique.fields))
      throw MigrationError(m.label() + " has this unique set already");
    m.unique.push_back(o.unique);
  }
  void operator()(const RemoveUnique& o) const {
    ModelState& m = model(o.model);
    if (!m.find_unique(o.fields))
      throw MigrationError(m.label() + " has no such unique set at this point");
    std::erase_if(m.unique, [&](const UniqueState& u) { return u.fields == o.fields; });
  }
  void operator()(const SetTtl& o) const {
    ModelState& m = model(o.model);
    if (!o.field.empty()) refuse_ttl(m, field_of(m, o.field).name);
    m.ttl = o.field;
  }
  void operator()(const SetStream& o) const { model(o.model).stream = o.view; }
  void operator()(const RunFunction& o) const {
    if (!o.model.empty()) model(o.model);
  }
};

}  // namespace

void apply(const Operation& operation, std::string_view app, ProjectState& state) {
  std::visit(Apply{app, state}, operation);
}

}  // namespace dynamo_backend::migrations
