// The blog as a project: its models, pages, admin, accounts, checks and commands.
#pragma once
#include "management/project.h"

namespace config {

management::Project blog();

}  // namespace config
