// The command line of ddb-local.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dynamodb/server/faults.h"

namespace dynamodb::server {

enum class ProgramCommand : std::uint8_t { serve, export_table, import_table, snapshot, restore };

struct ProgramOptions {
  ProgramCommand command = ProgramCommand::serve;
  std::string table{};     // of export and import
  std::string file = "-";  // of export and import; the directory of snapshot and restore
  std::string endpoint{};  // of a server, for the commands
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
  bool in_memory = false;
  bool delay_transient_statuses = false;
  bool newest_error_texts = false;  // AWS's of October 2026
  std::string db_path = "ddb-local-data";
  std::vector<std::string> allowed_origins = {"*"};
  std::string region = "us-east-1";
  unsigned workers = 0;  // 0: as net::ServerOptions
  std::size_t connections = 20'000;
  std::string credentials{};  // of make_verifier(); empty: any
  FaultPlan faults{};
  std::uint64_t fault_seed = 1;
};

// Reads the arguments, DynamoDB Local's forms (-inMemory) and ours (--in-memory). An int: nothing
// is to be served, the process ends with it (after --help, or with a message on stderr).
struct ParsedOptions {
  ProgramOptions options{};
  std::optional<int> exit_code{};
};
ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace dynamodb::server
