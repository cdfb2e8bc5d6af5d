// What `check --live` looks at the blog with, and what `check --deploy` asks of its database.
#pragma once
#include <string>
#include <vector>

#include "web/live_check.h"

namespace config {

// Fills an empty database: users, posts, a draft and a private post that others must not see.
web::LiveCheckOptions live_data();

// Users that only demonstrations have.
std::vector<std::string> deployment_problems();

}  // namespace config
