#include "management/model_selection.h"

#include <algorithm>
#include <set>

#include "dynamo_backend/text.h"
#include "management/command.h"

namespace management {
namespace {

using dynamo_backend::ascii_lower;
using dynamo_backend::ModelInfo;

[[noreturn]] void refuse(const std::vector<const ModelInfo*>& models, const std::string& label) {
  std::set<std::string> choices;
  for (const ModelInfo* model : models) {
    if (!model->app_label.empty()) choices.insert(model->app_label);
    choices.insert(model->label());
  }
  std::string text = "no app or model is called \"" + label + "\"; there are ";
  for (const auto& choice : choices) text += (choice == *choices.begin() ? "" : ", ") + choice;
  throw CommandError(choices.empty() ? "the project has no models" : text);
}

std::set<const ModelInfo*> named(const std::vector<const ModelInfo*>& models,
                                 const std::vector<std::string>& labels) {
  std::set<const ModelInfo*> out;
  for (const auto& label : labels) {
    const std::string wanted = ascii_lower(label);
    bool found = false;
    for (const ModelInfo* model : models) {
      if (ascii_lower(model->label()) != wanted && ascii_lower(model->app_label) != wanted)
        continue;
      found = true;
      out.insert(model);
      for (const auto& join : model->joins) out.insert(join.get());
    }
    if (!found) refuse(models, label);
  }
  return out;
}

}  // namespace

std::vector<const ModelInfo*> select_models(const dynamo_backend::Registry& registry,
                                            const std::vector<std::string>& labels,
                                            const std::vector<std::string>& excluded) {
  std::vector<const ModelInfo*> models = registry.models();
  const auto wanted = named(models, labels), unwanted = named(models, excluded);
  std::erase_if(models, [&](const ModelInfo* model) {
    return (!labels.empty() && wanted.count(model) == 0) || unwanted.count(model) > 0;
  });
  return models;
}

}  // namespace management
