// The commands of auth: clearsessions, createsuperuser, changepassword, setup_cognito.
#pragma once
#include <memory>
#include <vector>

#include "management/command.h"

namespace auth {

std::unique_ptr<management::Command> make_clearsessions();
std::unique_ptr<management::Command> make_createsuperuser();
std::unique_ptr<management::Command> make_changepassword();
std::unique_ptr<management::Command> make_setup_cognito();

// All of them, for Project::commands.
std::vector<std::shared_ptr<management::Command>> commands();

}  // namespace auth
