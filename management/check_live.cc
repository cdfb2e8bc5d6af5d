// `check --live`: the project, served and looked at from outside.
#include <cstdio>

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

}  // namespace

int check_live(Context& context) {
  Context live(context.project(), live_settings(context.settings()));
  web::Application application(application_options(live));
  application.add_metrics();
  application.use(request_scope());
  live.project().configure(application);
  if (live.project().configure_site) live.project().configure_site(application, live);
  live.database();
  const Search search(live.settings(), {.fall_back_to_table = true});
  web::LiveCheckOptions options;
  if (live.project().live_data) options = live.project().live_data();
  const web::LiveCheckReport report = web::live_check(application, options);
  for (const std::string& problem : report.problems)
    std::fprintf(stderr, "ERROR: %s\n", problem.c_str());
  std::printf("%zu requests as nobody and %zu users: %zu problems.\n", report.requests,
              options.visitors.size(), report.problems.size());
  return report.problems.empty() ? 0 : 1;
}

}  // namespace management
