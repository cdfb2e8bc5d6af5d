// The `ddbdjango` program: what its users have before they have a project.
#include "management/builtin_commands.h"
#include "management/project.h"

int main(int argc, char** argv) {
  management::Program program{.name = "ddbdjango",
                              .about = "Starts projects of DDBDjango and their apps."};
  program.commands.push_back(management::make_startproject());
  program.commands.push_back(management::make_startapp());
  return management::execute(program, {}, argc, argv);
}
