// The `manage` program: the blog with its management commands.
#include "config/project.h"

int main(int argc, char** argv) { return management::execute(config::blog(), argc, argv); }
