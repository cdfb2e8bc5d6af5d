// The blog as `manage` has it, with what its own admin does without: editing in the list, an
// action, dates, slugs made of titles, and saving as new.
//
//   admin_site runserver 8000
#include "admin/site.h"
#include "config/project.h"
#include "demo_app/models.h"

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
  extend<demo_app::Post>([](admin::ModelOptions& options) {
    options.date_hierarchy = "created_at";
    options.prepopulated_fields = {{"slug", {"title"}}};
  });
  extend<demo_app::Tag>([](admin::ModelOptions& options) { options.save_as = true; });
}

}  // namespace

int main(int argc, char** argv) {
  management::Project project = config::blog();
  project.configure = [blog = project.configure](web::Application& application) {
    blog(application);
    register_more();
  };
  return management::execute(project, argc, argv);
}
