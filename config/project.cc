#include "config/project.h"

#include "admin/audit.h"
#include "admin/auth_admin.h"
#include "admin/site.h"
#include "admin/views.h"
#include "auth/cognito_site.h"
#include "auth/commands.h"
#include "auth/models.h"
#include "auth/site.h"
#include "config/live_data.h"
#include "demo_app/admin.h"
#include "demo_app/api_schemas.h"
#include "demo_app/commands.h"
#include "demo_app/models.h"
#include "demo_app/views.h"
#include "management/database.h"
#include "web/openapi.h"

namespace config {
namespace {

std::vector<management::CheckMessage> check_admin() {
  std::vector<management::CheckMessage> messages;
  using Level = management::CheckMessage::Level;
  for (const admin::Problem& problem : admin::site().check()) {
    const bool warning = problem.id.find(".W") != std::string::npos;
    messages.push_back({warning ? Level::warning : Level::error, problem.id, problem.text});
  }
  return messages;
}

auth::SmtpOptions mail_server(const base::EmailSettings& settings) {
  return {.host = settings.host,
          .port = settings.port,
          .tls_from_start = settings.use_ssl,
          .insecure = !settings.use_tls && !settings.use_ssl,
          .username = settings.username,
          .password = settings.password,
          .from = settings.from};
}

}  // namespace

management::Project blog() {
  management::Project project;
  project.models = [](dynamo_backend::Registry& registry) {
    auth::models(registry);
    admin::models(registry);
    demo_app::models(registry);
  };
  project.configure = [](web::Application& application) {
    demo_app::configure(application);
    demo_app::urls(application.router());
    admin::register_auth();
    demo_app::register_admin();
    admin::configure(application);
    admin::urls(application.router());
    web::add_openapi(application, {.title = "The blog's API", .schemas = demo_app::api_schemas()});
  };
  project.configure_site = [](web::Application& application, management::Context& context) {
    const base::Settings& settings = context.settings();
    const auth::CognitoSite cognito(
        {.settings = settings.cognito,
         .secret = context.secret_key(),
         .debug = settings.web.debug,
         .folder = management::data_folder(settings.dynamo_backend).value_or(std::string())});
    auth::install(application, {.secret = context.secret_key(),
                                .site_name = "DDBlog",
                                .bearer = cognito.bearer(),
                                .open_demo = settings.api.open_demo,
                                .before_authentication = cognito.middleware(),
                                .sign_up = settings.auth.sign_up,
                                .email = mail_server(settings.email)});
    cognito.install(application);
    admin::site().settings = settings.admin;
  };
  project.checks.emplace_back(check_admin);
  project.live_data = live_data;
  project.deployment_problems = deployment_problems;
  project.commands = auth::commands();
  project.commands.push_back(demo_app::make_seed_posts());
  return project;
}

}  // namespace config
