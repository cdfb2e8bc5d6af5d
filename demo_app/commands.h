// The blog's management commands.
#pragma once
#include <memory>

#include "management/command.h"

namespace demo_app {

std::unique_ptr<management::Command> make_seed_posts();

}  // namespace demo_app
