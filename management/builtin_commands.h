// The commands that every project has.
#pragma once
#include <memory>
#include <vector>

#include "management/command.h"

namespace management {

std::unique_ptr<Command> make_check();
std::unique_ptr<Command> make_runserver();

inline std::vector<std::shared_ptr<Command>> builtin_commands() {
  return {make_check(), make_runserver()};
}

}  // namespace management
