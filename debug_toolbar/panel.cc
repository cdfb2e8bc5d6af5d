#include "debug_toolbar/panel.h"

#include "base/call_ledger.h"
#include "debug_toolbar/record.h"
#include "debug_toolbar/source_line.h"
#include "dynamo_backend/request_scope.h"
#include "web/error_pages.h"
#include "web/redaction.h"
#include "web/templates.h"

namespace debug_toolbar {

// Made by ddb_templates() and ddb_static().
web::TemplateFolder templates();
web::StaticFolder static_files();

namespace {

using Call = base::CallLedger::Call;
using Milliseconds = std::chrono::duration<double, std::milli>;

std::string time_text(std::chrono::nanoseconds time) {
  return decimals(Milliseconds(time).count(), 2) + " ms";
}
std::string cost_text(double dollars) { return "$" + decimals(dollars, 8); }

bool is_own(const web::Request& request) { return request.path().starts_with("/__debug__/"); }

// One metric a service, as the browser's network panel shows them.
std::string server_timing(const Record& record, const std::string& summary) {
  std::chrono::nanoseconds search{}, cognito{};
  record.calls.each([&](const Call& call) {
    if (call.service == "search") search += call.outcome.time;
    if (call.service == "cognito") cognito += call.outcome.time;
  });
  const auto metric = [](const char* name, std::chrono::nanoseconds time) {
    return name + decimals(Milliseconds(time).count(), 3);
  };
  std::string text = metric("total;dur=", record.time) +
                     metric(", dynamodb;dur=", record.totals.time - search - cognito) + ";desc=\"" +
                     summary + '"';
  if (search.count() > 0) text += metric(", search;dur=", search);
  if (cognito.count() > 0) text += metric(", cognito;dur=", cognito);
  return text;
}

class Panel {
 public:
  Panel(const Options& options, std::string stylesheet)
      : options_(options), stylesheet_(std::move(stylesheet)), records_(options.kept) {}

  web::Response around(web::Request& request, const web::Next& next) {
    if (!web::is_from_this_machine(request) || is_own(request)) return next(request);
    Record record;
    record.at = base::now();
    const auto started = std::chrono::steady_clock::now();
    const base::CallLedger ledger({.place = capture_place, .requests = true});
    web::Response response = next(request);
    record.time = std::chrono::steady_clock::now() - started;
    record.method = request.method();
    record.path = web::redacted_target(request.target());
    record.route = request.route_name();
    record.request_id = request.request_id();
    record.status = response.status;
    record.calls = ledger.share();
    record.dropped = ledger.dropped();
    record.calls.each([&record](const Call& call) { record.totals.add(call); });
    record.warnings = ledger.warnings();
    if (const auto* scope = dynamo_backend::RequestScope::current()) {
      for (std::string& warning : scope->warnings()) record.warnings.push_back(std::move(warning));
    }
    for (std::string& warning : warnings_of(record.calls, record.totals))
      record.warnings.push_back(std::move(warning));
    const std::string summary = describe(record.totals);
    response.header("Server-Timing", server_timing(record, summary));
    const auto kept = records_.add(std::move(record));
    add_toolbar(response, *kept, summary);
    return response;
  }

  web::Response list(web::Request& request) {
    if (!web::is_from_this_machine(request)) throw web::HttpError(404, "not_found", "Not found");
    web::Context context;
    const auto records = records_.latest();
    context.show(records.empty() ? "none" : "some");
    for (const auto& record : records) {
      web::Context row = context.add("requests");
      row.set("id", record->id).set("method", record->method).set("path", record->path);
      row.set("status", record->status).set("time", time_text(record->time));
      row.set("calls", record->totals.calls).set("rcu", decimals(record->totals.rcu, 1));
      row.set("wcu", decimals(record->totals.wcu, 1));
      row.set("cost", cost_text(cost_of(record->totals, options_.prices)));
      row.set("warnings", record->warnings.size());
    }
    return web::render(request, "debug/requests.html", context);
  }

