#include "admin/views.h"

#include "admin/bulk_job.h"
#include "admin/site.h"
#include "web/embedded.h"

namespace admin {

namespace assets {
web::TemplateFolder templates();
web::StaticFolder static_files();
}  // namespace assets

void configure(web::Application& application) {
  application.templates().add(assets::templates());
  application.add_static(assets::static_files());
  // Around those that look up session and user: what these take is in a page's price.
  application.use([](web::Request& request, const web::Next& next) {
    if (!request.path().starts_with("/admin/")) return next(request);
    const base::CallLedger ledger;
    return next(request);
  });
  const auto threads = std::make_shared<JobThreads>();
  application.on_listening([threads](const web::Listening&) {
    if (!site().settings.read_only) threads->resume();
  });
}

void urls(web::Router& router) {
  const auto threads = std::make_shared<JobThreads>();
  add_list_routes(router, threads);
  add_find_routes(router);
  add_form_routes(router);
  add_job_routes(router, threads);
  add_transfer_routes(router);
  add_table_routes(router);
}

}  // namespace admin
