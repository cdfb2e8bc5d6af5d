// Models of tables that exist, as C++ text: what inspectdb prints.
// Thread safety: functions of their arguments.
#pragma once
#include <string>
#include <vector>

#include "management/inspect/table_profile.h"

namespace management {

// A header with one model for each table, in namespace `name_space`, and the function that lists
// them. What a model cannot say is said in comments.
std::string write_models(const std::vector<TableProfile>& tables, const std::string& name_space);

}  // namespace management
