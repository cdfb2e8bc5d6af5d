// Which models a command is for: its arguments "app" and "app.Model" as models of the registry.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "dynamo_backend/registry.h"

namespace management {

// The models that `labels` name (none: all), without those that `excluded` names, in the registry's
// order and each once; a model brings its automatic join tables along. Case does not matter. Throws
// CommandError for a label that is none, with the choices.
std::vector<const dynamo_backend::ModelInfo*> select_models(
    const dynamo_backend::Registry& registry, const std::vector<std::string>& labels,
    const std::vector<std::string>& excluded = {});

}  // namespace management
