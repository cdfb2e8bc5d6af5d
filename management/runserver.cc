#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "debug_toolbar/panel.h"
#include "dynamo_backend/cascade_job.h"
#include "dynamo_backend/search/sync/status.h"
#include "management/application_options.h"
#include "management/builtin_commands.h"
#include "management/database.h"
#include "management/project.h"
#include "management/request_scope.h"
#include "management/search.h"
#include "management/search_selection.h"
#include "net/http_server.h"

namespace management {
namespace {

struct Address {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8000;
};

// "8000", "0.0.0.0:8000", "[::1]:8000", "localhost:0".
Address parse_address(const std::string& text) {
  Address address;
  if (text.empty()) return address;
  const auto colon = text.rfind(':');
  const std::string_view digits =
      std::string_view(text).substr(colon == std::string::npos ? 0 : colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw CommandError("\"" + text + "\" is not an address; use port, host:port or [host]:port");
  }
  if (colon == std::string::npos) return address;
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  return address;
}

net::HttpServer::SyncHandler no_handler() {
  return [](const net::HttpRequest&) { return net::HttpResponse{.status = 503}; };
}

// What beside the requests is worth watching.
void add_collectors(web::Metrics& metrics, const net::HttpServer& server,
                    const dynamo_backend::Connection& connection,
                    dynamo_backend::search::Backend& backend) {
  metrics.add_collector([&server](std::string& out) {
    const net::ServerStats stats = server.stats();
    const auto add = [&out](std::string_view name, const char* type, const char* help,
                            std::uint64_t value) {
      web::append_metric(out, "ddbdjango_server_" + std::string(name), type, help, value);
    };
    add("connections", "gauge", "Open connections.", stats.connections);
    add("refused_total", "counter", "Requests refused for a limit, a deadline or their form.",
        stats.refused);
    add("shed_total", "counter", "Connections answered 503 for overload.", stats.shed);
    add("accept_pauses_total", "counter", "Times that file descriptors ran out.",
        stats.accept_pauses);
  });
  metrics.add_collector([&connection, &backend](std::string& out) {
    std::vector<dynamo_backend::search::sync::IndexStatus> indexes;
    for (const auto& index : dynamo_backend::search::index_definitions(connection))
      indexes.push_back(dynamo_backend::search::sync::index_status(connection, backend, index));
    out += dynamo_backend::search::sync::metrics_text(indexes);
  });
}

class RunServer : public Command {
 public:
  RunServer()
      : Command("runserver", "Serve the site over HTTP.", "./manage runserver 127.0.0.1:8000") {}

  void arguments(CLI::App& app) override {
    app.add_option("addrport", address_, "[host:]port to listen on; port 0 takes a free one")
        ->default_str("127.0.0.1:8000");
  }

  int run(Context& context) override {
    std::signal(SIGPIPE, SIG_IGN);  // `runserver | head` takes the log's reader away, not the site
    const Address address = parse_address(address_);
    const auto& web = context.settings().web;
    base::set_json_log(web.json_logs);
    // The port first: a second server must neither make nor open a database only to find that it
    // cannot listen.
    { const net::HttpServer trial({.host = address.host, .port = address.port}, no_handler()); }
    web::Application application(application_options(context));
    application.add_metrics(web.metrics_token);
    application.use(request_scope());
    debug_toolbar::install(application, {.prices = context.settings().dynamo_backend.prices});
    context.project().configure(application);
    if (context.project().configure_site) context.project().configure_site(application, context);
    net::HttpServer server(
        application.server_options(
            {.host = address.host, .port = address.port, .workers = web.workers}),
        application.handler());
    context.database();
    dynamo_backend::search::sync::SyncThreads* indexing = nullptr;
    const Search search(context.settings(), {.on_missing =
                                                 [&indexing](const auto& index, auto keys) {
                                                   indexing->report_missing(index, std::move(keys));
                                                 },
                                             .fall_back_to_table = web.debug});
    // Beside the requests, which do not wait for it.
    const auto& connection = context.database().connection();
    dynamo_backend::search::sync::SyncThreads threads(
        connection, search.service().backend(),
        dynamo_backend::search::index_definitions(connection),
        sync_options(context.settings().dynamo_backend));
    indexing = &threads;
    add_collectors(application.metrics(), server, connection, search.service().backend());
    application.listening({address.host, server.port()});
    // What an earlier process left undone goes on beside the requests. It may fail: the site serves
    // all the same, and the job is there for the next start.
    const std::jthread jobs([](const std::stop_token& stop) {
      try {
        dynamo_backend::resume_cascades({}, stop);
      } catch (const std::exception& error) {
        base::log_error(std::string("resume_jobs: ") + error.what());
      }
    });
    const std::string host =
        address.host.find(':') == std::string::npos ? address.host : "[" + address.host + "]";
    const bool has_admin = static_cast<bool>(application.router().match("/admin/"));
    const bool has_api = static_cast<bool>(application.router().match("/api/"));
    const Output& output = context.output();
    const bool finished = server.run_until_signal([&] {
      output.say("Serving http://%s:%u/ (stop with Ctrl-C)\n", host.c_str(), server.port());
      if (has_admin) output.say("  Admin     http://%s:%u/admin/\n", host.c_str(), server.port());
      if (has_api) output.say("  REST API  http://%s:%u/api/\n", host.c_str(), server.port());
      std::fflush(stdout);
    });
    if (finished) return 0;
    base::log_error("a request did not end in time: ending the process without it");
    application.stop_access_log();
    std::_Exit(EXIT_FAILURE);  // the server cannot be destroyed under a handler that runs; the
                               // database needs no goodbye
  }

 private:
  std::string address_;
};

}  // namespace

std::unique_ptr<Command> make_runserver() { return std::make_unique<RunServer>(); }

}  // namespace management
