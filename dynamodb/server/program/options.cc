#include "dynamodb/server/program/options.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include <CLI/CLI.hpp>

namespace dynamodb::server {
namespace {

// DynamoDB Local's options, which have one dash and humps, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kLocalForms{{
    {"-port", "--port"},
    {"-inMemory", "--in-memory"},
    {"-dbPath", "--db-path"},
    {"-sharedDb", "--shared-db"},
    {"-cors", "--cors"},
    {"-delayTransientStatuses", "--delay-transient-statuses"},
    {"-optimizeDbBeforeStartup", "--optimize-db-before-startup"},
    {"-disableTelemetry", "--disable-telemetry"},
    {"-help", "--help"},
    {"-version", "--version"},
}};

std::string normalised(const std::string& argument) {
  // Both forms of a value: "-port 8000" and "-port=8000".
  const std::size_t equals = argument.find('=');
  const std::string_view name = std::string_view(argument).substr(0, equals);
  for (const auto& [local, ours] : kLocalForms) {
    if (name == local)
      return std::string(ours) + (equals == std::string::npos ? "" : argument.substr(equals));
  }
  return argument;
}

void add_commands(CLI::App& app, ProgramOptions& options) {
  const auto add = [&](const char* name, const char* summary, const char* example,
                       ProgramCommand command) {
    CLI::App* const sub = app.add_subcommand(name, summary);
    sub->footer(std::string("Example: ddb-local ") + example);
    sub->callback([&options, command] { options.command = command; });
    return sub;
  };
  const auto add_source = [&options](CLI::App* sub) {
    auto* const folder = sub->add_option("--db-path", options.db_path,
                                         "Folder of the database; a server may have it open")
                             ->capture_default_str();
    sub->add_option("--endpoint", options.endpoint,
                    "URL of a server, AWS's too, in place of a folder")
        ->excludes(folder);
  };
  CLI::App* sub = add("export", "Write a table as lines of JSON",
                      "export posts --output posts.jsonl", ProgramCommand::export_table);
  sub->add_option("table", options.table, "Name of the table")->required();
  sub->add_option("--output", options.file, "File to write; -: standard output")
      ->capture_default_str();
  add_source(sub);
  sub = add("import", "Read a table from lines of JSON", "import posts.jsonl --table posts_copy",
            ProgramCommand::import_table);
  sub->add_option("file", options.file, "File to read; -: standard input")->capture_default_str();
  sub->add_option("--table", options.table, "Name of the table, in place of the file's");
  add_source(sub);
  for (const auto& [name, summary, example, command] :
       {std::tuple{"snapshot", "Copy a server's database to a new directory",
                   "snapshot /backup/monday", ProgramCommand::snapshot},
        std::tuple{"restore", "Put such a copy in place of a server's database",
                   "restore /backup/monday --db-path /var/lib/ddb", ProgramCommand::restore}}) {
    sub = add(name, summary, example, command);
    sub->add_option("directory", options.file, "The copy")->required();
    auto* const folder =
        sub->add_option("--db-path", options.db_path, "Folder of a database that no server has");
    sub->add_option("--endpoint", options.endpoint, "The server; http://127.0.0.1:8000")
        ->excludes(folder);
    sub->callback([&options, folder, command = command] {
      options.command = command;
      if (folder->empty() && options.endpoint.empty()) options.endpoint = "http://127.0.0.1:8000";
    });
  }
}

constexpr char kFooter[] = R"(
Options of DynamoDB Local are taken too: -port -inMemory -dbPath -sharedDb -cors
-delayTransientStatuses. There is one database for all credentials and regions, as with -sharedDb.

Examples:
  ddb-local                                   serve ./ddb-local-data on http://127.0.0.1:8000
  ddb-local --in-memory --port 0              a free port; the data goes with the process
  ddb-local --db-path /var/lib/ddb --host 0.0.0.0
  ddb-local --fault throttle=0.1,latency=20ms
  ddb-local export posts --output posts.jsonl
  ddb-local import posts.jsonl --table posts_copy
  ddb-local snapshot /backup/monday
  aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000)";

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions parsed;
  ProgramOptions& options = parsed.options;
  CLI::App app("A local DynamoDB: the API over HTTP, on data in a folder or in memory.",
               "ddb-local");
  app.set_version_flag("--version", std::string("ddb-local 0.1.0"));
  bool ignored = false;
  app.add_option("--port", options.port, "Port to listen on; 0: any free one")
      ->capture_default_str();
  app.add_option("--host", options.host, "Address to listen on")->capture_default_str();
  auto* in_memory = app.add_flag("--in-memory", options.in_memory, "Keep nothing on disk");
  app.add_option("--db-path", options.db_path, "Folder of the database, made where missing")
      ->capture_default_str()
      ->excludes(in_memory);
  app.add_option("--cors", options.allowed_origins,
                 "Origins whose pages may call, comma separated; '*': any, none: no page")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--region", options.region, "Region that GET / tells")->capture_default_str();
  app.add_option("--workers", options.workers,
                 "Threads that answer; 0: as many as the machine has");
  app.add_option("--connections", options.connections, "Connections held at once")
      ->capture_default_str();
  app.add_option(
      "--verify-credentials", options.credentials,
      "Answer only requests signed with a key of this source: env (AWS_ACCESS_KEY_ID and "
      "AWS_SECRET_ACCESS_KEY), or a file of lines KEY_ID:SECRET");
  const auto read_faults = [&options](const std::string& list) {
    if (const auto problem = apply_faults(list, options.faults))
      throw CLI::ValidationError("--fault", *problem);
  };
  app.add_option_function<std::string>(
      "--fault", read_faults,
      "Faults to play, such as "
      "throttle=0.1,unprocessed=0.5,conflict=0.1,latency=20ms,gsi-lag=500ms; "
      "the header x-ddb-local-fault does so for one request");
  app.add_option("--fault-seed", options.fault_seed, "The same seed, the same faults")
      ->capture_default_str();
  app.add_flag("--delay-transient-statuses", options.delay_transient_statuses,
               "Tables are seen as CREATING, UPDATING and DELETING for a second");
  app.add_flag("--newest-error-texts", options.newest_error_texts,
               "Refuse requests in AWS's words of October 2026, not in those of May");
  app.add_flag("--shared-db", ignored, "One database for all: always so; taken for compatibility");
  app.add_flag("--optimize-db-before-startup", ignored, "Not needed; taken for compatibility");
  app.add_flag("--disable-telemetry", ignored, "There is none; taken for compatibility");
  add_commands(app, options);
  app.footer(kFooter);  // after them, or they would have it, too
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::transform(arguments.begin(), arguments.end(), arguments.begin(), normalised);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::Success& done) {
    parsed.exit_code = app.exit(done);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    parsed.exit_code = 2;
  }
  if (options.allowed_origins == std::vector<std::string>{"none"}) options.allowed_origins.clear();
  return parsed;
}

}  // namespace dynamodb::server
