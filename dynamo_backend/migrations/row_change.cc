#include "dynamo_backend/migrations/row_change.h"

#include "dynamo_backend/computed.h"
#include "dynamo_backend/exceptions.h"
#include "dynamo_backend/migrations/conversions.h"
#include "dynamo_backend/registry.h"

namespace dynamo_backend::migrations {
namespace {

// Gives `field` to rows that lack it.
RowChanger filler(const std::string& field, const Backfill& backfill, const Functions& functions) {
  if (backfill.function == kUuidFunction) {
    return [field](MigrationRow& row) {
      if (!row.has(field)) row.set(field, Uuid::random().str());
    };
  }
  if (!backfill.function.empty()) {
    return [field, fill = functions.row(backfill.function)](MigrationRow& row) {
      if (!row.has(field)) fill(row);
    };
  }
  return [field, value = backfill.value](MigrationRow& row) {
    if (!row.has(field)) row.set(field, value);
  };
}

// The compiled model of a table: a model's name may change in a later migration, its table cannot.
const ModelInfo* compiled_model(const Registry& registry, const ModelState& state) {
  for (const ModelInfo* model : registry.models()) {
    if (model->table == state.table) return model;
  }
  return nullptr;
}

// Sets those computed attributes that `fields` names to the function of the row as changed. A row
// that the compiled model cannot read yet is left: the later migration that makes it readable
// changes it, and what is computed of it then.
void compute(const ModelInfo& model, const std::vector<std::string>& fields, MigrationRow& row) {
  dynamodb::Item values;
  try {
    values = computed_values(model, row.changed().bytes());
  } catch (const DatabaseError&) {
    return;
  }
  for (const std::string& field : fields) {
    const auto value = values.find(field);
    if (value != values.end()) row.set(field, value->second);
  }
}

RowChanger computer(const ModelState& state, const std::string& field, const Registry& registry) {
  const ModelInfo* model = compiled_model(registry, state);
  if (!model) return [](MigrationRow&) {};
  return [model, fields = std::vector{field}](MigrationRow& row) { compute(*model, fields, row); };
}

// What a change of members changes in computed attributes, written with it.
RowChanger with_computed(RowChanger change, const ModelState& state, const Registry& registry) {
  const ModelInfo* model = compiled_model(registry, state);
  std::vector<std::string> fields;
  for (const FieldState& field : state.fields) {
    if (field.computed) fields.push_back(field.name);
  }
  if (!model || model->computed.empty() || fields.empty()) return change;
  return [change = std::move(change), model, fields](MigrationRow& row) {
    change(row);
    if (!row.changes().empty()) compute(*model, fields, row);
  };
}

RowChanger converter(const AlterField& alter, const Functions& functions) {
  if (alter.conversion.empty()) return [](MigrationRow&) {};
  if (alter.conversion.starts_with('@')) return functions.row(alter.conversion.substr(1));
  check_conversion(alter.conversion);
  return [field = alter.field.name, name = alter.conversion](MigrationRow& row) {
    const Value value = row.get(field);
    try {
      row.set(field, convert(name, value));
    } catch (const BadValue& error) {
      throw MigrationError("its " + field + " " + error.what() +
                           ": mend the row, or name a row function as the conversion");
    }
  };
}

struct Maker {
  std::string_view app;
  const ProjectState& before;
  const Functions& functions;
  const Registry& registry;

  RowChanger operator()(const AddField& o) const {
    if (o.field.computed) return computer(before.model(app, o.model), o.field.name, registry);
    return filler(o.field.name, o.backfill, functions);
  }
  RowChanger operator()(const RecomputeField& o) const {
    return computer(before.model(app, o.model), o.field, registry);
  }
  RowChanger operator()(const RemoveField& o) const {
    return [field = o.field](MigrationRow& row) { row.remove(field); };
  }
  // A row that has both was written by a newer program: the new attribute counts.
  RowChanger operator()(const RenameField& o) const {
    return [from = o.field, to = o.new_name](MigrationRow& row) {
      if (const Value value = row.get(from); !value.is<dynamodb::Null>() && !row.has(to))
        row.set(to, value);
      row.remove(from);
    };
  }
  RowChanger operator()(const AlterField& o) const {
    const RowChanger convert_row = converter(o, functions);
    if (o.backfill.empty()) return convert_row;
    return [convert_row, fill = filler(o.field.name, o.backfill, functions)](MigrationRow& row) {
      fill(row);
      convert_row(row);
    };
  }
  RowChanger operator()(const RunFunction& o) const { return functions.row(o.function); }
  template <class Other>
  RowChanger operator()(const Other&) const {
    return {};
  }
};

}  // namespace

RowChanger row_changer(const Operation& operation, std::string_view app, const ProjectState& before,
                       const Functions& functions, const Registry& registry) {
  if (!work_of(operation).writes_rows) return {};
  ProjectState after = before;
  apply(operation, app, after);
  return with_computed(std::visit(Maker{app, before, functions, registry}, operation),
                       after.model(app, model_of(operation)), registry);
}

void check_functions(const Operation& operation, std::string_view app, const ProjectState& before,
                     const Functions& functions, const Registry& registry) {
  row_changer(operation, app, before, functions, registry);
  const auto* run = std::get_if<RunFunction>(&operation);
  if (run && run->model.empty() && run->function != kNoop) functions.whole(run->function);
}

}  // namespace dynamo_backend::migrations
