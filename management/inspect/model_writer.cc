#include "management/inspect/model_writer.h"

#include <algorithm>

#include "management/inspect/model_plan.h"

namespace management {
namespace {

constexpr std::string_view kHead =
    R"(// Models of tables that exist, written by inspectdb from their keys and a sample of their rows.
//
// Look them over: lengths, defaults, unique fields and validators are not in a table. Attributes of
// rows that were not looked at may be of other types, and stay as they are when a row is saved.
#pragma once
)";

std::string includes_of(const std::vector<ModelPlan>& models) {
  std::string text;
  const auto uses = [&](std::string_view type) {
    return std::any_of(models.begin(), models.end(), [&](const ModelPlan& model) {
      return std::any_of(model.members.begin(), model.members.end(), [&](const MemberPlan& member) {
        return member.type.find(type) != std::string::npos;
      });
    });
  };
  text += "#include <cstdint>\n#include <optional>\n";
  if (uses("std::set<")) text += "#include <set>\n";
  text += "#include <string>\n";
  if (uses("std::vector<")) text += "#include <vector>\n";
  text += "\n";
  if (uses("db::Json")) text += "#include \"base/json.h\"\n";
  return text + "#include \"dynamo_backend/models.h\"\n";
}

std::string write_model(const ModelPlan& model) {
  std::string text;
  for (const auto& note : model.notes) text += "// " + note + "\n";
  text += "struct " + model.name +
          " : db::" + (model.has_model_key ? "DynamoModel" : "DynamoTable") + "<" + model.name +
          "> {\n";
  for (const auto& member : model.members) {
    for (const auto& note : member.notes) text += "  // " + note + "\n";
    text += "  " + member.type + " " + member.name + member.initialiser + ";\n";
  }
  if (!model.members.empty()) text += "\n";
  for (const auto& note : model.left_out) text += "  // " + note + "\n";
  text += "  static constexpr auto schema = db::define<" + model.name +
          ">(\n      {.table_name = " + model.table_literal + "}";
  for (const auto& part : model.parts) text += ",\n      " + part;
  return text + ");\n};\n";
}

}  // namespace

std::string write_models(const std::vector<TableProfile>& tables, const std::string& name_space) {
  const std::vector<ModelPlan> models = plan_models(tables, name_space);
  std::string text = std::string(kHead) + includes_of(models);
  text += "\nnamespace " + name_space + " {\n\nnamespace db = dynamo_backend;\n\n";
  for (const auto& model : models) text += "struct " + model.name + ";\n";
  for (const auto& model : models) text += "\n" + write_model(model);
  text += "\ninline void models([[maybe_unused]] db::Registry& registry) {\n";
  for (const auto& model : models) text += "  registry.add<" + model.name + ">();\n";
  return text + "}\n\n}  // namespace " + name_space + "\n";
}

}  // namespace management
