// `check --live`: the project, served and looked at from outside.
#include <cstdio>
#include <optional>

#include "base/log_level.h"
#include "management/application_options.h"
#include "management/check.h"
#include "management/database.h"
#include "management/project.h"
#include "management/request_scope.h"
#include "management/search.h"

namespace management {
namespace {

// The project's, on a database that ends with this process, and behind this machine as a proxy.
base::Settings live_settings(base::Settings settings) {
  settings.dynamo_backend.endpoint_url = "local::memory:";
  settings.dynamo_backend.create_tables_on_startup = true;
  settings.opensearch.enabled = false;
  settings.web.access_log = false;
  settings.web.trusted_proxies = {"127.0.0.1"};
  settings.web.allowed_hosts = {"localhost"};
  return settings;
}

// The project as it is served.
class LiveSite {
 public:
  explicit LiveSite(const Context& context)
      : live_(context.project(), live_settings(context.settings())),
        application_(application_options(live_)) {
    application_.add_metrics();
    application_.use(request_scope());
    live_.project().configure(application_);
    if (live_.project().configure_site) live_.project().configure_site(application_, live_);
    live_.database();
    search_.emplace(live_.settings(),
                    dynamo_backend::search::ServiceOptions{.fall_back_to_table = true});
    if (live_.project().live_data) options_ = live_.project().live_data();
  }
  web::Application& application() { return application_; }
  const web::LiveCheckOptions& options() const { return options_; }

 private:
  Context live_;
  web::Application application_;
  std::optional<Search> search_{};
  web::LiveCheckOptions options_{};
};

}  // namespace

std::vector<CheckMessage> check_throttling(const Context& context) {
  std::string problem;
  const base::ScopedLogLevel quiet(base::LogLevel::off);  // of the guesses
  try {
    LiveSite site(context);
    problem = web::login_throttle_problem(site.application(), site.options());
  } catch (const std::exception& error) {
    problem = std::string("the site cannot be looked at: ") + error.what();
  }
  if (problem.empty()) return {};
  return {{CheckMessage::Level::error, "deploy.E010", problem}};
}

int check_live(Context& context) {
  LiveSite site(context);
  const web::LiveCheckReport report = web::live_check(site.application(), site.options());
  for (const std::string& problem : report.problems)
    std::fprintf(stderr, "%s: %s\n",
                 context.output().painted(stderr, Output::Colour::red, "ERROR").c_str(),
                 problem.c_str());
  std::printf("%zu requests as nobody and %zu users: %zu problems.\n", report.requests,
              site.options().visitors.size(), report.problems.size());
  return report.problems.empty() ? 0 : 1;
}

}  // namespace management