  web::Response detail(web::Request& request, std::int64_t id) {
    const auto record = web::is_from_this_machine(request) ? records_.find(id) : nullptr;
    if (!record) throw web::HttpError(404, "not_found", "Not found");
    web::Context context;
    context.set("method", record->method).set("path", record->path).set("status", record->status);
    context.set("time", time_text(record->time)).set("at", base::to_iso(record->at));
    context.set("route", record->route).set("request_id", record->request_id);
    context.set("summary", describe(record->totals));
    context.set("cost", cost_text(cost_of(record->totals, options_.prices)));
    context.show("has_warnings", !record->warnings.empty());
    for (const std::string& warning : record->warnings)
      context.add("warnings").set("text", warning);
    if (record->dropped > 0) context.add("dropped").set("count", record->dropped);
    bool calls = false;
    record->calls.each([&](const Call& call) {
      calls = true;
      add_call(context.add("calls"), call);
    });
    context.show("no_calls", !calls);
    return web::render(request, "debug/request.html", context);
  }

 private:
  std::string outcome_text(const Call& call) const {
    if (call.outcome.repeated) return "answered by what this request had read";
    if (call.service == "search") return std::to_string(call.outcome.items) + " hits";
    if (call.service != "dynamodb") return call.outcome.error.empty() ? "answered" : "failed";
    const Totals totals = total_of({&call, 1});
    return std::to_string(call.outcome.items) + " rows, " + std::to_string(call.outcome.examined) +
           " read, " + decimals(totals.rcu, 1) + " RCU, " + decimals(totals.wcu, 1) + " WCU, " +
           cost_text(cost_of(totals, options_.prices));
  }

  void add_call(web::Context row, const Call& call) const {
    row.set("operation", call.operation);
    row.set("target", call.index.empty() ? call.target : call.target + "." + call.index);
    row.set("time", time_text(call.outcome.time));
    std::string outcome = outcome_text(call);
    if (call.retries > 0) outcome += ", tried again " + std::to_string(call.retries) + " times";
    if (!call.outcome.answered) outcome = "not answered yet";
    row.set("outcome", outcome);
    const auto add = [&](const char* section, const std::string& text) {
      if (!text.empty()) row.add(section).set("text", text);
    };
    add("error", call.outcome.error);
    add("place", source_line(call.place));
    add("request", masked_request(call));
  }

  // Before the end of the page, where it has one. Not by a template, which takes longer than many a
  // page; numbers and words of our own need no escaping.
  void add_toolbar(web::Response& response, const Record& record,
                   const std::string& summary) const {
    const auto type = response.headers.get("Content-Type");
    if (!type || !type->starts_with("text/html") || response.headers.get("Content-Encoding"))
      return;
    const std::size_t end = response.body.rfind("</body>");
    if (end == std::string::npos) return;
    std::string warn;
    if (!record.warnings.empty())
      warn = " · " + std::to_string(record.warnings.size()) + " to mend";
    const std::string html =
        "<link rel=\"stylesheet\" href=\"" + stylesheet_ + "\"><aside class=\"ddb-toolbar" +
        (warn.empty() ? "" : " ddb-warn") +
        "\" aria-label=\"Debug toolbar\"><a href=\"/__debug__/" + std::to_string(record.id) +
        "/\">" + summary + " · " + time_text(record.time) + " · " +
        cost_text(cost_of(record.totals, options_.prices)) + warn + "</a></aside>\n";
    response.body.insert(end, html);
  }

  const Options options_;
  const std::string stylesheet_;
  Records records_;
};

}  // namespace

void install(web::Application& application, Options options) {
  if (!application.options().debug) return;
  application.templates().add(templates());
  application.add_static(static_files());
  const auto panel =
      std::make_shared<Panel>(options, application.static_files().url("debug/panel.css"));
  application.use([panel](web::Request& request, const web::Next& next) {
    return panel->around(request, next);
  });
  application.router()
      .get(
          "/__debug__/", [panel](web::Request& request) { return panel->list(request); },
          "debug-requests")
      .access(web::Access::public_);
  application.router()
      .get(
          "/__debug__/<int:id>/",
          [panel](web::Request& request, std::int64_t id) { return panel->detail(request, id); },
          "debug-request")
      .access(web::Access::public_);
}

}  // namespace debug_toolbar
