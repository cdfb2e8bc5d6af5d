// The blog as `manage` has it, with what its own admin does without: editing in the list, an
// action, dates, saving as new, and, by the environment, a banner and a site that is read only.
//
//   admin_site runserver 8000
#include <cstdlib>

#include "admin/audit.h"
#include "admin/auth_admin.h"
#include "admin/site.h"
#include "admin/views.h"
#include "auth/commands.h"
#include "auth/models.h"
#include "auth/site.h"
#include "demo_app/admin.h"
#include "demo_app/commands.h"
#include "demo_app/models.h"
#include "demo_app/views.h"
#include "management/database.h"
#include "management/project.h"

namespace {

template <class T, class Change>
void extend(Change change) {
  admin::Site& site = admin::site();
  admin::ModelOptions options = site.find(dynamo_backend::model_info<T>())->options;
  change(options);
  site.add<T>(std::move(options));
}

void register_more() {
  using demo_app::Comment;
  extend<Comment>([](admin::ModelOptions& options) {
    options.list_editable = {"approved"};
    options.actions = {
        admin::action<Comment>("approve", "Approve", [](Comment& c) { c.approved = true; })};
  });
  extend<demo_app::Post>(
      [](admin::ModelOptions& options) { options.date_hierarchy = "created_at"; });
  extend<demo_app::Tag>([](admin::ModelOptions& options) { options.save_as = true; });
  admin::SiteOptions& options = admin::site().options;
  if (const char* banner = std::getenv("ADMIN_BANNER")) options.environment = banner;
  options.environment_is_live = !options.environment.empty();
  options.read_only = std::getenv("ADMIN_READ_ONLY") != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
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
    register_more();
    admin::configure(application);
    admin::urls(application.router());
  };
  project.configure_site = [](web::Application& application, management::Context& context) {
    auth::install(application, {.secret = context.secret_key(), .site_name = "DDBlog"});
  };
  project.commands = auth::commands();
  project.commands.push_back(demo_app::make_seed_posts());
  return management::execute(project, argc, argv);
}
