// How operations are undone, and why some cannot be.
#include "dynamo_backend/migrations/conversions.h"
#include "dynamo_backend/migrations/operation.h"

namespace dynamo_backend::migrations {
namespace {

Reversal refusal(std::string reason) { return {.reason = std::move(reason)}; }

struct Reverse {
  std::string_view app;
  const ProjectState& before;

  const ModelState& model(const std::string& name) const { return before.model(app, name); }

  Reversal operator()(const CreateTable& o) const {
    return {.operation = DeleteTable{o.model.name}, .loses_data = true};
  }
  Reversal operator()(const DeleteTable& o) const {
    return refusal("the rows of " + model(o.model).table +
                   " went with the table and do not come back; restore a backup");
  }
  Reversal operator()(const RenameModel& o) const {
    return {.operation = RenameModel{o.new_name, o.model}};
  }
  Reversal operator()(const AddField& o) const {
    return {.operation = RemoveField{o.model, o.field.name}, .loses_data = !o.field.computed};
  }
  Reversal operator()(const RemoveField& o) const {
    const FieldState& field = *model(o.model).find_field(o.field);
    if (!field.computed && !o.keep_data)
      return refusal("the values of " + o.model + "." + o.field +
                     " were removed and do not come back; restore a backup");
    return {.operation = AddField{.model = o.model, .field = field}};
  }
  Reversal operator()(const RenameField& o) const {
    return {.operation = RenameField{o.model, o.new_name, o.field}};
  }
  Reversal operator()(const AlterField& o) const {
    const FieldState& old = *model(o.model).find_field(o.field.name);
    AlterField back{.model = o.model, .field = old, .conversion = o.reverse_conversion};
    back.reverse_conversion = o.conversion;
    if (!back.conversion.empty()) return {.operation = back};
    if (o.conversion.starts_with('@'))
      return refusal("the function " + o.conversion.substr(1) + " changed the values of " +
                     o.model + "." + old.name +
                     " and no \"reverse_conversion\" says how to change them back");
    const auto standard = standard_conversion(o.field.type, old.type);
    if (!standard)
      return refusal("values of type " + o.field.type + " do not become " + old.type +
                     " by themselves: give the operation a \"reverse_conversion\"");
    back.conversion = *standard;
    return {.operation = back};
  }
  Reversal operator()(const RecomputeField& o) const { return {.operation = o}; }
  Reversal operator()(const AddIndex& o) const {
    return {.operation = RemoveIndex{o.model, o.index.name}};
  }
  Reversal operator()(const RemoveIndex& o) const {
    return {.operation = AddIndex{o.model, *model(o.model).find_index(o.index)}};
  }
  Reversal operator()(const AddUnique& o) const {
    return {.operation = RemoveUnique{o.model, o.unique.fields}};
  }
  Reversal operator()(const RemoveUnique& o) const {
    return {.operation = AddUnique{o.model, *model(o.model).find_unique(o.fields)}};
  }
  Reversal operator()(const SetTtl& o) const {
    return {.operation = SetTtl{o.model, model(o.model).ttl}};
  }
  Reversal operator()(const SetStream& o) const {
    return {.operation = SetStream{o.model, model(o.model).stream}};
  }
  Reversal operator()(const RunFunction& o) const {
    if (o.reverse.empty())
      return refusal("the function " + o.function +
                     " has no reverse: give the operation one, \"reverse\": \"app.function\", or "
                     "\"noop\" where nothing is to be undone");
    return {.operation = RunFunction{o.reverse, o.function, o.model}};
  }
};

}  // namespace

Reversal reverse(const Operation& operation, std::string_view app, const ProjectState& before) {
  return std::visit(Reverse{app, before}, operation);
}

}  // namespace dynamo_backend::migrations
