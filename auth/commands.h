// The commands of auth: createsuperuser, changepassword.
#pragma once
#include <memory>
#include <vector>

#include "management/command.h"

namespace auth {

std::unique_ptr<management::Command> make_createsuperuser();
std::unique_ptr<management::Command> make_changepassword();

// All of them, for Project::commands.
std::vector<std::shared_ptr<management::Command>> commands();

}  // namespace auth
