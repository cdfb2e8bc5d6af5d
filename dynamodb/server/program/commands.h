// The commands of ddb-local besides serving.
#pragma once
#include "dynamodb/server/program/options.h"

namespace dynamodb::server {

// Runs export, import, snapshot or restore; the process's exit code. Throws std::runtime_error that
// says what is wrong. REQUIRES: options.command is one of them.
int run_command(const ProgramOptions& options);

}  // namespace dynamodb::server
