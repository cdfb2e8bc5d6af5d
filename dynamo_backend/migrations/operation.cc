// What operations are called, in files and for people, and what kind of work they are.
#include "dynamo_backend/migrations/operation.h"

#include <array>

namespace dynamo_backend::migrations {
namespace {

// In the order of the variant.
constexpr std::array<std::string_view, std::variant_size_v<Operation>> kNames{
    "create_table", "delete_table",  "rename_model",    "add_field",  "remove_field",
    "rename_field", "alter_field",   "recompute_field", "add_index",  "remove_index",
    "add_unique",   "remove_unique", "set_ttl",         "set_stream", "run_function"};

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string with(const Backfill& backfill) {
  if (!backfill.function.empty()) return ", filling existing rows by " + backfill.function;
  return backfill.empty() ? "" : ", giving existing rows a value";
}

struct Describe {
  std::string operator()(const CreateTable& o) const {
    std::string text = "Create table " + o.model.table + " of " + o.model.name + " (" +
                       counted(o.model.fields.size(), "field");
    if (!o.model.indexes.empty())
      text += ", " + std::to_string(o.model.indexes.size()) +
              (o.model.indexes.size() == 1 ? " index" : " indexes");
    return text + ")";
  }
  std::string operator()(const DeleteTable& o) const {
    return "Delete the table of " + o.model + " with its rows";
  }
  std::string operator()(const RenameModel& o) const {
    return "Rename model " + o.model + " to " + o.new_name;
  }
  std::string operator()(const AddField& o) const {
    return "Add field " + o.field.name + " to " + o.model +
           (o.field.computed ? ", computing it for existing rows" : with(o.backfill));
  }
  std::string operator()(const RemoveField& o) const {
    return "Remove field " + o.field + " of " + o.model +
           (o.keep_data ? ", keeping its data" : " with its data");
  }
  std::string operator()(const RenameField& o) const {
    return "Rename field " + o.field + " of " + o.model + " to " + o.new_name;
  }
  std::string operator()(const AlterField& o) const {
    return "Alter field " + o.field.name + " of " + o.model +
           (o.conversion.empty() ? "" : ", converting " + o.conversion) + with(o.backfill);
  }
  std::string operator()(const RecomputeField& o) const {
    return "Compute field " + o.field + " of every " + o.model;
  }
  std::string operator()(const AddIndex& o) const {
    return "Add index " + o.index.name + " to " + o.model;
  }
  std::string operator()(const RemoveIndex& o) const {
    return "Remove index " + o.index + " of " + o.model;
  }
  std::string operator()(const AddUnique& o) const {
    return "Make " + joined(o.unique.fields) + " of " + o.model + " unique" +
           (o.unique.fold_case ? ", without regard to case" : "");
  }
  std::string operator()(const RemoveUnique& o) const {
    return "Let " + joined(o.fields) + " of " + o.model + " repeat";
  }
  std::string operator()(const SetTtl& o) const {
    if (o.field.empty()) return "Let rows of " + o.model + " no longer expire";
    return "Let rows of " + o.model + " expire by " + o.field;
  }
  std::string operator()(const SetStream& o) const {
    if (!o.view) return "Switch off the stream of " + o.model;
    return "Switch on the stream of " + o.model + " (" + std::string(stream_name(*o.view)) + ")";
  }
  std::string operator()(const RunFunction& o) const {
    if (o.function == kNoop) return "Do nothing";
    return "Run " + o.function + (o.model.empty() ? "" : " over every " + o.model);
  }
};

struct WorkOf {
  Work operator()(const CreateTable&) const { return {.changes_table = true}; }
  Work operator()(const DeleteTable&) const { return {.changes_table = true}; }
  Work operator()(const RenameModel&) const { return {}; }
  Work operator()(const AddField& o) const { return rows(o.field.computed || !o.backfill.empty()); }
  Work operator()(const RemoveField& o) const { return rows(!o.keep_data); }
  Work operator()(const RenameField&) const { return rows(true); }
  Work operator()(const AlterField& o) const {
    return rows(!o.conversion.empty() || !o.backfill.empty());
  }
  Work operator()(const RecomputeField&) const { return rows(true); }
  Work operator()(const AddIndex&) const { return {.changes_table = true, .builds_index = true}; }
  Work operator()(const RemoveIndex&) const { return {.changes_table = true}; }
  Work operator()(const AddUnique&) const { return {.walks_rows = true, .claims_values = true}; }
  Work operator()(const RemoveUnique&) const { return {.walks_rows = true, .claims_values = true}; }
  Work operator()(const SetTtl&) const { return {.changes_table = true}; }
  Work operator()(const SetStream&) const { return {.changes_table = true}; }
  Work operator()(const RunFunction& o) const {
    return rows(!o.model.empty() && o.function != kNoop);
  }

  static Work rows(bool walks) { return {.walks_rows = walks, .writes_rows = walks}; }
};

}  // namespace

std::string_view name_of(const Operation& operation) { return kNames[operation.index()]; }

const std::string& model_of(const Operation& operation) {
  return std::visit(
      [](const auto& o) -> const std::string& {
        if constexpr (requires { o.model.name; })
          return o.model.name;
        else
          return o.model;
      },
      operation);
}

void check_function(const FieldState& field, std::string_view function) {
  const Shape::Type type = field.shape().type;
  if (function == kUuidFunction && type != Shape::Type::uuid && type != Shape::Type::text &&
      type != Shape::Type::json)
    throw BadValue("must be no uuid4, a random UUID, which is no " + field.type +
                   ": name a row function");
}

std::string describe(const Operation& operation) { return std::visit(Describe{}, operation); }

Work work_of(const Operation& operation) { return std::visit(WorkOf{}, operation); }

}  // namespace dynamo_backend::migrations
