// ddb-local: a local DynamoDB, as one program.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <thread>

#include <sys/resource.h>

#include "base/log.h"
#include "base/memory.h"
#include "dynamodb/local/engine.h"
#include "dynamodb/server/api.h"
#include "dynamodb/server/authorization.h"
#include "dynamodb/server/program/commands.h"
#include "dynamodb/server/program/options.h"
#include "dynamodb/wire_messages.h"
#include "net/http_server.h"

namespace {

using dynamodb::server::ProgramOptions;

// As many descriptors as the connections and the database's files need, where the system lets us.
void allow_open_files(std::size_t connections) {
  constexpr rlim_t kDatabase = 2048;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, connections + kDatabase);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // what fails here shows as refused connections
}

std::string printable(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

net::ServerOptions server_options(const ProgramOptions& options) {
  // None waits for anything, and a page of items takes long enough to be worth another thread.
  const unsigned machine = std::max(1U, std::thread::hardware_concurrency());
  net::ServerOptions server{.host = options.host,
                            .port = options.port,
                            .workers = options.workers != 0 ? options.workers : machine};
  server.limits.connections = options.connections;
  // One application is the usual client, with as many connections as it likes.
  server.limits.connections_per_ip = options.connections;
  server.limits.requests_per_connection = SIZE_MAX;
  server.deadlines.idle = std::chrono::minutes(5);      // SDKs keep connections for long
  server.deadlines.handler = std::chrono::minutes(10);  // a restore may take its time
  return server;
}

int serve(const ProgramOptions& options) {
  allow_open_files(options.connections);
  base::use_jemalloc();
  if (options.newest_error_texts)
    dynamodb::wire::set_cohort(dynamodb::wire::Cohort::us_east_1_october_2026);
  std::shared_ptr<const net::aws::Verifier> verifier;
  if (!options.credentials.empty()) verifier = dynamodb::server::make_verifier(options.credentials);
  // How far POST /_ddb/clock has moved the server's time.
  const auto clock = std::make_shared<std::atomic<std::int64_t>>(0);
  const std::string folder = options.in_memory ? std::string() : options.db_path;
  const auto engine = dynamodb::local::Engine::open(
      {.directory = folder,
       .serve_other_processes = !options.in_memory,
       .delay_transient_statuses = std::chrono::seconds(options.delay_transient_statuses ? 1 : 0),
       .now = [clock] { return base::now() + std::chrono::milliseconds(*clock); },
       .index_history = dynamodb::server::kMaxIndexLag});
  const dynamodb::server::Api api(
      *engine,
      {.region = options.region,
       .allowed_origins = options.allowed_origins,
       .verifier = verifier,
       .faults = options.faults,
       .fault_seed = options.fault_seed,
       .admin = {
           .advance_clock =
               [&](std::chrono::milliseconds by) {
                 *clock += by.count();
                 return engine->expire_now();
               },
           .snapshot = [&](const std::string& directory) { return engine->snapshot(directory); },
           .restore = [&](const std::string& directory) { return engine->restore(directory); }}});
  net::HttpServer server(api.server_options(server_options(options)), api.handler());
  const bool finished = server.run_until_signal([&] {
    std::printf("ddb-local serves DynamoDB on http://%s:%u/ (%s; stop with Ctrl-C)\n",
                printable(options.host).c_str(), server.port(),
                options.in_memory ? "in memory" : ("data in " + folder).c_str());
    std::fflush(stdout);
  });
  if (finished) return EXIT_SUCCESS;
  base::log_error("a request did not end in time: ending the process without it");
  std::_Exit(EXIT_FAILURE);  // the server cannot be destroyed under a handler that runs
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = dynamodb::server::parse_options(argc, argv);
  if (parsed.exit_code) return *parsed.exit_code;
  try {
    if (parsed.options.command != dynamodb::server::ProgramCommand::serve)
      return dynamodb::server::run_command(parsed.options);
    return serve(parsed.options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ddb-local: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
