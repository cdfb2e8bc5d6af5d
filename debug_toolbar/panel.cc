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

void append(std::string& text, std::initializer_list<std::string_view> parts) {
  for (std::string_view part : parts) text += part;
}

bool is_own(const web::Request& request) { return request.path().starts_with("/__debug__/"); }

// One metric a service, as the browser's network panel shows them.
std::string server_timing(const Record& record, const Totals& totals) {
  std::chrono::nanoseconds dynamodb{}, search{}, cognito{};
  record.calls.each([&](const Call& call) {
    if (call.service == "dynamodb") dynamodb += call.outcome.time;
    if (call.service == "search") search += call.outcome.time;
    if (call.service == "cognito") cognito += call.outcome.time;
  });
  const auto metric = [](const char* name, std::chrono::nanoseconds time) {
    return name + decimals(Milliseconds(time).count(), 3);
  };
  std::string text = metric("total;dur=", record.time) + metric(", dynamodb;dur=", dynamodb) +
                     ";desc=\"" + describe(totals) + '"';
  if (search.count() > 0) text += metric(", search;dur=", search);
  if (cognito.count() > 0) text += metric(", cognito;dur=", cognito);
  return text;
}

// The end of a page that the toolbar goes before; npos: it is no page.
std::size_t end_of_page(const web::Response& response) {
  const auto type = response.headers.get("Content-Type");
  if (!type || !type->starts_with("text/html") || response.headers.get("Content-Encoding"))
    return std::string::npos;
  return response.body.rfind("</body>");
}

class Panel {
 public:
  Panel(const Options& options, std::string stylesheet)
      : options_(options), stylesheet_(std::move(stylesheet)), records_(options.kept) {}

  web::Response around(web::Request& request, const web::Next& next) {
    if (!web::is_from_this_machine(request) || is_own(request)) return next(request);
    const auto record = std::make_shared<Record>();
    record->at = base::now();
    const auto started = std::chrono::steady_clock::now();
    const OutermostFrame outermost(__builtin_frame_address(0));
    const base::CallLedger ledger({.place = capture_place, .requests = true});
    web::Response response = next(request);
    record->time = std::chrono::steady_clock::now() - started;
    record->method = request.method();
    record->path = web::redacted_target(request.target());
    record->route = request.route_name();
    record->request_id = request.request_id();
    record->status = response.status;
    record->calls = ledger.share();
    if (const auto* scope = dynamo_backend::RequestScope::current())
      record->scope_warnings = scope->warnings();
    records_.add(record);
    const Totals totals = totals_of(*record);
    if (const std::size_t end = end_of_page(response); end != std::string::npos)
      response.body.insert(end, toolbar(*record, totals));
    else
      response.header("Server-Timing", server_timing(*record, totals));
    if (response.more) {
      response.more = [record, more = std::move(response.more)](std::string& piece) {
        const base::CallLedger::Lent lent(record->calls);
        return more(piece);
      };
    }
    return response;
  }

  web::Response list(web::Request& request) {
    if (!web::is_from_this_machine(request)) throw web::HttpError(404, "not_found", "Not found");
    web::Context context;
    const auto records = records_.latest();
    context.show(records.empty() ? "none" : "some");
    for (const auto& record : records) {
      const Totals totals = totals_of(*record);
      web::Context row = context.add("requests");
      row.set("id", record->id).set("method", record->method).set("path", record->path);
      row.set("status", record->status).set("time", time_text(record->time));
      row.set("calls", totals.calls).set("rcu", decimals(totals.rcu, 1));
      row.set("wcu", decimals(totals.wcu, 1));
      row.set("cost", cost_text(cost_of(totals, options_.prices)));
      row.set("warnings", warnings_of(*record, totals).size());
    }
    return web::render(request, "debug/requests.html", context);
  }

  web::Response detail(web::Request& request, std::int64_t id) {
    const auto record = web::is_from_this_machine(request) ? records_.find(id) : nullptr;
    if (!record) throw web::HttpError(404, "not_found", "Not found");
    const Totals totals = totals_of(*record);
    const auto warnings = warnings_of(*record, totals);
    web::Context context;
    context.set("method", record->method).set("path", record->path).set("status", record->status);
    context.set("time", time_text(record->time)).set("at", base::to_iso(record->at));
    context.set("route", record->route).set("request_id", record->request_id);
    context.set("summary", describe(totals));
    context.set("cost", cost_text(cost_of(totals, options_.prices)));
    context.show("has_warnings", !warnings.empty());
    for (const std::string& warning : warnings) context.add("warnings").set("text", warning);
    if (const std::size_t dropped = record->calls.dropped(); dropped > 0)
      context.add("dropped").set("count", dropped);
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

  // Not by a template, which takes longer than many a page; numbers and words of our own need no
  // escaping.
  std::string toolbar(const Record& record, const Totals& totals) const {
    const std::size_t mistakes = warnings_of(record, totals).size();
    std::string html;
    html.reserve(512);
    append(html, {"<link rel=\"stylesheet\" href=\"", stylesheet_, "\"><aside class=\"ddb-toolbar",
                  mistakes > 0 ? " ddb-warn" : "",
                  "\" aria-label=\"Debug toolbar\"><a href=\"/__debug__/",
                  std::to_string(record.id), "/\">"});
    append_description(html, totals);
    html += " · ";
    append_decimals(html, Milliseconds(record.time).count(), 2);
    html += " ms · $";
    append_decimals(html, cost_of(totals, options_.prices), 8);
    if (mistakes > 0) append(html, {" · ", std::to_string(mistakes), " to mend"});
    html += "</a></aside>\n";
    return html;
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
