// The schemas of the REST API's document, by the names that routes call them (views.cc).
#pragma once
#include <map>
#include <string>

#include "base/json.h"

namespace demo_app {

std::map<std::string, base::Json> api_schemas();

}  // namespace demo_app
