// The `manage` program: the blog with its management commands.
#include "auth/cognito_site.h"
#include "auth/commands.h"
#include "auth/models.h"
#include "auth/site.h"
#include "demo_app/commands.h"
#include "demo_app/models.h"
#include "demo_app/views.h"
#include "management/database.h"
#include "management/project.h"

int main(int argc, char** argv) {
  management::Project project;
  project.models = [](dynamo_backend::Registry& registry) {
    auth::models(registry);
    demo_app::models(registry);
  };
  project.configure = [](web::Application& application) {
    demo_app::configure(application);
    demo_app::urls(application.router());
  };
  project.configure_site = [](web::Application& application, management::Context& context) {
    const base::Settings& settings = context.settings();
    const auth::CognitoSite cognito(
        {.settings = settings.cognito,
         .debug = settings.web.debug,
         .folder = management::data_folder(settings.dynamo_backend).value_or(std::string())});
    auth::install(application, {.secret = context.secret_key(),
                                .site_name = "DDBlog",
                                .bearer = cognito.bearer(),
                                .open_demo = true});
    cognito.install(application);
  };
  project.commands = auth::commands();
  project.commands.push_back(demo_app::make_seed_posts());
  return management::execute(project, argc, argv);
}
