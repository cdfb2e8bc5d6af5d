#include "dynamodb/server/program/commands.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

#include "base/json_writer.h"
#include "dynamodb/aws/aws_client.h"
#include "dynamodb/aws/configured_options.h"
#include "dynamodb/local/connect.h"
#include "dynamodb/server/transfer.h"
#include "net/aws/configuration.h"
#include "net/aws/credentials.h"
#include "net/http_client.h"

namespace dynamodb::server {
namespace {

// Servers of this machine take any credentials, mostly; others want real ones.
net::aws::CredentialsOptions credentials_for(const std::string& endpoint) {
  const bool here = endpoint.starts_with("http://127.0.0.1") ||
                    endpoint.starts_with("http://localhost") ||
                    endpoint.starts_with("http://[::1]");
  if (!here || std::getenv("AWS_ACCESS_KEY_ID") != nullptr) return {};
  return {.explicit_credentials =
              net::aws::Credentials{.access_key_id = "local", .secret_access_key = "local"}};
}

std::unique_ptr<Client> open_database(const ProgramOptions& options, bool may_make) {
  if (!options.endpoint.empty()) {
    aws::AwsOptions aws = aws::configured_options();
    aws.endpoint_url = options.endpoint;
    aws.streams_endpoint_url.clear();
    aws.credentials = credentials_for(options.endpoint);
    return std::make_unique<aws::AwsClient>(std::move(aws));
  }
  // An export of a folder that was mistyped must not make it.
  if (!may_make && !std::filesystem::exists(options.db_path))
    throw std::runtime_error("there is no folder " + options.db_path);
  return local::open_or_connect({.directory = options.db_path});
}

// Tells every ten thousand items, on stderr: stdout may be the export.
Progress progress_of(const char* verb) {
  return [verb, told = std::uint64_t{0}](std::uint64_t count) mutable {
    constexpr std::uint64_t kEvery = 10'000;
    if (count / kEvery == told) return;
    told = count / kEvery;
    std::fprintf(stderr, "%s %llu items\n", verb, static_cast<unsigned long long>(count));
  };
}

int finish(const Result<std::uint64_t>& count, const char* verb) {
  if (count.has_error()) {
    throw std::runtime_error(std::string(error_name(count.error().code)) + ": " +
                             count.error().message);
  }
  std::fprintf(stderr, "%s %llu items in all\n", verb, static_cast<unsigned long long>(*count));
  return EXIT_SUCCESS;
}

int run_export(const ProgramOptions& options) {
  const auto client = open_database(options, /*may_make=*/false);
  if (options.file == "-")
    return finish(export_table(*client, options.table, std::cout, progress_of("exported")),
                  "exported");
  // Whole or not at all under its name.
  const std::string partial = options.file + ".part";
  std::ofstream out(partial, std::ios::binary | std::ios::trunc);
  if (!out) throw std::runtime_error("cannot write " + partial);
  const auto count = export_table(*client, options.table, out, progress_of("exported"));
  out.close();
  if (count.has_error()) {
    std::filesystem::remove(partial);
  } else {
    std::filesystem::rename(partial, options.file);
  }
  return finish(count, "exported");
}

int run_import(const ProgramOptions& options) {
  const auto client = open_database(options, /*may_make=*/true);
  if (options.file == "-")
    return finish(import_table(*client, options.table, std::cin, progress_of("imported")),
                  "imported");
  std::ifstream in(options.file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + options.file);
  return finish(import_table(*client, options.table, in, progress_of("imported")), "imported");
}

int run_on_folder(const ProgramOptions& options, const char* name) {
  if (!std::filesystem::exists(options.db_path) && options.command == ProgramCommand::snapshot)
    throw std::runtime_error("there is no folder " + options.db_path);
  const auto engine = local::Engine::open({.directory = options.db_path});
  const auto done = options.command == ProgramCommand::snapshot ? engine->snapshot(options.file)
                                                                : engine->restore(options.file);
  if (done.has_error()) throw std::runtime_error(done.error().message);
  std::fprintf(stderr, "%s of %s done\n", name, options.file.c_str());
  return EXIT_SUCCESS;
}

// A server that runs does it itself: it alone may have the database open.
int run_admin(const ProgramOptions& options, const char* name) {
  if (options.endpoint.empty()) return run_on_folder(options, name);
  base::JsonWriter json;
  json.begin_object();
  json.member("directory", std::filesystem::absolute(options.file).string());
  json.end_object();

  net::HttpClient client;
  net::ClientRequest request{
      .url = options.endpoint + "/_ddb/" + name,
      .headers = {{"Content-Type", "application/json"}},
      .body = std::move(json).text(),
      .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(30)};
  // A server with --verify-credentials asks for it; others do not look.
  const auto credentials = net::aws::CredentialsProvider(client, credentials_for(options.endpoint))
                               .get(request.deadline);
  if (credentials.has_error()) throw std::runtime_error(credentials.error().message);
  net::aws::Signer(net::aws::find_region().value_or("us-east-1"), "dynamodb")
      .sign(request, *credentials, base::now());
  const auto outcome = client.send(std::move(request));
  if (outcome.has_error()) {
    throw std::runtime_error("no answer from " + options.endpoint + ": " + outcome.error().message);
  }
  if (outcome->status != 200) throw std::runtime_error(outcome->body);
  std::fprintf(stderr, "%s of %s done\n", name, options.file.c_str());
  return EXIT_SUCCESS;
}

}  // namespace

int run_command(const ProgramOptions& options) {
  // Tables go through std::cin and std::cout: character by character while stdio shares them.
  std::ios::sync_with_stdio(false);
  switch (options.command) {
    case ProgramCommand::export_table:
      return run_export(options);
    case ProgramCommand::import_table:
      return run_import(options);
    case ProgramCommand::snapshot:
      return run_admin(options, "snapshot");
    case ProgramCommand::restore:
      return run_admin(options, "restore");
    case ProgramCommand::serve:
      break;
  }
  throw std::logic_error("serving is not a command");
}

}  // namespace dynamodb::server
